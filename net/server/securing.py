"""What a server is given whose clients speak TLS: what begins their handshakes.

The server knows a handshake by this alone: it counts it as a connection until it is over.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Container
from typing import NamedTuple, Protocol

from fsm.table import Observer
from net.observing import BytesObserver
from net.server.client_socket import ClientSocket
from net.server.limits import Limits
from net.server.turns import Share

FILES_LOG = "alfine.server.files"
"""The logger for what is said of the files of TLS: of several processes that look, one says it."""


class Newcomer(NamedTuple):
    """Who has connected. name: for the log, with the address, which has the port. key: what it is
    counted under. quiet: only what goes wrong is in the log.
    """

    name: str
    address: str
    key: str
    quiet: bool


class Handshake(Protocol):
    """A handshake that is under way. why_refused: "" as long as the client may come in."""

    why_refused: str

    def sweep(self, now: float) -> None:
        """To be called at least once a second. now: `time.monotonic()`."""

    def shut_down(self) -> None:
        """End it: the server does."""


OnAdmitted = Callable[[Handshake, ClientSocket, str], None]
"""Called with the socket, and the name in the client's certificate, "" without one."""
OnClosed = Callable[[Handshake], None]


class Securing(Protocol):
    """Begins handshakes. refusal: what a client is sent instead of one where no more may come."""

    refusal: bytes

    def adopt(self, limits: Limits) -> None:
        """Have other limits for the handshakes that begin from now on."""

    def begin(
        self,
        sock: socket.socket,
        who: Newcomer,
        share: Share,
        crowded: Container[str],
        on_admitted: OnAdmitted,
        on_closed: OnClosed,
        observe: Observer | None,
    ) -> Handshake:
        """Begin one; exactly one of the two is called at its end.

        sock: accepted just now, and given up. crowded: the names of clients that have connections
        enough. Raises OSError: the client has gone already; the socket is closed.
        """

    def observed(self, sock: ClientSocket, observer: BytesObserver) -> ClientSocket:
        """Return the socket of an admitted client, looked on at from here on."""
