"""What a connection needs of the server it belongs to, and how far its socket can have come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from net.server.limits import Limits
from net.server.song_list import EncodedList
from net.server.spool_cache import SpoolCache
from songs import Library

if TYPE_CHECKING:
    from net.server.connection import Connection


class House(Protocol):
    """What all connections of a server share."""

    loop: asyncio.AbstractEventLoop
    library: Library
    limits: Limits
    spools: SpoolCache

    def listing(self, ready: Callable[[], None]) -> EncodedList | None:
        """Return the list of now; None if `ready` will be called when it is there."""

    def forget(self, connection: Connection) -> None:
        """The connection is gone."""


class Phase(Enum):
    """How far the socket has come; what is sent over it is the machine's to say."""

    OPEN = "it is served"
    ENDING = "what was begun is sent, then the sending side is shut down"
    LINGERING = "all is sent; the client is heard out for a moment"
    GONE = "the socket is closed"
