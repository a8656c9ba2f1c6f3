"""Playlists in a directory: names that are safe, files of other programs, files that are broken."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.memory.kept import Kept
from cli.memory.playlists import PlaylistError, Playlists, checked

SONGS = [Kept("grapes - I dunno", 3, "ab", 245.0), Kept("Lanterns", 5, "ab", 100.0)]


@pytest.fixture
def playlists(tmp_path):
    return Playlists(tmp_path / "playlists")


def test_what_is_saved_is_loaded(playlists):
    assert playlists.save("sunday", SONGS) is None
    assert [song.title for song in playlists.load("sunday")] == [song.title for song in SONGS]
    assert playlists.names() == ["sunday"]
    assert playlists.summaries() == [("sunday", 2, 345.0, "")]


def test_without_a_directory_there_are_none(playlists):
    assert playlists.names() == []
    with pytest.raises(PlaylistError, match="there is no playlist x; save NAME makes one"):
        playlists.load("x")


def test_the_one_before_is_kept_beside_it(playlists):
    playlists.save("a", SONGS)
    before = playlists.path_of("a").read_bytes()
    assert playlists.save("a.m3u8", SONGS[:1]) == 2
    assert playlists.path_of("a").with_name("a.m3u8~").read_bytes() == before
    assert playlists.names() == ["a"]


def test_a_name_may_be_typed_without_its_case_or_its_end(playlists):
    for name in ("Sunday", "Sonne", "jóga"):
        playlists.save(name, SONGS)
    assert playlists.resolve("sunday") == "Sunday"
    assert playlists.resolve("su") == "Sunday"
    assert playlists.resolve("JOGA") == "jóga"
    with pytest.raises(PlaylistError, match="s could be Sonne, Sunday"):
        playlists.resolve("s")
    with pytest.raises(PlaylistError, match="xyz; the playlists are jóga, Sonne, Sunday"):
        playlists.resolve("xyz")
    playlists.save("sun", SONGS)
    assert playlists.resolve("sun") == "sun"


def test_files_of_other_programs_are_read(playlists, tmp_path):
    folder = tmp_path / "playlists"
    folder.mkdir()
    (folder / "vlc.m3u").write_bytes(b"#EXTM3U\n#EXTINF:9,a - b\n/a/b.mp3\n")
    (folder / "Mine.M3U8").write_bytes(b"x.mp3\n")
    (folder / "notes.txt").write_bytes(b"no playlist")
    (folder / ".hidden.m3u8").write_bytes(b"x.mp3\n")
    assert playlists.names() == ["Mine", "vlc"]
    assert playlists.load("vlc") == [Kept("a - b", None, "", 9.0, "/a/b.mp3")]


def test_what_cannot_be_read_is_said_and_stops_nothing(playlists, tmp_path):
    playlists.save("good", SONGS)
    folder = tmp_path / "playlists"
    (folder / "binary.m3u8").write_bytes(b"\0\1\2")
    (folder / "directory.m3u8").mkdir()
    os.mkfifo(folder / "fifo.m3u8")
    assert [(s.name, s.fault) for s in playlists.summaries()] == [
        ("binary", "it is no text"),
        ("directory", "Is a directory"),
        ("fifo", "it is no regular file"),
        ("good", ""),
    ]
    with pytest.raises(PlaylistError, match="binary cannot be loaded: it is no text"):
        playlists.load("binary")


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", "../x", "a/b", "a\\b", ".x", "a\nb", "a\x1b[31m", "a\0b", "x" * 201],
)
def test_names_that_are_none(name, playlists, tmp_path):
    with pytest.raises(PlaylistError):
        playlists.save(name, SONGS)
    assert not (tmp_path / "playlists").exists()


@given(st.text(max_size=12))
def test_a_name_that_is_taken_is_one_file_in_the_directory(name):
    try:
        safe = checked(name)
    except PlaylistError:
        return
    assert os.path.basename(safe) == safe and safe not in ("", ".", "..")
    assert len(os.fsencode(f"{safe}.m3u8~.broken")) < 255


def test_a_directory_that_cannot_be_written_is_said(playlists, tmp_path):
    (tmp_path / "playlists").write_bytes(b"a file where the directory should be")
    with pytest.raises(PlaylistError, match="a cannot be saved"):
        playlists.save("a", SONGS)
