"""What the list says of a song's duration counts where the song itself does not say it yet."""

import pytest

from cli.playing.snapshot import _duration_s, _Tracks
from fsm.client.events import ListedSong
from fsm.client.link.session import LinkSession


def link_with(*durations):
    link = LinkSession()
    link.songs = tuple(ListedSong(n, f"song {n}") for n in range(1, len(durations) + 1))
    link.fields = tuple(() if du is None else (("ar", "x"), ("du", du)) for du in durations)
    return link


def lasts(tracks, song_id, link):
    return _duration_s(tracks.of(song_id, link))


def test_a_song_lasts_as_long_as_the_list_says():
    link, tracks = link_with("245.5", None, "12"), _Tracks()
    assert [lasts(tracks, n, link) for n in (1, 2, 3, 9, None)] == [245.5, None, 12.0, None, None]
    assert tracks.of(1, link).artist == "x"
    link.fields = link_with("1", "2", "3").fields
    assert lasts(tracks, 1, link) == 1.0, "another list has come"


@pytest.mark.parametrize(
    "said", ["", "0", "-3", "nan", "inf", "1e99", "9999999", "four minutes", "1_0x"]
)
def test_what_is_no_duration_is_none(said):
    assert lasts(_Tracks(), 1, link_with(said)) is None


def test_without_fields_nothing_is_known():
    link = link_with("3")
    link.fields = ()
    assert _Tracks().of(1, link) is None
