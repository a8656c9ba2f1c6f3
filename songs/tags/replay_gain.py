"""Finds what a song's ID3v2 tag says of its loudness: ReplayGain's texts, and RVA2.

An APEv2 tag is not read: it stands at a song's end, which has not arrived when the song begins.
"""

import re
from typing import Final, NamedTuple

from songs.tags.id3v2 import UNREADABLE, RawFrame, raw_frames
from songs.tags.source import TagSource, TagsUnreadable
from songs.tags.text import LATIN_1, decode_id3

_NAMES: Final = frozenset((b"TXXX", b"TXX", b"RVA2", b"XRVA"))
_MAX_FRAME_BYTES: Final = 4096
_PREFIX: Final = "replaygain_"
_NUMBER: Final = re.compile(
    r"\s*([+-]?\d{1,9}(?:[.,]\d{0,20})?)\s*(?:db)?\s*", re.ASCII | re.IGNORECASE
)
_ALBUM_NAMES: Final = ("album", "audiophile", "user")
_MASTER_VOLUME: Final = 1


class ReplayGain(NamedTuple):
    """Gains in dB, and peaks, of which 1.0 is full scale. None: the tag does not say."""

    track_gain: float | None = None
    track_peak: float | None = None
    album_gain: float | None = None
    album_peak: float | None = None


def replay_gain_in(source: TagSource) -> ReplayGain:
    """Return what the tag at the begin says; texts go before RVA2. No content makes it raise.

    The numbers are as they stand there: nobody says that they make sense.
    """
    texts: dict[str, float] = {}
    adjusted: dict[str, float] = {}
    try:
        for frame in raw_frames(source, _NAMES, _MAX_FRAME_BYTES):
            if frame.flags & UNREADABLE[frame.version]:
                continue
            read, found = (_text, texts) if frame.name.startswith(b"TX") else (_rva2, adjusted)
            for name, number in read(frame).items():
                found.setdefault(name, number)
    except TagsUnreadable:
        pass  # what was found so far is good
    for side in ("track", "album"):
        if f"{side}_gain" not in texts:
            texts |= {name: adjusted[name] for name in adjusted if name.startswith(side)}
    return ReplayGain(**texts)


def _text(frame: RawFrame) -> dict[str, float]:
    """Return a number by its name, if the frame holds one (ID3v2.4 4.2.6)."""
    name, _, value = decode_id3(frame.data, LATIN_1, cut=False).partition(", ")
    name = name.strip().lower().removeprefix(_PREFIX)
    number = _NUMBER.fullmatch(value)
    if name not in ReplayGain._fields or number is None:
        return {}
    return {name: float(number[1].replace(",", "."))}


def _rva2(frame: RawFrame) -> dict[str, float]:
    """Return the gain and the peak of the master volume (ID3v2.4 4.11)."""
    name, _, rest = frame.data.partition(b"\0")
    side = "album" if name.decode(LATIN_1).lower().startswith(_ALBUM_NAMES) else "track"
    while len(rest) >= 4:
        peak_bits = rest[3]
        end = 4 + (peak_bits + 7) // 8
        if rest[0] == _MASTER_VOLUME:
            found = {f"{side}_gain": int.from_bytes(rest[1:3], signed=True) / 512}
            if peak_bits and len(rest) >= end:
                peak = int.from_bytes(rest[4:end]) / (1 << peak_bits - 1)
                found[f"{side}_peak"] = peak
            return found
        rest = rest[end:]
    return {}
