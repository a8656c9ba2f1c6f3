"""What a person sees of the client at one moment: values only, without behaviour.

`cli.playing.snapshot` takes them from the machines and the player; the status line, the `status`
command and the status file are made from them.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from cli.browsing.library import Track
from fsm.frozen import dataclass


class Activity(Enum):
    """What the client is doing. The value is the word for it on the screen and in JSON."""

    STOPPED = "stopped"
    REQUESTED = "asking"
    """The song has been requested, and no audio of it has arrived."""
    BUFFERING = "buffering"
    PLAYING = "playing"
    PAUSED = "paused"
    STARVED = "starved"
    """The buffer ran dry: the player is silent until enough audio has arrived."""


class SongName(NamedTuple):
    """A song as it is told: its ID, and its title as the server sent it, None if not known."""

    song_id: int
    title: str | None


def name(song: SongName | None) -> str:
    """Return `3. grapes - I dunno`, or `song 3`; the code that prints it calls `safe`."""
    if song is None:
        return "the song"
    return f"{song.song_id}. {song.title}" if song.title else f"song {song.song_id}"


@dataclass(frozen=True, slots=True)
class Status:
    """The client at one moment. None: not known, or not there at this moment."""

    activity: Activity = Activity.STOPPED
    song_id: int | None = None
    title: str | None = None
    """As the server sent it; the code that prints it calls `safe`."""
    position_s: float = 0.0
    duration_s: float | None = None
    bitrate_kbps: int | None = None
    variable_bitrate: bool = False
    volume: int = 100
    gain: str = "off"
    """off, track or album (fsm.client.requests.Gain)."""
    gain_db: float | None = None
    """By how much the song is made louder; None: its tags name no gain, or none is wanted."""
    gain_applied: bool = False
    """Whether the song is heard with `gain` by now: it takes up to a tenth of a second."""
    received_bytes: int = 0
    received: float | None = None
    """The part of the song that has arrived, 0.0 to 1.0."""
    buffered_msgs: int = 0
    """Audio messages that have arrived, of `needed_msgs` that are needed to play (RFC 2.5.2)."""
    needed_msgs: int = 0
    starts_in_s: float | None = None
    """While buffering or starved: the time until playing begins, at the present arrival rate."""
    online: bool = True
    """Whether there is a connection to the server."""
    retry_in_s: float | None = None
    """The time until the next attempt to connect."""
    attempt: int = 0
    """The number of attempts to connect since the connection was lost."""
    queue: tuple[int, ...] = ()
    """The IDs of the queued songs, in order."""
    played: bool = False
    """A song was played before: `prev` has one to go back to."""
    repeat: str = "off"
    """off, one or all (fsm.client.requests.Repeat)."""
    sleep_in_s: float | None = None
    """The time until it pauses by itself."""
    sleeps_after_song: bool = False
    """Nothing is played behind the present song."""
    device: str = ""
    """The name of the sound device; "" where there is none."""
    track: Track | None = None
    """What the server says of the song besides; None where it says nothing of any song."""


class Outcome(NamedTuple):
    """What a command has done.

    queued: songs that it has put behind what was queued. refused: it could do nothing, and that has
    been told.
    """

    queued: int = 0
    refused: bool = False


DONE = Outcome()
