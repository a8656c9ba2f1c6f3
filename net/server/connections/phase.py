"""How far the socket of one connection has come; what is sent over it is the machine's decision."""

from __future__ import annotations

from enum import Enum


class Phase(Enum):
    """What is still done with the socket."""

    OPEN = "requests are read and answered"
    ENDING = "what waits is sent, then the sending side is shut down"
    LINGERING = "the sending side is shut down; what the client still sends is discarded"
    CLOSED = "the socket is closed"
