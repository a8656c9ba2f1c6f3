"""One process that serves, from its listening sockets to its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from types import FrameType

from fsm.frozen import dataclass
from fsm.table import each_of
from net.observing import ServerObserver
from net.server.accepting.server import StreamingServer
from net.server.accepting.sockets import LoopFactory
from net.server.limits import OWN_DESCRIPTORS, Limits, descriptors
from net.server.processes.manager import Controls, Manager, NoManager, Reload
from net.server.processes.monitoring import Monitor
from net.server.securing import Securing
from net.server.songs.song_list import RequestRescan
from net.server.songs.spool_cache import SpoolCache
from songs import Library

log = logging.getLogger("alfine.server")

SWITCH_S = 0.001
"""How long a worker thread may run Python while the event loop waits for its turn."""
WATCH_S = 3.0
"""What may change at any time is looked at so often."""
LEAST_FOR_SONGS = 32

Prepare = Callable[[Controls], RequestRescan]
"""Called in the event loop; returns what to call for every LIST."""


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


@cache
def has_terminal() -> bool:
    """Return whether the process was started from a terminal, whose end is told by SIGHUP."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _hangup(meant: bool) -> tuple[signal.Signals, ...]:
    """Return SIGHUP if that is meant, and it is not ignored, as by nohup."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return (signal.SIGHUP,) if meant and not ignored else ()


def stop_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that end a server: SIGHUP only if it is the end of its terminal."""
    return (signal.SIGINT, signal.SIGTERM, *_hangup(has_terminal()))


def reload_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that have a server read its settings again: SIGHUP, for a service."""
    return _hangup(not has_terminal())


def handled_signals() -> tuple[signal.Signals, ...]:
    """Return all signals that mean something to a server."""
    return (*stop_signals(), *reload_signals())


def ignore(signals: Sequence[signal.Signals]) -> None:
    """Let these signals change nothing any more: the process is about to exit, with its code.

    Python gives its own handlers back to the kernel before it exits, and a signal that comes then
    would be how the process ends.
    """
    for number in signals:
        signal.signal(number, signal.SIG_IGN)


def start_thread(thread: threading.Thread) -> None:
    """Begin a thread. Signals to the process stay with the thread that calls this.

    Raises RuntimeError: the system has no room for another one.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, handled_signals())
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What a process serves, and how.

    cache_dir: for the spools. monitor: looks on, if there is. observing: called in each process
    that serves, with the number of the worker, 0 if there is only one process; returns what looks
    on, or None. securing: the clients speak TLS. manager: is told how it goes. reload: called when
    a signal says so. watch: called every WATCH_S, in one process alone; None: nothing may change by
    itself. passed: the listening sockets are another's, who keeps them when this ends.
    no_more_clients: called once, when a signal has come and before songs end.
    """

    library: Library
    limits: Limits
    cache_dir: Path
    loop_factory: LoopFactory
    monitor: Monitor | None = None
    observing: Callable[[int], ServerObserver | None] | None = None
    securing: Securing | None = None
    manager: Manager = NoManager()
    reload: Reload | None = None
    watch: Callable[[], None] | None = None
    passed: bool = False
    no_more_clients: Callable[[], None] = nothing

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
            ignore((*signals, *reload_signals()))
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
        loop = asyncio.get_running_loop()

        def stop() -> None:
            (at_once if stopping.is_set() else stopping).set()

        on_signals(signals, loop, stop)
        controls = Controls(stop, lambda limits: server.adopt(limits))
        server = self._server(prepare(controls), tag, observer)
        if self.reload is not None:
            on_signals(reload_signals(), loop, partial(self._reload, server, self.reload))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (*signals, *reload_signals()))
        server.start(listeners)
        if self.monitor is not None:
            await self.monitor.start(server)
        self.manager.ready()
        tasks = [asyncio.create_task(self._tell(server))]
        if self.watch is not None:
            tasks.append(asyncio.create_task(_repeat(self.watch)))
        await stopping.wait()
        self.manager.stopping()
        self.no_more_clients()
        log.info("%sstopping: songs may end within %g s", tag, server.limits.drain_s)
        await self._drain(server, at_once)
        self.library.stop_scanning()  # the event loop's end waits for its threads
        server.stop()
        for task in tasks:
            task.cancel()
        if self.monitor is not None:
            await self.monitor.stop()
        log.info("%sstopped", tag)

    def _server(
        self, request_rescan: RequestRescan, tag: str, observer: ServerObserver | None
    ) -> StreamingServer:
        return StreamingServer(
            self.library,
            self.limits,
            self._spools(),
            request_rescan,
            tag,
            each_of(
                self.monitor.observe if self.monitor is not None else None,
                observer.step if observer is not None else None,
            ),
            observer,
            self.securing,
        )

    def _reload(self, server: StreamingServer, reload: Reload) -> None:
        self.manager.reloading()
        if (limits := reload()) is not None:
            server.adopt(limits)
        self.manager.ready()

    async def _tell(self, server: StreamingServer) -> None:
        """Give signs of life for ever; that the event loop has come here is one."""
        while True:
            self.manager.alive(len(self.library.songs), server.clients)
            await asyncio.sleep(self.manager.interval_s)

    def _spools(self) -> SpoolCache:
        most = max(LEAST_FOR_SONGS, descriptors() - self.limits.clients - OWN_DESCRIPTORS)
        return SpoolCache(self.library, self.cache_dir, self.limits.cache_bytes, most)

    async def _drain(self, server: StreamingServer, at_once: asyncio.Event) -> None:
        began = time.monotonic()
        ends = (asyncio.create_task(server.drain(self.passed)), asyncio.create_task(at_once.wait()))
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
        log.debug("drained in %.1f s", time.monotonic() - began)


async def _repeat(watch: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(WATCH_S)
        watch()
