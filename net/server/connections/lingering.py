"""The last moments of a connection: its sending side is shut down, the client takes the rest."""

from __future__ import annotations

import socket
import time

from net.server.limits import unacknowledged_bytes

LINGER_S = 1.0


class Lingering:
    """How long a shut-down connection stays. stall_s: how long the client may take for the rest."""

    __slots__ = ("_sock", "_stall_s", "_until")

    def __init__(self, sock: socket.socket, stall_s: float) -> None:
        self._sock, self._stall_s = sock, stall_s
        self._until = time.monotonic() + LINGER_S
        sock.shutdown(socket.SHUT_WR)

    def __repr__(self) -> str:
        return f"<Lingering until {self._until:.1f}>"

    def over(self, now: float) -> tuple[str, bool] | None:
        """Return why to close, and whether with a reset; None as long as the client may go on."""
        if now < self._until:
            return None
        if not unacknowledged_bytes(self._sock):
            return "closed", False
        late = now > self._until + self._stall_s
        return ("it did not take the rest", True) if late else None
