"""A catalogue in a PostgreSQL database: for servers on several machines with one library.

One of them looks for songs at a time; the others hear of what it has found. Unlike a file, a
database comes back: while it is away nothing is forgotten, and no song gets an ID.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from songs.catalogue.rows import (
    COLUMNS,
    CREATE,
    OTHER_SONG,
    WRITE,
    CatalogueAway,
    CatalogueError,
    Row,
    rows_of,
    values_of,
)
from songs.catalogue.watchdog import Watchdog
from songs.titles import clean

try:
    import psycopg
    from psycopg.conninfo import make_conninfo

    from songs.catalogue.connecting import ANSWER_S, IDLE_S, connected, conninfo_of, why
except ImportError as error:
    raise CatalogueError(
        "a catalogue on PostgreSQL needs psycopg: pip install 'alfine[postgres]'"
    ) from error

CHANNEL: Final = "alfine_songs"
"""Servers listen to it: something was written."""
COPY_S: Final = 60.0
"""A database that does not give or take many rows within this time is away."""
KEEP_ALIVE_S: Final = 20.0
"""A session that is in use is silent for less than IDLE_S."""
_FORMAT: Final = "alfine catalogue 1"
"""The comment on the table."""
_SCAN_LOCK, _WRITE_LOCK = 0x616C6663, 0x616C6664
_TYPES: Final = {
    "id": "BIGINT PRIMARY KEY",
    "integer": "BIGINT",
    "bytes": "BYTEA",
    "real": "DOUBLE PRECISION",
}
_KIND: Final = """
    SELECT obj_description(oid, 'pg_class') FROM pg_class
    WHERE relname = 'songs' AND relnamespace = current_schema()::regnamespace
