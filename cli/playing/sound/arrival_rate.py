"""Measures the song that arrives, and how fast it does, because the machines have no clock."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fsm.client.events import AudioReceived, Event, FlowMeasured, SongMeasured, SongNamed
from fsm.client.song.prebuffer import LEAST_S, MOST_S

if TYPE_CHECKING:
    from audio import FrameIndex
    from cli.playing.sound.late_sound import LateSound

WINDOW_S = 3.0
"""The rate is taken over the last 3 s, because it changes while a song plays."""

_MIN_INTERVAL_S = 0.02
"""A shorter interval is taken as this long: in it the rate depends on how the reads fall."""


class ArrivalRate:
    """Measures the arrival of one song after another."""

    def __init__(self) -> None:
        self._index: FrameIndex | None = None
        self._arrived: deque[tuple[float, int]] = deque()
        self._total_bytes = 0

    def measure(self, data_bytes: int, index: FrameIndex, now: float) -> FlowMeasured | None:
        """Count bytes of a song that arrived at `now`; return None until a rate is known.

        index: the song's; another index begins another song. The first read is not counted,
        because it is not known when its bytes were sent.
        """
        if index is not self._index:
            self._index = index
            self._arrived.clear()
            self._total_bytes = -data_bytes
        self._total_bytes += data_bytes
        if not self._arrived or now > self._arrived[-1][0]:
            self._arrived.append((now, self._total_bytes))
        else:
            self._arrived[-1] = (now, self._total_bytes)
        while len(self._arrived) > 2 and now - self._arrived[1][0] > WINDOW_S:
            self._arrived.popleft()
        began, bytes_then = self._arrived[0]
        rate = (self._total_bytes - bytes_then) / max(_MIN_INTERVAL_S, now - began)
        if not rate or not index.bytes_per_s:
            return None
        return FlowMeasured(rate, index.bytes_per_s, index.song_bytes)


class ArrivingSong:
    """Says what is to be known of the song that arrives. by_flow: how fast it does, too."""

    def __init__(self, by_flow: bool) -> None:
        self._rate = ArrivalRate() if by_flow else None
        self._least_s = LEAST_S if by_flow else MOST_S
        self._said: tuple[FrameIndex, SongMeasured] | None = None
        self._named: tuple[FrameIndex, str] | None = None

    def receive(self, event: Event, sound: LateSound, fire: Callable[[Event], None]) -> None:
        """Fire an event of the connection, and what of the song that arrives has changed by it.

        sound: has the song.
        """
        if not isinstance(event, AudioReceived):
            fire(event)
            return
        for measured in self._measure(len(event.data), sound):
            fire(measured)
        fire(event)
        title, index = sound.arriving_title(), sound.arriving_index
        if title is not None and self._named != (index, title):
            self._named = (index, title)
            fire(SongNamed(title))

    def _measure(self, data_bytes: int, sound: LateSound) -> Iterator[Event]:
        """Yield what is to be known before so many bytes of the song are taken."""
        now = time.monotonic()  # first, because the index may have to wait for the sound
        index: FrameIndex = sound.arriving_index
        measured = SongMeasured(index.can_play(self._least_s), index.song_bytes or None)
        if (index, measured) != self._said:
            self._said = (index, measured)
            yield measured
        if self._rate is not None and (flow := self._rate.measure(data_bytes, index, now)):
            yield flow
