"""A socket of the server whose bytes are looked on at, both ways."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from net.observing import BytesObserver

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class ObservedSocket(socket.socket):
    """A client's socket that shows an observer what is received and sent.

    sock: given up; this takes its descriptor. What `sendfile` sends passes by `send`: the spool
    calls `sent_by_kernel`.
    """

    __slots__ = ("_observer",)

    def __init__(self, sock: socket.socket, observer: BytesObserver) -> None:
        super().__init__(sock.family, sock.type, sock.proto, fileno=sock.detach())
        self.setblocking(False)
        self._observer = observer

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        data = super().recv(bufsize, flags)
        self._observer.received(data)
        return data

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        sent = super().send(data, flags)
        self._observer.sent(bytes(memoryview(data)[:sent]))
        return sent

    def sent_by_kernel(self, data: bytes) -> None:
        """Show what was sent without passing through this process."""
        self._observer.sent(data)
