"""The spools that there are: made on a song's first PLAY, shared by its listeners, kept for later.

All of it runs in the event loop but for the opening and framing of files, which a worker thread
does: no disk holds up the loop.
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
TRUSTED_S = 1.0
"""A spool is not compared with its song's file again before this time is over."""

Ready = Callable[[Spool | None, str], None]
"""Called in the event loop: with a spool, whose user it becomes, or with why there is none."""


class SpoolCache:
    """Spools by song ID.

    directory: where the nameless files are made. cache_bytes: beyond it the spools least recently
    used are dropped, never one in use. max_spools: the same, for descriptors.
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
        self._kept_bytes = 0
        self._asked: dict[int, list[Ready]] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="spool")
        self._loop: asyncio.AbstractEventLoop | None = None

    def request(self, song: Song, ready: Ready) -> None:
        """Get the song's spool; `ready` may be called before this returns.

        Cost: a file is opened in a worker thread, but for a song asked for within the last second.
        """
        spool = self._spools.get(song.song_id)
        if spool is not None and time.monotonic() - spool.checked_at < TRUSTED_S:
            ready(self._use(spool), "")
            return
        asked = self._asked.setdefault(song.song_id, [])
        asked.append(ready)
        if len(asked) == 1:
            self._loop = asyncio.get_running_loop()
            stamp = spool.stamp if spool is not None else None
            self._threads.submit(self._look, song, stamp)

    def release(self, spool: Spool) -> None:
        """One user less."""
        spool.users -= 1
        if spool.users == 0:
            if spool.whole and self._spools.get(spool.song_id) is spool:
                self._unused[spool.song_id] = spool
                self._make_room(self._cache_bytes)
            else:
                self._drop(spool)

    def close(self) -> None:
        """Drop everything; nothing may be in use any more."""
        for spool in list(self._spools.values()):
            self._drop(spool)
        self._threads.shutdown(wait=False, cancel_futures=True)

    # In a worker thread

    def _look(self, song: Song, known: Stamp | None) -> None:
        """Open the song's file; if it is not the one that was framed, frame it."""
        fd = -1
        try:
            fd = self._library.open(song)
            stamp = stamp_of(os.fstat(fd))
            if stamp == known:
                self._soon(self._still_good, song)
                return
            spool = Spool(song.song_id, stamp, self._directory)
            self._soon(self._adopt, spool)
            spool.fill(fd, lambda: self._tell(spool))
            self._soon(self._filled, spool)
        except SongUnavailable as error:
            self._soon(self._refuse, song.song_id, error.reason)
        except OSError as error:
            reason = f"the cache directory: {error.strerror or type(error).__name__}"
            self._soon(self._refuse, song.song_id, reason)
        except Exception:
            log.exception("a fault in the server: song %d cannot be made ready", song.song_id)
            self._soon(self._refuse, song.song_id, "a fault in the server")
        finally:
            if fd >= 0:
                os.close(fd)

    def _tell(self, spool: Spool) -> None:
        """Have its listeners woken. Once is enough until they are: a loop's pipe is soon full."""
        if not spool.told:
            spool.told = True
            self._soon(self._wake, spool)

    def _soon(self, what: Callable[..., None], *values: object) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
            self._loop.call_soon_threadsafe(what, *values)

    # In the event loop again

    def _still_good(self, song: Song) -> None:
        spool = self._spools.get(song.song_id)
        if spool is None:  # dropped at this very moment, to make room
            self._threads.submit(self._look, song, None)
            return
        spool.checked_at = time.monotonic()
        self._answer(song.song_id, spool)

    def _adopt(self, spool: Spool) -> None:
        if (old := self._spools.get(spool.song_id)) is not None:
            if old.users:
                self._forget(old)
            else:
                self._drop(old)
        self._spools[spool.song_id] = spool
        spool.checked_at = time.monotonic()
        self._answer(spool.song_id, spool)
        self._make_room(self._cache_bytes)

    def _answer(self, song_id: int, spool: Spool) -> None:
        # One who has changed his mind gives the spool back at once: others still wait for it.
        self._use(spool)
        for ready in self._asked.pop(song_id, ()):
            ready(self._use(spool), "")
        self.release(spool)

    def _refuse(self, song_id: int, reason: str) -> None:
        for ready in self._asked.pop(song_id, ()):
            ready(None, reason)
        self._make_room(0)

    def _wake(self, spool: Spool) -> None:
        spool.told = False  # first: what is published from here on needs another word
        waiting, spool.waiting = spool.waiting, set()
        for listener in waiting:
            listener.go_on()

    def _filled(self, spool: Spool) -> None:
        spool.filling = False
        if spool.failure is not None:
            self._forget(spool)
            self._make_room(0)  # should the disk be full, this is what can be done about it
        elif self._spools.get(spool.song_id) is spool:
            self._kept_bytes += spool.cost_bytes
            self._make_room(self._cache_bytes)
        self._wake(spool)
        if not spool.users and self._spools.get(spool.song_id) is not spool:
            spool.close()

    def _use(self, spool: Spool) -> Spool:
        spool.users += 1
        self._unused.pop(spool.song_id, None)
        return spool

    def _make_room(self, kept_bytes: int) -> None:
        while self._unused and (
            self._kept_bytes > kept_bytes or len(self._spools) > self._max_spools
        ):
            self._drop(next(iter(self._unused.values())))

    def _drop(self, spool: Spool) -> None:
        """Nobody uses it: give its file back, as soon as no thread writes to it any more."""
        self._forget(spool)
        spool.abandoned = True
        if not spool.filling:
            spool.close()

    def _forget(self, spool: Spool) -> None:
        if self._spools.get(spool.song_id) is spool:
            del self._spools[spool.song_id]
            self._unused.pop(spool.song_id, None)
            if not spool.filling and spool.whole:
                self._kept_bytes -= spool.cost_bytes
