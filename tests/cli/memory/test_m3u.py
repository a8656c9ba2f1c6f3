"""Playlists as alfine writes them, as other programs do, and as nobody should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.memory import m3u
from cli.memory.kept import Kept, known_path
from cli.memory.m3u import NotAPlaylist, decode, encode
from tests.cli.memory.strategies import kept_songs


def test_a_song_takes_three_lines():
    song = Kept("grapes - I dunno", 3, "ab12", 245.4, "Grapes/grapes - I dunno.mp3")
    assert encode([song], "sunday").decode() == (
        "#EXTM3U\n"
        "#PLAYLIST:sunday\n"
        "#EXTINF:245,grapes - I dunno\n"
        "#ALFINE:id=3 library=ab12\n"
        "Grapes/grapes - I dunno.mp3\n"
    )


def test_what_is_not_known_is_left_out():
    assert encode([Kept("Lanterns")], "x").decode().splitlines()[2:] == [
        "#EXTINF:-1,Lanterns",
        "Lanterns.mp3",
    ]


@given(st.lists(kept_songs(), max_size=8), st.text(max_size=20))
def test_what_is_written_is_read(songs, name):
    read = decode(encode(songs, name))
    assert [song._replace(path="") for song in read] == [song._replace(path="") for song in songs]


@given(st.lists(kept_songs(), max_size=3), st.text(max_size=20))
def test_nothing_that_is_written_can_steer_a_terminal_or_leave_the_folder(songs, name):
    text = encode(songs, name).decode()
    assert "\x1b" not in text and "\r" not in text and "\x9b" not in text
    for line in text.split("\n"):
        assert not line.startswith("/")


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_path_stays_in_the_library(folder, title):
    path = known_path(folder, title)
    assert path.endswith(".mp3") and "\n" not in path
    assert not path.startswith("/") and ".." not in path.split("/")


@given(st.binary(max_size=300))
def test_no_content_makes_it_raise_anything_else(content):
    try:
        songs = decode(content)
    except NotAPlaylist:
        assert b"\0" in content
    else:
        assert all(song.title.isprintable() or "\u200d" in song.title for song in songs) or songs


LINES = """#EXTM3U
#EXTINF:
#EXTINF:1,a
#ALFINE:id=x
#ALFINE:id=99999999999
a.mp3
#
http://[
file:///a%zz
""".splitlines()


@given(st.lists(st.sampled_from(LINES)))
def test_lines_in_any_order_are_read(lines):
    read = decode("\n".join(lines).encode())
    assert len(read) == sum(not line.startswith("#") for line in lines)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # VLC
        (
            b"#EXTM3U\n#EXTINF:225,grapes - I dunno\nfile:///music/01%20I%20dunno.mp3\n",
            Kept("grapes - I dunno", None, "", 225.0, "/music/01 I dunno.mp3"),
        ),
        # Windows, with a byte order mark
        (
            b"\xef\xbb\xbf#EXTM3U\r\n#EXTINF:12, J\xc3\xb3ga \r\nC:\\Music\\joga.mp3\r\n",
            Kept("Jóga", None, "", 12.0, "C:\\Music\\joga.mp3"),
        ),
        # a bare list of files
        (b"a/b.mp3", Kept("", path="a/b.mp3")),
        # an old M3U, in Latin-1
        (b"#EXTINF:-1,J\xf3ga\nj.mp3", Kept("Jóga", path="j.mp3")),
        # attributes, as IPTV programs write them
        (b'#EXTINF:-1 tvg-id="x",Radio\nhttp://x/y', Kept("Radio", path="/y")),
        # escape codes
        (b"#EXTINF:1,\x1b[31mred\x07\nr.mp3", Kept("[31mred", None, "", 1.0, "r.mp3")),
    ],
)
def test_what_others_write_is_read(content, expected):
    assert decode(content) == [expected]


def test_what_was_said_of_one_song_is_not_said_of_the_next():
    assert decode(b"#EXTINF:9,a\n#ALFINE:id=1\na.mp3\nb.mp3")[1] == Kept("", path="b.mp3")


def test_a_line_that_begins_as_a_comment_is_still_a_path():
    song = Kept("x", path="#1 hits/x.mp3")
    assert decode(encode([song], "n")) == [song]


def test_a_playlist_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(m3u, "MAX_SONGS", 3)
    assert len(decode(b"a\n" * 3)) == 3
    with pytest.raises(NotAPlaylist, match="more than 3 songs"):
        decode(b"a\n" * 4)
