"""Several processes that serve on one port: this one starts, replaces and stops them.

The listening sockets are this process's, so that a worker that dies takes only its connections with
it. Only this process scans the directory, so that a song has the same ID in all workers.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

from net.server.limits import Limits
from net.server.processes.first_scan import JOIN_S
from net.server.processes.monitoring import NoMonitor, Source, WorkersMonitor
from net.server.processes.parent_link import ParentLink
from net.server.processes.process import (
    WATCH_S,
    Serving,
    handled_signals,
    ignore,
    nothing,
    reload_signals,
    stop_signals,
)
from net.server.processes.scanning import Scanning
from net.server.processes.worker import Worker, songs_message
from net.server.securing import FILES_LOG
from net.server.songs.rescan import Rescan
from songs import change_between

log = logging.getLogger("alfine.server")

MIN_LIFE_S = 1.0
"""A worker that dies sooner is replaced after this time, not at once."""
SLOT_CHECK_S = 0.2


class Workers:
    """The workers of one server; each has a slot, which is the index of its listening sockets.

    groups: the listening sockets of each worker. in_worker: called first in each worker; returns
    what is called last. monitor: called around each fork.
    """

    def __init__(
        self,
        serving: Serving,
        groups: list[list[socket.socket]],
        rescan: Rescan,
        in_worker: Callable[[], Callable[[], None]],
        monitor: WorkersMonitor | None = None,
    ) -> None:
        self._serving = serving
        self._groups = groups
        self._rescan = rescan
        self._in_worker = in_worker
        self._monitor = monitor or NoMonitor()
        self._workers: dict[int, Worker] = {}
        """By slot."""
        self._free_slots: dict[int, float] = dict.fromkeys(range(len(groups)), 0.0)
        """Slots without a worker, and when each may have one, in `time.monotonic()`."""
        self._scanning = Scanning(rescan.scan)
        self._told = serving.library.songs
        """The list that all workers have, or are being told of."""
        self._signals = 0
        """How many signals to stop have come."""
        self._to_reload = self._told_ready = False
        self._told_alive_at = self._watched_at = 0.0
        self._wake_in, self._wake_out = os.pipe()
        """A byte comes through this pipe with every signal."""

    def __repr__(self) -> str:
        return f"<Workers {self._workers}, {len(self._free_slots)} free slots>"

    def run(self) -> None:
        """Serve until a signal to stop comes and all workers have ended; a second one hurries."""
        for fd in (self._wake_in, self._wake_out):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self._wake_out, warn_on_full_buffer=False)
        for number in stop_signals():
            signal.signal(number, self._on_signal)
        for number in reload_signals():
            signal.signal(number, self._on_reload_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, handled_signals())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._serving.library.call_on_publish(self._wake)
        forwarded = 0
        while self._workers or not self._signals:
            if not self._signals:
                self._fill_free_slots()
            self._wait()
            if self._signals and not forwarded:
                self._take_no_more()
            while forwarded < self._signals:
                forwarded += 1
                self._stop_workers()
            self._reap()
            if self._to_reload and not self._signals:
                self._reload()
            self._tell_changes()
            self._tell_manager()
            self._watch()
        ignore(handled_signals())
        self._scanning.join(JOIN_S)
        self._monitor.stop()
        log.info("all workers have stopped")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1

    def _on_reload_signal(self, number: int, frame: FrameType | None) -> None:
        self._to_reload = True

    def _wake(self) -> None:
        """Have `_wait` end: a scan, in another thread, has changed the list."""
        with contextlib.suppress(BlockingIOError):  # then it ends anyway
            os.write(self._wake_out, b"P")

    def _wait(self) -> None:
        """Wait until a worker sends something or dies, a signal comes, the list changes, or a
        slot may be filled.
        """
        channels = {w.channel: w for w in self._workers.values() if not w.ended}
        timeout_s = self._serving.manager.interval_s
        if self._serving.watch is not None:
            timeout_s = min(timeout_s, WATCH_S)
        if self._free_slots and not self._signals:
            timeout_s = min(timeout_s, SLOT_CHECK_S)
        sources: list[Source] = [self._wake_in, *channels]
        for source in self._monitor.wait(sources, timeout_s):
            if isinstance(source, socket.socket):
                self._receive(channels[source])
            else:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_in, 4096)

    # Workers start and end

    def _fill_free_slots(self) -> None:
        now = time.monotonic()
        for slot in [slot for slot, at in self._free_slots.items() if at <= now]:
            try:
                self._start(slot)
            except OSError as error:  # no memory, or no descriptors: the others go on meanwhile
                log.error("worker %d cannot be started: %s", slot + 1, error.strerror)
                self._free_slots[slot] = now + MIN_LIFE_S
            else:
                del self._free_slots[slot]

    def _start(self, slot: int) -> None:
        """Start the worker of this slot. Raises OSError: there is none."""
        self._monitor.before_fork(slot)
        ours, its = socket.socketpair()
        with its:
            try:
                pid = self._fork()
            except OSError:
                ours.close()
                raise
            if pid == 0:
                ours.close()
                self._run_worker(slot, its)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
        worker = Worker(pid, ours)
        try:
            self._monitor.in_parent(slot)
        except OSError:
            worker.end_now()
            raise
        self._workers[slot] = worker

    def _fork(self) -> int:
        """Fork where no scan is at work. Raises OSError.

        Until the worker handles SIGTERM, the kernel keeps it: a worker told to stop early stops.
        """
        sys.stdout.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
        try:
            with self._serving.library.scanning_paused():
                # What the others have not been told yet, this one knows: they are told first.
                self._tell_changes()
                return os.fork()
        except OSError:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
            raise

    def _run_worker(self, slot: int, channel: socket.socket) -> None:
        """Serve, in a new worker. Never returns: the parent's own work is not to go on here too."""
        code = 1
        at_exit: Callable[[], None] = sys.stdout.flush
        try:
            self._leave_to_parent(slot)
            at_exit = self._in_worker()
            interval_s = self._serving.manager.interval_s
            link = ParentLink(self._serving.library, channel, interval_s)
            signals = (signal.SIGTERM,)
            serving = replace(
                self._serving, manager=link, reload=None, watch=None, no_more_clients=nothing
            )
            serving.run(self._groups[slot], signals, link.prepare, slot + 1)
            code = 0
        except BaseException:
            log.exception("worker %d fails", slot + 1)
        finally:
            with contextlib.suppress(Exception):
                at_exit()
            os._exit(code)

    def _leave_to_parent(self, slot: int) -> None:
        """Undo what a new worker has inherited and only the parent, or another worker, needs."""
        signal.set_wakeup_fd(-1)
        self._serving.library.call_none_on_publish()  # the pipe to wake is the parent's
        # Each worker sees when a file has changed; the parent sees it, too, and says so.
        logging.getLogger(FILES_LOG).disabled = True
        # Ctrl-C reaches every process of a terminal; the parent forwards it as SIGTERM.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.close(self._wake_in)
        os.close(self._wake_out)
        self._monitor.in_worker(slot)
        for worker in self._workers.values():
            worker.channel.close()
        for other, group in enumerate(self._groups):
            for sock in group if other != slot else ():
                sock.close()

    def _reap(self) -> None:
        for slot, worker in list(self._workers.items()):
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if not pid:
                continue
            del self._workers[slot]
            worker.channel.close()
            if not self._signals:
                code = os.waitstatus_to_exitcode(status)
                log.error("worker %d has died (%s) and is replaced", slot + 1, code)
                now = time.monotonic()
                early = now - worker.started_at < MIN_LIFE_S
                self._free_slots[slot] = now + MIN_LIFE_S if early else now

    def _take_no_more(self) -> None:
        self._serving.manager.stopping()
        self._serving.no_more_clients()
        self._serving.library.stop_scanning()
        for group in self._groups:
            for sock in group:
                sock.close()

    def _stop_workers(self) -> None:
        for worker in self._workers.values():
            os.kill(worker.pid, signal.SIGTERM)

    # Songs

    def _receive(self, worker: Worker) -> None:
        """Note how a worker is; have the music looked at if it is time to and a client of it has
        sent LIST.
        """
        if worker.receive() and self._rescan.due(time.monotonic()):
            self._scanning.request()

    def _tell_changes(self) -> None:
        """Send the workers what the list has now and they do not have."""
        songs, versions = self._serving.library.listed
        if change := change_between(self._told, songs):
            for worker in list(self._workers.values()):
                worker.send(songs_message(change, versions))
        self._told = songs

    # How it goes

    def _reload(self) -> None:
        self._to_reload = False
        if (reload := self._serving.reload) is None:
            return
        self._serving.manager.reloading()
        if (limits := reload()) is not None:
            self._adopt(limits)
        if not self._rescan.is_first:
            self._scanning.request(anew=True)
        self._serving.manager.ready()

    def _adopt(self, limits: Limits) -> None:
        self._serving = replace(self._serving, limits=limits)
        for worker in list(self._workers.values()):
            worker.send(limits)

    def _watch(self) -> None:
        """Look at what may change at any time, if it is time to."""
        now = time.monotonic()
        if self._serving.watch is not None and now - self._watched_at >= WATCH_S:
            self._watched_at = now
            self._serving.watch()

    def _tell_manager(self) -> None:
        """Say that it is ready when all workers are, and after that how many clients there are."""
        now, manager = time.monotonic(), self._serving.manager
        clients = [worker.clients for worker in self._workers.values()]
        if not self._told_ready and not self._free_slots and None not in clients:
            self._told_ready = True
            manager.ready()
        if now - self._told_alive_at >= manager.interval_s:
            self._told_alive_at = now
            manager.alive(len(self._serving.library.songs), sum(filter(None, clients)))
        if manager.patience_s is not None:
            for slot, worker in self._workers.items():
                if now - worker.heard_at > manager.patience_s:
                    log.error("worker %d gives no sign of life, and is ended", slot + 1)
                    worker.heard_at = now
                    worker.kill()
