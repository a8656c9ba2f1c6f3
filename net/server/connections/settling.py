"""Waits until a peer that finds the ends of messages by its reads has taken what was sent.

Deployed clients take for one message what one read returns (protocol.md 9): behind a message that
is not of full length nothing may be sent before they have read it (protocol.md 8).
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable

from net.server.limits import unacknowledged_bytes

QUIET_S = 0.02
"""After the peer's kernel has everything: the time that its program has to read it."""
LEAST_POLL_S, MOST_POLL_S = 0.004, 0.5
POLLS = 4
"""The queue is looked at again after a fourth of the time that was waited already, so that a wait
is at most a fourth longer than it has to be, and long waits of thousands of peers cost little."""


class Settling:
    """One such wait, from the moment when a message has been handed to the socket.

    settled: called once, in the event loop, unless `cancel` is called before.
    """

    __slots__ = ("_began", "_empty_at", "_settled", "_sock", "_timer")

    def __init__(self, sock: socket.socket, settled: Callable[[], None]) -> None:
        self._sock, self._settled = sock, settled
        self._began = time.monotonic()
        self._empty_at: float | None = None
        """When the socket's send queue was seen to be empty."""
        self._timer: asyncio.TimerHandle | None = None
        self._poll()

    def __repr__(self) -> str:
        state = "sending" if self._empty_at is None else "quiet"
        return f"<Settling {state} for {time.monotonic() - self._began:.3f} s>"

    def cancel(self) -> None:
        """Call nobody; to be called before the socket is closed."""
        if self._timer is not None:
            self._timer.cancel()

    def _poll(self) -> None:
        now = time.monotonic()
        if self._empty_at is None and (self._reset() or not unacknowledged_bytes(self._sock)):
            self._empty_at = now
        if self._empty_at is None:
            pause_s = min(max((now - self._began) / POLLS, LEAST_POLL_S), MOST_POLL_S)
        else:
            pause_s = self._empty_at + QUIET_S - now
        if pause_s > 0:
            # An event loop may count the pause from the beginning of its turn: it is looked again.
            self._timer = asyncio.get_running_loop().call_later(pause_s, self._poll)
        else:
            self._settled()

    def _reset(self) -> bool:
        """The peer has reset the connection: the queue stays as it is, and is never empty."""
        return bool(self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
