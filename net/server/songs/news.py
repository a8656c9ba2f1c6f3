"""Lists what servers on other machines have found, as soon as they have written it down."""

from __future__ import annotations

import logging
import random
import threading

from net.server.songs.rescan import log_report
from songs import CatalogueAway, Library

log = logging.getLogger("alfine.server")

POLL_S = 5.0
"""Where the database's word of news is not passed on, they are found after this time."""
RETRY_S = (0.5, 2.0)
"""Between two attempts to reach a catalogue that is away: at random, because all servers try."""


class CatalogueNews:
    """Follows the shared catalogue of one library, in a thread of its own."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="catalogue", daemon=True)

    def __repr__(self) -> str:
        return f"<CatalogueNews {'ended' if self._ended.is_set() else 'running'}>"

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """List nothing more. The thread waits for the database still, and ends with the process."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._library.wait_for_others(POLL_S)
            except CatalogueAway:
                self._ended.wait(random.uniform(*RETRY_S))
            if not self._ended.is_set():
                self._refresh()

    def _refresh(self) -> None:
        try:
            log_report(self._library.refresh())
        except Exception:
            log.exception("the catalogue could not be read")
