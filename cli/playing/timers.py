"""The client's timers: each fires an event after a delay, unless it is cancelled."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import assert_never

from fsm.client.effects import CancelTimer, ScheduleRetry, StartTimer, TimerEffect
from fsm.client.events import Event, RetryDue


class Timers:
    """At most one timer for each class of events (protocol.md 7, 8). fire: called when it ends."""

    def __init__(self, fire: Callable[[Event], None]) -> None:
        self._fire = fire
        self._running: dict[type[Event], asyncio.TimerHandle] = {}

    def __repr__(self) -> str:
        return f"<Timers {' '.join(event.__name__ for event in self._running)}>"

    def perform(self, effect: TimerEffect) -> None:
        """Perform one of the effects on timers."""
        match effect:
            case StartTimer(event, delay_s):
                self.start(event, delay_s)
            case ScheduleRetry(longest_s):
                self.start_within(RetryDue(), longest_s)
            case CancelTimer(event_class):
                self.cancel(event_class)
            case _:
                assert_never(effect)

    def start(self, event: Event, delay_s: float) -> None:
        """Fire `event` in `delay_s` seconds; a running timer for its class is replaced."""
        self.cancel(type(event))
        loop = asyncio.get_running_loop()
        self._running[type(event)] = loop.call_later(delay_s, self._fire, event)

    def start_within(self, event: Event, longest_s: float) -> None:
        """Fire `event` after a random part of `longest_s` (full jitter).

        So clients that lost one server do not all connect again at the same moment.
        """
        self.start(event, random.uniform(0.0, longest_s))

    def cancel(self, event: type[Event]) -> None:
        """Stop the timer for this class, if one runs."""
        if handle := self._running.pop(event, None):
            handle.cancel()

    def left_s(self, event: type[Event]) -> float | None:
        """Return the time until the timer for this class fires; None if none runs."""
        handle = self._running.get(event)
        left_s = handle.when() - asyncio.get_running_loop().time() if handle else 0.0
        return left_s if left_s > 0 else None
