"""A worker's end of the channel to its parent: new songs and limits come, signs of life go."""

from __future__ import annotations

import asyncio
import pickle
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from net.server.limits import Limits
from net.server.processes.manager import Controls
from net.server.songs.rescan import MIN_PAUSE_S
from net.server.songs.song_list import RequestRescan
from songs import Change, Details, Library, Song, Versions

RESCAN_WANTED = b"L"
"""A client has sent LIST."""
ALIVE = b"A"
TO_PARENT = struct.Struct("!cI")
"""What a worker sends: one of these two; with ALIVE how many clients it has."""
LENGTH = struct.Struct("!I")
"""Stands before each pickled message of the parent: a change of the songs, or limits. Not
`multiprocessing.connection`: its `recv` would block the worker's event loop, and its `send` has no
timeout."""


class ParentLink:
    """The worker's end. For the process that serves it is the Manager, too."""

    patience_s: float | None = None

    def __init__(self, library: Library, channel: socket.socket, interval_s: float) -> None:
        self.interval_s = interval_s
        self._library = library
        self._channel = channel
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._requested_at = 0.0

    def prepare(self, controls: Controls) -> RequestRescan:
        """Receive in the running loop; stop when the parent is gone."""
        self._task = asyncio.create_task(self._receive(controls))
        return self._request_rescan

    def ready(self) -> None:
        """Do nothing: the first sign of life says so."""

    def alive(self, songs: int, clients: int) -> None:
        """Tell the parent how many clients there are."""
        if self._writer is not None:
            self._writer.write(TO_PARENT.pack(ALIVE, clients))

    def reloading(self) -> None:
        """Do nothing: the parent reads the settings."""

    def stopping(self) -> None:
        """Do nothing: the parent has said so."""

    def _request_rescan(self, ready: Callable[[], None]) -> bool:
        """Have the parent scan if it is time to; its new songs are for the next list, not this."""
        now = time.monotonic()
        if self._writer is not None and now - self._requested_at >= MIN_PAUSE_S:
            self._requested_at = now
            self._writer.write(TO_PARENT.pack(RESCAN_WANTED, 0))
        return False

    async def _receive(self, controls: Controls) -> None:
        reader, self._writer = await asyncio.open_unix_connection(sock=self._channel)
        self.alive(0, 0)
        try:
            while True:
                (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                message = pickle.loads(await reader.readexactly(length))
                if isinstance(message, Limits):
                    controls.adopt(message)
                else:
                    self._adopt_songs(*message)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the parent is gone
        finally:
            self._writer.close()
            controls.stop()

    def _adopt_songs(
        self, removed: Any, placed: list[tuple[Any, ...]], versions: tuple[Any, ...]
    ) -> None:
        songs = tuple((place, _song(*values)) for place, *values in placed)
        self._library.adopt(Change(removed, songs), Versions(*versions))


def _song(song_id: int, title: str, path: bytes, details: tuple[Any, ...]) -> Song:
    return Song(song_id, title, path, Details(*details))
