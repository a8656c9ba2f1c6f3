"""What a person asks of the song that plays, and of what is to come after it.

They are events like those of `fsm.events`: a chance or a moment that they need comes with them.
"""

from __future__ import annotations

from enum import Enum

from fsm.client.events import Event
from fsm.client.queue.edits import Edit
from fsm.frozen import dataclass


class Measure(Enum):
    """What the amount of a seek is counted in."""

    FROM_START = "seconds from the start of the song"
    FROM_HERE = "seconds from what is being heard, backwards if negative"
    FRACTION = "a part of the whole song, 0.0 to 1.0"


class Repeat(Enum):
    """What comes when the queue is empty."""

    OFF = "off"
    ONE = "one"
    """The same song, again and again."""
    ALL = "all"
    """All that has been played since the queue was last cleared, from the first."""


class Gain(Enum):
    """Which gain of a song's tags is applied; where a song has only the other one, that one."""

    OFF = "off"
    TRACK = "track"
    """Every song is as loud as every other."""
    ALBUM = "album"
    """Every album is as loud as every other; its songs differ as they do on it."""


@dataclass(frozen=True, slots=True)
class PauseRequested(Event):
    """Be silent and keep the place; the song still arrives."""


@dataclass(frozen=True, slots=True)
class ResumeRequested(Event):
    """Go on after a pause; on the default device where the chosen one has gone."""


@dataclass(frozen=True, slots=True)
class ToggleRequested(Event):
    """Pause, or go on after a pause."""


@dataclass(frozen=True, slots=True)
class SeekRequested(Event):
    """Go on at another place: `seek 1:30` is 90.0, `seek -10` -10.0 FROM_HERE, `seek 50%` 0.5."""

    amount: float
    measure: Measure = Measure.FROM_START


@dataclass(frozen=True, slots=True)
class VolumeRequested(Event):
    """How loud, from 0 to 100."""

    percent: int


@dataclass(frozen=True, slots=True)
class GainRequested(Event):
    """Whether songs are made equally loud, and by which gain of their tags."""

    gain: Gain


@dataclass(frozen=True, slots=True)
class NextRequested(Event):
    """Play the song that comes next now."""


@dataclass(frozen=True, slots=True)
class PrevRequested(Event):
    """Play the song that was played before this one; the first song from its start."""


@dataclass(frozen=True, slots=True)
class EditRequested(Event):
    """Change what is queued; the song that plays plays on."""

    edit: Edit


@dataclass(frozen=True, slots=True)
class UndoRequested(Event):
    """Take the last change of what is queued back; said again, the one before it."""


@dataclass(frozen=True, slots=True)
class RepeatRequested(Event):
    """What is to come when the queue is empty."""

    repeat: Repeat


@dataclass(frozen=True, slots=True)
class SleepRequested(Event):
    """Pause in so many seconds; a time that was asked for before no longer counts."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class SleepAfterSongRequested(Event):
    """Play nothing behind the present song; what is queued stays queued."""


@dataclass(frozen=True, slots=True)
class StayAwakeRequested(Event):
    """Neither pause nor stop by itself any more."""
