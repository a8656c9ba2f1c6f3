"""--follow-links: what links lead out to is served, and no circle of links is walked twice."""

import contextlib
import os
from pathlib import Path

import pytest

import songs.folder.files
from songs import Library, Options, ScanReport, Song, SongUnavailable
from tests.songs.making import FRAME, id3v2, put
from tests.songs.test_files import no_openat2


@pytest.fixture(autouse=True, params=["openat2", "without it"])
def resolution(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "openat2":
        monkeypatch.setattr(songs.folder.files, "_openat2", no_openat2)


def followed(music: Path) -> tuple[Library, ScanReport]:
    library = Library(music, options=Options(follow_links=True))
    return library, library.scan()


def paths(library: Library) -> list[bytes]:
    return [song.path for song in library.songs]


def test_links_to_folders_and_files_outside(music: Path, tmp_path: Path) -> None:
    put(tmp_path / "nas" / "Album" / "01.mp3")
    put(tmp_path / "single.mp3", b"single")
    put(music / "own.mp3")
    (music / "NAS").symlink_to(tmp_path / "nas")
    (music / "single.mp3").symlink_to("../single.mp3")
    library, report = followed(music)
    assert paths(library) == [b"own.mp3", b"single.mp3", b"NAS/Album/01.mp3"]
    assert report.followed == [
        ("NAS", str(tmp_path / "nas")),
        ("single.mp3", str(tmp_path / "single.mp3")),
    ]
    assert report.unusable == []
    for song, content in zip(library.songs, (FRAME, b"single", FRAME), strict=True):
        with contextlib.closing(library.open(song)) as file:
            assert file.read(0, file.size_bytes) == content
    assert library.scan().added == 0


def test_without_the_option_they_are_not_followed(music: Path, tmp_path: Path) -> None:
    put(tmp_path / "nas" / "01.mp3")
    (music / "NAS").symlink_to(tmp_path / "nas")
    library = Library(music)
    report = library.scan()
    assert (paths(library), report.followed) == ([], [])
    assert report.unusable == [("NAS", "it is a link that leads out of the music directory")]


def test_each_folder_is_walked_once(music: Path, tmp_path: Path) -> None:
    put(music / "a" / "own.mp3")
    put(tmp_path / "out" / "x.mp3")
    (music / "self").symlink_to(".")
    (music / "up").symlink_to("..")  # which holds the music directory
    (music / "a" / "out").symlink_to(tmp_path / "out")
    (music / "again").symlink_to(tmp_path / "out")
    (tmp_path / "out" / "back").symlink_to(music)
    (tmp_path / "out" / "circle").symlink_to("circle2")
    (tmp_path / "out" / "circle2").symlink_to("circle")
    library, report = followed(music)
    assert paths(library) == [b"a/own.mp3", b"a/out/x.mp3"]
    assert [path for path, _ in report.followed] == ["a/out", "up"]


def test_a_songs_own_place_is_better_than_a_link_to_it(music: Path, tmp_path: Path) -> None:
    put(tmp_path / "out" / "b" / "x.mp3")
    (music / "a").symlink_to(tmp_path / "out" / "b")
    (music / "z").symlink_to(tmp_path / "out")
    (tmp_path / "out" / "aa").symlink_to("b")
    library, _ = followed(music)
    # The link that is first in the list's order is followed first, with all that is below it.
    assert paths(library) == [b"a/x.mp3"]


def test_what_is_no_song_is_none_behind_a_link_either(music: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    put(tmp_path / "bin" / "x.mp3")
    put(tmp_path / "nas" / "@eaDir" / "x.mp3")
    (music / "fifo.mp3").symlink_to(tmp_path / "fifo")
    (music / "null.mp3").symlink_to("/dev/null")
    (music / "gone.mp3").symlink_to("/nowhere")
    (music / ".Trash-1000").symlink_to(tmp_path / "bin")
    (music / "nas").symlink_to(tmp_path / "nas")
    library, report = followed(music)
    assert paths(library) == []
    assert report.unusable == [
        ("fifo.mp3", "it is not a regular file"),
        ("gone.mp3", "its file has gone"),
        ("null.mp3", "it is not a regular file"),
    ]


@pytest.mark.parametrize("path", [b"../secret.mp3", b"a/../../secret.mp3", b"/etc/passwd"])
def test_only_links_lead_out_never_a_path(music: Path, tmp_path: Path, path: bytes) -> None:
    put(tmp_path / "secret.mp3")
    (music / "a").mkdir()
    library, _ = followed(music)
    with pytest.raises(SongUnavailable):
        library.open(Song(1, "", path))


def test_the_tags_behind_a_link_are_read_once(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "one.mp3", id3v2("A", "T") + FRAME)
    (music / "x.mp3").symlink_to("../one.mp3")
    library, _ = followed(music)
    monkeypatch.delattr("songs.scan.entries.tags_in")
    library.scan()
    assert [song.title for song in library.songs] == ["A - T"]


def test_a_link_whose_target_changes_is_read_again(music: Path, tmp_path: Path) -> None:
    put(tmp_path / "one.mp3", b"one")
    (music / "x.mp3").symlink_to("../one.mp3")
    library, _ = followed(music)
    before = library.songs
    library.scan()
    assert library.songs is before
    put(tmp_path / "one.mp3", id3v2("A", "T") + FRAME)
    library.scan()
    assert [song.title for song in library.songs] == ["A - T"]
    (tmp_path / "one.mp3").unlink()
    library.scan()
    assert library.songs == ()
