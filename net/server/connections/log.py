"""What one connection has the log say, and how much of that is written."""

from __future__ import annotations

import logging
import time

from net.server.connections.log_words import clip
from net.server.connections.taking import Taken

log = logging.getLogger("alfine.server")

LINE = "%s %s %s"
"""A connection's name, its state and what happened, a text or a Taken: formatters know it."""
LINES_S = 5.0
BURST_LINES = 40


class ConnectionLog:
    """The lines of one connection: forty at once, then five a second; of the others, how many.

    What goes wrong has a reserve of forty more.
    """

    __slots__ = ("_credit", "_credited_at", "_name", "_quiet", "_withheld")

    def __init__(self, name: str, quiet: bool = False) -> None:
        """quiet: what goes right is written for who looks for faults only."""
        self._name, self._quiet = name, quiet
        self._credit = float(BURST_LINES)
        self._credited_at = time.monotonic()
        self._withheld = 0
        """How many lines were not written since the last one that was."""

    def __repr__(self) -> str:
        return f"<ConnectionLog {self._name}, {self._withheld} lines withheld>"

    def shows(self, level: int) -> bool:
        """Return whether lines of this level are for everybody."""
        return level >= logging.WARNING or not self._quiet

    def write(
        self, state: str, words: str | Taken, level: int = logging.INFO, always: bool = False
    ) -> None:
        """Write a line, of which the words may be what a client sent; or only count it."""
        shown = clip(words) if isinstance(words, str) else words
        if not self.shows(level):
            log.debug(LINE, self._name, state, shown)
            return
        least = 1 - BURST_LINES if level >= logging.ERROR else 1
        if not self._allows(time.monotonic(), least) and not always:
            self._withheld += 1
            return
        if self._withheld:
            log.info("%s %d more like it", self._name, self._withheld)
            self._withheld = 0
        log.log(level, LINE, self._name, state, shown)

    def _allows(self, now: float, least: float) -> bool:
        grown = self._credit + (now - self._credited_at) * LINES_S
        self._credit, self._credited_at = min(grown, BURST_LINES), now
        if self._credit < least:
            return False
        self._credit -= 1
        return True
