"""Frames songs in turns, each a slice at a time, in worker threads: none delays the others."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from net.server.songs.spool import Framed, Work

log = logging.getLogger("alfine.server")

FAULT = "a fault in the server"


class FramingTurns:
    """The worker threads of one cache. Whoever waits is in one line: a slice goes to its end again.

    threads: how many. may_grow: called before each slice of a spool. worked: called after each,
    when the spool has taken it and before those who wait for it are called.
    """

    def __init__(
        self,
        threads: int,
        may_grow: Callable[[Framed], bool],
        worked: Callable[[Framed, Work], None],
    ) -> None:
        self._may_grow, self._worked = may_grow, worked
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="spool")
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, work: Callable[[], None]) -> None:
        """Have a thread call this; it must not raise."""
        self._loop = asyncio.get_running_loop()
        self._threads.submit(work)

    def call_in_loop(self, function: Callable[..., None], *values: object) -> None:
        """Have the event loop call this; from a thread."""
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(function, *values)

    def grow(self, spool: Framed) -> None:
        """Frame a slice of this spool when it is its turn, if it wants one and may have it."""
        if spool.wants_work and self._may_grow(spool):
            spool.busy = True
            self.submit(lambda: self._work(spool))

    def soon(self, function: Callable[[], None]) -> None:
        """Have the event loop call this, when what goes on now has ended."""
        asyncio.get_running_loop().call_soon(function)

    def close(self) -> None:
        """Begin no further work."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _work(self, spool: Framed) -> None:
        try:
            work = spool.work()
        except Exception:
            log.exception("a fault in the server: song %d cannot be framed", spool.song_id)
            work = Work(failure=FAULT)
        self.call_in_loop(self._done, spool, work)

    def _done(self, spool: Framed, work: Work) -> None:
        spool.busy = False
        spool.apply(work)
        self._worked(spool, work)
        spool.wake()
        self.grow(spool)
