"""What the player tells its owner: past facts, each with the tag of the song that it is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RanDry:
    """The song goes on, but has not come yet. The player is silent until `Player.refilled`.

    seeks: how many seeks have been obeyed; one that has been asked for since makes it stale.
    """

    tag: int
    seeks: int = 0


@dataclass(frozen=True, slots=True)
class PlaceNotHere:
    """The place that is sought has not come yet. The player is silent until `Player.refilled`.

    needed_bytes: about how much of the song it takes. seeks: as in RanDry.
    """

    tag: int
    needed_bytes: int
    seeks: int


@dataclass(frozen=True, slots=True)
class PlayedOut:
    """All of the song that there is has been heard. samples: of each channel."""

    tag: int
    samples: int


@dataclass(frozen=True, slots=True)
class Undecodable:
    """The song is over because it cannot be decoded. reason: in plain words."""

    tag: int
    reason: str


@dataclass(frozen=True, slots=True)
class OutputFailed:
    """The song is over because there is nowhere to play it. reason: in plain words."""

    tag: int
    reason: str


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """The device has gone: the player has paused, and `Player.resume` takes the default one."""

    tag: int
    reason: str


Report = RanDry | PlaceNotHere | PlayedOut | Undecodable | OutputFailed | DeviceLost
