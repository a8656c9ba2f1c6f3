"""How a PostgreSQL server is reached: its URL, the settings of a session, and refusals in words.

Nothing that it says to people holds a part of a password. It knows no table.
"""

from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from songs.catalogue.rows import CatalogueAway, CatalogueError
from songs.catalogue.watchdog import Watchdog
from songs.titles import clean, shorten

ANSWER_S: Final = 10.0
"""A database that does not answer within this time is away."""
IDLE_S: Final = 60
"""A server that is stopped, though its machine is not, holds its locks no longer than this."""
_MAX_WHY_BYTES: Final = 200
_CONNECTION: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "alfine",
}
_SESSION: Final = {
    # A server whose machine is gone without a word holds its locks no longer than this.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "30s",
}
_SET: Final = """
    SELECT set_config(name, wanted.value, false) FROM pg_settings
    JOIN unnest(%s::text[], %s::text[]) AS wanted (name, value) USING (name)
"""
"""Behind the connect, because poolers refuse it there; of those that this release knows."""
_ENCODINGS: Final = ("UTF8", "SQL_ASCII")
"""Of databases that keep every character. The second looks at none."""
_NO_URL: Final = (
    "the catalogue's address is no URL that libpq reads: it is postgresql://USER@HOST/DATABASE; "
    "write special characters of names and passwords as %XX (@ is %40, / is %2F, % is %25)"
)


def conninfo_of(url: str) -> dict[str, Any]:
    """Return what libpq makes of a URL, and what it is to use where the URL does not say it.

    Raises CatalogueError: it is none, or a special character of a password is not escaped, so that
    a part of that would be taken for a host or a database, and shown.
    """
    user = url.partition("//")[2].rpartition("@")[0]
    try:
        parts = conninfo_to_dict(url)
    except (psycopg.ProgrammingError, UnicodeError):  # libpq's words hold what it could not read
        raise CatalogueError(_NO_URL) from None
    ports = str(parts.get("port", "")).replace(",", "")
    if set("@/?") & set(user) or not (ports.isdecimal() or not ports):
        raise CatalogueError(_NO_URL)
    return {**_CONNECTION, **parts, "client_encoding": "UTF8"}


def connected(conninfo: str, idle_s: int) -> "psycopg.Connection[Any]":
    """Return a session that ends when it was not used for so long, 0 for never.

    Raises CatalogueAway: there is no connection, or the database cannot hold every title.
    """
    try:
        database = psycopg.connect(conninfo, autocommit=True)
    except (psycopg.Error, OSError) as error:
        raise CatalogueAway(why(error)) from None
    try:
        _prepare(database, idle_s)
    except BaseException as error:
        database.close()
        if isinstance(error, psycopg.Error | OSError):
            raise CatalogueAway(why(error)) from None
        raise
    return database


def _prepare(database: "psycopg.Connection[Any]", idle_s: int) -> None:
    encoding = database.info.parameter_status("server_encoding")
    if encoding and encoding not in _ENCODINGS:
        raise CatalogueAway(
            f"the database's encoding is {clean(encoding)}, which does not have every character; "
            "make one with ENCODING 'UTF8'"
        )
    settings = {**_SESSION, "idle_session_timeout": f"{idle_s}s"}
    with Watchdog(database.fileno(), ANSWER_S):
        try:
            database.execute(_SET, (list(settings), list(settings.values())))
        except psycopg.Error:  # they are refused: then only servers that are stopped hold others up
            if database.closed:
                raise


def why(error: Exception) -> str:
    """Return the first line of what the database said, printable, and what helps."""
    text = shorten(clean(str(error).strip().partition("\n")[0]), _MAX_WHY_BYTES)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return f"{text}; let its user own the database: ALTER DATABASE NAME OWNER TO USER"
    return text
