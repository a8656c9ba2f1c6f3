"""The trouble that a proxy makes on one connection, and how it is written on a command line."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

RANDOM = "random"
BLOCK_BYTES = 16 * 1024
"""Forwarded at once where nothing else is asked for."""
MEAN_PIECE_BYTES = 20
"""How long the pieces of a random split are, on average."""
_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(bit|kbit|mbit|gbit|b|kb|mb)", re.IGNORECASE)
_BYTES_PER_S = {
    "bit": 1 / 8,
    "kbit": 1e3 / 8,
    "mbit": 1e6 / 8,
    "gbit": 1e9 / 8,
    "b": 1.0,
    "kb": 1e3,
    "mb": 1e6,
}


@dataclass(frozen=True, slots=True)
class Faults:
    """What happens to the bytes of one connection.

    Both ways. rate_bytes_s: no more in a second. split: bytes in a piece, or RANDOM. delay_s: how
    much later each piece goes on. jitter_s: at random up to so much more, in order all the same.
    Counted in bytes of the server. cut_after: then the connection is closed. reset_after: it is
    reset. stall_after: the server's bytes go no further. hold_after: likewise, until told to go on.
    drop_after_s: it is closed so long after it began. seed: for what is random.
    """

    rate_bytes_s: float | None = None
    split: int | str | None = None
    delay_s: float = 0.0
    jitter_s: float = 0.0
    cut_after: int | None = None
    reset_after: int | None = None
    stall_after: int | None = None
    hold_after: int | None = None
    drop_after_s: float | None = None
    seed: int = 0

    @property
    def place(self) -> int | None:
        """How many bytes of the server come before the fault; None without one."""
        places = (self.cut_after, self.reset_after, self.stall_after, self.hold_after)
        return min((place for place in places if place is not None), default=None)

    @property
    def slows(self) -> bool:
        """Pieces go on later than they come."""
        return self.delay_s > 0 or self.jitter_s > 0


def pieces(data: bytes, split: int | str | None, chance: random.Random) -> Iterator[bytes]:
    """Yield the data in the pieces in which it is to go on."""
    start = 0
    while start < len(data):
        size = BLOCK_BYTES
        if split == RANDOM:
            size = 1 + int(chance.expovariate(1 / MEAN_PIECE_BYTES))
        elif isinstance(split, int):
            size = split
        yield data[start : start + size]
        start += size


def parse_rate(text: str) -> float:
    """Return `2mbit`, `500kbit` or `64kB` in bytes per second. Raises ValueError."""
    found = _RATE.fullmatch(text.strip())
    if found is None or not float(found[1]) > 0:
        raise ValueError(f"{text!a} is no rate: 2mbit, 500kbit or 64kB, in a second")
    return float(found[1]) * _BYTES_PER_S[found[2].lower()]


def parse_split(text: str) -> int | str:
    """Return a number of bytes, or RANDOM. Raises ValueError."""
    if text == RANDOM:
        return RANDOM
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= BLOCK_BYTES):
        raise ValueError(f"{text!a} is no number of bytes from 1 to {BLOCK_BYTES}, nor {RANDOM}")
    return int(text)
