"""The machines that the server's page shows."""

from __future__ import annotations

from fsm.handshake import HandshakeSession
from fsm.server import ServerSession
from monitor.catalogue import Catalogue

MAX_DOTS = 2000
"""So many a browser still moves without effort."""


def server_catalogue(tls: bool = False) -> Catalogue:
    """Return the server's machine; over TLS, also that of the handshakes before it."""
    return Catalogue([ServerSession, HandshakeSession] if tls else [ServerSession])
