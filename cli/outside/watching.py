"""Watches the status of the running client, and says when it is not what was to be expected.

A position that advances while it plays is expected; a seek, another song or a pause is a change.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from cli.playing.changes import Watch
from cli.words.moment import Activity, Status

MIN_INTERVAL_S = 0.1
"""The player does what it is told a moment after the event; what comes in between is one change."""
RECHECK_S = 1.0
"""How long a song is to be read for its duration to be known is told by no event."""
POSITION_TOLERANCE_S = 0.5

RESTS = (Activity.STOPPED, Activity.PAUSED)

Listener = Callable[[Status, bool], None]
"""Called with the new status, and whether another place in the same song is played from now on."""


class StatusWatch:
    """Calls its listeners with each change, until it is cancelled.

    take: returns the present status.
    """

    def __init__(self, take: Callable[[], Status], changes: Watch) -> None:
        self._take = take
        self._changes = changes
        self._listeners: list[Listener] = []
        self._last, self._at = take(), time.monotonic()
        self._turned: float | None = None

    def __repr__(self) -> str:
        return f"<StatusWatch {self._last.activity.value} listeners={len(self._listeners)}>"

    def listen(self, listener: Listener) -> None:
        """Call the listener at each change from now on."""
        self._listeners.append(listener)

    def forget(self, listener: Listener) -> None:
        """Call the listener no more."""
        self._listeners.remove(listener)

    def since_s(self) -> float | None:
        """Return for how long it has played, or has not; None if it has never played."""
        self.look()
        return None if self._turned is None else time.monotonic() - self._turned

    async def run(self) -> None:
        """Watch, until cancelled. The server is not asked, and nothing is polled."""
        while True:
            unknown = self._last.activity not in RESTS and self._last.duration_s is None
            await self._changes.wait(RECHECK_S if unknown else None)
            await asyncio.sleep(MIN_INTERVAL_S)
            self.look()

    def look(self) -> None:
        """Compare the status with what is expected by now, and call the listeners if it differs."""
        status, now = self._take(), time.monotonic()
        expected = _advanced(self._last, now - self._at)
        same_song = _song(status) == _song(expected)
        moved = abs(status.position_s - expected.position_s) > POSITION_TOLERANCE_S
        if not moved and _lasting(status) == _lasting(expected):
            return
        if (status.activity in RESTS) != (self._last.activity in RESTS):
            self._turned = now
        self._last, self._at = status, now
        for listener in tuple(self._listeners):
            listener(status, moved and same_song)


def _advanced(status: Status, seconds: float) -> Status:
    """Return the status as it is so much later if nothing happens."""
    if status.activity is not Activity.PLAYING:
        return status
    position_s = status.position_s + max(0.0, seconds)
    if status.duration_s is not None:
        position_s = min(position_s, status.duration_s)
    return replace(status, position_s=position_s)


def _song(status: Status) -> tuple[object, ...]:
    return (status.activity is Activity.STOPPED, status.song_id, status.title)


def _lasting(status: Status) -> Status:
    """Return the status without what changes by itself while a song arrives and plays."""
    return replace(
        status,
        position_s=0.0,
        bitrate_kbps=None,
        variable_bitrate=False,
        received_bytes=0,
        received=None,
        buffered_msgs=0,
        needed_msgs=0,
        starts_in_s=None,
        retry_in_s=None,
        attempt=0,
        sleep_in_s=None if status.sleep_in_s is None else 0.0,
    )
