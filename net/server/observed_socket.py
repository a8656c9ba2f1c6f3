"""A socket of the server whose bytes are looked on at, both ways."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from net.observing import BytesObserver
from net.server.client_socket import ClientSocket

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Observed:
    """A mixin before a client's socket: it shows an observer what is received and sent.

    observer: set before the first byte.
    """

    observer: BytesObserver

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        data: bytes = super().recv(bufsize, flags)  # type: ignore[misc]  # a mixin
        self.observer.received(data)
        return data

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        sent: int = super().send(data, flags)  # type: ignore[misc]  # a mixin
        self.observer.sent(bytes(memoryview(data)[:sent]))
        return sent

    def send_file(self, fd: int, offset: int, count_bytes: int) -> int:
        sent: int = super().send_file(fd, offset, count_bytes)  # type: ignore[misc]  # a mixin
        self.observer.sent(os.pread(fd, sent, offset))
        return sent


class ObservedSocket(Observed, ClientSocket):
    """A client's socket in clear that is looked on at."""
