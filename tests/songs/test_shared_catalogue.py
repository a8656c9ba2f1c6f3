"""Servers on several machines share one library through a database: each is a `Library` here."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from songs import CatalogueError, Library, ScanReport
from songs.catalogue import Entry, Row, catalogue_at
from songs.catalogue.migration import migrate
from tests.postgres import needs_postgres
from tests.songs.making import put, sound
from tests.songs.sharing import ids, scanned

pytestmark = needs_postgres()


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
