"""Wakes whoever shows what is going on, so that nobody has to look again and again."""

from __future__ import annotations

import asyncio
import contextlib


class Changes:
    """Something has happened, by which what is going on may have become something else."""

    def __init__(self) -> None:
        self._watchers: list[asyncio.Event] = []

    def note(self) -> None:
        """Wake all who watch. Costs next to nothing."""
        for watcher in self._watchers:
            watcher.set()

    def watch(self) -> Watch:
        """What has happened from now on, for one who waits for it."""
        watcher = asyncio.Event()
        self._watchers.append(watcher)
        return Watch(watcher)


class Watch:
    """One who waits for changes."""

    def __init__(self, changed: asyncio.Event) -> None:
        self._changed = changed

    async def wait(self, at_most_s: float | None = None) -> bool:
        """Until something has happened since the last time: True; or that much time has passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._changed.wait()
        changed = self._changed.is_set()
        self._changed.clear()
        return changed
