"""How fast one client asks and takes: says when that is too fast, or too slow, to go on with.

No clock and no socket: the time is told. All times are in seconds of `time.monotonic()`.
"""

from __future__ import annotations

from net.server.limits import Limits


class Pace:
    """One client's time-outs and its rate of requests.

    overdue() is asked at least once a second: no connection has a timer of its own.
    """

    __slots__ = (
        "_credit",
        "_credited_at",
        "_limits",
        "_progress_at",
        "_quiet_since",
        "_request_since",
        "_sent_bytes",
        "_window_bytes",
        "_window_since",
    )

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._credit = float(limits.requests_s)
        self._credited_at = now
        self._quiet_since = now
        self._request_since: float | None = None
        self._progress_at: float | None = None
        """When the client last took something; None while nothing waits for it to take."""
        self._sent_bytes = 0
        self._window_since = now
        self._window_bytes = 0
        """What had been sent when the window began."""

    def heard(self, requests: int, pending_bytes: int, now: float) -> float:
        """The client was heard: note it, and return for how many seconds not to read from it.

        requests: how many were completed. pending_bytes: of a request whose end is not here.
        """
        limit = self._limits.requests_s
        self._credit = min(limit, self._credit + (now - self._credited_at) * limit) - requests
        self._credited_at = now
        self._quiet_since = now
        if not pending_bytes:
            self._request_since = None
        elif requests or self._request_since is None:
            self._request_since = now
        return max(0.0, -self._credit / limit)

    def listening_again(self, now: float) -> None:
        """The client was not read from, so what it began to ask cannot have come on."""
        if self._request_since is not None:
            self._request_since = now

    def overdue(self, now: float, sent_bytes: int, *, full: bool, playing: bool) -> str | None:
        """Return why the client is to be cut off, or None.

        sent_bytes: to it, ever. full: there is more for it, and no room before it takes something.
        playing: it is being sent a song.
        """
        limits = self._limits
        progress, self._sent_bytes = sent_bytes != self._sent_bytes, sent_bytes
        if progress:
            self._quiet_since = now
        if self._request_since is not None and now - self._request_since > limits.request_s:
            return f"a request took longer than {limits.request_s:g} s"
        if not full:
            self._progress_at = None
            idle = not playing and now - self._quiet_since > limits.idle_s
            return f"idle for {limits.idle_s:g} s" if idle else None
        if self._progress_at is None:
            self._window_since, self._window_bytes = now, sent_bytes
        if progress or self._progress_at is None:
            self._progress_at = now
        if now - self._progress_at > limits.stall_s:
            return f"it took nothing for {limits.stall_s:g} s"
        return self._too_slow(now)

    def _too_slow(self, now: float) -> str | None:
        passed = now - self._window_since
        if passed < self._limits.rate_window_s:
            return None
        slow = self._sent_bytes - self._window_bytes < self._limits.rate_bytes_s * passed
        self._window_since, self._window_bytes = now, self._sent_bytes
        return f"it took less than {self._limits.rate_bytes_s} bytes/s" if slow else None
