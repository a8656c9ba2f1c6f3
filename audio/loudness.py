"""How loud a song is by its tags (ReplayGain), and the factor that follows for its samples.

It is given the numbers; where they stand in a song is not its business.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import isfinite

MAX_DB = 64.0
"""What RVA2 can say. A tag that says more is nonsense, and is taken for none."""
MAX_PEAK = 64.0


class GainMode(Enum):
    """Which gain is applied; where a song has only the other one, that one."""

    OFF = "off"
    TRACK = "track"
    ALBUM = "album"


@dataclass(frozen=True, slots=True)
class Gain:
    """A gain in dB. peak: of what it is for, 1.0 is full scale; None: not known."""

    db: float
    peak: float | None = None


@dataclass(frozen=True, slots=True)
class Loudness:
    """A song's gains. None: its tags do not say."""

    track: Gain | None = None
    album: Gain | None = None

    def gain(self, mode: GainMode) -> Gain | None:
        """The gain to apply; None is none."""
        if mode is GainMode.OFF:
            return None
        wanted, other = self.track, self.album
        if mode is GainMode.ALBUM:
            wanted, other = other, wanted
        return wanted or other


UNKNOWN = Loudness()


@dataclass(frozen=True, slots=True)
class AppliedGain:
    """The gain that is heard. db: None if the song's tags name none, or none is wanted."""

    mode: GainMode = GainMode.OFF
    db: float | None = None


def believable(db: float | None, peak: float | None) -> Gain | None:
    """The gain that a tag says, unless it is nonsense; the peak is left out if that is."""
    if db is None or not isfinite(db) or abs(db) > MAX_DB:
        return None
    known = peak is not None and isfinite(peak) and 0 < peak <= MAX_PEAK
    return Gain(db, peak if known else None)


def factor(volume: float, gain: Gain | None) -> float:
    """What the samples are multiplied by. volume: a factor, 0.0 to 1.0.

    Volume and gain together raise no sample above full scale: where the peak is not known, it is
    taken for full scale.
    """
    if gain is None:
        return volume
    return min(volume * 10 ** (gain.db / 20), 1 / (gain.peak or 1.0))
