"""The monitor in the parent of workers: it serves the page, and sums over what they answer.

The parent forks, so its event loop runs only while the parent waits for something.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import socket
from collections.abc import Sequence

from monitor.catalogue import Catalogue
from monitor.sample import Change, History, Sample
from monitor.server.catalogue import MAX_DOTS, server_catalogue
from monitor.server.metrics import exposition
from monitor.server.remote import Remote
from monitor.server.totals import Totals, add, ended, nothing, open_descriptors
from monitor.server.worker import WorkerMonitor
from monitor.web import Site

Waited = int | socket.socket


class ParentMonitor:
    """A page for all workers. worker: to be the monitor of each. title: what is watched.

    tls: its clients speak TLS.
    """

    def __init__(
        self, listener: socket.socket, title: str, workers: int, tls: bool = False
    ) -> None:
        catalogue = server_catalogue(tls)
        self.worker = WorkerMonitor(catalogue, max(1, MAX_DOTS // workers))
        self._selector = selectors.DefaultSelector()
        self._loop = asyncio.SelectorEventLoop(self._selector)
        self._source = _WorkersSource(catalogue)
        self._site = Site(self._source, catalogue, "server", title)
        self._pair: tuple[socket.socket, socket.socket] | None = None
        self._loop.run_until_complete(self._site.start(listener))

    def __repr__(self) -> str:
        return f"<ParentMonitor {self._site}>"

    def wait(self, sources: Sequence[Waited], timeout_s: float | None) -> list[Waited]:
        """Serve the page until one of the sources can be read; return those that can."""
        return self._loop.run_until_complete(self._wait(sources, timeout_s))

    async def _wait(self, sources: Sequence[Waited], timeout_s: float | None) -> list[Waited]:
        ready: dict[Waited, None] = {}
        any_ready = asyncio.Event()

        def on_readable(source: Waited) -> None:
            ready[source] = None
            any_ready.set()

        for source in sources:
            self._loop.add_reader(source, on_readable, source)
        try:
            async with asyncio.timeout(timeout_s):
                await any_ready.wait()
        except TimeoutError:
            pass
        finally:
            for source in sources:
                self._loop.remove_reader(source)
        return list(ready)

    def before_fork(self, slot: int) -> None:
        """Make a channel for the worker."""
        self._close_pair()
        self._pair = socket.socketpair()

    def in_worker(self, slot: int) -> None:
        """Leave the page to the parent, and give the worker its end of the channel."""
        assert self._pair is not None
        ours, self.worker.channel = self._pair
        ours.close()
        # Closed, their numbers would be used again while the parent's objects, which live on here,
        # still believe that they are theirs.
        null = os.open(os.devnull, os.O_RDWR)
        for key in list(self._selector.get_map().values()):
            os.dup2(null, key.fd)
        os.close(null)

    def in_parent(self, slot: int) -> None:
        """Ask the new worker from now on."""
        assert self._pair is not None
        (ours, its), self._pair = self._pair, None
        its.close()
        self._loop.run_until_complete(self._source.add(ours))

    def _close_pair(self) -> None:
        """Close what a fork that failed has left."""
        for sock in self._pair or ():
            sock.close()
        self._pair = None

    def stop(self) -> None:
        """Tell who watches that the server has ended."""
        self._close_pair()
        self._loop.run_until_complete(self._site.stop())
        self._source.close()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


class _WorkersSource:
    """A Source that sums over workers."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._remotes: list[Remote] = []
        self._ended = nothing(len(catalogue.rows))
        """The counts of workers that have ended."""
        self._whole = False
        """Whether the last sample said all that there was to say."""

    async def add(self, channel: socket.socket) -> None:
        remote = Remote(channel, nothing(len(self._catalogue.rows)))
        await remote.open()
        self._remotes.append(remote)
        self._whole = False

    def close(self) -> None:
        for remote in self._remotes:
            remote.close()

    async def begin(self) -> Sample:
        self._drop_lost()
        remotes = list(self._remotes)
        await asyncio.gather(*(remote.begin() for remote in remotes))
        self._whole = all(remote.sample is not None for remote in remotes)
        return {**self._sum(remotes), "full": True, "rows": self._all_rows()}

    async def changes(self) -> Sample:
        self._drop_lost()
        if not self._whole:
            return await self.begin()
        remotes = list(self._remotes)
        await asyncio.gather(*(remote.changes() for remote in remotes))
        if any(remote.sample is None for remote in remotes):
            return await self.begin()
        return self._sum(remotes)

    def end(self) -> None:
        for remote in self._remotes:
            remote.end()

    async def history(self, name: str) -> History | None:
        found = await asyncio.gather(*(remote.history(name) for remote in self._remotes))
        return next((each for each in found if each is not None), None)

    async def metrics(self) -> bytes:
        await asyncio.gather(*(remote.count() for remote in self._remotes))
        self._drop_lost()
        totals = self._totals()
        totals["descriptors"] += open_descriptors()
        return exposition(totals, self._catalogue)

    def _totals(self) -> Totals:
        return add([self._ended, *(remote.totals for remote in self._remotes)])

    def _drop_lost(self) -> None:
        for remote in [remote for remote in self._remotes if remote.lost]:
            self._remotes.remove(remote)
            self._ended = add([self._ended, ended(remote.totals)])
            remote.close()
            self._whole = False

    def _all_rows(self) -> list[tuple[int, int]]:
        return [(number, fired) for number, fired in enumerate(self._totals()["rows"]) if fired]

    def _sum(self, remotes: Sequence[Remote]) -> Sample:
        samples = [remote.sample for remote in remotes if remote.sample is not None]
        rows = self._totals()["rows"]
        counts = self._catalogue.no_counts()
        changes: list[Change] = []
        for sample in samples:
            changes += sample["changes"]
            for machine, states in enumerate(sample["counts"]):
                counts[machine] = [a + b for a, b in zip(counts[machine], states, strict=True)]
        return {
            "full": False,
            "dots": [dot for sample in samples for dot in sample["dots"]],
            "gone": [name for sample in samples for name in sample["gone"]],
            "counts": counts,
            "rows": [
                (number, rows[number])
                for number in sorted({row[0] for sample in samples for row in sample["rows"]})
            ],
            "changes": sorted(changes, key=lambda change: change["at"]),
            "hidden": sum(sample["hidden"] for sample in samples),
            "sent_bytes": self._totals()["sent_bytes"],
            "measured_at": max((sample["measured_at"] for sample in samples), default=0.0),
        }
