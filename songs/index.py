"""Remembers titles from one start to the next, so that only new files need to be read.

It is a convenience: whatever happens to it, songs are served. So nothing here raises; what went
wrong is a warning.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from songs.scan import Entry
from songs.titles import clean, shorten

_APPLICATION_ID: Final = 0x616C6673  # "alfs": tells this file from any other SQLite database
_FORMAT: Final = 1  # raise it when titles are made differently: old ones are then read again
_LOCK_TIMEOUT_S: Final = 0.2

_CREATE: Final = f"""
    DROP TABLE IF EXISTS songs;
    CREATE TABLE songs (path BLOB PRIMARY KEY, stamp TEXT, title TEXT) WITHOUT ROWID;
    PRAGMA application_id = {_APPLICATION_ID};
    PRAGMA user_version = {_FORMAT};
"""


class Index:
    """The remembered titles of one music directory, in an SQLite file, or nowhere (path None).

    warnings: sentences about what did not work, in order; nothing raises.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.warnings: list[str] = []

    def load(self) -> dict[bytes, Entry]:
        """Return entries by relative path; {} when there is no index, or none that can be used.

        An index that cannot be read is not written over: it may be something else of the user's.
        """
        try:
            with self._connection(create=False) as database:
                rows = database.execute("SELECT path, stamp, title FROM songs") if database else ()
                return {path: _checked(stamp, title) for path, stamp, title in rows}
        except (sqlite3.Error, OSError, ValueError) as exc:
            self._give_up("read", exc)
        return {}

    def save(self, changed: Mapping[bytes, Entry], gone: Collection[bytes]) -> None:
        """Write what changed, in one transaction; does not touch the file if nothing did."""
        if not changed and not gone:
            return
        rows = [(path, entry.stamp, entry.title) for path, entry in changed.items()]
        try:
            with self._connection(create=True) as database:
                if database is not None:
                    database.executemany("DELETE FROM songs WHERE path = ?", [(p,) for p in gone])
                    database.executemany("INSERT OR REPLACE INTO songs VALUES (?, ?, ?)", rows)
                    database.commit()
        except (sqlite3.Error, OSError, ValueError) as exc:
            self._give_up("written", exc)

    @contextmanager
    def _connection(self, *, create: bool) -> Iterator[sqlite3.Connection | None]:
        """Yield the open database, or None if there is none and there need be none."""
        if self._path is None or not (create or self._path.exists()):
            yield None
            return
        if create:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists() and not self._path.is_file():
            raise OSError("it is not a regular file")
        with closing(sqlite3.connect(self._path, timeout=_LOCK_TIMEOUT_S)) as database:
            yield database if _prepare(database, create=create) else None

    def _give_up(self, deed: str, exc: Exception) -> None:
        # Errors of the system carry the path; it is shown once, and without anything hostile.
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        self.warnings.append(
            f"The song index {str(self._path)!a} cannot be {deed} ({clean(why)}); songs are "
            "served all the same, but each start reads every tag again. "
            "If it is damaged, delete it; if not, check the rights and the space there."
        )
        self._path = None


def _prepare(database: sqlite3.Connection, *, create: bool) -> bool:
    """Return whether there is a table of today's format, making one if create is true."""
    identity, form, objects = (
        database.execute(query).fetchone()[0]
        for query in (
            "PRAGMA application_id",
            "PRAGMA user_version",
            "SELECT count(*) FROM sqlite_master",
        )
    )
    if objects and identity != _APPLICATION_ID:
        raise ValueError("it is a database of another program")
    if identity == _APPLICATION_ID and form == _FORMAT and objects:
        return True
    if create:
        database.executescript(_CREATE)
    return create


def _checked(stamp: object, title: object) -> Entry:
    """Return the entry; text from a file is never trusted to be as it was written."""
    if not isinstance(stamp, str) or not isinstance(title, str):
        raise ValueError("it is damaged")
    return Entry(stamp, shorten(clean(title)))
