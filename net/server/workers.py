"""Several processes that serve on one port: started, kept alive and stopped by this one.

The listening sockets are this process's, so that a worker that dies takes with it only the
connections it had. Only this process looks at the directory: songs have one number in all workers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from types import FrameType

from net.server.accepting import AskForSongs
from net.server.process import Serving
from net.server.rescan import LEAST_PAUSE_S, Rescan
from songs import Change, Song, change_between

log = logging.getLogger("alfine.server")

LEAST_LIFE_S = 1.0
"""A worker that dies sooner is replaced after this time, not at once."""
SEND_TIMEOUT_S = 5.0
_LENGTH = struct.Struct("!I")


class _Worker:
    """One worker, as the parent sees it. channel: hints come from it, songs go to it."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid, self.channel = pid, channel
        self.started_at = time.monotonic()
        self.ended = False
        """It says nothing more; what is left of it is buried soon."""


class Workers:
    """groups: the listening sockets of each worker.

    in_worker: called first in each of them; returns what is called last.
    """

    def __init__(
        self,
        serving: Serving,
        groups: list[list[socket.socket]],
        rescan: Rescan,
        in_worker: Callable[[], Callable[[], None]],
    ) -> None:
        self._serving = serving
        self._groups = groups
        self._rescan = rescan
        self._in_worker = in_worker
        self._workers: dict[int, _Worker] = {}
        self._free_slots: dict[int, float] = dict.fromkeys(range(len(groups)), 0.0)
        """Places without a worker, and when each may have one again."""
        self._signals = 0
        self._woken, self._wake = os.pipe()

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM, and until the workers have ended; a second one hurries."""
        for number in (self._woken, self._wake):
            os.set_blocking(number, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        passed_on = 0
        while self._workers or not self._signals:
            if not self._signals:
                self._fill_places()
            self._wait()
            while passed_on < self._signals:
                passed_on += 1
                self._stop_workers()
            self._reap()
        log.info("all workers have stopped")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1

    def _wait(self) -> None:
        """Until a worker says something or dies, a signal comes, or a place is to be filled."""
        channels = {w.channel: w for w in self._workers.values() if not w.ended}
        timeout_s = 0.2 if self._free_slots and not self._signals else None
        sources: list[int | socket.socket] = [self._woken, *channels]
        ready, _, _ = select.select(sources, (), (), timeout_s)
        for source in ready:
            if isinstance(source, socket.socket):
                self._hint(channels[source])
            else:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)

    # Workers come and go

    def _fill_places(self) -> None:
        now = time.monotonic()
        for place in [place for place, at in self._free_slots.items() if at <= now]:
            del self._free_slots[place]
            self._start(place)

    def _start(self, place: int) -> None:
        mine, its = socket.socketpair()
        sys.stdout.flush()
        # A worker that is told to stop before it can hear waits with that until it can.
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
        pid = os.fork()
        if pid == 0:
            mine.close()
            self._run_worker(place, its)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
        its.close()
        mine.settimeout(SEND_TIMEOUT_S)
        self._workers[place] = _Worker(pid, mine)

    def _run_worker(self, place: int, channel: socket.socket) -> None:
        """Never returns: whatever the parent had in hand is not the worker's to end."""
        code = 1
        goodbye: Callable[[], None] = sys.stdout.flush
        try:
            signal.set_wakeup_fd(-1)
            # Ctrl-C reaches every process of a terminal; the parent passes on what is meant.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(self._woken)
            os.close(self._wake)
            for worker in self._workers.values():
                worker.channel.close()
            for other, group in enumerate(self._groups):
                for sock in group if other != place else ():
                    sock.close()
            goodbye = self._in_worker()
            hearing = _ParentLink(self._serving, channel)
            signals = (signal.SIGTERM,)
            self._serving.run(self._groups[place], signals, hearing.prepare, f"w{place + 1} ")
            code = 0
        except BaseException:
            log.exception("worker %d fails", place + 1)
        finally:
            with contextlib.suppress(Exception):
                goodbye()
            os._exit(code)

    def _reap(self) -> None:
        for place, worker in list(self._workers.items()):
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if not pid:
                continue
            del self._workers[place]
            worker.channel.close()
            if not self._signals:
                log.error(
                    "worker %d has died (%s) and is replaced",
                    place + 1,
                    os.waitstatus_to_exitcode(status),
                )
                now = time.monotonic()
                early = now - worker.started_at < LEAST_LIFE_S
                self._free_slots[place] = now + LEAST_LIFE_S if early else now

    def _stop_workers(self) -> None:
        if self._signals == 1:
            for group in self._groups:
                for sock in group:
                    sock.close()
        for worker in self._workers.values():
            os.kill(worker.pid, signal.SIGTERM)

    # Songs

    def _hint(self, worker: _Worker) -> None:
        """A client of this worker has asked for the list."""
        try:
            hint = worker.channel.recv(4096)
        except OSError:
            hint = b""
        if not hint:
            worker.ended = True
            return
        if not self._rescan.due(time.monotonic()):
            return
        before = self._serving.library.songs
        self._rescan.look()
        after = self._serving.library.songs
        if change := change_between(before, after):
            for each in list(self._workers.values()):
                self._tell(each, change)

    def _tell(self, worker: _Worker, change: Change) -> None:
        placed = [(place, song.song_id, song.title, song.path) for place, song in change.placed]
        message = pickle.dumps((change.removed, placed))
        try:
            worker.channel.sendall(_LENGTH.pack(len(message)) + message)
        except OSError:
            # It hears nothing: it is stuck, and its songs would be others than everyone's.
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)


class _ParentLink:
    """The worker's end of its channel."""

    def __init__(self, serving: Serving, channel: socket.socket) -> None:
        channel.setblocking(False)
        self._channel = channel
        self._library = serving.library
        self._heard = bytearray()
        self._hinted_at = 0.0
        self._stop: Callable[[], None] = lambda: None

    def prepare(self, stop: Callable[[], None]) -> AskForSongs:
        """Hear in the running loop; stop: called when the parent is gone."""
        self._stop = stop
        asyncio.get_running_loop().add_reader(self._channel.fileno(), self._receive)
        return self._ask

    def _ask(self, ready: Callable[[], None]) -> bool:
        """A list is wanted: the parent may look for songs; what it finds is in the next list."""
        now = time.monotonic()
        if now - self._hinted_at >= LEAST_PAUSE_S:
            self._hinted_at = now
            with contextlib.suppress(OSError):
                self._channel.send(b"L")
        return False

    def _receive(self) -> None:
        try:
            data = self._channel.recv(1 << 20)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._channel.fileno())
            self._stop()
            return
        self._heard += data
        while (end := self._end_of_news()) <= len(self._heard):
            removed, placed = pickle.loads(self._heard[_LENGTH.size : end])
            del self._heard[:end]
            songs = tuple((place, Song(*values)) for place, *values in placed)
            self._library.adopt(Change(removed, songs))

    def _end_of_news(self) -> int:
        if len(self._heard) < _LENGTH.size:
            return _LENGTH.size
        return _LENGTH.size + int(_LENGTH.unpack_from(self._heard)[0])
