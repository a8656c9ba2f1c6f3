"""Servers on several machines share one library through a database: each is a `Library` here."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from songs import CatalogueAway, CatalogueError, Library, ScanReport
from songs.catalogue import Entry, Row, catalogue_at
from songs.catalogue.migration import migrate
from songs.full_scan import FullScan
from tests.postgres import Postgres, needs_postgres
from tests.songs.making import put, sound

pytestmark = needs_postgres()


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    yield postgres.database()
    if not postgres.running:
        postgres.start()


def ids(library: Library) -> dict[bytes, int]:
    return {song.path: song.song_id for song in library.songs}


def scanned(library: Library) -> Library:
    assert library.scan().warnings == []
    return library


def test_a_song_has_the_same_id_on_every_server(music: Path, url: str) -> None:
    for n in range(5):
        put(music / f"{n}.mp3", sound(str(n)))
    first, second = scanned(Library(music, url)), scanned(Library(music, url))
    assert ids(first) == ids(second) == {b"%d.mp3" % n: n + 1 for n in range(5)}
    (music / "3.mp3").rename(music / "0 moved.mp3")
    put(music / "new.mp3", sound("new"))
    scanned(second)
    assert first.refresh().added == 1
    assert first.songs == second.songs
    assert ids(first)[b"0 moved.mp3"] == 4
    assert ids(first)[b"new.mp3"] == 6


def test_a_file_that_has_gone_is_gone_everywhere(music: Path, url: str) -> None:
    put(music / "a.mp3", sound("a"))
    put(music / "b" / "b.mp3", sound("b"))
    first, second = scanned(Library(music, url)), scanned(Library(music, url))
    (music / "b" / "b.mp3").unlink()
    scanned(first)
    second.refresh()
    assert ids(second) == {b"a.mp3": 1}
    assert [song.song_id for song, _ in second.gone] == [2]


def test_servers_that_start_at_once_give_each_id_once(music: Path, url: str) -> None:
    for n in range(300):
        put(music / f"{n % 7}" / f"{n}.mp3", sound(str(n)))
    libraries = [Library(music, url) for _ in range(4)]
    threads = [threading.Thread(target=library.scan) for library in libraries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for library in libraries:
        library.refresh()
    assert all(library.songs == libraries[0].songs for library in libraries)
    assert sorted(ids(libraries[0]).values()) == list(range(1, 301))


def test_one_server_looks_for_songs_at_a_time(music: Path, url: str) -> None:
    put(music / "a.mp3", sound("a"))
    looking = catalogue_at(url)
    looking.open()
    assert looking.may_scan()
    other = Library(music, url)
    assert (other.scan(), other.songs) == (ScanReport(0, looked=False), ())
    looking.close()
    assert other.scan() == ScanReport(1)


def test_who_waits_hears_of_a_new_song(music: Path, url: str) -> None:
    first, second = scanned(Library(music, url)), scanned(Library(music, url))
    second.wait_for_others(60)  # listens from here on
    heard = threading.Event()

    def wait() -> None:
        second.wait_for_others(60)
        heard.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    put(music / "a.mp3", sound("a"))
    scanned(first)
    assert heard.wait(30)
    waiting.join()
    assert second.refresh().added == 1


def test_what_is_known_is_served_while_the_database_is_away(
    music: Path, url: str, postgres: Postgres
) -> None:
    put(music / "a.mp3", sound("a"))
    library = scanned(Library(music, url))
    put(music / "b.mp3", sound("b"))
    postgres.stop()
    [warning] = library.scan().warnings
    assert "is away" in warning
    assert library.scan().warnings == library.refresh().warnings == []
    with pytest.raises(CatalogueAway):
        library.wait_for_others(60)
    assert ids(library) == {b"a.mp3": 1}
    postgres.start()
    assert library.refresh().warnings == ["The catalogue is back."]
    assert library.scan().warnings == []
    assert ids(library) == {b"a.mp3": 1, b"b.mp3": 2}


def test_a_server_that_starts_while_the_database_is_away_lists_songs_later(
    music: Path, url: str, postgres: Postgres
) -> None:
    put(music / "a.mp3", sound("a"))
    scanned(Library(music, url))
    postgres.stop()
    library = Library(music, url)
    library.scan()
    assert library.songs == ()
    postgres.start()
    library.refresh()
    assert ids(library) == {b"a.mp3": 1}


def test_a_database_that_goes_in_the_middle_of_a_scan_loses_no_id(
    music: Path, url: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        put(music / f"{n}.mp3", sound(str(n)))
    library = Library(music, url)
    written = library._catalogue.write

    def goes(rows: object) -> None:
        written(rows)
        postgres.stop()

    monkeypatch.setattr(library._catalogue, "write", goes)
    assert len(library.scan().warnings) == 1
    assert library.songs == ()
    monkeypatch.undo()
    postgres.start()
    other = scanned(Library(music, url))
    library.scan()
    assert ids(library) == ids(other) == {b"0.mp3": 1, b"1.mp3": 2, b"2.mp3": 3}


def test_an_outage_gives_no_song_another_id(music: Path, url: str, postgres: Postgres) -> None:
    for n in range(1, 6):
        put(music / f"{n}.mp3", sound(str(n)))
    library = scanned(Library(music, url))
    postgres.stop()
    (music / "1.mp3").rename(music / "zz.mp3")  # the first ID is not the first of the list now
    assert len(library.scan().warnings) == 1
    postgres.start()
    library.scan()
    known = {b"2.mp3": 2, b"3.mp3": 3, b"4.mp3": 4, b"5.mp3": 5, b"zz.mp3": 1}
    assert ids(library) == ids(scanned(Library(music, url))) == known


def test_whatever_fails_gives_no_song_another_id(
    music: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thing that a scan asks of the database fails once; each time, songs move meanwhile."""
    import psycopg

    for n in range(1, 4):
        put(music / f"{n}.mp3", sound(str(n)))
    library = scanned(Library(music, url))
    known = {sound(str(n)): n for n in range(1, 4)}
    failing = Failing()
    for name, owner in (("connect", psycopg), ("execute", psycopg.Connection)):
        monkeypatch.setattr(owner, name, failing.instead_of(getattr(owner, name)))
    for turn in itertools.count():
        for rank, path in enumerate(sorted(music.iterdir())):
            path.rename(music / f"{turn} {99 - rank}.mp3")  # in the opposite order
        put(music / f"{turn} new.mp3", sound(f"new {turn}"))
        failing.after(turn)
        library.scan()
        if not failing.has_failed:
            break
        failing.after(None)
        library.scan()
        known[sound(f"new {turn}")] = len(known) + 1
        listed = {(music / os.fsdecode(path)).read_bytes(): n for path, n in ids(library).items()}
        assert listed == known, turn
        assert library.songs == scanned(Library(music, url)).songs, turn
    assert turn > 8


