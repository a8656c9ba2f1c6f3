"""The server's listening socket and all its connections (RFC 2.3)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import sys

from net.connection import RECEIVE_BYTES, Connection
from songs import Library

SEND_BUFFER_BYTES = 16 * 1024
UNSENT_BYTES = 64 * 1024
TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25 if sys.platform == "linux" else None)


class StreamingServer:
    """All connections of one server. library: its songs."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._numbers = itertools.count(1)
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen, and return the address in use; port 0 picks a free one. Raises OSError."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=RECEIVE_BYTES)
        address = self._server.sockets[0].getsockname()
        return address[0], address[1]

    async def stop(self) -> None:
        """Accept no more and end every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _tune(writer)
        connection = Connection(next(self._numbers), reader, writer, self._library)
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await connection.run()
        finally:
            self._serving.discard(task)


def _tune(writer: asyncio.StreamWriter) -> None:
    """Keep little unsent in the process and in the kernel: a STOP is to be heard soon."""
    writer.transport.set_write_buffer_limits(high=SEND_BUFFER_BYTES)
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES)
