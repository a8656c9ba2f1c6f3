"""The catalogue's file saves reading songs again, and no fault of it prevents serving."""

import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from songs import LATIN_1, Library, Options, ScanReport
from songs.catalogue import FileCatalogue
from songs.folder.stamp import Stamp
from songs.tags import Reading, Tags, TagSource, tags_in
from tests.songs.making import (
    FRAME,
    descriptors,
    id3v1,
    id3v2,
    open_directory,
    put,
    raw_id3v2,
    sound,
    text_frame,
    unprivileged,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "alfine" / "songs.sqlite"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of each file whose tags were read."""
    sizes: list[int] = []

    def counting(source: TagSource, encoding: str) -> Any:
        sizes.append(source.size_bytes)
        return tags_in(source, encoding)

    monkeypatch.setattr("songs.scan.entries.tags_in", counting)
    return sizes


def started(music: Path, file: Path) -> tuple[Library, ScanReport]:
    """Return a new library and the report of its scan, as a starting server makes it."""
    library = Library(music, file)
    return library, library.scan()


def start(music: Path, file: Path) -> tuple[list[str], ScanReport]:
    library, report = started(music, file)
    return [song.title for song in library.songs], report


def ids(library: Library) -> dict[bytes, int]:
    return {song.path: song.song_id for song in library.songs}


def fill(music: Path, count: int = 3) -> None:
    for n in range(count):
        put(music / f"{n}.mp3", id3v2("A", f"T{n}") + sound(str(n)))


TITLES = ["A - T0", "A - T1", "A - T2"]
NEW, KNOWN = ScanReport(3, new_catalogue=True), ScanReport(3)


def test_a_second_start_reads_no_file(music: Path, file: Path, reads: list[int]) -> None:
    fill(music)
    assert start(music, file) == (TITLES, NEW)
    assert len(reads) == 3
    assert start(music, file) == (TITLES, KNOWN)
    assert len(reads) == 3


def test_only_what_changed_is_read(music: Path, file: Path, reads: list[int]) -> None:
    fill(music)
    start(music, file)
    put(music / "1.mp3", id3v2("A", "New") + sound("1"))
    os.utime(music / "2.mp3", ns=(0, 0))
    put(music / "3.mp3", id3v2("A", "T3") + sound("3"))
    (music / "0.mp3").unlink()
    reads.clear()
    library, _ = started(music, file)
    assert [song.title for song in library.songs] == ["A - New", "A - T2", "A - T3"]
    assert list(ids(library).values()) == [2, 3, 4]
    assert len(reads) == 3


def test_what_was_listed_is_listed_at_once(music: Path, file: Path) -> None:
    fill(music)
    start(music, file)
    (music / "0.mp3").unlink()
    library, listed = Library(music, file), list[int]()
    library.call_on_publish(lambda: listed.append(len(library.songs)))
    library.scan()
    assert listed == [3, 2]


def test_a_replaced_file_of_equal_size_and_time_is_read(music: Path, file: Path) -> None:
    fill(music)
    start(music, file)
    old = os.stat(music / "1.mp3")
    put(music / "new", id3v2("A", "XX") + sound("1"))
    os.utime(music / "new", ns=(old.st_mtime_ns, old.st_mtime_ns))
    assert os.stat(music / "new").st_size == old.st_size
    (music / "new").rename(music / "1.mp3")
    assert start(music, file)[0][1] == "A - XX"


def test_a_file_that_is_edited_in_place_is_read_though_size_and_time_are_set_back(
    music: Path, file: Path
) -> None:
    fill(music)
    start(music, file)
    old = os.stat(music / "1.mp3")
    while os.stat(music / "1.mp3").st_ctime_ns == old.st_ctime_ns:  # the kernel's clock has ticks
        put(music / "1.mp3", id3v2("A", "XX") + sound("1"))
        os.utime(music / "1.mp3", ns=(old.st_atime_ns, old.st_mtime_ns))
    new = os.stat(music / "1.mp3")
    assert (new.st_ino, new.st_size, new.st_mtime_ns) == (old.st_ino, old.st_size, old.st_mtime_ns)
    assert Stamp.of(new) != Stamp.of(old)
    assert start(music, file)[0][1] == "A - XX"


def test_details_are_kept(music: Path, file: Path, reads: list[int]) -> None:
    for name, track in (("b", "1"), ("a", "2")):
        frames = (
            text_frame(b"TRCK", track) + text_frame(b"TALB", "First") + text_frame(b"TCON", "17")
        )
        put(music / f"{name}.mp3", raw_id3v2(frames) + sound(name))
    first, second = started(music, file)[0].songs, started(music, file)[0].songs
    assert first == second
    assert [(song.title, song.details.album, song.details.genre) for song in second] == [
        ("b", "First", "Rock"),
        ("a", "First", "Rock"),
    ]
    assert len(reads) == 2


@pytest.mark.parametrize(
    "change",
    ["track = 'x'", "track = -1", "duration = 'x'", "print = 'x'", "path = 5", "title = x'00'"],
)
def test_a_row_that_cannot_be_makes_the_catalogue_anew(
    music: Path, file: Path, change: str
) -> None:
    fill(music)
    start(music, file)
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"UPDATE songs SET {change} WHERE id = 2")
        database.commit()
    titles, report = start(music, file)
    assert titles == TITLES
    assert "is broken" in report.warnings[0]
    assert start(music, file) == (TITLES, KNOWN)
    assert file.with_name("songs.sqlite.broken").exists()


def test_a_row_that_cannot_be_behind_others_keeps_nothing_of_the_broken_file_open(
    music: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songs.catalogue.rows._BATCH", 1)
    fill(music)
    start(music, file)
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE songs SET track = -1 WHERE id = 2")
        database.commit()
    made_anew: list[list[str]] = []

    def noting(catalogue: FileCatalogue, path: Path, why: str) -> None:
        make_anew(catalogue, path, why)
        made_anew.append(open_paths())

    make_anew = FileCatalogue._make_anew
    monkeypatch.setattr(FileCatalogue, "_make_anew", noting)
    titles, report = start(music, file)
    assert titles == TITLES
    assert "is broken" in report.warnings[0]
    [paths] = made_anew
    of_catalogue = [path for path in paths if file.name in path]
    assert str(file) in of_catalogue
    assert not [path for path in of_catalogue if ".broken" in path or "(deleted)" in path]
    assert start(music, file) == (TITLES, KNOWN)


def open_paths() -> list[str]:
    """Return what this process has open."""
    paths: list[str] = []
    for number in descriptors():
        with suppress(FileNotFoundError):  # the one by which they were listed
            paths.append(os.readlink(f"/proc/self/fd/{number}"))
    return paths


def test_another_tag_encoding_reads_the_tags_again(
    music: Path, file: Path, reads: list[int]
) -> None:
    put(music / "x.mp3", raw_id3v2(text_frame(b"TIT2", "Êèíî")) + FRAME)
    for encoding, title in ((LATIN_1, "Êèíî"), ("cp1251", "Кино"), ("cp1251", "Кино")):
        library = Library(music, file, Options(tag_encoding=encoding))
        library.scan()
        assert [(song.song_id, song.title) for song in library.songs] == [(1, title)]
    assert len(reads) == 2


def test_a_song_that_is_too_large_now_is_not_served_from_the_catalogue(
    music: Path, file: Path, reads: list[int]
) -> None:
    put(music / "x.mp3", FRAME + bytes(2 << 20))
    assert start(music, file)[0] == ["x"]
    library = Library(music, file, Options(max_song_bytes=2 << 20))
    assert library.scan().unusable == [
        ("x.mp3", "it is larger than 2 MiB; --song-size allows more")
    ]
    assert library.songs == ()
    assert len(reads) == 1


def test_tags_that_the_disk_did_not_give_are_read_again_and_told_once(
    music: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(source: TagSource, encoding: str) -> Reading:
        return Reading(Tags(), "the disk fails", again=True)

    fill(music, 1)
    library = Library(music, file)
    with monkeypatch.context() as patch:
        patch.setattr("songs.scan.entries.tags_in", failing)
        assert library.scan().untitled == [("0.mp3", "the disk fails")]
        assert library.scan().untitled == []
        assert [song.title for song in library.songs] == ["0"]
        assert start(music, file)[1].untitled == []
    assert library.scan().untitled == []
    assert [(song.song_id, song.title) for song in library.songs] == [(1, "A - T0")]
    assert start(music, file)[0] == ["A - T0"]


def test_a_title_from_another_tag_is_no_file_name(music: Path, file: Path) -> None:
    too_large = raw_id3v2(b"", claimed=(64 << 20) + 1)
    put(music / "0.mp3", too_large + FRAME + id3v1("", "T"))
    put(music / "1.mp3", too_large + FRAME)
    titles, report = start(music, file)
    assert titles == ["T", "1"]
    assert [path for path, _ in report.untitled] == ["1.mp3"]


def test_names_with_any_bytes_are_stored(music: Path, file: Path, reads: list[int]) -> None:
    put(os.fsencode(music) + b"/\xff\n.mp3")
    assert start(music, file)[0] == start(music, file)[0] == ["\ufffd"]
    assert len(reads) == 1


def test_nothing_is_written_when_nothing_changed(music: Path, file: Path) -> None:
    fill(music)
    start(music, file)
    before = os.stat(file).st_mtime_ns, file.read_bytes()
    start(music, file)
    assert (os.stat(file).st_mtime_ns, file.read_bytes()) == before


def test_files_that_became_unusable_are_not_served_from_the_catalogue() -> None:
    with open_directory() as parent:
        music, file = parent / "music", parent / "songs"
        fill(music)
        start(music, file)
        os.chmod(music / "0.mp3", 0)
        (music / "1.mp3").unlink()
        os.mkfifo(music / "1.mp3")
        with unprivileged():
            titles, report = start(music, file)
    assert titles == ["A - T2"]
    assert [reason for _, reason in report.unusable] == [
        "no permission to read it",
        "it is not a regular file",
    ]


def assert_serves_with_a_warning(music: Path, file: Path, why: str) -> None:
    titles, report = start(music, file)
    assert titles == TITLES
    assert report.added == 3
    assert len(report.warnings) == 1
    assert why in report.warnings[0]
    assert report.warnings[0].isprintable()


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"\0" * 5000])
def test_a_file_that_is_no_catalogue_is_set_aside(music: Path, file: Path, content: bytes) -> None:
    fill(music)
    put(file, content)
    assert_serves_with_a_warning(music, file, "made anew")
    assert file.with_name("songs.sqlite.broken").read_bytes() == content
    assert start(music, file) == (TITLES, KNOWN)


def test_a_database_of_another_program_is_not_changed(music: Path, tmp_path: Path) -> None:
    fill(music)
    file = tmp_path / "contacts.sqlite"
    with closing(sqlite3.connect(file)) as database:
        database.executescript("CREATE TABLE songs (path, stamp, title)")
    before = file.read_bytes()
    assert_serves_with_a_warning(music, file, "another program")
    assert file.read_bytes() == before


@pytest.mark.parametrize("rest", ["", "DROP TABLE songs;"])
def test_a_newer_catalogue_is_not_changed(music: Path, file: Path, rest: str) -> None:
    fill(music)
    start(music, file)
    with closing(sqlite3.connect(file)) as database:
        database.executescript(f"{rest} PRAGMA user_version = 2; PRAGMA journal_mode = DELETE")
    before = os.stat(file).st_mtime_ns, file.read_bytes(), os.listdir(file.parent)
    assert_serves_with_a_warning(music, file, "a newer alfine has made it")
    assert (os.stat(file).st_mtime_ns, file.read_bytes(), os.listdir(file.parent)) == before


def test_a_catalogue_without_its_table_is_made_anew(music: Path, file: Path) -> None:
    fill(music)
    start(music, file)
    with closing(sqlite3.connect(file)) as database:
        database.executescript("DROP TABLE songs; CREATE TABLE songs (x)")
    assert_serves_with_a_warning(music, file, "made anew")
    assert start(music, file) == (TITLES, KNOWN)


def test_a_damaged_catalogue_causes_a_warning_at_most(music: Path, file: Path) -> None:
    fill(music)
    start(music, file)
    whole = file.read_bytes()
    warned = 0
    for position in range(0, len(whole), 1499):
        for damaged in (whole[:position] + b"\xa5" * 50 + whole[position + 50 :], whole[:position]):
            file.write_bytes(damaged)
            titles, report = start(music, file)
            assert sorted(titles) == TITLES
            warned += len(report.warnings)
            assert start(music, file)[1].warnings == []
    assert warned > 5


def test_titles_from_the_catalogue_are_cleaned(music: Path, file: Path) -> None:
    fill(music)
    start(music, file)
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE songs SET shown = ?, album = ?", ("\x1b[2J\n" + "x" * 600, "\x1b"))
        database.commit()
    songs = started(music, file)[0].songs
    assert songs[0].title.startswith("[2J xxx")
    assert len(songs[0].title.encode()) == 512
    assert songs[0].details.album == ""


def test_a_locked_catalogue_is_read_and_causes_a_warning(
    music: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songs.catalogue.file._LOCK_TIMEOUT_S", 0.05)
    put(music / "9.mp3", sound("9"))
    start(music, file)
    fill(music)
    with closing(sqlite3.connect(file)) as database:
        database.execute("BEGIN IMMEDIATE")
        library, report = started(music, file)
        assert "locked" in report.warnings[0]
        assert ids(library) == {b"9.mp3": 1, b"0.mp3": 2, b"1.mp3": 3, b"2.mp3": 4}
    assert start(music, file)[1].warnings == []


def test_a_catalogue_that_is_no_regular_file_causes_a_warning(music: Path, tmp_path: Path) -> None:
    fill(music)
    os.mkfifo(tmp_path / "fifo")
    for file in (tmp_path, tmp_path / "fifo", Path("/dev/full")):
        assert_serves_with_a_warning(music, file, "not a regular file")


def test_a_path_below_a_file_causes_a_warning(music: Path, tmp_path: Path) -> None:
    fill(music)
    put(tmp_path / "file")
    assert_serves_with_a_warning(music, tmp_path / "file" / "songs", "")


def test_a_catalogue_that_may_not_be_written_is_read() -> None:
    with open_directory() as parent:
        music, state = parent / "music", parent / "state"
        put(music / "9.mp3", sound("9"))
        start(music, state / "songs")
        fill(music)
        os.chmod(state, 0o755)
        os.chmod(state / "songs", 0o444)
        with unprivileged():
            library, report = started(music, state / "songs")
            assert "cannot be written" in report.warnings[0]
            assert ids(library) == {b"9.mp3": 1, b"0.mp3": 2, b"1.mp3": 3, b"2.mp3": 4}
            assert "ermission" in start(music, parent / "new" / "songs")[1].warnings[0]
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


def test_a_full_disk_causes_a_warning_and_changes_no_id(music: Path, file: Path) -> None:
    fill(music)
    with small_file_limit():
        assert_serves_with_a_warning(music, file, "written")
    put(music / "9.mp3", sound("9"))
    start(music, file)
    (music / "9.mp3").rename(music / "00.mp3")
    with small_file_limit():
        library, report = started(music, file)
    assert ids(library) == {b"0.mp3": 1, b"00.mp3": 4, b"1.mp3": 2, b"2.mp3": 3}
    assert "written" in report.warnings[0]


def test_a_large_library_is_stored_completely(music: Path, file: Path, reads: list[int]) -> None:
    for n in range(1000):
        put(music / str(n // 100) / f"{n}.mp3", sound(str(n)))
    assert start(music, file)[1].added == 1000
    library, report = started(music, file)
    assert [song.title for song in library.songs] == [str(n) for n in range(1000)]
    assert [song.song_id for song in library.songs] == list(range(1, 1001))
    assert report.added == 1000
    assert len(reads) == 1000
