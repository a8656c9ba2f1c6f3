"""What a status is in MPRIS's words, and what a call is as a line at the prompt."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.browsing.library import Track
from cli.outside.desktop import mpris_values as values
from cli.words.commands.parser import Context, parse
from cli.words.moment import Activity, Status
from fsm.client.requests import Measure, SeekRequested, VolumeRequested

PLAYING = Status(Activity.PLAYING, 3, "grapes - I dunno", position_s=10.0, duration_s=245.0)


def request(line):
    """Return what a line asks for, as a typed one would."""
    return parse(line).request(Context(status=PLAYING))


@pytest.mark.parametrize(
    ("activity", "shown"),
    [
        (Activity.STOPPED, "Stopped"),
        (Activity.PAUSED, "Paused"),
        (Activity.REQUESTED, "Playing"),
        (Activity.BUFFERING, "Playing"),
        (Activity.STARVED, "Playing"),
        (Activity.PLAYING, "Playing"),
    ],
)
def test_the_playback_status(activity, shown):
    assert values.playback_status(replace(PLAYING, activity=activity)) == shown


def test_the_metadata():
    assert values.metadata(PLAYING, "file:///a.png") == {
        "mpris:trackid": ("o", "/org/alfine/song/3"),
        "mpris:length": ("x", 245_000_000),
        "mpris:artUrl": ("s", "file:///a.png"),
        "xesam:title": ("s", "I dunno"),
        "xesam:artist": ("as", ["grapes"]),
    }
    assert values.metadata(Status()) == {"mpris:trackid": ("o", values.NO_TRACK)}
    assert values.metadata(replace(PLAYING, duration_s=None, title=None)) == {
        "mpris:trackid": ("o", "/org/alfine/song/3"),
        "xesam:title": ("s", "song 3"),
    }


def test_the_metadata_has_what_the_server_says_of_the_song():
    track = Track(
        3, "07 - Track Seven", "Seven\x1b", "Ar", "AA", "Al", "Rock", "folder", 1999, 7, 1, 245.0
    )
    members = values.metadata(replace(PLAYING, title=track.title, track=track))
    assert {name: value for name, value in members.items() if name.startswith("xesam:")} == {
        "xesam:title": ("s", "Seven"),
        "xesam:artist": ("as", ["Ar"]),
        "xesam:album": ("s", "Al"),
        "xesam:albumArtist": ("as", ["AA"]),
        "xesam:trackNumber": ("i", 7),
        "xesam:genre": ("as", ["Rock"]),
    }
    untagged = Track(3, "a - b", "a - b")
    members = values.metadata(replace(PLAYING, title="a - b", track=untagged))
    assert {name: value for name, value in members.items() if name.startswith("xesam:")} == {
        "xesam:title": ("s", "a - b")
    }


@pytest.mark.parametrize(
    ("title", "parted"),
    [
        ("07 - Track Seven", ("", "07 - Track Seven")),
        ("a - b - c", ("a", "b - c")),
        ("a-b", ("", "a-b")),
        (" - b", ("", "- b")),
        ("\x1b[2J\0\udcff - b\u202e", ("[2J", "b")),
    ],
)
def test_artist_and_title(title, parted):
    assert values.artist_and_title(replace(PLAYING, title=title)) == parted


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_volume_is_a_volume(volume):
    percent = request(values.volume_line(volume)).percent
    assert 0 <= percent <= 100
    if 0 <= volume <= 1:
        assert math.isclose(percent, 100 * volume, abs_tol=0.5)


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_offset_is_a_seek(offset):
    line = values.seek_line(PLAYING, offset)
    if PLAYING.position_s + offset / values.MICROSECONDS >= PLAYING.duration_s + 0.001:
        assert line == "next", "MPRIS says so of what is behind the end"
    if line == "next":
        assert PLAYING.position_s + offset / values.MICROSECONDS >= PLAYING.duration_s - 0.001
        return
    asked = request(line)
    assert asked.measure is Measure.FROM_HERE
    if abs(offset) < values.MAX_SECONDS * values.MICROSECONDS:
        assert abs(asked.amount * values.MICROSECONDS - offset) <= 500


def test_a_position_is_a_seek_in_the_track_that_is_played():
    line = values.position_line(PLAYING, "/org/alfine/song/3", 83_200_000)
    assert request(line) == SeekRequested(83.2)
    for track, position in [
        ("/org/alfine/song/4", 1),
        (values.NO_TRACK, 1),
        ("/org/alfine/song/3", -1),
        ("/org/alfine/song/3", 245_000_001),
        ("/org/alfine/song/3", 2**63 - 1),
    ]:
        assert values.position_line(PLAYING, track, position) == ""
    assert values.position_line(Status(), values.NO_TRACK, 0) == ""


def test_loops():
    for loop in ("None", "Track", "Playlist"):
        repeat = request(values.repeat_line(loop)).repeat.value
        assert values.loop_status(replace(PLAYING, repeat=repeat)) == loop
    assert values.repeat_line("Album") == ""


def test_what_follows():
    assert not values.can_go_next(PLAYING)
    assert values.can_go_next(replace(PLAYING, queue=(1,)))
    assert values.can_go_next(replace(PLAYING, repeat="all"))
    assert request(values.volume_line(0.3)) == VolumeRequested(30)
