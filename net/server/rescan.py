"""When to look at the music directory again: on a LIST, and never at a cost that is felt.

A look takes place in a worker thread. One that was over in a moment is waited for, so that the
list that was asked for has the song that has just been copied there; a long one is not.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from songs import Library, MusicDirError, ScanReport

log = logging.getLogger("alfine.server")

LEAST_PAUSE_S = 1.0
PAUSE_PER_COST = 20
"""At most a twentieth of the time is spent on looking."""
WAITED_FOR_S = 0.05
"""If the last look took no longer, a LIST waits for the next one."""
LONGEST_WAIT_S = 0.25
SHOWN = 20
"""Files of a kind that one look names in the log."""


class Rescan:
    """Looks at the directory of one library. cost_s: how long the first look took."""

    def __init__(self, library: Library, cost_s: float) -> None:
        self._library = library
        self._cost_s = cost_s
        self._ended_at = time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self._late = False
        self._waiting: list[Callable[[], None]] = []

    def due(self, now: float) -> bool:
        """Whether enough time has passed since the last look."""
        return now - self._ended_at >= max(LEAST_PAUSE_S, PAUSE_PER_COST * self._cost_s)

    def asked(self, ready: Callable[[], None]) -> bool:
        """A list is wanted: look if it is time. True: `ready` will be called when that is over."""
        if self._task is None:
            if not self.due(time.monotonic()):
                return False
            self._task = asyncio.create_task(self._look())
        if self._cost_s > WAITED_FOR_S or self._late:
            return False
        self._waiting.append(ready)
        return True

    async def _look(self) -> None:
        look = asyncio.create_task(asyncio.to_thread(self.look))
        await asyncio.wait((look,), timeout=LONGEST_WAIT_S)
        if not look.done():
            self._late = True  # a disk that sleeps: nobody waits for it any longer
            self._tell()
            await look
        self._task, self._late = None, False
        self._tell()  # at last: whoever is told asks again

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for ready in waiting:
            ready()

    @staticmethod
    def _log_untitled(report: ScanReport) -> None:
        for path, reason in report.untitled[:SHOWN]:
            log.warning("%s is shown by its file's name: %s", path, reason)
        if len(report.untitled) > SHOWN:
            log.warning("and %d songs more by their file's name", len(report.untitled) - SHOWN)

    def look(self) -> None:
        """Look now, in this thread. Never raises: the songs may stay as they were."""
        began = time.monotonic()
        try:
            report = self._library.scan()
            if report.added:
                log.info("%d new song%s", report.added, "" if report.added == 1 else "s")
            self._log_untitled(report)
        except MusicDirError as error:
            log.error("%s", error)
        except Exception:
            log.exception("the music directory could not be looked at again")
        self._ended_at = time.monotonic()
        self._cost_s = self._ended_at - began
