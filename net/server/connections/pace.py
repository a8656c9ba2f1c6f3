"""How fast one client sends requests and takes bytes, held against the limits.

It has no clock and no socket: the time is an argument, in seconds of `time.monotonic()`.
"""

from __future__ import annotations

from net.server.counters import Exceeded
from net.server.limits import Limits

REQUEST_BYTES = 128
"""So many received bytes count as a request."""
LEAST_COST = 1 / 16
"""What any read counts, in requests, however little was received."""


class Pace:
    """One client's time limits and rate of requests.

    `overdue` is to be called at least once a second: a connection has no timer of its own.
    """

    __slots__ = (
        "_credit",
        "_credited_at",
        "_limits",
        "_progress_at",
        "_request_since",
        "_stall_s",
        "_taken_bytes",
        "_window_bytes",
        "_window_since",
        "quiet_since",
    )

    def __init__(self, limits: Limits, now: float, step_bytes: int = 0) -> None:
        """step_bytes: see `Limits.least_s`."""
        self._limits = limits
        self._stall_s = limits.least_s(limits.stall_s, step_bytes)
        self._credit = float(limits.requests_s)
        """How many requests may come at once; grows by `requests_s` a second up to `requests_s`."""
        self._credited_at = now
        self.quiet_since = now
        """When the client last sent or took something, or came."""
        self._request_since: float | None = None
        self._progress_at: float | None = None
        """When bytes were last taken; None while nothing waits for room in the socket."""
        self._taken_bytes = 0
        self._window_since = now
        self._window_bytes = 0
        """How many bytes had been taken when the window began."""

    def received(
        self, requests: int, pending_bytes: int, now: float, received_bytes: int = 0
    ) -> float:
        """Count what was received; return for how many seconds not to read from the client.

        requests: how many were completed. pending_bytes: of a request without its end.
        received_bytes: all that were, since line ends, which are no request, take time as well.
        """
        limit = self._limits.requests_s
        cost = max(requests, received_bytes / REQUEST_BYTES, LEAST_COST)
        self._credit = min(limit, self._credit + (now - self._credited_at) * limit) - cost
        self._credited_at = now
        self.quiet_since = now
        if not pending_bytes:
            self._request_since = None
        elif requests or self._request_since is None:
            self._request_since = now
        return max(0.0, -self._credit / limit)

    def requests_ended(self) -> None:
        """End the time of a pending request: its rest will not come."""
        self._request_since = None

    def request_overdue(self, now: float) -> bool:
        """Return whether a request has taken too long to come."""
        since = self._request_since
        return since is not None and now - since > self._limits.request_s

    def reading_resumed(self, now: float) -> None:
        """Restart the time of a pending request: its rest could not be read meanwhile."""
        if self._request_since is not None:
            self._request_since = now

    def overdue(
        self, now: float, taken_bytes: int, *, full: bool, playing: bool
    ) -> Exceeded | None:
        """Return which limit the client exceeds, in words, or None.

        taken_bytes: since the connection began, by the client's kernel. full: more is to be sent,
        and the socket has no room before the client takes something. playing: a song is being sent.
        """
        limits = self._limits
        progress, self._taken_bytes = taken_bytes != self._taken_bytes, taken_bytes
        if progress:
            self.quiet_since = now
        if full:
            return self._stalled(now, progress) or self._too_slow(now)
        self._progress_at = None
        idle = not playing and now - self.quiet_since > limits.idle_s
        return Exceeded("idle-time", f"idle for {limits.idle_s:g} s") if idle else None

    def _stalled(self, now: float, progress: bool) -> Exceeded | None:
        if self._progress_at is None:
            self._window_since, self._window_bytes = now, self._taken_bytes
        if progress or self._progress_at is None:
            self._progress_at = now
        stalled = now - self._progress_at > self._stall_s
        words = f"it took nothing for {self._stall_s:.3g} s"
        return Exceeded("stall-time", words) if stalled else None

    def _too_slow(self, now: float) -> Exceeded | None:
        passed_s = now - self._window_since
        if passed_s < self._limits.rate_window_s:
            return None
        slow = self._taken_bytes - self._window_bytes < self._limits.rate_bytes_s * passed_s
        self._window_since, self._window_bytes = now, self._taken_bytes
        words = f"it took less than {self._limits.rate_bytes_s} bytes/s"
        return Exceeded("least-rate", words) if slow else None
