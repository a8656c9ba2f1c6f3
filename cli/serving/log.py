"""The server's log: lines on stdout, written by a thread so that the event loop never waits."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

log = logging.getLogger("alfine.server")

Stop = Callable[[], None]
CLEAR_LINE = "\r\x1b[K"
MAX_WAITING_LINES = 20_000
MAX_WAITING_CHARACTERS = 2 << 20
BATCH_S = 0.02
"""The thread writes the lines of 20 ms at once, as a wake-up costs more than writing a line."""


class StatusLine:
    """One line below the log, on a terminal: what goes on now. Elsewhere there is none."""

    def __init__(self) -> None:
        self._text = ""
        self._lock = threading.Lock()

    def show(self, text: str) -> None:
        """Show this in the place of what was shown. text: printable; "" for nothing."""
        self.write("", text)

    def write(self, lines: str, text: str | None = None) -> None:
        """Write whole lines above it. A failed write loses them, and never stops the server."""
        with self._lock, suppress(OSError, ValueError):
            clear = CLEAR_LINE if self._text else ""
            self._text = self._text if text is None else text
            sys.stdout.write(clear + lines + self._text)
            sys.stdout.flush()

    @staticmethod
    def possible() -> bool:
        """Whether stdout is a terminal that can take a line back."""
        return sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")


status_line = StatusLine()


class _DirectHandler(logging.Handler):
    """Writes to stdout at once."""

    def emit(self, record: logging.LogRecord) -> None:
        status_line.write(f"{self.format(record)}\n")


class _ThreadHandler(logging.Handler):
    """Hands lines to a thread, because a pipe that nobody reads must not block the event loop.

    While MAX_WAITING_LINES wait, or MAX_WAITING_CHARACTERS, further lines are dropped and counted.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[str] = deque()
        self._added = self._taken = 0
        """Characters in lines, each counted by one thread alone."""
        self._dropped = 0
        self._wakeup = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._write_lines, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        full = self._added - self._taken >= MAX_WAITING_CHARACTERS
        if full or len(self._lines) >= MAX_WAITING_LINES:
            self._dropped += 1
            return
        line = self.format(record)
        self._added += len(line)
        self._lines.append(line)
        if not self._wakeup.is_set():
            self._wakeup.set()

    def stop(self) -> None:
        """Write the lines that wait and end the thread; waits for it 1 s at most."""
        self._stopped = True
        self._wakeup.set()
        self._thread.join(1.0)

    def _write_lines(self) -> None:
        while not self._stopped or self._lines or self._dropped:
            self._wakeup.wait()
            if not self._stopped:
                time.sleep(BATCH_S)
            self._wakeup.clear()
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            characters = sum(map(len, lines))
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                lines.append(f"{dropped} lines were dropped: they could not be written in time")
            status_line.write("".join(f"{line}\n" for line in lines))
            self._taken += characters


@contextmanager
def logging_to_stdout() -> Iterator[Callable[[], Stop]]:
    """Log to stdout while the block runs. Yields a function that starts the writing thread.

    Call it in the process that serves, after any fork, which no thread survives. It returns a
    function that writes the rest and ends the thread; the end of the block does so too.
    """
    line_format = logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S")
    direct = _DirectHandler()
    direct.setFormatter(line_format)
    threaded: list[_ThreadHandler] = []

    def stop() -> None:
        while threaded:
            threaded.pop().stop()

    def start_thread() -> Stop:
        threaded.append(_ThreadHandler())
        threaded[-1].setFormatter(line_format)
        log.removeHandler(direct)
        log.addHandler(threaded[-1])
        return stop

    log.addHandler(direct)
    log.setLevel(logging.INFO)
    # logging looks these up for every line, and no line shows them.
    logging.logProcesses = logging.logThreads = logging.logMultiprocessing = False
    try:
        yield start_thread
    finally:
        stop()
        for handler in list(log.handlers):
            log.removeHandler(handler)
