"""The spools of one process: made for a song's first PLAY, shared by its clients, kept for later.

Everything runs in the event loop except the opening and framing of files, which a worker thread
does: a slow disk does not block the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from net.server.spool import Spool, Stamp, stamp_of
from songs import Library, Song, SongUnavailable

log = logging.getLogger("alfine.server")

THREADS = 4
RECHECK_S = 1.0
"""Until this time has passed, a spool is not compared with its song's file again."""

Ready = Callable[[Spool | None, str], None]
"""Called in the event loop: with a spool, which the callee has to release; or with None and why."""


class SpoolCache:
    """Spools by song ID.

    directory: for the unnamed files. cache_bytes: beyond it, unused spools are closed, the least
    recently used first. max_spools: the same, for descriptors.
    """

    def __init__(
        self, library: Library, directory: Path, cache_bytes: int, max_spools: int
    ) -> None:
        self._library = library
        self._directory = directory
        self._cache_bytes = cache_bytes
        self._max_spools = max_spools
        self._spools: dict[int, Spool] = {}
        self._unused: OrderedDict[int, Spool] = OrderedDict()
        """Those of `_spools` that are whole and have no users, the least recently used first."""
        self._stored_bytes = 0
        """The cost of the spools that are whole."""
        self._waiting: dict[int, list[Ready]] = {}
        """By song ID: who is called when a thread has opened the song's file."""
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="spool")
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        return (
            f"<SpoolCache {len(self._spools)} spools, {len(self._unused)} unused, "
            f"{self._stored_bytes} of {self._cache_bytes} bytes>"
        )

    def request(self, song: Song, ready: Ready) -> None:
        """Get the song's spool; `ready` may be called before this returns.

        Cost: a worker thread opens the file, unless it did so within the last second.
        """
        spool = self._spools.get(song.song_id)
        if spool is not None and time.monotonic() - spool.checked_at < RECHECK_S:
            ready(self._use(spool), "")
            return
        waiting = self._waiting.setdefault(song.song_id, [])
        waiting.append(ready)
        if len(waiting) == 1:
            self._loop = asyncio.get_running_loop()
            stamp = spool.stamp if spool is not None else None
            self._threads.submit(self._open, song, stamp)

    def close(self) -> None:
        """Close every spool; none may be in use any more."""
        for spool in list(self._spools.values()):
            self._discard(spool)
        self._threads.shutdown(wait=False, cancel_futures=True)

    # In a worker thread

    def _open(self, song: Song, cached: Stamp | None) -> None:
        """Open the song's file and frame it, unless it is the file that is framed already."""
        fd = -1
        try:
            fd = self._library.open(song)
            stamp = stamp_of(os.fstat(fd))
            if stamp == cached:
                self._call_in_loop(self._unchanged, song)
                return
            spool = Spool(song.song_id, stamp, self._directory, self._keep_or_discard)
            self._call_in_loop(self._add, spool)
            spool.fill(fd, lambda: self._schedule_wake(spool))
            self._call_in_loop(self._filled, spool)
        except SongUnavailable as error:
            self._call_in_loop(self._failed, song.song_id, error.reason)
        except OSError as error:
            reason = f"the cache directory: {error.strerror or type(error).__name__}"
            self._call_in_loop(self._failed, song.song_id, reason)
        except Exception:
            log.exception("a fault in the server: song %d cannot be made ready", song.song_id)
            self._call_in_loop(self._failed, song.song_id, "a fault in the server")
        finally:
            if fd >= 0:
                os.close(fd)

    def _schedule_wake(self, spool: Spool) -> None:
        """Wake the spool's clients. One call until then: the pipe that wakes the loop fills up."""
        if not spool.wake_scheduled:
            spool.wake_scheduled = True
            self._call_in_loop(self._wake, spool)

    def _call_in_loop(self, function: Callable[..., None], *values: object) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(function, *values)

    # In the event loop

    def _unchanged(self, song: Song) -> None:
        spool = self._spools.get(song.song_id)
        if spool is None:  # closed meanwhile, to make room
            self._threads.submit(self._open, song, None)
            return
        spool.checked_at = time.monotonic()
        self._answer(song.song_id, spool)

    def _add(self, spool: Spool) -> None:
        if (old := self._spools.get(spool.song_id)) is not None:
            if old.users:
                self._remove(old)
            else:
                self._discard(old)
        self._spools[spool.song_id] = spool
        spool.checked_at = time.monotonic()
        self._answer(spool.song_id, spool)
        self._make_room(self._cache_bytes)

    def _answer(self, song_id: int, spool: Spool) -> None:
        # One user more meanwhile: a client that has stopped the song releases the spool at once,
        # while others still wait for it.
        self._use(spool)
        for ready in self._waiting.pop(song_id, ()):
            ready(self._use(spool), "")
        spool.release()

    def _failed(self, song_id: int, reason: str) -> None:
        for ready in self._waiting.pop(song_id, ()):
            ready(None, reason)
        self._make_room(0)

    def _wake(self, spool: Spool) -> None:
        spool.wake_scheduled = False  # first: what is published from here on needs another call
        waiting, spool.waiting = spool.waiting, set()
        for resume in waiting:
            resume()

    def _filled(self, spool: Spool) -> None:
        spool.filling = False
        if spool.failure is not None:
            self._remove(spool)
            self._make_room(0)  # if the disk is full, this is what can be done about it
        elif self._spools.get(spool.song_id) is spool:
            self._stored_bytes += spool.cost_bytes
            self._make_room(self._cache_bytes)
        self._wake(spool)
        if not spool.users and self._spools.get(spool.song_id) is not spool:
            spool.close()

    def _use(self, spool: Spool) -> Spool:
        spool.users += 1
        self._unused.pop(spool.song_id, None)
        return spool

    def _keep_or_discard(self, spool: Spool) -> None:
        """The spool has no users any more: keep it if it is whole and of the present file."""
        if spool.whole and self._spools.get(spool.song_id) is spool:
            self._unused[spool.song_id] = spool
            self._make_room(self._cache_bytes)
        else:
            self._discard(spool)

    def _make_room(self, cache_bytes: int) -> None:
        while self._unused and (
            self._stored_bytes > cache_bytes or len(self._spools) > self._max_spools
        ):
            self._discard(next(iter(self._unused.values())))

    def _discard(self, spool: Spool) -> None:
        """Close a spool without users, as soon as no thread writes to it any more."""
        self._remove(spool)
        spool.abandoned = True
        if not spool.filling:
            spool.close()

    def _remove(self, spool: Spool) -> None:
        """Lend the spool to nobody else; those who use it keep it."""
        if self._spools.get(spool.song_id) is spool:
            del self._spools[spool.song_id]
            self._unused.pop(spool.song_id, None)
            if not spool.filling and spool.whole:
                self._stored_bytes -= spool.cost_bytes
