"""The library: which songs are found, which IDs they have, and what is opened."""

import contextlib
import os
import resource
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import songs.folder.walk
from songs import Library, MusicDirError, Song, SongUnavailable
from songs.folder.files import Root
from songs.names import Walked
from songs.titles import natural_key
from tests.songs.making import (
    FRAME,
    descriptors,
    id3v2,
    open_directory,
    put,
    sound,
    unprivileged,
)


def scanned(music: Path) -> Library:
    library = Library(music)
    library.scan()
    return library


def paths(library: Library) -> list[bytes]:
    return [song.path for song in library.songs]


def content_of(library: Library, song_id: int) -> bytes:
    song = library.get(song_id)
    assert song is not None
    with contextlib.closing(library.open(song)) as file:
        return file.read(0, file.size_bytes)


def test_an_empty_library(music: Path) -> None:
    library = Library(music)
    report = library.scan()
    assert (report.added, report.unusable, report.warnings, library.songs) == (0, [], [], ())


def test_songs_are_numbered_from_one_in_natural_order(music: Path) -> None:
    for name in ("10.mp3", "2.MP3", "a/b/c/1.Mp3", "1.txt", "mp3", "x.mp3.part"):
        put(music / name)
    library = Library(music)
    assert library.scan().added == 3
    assert [(song.song_id, song.title, song.path) for song in library.songs] == [
        (1, "2", b"2.MP3"),
        (2, "10", b"10.mp3"),
        (3, "1", b"a/b/c/1.Mp3"),
    ]


def test_titles_come_from_tags_that_have_a_title(music: Path) -> None:
    put(music / "1.mp3", id3v2("NIN", "34 Ghosts IV") + FRAME)
    put(music / "2.mp3", id3v2(None, "34 Ghosts IV") + FRAME)
    put(music / "3.mp3", id3v2("NIN", "\n\x1b") + FRAME)
    put(music / "4.mp3", id3v2("THE END END", "line\n2. forged END END") + FRAME)
    put(music / "5.mp3", id3v2("x" * 5000, "y" * 5000) + FRAME)
    titles = [song.title for song in scanned(music).songs]
    assert titles[:4] == [
        "NIN - 34 Ghosts IV",
        "34 Ghosts IV",
        "3",
        "THE END END - line 2. forged END END",
    ]
    assert titles[4].endswith("x…")
    assert len(titles[4].encode()) <= 512


def test_a_file_is_served_by_its_name_whatever_it_contains(music: Path) -> None:
    put(music / "wave.mp3", b"RIFF\0\0\0\0WAVE")
    assert content_of(scanned(music), 1).startswith(b"RIFF")


def test_get_returns_none_for_an_unknown_id(music: Path) -> None:
    put(music / "x.mp3")
    library = scanned(music)
    assert library.get(1) == library.songs[0]
    assert [library.get(n) for n in (0, -1, 2, 9_999_999_999)] == [None] * 4


def test_ids_never_change_their_songs(music: Path) -> None:
    for name in ("b.mp3", "d.mp3"):
        put(music / name, sound(name))
    library = scanned(music)
    before = library.songs
    for name in ("a10.mp3", "a9.mp3", "c.mp3"):
        put(music / name, sound(name))
    (music / "b.mp3").unlink()
    assert library.scan().added == 3
    assert paths(library) == [b"a9.mp3", b"a10.mp3", b"c.mp3", b"d.mp3"]
    assert [song.song_id for song in library.songs] == [3, 4, 5, 2]
    assert library.get(1) == before[0]
    assert 1 in library
    with pytest.raises(SongUnavailable, match="its file has gone"):
        library.open(before[0])
    put(music / "b.mp3", id3v2("Back", "Again") + sound("b.mp3"))
    assert library.scan().added == 1
    assert content_of(library, 1).endswith(sound("b.mp3"))
    assert [song.song_id for song in library.songs] == [3, 4, 1, 5, 2]
    assert paths(library) == sorted(paths(library), key=natural_key)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.frozensets(st.sampled_from("abcdefgh")), max_size=6))
