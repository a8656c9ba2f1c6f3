"""The monitor of a server that is one process: page and connections share its event loop."""

from __future__ import annotations

import socket

from fsm.table import Step
from monitor.catalogue import Catalogue
from monitor.record import Record
from monitor.sample import History, Sample
from monitor.server.catalogue import MAX_DOTS, server_catalogue
from monitor.server.local import LocalServer
from monitor.server.metrics import exposition
from monitor.server.totals import Server
from monitor.web import Site


class ProcessMonitor:
    """A page for one process. listener: it listens already. title: what is watched, for people.

    tls: its clients speak TLS.
    """

    def __init__(self, listener: socket.socket, title: str, tls: bool = False) -> None:
        self._listener, self._title = listener, title
        self._catalogue = server_catalogue(tls)
        self._record = Record(self._catalogue)
        self._site: Site | None = None

    def __repr__(self) -> str:
        return f"<ProcessMonitor {self._record} {self._site}>"

    def observe(self, step: Step) -> None:
        """Observe one step of a connection's machine."""
        self._record.observe(step)

    async def start(self, server: Server) -> None:
        """Serve the page, in the running loop."""
        server.counters.timing = True
        local = LocalServer(server, self._record, self._catalogue, MAX_DOTS)
        source = _LocalSource(local, self._catalogue)
        self._site = Site(source, self._catalogue, "server", self._title)
        await self._site.start(self._listener)

    async def stop(self) -> None:
        """Tell who watches that the server has ended."""
        if self._site is not None:
            await self._site.stop()


class _LocalSource:
    """A Source of one process."""

    def __init__(self, local: LocalServer, catalogue: Catalogue) -> None:
        self._local, self._catalogue = local, catalogue

    async def begin(self) -> Sample:
        return self._local.begin()

    async def changes(self) -> Sample:
        return self._local.changes()

    def end(self) -> None:
        self._local.end()

    async def history(self, name: str) -> History | None:
        return self._local.history(name)

    async def metrics(self) -> bytes:
        return exposition(self._local.totals(), self._catalogue)
