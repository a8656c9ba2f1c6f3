"""What comes from one client: requests out of bytes, no faster than the limits allow.

It knows neither socket nor event loop nor machine: the time is an argument, in seconds of
`time.monotonic()`.
"""

from __future__ import annotations

from fsm.events import Event, RequestsEnded
from net.server.connections.pace import Pace
from net.server.limits import Limits
from net.wire import RequestDecoder

LINGER_BYTES = 256 * 1024


class Incoming:
    """The receiving half of a connection.

    pace: the client's time limits. done: nothing more is read, because the client has shut down its
    side, or because what it sends is too much.
    """

    __slots__ = ("_decoder", "_discarded_bytes", "_throttled", "done", "pace")

    def __init__(self, limits: Limits, now: float, step_bytes: int = 0) -> None:
        """step_bytes: see `Limits.least_s`."""
        self.pace = Pace(limits, now, step_bytes)
        self._decoder = RequestDecoder(limits.request_bytes)
        self._discarded_bytes = 0
        self._throttled = False
        """The client sends too fast, and is not read from for a moment."""
        self.done = False

    def __repr__(self) -> str:
        state = "done" if self.done else "throttled" if self._throttled else "open"
        return f"<Incoming {state}, {self._decoder!r}>"

    @property
    def wanted(self) -> bool:
        """Whether to read from the client."""
        return not (self.done or self._throttled)

    def receive(self, data: bytes, now: float) -> tuple[list[Event], float]:
        """Take received bytes; b"": the client has shut down its sending side.

        Returns the events they complete, and for how many seconds nothing is to be read: after
        them `resume` is to be called.
        """
        if not data:
            self.done = True
            self.pace.requests_ended()
            return [RequestsEnded()], 0.0
        events = self._decoder.feed(data)
        pause_s = self.pace.received(len(events), self._decoder.pending_bytes, now, len(data))
        self._throttled = pause_s > 0
        return events, pause_s

    def resume(self, now: float) -> None:
        """Read again."""
        self._throttled = False
        self.pace.reading_resumed(now)

    def discard(self, data: bytes) -> None:
        """Ignore received bytes, where no request counts any more.

        To close while some are unread would reset the connection.
        """
        self._discarded_bytes += len(data)
        self.done = not data or self._discarded_bytes > LINGER_BYTES
