"""Clients for whom there is no room: each is told so, and the log hears of them together."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections import deque

log = logging.getLogger("alfine.server")

LOG_S = 1.0
"""Between two lines about clients that were refused."""
MOST = 64
"""Refused sockets that stay open for a moment: a close at once could drop the refusal."""


class Refused:
    """The clients that were refused a moment ago."""

    def __init__(self) -> None:
        self._socks: deque[socket.socket] = deque()
        self._not_logged = 0
        self._logged_at = time.monotonic()

    def __repr__(self) -> str:
        return f"<Refused {len(self._socks)} open, {self._not_logged} not logged>"

    def refuse(self, sock: socket.socket, refusal: bytes) -> int:
        """Send a refusal, as far as there is room; return how many bytes of it were sent."""
        self._not_logged += 1
        sent = 0
        with contextlib.suppress(OSError):
            sent = sock.send(refusal)
            sock.shutdown(socket.SHUT_WR)
        self._socks.append(sock)
        if len(self._socks) > MOST:
            self._socks.popleft().close()
        return sent

    def sweep(self, now: float) -> None:
        """Close their sockets and log how many there were: at most once a second."""
        if now - self._logged_at < LOG_S:
            return
        self._logged_at = now
        self.close()
        if self._not_logged:
            log.warning("refused %d: there are clients enough", self._not_logged)
            self._not_logged = 0

    def close(self) -> None:
        """Close their sockets."""
        while self._socks:
            self._socks.popleft().close()
