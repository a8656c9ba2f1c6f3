"""One worker, as its parent sees it: what it has said of itself, and what it is told."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import time
from typing import Any

from net.server.processes.parent_link import ALIVE, LENGTH, TO_PARENT
from songs import Change, Versions

SEND_TIMEOUT_S = 5.0


class Worker:
    """One worker. channel: signs of life come from it, songs go to it.

    clients: None until its first sign of life.
    """

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid, self.channel = pid, channel
        channel.settimeout(SEND_TIMEOUT_S)
        self.started_at = self.heard_at = time.monotonic()
        self.clients: int | None = None
        self.ended = False
        """Its channel is closed; its process is reaped soon."""
        self._received = b""

    def __repr__(self) -> str:
        return f"<Worker {self.pid}{' ended' if self.ended else ''}>"

    def receive(self) -> bool:
        """Take what it has sent; return whether one of its clients has sent LIST."""
        try:
            data = self.channel.recv(4096)
        except OSError:
            data = b""
        self.ended = not data
        self._received += data
        whole = len(self._received) // TO_PARENT.size * TO_PARENT.size
        messages = list(TO_PARENT.iter_unpack(self._received[:whole]))
        self._received = self._received[whole:]
        for word, number in messages:
            if word == ALIVE:
                self.heard_at, self.clients = time.monotonic(), number
        return any(word != ALIVE for word, _ in messages)

    def send(self, message: object) -> None:
        """Tell it songs, or limits. One that does not read is killed: its list would differ from
        that of the others.
        """
        pickled = pickle.dumps(message)
        try:
            self.channel.sendall(LENGTH.pack(len(pickled)) + pickled)
        except OSError:
            self.kill()

    def kill(self) -> None:
        """End it at once; it is still to be reaped."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def end_now(self) -> None:
        """End it at once, and reap it."""
        self.kill()
        os.waitpid(self.pid, 0)
        self.channel.close()


def songs_message(change: Change, versions: Versions) -> tuple[Any, ...]:
    """Return what tells a worker of songs that have come and gone."""
    placed = [
        (place, song.song_id, song.title, song.path, tuple(song.details))
        for place, song in change.placed
    ]
    return change.removed, placed, tuple(versions)
