"""Scans in a thread, one after another: a slow disk holds up neither signals nor workers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from net.server.processes.process import start_thread

log = logging.getLogger("alfine.server")


class Scanning:
    """The scans of one process, of which one is at work at a time. scan: never raises."""

    def __init__(self, scan: Callable[[], None]) -> None:
        self._scan = scan
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        """None while no scan is at work."""
        self._again = False
        """Another scan follows the one that is at work."""

    def __repr__(self) -> str:
        state = "idle" if self._thread is None else "again" if self._again else "at work"
        return f"<Scanning {state}>"

    def request(self, anew: bool = False) -> None:
        """Scan, unless a scan is at work. anew: then another one follows it, for it may have passed
        what is new.
        """
        with self._lock:
            if self._thread is not None:
                self._again = self._again or anew
                return
            thread = threading.Thread(target=self._run, name="scan", daemon=True)
            try:
                start_thread(thread)
            except RuntimeError as error:  # the next one who asks for a list tries again
                log.warning("the music is not looked at now: %s", error)
            else:
                self._thread = thread

    def join(self, timeout_s: float) -> None:
        """Wait until no scan is at work, at most so long."""
        with self._lock:
            self._again = False
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            self._scan()
            with self._lock:
                if not self._again:
                    self._thread = None
                    return
                self._again = False
