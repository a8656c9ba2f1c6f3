"""Tells the player's owner what has happened, unless that is about a song that has been replaced.

Only the player's thread uses it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from audio.orders import Orders
from audio.playing_song import PlayingSong
from audio.reports import FramesRefused, PlayedOut, Report

_log = logging.getLogger(__name__)

UNTOLD_FRAMES = 10
"""So many frames that cannot be decoded are not reported: at 44.1 kHz a quarter of a second."""


class Reporter:
    """Sends reports to `report`, whose faults do not stop the player."""

    def __init__(self, report: Callable[[Report], None], orders: Orders) -> None:
        self._report = report
        self._orders = orders

    def __repr__(self) -> str:
        return f"<Reporter {self._orders!r}>"

    def send(self, report: Report) -> None:
        """Report it."""
        try:
            self._report(report)
        except Exception:
            _log.exception("the player's owner failed on %r", report)

    def if_current(self, song: PlayingSong, report: Report) -> None:
        """Report it if that song is still the present one."""
        if self._orders.is_current(song):
            self.send(report)

    def end(self, song: PlayingSong, report: Report | None) -> None:
        """Forget a song and report it, unless it has been replaced meanwhile."""
        if self._orders.end(song) and report:
            self.send(report)

    def played_out(self, song: PlayingSong) -> None:
        """Report that a song is over, and what of it could not be decoded."""
        frames, seconds = song.refused
        if frames > UNTOLD_FRAMES:
            self.send(FramesRefused(song.tag, frames, seconds))
        self.send(PlayedOut(song.tag, song.samples))
