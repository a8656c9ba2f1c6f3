"""The client's timers: events that happen after a while, unless somebody thinks better of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from fsm.client.events import Event


class Timers:
    """One timer for each kind of event (protocol.md 7, 8)."""

    def __init__(self, fire: Callable[[Event], None]) -> None:
        self._fire = fire
        self._running: dict[type[Event], asyncio.TimerHandle] = {}

    def start(self, event: Event, delay_s: float) -> None:
        """Fire `event` in `delay_s` seconds, and not when an earlier timer for it said."""
        self.cancel(type(event))
        loop = asyncio.get_running_loop()
        self._running[type(event)] = loop.call_later(delay_s, self._fire, event)

    def start_within(self, event: Event, longest_s: float) -> None:
        """The same after a random part of that: not all clients at once (full jitter)."""
        self.start(event, random.uniform(0.0, longest_s))

    def cancel(self, event: type[Event]) -> None:
        """Do not fire it."""
        if handle := self._running.pop(event, None):
            handle.cancel()

    def left_s(self, event: type[Event]) -> float | None:
        """How long until it fires; None if no timer runs for it."""
        handle = self._running.get(event)
        left_s = handle.when() - asyncio.get_running_loop().time() if handle else 0.0
        return left_s if left_s > 0 else None
