"""A catalogue in an SQLite file: for one machine, with one server or several."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from songs.catalogue.rows import (
    COLUMNS,
    CREATE,
    LAST_REVISION,
    OTHER_SONG,
    WRITE,
    CatalogueError,
    Row,
    rows_of,
    values_of,
)
from songs.titles import clean

_APPLICATION_ID: Final = 0x616C6663  # "alfc", in every catalogue and no other SQLite database
_FORMAT: Final = 1
_LOCK_TIMEOUT_S: Final = 10.0
"""Another server on the same directory writes for less than this."""
_HEADER_BYTES: Final = 100  # of SQLite's files
_NEWER: Final = "a newer alfine has made it, and it is left as it is"
_NOT_OF_CONTENT: Final = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
}

_TYPES: Final = {"id": "INTEGER PRIMARY KEY", "integer": "INTEGER", "bytes": "BLOB", "real": "REAL"}
_MARK: Final = f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {_FORMAT}"
_KIND: Final = """
    SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)
    FROM pragma_application_id, pragma_user_version
"""
"""In one statement, because another server may make the table between two."""
_SELECT: Final = f"SELECT {COLUMNS} FROM songs WHERE revision > ? ORDER BY id"
_WRITE: Final = WRITE.format(f"VALUES ({', '.join('?' * 16)})")


class _Broken(CatalogueError):
    """The file is no whole catalogue."""


class FileCatalogue:
    """The rows of one music directory in an SQLite file; path None keeps nothing.

    `open` and `close` stand round each use. warnings: sentences for the operator. After an error
    nothing is kept any more: songs are served all the same, from memory. Servers that share a
    directory share the file: whoever has IDs to give first waits until nobody else writes.
    """

    shared = False
    unread = False
    """Behind an error songs are served from memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._revision = 0
        """The last one whose rows are known here."""
        self._read_only: list[Row] = []
        """What a file has that cannot be written: not asked for yet."""
        self.is_new = False
        """The file did not exist, and was made."""
        self.warnings: list[str] = []

    def __repr__(self) -> str:
        state = "closed" if self._database is None else "open"
        return f"<FileCatalogue {str(self._path)!r} {state} revision={self._revision}>"

    def open(self) -> None:
        """Open the file; make it if it is not there, and anew if it is broken."""
        if self._path is None or self._database is not None:
            return
        try:
            self._database = self._connected(self._path)
        except _Broken as error:
            self._make_anew(self._path, str(error))
        except CatalogueError as error:
            self._disable("used", error)
        except (sqlite3.Error, OSError) as error:
            self._read_only = _rows_as_they_are(self._path)
            self._disable("written", error)

    def close(self) -> None:
        """Close the file; what was not written within `writing` is lost."""
        database, self._database = self._database, None
        if database is not None:
            with suppress(sqlite3.Error):
                database.close()

    def may_scan(self) -> bool:
        """Return True: servers that share a file may look at the directory at the same time."""
        return True

    def keep_alive(self) -> None:
        """Do nothing: a file stays open."""

    def wait(self, timeout_s: float) -> None:
        """Return at once: another server's songs are found by the next scan."""

    def news(self) -> list[Row]:
        """Return the rows that are new or changed since this was last called, or `write` was."""
        if self._database is None:
            rows, self._read_only = self._read_only, []
            return rows
        try:
            # First, because another server may write before the rows are read: it is read again.
            last = self._database.execute(LAST_REVISION).fetchone()[0]
            rows = _rows_since(self._database, self._revision)
            self._revision = last
            return rows
        except (sqlite3.DatabaseError, ValueError) as error:
            return self._news_of_broken(error)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let nobody else write while the block runs; what it has written is kept at its end."""
        try:
            if self._database is not None:
                self._database.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._disable("written", error)
        try:
            yield
            if self._database is not None:
                self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self._disable("written", error)

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows, by their IDs. Only within `writing`, behind `news`."""
        if self._database is None:
            return
        revision = self._revision + 1
        values = [values_of(row, revision) for row in rows]
        if self._database.executemany(_WRITE, values).rowcount < len(values):
            raise sqlite3.IntegrityError(OTHER_SONG)
        self._revision = revision

    def _connected(self, path: Path) -> sqlite3.Connection:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise CatalogueError("it is not a regular file")
        self.is_new = self.is_new or not path.exists()
        _check_header(path)
        database = sqlite3.connect(
            path, timeout=_LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(database)
        except BaseException as error:
            database.close()
            if isinstance(error, sqlite3.DatabaseError) and not _is_operational(error):
                raise _Broken(str(error)) from None
            raise
        return database

    def _make_anew(self, path: Path, why: str) -> None:
        """Set a broken file aside, and begin a new one."""
        self.close()
        aside = path.with_name(path.name + ".broken")
        self.warnings.append(
            f"The catalogue {str(path)!a} is broken ({clean(why)}) and is made anew: songs have "
            f"other IDs than before. The broken one is kept as {aside.name!a}."
        )
        self._revision = 0
        try:
            os.replace(path, aside)
            for end in ("-wal", "-shm"):
                path.with_name(path.name + end).unlink(missing_ok=True)
            self._database = self._connected(path)
        except (sqlite3.Error, OSError, CatalogueError) as error:
            self._disable("made anew", error)

    def _news_of_broken(self, error: Exception) -> list[Row]:
        """Begin anew if that can be done unnoticed: no row has been read yet."""
        if self._revision or self._path is None or _is_operational(error):
            self._disable("read", error)
        else:
            self._make_anew(self._path, str(error))
        return []

    def _disable(self, action: str, error: Exception) -> None:
        """Add a warning, and use the file no more. action: a past participle."""
        self.close()
        # str(OSError) contains the path unescaped; the warning has it once, escaped.
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.warnings.append(
            f"The catalogue {str(self._path)!a} cannot be {action} ({clean(why)}): songs are "
            "served all the same, but the next start may give them other IDs, and reads all tags."
        )
        self._path = None


def _rows_since(database: sqlite3.Connection, revision: int) -> list[Row]:
    """Return the rows that were written later. Raises ValueError, and SQLite's errors."""
    # A damaged row ends the query early; closed, it does not keep the file open.
    with closing(database.execute(_SELECT, (revision,))) as values:
        return rows_of(values)


def _rows_as_they_are(path: Path) -> list[Row]:
    """Return the rows of a file that cannot be written: IDs are kept as far as they are there."""
    try:
        address = f"file:{quote(str(path))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as database:
            if not _is_ours(database):
                return []
            return _rows_since(database, 0)
    except (sqlite3.Error, OSError, ValueError, CatalogueError):
        return []


def _check_header(path: Path) -> None:
    """Raise CatalogueError if the file is a newer alfine's: to open it would change it already."""
    if path.exists():
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
        version, application = (int.from_bytes(head[at : at + 4]) for at in (60, 68))
        if application == _APPLICATION_ID and version > _FORMAT:
            raise CatalogueError(_NEWER)


def _prepare(database: sqlite3.Connection) -> None:
    """Check whose database it is; make the table in an empty one."""
    if not _is_ours(database):
        _make_table(database)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")  # an ID that a client knows survives a power cut


def _make_table(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    try:
        if not _is_ours(database):  # another server may have made it meanwhile
            for statement in (*CREATE.format(**_TYPES).split(";"), *_MARK.split(";")):
                database.execute(statement)
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # where the disk is full, SQLite has done it already
            database.execute("ROLLBACK")
        raise


def _is_ours(database: sqlite3.Connection) -> bool:
    """Return whether there is a table; False for an empty database. Raises CatalogueError."""
    application, version, objects = database.execute(_KIND).fetchone()
    if not objects:
        return False
    if application != _APPLICATION_ID:
        raise CatalogueError("it is a database of another program")
    if version > _FORMAT:
        raise CatalogueError(_NEWER)
    return True


def _is_operational(error: Exception) -> bool:
    """Whether it is not the file's content that is at fault: it is locked, full or read-only."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in _NOT_OF_CONTENT
