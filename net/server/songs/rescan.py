"""When to scan the music directory again: on a LIST, at a bounded cost.

A scan runs in a worker thread. A LIST waits for a scan that is likely to take only a moment, so
that the list has a song that was copied there just before; it does not wait for a long one.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable

from songs import Library, MusicDirError, ScanReport, ScanStopped

log = logging.getLogger("alfine.server")

MIN_PAUSE_S = 1.0
MAX_AWAITED_COST_S = 0.03
"""If the last scan took no longer, a LIST waits for the next one."""
MAX_WAIT_S = 0.03
MAX_LOGGED = 20
"""Files of one kind that one scan names in the log."""


class Rescan:
    """Scans the directory of one library. cost_s: how long the first scan took; without it, that is
    still going on, and `first_is_over` will be called.
    """

    def __init__(self, library: Library, cost_s: float = math.inf) -> None:
        self._library = library
        self._cost_s = cost_s
        self._ended_at = time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self._late = False
        """The present scan takes longer than MAX_WAIT_S."""
        self._again = False
        """The present scan may have passed what is to be looked at."""
        self._waiting: list[Callable[[], None]] = []
        self._trouble: str | None = None
        """Why the last scan could not be made."""

    def __repr__(self) -> str:
        state = "idle" if self._task is None else "late" if self._late else "scanning"
        return f"<Rescan {state}, {self._cost_s:.3f} s, {len(self._waiting)} waiting>"

    def first_is_over(self, cost_s: float) -> None:
        """The first scan has taken so long."""
        self._ended_at = time.monotonic()
        self._cost_s = cost_s

    @property
    def is_first(self) -> bool:
        """The first scan is still going on."""
        return self._cost_s == math.inf

    def due(self, now: float) -> bool:
        """Return whether enough time has passed since the last scan. now: `time.monotonic()`."""
        per_cost = self._library.store.pause_per_cost
        return now - self._ended_at >= max(MIN_PAUSE_S, per_cost * self._cost_s)

    def request(self, ready: Callable[[], None]) -> bool:
        """Scan for a LIST, if it is time to. True: `ready` will be called; the LIST may wait."""
        if self._task is None:
            if not self.due(time.monotonic()):
                return False
            self._task = asyncio.create_task(self._scan_in_thread())
        if self._cost_s > MAX_AWAITED_COST_S or self._late:
            return False
        self._waiting.append(ready)
        return True

    def look(self) -> None:
        """Scan in any case, now or after the present scan. The first one goes on as it is."""
        if self._task is not None:
            self._again = True
        elif not self.is_first:
            self._task = asyncio.create_task(self._scan_in_thread())

    async def _scan_in_thread(self) -> None:
        scan = asyncio.create_task(asyncio.to_thread(self.scan))
        await asyncio.wait((scan,), timeout=MAX_WAIT_S)
        if not scan.done():
            self._late = True  # a disk that has to spin up: no LIST waits any longer
            self._call_waiting()
            await scan
        elif (error := scan.exception()) is not None:  # no thread can be had for it
            log.warning("the music is not looked at now: %s", error)
            self._ended_at = time.monotonic()
        again, self._again = self._again, False
        self._task, self._late = None, False
        if again:
            self.look()
        self._call_waiting()  # at last, because those called request again

    def _call_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for ready in waiting:
            ready()

    def _say(self, trouble: str | None) -> None:
        """Log, whenever it begins and ends, that songs cannot be searched for."""
        if trouble is not None and trouble != self._trouble:
            log.error("%s", trouble)
        elif trouble is None and self._trouble is not None:
            log.info("songs can be searched for again")
        self._trouble = trouble

    def scan(self) -> None:
        """Scan now, in this thread. Never raises: after a failure the songs stay as they were."""
        began = time.monotonic()
        try:
            log_report(self._library.scan())
            self._say(None)
        except ScanStopped:
            return
        except MusicDirError as error:
            self._say(str(error))
        except Exception:
            log.exception("the music directory could not be looked at again")
        self._ended_at = time.monotonic()
        self._cost_s = self._ended_at - began


def log_report(report: ScanReport) -> None:
    """Log what is to be told of a scan that was not the first."""
    if report.added:
        log.info("%d new song%s", report.added, "" if report.added == 1 else "s")
    for path, reason in report.untitled[:MAX_LOGGED]:
        log.warning("%s is shown by its file's name: %s", path, reason)
    if len(report.untitled) > MAX_LOGGED:
        log.warning("and %d songs more by their file's name", len(report.untitled) - MAX_LOGGED)
    for warning in report.warnings:
        log.warning("%s", warning)
