"""The monitor of a client: page and machines share its event loop."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from diagrams.overview import client_machines
from fsm.table import Session, Step
from monitor.catalogue import Catalogue
from monitor.client.local import LocalClient
from monitor.record import Record
from monitor.web import Site

FIRST = ("song", "player")
"""What most is seen of stands first."""


class ClientMonitor:
    """A page for one client. listener: it listens already. title: what is watched, for people."""

    def __init__(self, listener: socket.socket, title: str) -> None:
        self._listener, self._title = listener, title
        machines = sorted(client_machines(), key=lambda each: each.table.name not in FIRST)
        self._catalogue = Catalogue(machines)
        self._record = Record(self._catalogue)
        self._site: Site | None = None

    def __repr__(self) -> str:
        return f"<ClientMonitor {self._record} {self._site}>"

    def observe(self, step: Step) -> None:
        """Observe one step of one of the machines."""
        self._record.observe(step)

    async def start(self, machines: Mapping[str, Session[Any]]) -> None:
        """Serve the page, in the running loop."""
        source = LocalClient(machines, self._record, self._catalogue)
        self._site = Site(source, self._catalogue, "client", self._title)
        await self._site.start(self._listener)

    async def stop(self) -> None:
        """Tell who watches that the client has ended."""
        if self._site is not None:
            await self._site.stop()
