"""One connection to the server that is checked: it sends bytes, and never waits without a bound."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Sequence

RECEIVE_BYTES = 256 * 1024
RECEIVE_BUFFER_BYTES = 128 * 1024
"""Fixed and small: what the kernel holds of a song has come whatever is asked for next."""

Address = tuple[int, tuple[object, ...]]
"""A family, and an address of it, as getaddrinfo returns them."""


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a host. Raises OSError: it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


class Wire:
    """A connection. Made by `connect`."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    @classmethod
    async def connect(cls, addresses: Sequence[Address], timeout_s: float) -> Wire:
        """Connect to the first address that takes it. Raises OSError: none does, in time."""
        error: OSError = ConnectionRefusedError("the host has no address")
        for family, address in addresses:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                async with asyncio.timeout(timeout_s):
                    await asyncio.get_running_loop().sock_connect(sock, address)
                return cls(sock)
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
            return self._sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            pass
        except OSError:
            return b""
        await self._readable(timeout_s)
        try:
            return self._sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    async def _readable(self, timeout_s: float) -> None:
        """Wait until there is something to read.

        `sock_recv` of the event loop can lose what comes at the moment of its timeout.
        """
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(self._sock, readable.set)
        try:
            async with asyncio.timeout(timeout_s):
                await readable.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(self._sock)

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