class Failing:
    """Calls of the database, one of which fails."""

    def __init__(self) -> None:
        self._left: int | None = None
        self.has_failed = False

    def after(self, calls: int | None) -> None:
        """Let the call behind so many fail; None: all succeed from here on."""
        self._left, self.has_failed = calls, False

    def instead_of(self, function: Any) -> Any:
        """Return a function that fails when its turn has come."""

        def called(*arguments: Any, **more: Any) -> Any:
            import psycopg

            if self._left is not None:
                self._left -= 1
                if self._left < 0:
                    self._left, self.has_failed = None, True
                    raise psycopg.OperationalError("it fails")
            return function(*arguments, **more)

        return called


def test_a_database_that_has_other_songs_than_before_is_believed(music: Path, url: str) -> None:
    """It was restored, say, and has given an ID to another song since: that one keeps it."""
    import psycopg

    put(music / "a.mp3", sound("a"))
    put(music / "b.mp3", sound("b"))
    library = scanned(Library(music, url))
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("UPDATE songs SET path = 'x.mp3', print = 'x', gone = 1 WHERE id = 2")
    (music / "b.mp3").rename(music / "c.mp3")
    [warning] = library.scan().warnings
    assert "another song" in warning
    assert library.scan().warnings == ["The catalogue is back."]
    assert ids(library) == ids(scanned(Library(music, url))) == {b"a.mp3": 1, b"c.mp3": 3}
    assert [(song.song_id, song.path) for song, _ in library.gone] == [(2, b"x.mp3")]


