"""How fast audio arrives: measured here, because the machines have no clock."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from audio import FrameIndex
from fsm.client.events import FlowMeasured

OVER_S = 3.0
"""The rate is that of the last so many seconds: it changes while a song is played."""

_LEAST_S = 0.02
"""In less time than this nothing is measured but how the reads happened to fall."""


class ArrivalRate:
    """Counts the audio of one song after another. clock: for tests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._index: FrameIndex | None = None
        self._arrived: deque[tuple[float, int]] = deque()
        self._total_bytes = 0

    def measure(self, data_bytes: int, index: FrameIndex) -> FlowMeasured | None:
        """Count what has just arrived of the song; None until anything can be said.

        index: the song's. The first read is not counted: when its bytes set out is not known.
        """
        now = self._clock()
        if index is not self._index:
            self._index = index
            self._arrived.clear()
            self._total_bytes = -data_bytes
        self._total_bytes += data_bytes
        if not self._arrived or now > self._arrived[-1][0]:
            self._arrived.append((now, self._total_bytes))
        else:
            self._arrived[-1] = (now, self._total_bytes)
        while len(self._arrived) > 2 and now - self._arrived[1][0] > OVER_S:
            self._arrived.popleft()
        began, had = self._arrived[0]
        rate = (self._total_bytes - had) / max(_LEAST_S, now - began)
        if not rate or not index.bytes_per_s:
            return None
        return FlowMeasured(rate, index.bytes_per_s, index.song_bytes)