"""
_ALL: Final = f"revision, {COLUMNS}"
_SELECT: Final = f"SELECT {_ALL} FROM songs WHERE revision > %s ORDER BY id"
_COPY: Final = f"COPY fresh ({_ALL}) FROM STDIN"
_WRITE: Final = WRITE.format(f"SELECT {_ALL} FROM fresh")


class PostgresCatalogue:
    """The rows of one library in the table `songs` of a database, in its first schema.

    url: `postgresql://USER@HOST/DATABASE`, as libpq reads it. Raises CatalogueError: it is no URL.
    After an error `news` returns all rows again: nobody knows what was written, nor whether the
    database that comes back has all of it.
    """

    shared = True
    is_new = False

    def __init__(self, url: str) -> None:
        parts = conninfo_of(url)
        self._conninfo = make_conninfo(**parts)
        self.place = f"{parts.get('dbname', '')} on {parts.get('host', 'this machine')}"
        """For the log, where no password may stand."""
        self._database: psycopg.Connection[Any] | None = None
        self._listening: psycopg.Connection[Any] | None = None
        """Only for `wait`, which another thread calls."""
        self._revision = 0
        self._asked_at = 0.0
        """When the database heard last from here, in monotonic time."""
        self.warnings: list[str] = []

    def __repr__(self) -> str:
        state = "closed" if self._database is None else "open"
        return f"<PostgresCatalogue {self.place} {state} revision={self._revision}>"

    @property
    def unread(self) -> bool:
        """Whether `news` returns all rows next."""
        return not self._revision

    def open(self) -> None:
        """Connect; make the table where there is none.

        Raises CatalogueAway: there is no connection, or the table is not alfine's.
        """
        if self._database is not None:
            return
        try:
            self._database = connected(self._conninfo, IDLE_S)
            if not self._has_table():
                with self.writing():
                    self._make_table()
        except CatalogueAway:
            self._lose()
            raise

    def close(self) -> None:
        """Disconnect, so that another server looks for songs."""
        database, self._database = self._database, None
        if database is not None:
            with suppress(psycopg.Error):
                database.close()

    def may_scan(self) -> bool:
        """Return whether this server is the one that looks for songs, until `close`."""
        # The lock is the connection's: a server that dies gives it back.
        return bool(self._ask("SELECT pg_try_advisory_lock(%s)", _SCAN_LOCK)[0][0])

    def keep_alive(self) -> None:
        """Let the database know now and then that the session is in use. Raises CatalogueAway."""
        if time.monotonic() >= self._asked_at + KEEP_ALIVE_S:
            self._ask("SELECT 1")

    def news(self) -> list[Row]:
        """Return the rows that are new or changed since this was last called, or `write` was."""
        try:
            values = self._ask(_SELECT, self._revision, limit_s=COPY_S)
            rows = rows_of(each[1:] for each in values)
        except ValueError as error:  # someone has changed the table by hand
            self._lose()
            raise CatalogueAway(clean(str(error))) from None
        self._revision = max((each[0] for each in values), default=self._revision)
        return rows

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let nobody else write while the block runs; what it has written is kept at its end."""
        self._ask("BEGIN")
        try:
            # Who writes has as much time as a COPY may take.
            self._ask("SELECT pg_advisory_xact_lock(%s)", _WRITE_LOCK, limit_s=COPY_S)
            yield
            self._ask("COMMIT")
        except BaseException:
            self._lose()
            raise

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows, by their IDs. Only within `writing`, once, behind `news`."""
        revision = self._revision + 1
        with self._asking(COPY_S) as database:
            database.execute("CREATE TEMPORARY TABLE fresh (LIKE songs) ON COMMIT DROP")
            with database.cursor() as cursor:
                with cursor.copy(_COPY) as copy:
                    for row in rows:
                        copy.write_row(values_of(row, revision))
                if cursor.rowcount != database.execute(_WRITE).rowcount:
                    raise CatalogueAway(OTHER_SONG)
            database.execute(f"NOTIFY {CHANNEL}")
        self._revision = revision

    def wait(self, timeout_s: float) -> None:
        """Wait until a server has written something, at most so long. Raises CatalogueAway.

        The first call, and each behind an error, returns at once: nobody listened before.
        """
        try:
            if self._listening is None:
                # It is silent for as long as others are, and holds no lock.
                self._listening = connected(self._conninfo, idle_s=0)
                with Watchdog(self._listening.fileno(), ANSWER_S):
                    self._listening.execute(f"LISTEN {CHANNEL}")
                return
            for _ in self._listening.notifies(timeout=timeout_s, stop_after=1):
                pass
        except (psycopg.Error, OSError) as error:
            if self._listening is not None:
                self._listening.close()
                self._listening = None
            raise CatalogueAway(why(error)) from None

    def _has_table(self) -> bool:
        kinds = [kind or "" for (kind,) in self._ask(_KIND)]
        if kinds not in ([], [_FORMAT]):
            newer = kinds[0].startswith(_FORMAT.rstrip("1"))
            raise CatalogueAway(
                "a newer alfine has made it, and it is left as it is"
                if newer
                else "its table songs is another program's; give it a database of its own"
            )
        return bool(kinds)

    def _make_table(self) -> None:
        if not self._has_table():  # another server may have made it meanwhile
            self._ask(CREATE.format(**_TYPES))
            self._ask(f"COMMENT ON TABLE songs IS '{_FORMAT}'")
            self.is_new = True

    def _ask(
        self, query: str, *values: object, limit_s: float | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows of the answer. limit_s: None for ANSWER_S. Raises CatalogueAway."""
        with self._asking(ANSWER_S if limit_s is None else limit_s) as database:
            cursor = database.execute(query.encode(), values or None)
            return cursor.fetchall() if cursor.description is not None else []

    @contextmanager
    def _asking(self, limit_s: float) -> Iterator["psycopg.Connection[Any]"]:
        """Raise CatalogueAway where the database cannot be asked; it is connected anew later."""
        if self._database is None:
            raise CatalogueAway("it is not connected")
        try:
            with Watchdog(self._database.fileno(), limit_s):
                yield self._database
            self._asked_at = time.monotonic()
        except (psycopg.Error, OSError) as error:
            self._lose()
            raise CatalogueAway(why(error)) from None

    def _lose(self) -> None:
        """Disconnect, and know nothing: the database undoes what was open, or has kept it all."""
        self.close()
        self._revision = 0