def test_a_database_that_does_not_answer_is_away(
    music: Path, url: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(music / "a.mp3", sound("a"))
    library = scanned(Library(music, url))
    catalogue = catalogue_at(url)
    catalogue.open()
    monkeypatch.setattr("songs.catalogue.postgres.ANSWER_S", 0.2)
    with postgres.frozen(), pytest.raises(CatalogueAway):
        catalogue.may_scan()
    catalogue.open()
    monkeypatch.setattr("songs.catalogue.postgres.COPY_S", 0.2)
    with postgres.frozen(), pytest.raises(CatalogueAway):
        catalogue.news()
    assert ids(library) == {b"a.mp3": 1}


@pytest.mark.parametrize(
    ("comment", "why"), [("alfine catalogue 2", "newer alfine"), ("theirs", "another program's")]
)
def test_a_table_that_is_not_ours_is_left_as_it_is(
    music: Path, url: str, comment: str, why: str
) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as database:
        database.execute("CREATE TABLE songs (id INTEGER)")
        database.execute(f"COMMENT ON TABLE songs IS '{comment}'")
        put(music / "a.mp3", sound("a"))
        library = Library(music, url)
        assert why in library.scan().warnings[0]
        assert library.songs == ()
        assert database.execute("SELECT * FROM songs").fetchall() == []


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


def test_all_rows_may_take_longer_than_an_answer(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = catalogue_at(url)
    catalogue.open()
    with catalogue.writing():
        catalogue.write([Row(n, b"%d.mp3" % n, Entry("1", bytes(32), "T")) for n in range(1, 5001)])
    catalogue.close()
    later = catalogue_at(url)
    later.open()
    monkeypatch.setattr("songs.catalogue.postgres.ANSWER_S", 0.0)
    assert len(later.news()) == 5000
    later.close()


def test_a_file_is_taken_into_a_database_with_its_ids(
    music: Path, url: str, tmp_path: Path
) -> None:
    for n in range(3):
        put(music / f"{n}.mp3", sound(str(n)))
    file = tmp_path / "songs.sqlite"
    before = scanned(Library(music, file))
    (music / "1.mp3").unlink()
    scanned(before)
    assert migrate(catalogue_at(file), catalogue_at(url)) == (3, 3)
    assert migrate(catalogue_at(file), catalogue_at(url)) == (3, 0)
    after = scanned(Library(music, url))
    assert after.songs == before.songs
    assert [song.song_id for song, _ in after.gone] == [2]


def test_a_database_with_other_songs_takes_no_file(music: Path, url: str, tmp_path: Path) -> None:
    put(music / "a.mp3", sound("a"))
    file = tmp_path / "songs.sqlite"
    scanned(Library(music, file))
    put(music / "b.mp3", sound("b"))
    library = scanned(Library(music, url))
    with pytest.raises(CatalogueError, match="has other songs already"):
        migrate(catalogue_at(file), catalogue_at(url))
    assert library.refresh().added == 0


def test_a_file_that_is_no_catalogue_is_not_taken(url: str, tmp_path: Path) -> None:
    (tmp_path / "songs.sqlite").write_bytes(b"other" * 100)
    with pytest.raises(CatalogueError):
        migrate(catalogue_at(tmp_path / "songs.sqlite"), catalogue_at(url))


def test_20_000_songs_are_written_and_read(url: str) -> None:
    rows = [Row(n, b"%d.mp3" % n, Entry("1:2", bytes(32), f"T{n}")) for n in range(1, 20_001)]
    first, second = catalogue_at(url), catalogue_at(url)
    first.open()
    with first.writing():
        first.write(rows)
    first.close()
    second.open()
    assert second.news() == rows
    second.close()