def test_ids_after_any_sequence_of_scans(history: list[frozenset[str]]) -> None:
    with open_directory() as music:
        library, ids = Library(music), dict[bytes, int]()
        for present in history:
            for name in "abcdefgh":
                if name in present:
                    put(music / f"{name}.mp3", name.encode())
                else:
                    (music / f"{name}.mp3").unlink(missing_ok=True)
            before = {song.song_id for song in library.songs}
            report = library.scan()
            assert paths(library) == [f"{name}.mp3".encode() for name in sorted(present)]
            for song in library.songs:
                assert ids.setdefault(song.path, song.song_id) == song.song_id
            assert report.added == len({song.song_id for song in library.songs} - before)
            assert sorted(ids.values()) == list(range(1, len(ids) + 1))
            assert all(number in library for number in ids.values())
            for name in present:
                assert content_of(library, ids[f"{name}.mp3".encode()]) == name.encode()


def test_new_tags_give_the_same_song_a_new_title(music: Path) -> None:
    put(music / "x.mp3")
    library = scanned(music)
    put(music / "x.mp3", id3v2("A", "T") + FRAME)
    library.scan()
    assert [(song.song_id, song.title) for song in library.songs] == [(1, "A - T")]


def test_hostile_names_become_printable_titles(music: Path) -> None:
    names = [b"a\n2. forged.mp3", b"b\x1b[31m.mp3", b"c END END.mp3", b"d\xff.mp3"]
    for name in names:
        put(os.fsencode(music) + b"/" + name)
    library = scanned(music)
    assert paths(library) == names
    titles = [song.title for song in library.songs]
    assert titles == ["a 2. forged", "b[31m", "c END END", "d\ufffd"]
    assert [content_of(library, n) for n in (1, 2, 3, 4)] == [FRAME] * 4


def test_unusable_files_are_reported_and_the_others_served(music: Path, tmp_path: Path) -> None:
    put(tmp_path / "outside" / "secret.mp3")
    put(music / "good.mp3")
    put(music / "folder.mp3" / "inner.mp3")
    put(music / "empty.mp3", b"")
    put(os.fsencode(music) + b"/bad\nname\xff.mp3", b"")
    os.mkfifo(music / "fifo.mp3")
    (music / "inside.mp3").symlink_to("good.mp3")
    (music / "loop.mp3").symlink_to("loop.mp3")
    (music / "out.mp3").symlink_to("../outside/secret.mp3")
    (music / "outdir").symlink_to("../outside")
    (music / "gone.mp3").symlink_to("nowhere")
    library = Library(music)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(music / "sock.mp3"))
        report = library.scan()
    assert paths(library) == [b"good.mp3", b"inside.mp3", b"folder.mp3/inner.mp3"]
    out = "it is a link that leads out of the music directory"
    assert report.unusable == [
        ("bad name\ufffd.mp3", "it is empty"),
        ("empty.mp3", "it is empty"),
        ("fifo.mp3", "it is not a regular file"),
        ("folder.mp3", "it is a directory, not a song"),
        ("gone.mp3", "its file has gone"),
        ("loop.mp3", "its links lead in a circle"),
        ("out.mp3", out),
        ("outdir", out),
        ("sock.mp3", "it is not a regular file"),
    ]


def test_with_linked_directories_each_song_is_found_once(music: Path) -> None:
    put(music / "a" / "x.mp3")
    (music / "a" / "up").symlink_to("..")
    (music / "again").symlink_to("a")
    (music / "self").symlink_to(music)
    library = Library(music)
    assert library.scan().unusable == []
    assert paths(library) == [b"a/x.mp3"]


def test_unreadable_files_and_directories_are_reported() -> None:
    with open_directory() as music:
        for name in ("a/x.mp3", "closed/y.mp3", "b.mp3", "c.mp3"):
            put(music / name)
        os.chmod(music / "b.mp3", 0)
        os.chmod(music / "closed", 0)
        with unprivileged():
            library = Library(music)
            report = library.scan()
        os.chmod(music / "closed", 0o700)
    assert paths(library) == [b"c.mp3", b"a/x.mp3"]
    assert report.unusable == [
        ("b.mp3", "no permission to read it"),
        ("closed", "the directory was left out: no permission to read it"),
    ]


