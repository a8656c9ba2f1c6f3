"""One connection to the server that is checked: it sends bytes, and never waits without a bound."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from net.tls.trust import Expected

T = TypeVar("T")
WAIT_S = 0.01
RECEIVE_BYTES = 256 * 1024
RECEIVE_BUFFER_BYTES = 128 * 1024
"""Fixed and small: what the kernel holds of a song has come whatever is asked for next."""

Address = tuple[int, tuple[object, ...]]
"""A family, and an address of it, as getaddrinfo returns them."""


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a host. Raises OSError: it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, f"no host can be called {host!a}") from None
    return [(family, address) for family, _, _, _, address in found]


class Wire:
    """A connection. Made by `connect`."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    @staticmethod
    async def connect(
        addresses: Sequence[Address],
        timeout_s: float,
        tls: Expected | None = None,
        header: bytes = b"",
    ) -> Wire:
        """Connect to the first address that takes it. Raises OSError: none does, in time.

        header: sent before all else.
        """
        error: OSError = ConnectionRefusedError("the host has no address")
        for family, address in addresses:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                async with asyncio.timeout(timeout_s):
                    await asyncio.get_running_loop().sock_connect(sock, address)
                    await asyncio.get_running_loop().sock_sendall(sock, header)
                return Wire(sock) if tls is None else await _secured(sock, tls, timeout_s)
            except TimeoutError:
                error = TimeoutError(f"no answer within {timeout_s:g} s")
            except OSError as refused:
                error = refused
            except BaseException:
                sock.close()
                raise
            sock.close()
        raise error

    async def send(self, data: bytes, timeout_s: float) -> None:
        """Send all of it. Raises OSError, TimeoutError among them."""
        async with asyncio.timeout(timeout_s):
            await asyncio.get_running_loop().sock_sendall(self._sock, data)

    async def receive(self, timeout_s: float) -> bytes | None:
        """Return what has come, b"" at the connection's end, None after so much silence."""
        await asyncio.sleep(0)  # so that a flood does not keep the other cases from going on
        try:
            return self._received()
        except BlockingIOError:
            pass
        except OSError:
            return b""
        await self._readable(timeout_s)
        try:
            return self._received()
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _received(self) -> bytes:
        """Raises BlockingIOError: nothing has come."""
        return self._sock.recv(RECEIVE_BYTES)

    async def _readable(self, timeout_s: float) -> None:
        """Wait until there is something to read.

        `sock_recv` of the event loop can lose what comes at the moment of its timeout.
        """
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        number = self._sock.fileno()  # a socket would be formatted, as text, at every wait
        loop.add_reader(number, readable.set)
        try:
            async with asyncio.timeout(timeout_s):
                await readable.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(number)

    def shut_down_sending(self) -> None:
        """Tell the server that nothing more comes."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Close with RST, as a machine does whose program has died."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()


class TlsWire(Wire):
    """A connection over TLS. Its sending side is shut down by TCP alone: it still reads."""

    _sock: ssl.SSLSocket

    async def shake_hands(self, timeout_s: float) -> None:
        """Raises OSError: there is no TLS, in time."""
        async with asyncio.timeout(timeout_s):
            await self._done(self._sock.do_handshake)

    async def send(self, data: bytes, timeout_s: float) -> None:
        left = memoryview(data)
        async with asyncio.timeout(timeout_s):
            while left:
                left = left[await self._done(partial(self._sock.send, left)) :]

    def _received(self) -> bytes:
        try:
            return self._sock.recv(RECEIVE_BYTES)
        except ssl.SSLWantReadError:
            raise BlockingIOError from None

    def shut_down_sending(self) -> None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_WR)

    async def _done(self, act: Callable[[], T]) -> T:
        """Do this once OpenSSL can."""
        while True:
            try:
                return act()
            except ssl.SSLWantReadError:
                await self._readable(WAIT_S)
            except ssl.SSLWantWriteError:
                await asyncio.sleep(WAIT_S)


async def _secured(sock: socket.socket, tls: Expected, timeout_s: float) -> Wire:
    """Raises OSError: there is no TLS, or with another server than is meant."""
    wrapped = tls.wrap(sock)
    wire = TlsWire(wrapped)
    try:
        await wire.shake_hands(timeout_s)
        tls.verify(wrapped.getpeercert(binary_form=True))
    except ssl.SSLError as error:
        wire.close()
        raise tls.failed(error) from None
    except BaseException:
        wire.close()
        raise
    return wire
