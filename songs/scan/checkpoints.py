"""Lets other threads pause a scan, and end it, at places where that does no harm."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ScanStopped(Exception):
    """A scan was ended early. What it had published stays."""


class Checkpoints:
    """One scan at a time passes these; whoever scans holds `scanning`."""

    def __init__(self) -> None:
        self._working = threading.Lock()
        """Held by a scan, but for the time that it waits at a checkpoint."""
        self._going = threading.Event()
        self._going.set()
        self._stopped = False

    def __repr__(self) -> str:
        state = "stopped" if self._stopped else "scanning" if self._working.locked() else "idle"
        return f"<Checkpoints {state}>"

    @property
    def busy(self) -> bool:
        """A scan is at work."""
        return self._working.locked()

    @contextmanager
    def scanning(self) -> Iterator[None]:
        """Scan while the block runs."""
        with self._working:
            yield

    def check(self) -> None:
        """Wait if a pause is wanted. Raises ScanStopped: the scan is to end."""
        if not self._going.is_set():
            self._working.release()
            self._going.wait()
            self._working.acquire()
        if self._stopped:
            raise ScanStopped

    def stop(self) -> None:
        """End the scan at its next checkpoint, and each later one at its first."""
        self._stopped = True

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Have no scan do anything while the block runs: a process may fork then.

        Waits for the next checkpoint.
        """
        self._going.clear()
        try:
            with self._working:
                yield
        finally:
            self._going.set()
