"""Makes songs in code: MPEG frames that are silent, with anything in the bytes no decoder reads."""

from __future__ import annotations

from functools import lru_cache

HEADER = bytes((0xFF, 0xFB, 0x90, 0x00))
"""MPEG 1 Layer III, no CRC, 128 kbit/s, 44.1 kHz, no padding, stereo."""
FRAME_BYTES = 417
SIDE_INFORMATION_BYTES = 32
FRAME_S = 1152 / 44100


@lru_cache(maxsize=64)
def song(song_id: int, frames: int, ancillary: bytes = b"") -> bytes:
    """Return so many silent frames, no two alike.

    The side information is zero: all granules are empty, and what follows is ancillary data, which
    decoders skip. There stand the song's ID and the frame's number, then `ancillary`.
    """
    made = []
    for number in range(frames):
        mark = b"<%d %d>" % (song_id, number)
        frame = HEADER + bytes(SIDE_INFORMATION_BYTES) + mark + ancillary
        made.append(frame.ljust(FRAME_BYTES, b"\0")[:FRAME_BYTES])
    return b"".join(made)
