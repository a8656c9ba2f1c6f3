"""Listens for one client: each connection is served by the client's stage."""

from __future__ import annotations

import asyncio
from ssl import SSLContext

from check.client.connection import Connection
from check.client.stage import Stage

HOST = "127.0.0.1"


class Listener:
    """A listening socket of loopback, and the connections that came to it. tls: spoken there."""

    def __init__(self, stage: Stage, tls: SSLContext | None = None) -> None:
        self._stage, self._tls = stage, tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[Connection] = set()
        self._now: Connection | None = None
        self.port = 0
        self.accepted = 0

    async def open(self) -> None:
        """Listen; the second time at the same port. Raises OSError."""
        self._server = await asyncio.start_server(self._accept, HOST, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def now(self) -> Connection | None:
        """The connection that was made last, if it is open."""
        return self._now if self._now is not None and self._now.open else None

    def refuse(self) -> None:
        """Listen no more: whoever connects is refused."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def close(self) -> None:
        """End everything."""
        self.refuse()
        for connection in self._connections:
            connection.abandon()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.accepted += 1
        again = self.accepted > 1
        self._stage.journal.reconnections += again
        self._stage.journal.came("connected again" if again else "connected")
        connection = Connection(self._stage, reader, writer)
        self._connections.add(connection)
        self._now = connection
        if self._stage.closes_at_once:
            connection.close()
        self._stage.news.tell()
        try:
            await connection.serve()
        except asyncio.CancelledError:
            pass  # by close(); asyncio's own callback would print a task that is cancelled
        finally:
            self._tasks.discard(task)
            self._connections.discard(connection)
