"""The monitor of a worker: it serves no page, and answers what the parent asks."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

from fsm.table import Step
from monitor.catalogue import Catalogue
from monitor.record import Record
from monitor.server.channel import encoded, receive
from monitor.server.local import LocalServer
from monitor.server.totals import Server

log = logging.getLogger("alfine.server.monitor")

BEGIN, CHANGES, END, HISTORY, TOTALS = "begin", "changes", "end", "history", "totals"
"""What the parent asks for."""
LAST_TOTALS = 0
"""The number of the answer that comes unasked, when a worker ends."""


class WorkerMonitor:
    """Answers over a channel to the parent, which is set after the fork."""

    def __init__(self, catalogue: Catalogue, max_dots: int) -> None:
        self.channel: socket.socket | None = None
        self._catalogue = catalogue
        self._max_dots = max_dots
        self._record = Record(catalogue)
        self._local: LocalServer | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<WorkerMonitor {self._record}>"

    def observe(self, step: Step) -> None:
        """Observe one step of a connection's machine."""
        self._record.observe(step)

    async def start(self, server: Server) -> None:
        """Answer, in the running loop."""
        assert self.channel is not None, "it is set after the fork"
        server.counters.timing = True
        self._local = LocalServer(server, self._record, self._catalogue, self._max_dots)
        reader, self._writer = await asyncio.open_unix_connection(sock=self.channel)
        self._task = asyncio.create_task(self._answer_for_ever(reader, self._writer, self._local))

    async def stop(self) -> None:
        """Tell the parent the last counts."""
        if self._task is None or self._writer is None or self._local is None:
            return
        self._task.cancel()
        self._writer.write(encoded([LAST_TOTALS, self._local.totals()]))
        self._writer.close()
        await asyncio.wait([asyncio.ensure_future(self._writer.wait_closed())], timeout=1.0)

    async def _answer_for_ever(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, local: LocalServer
    ) -> None:
        try:
            while True:
                number, kind, name = await receive(reader)
                writer.write(encoded([number, _answer(local, kind, name)]))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the parent is gone, and this worker ends as well
        except Exception:
            log.exception("a fault in the monitor: this worker answers it no more")


def _answer(local: LocalServer, kind: str, name: str) -> Any:
    match kind:
        case "begin":
            return local.begin()
        case "changes":
            return local.changes()
        case "history":
            return local.history(name)
        case "totals":
            return local.totals()
    return local.end()
