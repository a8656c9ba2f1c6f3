"""What is going on at one moment, as a person sees it: the one thing that the live line is made of.

The program takes it from the machines and the player; nothing here can be changed or asked further.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Activity(Enum):
    """What the client is doing. The value is the word for it, on the screen and in JSON."""

    STOPPED = "stopped"
    REQUESTED = "asking"
    """The song is asked for, and none of it is here."""
    BUFFERING = "buffering"
    PLAYING = "playing"
    PAUSED = "paused"
    STARVED = "starved"
    """The buffer ran dry: silent until there is enough again."""


@dataclass(frozen=True, slots=True)
class Status:
    """One moment. None: not known (yet), or there is no such thing now."""

    activity: Activity = Activity.STOPPED
    song_id: int | None = None
    title: str | None = None
    """As the server sent it: whoever prints it makes it safe."""
    position_s: float = 0.0
    duration_s: float | None = None
    bitrate_kbps: int | None = None
    variable_bitrate: bool = False
    volume: int = 100
    received_bytes: int = 0
    received: float | None = None
    """The part of the song that is here, 0.0 to 1.0."""
    buffered_msgs: int = 0
    """Audio messages counted since counting began, of `needed_msgs` (RFC 2.5.2)."""
    needed_msgs: int = 0
    starts_in_s: float | None = None
    """While buffering or starved: until there is enough, at the rate at which audio arrives."""
    online: bool = True
    """There is a connection to the server."""
    retry_in_s: float | None = None
    """Until the next attempt to connect."""
    attempt: int = 0
    """How many attempts to connect have been made since the connection was lost."""
    queue: tuple[int, ...] = ()
    """IDs of the songs that come next, in order."""
    repeat: str = "off"
    """off, one or all."""
    device: str = ""
    """Where the sound goes, in words."""
