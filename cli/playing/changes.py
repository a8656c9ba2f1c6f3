"""Wakes the tasks that show the status when it may have changed, so that none has to poll."""

from __future__ import annotations

import asyncio
import contextlib


class Changes:
    """The sender: says that the status may have changed."""

    def __init__(self) -> None:
        self._watchers: list[asyncio.Event] = []

    def notify(self) -> None:
        """Wake all watchers. Called for every event, so it only sets a flag for each."""
        for watcher in self._watchers:
            watcher.set()

    def watch(self) -> Watch:
        """Return a watcher of the changes from now on."""
        watcher = asyncio.Event()
        self._watchers.append(watcher)
        return Watch(watcher)


class Watch:
    """A receiver: waits for changes."""

    def __init__(self, changed: asyncio.Event) -> None:
        self._changed = changed

    async def wait(self, at_most_s: float | None = None) -> bool:
        """Wait until something has changed since the last call, at most `at_most_s` seconds.

        Returns whether something has changed.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._changed.wait()
        changed = self._changed.is_set()
        self._changed.clear()
        return changed
