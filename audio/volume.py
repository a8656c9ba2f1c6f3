"""Scales PCM by volume and gain together. A change is a ramp, because a jump would be a click."""

from __future__ import annotations

import array
import sys
from collections.abc import Callable
from functools import lru_cache
from math import log10

from audio.loudness import UNKNOWN, AppliedGain, GainMode, Loudness, factor
from audio.output import PCM_FRAME_BYTES

UNITY = 1 << 16
_LOWEST, _HIGHEST = -0x8000, 0x7FFF


def volume_of(percent: int) -> float:
    """The factor for a volume of 0 to 100.

    It is proportional to the square, so that 50 % sounds about half as loud (-12 dB).
    """
    return min(100, max(0, percent)) ** 2 / 10_000


class Volume:
    """Scales PCM. What sets something may be called from any thread, the rest from one."""

    def __init__(self) -> None:
        self._set = (100, GainMode.OFF)
        self._made_of: tuple[tuple[int, GainMode], Loudness] | None = None
        """What `_factor` was made of; None: nothing is heard that a jump would disturb."""
        self._factor = UNITY
        self.applied = AppliedGain()
        """The gain of the block that was scaled last."""

    def __repr__(self) -> str:
        return f"<Volume factor={self._factor} set={self._set}>"

    @property
    def mode(self) -> GainMode:
        """Which gain is applied."""
        return self._set[1]

    def set_percent(self, percent: int) -> None:
        """Set the volume, 0 to 100, that the next block reaches."""
        self._set = (percent, self._set[1])

    def set_mode(self, mode: GainMode) -> None:
        """Set which gain the next block reaches."""
        self._set = (self._set[0], mode)

    def begin(self) -> None:
        """Let the next block begin as loud as it is to be: nothing is heard before it."""
        self._made_of = None

    def apply(self, pcm: bytes, loudness: Loudness = UNKNOWN) -> bytes:
        """Return PCM (s16le stereo, whole frames of one song) scaled.

        A new volume is reached at its end, the loudness of another song at its first sample.
        Cost for 26 ms: nothing at 100 %; else 12 us, 25 us if it is made louder, and 200 us if
        the volume changes.
        """
        made_of = (self._set, loudness)
        if made_of != self._made_of:
            return self._change(pcm, made_of)
        return pcm if self._factor == UNITY else scaler(len(pcm), self._factor)(pcm)

    def _change(self, pcm: bytes, made_of: tuple[tuple[int, GainMode], Loudness]) -> bytes:
        now, loudness = made_of
        before = self._made_of[0] if self._made_of is not None else now
        begin, self._factor = _factor(before, loudness), _factor(now, loudness)
        self._made_of = made_of
        self.applied = AppliedGain(now[1], _gain_db(now, loudness))
        if begin != self._factor:
            return _ramp(pcm, begin, self._factor)
        return self.apply(pcm, loudness)


def _factor(settings: tuple[int, GainMode], loudness: Loudness) -> int:
    """The factor in 1/65536: an even number, as `scaler` needs."""
    percent, mode = settings
    return round(factor(volume_of(percent), loudness.gain(mode)) * UNITY / 2) * 2


def _gain_db(settings: tuple[int, GainMode], loudness: Loudness) -> float | None:
    """By how much the volume is changed, in dB: less than the tag says where it would clip."""
    percent, mode = settings
    gain, volume = loudness.gain(mode), volume_of(percent)
    if gain is None:
        return None
    return 20 * log10(factor(volume, gain) / volume) if volume else gain.db


def _ramp(pcm: bytes, begin: int, end: int) -> bytes:
    samples = array.array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    frames = len(pcm) // PCM_FRAME_BYTES
    for i in range(frames):
        now = begin + (end - begin) * (i + 1) // frames
        for at in (2 * i, 2 * i + 1):
            samples[at] = max(_LOWEST, min(_HIGHEST, samples[at] * now >> 16))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


@lru_cache(maxsize=16)
def scaler(size: int, gain: int) -> Callable[[bytes], bytes]:
    """Return a function that multiplies `size` bytes of PCM by gain / 65536, rounded down.

    gain: an even number; what would be too loud for a sample becomes the loudest.

    One multiplication of a long integer scales all samples of a channel: each sample is in a lane
    of 32 bits, which holds the product. An offset of 0x8000 makes signed samples unsigned. A loop
    over the samples takes eleven times as long.
    """
    return _quieter(size, gain) if gain <= UNITY else _louder(size, gain)


def _quieter(size: int, gain: int) -> Callable[[bytes], bytes]:
    pairs = size // PCM_FRAME_BYTES
    lanes = _repeat(0xFFFF, pairs)
    upper = lanes << 16
    offset = int.from_bytes(b"\0\x80" * (2 * pairs), "little")
    # The multiplication scales the offset too; this is added to make it 0x8000 again.
    missing = (0x8000 - (gain >> 1)).to_bytes(2, "little")
    correction = int.from_bytes(missing * (2 * pairs), "little")

    def scale(pcm: bytes) -> bytes:
        number = int.from_bytes(pcm, "little") ^ offset
        lefts = (number & lanes) * gain >> 16 & lanes
        rights = (number >> 16 & lanes) * gain & upper
        return ((lefts | rights) + correction ^ offset).to_bytes(size, "little")

    return scale


def _louder(size: int, gain: int) -> Callable[[bytes], bytes]:
    pairs = size // PCM_FRAME_BYTES
    ones, lanes = _repeat(1, pairs), _repeat(0xFFFF, pairs)
    offset = int.from_bytes(b"\0\x80" * (2 * pairs), "little")
    # From the lowest to the highest the product fits into 16 bits; both are offset.
    lowest = 0x8000 - (0x8000 << 16) // gain
    highest = 0x8000 + ((0x8000 << 16) - 1) // gain
    # Their sum with a sample reaches bit 16 where that is high enough.
    to_lowest, above_highest = ones * (0x10000 - lowest), ones * (0xFFFF - highest)
    whole, fraction = divmod((lowest - 0x8000) * gain, 0x10000)
    lowest_lanes = ones * lowest
    begin = ones * ((0x8000 + whole << 16) + fraction)

    def channel(number: int) -> int:
        over = (number + above_highest >> 16 & ones) * 0xFFFF
        inside = (number + to_lowest >> 16 & ones) * 0xFFFF ^ over
        product = ((number & inside) - (lowest_lanes & inside)) * gain + begin
        return product >> 16 & inside | over

    def scale(pcm: bytes) -> bytes:
        number = int.from_bytes(pcm, "little") ^ offset
        lefts, rights = channel(number & lanes), channel(number >> 16 & lanes)
        return ((lefts | rights << 16) ^ offset).to_bytes(size, "little")

    return scale


def _repeat(value: int, lanes: int) -> int:
    """That value in each lane of 32 bits."""
    return int.from_bytes(value.to_bytes(4, "little") * lanes, "little")
