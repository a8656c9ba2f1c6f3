"""What `alfine server` says of its songs at the start."""

from __future__ import annotations

from cli.server_log import log
from songs import Library, ScanReport

SHOWN = 20
"""Files of a kind that are named; of more only the number is told."""


def log_library(library: Library, report: ScanReport) -> None:
    """Log how many songs there are, and each kind of file with which something is not as usual."""
    count = len(library.songs)
    if count:
        log.info("%d song%s", count, "" if count == 1 else "s")
    else:
        log.warning("warning: there is no MP3 in this folder; clients will see an empty list")
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
    for warning in report.warnings:
        log.warning("%s", warning)
