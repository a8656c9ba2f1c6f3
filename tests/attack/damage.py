"""Damages songs and tags: as disks and programs do, and as somebody may do on purpose."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random

from tests.audio.making import (
    ape,
    false_frames,
    frames_of,
    id3v1,
    id3v2,
    independent_frames,
    layer_1,
    mp3,
    protected,
    tag_frame,
    vbri,
    with_gapless_tag,
)

SECONDS = 0.3
HEADERS = (
    b"\xff\xfb\x90\x64", b"\xff\xfa\x90\x64", b"\xff\xf3\x40\xc0", b"\xff\xe3\x18\xc4",
    b"\xff\xfd\x90\x04", b"\xff\xff\xc0\x00", b"\xff\xfb\x00\x64", b"\xff\xfb\x92\x66", b"\xff",
)  # fmt: skip
TAGS = (
    b"ID3\x03\0\0", b"ID3\x04\0\x10", b"TAG", b"APETAGEX\xd0\x07\0\0", b"LYRICSBEGIN",
    b"Xing\0\0\0\x0f", b"Info\0\0\0\x0f", b"VBRI\0\1", b"RIFF", b"OggS",
)  # fmt: skip

LONG = (b"\0", b"\xff")


@lru_cache
def songs() -> tuple[bytes, ...]:
    """Return songs of every kind that is played."""
    plain, slow = mp3(SECONDS), mp3(SECONDS, rate_hz=24000, channels=1, kbits=32)
    with_crc = b"".join(protected(f, b"\xa5\x5a") for f in independent_frames(plain))
    return (
        plain,
        slow,
        with_crc,
        layer_1(12),
        mp3(SECONDS, rate_hz=8000, kbits=16),
        with_gapless_tag(mp3(SECONDS, vbr_quality=0)),
        tag_frame(plain, vbri(12, 4000, [600, 700]), at=36) + plain,
        id3v2(false_frames(3000)) + with_gapless_tag(plain) + ape(false_frames(300)) + id3v1(),
        id3v2(bytes(400), footer=True) + slow + id3v1(),
        plain + slow + plain[: len(plain) // 2],
    )


def damaged(song: bytes, rng: Random, most: int = 8) -> bytes:
    """Return the song with up to `most` kinds of damage."""
    for _ in range(rng.randint(1, most)):
        at = rng.randrange(len(song) + 1)
        song = rng.choice(DAMAGES)(song, at, rng) or b"\0"
    return song


def _flip(song: bytes, at: int, rng: Random) -> bytes:
    changed = bytearray(song)
    for _ in range(rng.choice((1, 1, 5, 100))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _size_lies(song: bytes, at: int, rng: Random) -> bytes:
    """A tag's mark, and behind it any number."""
    size = rng.choice((b"\0" * 4, b"\x7f" * 4, b"\xff" * 4, rng.randbytes(4)))
    mark = rng.choice(TAGS)
    at = rng.choice((0, at, len(song)))
    return song[:at] + mark + size + song[at + rng.choice((0, 10)) :]


def _piece(song: bytes, at: int, rng: Random) -> bytes:
    """A piece of this or of another song once more."""
    other = rng.choice(songs())
    begin = rng.randrange(len(other))
    return song[:at] + other[begin : begin + rng.randint(1, 1500)] + song[at:]


def _header(song: bytes, at: int, rng: Random) -> bytes:
    return (
        song[:at]
        + (rng.choice(HEADERS) + rng.randbytes(rng.choice((0, 3, 30)))) * rng.choice((1, 2, 50))
        + song[at:]
    )


DAMAGES: tuple[Callable[[bytes, int, Random], bytes], ...] = (
    _flip,
    _flip,
    _size_lies,
    _piece,
    _header,
    lambda song, at, rng: song[:at],
    lambda song, at, rng: song[at:] + song[:at],
    lambda song, at, rng: song[:at] + song[at + rng.randint(1, 900) :],
    lambda song, at, rng: song[:at] + rng.randbytes(rng.randint(1, 2000)) + song[at:],
    lambda song, at, rng: (
        song[:at] + rng.choice((b"\0", b"\xff")) * rng.randint(1, 20_000) + song[at:]
    ),
    lambda song, at, rng: song[:at] + rng.randbytes(8) + song[at + 8 :],
)


def with_wrong_sound(song: bytes, rng: Random) -> bytes:
    """Return a song of plain frames with wrong bits behind their headers only."""
    frames = [bytearray(frame) for frame in frames_of(song)]
    for _ in range(rng.choice((1, 3, 30, 300))):
        frame = rng.choice(frames)
        frame[rng.randrange(4, len(frame))] ^= 1 << rng.randrange(8)
    return b"".join(frames)
