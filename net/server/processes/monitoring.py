"""What a monitor of the server is called with, and when. It looks on and changes nothing.

A process that serves has a Monitor. Where there are workers, each of them has one, and the parent
has a WorkersMonitor, which is told of every fork and lends the parent its event loop to wait in.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Sequence
from typing import Protocol

from fsm.table import Step
from net.server.accepting.server import StreamingServer

Source = int | socket.socket


class Monitor(Protocol):
    """Monitors a process that serves."""

    def observe(self, step: Step) -> None:
        """Called with every step of every connection's machine."""

    async def start(self, server: StreamingServer) -> None:
        """Called in the event loop, when the server has begun to accept."""

    async def stop(self) -> None:
        """Called in the event loop, when all its connections are closed."""


class WorkersMonitor(Protocol):
    """Monitors in the parent of workers. Slots are those of `Workers`."""

    def wait(self, sources: Sequence[Source], timeout_s: float | None) -> list[Source]:
        """Return those of the sources that can be read, as soon as there are any."""

    def before_fork(self, slot: int) -> None:
        """Called before the worker of this slot is forked; again where that has failed."""

    def in_worker(self, slot: int) -> None:
        """Called first in the new worker."""

    def in_parent(self, slot: int) -> None:
        """Called in the parent once the worker is forked. Raises OSError: it is ended then, and
        another one forked later.
        """

    def stop(self) -> None:
        """Called in the parent when all workers have ended."""


class NoMonitor:
    """Where nobody monitors the workers."""

    def wait(self, sources: Sequence[Source], timeout_s: float | None) -> list[Source]:
        """Wait without an event loop."""
        return select.select(sources, (), (), timeout_s)[0]

    def before_fork(self, slot: int) -> None:
        """Do nothing; so do the others."""

    def in_worker(self, slot: int) -> None:
        """Do nothing."""

    def in_parent(self, slot: int) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""
