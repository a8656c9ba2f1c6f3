"""The machine that the server's page shows."""

from __future__ import annotations

from fsm.server import ServerSession
from monitor.catalogue import Catalogue

MAX_DOTS = 2000
"""So many a browser still moves without effort."""


def server_catalogue() -> Catalogue:
    """Return the server's machine."""
    return Catalogue([ServerSession])
