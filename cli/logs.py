"""The server's log: a line each on stdout, written where nothing has to wait for it."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger("alfine.server")

Stop = Callable[[], None]
MAX_WAITING_LINES = 20_000


class _Patient(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to stdout. A full disk or a reader that left costs the log, never the server."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


class _Waiting(logging.handlers.QueueHandler):
    """Lines that a thread writes, for a pipe that nobody reads must not hold up the event loop.

    Beyond 20,000 of them they are dropped, and counted.
    """

    def __init__(self, lines: queue.Queue[logging.LogRecord]) -> None:
        super().__init__(lines)
        self._lines = lines
        self._dropped = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            if self._dropped and not self._lines.full():
                dropped, self._dropped = self._dropped, 0
                text = f"{dropped} lines were dropped: they could not be written in time"
                values = (log.name, logging.WARNING, __file__, 0, text, (), None)
                self._lines.put_nowait(logging.LogRecord(*values))
            self._lines.put_nowait(record)
        except queue.Full:
            self._dropped += 1


@contextmanager
def logging_to_stdout() -> Iterator[Callable[[], Stop]]:
    """Log while the block runs. Yields what makes a thread do the writing, from then on.

    It is to be called in the process that serves, behind any fork: threads do not survive one. It
    returns what writes the rest and ends the thread; so does the end of the block.
    """
    writer = _Patient(sys.stdout)
    writer.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    listeners: list[logging.handlers.QueueListener] = []

    def stop() -> None:
        while listeners:
            listeners.pop().stop()

    def start_thread() -> Stop:
        lines: queue.Queue[logging.LogRecord] = queue.Queue(MAX_WAITING_LINES)
        listeners.append(logging.handlers.QueueListener(lines, writer))
        listeners[-1].start()
        log.removeHandler(writer)
        log.addHandler(_Waiting(lines))
        return stop

    log.addHandler(writer)
    log.setLevel(logging.INFO)
    try:
        yield start_thread
    finally:
        stop()
        for handler in list(log.handlers):
            log.removeHandler(handler)
