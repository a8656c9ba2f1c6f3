"""The server's log: a line each on stdout, written where nothing has to wait for it."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

log = logging.getLogger("alfine.server")

Stop = Callable[[], None]
MAX_WAITING_LINES = 20_000
BATCH_S = 0.02
"""Lines of so much time are written at once: to wake a thread for each one costs more than it."""


class _Patient(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to stdout. A full disk or a reader that left costs the log, never the server."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


class _Waiting(logging.Handler):
    """Lines that a thread writes, for a pipe that nobody reads must not hold up the event loop.

    Beyond 20,000 of them they are dropped, and counted.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._some = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._write_on, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        if len(self._lines) >= MAX_WAITING_LINES:
            self._dropped += 1
            return
        self._lines.append(self.format(record))
        if not self._some.is_set():
            self._some.set()

    def stop(self) -> None:
        """Write what is left, if it can be written in a moment."""
        self._over = True
        self._some.set()
        self._thread.join(1.0)

    def _write_on(self) -> None:
        while not self._over or self._lines:
            self._some.wait()
            if not self._over:
                time.sleep(BATCH_S)
            self._some.clear()
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                lines.append(f"{dropped} lines were dropped: they could not be written in time")
            with suppress(OSError, ValueError):
                sys.stdout.write("".join(f"{line}\n" for line in lines))
                sys.stdout.flush()


@contextmanager
def logging_to_stdout() -> Iterator[Callable[[], Stop]]:
    """Log while the block runs. Yields what makes a thread do the writing, from then on.

    It is to be called in the process that serves, behind any fork: threads do not survive one. It
    returns what writes the rest and ends the thread; so does the end of the block.
    """
    form = logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S")
    at_once = _Patient(sys.stdout)
    at_once.setFormatter(form)
    waiting: list[_Waiting] = []

    def stop() -> None:
        while waiting:
            waiting.pop().stop()

    def start_thread() -> Stop:
        waiting.append(_Waiting())
        waiting[-1].setFormatter(form)
        log.removeHandler(at_once)
        log.addHandler(waiting[-1])
        return stop

    log.addHandler(at_once)
    log.setLevel(logging.INFO)
    # Looked up for every line, and told in none.
    logging.logProcesses = logging.logThreads = logging.logMultiprocessing = False
    try:
        yield start_thread
    finally:
        stop()
        for handler in list(log.handlers):
            log.removeHandler(handler)
