"""The reports of the player to its owner: past facts, each with the tag of its song."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RanDry:
    """The next bytes of the song have not arrived. The player waits for `Player.refilled`.

    It is reported where the output is `real_time`; with another one, the player goes on by itself.
    seeks: the number of seeks performed before. A later seek makes the report stale.
    """

    tag: int
    seeks: int = 0


@dataclass(frozen=True, slots=True)
class PlaceNotHere:
    """The place that a seek names has not arrived. The player waits for `Player.refilled`.

    needed_bytes: about how many bytes of the song reach to that place. from_bytes: the byte to ask
    from, in order to begin there. seeks: as in RanDry.
    """

    tag: int
    needed_bytes: int
    from_bytes: int
    seeks: int


@dataclass(frozen=True, slots=True)
class PlayedOut:
    """The song has been heard to its end, or as much of it as was received.

    samples: the number of samples written, per channel.
    """

    tag: int
    samples: int


@dataclass(frozen=True, slots=True)
class FramesRefused:
    """Some frames of the song could not be decoded and were silent; PlayedOut follows.

    frames: how many, more than a few. seconds: how long they are.
    """

    tag: int
    frames: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Undecodable:
    """The song has ended because it cannot be decoded. reason: for people."""

    tag: int
    reason: str


@dataclass(frozen=True, slots=True)
class OutputFailed:
    """The song has ended because the output has failed. reason: for people."""

    tag: int
    reason: str


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """The device has gone and the player has paused; `Player.resume` uses the default device."""

    tag: int
    reason: str


Report = RanDry | PlaceNotHere | FramesRefused | PlayedOut | Undecodable | OutputFailed | DeviceLost
