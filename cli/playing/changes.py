"""Wakes the tasks that show the status when it may have changed, so that none has to poll."""

from __future__ import annotations

import asyncio


class Changes:
    """The sender: says that the status may have changed."""

    def __init__(self) -> None:
        self._watchers: list[Watch] = []

    def notify(self) -> None:
        """Wake all watchers. Called for every event, so it only sets two flags for each."""
        for watcher in self._watchers:
            watcher.notify()

    def watch(self) -> Watch:
        """Return a watcher of the changes from now on."""
        watcher = Watch()
        self._watchers.append(watcher)
        return watcher


class Watch:
    """A receiver: waits for changes."""

    def __init__(self) -> None:
        self._changed = False
        self._awake = asyncio.Event()

    def notify(self) -> None:
        """Wake whoever waits, or will wait next."""
        self._changed = True
        self._awake.set()

    async def wait(self, at_most_s: float | None = None) -> bool:
        """Wait until something has changed since the last call, at most `at_most_s` seconds.

        Returns whether something has changed.
        """
        timer = None
        if at_most_s is not None:
            # Not asyncio.timeout: it takes a wakeup of the loop more, each second of a song.
            timer = asyncio.get_running_loop().call_later(at_most_s, self._awake.set)
        try:
            await self._awake.wait()
        finally:
            if timer is not None:
                timer.cancel()
        self._awake.clear()
        changed, self._changed = self._changed, False
        return changed
