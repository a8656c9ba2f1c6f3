"""How a PostgreSQL server is reached: URLs, passwords, encodings, rights, poolers, silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from songs import CatalogueError, Library
from songs.scan.full import FullScan
from tests.postgres import needs_postgres
from tests.songs.making import put, sound
from tests.songs.sharing import ids, scanned

pytestmark = needs_postgres()


def test_no_password_is_shown(music: Path) -> None:
    library = Library(music, "postgresql://me:secret@127.0.0.1:1/songs")
    assert "secret" not in library.scan().warnings[0]
    assert "secret" not in repr(library._catalogue)


@pytest.mark.parametrize("place", ["mysql://x", "postgresql://[x", "postgresql://h/d?what=1"])
def test_what_is_no_url_is_refused(music: Path, place: str) -> None:
    with pytest.raises(CatalogueError):
        Library(music, place)


MAKES = "GRANT CREATE, USAGE ON SCHEMA public", "GRANT TEMPORARY ON DATABASE {}"
USES = "GRANT TEMPORARY ON DATABASE {}", "GRANT SELECT, INSERT, UPDATE ON songs"


@pytest.mark.parametrize(("there", "rights"), [(False, MAKES), (True, USES)], ids=["new", "there"])
def test_a_user_without_rights_is_told_so_and_the_documented_ones_suffice(
    music: Path, url: str, there: bool, rights: tuple[str, ...]
) -> None:
    import psycopg

    name = url.rpartition("/")[2]
    user = f"user_of_{name}"
    put(music / "a.mp3", sound("a"))
    if there:
        scanned(Library(music, url))
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC".encode())
        database.execute(f"CREATE ROLE {user} LOGIN".encode())
        database.execute(f"GRANT CONNECT ON DATABASE {name} TO {user}".encode())
        library = Library(music, url.replace("alfine@", f"{user}@"))
        [warning] = library.scan().warnings
        assert "permission denied" in warning
        assert "ALTER DATABASE" in warning
        for right in rights:
            database.execute(f"{right.format(name)} TO {user}".encode())
    put(music / "b.mp3", sound("b"))
    library.scan()
    assert ids(library) == ids(scanned(Library(music, url))) == {b"a.mp3": 1, b"b.mp3": 2}


PASSWORDS = ("se%zzcret", "se@cret@", "se/cret", "se?cret", "se cret", "cret", "[cret", "se:cret")
URLS = (  # a host that is the rest of a password, as in me:se@cret, nobody can tell
    "postgresql://me:{}@127.0.0.1:1/songs",
    "postgresql://127.0.0.1:1/songs?user=me&password={}",
    "postgresql://me:{}@127.0.0.1:1",
    "postgresql://me:0{}/songs",
    "postgresql://{}@127.0.0.1:one/songs",
    "postgresql://me:12/{}@127.0.0.1:1/songs",
)


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("password", PASSWORDS)
def test_no_part_of_a_password_is_shown(music: Path, password: str, url: str) -> None:
    """A special character in it is not escaped; libpq takes what is behind it for something else,
    and says what.
    """
    try:
        library = Library(music, url.format(password))
    except CatalogueError as error:
        texts = [str(error), str(error.__context__ if not error.__suppress_context__ else "")]
        advised = "%XX" in texts[0]
    else:
        texts, advised = [*library.scan().warnings, repr(library._catalogue)], True
    assert not any("cret" in text or "zz" in text for text in texts), texts
    assert advised


def test_an_escaped_password_is_taken() -> None:
    url = "postgresql://me:%40%2F%3F%25%20@127.0.0.1,[::1]:1,2/songs?host=%2Ftmp"
    from songs.catalogue.connecting import conninfo_of

    assert conninfo_of(url)["password"] == "@/?% "


@pytest.mark.parametrize(("encoding", "why"), [("SQL_ASCII", None), ("LATIN1", "ENCODING 'UTF8'")])
def test_a_database_of_another_encoding(
    music: Path, url: str, encoding: str, why: str | None
) -> None:
    """One that keeps all characters as they are will do; one that lacks some is refused."""
    import psycopg

    name = url.rpartition("/")[2] + "_" + encoding.lower()
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(
            f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0".encode()
        )
    put(music / "żółw \u30a2.mp3", sound("a"))
    library = Library(music, url.rpartition("/")[0] + "/" + name)
    warnings = [*library.scan().warnings, *library.scan().warnings]
    if why is None:
        again = Library(music, url.rpartition("/")[0] + "/" + name)
        assert (warnings, again.scan().warnings) == ([], [])
        assert [song.title for song in again.songs] == ["żółw \u30a2"]
    else:
        [warning] = warnings
        assert why in warning


def test_a_pooler_is_asked_for_nothing_that_it_refuses(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings come behind the connect, and one that a release does not know is left out."""
    from songs.catalogue import connecting

    assert "options" not in connecting.conninfo_of(url)
    monkeypatch.setitem(connecting._SESSION, "not_known_yet", "1")
    with closing(connecting.connected(url, 60)) as database:
        assert shown(database, "idle_session_timeout") == "1min"
        assert shown(database, "idle_in_transaction_session_timeout") == "30s"
    monkeypatch.setattr(connecting, "_SET", "SELECT refused(%s, %s)")
    with closing(connecting.connected(url, 60)) as database:
        assert shown(database, "idle_session_timeout") == "0"


