"""The first scan of the music directory, in a thread of its own: the server listens meanwhile."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable

from net.server.processes.process import start_thread
from songs import Library, MusicDirError, Progress, ScanReport, ScanStopped

log = logging.getLogger("alfine.server")

AWAITED_S = 0.3
AWAITED_FILES = 2000
"""A scan of fewer files is waited for even where that takes longer: so the first list of a small
library is whole, on a busy machine too."""
SONGS_AWAITED_S = 0.8
"""So long some songs are waited for."""
MOST_AWAITED_S = 5.0
STEP_S = 0.02
JOIN_S = 5.0


class FirstScan:
    """One library's first scan. progress: called with how far it has come, a few times a second;
    over: when it is over, with its report, None if it has failed, and the seconds that it took.
    Both in its thread.
    """

    def __init__(
        self,
        library: Library,
        progress: Callable[[Progress], None],
        over: Callable[[ScanReport | None, float], None],
    ) -> None:
        self._library = library
        self._progress = progress
        self._over = over
        self._files = 0
        self._thread = threading.Thread(target=self._run, name="first scan", daemon=True)
        self._began = time.monotonic()

    def __repr__(self) -> str:
        return f"<FirstScan {'running' if self.running else 'over'}, {self._files} files>"

    @property
    def running(self) -> bool:
        """It is not over."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin. Signals to the process stay with the thread that calls this."""
        start_thread(self._thread)

    def wait(self) -> None:
        """Wait until it is over, or certainly takes long and has listed something."""
        while self.running and not self._takes_long(time.monotonic() - self._began):
            self._thread.join(STEP_S)

    def end(self) -> None:
        """End it early if it is not over."""
        self._library.stop_scanning()
        self._thread.join(JOIN_S)

    def _takes_long(self, seconds: float) -> bool:
        songs = len(self._library.songs)  # with a catalogue, more than files were looked at so far
        listed = songs > 0 or seconds > SONGS_AWAITED_S
        many = max(self._files, songs) > AWAITED_FILES and listed
        return seconds > AWAITED_S and (many or seconds > MOST_AWAITED_S)

    def _run(self) -> None:
        # A scan makes no circles. To look for some again and again, in more and more songs, would
        # take a quarter of its time.
        gc.disable()
        try:
            report = self._report()
            self._over(report, time.monotonic() - self._began)
        except ScanStopped:
            pass
        finally:
            gc.enable()
            gc.freeze()

    def _report(self) -> ScanReport | None:
        try:
            return self._library.scan(self._note)
        except MusicDirError as error:
            log.error("%s", error)
        except ScanStopped:
            raise
        except Exception:
            log.exception("the music directory could not be looked at")
        return None

    def _note(self, progress: Progress) -> None:
        self._files = max(self._files, progress.done)
        self._progress(progress)
