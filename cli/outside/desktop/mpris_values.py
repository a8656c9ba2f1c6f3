"""What a status is in the words of MPRIS 2.2. It knows no D-Bus: plain values only."""

from __future__ import annotations

import math
from typing import Any

from cli.words.moment import Activity, Status
from cli.words.safe_text import safe

NO_TRACK = "/org/mpris/MediaPlayer2/TrackList/NoTrack"
MICROSECONDS = 1_000_000
MAX_SECONDS = 359_999
"""More than any song has; a larger number of seconds is no place."""

_LOOPS = {"off": "None", "one": "Track", "all": "Playlist"}
_REPEATS = {loop: repeat for repeat, loop in _LOOPS.items()}


def playback_status(status: Status) -> str:
    """Return Playing, Paused or Stopped; what is on its way to be heard is playing."""
    match status.activity:
        case Activity.STOPPED:
            return "Stopped"
        case Activity.PAUSED:
            return "Paused"
    return "Playing"


def has_track(status: Status) -> bool:
    """Tell whether there is a song that could be paused or sought in."""
    return status.activity is not Activity.STOPPED and status.song_id is not None


def track_id(status: Status) -> str:
    """Return the D-Bus path that stands for the present song."""
    return f"/org/alfine/song/{status.song_id}" if has_track(status) else NO_TRACK


def metadata(status: Status, art_url: str = "") -> dict[str, tuple[str, Any]]:
    """Return each member with its D-Bus signature. art_url: of the picture, "" for none."""
    members: dict[str, tuple[str, Any]] = {"mpris:trackid": ("o", track_id(status))}
    if not has_track(status):
        return members
    artist, title = artist_and_title(status)
    members["xesam:title"] = ("s", title)
    if artist:
        members["xesam:artist"] = ("as", [artist])
    members |= _tags(status)
    if status.duration_s is not None:
        members["mpris:length"] = ("x", microseconds(status.duration_s))
    if art_url:
        members["mpris:artUrl"] = ("s", art_url)
    return members


def _tags(status: Status) -> dict[str, tuple[str, Any]]:
    """Return what the server says of the song besides artist and title."""
    track = status.track
    if track is None:
        return {}
    members: dict[str, tuple[str, Any]] = {
        "xesam:album": ("s", safe(track.album)),
        "xesam:albumArtist": ("as", [safe(track.album_artist)] if track.album_artist else []),
        "xesam:trackNumber": ("i", track.track),
        "xesam:genre": ("as", [safe(track.genre)] if track.genre else []),
    }
    return {name: (kind, value) for name, (kind, value) in members.items() if value}


def artist_and_title(status: Status) -> tuple[str, str]:
    """Return what the server says they are. Where it says nothing, part the title of the list,
    which mostly is `ARTIST - TITLE`; a number in front is a track's.
    """
    if status.track is not None:
        return safe(status.track.artist), safe(status.track.name)
    whole = safe(status.title or f"song {status.song_id}")
    artist, dash, title = whole.partition(" - ")
    parted = dash and artist and title and not artist.strip().isdigit()
    return (artist, title) if parted else ("", whole)


def loop_status(status: Status) -> str:
    """Return None, Track or Playlist."""
    return _LOOPS[status.repeat]


def can_go_next(status: Status) -> bool:
    """Tell whether a song is to come."""
    return bool(status.queue) or status.repeat != "off"


def can_play(status: Status) -> bool:
    """Tell whether there is a song to play, or to go on with."""
    return has_track(status) or bool(status.queue) or status.played


def microseconds(seconds: float) -> int:
    """Return the time as MPRIS counts it."""
    return round(seconds * MICROSECONDS)


# The other way: what is set or called, as a line that a person might have typed.


def volume_line(volume: float) -> str:
    """Return the command for a volume, 1.0 being 100 %; beyond the ends it is the end."""
    percent = 0.0 if math.isnan(volume) else 100 * max(0.0, min(1.0, volume))
    return f"volume {round(percent)}"


def repeat_line(loop: str) -> str:
    """Return the command for a LoopStatus; "" for what is none."""
    return f"repeat {_REPEATS[loop]}" if loop in _REPEATS else ""


def seek_line(status: Status, offset: int) -> str:
    """Return the command that goes on by so many microseconds; behind the end it is `next`."""
    seconds = max(-MAX_SECONDS, min(MAX_SECONDS, offset / MICROSECONDS))
    end_s = status.duration_s
    if end_s is not None and status.position_s + round(seconds, 3) >= end_s:
        return "next"
    return f"seek {seconds:+.3f}"


def position_line(status: Status, track: str, position: int) -> str:
    """Return the command for a place in this track; "" where it is not played, or ends before."""
    end_s = MAX_SECONDS if status.duration_s is None else status.duration_s
    inside = 0 <= position <= end_s * MICROSECONDS
    if not has_track(status) or track != track_id(status) or not inside:
        return ""
    return f"seek {position / MICROSECONDS:.3f}"
