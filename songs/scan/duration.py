"""How long a song sounds: from its first frames, without decoding it.

An encoder that varies the bitrate says in the first frame how many frames there are (Xing, Info,
VBRI); of a song that does not say it, the frames at its begin stand for all.
Sources: ISO 11172-3 2.4.1.3 and 13818-3 (headers), the LAME and Xing tag pages, Fraunhofer's VBRI.
"""

from functools import lru_cache
from typing import Final, NamedTuple

SEARCHED_BYTES: Final = 16 << 10
"""In so much of the begin a frame has to be found."""
MAX_FRAMES: Final = 100
MAX_S: Final = 1e7
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


class _Frame(NamedTuple):
    """kind: what is the same in all frames of a stream. tag_at: where a Xing tag would begin."""

    kind: tuple[int, int, int]
    size_bytes: int
    samples: int
    rate_hz: int
    tag_at: int


def duration_of(begin: bytes, sound_bytes: int) -> float | None:
    """Return the duration in seconds; None if no frames are found.

    begin: the begin of the sound, without tags, some KiB of it. sound_bytes: how much there is.
    Never raises.
    """
    at = _first_frame(begin)
    if at < 0:
        return None
    first = _frame(begin, at)
    assert first is not None
    samples = _samples_told(begin[at : at + first.size_bytes], first)
    if samples is None:
        seconds = _estimated(begin, at, sound_bytes - at)
    else:
        seconds = samples / first.rate_hz
    seconds = round(seconds, 3)
    return seconds if 0 < seconds < MAX_S else None


def _first_frame(begin: bytes) -> int:
    """Return where a frame begins that another one follows; -1 if there is none."""
    at = begin.find(b"\xff", 0, SEARCHED_BYTES)
    while at >= 0:
        frame = _frame(begin, at)
        if frame is not None:
            following = _frame(begin, at + frame.size_bytes)
            alone = at + frame.size_bytes >= len(begin)
            if alone or (following is not None and following.kind == frame.kind):
                return at
        at = begin.find(b"\xff", at + 1, SEARCHED_BYTES)
    return -1


def _frame(data: bytes, at: int) -> _Frame | None:
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF:
        return None
    return _parsed(int.from_bytes(head) & _READ_BITS)


@lru_cache(maxsize=512)
def _parsed(word: int) -> _Frame | None:
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
    return _Frame((version, layer, rate_hz), slots * slot_bytes, samples, rate_hz, 4 + side_info)


def _samples_told(frame: bytes, header: _Frame) -> int | None:
    """Return how many samples there are by the song's own account, if it has one."""
    tag = frame[header.tag_at :]
    if tag[:4] in (b"Xing", b"Info"):
        flags = int.from_bytes(tag[4:8])
        if not flags & 1 or len(tag) < 12:
            return None
        samples = int.from_bytes(tag[8:12]) * header.samples
        return max(0, samples - _added_samples(tag, flags)) or None
    if frame[36:40] == b"VBRI" and len(frame) >= 54:
        return int.from_bytes(frame[50:54]) * header.samples or None
    return None


def _added_samples(tag: bytes, flags: int) -> int:
    """Return how many samples the encoder has added, before and behind the music (LAME tag)."""
    at = 8 + 4 * (flags & 1) + 2 * (flags & 2) + 25 * (flags & 4) + (flags & 8) // 2
    extension = tag[at : at + 24]
    if len(extension) < 24 or not extension[:1].strip(b"\0"):
        return 0
    both = int.from_bytes(extension[21:24])
    return (both >> 12) + (both & 0xFFF)


def _estimated(begin: bytes, at: int, sound_bytes: int) -> float:
    """Return the duration if all of the song's frames are as long as these, on average."""
    first = _frame(begin, at)
    assert first is not None
    start, count = at, 0
    while count < MAX_FRAMES and (frame := _frame(begin, at)) and frame.kind == first.kind:
        at, count = at + frame.size_bytes, count + 1
    return sound_bytes / (at - start) * count * first.samples / first.rate_hz
