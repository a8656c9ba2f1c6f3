"""One process that serves, from its listening sockets to its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from fsm.frozen import dataclass
from fsm.table import each_of
from net.observing import ServerObserver
from net.server.accepting import StreamingServer
from net.server.limits import OWN_DESCRIPTORS, Limits, descriptors
from net.server.monitoring import Monitor
from net.server.securing import Securing
from net.server.sockets import LoopFactory
from net.server.song_list import RequestRescan
from net.server.spool_cache import SpoolCache
from songs import Library

log = logging.getLogger("alfine.server")

SWITCH_S = 0.001
"""How long a worker thread may run Python while the event loop waits for its turn."""
LEAST_FOR_SONGS = 32

Prepare = Callable[[Callable[[], None]], RequestRescan]
"""Called in the event loop, with what stops the server; returns what to call for every LIST."""


def on_signals(
    signals: Sequence[signal.Signals], loop: asyncio.AbstractEventLoop, act: Callable[[], None]
) -> None:
    """Have the loop call `act` for each of these signals; once it is closed they do nothing.

    Not by `add_signal_handler`: asyncio loses a signal that comes while the pipe by which threads
    wake the loop is full.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(act)

    for number in signals:
        signal.signal(number, on_signal)


def stop_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that end a server: SIGHUP only where it is not ignored, as by nohup."""
    hangup = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    return (signal.SIGINT, signal.SIGTERM, *hangup)


def ignore(signals: Sequence[signal.Signals]) -> None:
    """Let these signals change nothing any more: the process is about to exit, with its code.

    Python gives its own handlers back to the kernel before it exits, and a signal that comes then
    would be how the process ends.
    """
    for number in signals:
        signal.signal(number, signal.SIG_IGN)


@dataclass(frozen=True, slots=True)
class Serving:
    """What a process serves, and how.

    cache_dir: for the spools. monitor: looks on, if there is. observing: called in each process
    that serves, with the number of the worker, 0 if there is only one process; returns what looks
    on, or None. securing: the clients speak TLS.
    """

    library: Library
    limits: Limits
    cache_dir: Path
    loop_factory: LoopFactory
    monitor: Monitor | None = None
    observing: Callable[[int], ServerObserver | None] | None = None
    securing: Securing | None = None

    def run(
        self,
        listeners: Sequence[socket.socket],
        signals: Sequence[signal.Signals],
        prepare: Prepare,
        worker: int = 0,
    ) -> None:
        """Serve until a signal comes, or what `prepare` was given is called; twice: end at once.

        worker: its number, from 1, which stands before each connection's in the log; 0 if there is
        only one process.
        """
        sys.setswitchinterval(SWITCH_S)
        observer = self.observing(worker) if self.observing is not None else None
        with asyncio.Runner(loop_factory=self.loop_factory) as runner:
            tag = f"w{worker} " if worker else ""
            runner.run(self._serve(listeners, signals, prepare, tag, observer))
            ignore(signals)
        if observer is not None:
            observer.close()

    async def _serve(
        self,
        listeners: Sequence[socket.socket],
        signals: Sequence[signal.Signals],
        prepare: Prepare,
        tag: str,
        observer: ServerObserver | None,
    ) -> None:
        stopping, at_once = asyncio.Event(), asyncio.Event()

        def stop() -> None:
            (at_once if stopping.is_set() else stopping).set()

        on_signals(signals, asyncio.get_running_loop(), stop)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        monitor = self.monitor
        server = StreamingServer(
            self.library,
            self.limits,
            self._spools(),
            prepare(stop),
            tag,
            each_of(
                monitor.observe if monitor is not None else None,
                observer.step if observer is not None else None,
            ),
            observer,
            self.securing,
        )
        server.start(listeners)
        if monitor is not None:
            await monitor.start(server)
        await stopping.wait()
        log.info("%sstopping: songs may end within %g s", tag, self.limits.drain_s)
        await self._drain(server, at_once)
        server.stop()
        if monitor is not None:
            await monitor.stop()
        log.info("%sstopped", tag)

    def _spools(self) -> SpoolCache:
        most = max(LEAST_FOR_SONGS, descriptors() - self.limits.clients - OWN_DESCRIPTORS)
        return SpoolCache(self.library, self.cache_dir, self.limits.cache_bytes, most)

    async def _drain(self, server: StreamingServer, at_once: asyncio.Event) -> None:
        began = time.monotonic()
        ends = (asyncio.create_task(server.drain()), asyncio.create_task(at_once.wait()))
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
        log.debug("drained in %.1f s", time.monotonic() - began)