def test_only_who_may_hold_others_up_is_ended_when_it_is_silent(music: Path, url: str) -> None:
    """A server that is stopped gives its locks back; one that listens holds none."""
    library = scanned(Library(music, url))
    catalogue: Any = library._catalogue
    library.wait_for_others(60)
    catalogue.open()
    assert shown(catalogue._database, "idle_session_timeout") == "1min"
    assert shown(catalogue._listening, "idle_session_timeout") == "0"
    catalogue.close()


def shown(database: Any, setting: str) -> str:
    return str(database.execute(f"SHOW {setting}").fetchone()[0])


def test_a_scan_that_takes_long_is_not_silent(
    music: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session holds the lock of the scan, and is ended where it says nothing for a minute."""
    import psycopg

    from songs.catalogue import connecting, postgres

    assert postgres.KEEP_ALIVE_S <= connecting.IDLE_S / 3
    put(music / "a.mp3", sound("a"))
    library = Library(music, url)
    with psycopg.connect(url, autocommit=True) as watching:

        def last_asked() -> Any:
            asked = (
                "SELECT max(query_start) FROM pg_stat_activity WHERE application_name = 'alfine'"
            )
            ours = f" AND datname = current_database() AND pid <> {watching.info.backend_pid}"
            return watching.execute((asked + ours).encode()).fetchall()

        def is_asked(step: Callable[[], object]) -> bool:
            before = last_asked()
            step()
            return bool(last_asked() != before)

        found: dict[str, list[bool]] = {"folder": [], "file": []}

        def walked(scan: FullScan, count: int) -> None:
            monkeypatch.setattr(postgres, "KEEP_ALIVE_S", 0.0)
            found["folder"].append(is_asked(lambda: of_folder(scan, count)))
            monkeypatch.setattr(postgres, "KEEP_ALIVE_S", 3600.0)
            found["folder"].append(is_asked(lambda: of_folder(scan, count)))

        def checked(scan: FullScan, files: Iterator[Any]) -> Iterator[Any]:
            monkeypatch.setattr(postgres, "KEEP_ALIVE_S", 0.0)
            of_files = of_file(scan, files)
            found["file"].append(is_asked(lambda: next(of_files)))
            yield from ()

        of_folder, of_file = FullScan._walked, FullScan._checked
        monkeypatch.setattr(FullScan, "_walked", walked)
        monkeypatch.setattr(FullScan, "_checked", checked)
        library.scan()
    assert found == {"folder": [True, False], "file": [True]}
