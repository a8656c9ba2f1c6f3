"""A client's socket, as a connection uses it: what else one may run over has the same verbs."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Protocol

from net.server.interest import Interest

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Sending(Protocol):
    """The verbs by which anything is sent. Each returns how many bytes, and raises OSError."""

    def send(self, data: ReadableBuffer, /) -> int:
        """Send at most these."""

    def send_file(self, fd: int, offset: int, count_bytes: int) -> int:
        """Send at most so much of a file from this offset on; 0: the file is shorter."""


class ClientSocket(socket.socket):
    """A client's socket in clear. It is made of a descriptor, which is its own from here on."""

    __slots__ = ()

    def send_file(self, fd: int, offset: int, count_bytes: int) -> int:
        """Have the kernel send."""
        return os.sendfile(self.fileno(), fd, offset, count_bytes)

    def interest(self, ack_s: float) -> Interest:
        """Return what has the event loop call the connection. ack_s: see Interest."""
        return Interest(self, ack_s)
