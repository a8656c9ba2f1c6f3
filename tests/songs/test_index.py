"""The index saves reading tags again; no fault of it prevents serving."""

import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from songs import LATIN_1, Library, Options, ScanReport, Stamp
from songs.index import Index
from songs.scan import Entry
from songs.tags import Reading, Tags, read_tags
from tests.songs.making import (
    FRAME,
    id3v1,
    id3v2,
    open_directory,
    put,
    raw_id3v2,
    text_frame,
    unprivileged,
)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "alfine" / "songs.sqlite"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of each file whose tags were read."""
    sizes: list[int] = []

    def counting(file: Any, size_bytes: int, encoding: str) -> Any:
        sizes.append(size_bytes)
        return read_tags(file, size_bytes, encoding)

    monkeypatch.setattr("songs.scan.read_tags", counting)
    return sizes


def start(music: Path, index: Path) -> tuple[list[str], ScanReport]:
    """Return titles and report of a new library, as a starting server makes it."""
    library = Library(music, index)
    report = library.scan()
    return [song.title for song in library.songs], report


def fill(music: Path, count: int = 3) -> None:
    for n in range(count):
        put(music / f"{n}.mp3", id3v2("A", f"T{n}") + FRAME)


TITLES = ["A - T0", "A - T1", "A - T2"]


def test_a_second_start_reads_no_tags(music: Path, index: Path, reads: list[int]) -> None:
    fill(music)
    assert start(music, index) == (TITLES, ScanReport(3, [], []))
    assert len(reads) == 3
    assert start(music, index) == (TITLES, ScanReport(3, [], []))
    assert len(reads) == 3


def test_only_what_changed_is_read(music: Path, index: Path, reads: list[int]) -> None:
    fill(music)
    start(music, index)
    put(music / "1.mp3", id3v2("A", "New") + FRAME)
    os.utime(music / "2.mp3", ns=(0, 0))
    put(music / "3.mp3", id3v2("A", "T3") + FRAME)
    (music / "0.mp3").unlink()
    reads.clear()
    assert start(music, index)[0] == ["A - New", "A - T2", "A - T3"]
    assert len(reads) == 3
    assert set(Index(index).load()) == {b"1.mp3", b"2.mp3", b"3.mp3"}


def test_a_replaced_file_of_equal_size_and_time_is_read(
    music: Path, index: Path, reads: list[int]
) -> None:
    fill(music)
    start(music, index)
    old = os.stat(music / "1.mp3")
    put(music / "new", id3v2("A", "XX") + FRAME)
    os.utime(music / "new", ns=(old.st_mtime_ns, old.st_mtime_ns))
    assert os.stat(music / "new").st_size == old.st_size
    (music / "new").rename(music / "1.mp3")
    assert start(music, index)[0][1] == "A - XX"


def test_a_file_that_is_edited_in_place_is_read_though_size_and_time_are_set_back(
    music: Path, index: Path
) -> None:
    fill(music)
    start(music, index)
    old = os.stat(music / "1.mp3")
    while os.stat(music / "1.mp3").st_ctime_ns == old.st_ctime_ns:  # the kernel's clock has ticks
        put(music / "1.mp3", id3v2("A", "XX") + FRAME)
        os.utime(music / "1.mp3", ns=(old.st_atime_ns, old.st_mtime_ns))
    new = os.stat(music / "1.mp3")
    assert (new.st_ino, new.st_size, new.st_mtime_ns) == (old.st_ino, old.st_size, old.st_mtime_ns)
    assert Stamp.of(new) != Stamp.of(old)
    assert start(music, index)[0][1] == "A - XX"


def test_disc_and_track_are_stored(music: Path, index: Path, reads: list[int]) -> None:
    for name, track in (("b", "1"), ("a", "2")):
        put(music / f"{name}.mp3", raw_id3v2(text_frame(b"TRCK", track)) + FRAME)
    assert start(music, index)[0] == start(music, index)[0] == ["b", "a"]
    assert len(reads) == 2
    with closing(sqlite3.connect(index)) as database:
        database.execute("UPDATE songs SET track = 'x'")
        database.commit()
    titles, report = start(music, index)
    assert titles == ["b", "a"]
    assert "damaged" in report.warnings[0]


def test_another_tag_encoding_reads_the_tags_again(
    music: Path, index: Path, reads: list[int]
) -> None:
    put(music / "x.mp3", raw_id3v2(text_frame(b"TIT2", "Êèíî")) + FRAME)
    for encoding, title in ((LATIN_1, "Êèíî"), ("cp1251", "Кино"), ("cp1251", "Кино")):
        library = Library(music, index, Options(tag_encoding=encoding))
        library.scan()
        assert [song.title for song in library.songs] == [title]
    assert len(reads) == 2


def test_a_song_that_is_too_large_now_is_not_served_from_the_index(
    music: Path, index: Path, reads: list[int]
) -> None:
    put(music / "x.mp3", FRAME + bytes(2 << 20))
    assert start(music, index)[0] == ["x"]
    library = Library(music, index, Options(max_song_bytes=2 << 20))
    assert library.scan().unusable == [
        ("x.mp3", "it is larger than 2 MiB; --song-size allows more")
    ]
    assert library.songs == ()
    assert len(reads) == 1


def test_tags_that_the_disk_did_not_give_are_read_again_and_told_once(
    music: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(file: Any, size_bytes: int, encoding: str) -> Reading:
        return Reading(Tags(), "the disk fails", again=True)

    fill(music, 1)
    library = Library(music, index)
    with monkeypatch.context() as patch:
        patch.setattr("songs.scan.read_tags", failing)
        assert library.scan().untitled == [("0.mp3", "the disk fails")]
        assert library.scan().untitled == []
        assert [song.title for song in library.songs] == ["0"]
        assert start(music, index)[1].untitled == []
    assert library.scan().untitled == []
    assert [song.title for song in library.songs] == ["A - T0"]
    assert start(music, index)[0] == ["A - T0"]


def test_a_title_from_another_tag_is_no_file_name(music: Path, index: Path) -> None:
    too_large = raw_id3v2(b"", claimed=(64 << 20) + 1)
    put(music / "0.mp3", too_large + FRAME + id3v1("", "T"))
    put(music / "1.mp3", too_large + FRAME)
    titles, report = start(music, index)
    assert titles == ["T", "1"]
    assert [path for path, _ in report.untitled] == ["1.mp3"]


def test_names_with_any_bytes_are_stored(music: Path, index: Path, reads: list[int]) -> None:
    put(os.fsencode(music) + b"/\xff\n.mp3")
    assert start(music, index) == start(music, index) == (["\ufffd"], ScanReport(1, [], []))
    assert len(reads) == 1


def test_nothing_is_written_when_nothing_changed(music: Path, index: Path) -> None:
    fill(music)
    start(music, index)
    before = os.stat(index).st_mtime_ns, index.read_bytes()
    start(music, index)
    assert (os.stat(index).st_mtime_ns, index.read_bytes()) == before


def test_files_that_became_unusable_are_not_served_from_the_index() -> None:
    with open_directory() as parent:
        music, index = parent / "music", parent / "index"
        fill(music)
        start(music, index)
        os.chmod(music / "0.mp3", 0)
        (music / "1.mp3").unlink()
        os.mkfifo(music / "1.mp3")
        with unprivileged():
            titles, report = start(music, index)
    assert titles == ["A - T2"]
    assert [reason for _, reason in report.unusable] == [
        "no permission to read it",
        "it is not a regular file",
    ]


def assert_serves_with_a_warning(music: Path, index: Path, why: str) -> None:
    titles, report = start(music, index)
    assert titles == TITLES
    assert report.added == 3
    assert len(report.warnings) == 1
    assert why in report.warnings[0]
    assert report.warnings[0].isprintable()


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"\0" * 5000])
def test_a_file_that_is_no_index_is_not_changed(
    music: Path, tmp_path: Path, content: bytes
) -> None:
    fill(music)
    index = tmp_path / "holiday.jpg"
    index.write_bytes(content)
    assert_serves_with_a_warning(music, index, "not a database")
    assert index.read_bytes() == content


def test_a_database_of_another_program_is_not_changed(music: Path, tmp_path: Path) -> None:
    fill(music)
    index = tmp_path / "contacts.sqlite"
    with closing(sqlite3.connect(index)) as database:
        database.executescript("CREATE TABLE songs (path, stamp, title)")
    before = index.read_bytes()
    assert_serves_with_a_warning(music, index, "another program")
    assert index.read_bytes() == before


def test_a_damaged_index_causes_a_warning_at_most(music: Path, index: Path) -> None:
    fill(music)
    start(music, index)
    whole = index.read_bytes()
    for position in range(0, len(whole), 97):
        index.write_bytes(whole[:position] + b"\xa5" * 50 + whole[position + 50 :])
        titles, report = start(music, index)
        assert report.added == 3
        assert len(titles) == 3
        index.write_bytes(whole[:position])
        assert start(music, index)[0] == TITLES


def test_titles_from_the_index_are_cleaned(music: Path, index: Path) -> None:
    fill(music)
    start(music, index)
    with closing(sqlite3.connect(index)) as database:
        database.execute("UPDATE songs SET title = ?", ("\x1b[2J\n" + "x" * 600,))
        database.commit()
    titles, _ = start(music, index)
    assert titles[0].startswith("[2J xxx")
    assert len(titles[0].encode()) == 512
    with closing(sqlite3.connect(index)) as database:
        database.execute("UPDATE songs SET title = ?", (b"\x1b",))
        database.commit()
    assert_serves_with_a_warning(music, index, "damaged")


def test_an_index_of_another_format_is_replaced(music: Path, index: Path, reads: list[int]) -> None:
    fill(music)
    start(music, index)
    with closing(sqlite3.connect(index)) as database:
        database.executescript("PRAGMA user_version = 999; DROP TABLE songs; CREATE TABLE songs(x)")
    assert start(music, index) == start(music, index) == (TITLES, ScanReport(3, [], []))
    assert len(reads) == 6


def test_a_locked_index_causes_a_warning(music: Path, index: Path) -> None:
    fill(music)
    start(music, index)
    with closing(sqlite3.connect(index)) as database:
        database.execute("BEGIN EXCLUSIVE")
        assert_serves_with_a_warning(music, index, "locked")
    assert start(music, index)[1].warnings == []


def test_an_index_that_is_no_regular_file_causes_a_warning(music: Path, tmp_path: Path) -> None:
    fill(music)
    os.mkfifo(tmp_path / "fifo")
    for index in (tmp_path, tmp_path / "fifo", Path("/dev/full")):
        assert_serves_with_a_warning(music, index, "not a regular file")


def test_an_index_path_below_a_file_causes_a_warning(music: Path, tmp_path: Path) -> None:
    fill(music)
    put(tmp_path / "file")
    assert_serves_with_a_warning(music, tmp_path / "file" / "index", "")


def test_an_index_that_may_not_be_written_causes_a_warning() -> None:
    with open_directory() as parent:
        music = parent / "music"
        fill(music)
        start(music, parent / "index")
        os.chmod(parent / "index", 0o444)
        with unprivileged():
            assert start(music, parent / "index") == (TITLES, ScanReport(3, [], []))
            assert_serves_with_a_warning(music, parent / "new" / "index", "ermission")
            assert_serves_with_a_warning(music, parent / "index2", "unable to open")
            assert not (parent / "new").exists()


@contextmanager
def small_file_limit() -> Iterator[None]:
    """Limit the size of files: the closest to a full disk that a process can do to itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)


def test_a_full_disk_causes_a_warning(music: Path, index: Path) -> None:
    fill(music)
    with small_file_limit():
        assert_serves_with_a_warning(music, index, "written")
    assert start(music, index) == start(music, index) == (TITLES, ScanReport(3, [], []))


def test_without_a_path_nothing_is_stored_and_there_is_no_warning() -> None:
    index = Index(None)
    index.save({b"x.mp3": Entry("1:2:3", "x")}, [b"y.mp3"])
    assert index.load() == {}
    assert index.warnings == []


def test_a_large_library_is_stored_completely(music: Path, index: Path, reads: list[int]) -> None:
    for n in range(2000):
        put(music / str(n // 100) / f"{n}.mp3")
    assert start(music, index)[1].added == 2000
    titles, report = start(music, index)
    assert titles == [str(n) for n in range(2000)]
    assert report.added == 2000
    assert len(reads) == 2000
