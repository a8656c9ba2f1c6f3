"""Finds the frames of an MP3, and the first one that tells of the song instead of sounding.

It is given bytes; it reads no file.
Sources: ISO 11172-3 2.4.1.3 and 13818-3 (headers), the LAME and Xing tag pages, Fraunhofer's VBRI.
"""

from functools import lru_cache
from typing import Final, NamedTuple

SEARCHED_BYTES: Final = 16 << 10
"""In so much of the begin a frame has to be found."""
VBRI_AT: Final = 36
_READ_BITS: Final = 0xFFFEFEC0  # of a header, so that more of them are equal

_VERSIONS: Final = {0: 3, 2: 2, 3: 1}  # 3 is MPEG 2.5
_RATES_HZ: Final = {1: (44100, 48000, 32000), 2: (22050, 24000, 16000), 3: (11025, 12000, 8000)}
_LAYERS: Final = {1: 3, 2: 2, 3: 1}
# kbit/s by (MPEG 1 or not, layer); index 0 is free format, 15 is forbidden.
_LOW: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_KBITS: Final = {
    (True, 1): (0, *range(32, 449, 32)),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): _LOW,
    (False, 3): _LOW,
}


class Frame(NamedTuple):
    """kind: what is the same in all frames of a stream. tag_at: where a Xing tag would begin."""

    kind: tuple[int, int, int]
    size_bytes: int
    samples: int
    rate_hz: int
    tag_at: int


def first_frame(begin: bytes) -> int:
    """Return where a frame begins that another one follows; -1 if there is none."""
    at = begin.find(b"\xff", 0, SEARCHED_BYTES)
    while at >= 0:
        frame = frame_at(begin, at)
        if frame is not None:
            following = frame_at(begin, at + frame.size_bytes)
            alone = at + frame.size_bytes >= len(begin)
            if alone or (following is not None and following.kind == frame.kind):
                return at
        at = begin.find(b"\xff", at + 1, SEARCHED_BYTES)
    return -1


def frame_at(data: bytes, at: int) -> Frame | None:
    """Return the frame that begins here; None if none does."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF:
        return None
    return _parsed(int.from_bytes(head) & _READ_BITS)


@lru_cache(maxsize=512)
def _parsed(word: int) -> Frame | None:
    version, layer = _VERSIONS.get(word >> 19 & 3), _LAYERS.get(word >> 17 & 3)
    kbit_index, rate_index = word >> 12 & 15, word >> 10 & 3
    known = word >> 21 == 0x7FF and version is not None and layer is not None
    if not known or kbit_index in (0, 15) or rate_index == 3:
        return None
    assert version is not None
    assert layer is not None
    rate_hz = _RATES_HZ[version][rate_index]
    samples = 384 if layer == 1 else 576 if layer == 3 and version != 1 else 1152
    slot_bytes = 4 if layer == 1 else 1
    bits = _KBITS[version == 1, layer][kbit_index] * 1000 * samples
    slots = bits // (8 * slot_bytes * rate_hz) + (word >> 9 & 1)
    mono = word >> 6 & 3 == 3
    side_info = (17 if mono else 32) if version == 1 else (9 if mono else 17)
    return Frame((version, layer, rate_hz), slots * slot_bytes, samples, rate_hz, 4 + side_info)


def music_start(begin: bytes) -> int:
    """Return where the frames begin that sound: behind junk, and behind a Xing, Info or VBRI frame.

    begin: of the sound, without tags. 0 if no frame is found. Programs that write tags write such
    a frame anew, or add one.
    """
    at = first_frame(begin)
    first = frame_at(begin, at) if at >= 0 else None
    if first is None:
        return 0
    tag = begin[at + first.tag_at : at + first.tag_at + 4]
    vbri = begin[at + VBRI_AT : at + VBRI_AT + 4]
    tells = tag in (b"Xing", b"Info") or vbri == b"VBRI"
    return at + (first.size_bytes if tells else 0)