def test_deep_directories_need_no_more_descriptors(music: Path) -> None:
    deep = "/".join(["d"] * 200)
    put(music / deep / "x.mp3")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, descriptors())) + 8, hard))
    try:
        assert paths(scanned(music)) == [f"{deep}/x.mp3".encode()]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_file_that_is_replaced_after_the_scan_is_not_opened(music: Path, tmp_path: Path) -> None:
    put(tmp_path / "secret.mp3")
    put(music / "x.mp3")
    library = scanned(music)
    song = library.songs[0]
    (music / "x.mp3").unlink()
    os.mkfifo(music / "x.mp3")
    with pytest.raises(SongUnavailable, match="not a regular file"):
        library.open(song)
    (music / "x.mp3").unlink()
    (music / "x.mp3").symlink_to(tmp_path / "secret.mp3")
    with pytest.raises(SongUnavailable, match="leads out"):
        library.open(song)
    assert library.scan().unusable[0][0] == "x.mp3"
    assert library.songs == ()
    assert library.get(1) == song


def test_a_directory_that_is_replaced_by_a_link_is_not_followed(
    music: Path, tmp_path: Path
) -> None:
    put(tmp_path / "outside" / "x.mp3", b"secret")
    put(music / "a" / "x.mp3")
    library = scanned(music)
    (music / "a").rename(music / "b")
    (music / "a").symlink_to(tmp_path / "outside")
    with pytest.raises(SongUnavailable, match="leads out"):
        library.open(library.songs[0])


def test_a_song_with_a_path_outside_is_not_opened(music: Path, tmp_path: Path) -> None:
    put(tmp_path / "secret.mp3")
    with pytest.raises(SongUnavailable, match="leads out"):
        Library(music).open(Song(1, "", b"../secret.mp3"))


def test_if_the_music_directory_is_gone_the_songs_keep_their_ids(
    music: Path, tmp_path: Path
) -> None:
    put(music / "x.mp3")
    library = scanned(music)
    music.rename(tmp_path / "elsewhere")
    with pytest.raises(MusicDirError, match="does not exist"):
        library.scan()
    with pytest.raises(SongUnavailable, match="music directory"):
        library.open(library.songs[0])
    (tmp_path / "elsewhere").rename(music)
    assert library.scan().added == 0
    assert content_of(library, 1) == FRAME


def test_a_missing_music_directory_raises_at_once(tmp_path: Path) -> None:
    with pytest.raises(MusicDirError, match="does not exist"):
        Library(tmp_path / "missing")


def test_a_relative_music_directory_does_not_follow_the_working_directory(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(music / "x.mp3")
    monkeypatch.chdir(tmp_path)
    library = Library("music")
    monkeypatch.chdir("/")
    assert library.scan().added == 1


def test_a_second_scan_waits_for_the_first(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(music / "x.mp3")
    library, second_began, overlapped = Library(music), threading.Event(), list[bool]()
    second = threading.Thread(target=library.scan)

    def walk(root: Root, seen: Callable[[int], None]) -> Walked:
        if threading.current_thread() is second:
            second_began.set()
        else:
            second.start()
            overlapped.append(second_began.wait(0.2))
        return songs.folder.walk.walk(root, seen)

    monkeypatch.setattr("songs.folder.folder.walk", walk)
    library.scan()
    second.join()
    assert overlapped == [False]
    assert second_began.is_set()
    assert paths(library) == [b"x.mp3"]


def test_readers_see_consistent_songs_during_scans(music: Path) -> None:
    for n in range(30):
        put(music / f"{n}.mp3")
    library, wrong, done = scanned(music), list[object](), threading.Event()

    def read() -> None:
        while not done.is_set():
            snapshot = library.songs
            if len({song.song_id for song in snapshot}) != len(snapshot):
                wrong.append(snapshot)
            for song in snapshot:
                found = library.get(song.song_id)
                if found is None or found.path != song.path:
                    wrong.append(song)
            library.open(snapshot[0]).close()

    def scan() -> None:
        for _ in range(10):
            library.scan()

    reader = threading.Thread(target=read)
    scanners = [threading.Thread(target=scan) for _ in range(3)]
    reader.start()
    for n in range(30, 60):
        put(music / f"{n}.mp3")
        if n == 40:
            for thread in scanners:
                thread.start()
    for thread in scanners:
        thread.join()
    library.scan()
    done.set()
    reader.join()
    assert wrong == []
    assert sorted(paths(library)) == sorted(f"{n}.mp3".encode() for n in range(60))


def test_a_library_says_how_many_songs_it_has(music: Path) -> None:
    put(music / "x.mp3")
    assert repr(scanned(music)) == f"<Library <Folder {str(music)!r}> idle songs=1>"
