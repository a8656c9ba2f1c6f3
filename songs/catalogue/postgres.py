"""A catalogue in a PostgreSQL database: for servers on several machines with one library.

One of them looks for songs at a time; the others hear of what it has found. Unlike a file, a
database comes back: while it is away nothing is forgotten, and no song gets an ID.
"""

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
from songs.titles import clean, shorten

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
except ImportError as error:
    raise CatalogueError(
        "a catalogue on PostgreSQL needs psycopg: pip install 'alfine[postgres]'"
    ) from error

CHANNEL: Final = "alfine_songs"
"""Servers listen to it: something was written."""
ANSWER_S, COPY_S = 10.0, 60.0
"""A database that does not answer within this time is away; nor take rows."""
_MAX_WHY_BYTES: Final = 200
_CONNECTION: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "alfine",
    # A server that is gone without a word, or stopped, holds its locks no longer than this.
    "options": "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
    " -c idle_in_transaction_session_timeout=30s -c idle_session_timeout=60s",
}
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

    url: `postgresql://USER@HOST/DATABASE`, as libpq takes it. Raises CatalogueError: it is no URL.
    After an error `news` returns all rows again: nobody knows what was written, nor whether the
    database that comes back has all of it.
    """

    shared = True
    is_new = False

    def __init__(self, url: str) -> None:
        try:
            parts = conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise CatalogueError(f"the catalogue's address is no URL: {_why(error)}") from None
        self._conninfo = make_conninfo(**{**_CONNECTION, **parts})
        self.place = f"{parts.get('dbname', '')} on {parts.get('host', 'this machine')}"
        """For the log, where no password may stand."""
        self._database: psycopg.Connection[Any] | None = None
        self._listening: psycopg.Connection[Any] | None = None
        """Only for `wait`, which another thread calls."""
        self._revision = 0
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
            self._database = self._connected()
            if not self._has_table():
                with self.writing():
                    self._make_table()
        except psycopg.Error as error:
            self._lose()
            raise CatalogueAway(_why(error)) from None
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

    def news(self) -> list[Row]:
        """Return the rows that are new or changed since this was last called, or `write` was."""
        try:
            values = self._ask(_SELECT, self._revision)
            rows = rows_of([each[1:] for each in values])
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
            self._ask("SELECT pg_advisory_xact_lock(%s)", _WRITE_LOCK)
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
                self._listening = self._connected()
                self._listening.execute(f"LISTEN {CHANNEL}")
                return
            for _ in self._listening.notifies(timeout=timeout_s, stop_after=1):
                pass
        except (psycopg.Error, OSError) as error:
            if self._listening is not None:
                self._listening.close()
                self._listening = None
            raise CatalogueAway(_why(error)) from None

    def _connected(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self._conninfo, autocommit=True)

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

    def _ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of the answer. Raises CatalogueAway."""
        with self._asking(ANSWER_S) as database:
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
        except (psycopg.Error, OSError) as error:
            self._lose()
            raise CatalogueAway(_why(error)) from None

    def _lose(self) -> None:
        """Disconnect, and know nothing: the database undoes what was open, or has kept it all."""
        self.close()
        self._revision = 0


def _why(error: Exception) -> str:
    """Return the first line of what the database said, printable."""
    return shorten(clean(str(error).strip().partition("\n")[0]), _MAX_WHY_BYTES)
