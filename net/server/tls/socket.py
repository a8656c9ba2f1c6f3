"""A client's socket over which TLS is spoken, with the verbs of one in clear.

OpenSSL has buffers of its own. It takes bytes before the kernel has room for them, and then wants
the same ones again: what it has begun counts as sent, is kept here, and goes before all else. And
what it has decrypted can be read although the socket cannot.
"""

from __future__ import annotations

import asyncio
import errno
import os
import ssl
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from net.server.client_socket import ClientSocket
from net.server.interest import Interest
from net.server.observed_socket import Observed
from net.tls.words import seen_after_handshake

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

RECORD_BYTES = 16 * 1024
"""The most that one record of TLS holds. After more at once over kTLS, a socket that is held to
16 KiB by TCP_NOTSENT_LOWAT would never be writable again (Linux 6.1)."""
READ_BYTES = 4 * RECORD_BYTES
"""What is read of a file at once where this process encrypts."""
SOL_TLS, TLS_TX = 282, 1
_LATER = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


def _nothing() -> None:
    """Before there is anything to call."""


class TlsSocket(ClientSocket, ssl.SSLSocket):
    """What an SSLContext makes of a client's socket, if it is its `sslsocket_class`.

    in_kernel: the kernel encrypts what is sent. Without that a file that is sent by the kernel
    would leave in clear, so it is asked for each connection, after the handshake. reading_blocked:
    OpenSSL has to send something before it can go on to read.
    """

    in_kernel = reading_blocked = False
    _unsent = b""
    """At most one record, which OpenSSL has begun to send."""

    def shake_hands(self) -> None:
        """Go on with the handshake; return when it is over. Raises OSError, of which `_LATER` are
        to be taken for a wish to be called again.
        """
        self.do_handshake()
        try:
            self.getsockopt(SOL_TLS, TLS_TX, 4)
        except OSError:
            return
        self.in_kernel = True

    def interest(self, ack_s: float) -> TlsInterest:
        """Return what has the event loop call the connection."""
        return TlsInterest(self, ack_s)

    @property
    def unsent(self) -> bool:
        """`flush` is to be called when there is room in the socket."""
        return bool(self._unsent)

    # Receiving

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self.reading_blocked = False
        try:
            return super().recv(buflen, flags)
        except _LATER as error:
            self.reading_blocked = isinstance(error, ssl.SSLWantWriteError)
            raise BlockingIOError from None
        except ssl.SSLError as error:
            raise OSError(errno.EPROTO, seen_after_handshake(error)) from None

    # Sending

    def send(self, data: ReadableBuffer, flags: int = 0) -> int:
        """Send, or have OpenSSL take, at most what is given; return how much."""
        self.flush()
        view = memoryview(data)
        sent = 0
        while sent < len(view) and not self._unsent:
            sent += self._send_record(view[sent : sent + RECORD_BYTES])
        return sent

    def send_file(self, fd: int, offset: int, count_bytes: int) -> int:
        """Send at most so much of a file from this offset on; return how much."""
        self.flush()
        if self.in_kernel:
            return os.sendfile(self.fileno(), fd, offset, min(count_bytes, RECORD_BYTES))
        return TlsSocket.send(self, os.pread(fd, min(count_bytes, READ_BYTES), offset))

    def flush(self) -> None:
        """Send what was begun. Raises BlockingIOError as long as there is no room for it."""
        if self._unsent:
            record, self._unsent = self._unsent, b""
            if self._send_record(record) and self._unsent:
                raise BlockingIOError

    def _send_record(self, record: bytes | memoryview) -> int:
        try:
            return super().send(record)
        except ssl.SSLWantWriteError:
            self._unsent = bytes(record)
            return len(record)
        except ssl.SSLError as error:
            raise OSError(errno.EPROTO, seen_after_handshake(error)) from None

    # The end

    def shutdown(self, how: int) -> None:
        """Tell the client that nothing more comes; TLS says so as well, before TCP.

        What is received from then on is as it comes, encrypted. Raises BlockingIOError as long as
        not everything is sent.
        """
        self.flush()
        try:
            self.unwrap()
        except ssl.SSLWantWriteError:
            raise BlockingIOError from None
        except (OSError, ValueError):
            pass  # it is sent, and no answer waited for; or there is nobody any more to send it to
        super().shutdown(how)


class TlsInterest(Interest):
    """What the event loop is to call a connection over TLS for, OpenSSL's buffers included."""

    __slots__ = ("_called", "_on_readable", "_tls")

    def __init__(self, sock: TlsSocket, ack_s: float) -> None:
        super().__init__(sock, ack_s)
        self._tls = sock
        self._on_readable: Callable[[], None] = _nothing
        self._called = False
        """The connection is about to be called for what OpenSSL has decrypted."""

    def read(self, wanted: bool, on_readable: Callable[[], None]) -> None:
        self._on_readable = on_readable
        super().read(wanted and not self._tls.reading_blocked, on_readable)
        if wanted and not self._called and self._tls.pending():
            self._called = True
            asyncio.get_running_loop().call_soon(self._call)

    def _call(self) -> None:
        self._called = False
        if self.reading:
            self._on_readable()

    def write(self, wanted: bool, on_writable: Callable[[], None]) -> None:
        wanted = wanted or self._tls.unsent or self._tls.reading_blocked
        super().write(wanted, partial(self._on_room, on_writable))

    def _on_room(self, on_writable: Callable[[], None]) -> None:
        try:
            self._tls.flush()
        except BlockingIOError:
            return
        except OSError:
            pass  # the connection meets it as well, by the next of its calls
        if self._tls.reading_blocked:
            self._on_readable()
        on_writable()


class ObservedTlsSocket(Observed, TlsSocket):  # type: ignore[misc]  # both have the verbs
    """One that is looked on at: at the bytes of the protocol, which are not encrypted."""
