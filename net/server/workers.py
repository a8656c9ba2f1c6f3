"""Several processes that serve on one port: this one starts, replaces and stops them.

The listening sockets are this process's, so that a worker that dies takes only its connections with
it. Only this process scans the directory, so that a song has the same ID in all workers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

from net.server.monitoring import NoMonitor, Source, WorkersMonitor
from net.server.process import Serving, ignore, nothing, stop_signals
from net.server.rescan import MIN_PAUSE_S, Rescan
from net.server.song_list import RequestRescan
from songs import Change, Details, Library, Song, Versions, change_between

log = logging.getLogger("alfine.server")

MIN_LIFE_S = 1.0
"""A worker that dies sooner is replaced after this time, not at once."""
SLOT_CHECK_S = 0.2
SEND_TIMEOUT_S = 5.0
RESCAN_WANTED = b"L"
"""One byte from a worker to the parent: a client has sent LIST."""
_LENGTH = struct.Struct("!I")
"""Stands before each pickled list of songs from the parent. Not `multiprocessing.connection`: its
`recv` would block the worker's event loop, and its `send` has no timeout."""


class _Worker:
    """One worker, as the parent sees it. channel: RESCAN_WANTED comes from it, songs go to it."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid, self.channel = pid, channel
        self.started_at = time.monotonic()
        self.ended = False
        """Its channel is closed; its process is reaped soon."""

    def __repr__(self) -> str:
        return f"<_Worker {self.pid}{' ended' if self.ended else ''}>"


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
        self._workers: dict[int, _Worker] = {}
        """By slot."""
        self._free_slots: dict[int, float] = dict.fromkeys(range(len(groups)), 0.0)
        """Slots without a worker, and when each may have one, in `time.monotonic()`."""
        self._told = serving.library.songs
        """The list that all workers have, or are being told of."""
        self._signals = 0
        """How many signals to stop have come."""
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
        signal.pthread_sigmask(signal.SIG_UNBLOCK, stop_signals())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._serving.library.call_on_publish(self._wake)
        forwarded = 0
        while self._workers or not self._signals:
            if not self._signals:
                self._fill_free_slots()
            self._wait()
            while forwarded < self._signals:
                forwarded += 1
                self._stop_workers()
            self._reap()
            self._tell_changes()
        ignore(stop_signals())
        self._monitor.stop()
        log.info("all workers have stopped")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1

    def _wake(self) -> None:
        """Have `_wait` end: a scan, in another thread, has changed the list."""
        with contextlib.suppress(BlockingIOError):  # then it ends anyway
            os.write(self._wake_out, b"P")

    def _wait(self) -> None:
        """Wait until a worker sends something or dies, a signal comes, the list changes, or a
        slot may be filled.
        """
        channels = {w.channel: w for w in self._workers.values() if not w.ended}
        timeout_s = SLOT_CHECK_S if self._free_slots and not self._signals else None
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
            del self._free_slots[slot]
            self._start(slot)

    def _start(self, slot: int) -> None:
        ours, its = socket.socketpair()
        self._monitor.before_fork(slot)
        sys.stdout.flush()
        # Until the worker handles SIGTERM, the kernel keeps it: a worker told to stop early stops.
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
        with self._serving.library.scanning_paused():
            # What the others have not been told yet, this one knows: they are told first.
            self._tell_changes()
            pid = os.fork()
        if pid == 0:
            ours.close()
            self._run_worker(slot, its)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
        its.close()
        self._monitor.in_parent(slot)
        ours.settimeout(SEND_TIMEOUT_S)
        self._workers[slot] = _Worker(pid, ours)

    def _run_worker(self, slot: int, channel: socket.socket) -> None:
        """Serve, in a new worker. Never returns: the parent's own work is not to go on here too."""
        code = 1
        at_exit: Callable[[], None] = sys.stdout.flush
        try:
            self._leave_to_parent(slot)
            at_exit = self._in_worker()
            link = _ParentLink(self._serving.library, channel)
            signals = (signal.SIGTERM,)
            serving = replace(self._serving, no_more_clients=nothing)
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

    def _stop_workers(self) -> None:
        if self._signals == 1:
            self._serving.no_more_clients()
            for group in self._groups:
                for sock in group:
                    sock.close()
        for worker in self._workers.values():
            os.kill(worker.pid, signal.SIGTERM)

    # Songs

    def _receive(self, worker: _Worker) -> None:
        """Scan if it is time to: a client of this worker has sent LIST. Or the worker has ended."""
        try:
            data = worker.channel.recv(4096)
        except OSError:
            data = b""
        if not data:
            worker.ended = True
        elif self._rescan.due(time.monotonic()):
            self._scan()

    def _scan(self) -> None:
        self._rescan.scan()
        self._tell_changes()

    def _tell_changes(self) -> None:
        """Send the workers what the list has now and they do not have."""
        songs, versions = self._serving.library.listed
        if change := change_between(self._told, songs):
            for worker in list(self._workers.values()):
                self._send_songs(worker, change, versions)
        self._told = songs

    def _send_songs(self, worker: _Worker, change: Change, versions: Versions) -> None:
        placed = [
            (place, song.song_id, song.title, song.path, tuple(song.details))
            for place, song in change.placed
        ]
        message = pickle.dumps((change.removed, placed, tuple(versions)))
        try:
            worker.channel.sendall(_LENGTH.pack(len(message)) + message)
        except OSError:
            # It does not read: it is stuck, and its list would differ from that of the others.
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)


class _ParentLink:
    """The worker's end of its channel: new songs come from the parent, RESCAN_WANTED goes to it."""

    def __init__(self, library: Library, channel: socket.socket) -> None:
        self._library = library
        self._channel = channel
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._requested_at = 0.0

    def prepare(self, stop: Callable[[], None]) -> RequestRescan:
        """Receive in the running loop. stop: called when the parent is gone."""
        self._task = asyncio.create_task(self._receive(stop))
        return self._request_rescan

    def _request_rescan(self, ready: Callable[[], None]) -> bool:
        """Have the parent scan if it is time to; its new songs are for the next list, not this."""
        now = time.monotonic()
        if self._writer is not None and now - self._requested_at >= MIN_PAUSE_S:
            self._requested_at = now
            self._writer.write(RESCAN_WANTED)
        return False

    async def _receive(self, stop: Callable[[], None]) -> None:
        reader, self._writer = await asyncio.open_unix_connection(sock=self._channel)
        try:
            while True:
                (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
                removed, placed, versions = pickle.loads(await reader.readexactly(length))
                songs = tuple((place, _song(*values)) for place, *values in placed)
                self._library.adopt(Change(removed, songs), Versions(*versions))
        except (OSError, asyncio.IncompleteReadError):
            pass  # the parent is gone
        finally:
            self._writer.close()
            stop()


def _song(song_id: int, title: str, path: bytes, details: tuple[Any, ...]) -> Song:
    return Song(song_id, title, path, Details(*details))
