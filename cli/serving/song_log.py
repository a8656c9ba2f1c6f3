"""What `alfine server` says of its songs: how far they are read, how many there are, and which of
the files are not as usual.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from cli.serving.log import StatusLine, log, status_line
from songs import Library, Progress, ScanReport

SHOWN = 20
"""Files of a kind that are named; of more only the number is told."""
EVERY_S = 3.0
"""Between two lines in the log that say how far it is."""
BAR_COLUMNS = 20


def log_library(library: Library, report: ScanReport) -> None:
    """Log how many songs there are, and each kind of file with which something is not as usual."""
    count = len(library.songs)
    if count:
        log.info("%d song%s", count, "" if count == 1 else "s")
    elif report.looked:
        log.warning("warning: there is no MP3 in this folder; clients will see an empty list")
    if report.new_catalogue and count:
        log.info("the catalogue is new: IDs are in the order of the list, and stay as they are")
    for path, reason in report.unusable[:SHOWN]:
        log.warning("cannot use %s: %s", path, reason)
    if len(report.unusable) > SHOWN:
        log.warning("and %d files more that cannot be used", len(report.unusable) - SHOWN)
    for path, reason in report.untitled[:SHOWN]:
        log.warning("%s is shown by its file's name: %s", path, reason)
    if len(report.untitled) > SHOWN:
        log.warning("and %d songs more by their file's name", len(report.untitled) - SHOWN)
    for path, target in report.followed[:SHOWN]:
        log.info("following the link %s to %s", path, target)
    if len(report.followed) > SHOWN:
        log.info("and %d links more", len(report.followed) - SHOWN)
    if not report.looked and not report.warnings:
        log.info("another server looks for songs; they are listed as it finds them")
    for warning in report.warnings:
        log.warning("%s", warning)


class ProgressLog:
    """Says how far a scan has come: by a bar on a terminal, else by a line every few seconds.

    show: shows a text below the log; None where that is not possible.
    """

    def __init__(self, show: Callable[[str], None] | None = None) -> None:
        possible = status_line.show if StatusLine.possible() else None
        self._show = show or possible
        self._logged_at = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Take how far it is."""
        if self._show is not None:
            self._show(f"{bar(progress)}reading songs: {in_words(progress)}")
        elif time.monotonic() - self._logged_at >= EVERY_S:
            self._logged_at = time.monotonic()
            log.info("reading songs: %s", in_words(progress))

    def over(self) -> None:
        """Say no more."""
        if self._show is not None:
            self._show("")


def in_words(progress: Progress) -> str:
    """Return how far it is, as in `12,300 of about 100,000, 3 min left`."""
    if progress.total is None:
        return f"{progress.done:,} found"
    done = f"{progress.done:,} of about {progress.total:,}"
    return done if progress.left_s is None else f"{done}, {_duration(progress.left_s)} left"


def bar(progress: Progress) -> str:
    """Return a bar of a fixed width and a space; "" while it is not known how much there is."""
    if not progress.total:
        return ""
    full = BAR_COLUMNS * progress.done // progress.total
    return f"[{'#' * full}{'-' * (BAR_COLUMNS - full)}] "


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.0f} h"
