"""What one serving process counts, and what may be seen of it from outside, as plain values.

It knows neither pages nor metrics: whoever looks on reads the values, whenever it likes. Without
anybody who does, a song costs nothing more.
"""

from __future__ import annotations

import errno
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import NamedTuple

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The upper bounds of the times that are counted together; what takes longer is counted last."""


class Exceeded(str):
    """Words that say which limit a client has exceeded. limit: the option that sets it."""

    __slots__ = ("limit",)

    def __new__(cls, limit: str, words: str) -> Exceeded:
        exceeded = super().__new__(cls, words)
        exceeded.limit = limit
        return exceeded

    limit: str


def reason_of(error: OSError) -> str:
    """Return why this error ends a connection; the kernel's own time limits are limits as well."""
    if error.errno == errno.ENOTCONN:
        return "reset by the client"  # which is told in this way if it is shut down afterwards
    words = error.strerror or str(error) or type(error).__name__
    return Exceeded("ack-time", words) if error.errno == errno.ETIMEDOUT else words


class Seen(NamedTuple):
    """One connection, as it is at this moment. song_id: of the song that was started last."""

    name: str
    state: Enum
    song_id: int | None
    sent_bytes: int


class Counters:
    """The counts of one process, from its start on; none of them ever falls.

    accepted: connections. sent_bytes: of the connections that are closed. refusals: by limit.
    first_audio: times from PLAY to a song's first byte, counted by BOUNDS_S while `timing`.
    """

    bounds_s = BOUNDS_S

    def __init__(self) -> None:
        self.accepted = 0
        self.sent_bytes = 0
        self.refusals: Counter[str] = Counter()
        self.first_audio = [0] * (len(BOUNDS_S) + 1)
        self.first_audio_s = 0.0
        """The sum of these times."""
        self.timing = False

    def __repr__(self) -> str:
        return f"<Counters {self.accepted} accepted, {self.sent_bytes} bytes to those closed>"

    def song_timer(self) -> Callable[[], None] | None:
        """Return what to call at a song's first byte; None where nobody wants to know."""
        return partial(self._count_first_audio, time.monotonic()) if self.timing else None

    def _count_first_audio(self, asked_at: float) -> None:
        passed_s = time.monotonic() - asked_at
        self.first_audio[bisect_left(BOUNDS_S, passed_s)] += 1
        self.first_audio_s += passed_s
