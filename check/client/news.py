"""Lets a coroutine wait until something is so, which others say that they have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class News:
    """One for each client: its output, its end, its requests and its connections are news."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def tell(self) -> None:
        """Have all who wait look again."""
        for event in self._waiting:
            event.set()

    async def until(self, so: Callable[[], bool], seconds: float) -> bool:
        """Wait until it is so, or for so many seconds; return whether it is."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(seconds):
                while not so():
                    event.clear()
                    await event.wait()
        except TimeoutError:
            return so()
        finally:
            self._waiting.remove(event)
        return True
