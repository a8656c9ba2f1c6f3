"""Stores titles from one start to the next, so that only new files need to be read.

Songs are served without it too. So nothing here raises; an error becomes a warning.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from songs.scan import Entry
from songs.titles import clean, shorten

_APPLICATION_ID: Final = 0x616C6673  # "alfs", in every index and no other SQLite database
_FORMAT: Final = 2  # increment it when titles change: all tags are then read again
_LOCK_TIMEOUT_S: Final = 0.2

_CREATE: Final = f"""
    DROP TABLE IF EXISTS songs;
    CREATE TABLE songs
        (path BLOB PRIMARY KEY, stamp TEXT, title TEXT, disc INTEGER, track INTEGER) WITHOUT ROWID;
    PRAGMA application_id = {_APPLICATION_ID};
    PRAGMA user_version = {_FORMAT};
"""

_SELECT: Final = "SELECT path, stamp, title, disc, track FROM songs"


class Index:
    """The stored titles of one music directory, in an SQLite file; path None stores nothing.

    warnings: sentences about errors, in order. Nothing raises.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.warnings: list[str] = []

    def __repr__(self) -> str:
        return f"<Index {str(self._path)!r} warnings={len(self.warnings)}>"

    def load(self) -> dict[bytes, Entry]:
        """Return entries by relative path; {} without an index, or if it cannot be read.

        A file that cannot be read is not overwritten: it may not be an index.
        """
        try:
            with self._connection(create=False) as database:
                rows = database.execute(_SELECT) if database else ()
                return {path: _entry(*values) for path, *values in rows}
        except (sqlite3.Error, OSError, ValueError) as exc:
            self._disable("read", exc)
        return {}

    def save(self, changed: Mapping[bytes, Entry], gone: Collection[bytes]) -> None:
        """Write the changes in one transaction; without changes do not open the file."""
        if not changed and not gone:
            return
        rows = [(path, *entry) for path, entry in changed.items()]
        try:
            with self._connection(create=True) as database:
                if database is not None:
                    database.executemany("DELETE FROM songs WHERE path = ?", [(p,) for p in gone])
                    database.executemany(
                        "INSERT OR REPLACE INTO songs VALUES (?, ?, ?, ?, ?)", rows
                    )
                    database.commit()
        except (sqlite3.Error, OSError, ValueError) as exc:
            self._disable("written", exc)

    @contextmanager
    def _connection(self, *, create: bool) -> Iterator[sqlite3.Connection | None]:
        """Yield the open database; None if there is none and `create` is false, or no path."""
        if self._path is None or not (create or self._path.exists()):
            yield None
            return
        if create:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.is_symlink():
            raise OSError("it is a link")
        if self._path.exists() and not self._path.is_file():
            raise OSError("it is not a regular file")
        with closing(sqlite3.connect(self._path, timeout=_LOCK_TIMEOUT_S)) as database:
            yield database if _prepare(database, create=create) else None

    def _disable(self, action: str, exc: Exception) -> None:
        """Add a warning, and use the file no more. action: a past participle."""
        # str(OSError) contains the path unescaped; the warning has it once, escaped.
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        self.warnings.append(
            f"The song index {str(self._path)!a} cannot be {action} ({clean(why)}); songs are "
            "served all the same, but each start reads every tag again. "
            "If it is damaged, delete it; if not, check the rights and the space there."
        )
        self._path = None


def _prepare(database: sqlite3.Connection, *, create: bool) -> bool:
    """Return whether there is a table of format _FORMAT; make one if create is true."""
    application_id, version, objects = (
        database.execute(query).fetchone()[0]
        for query in (
            "PRAGMA application_id",
            "PRAGMA user_version",
            "SELECT count(*) FROM sqlite_master",
        )
    )
    if objects and application_id != _APPLICATION_ID:
        raise ValueError("it is a database of another program")
    if application_id == _APPLICATION_ID and version == _FORMAT and objects:
        return True
    if create:
        database.executescript(_CREATE)
    return create


def _entry(stamp: object, title: object, disc: object, track: object) -> Entry:
    """Return the entry in a row. The row is not trusted: anyone may have changed the file."""
    if not isinstance(stamp, str) or not isinstance(title, str):
        raise ValueError("it is damaged")
    return Entry(stamp, shorten(clean(title)), _number(disc), _number(track))


def _number(value: object) -> int | None:
    if value is None or (isinstance(value, int) and value > 0):
        return value
    raise ValueError("it is damaged")
