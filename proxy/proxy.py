"""Listens, connects each client to the server, and relays between them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Callable

from proxy.faults import BLOCK_BYTES, Faults
from proxy.relay import Relay, Watcher

CONNECT_S = 10.0


class Proxy:
    """All connections through one port.

    host, port: of the server. faults: called with each connection's number, from 1. kernel_bytes:
    the size of the kernel's receive buffers; None leaves it to the kernel.
    """

    def __init__(
        self,
        host: str,
        port: int,
        watcher: Watcher,
        faults: Callable[[int], Faults] = lambda number: Faults(),
        kernel_bytes: int | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._watcher, self._faults = watcher, faults
        self._kernel_bytes = kernel_bytes
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.relays: list[Relay] = []
        """The connections that there are, oldest first."""
        self.on_relay: Callable[[Relay], None] = lambda relay: None

    def __repr__(self) -> str:
        return f"<Proxy to {self._host}:{self._port}, {len(self.relays)} connections>"

    async def listen(self, host: str, port: int) -> int:
        """Begin to listen; return the port. Raises OSError."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._shrink(listener)
            listener.bind((host, port))
        except BaseException:
            listener.close()
            raise
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=BLOCK_BYTES)
        return int(listener.getsockname()[1])

    def refuse(self) -> None:
        """Listen no more; the connections that there are go on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def close(self) -> None:
        """End everything."""
        self.refuse()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        host, port = (writer.get_extra_info("peername") or ("?", 0))[:2]
        self._watcher.opened(number, f"{host}:{port}")
        relay = Relay(number, self._faults(number), self._watcher)
        closing = [writer]
        try:
            server = await self._connect(relay)
            if server is not None:
                closing.append(server[1])
                self.relays.append(relay)
                self.on_relay(relay)
                await relay.run((reader, writer), server)
        finally:
            for each in closing:
                each.close()
            if relay in self.relays:
                self.relays.remove(relay)
            self._watcher.closed(number)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_S):
                for each in closing:
                    await each.wait_closed()

    async def _connect(
        self, relay: Relay
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Connect to the server; None, and told, if it cannot be had."""
        try:
            async with asyncio.timeout(CONNECT_S):
                server = await asyncio.open_connection(self._host, self._port, limit=BLOCK_BYTES)
        except (OSError, TimeoutError) as error:
            reason = getattr(error, "strerror", None) or str(error) or "no answer"
            relay.tell(f"no connection to the server: {reason}")
            return None
        except UnicodeError:
            relay.tell(f"no connection to the server: no host can be called {self._host!a}")
            return None
        self._shrink(server[1].get_extra_info("socket"))
        return server

    def _shrink(self, sock: socket.socket) -> None:
        if self._kernel_bytes is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._kernel_bytes)
