"""The spools of one process: made for a song's first PLAY, shared by its clients, kept for later.

Everything runs in the event loop except the opening and framing of files, which a worker thread
does: a slow disk does not block the loop.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from net.server.songs.files import is_changed, opened
from net.server.songs.framer import READ_BYTES, Position, Source
from net.server.songs.framing_turns import FramingTurns
from net.server.songs.spool import Framed, Passing, Spool, Work
from songs import Library, Song

log = logging.getLogger("alfine.server")

DESCRIPTORS_PER_SONG = 2
"""While it is framed: the song's file, and the one that it is framed into."""
TOO_MANY = "too many different songs are being sent"

BEYOND = "it has fewer bytes"

Ready = Callable[[Framed | None, str, int], None]
"""Called in the event loop: with a spool, which the callee has to release, and from where on it is
to be sent; or with None and why."""


class SpoolCache:
    """Spools by song ID.

    directory: for the unnamed files. cache_bytes: what all spools together may take, those that are
    being sent too; beyond it the least recently used of the others are closed, and what does not
    fit then is framed for each client as it is sent. It may be exceeded by the headers of the
    messages of the slices that are being framed. max_descriptors: what the spools may have open.
    """

    def __init__(
        self, library: Library, directory: Path, cache_bytes: int, max_descriptors: int
    ) -> None:
        self._library = library
        self._directory = directory
        self._cache_bytes = cache_bytes
        self._max_descriptors = max_descriptors
        self._descriptors = 0
        """Open, or about to be opened by a thread."""
        self._spools: dict[int, Spool] = {}
        self._unused: OrderedDict[int, Spool] = OrderedDict()
        """Those of `_spools` that are whole and have no users, the least recently used first."""
        self._stored_bytes = 0
        """The cost of all spools that are not closed."""
        self._reserved_bytes = 0
        """The room for the slices that are being framed, or wait for a thread."""
        self._waiting: dict[int, list[Ready]] = {}
        """By song ID: who is called when a thread has opened the song's file."""
        self._turns = FramingTurns(library.store.threads, self._may_grow, self._worked)
        self._trouble: str | None = None
        """Why the directory could not be written last time."""

    def __repr__(self) -> str:
        return (
            f"<SpoolCache {len(self._spools)} spools, {len(self._unused)} unused, "
            f"{self._stored_bytes} of {self._cache_bytes} bytes>"
        )

    @property
    def count(self) -> int:
        """How many spools there are."""
        return len(self._spools)

    @property
    def stored_bytes(self) -> int:
        """What all of them take, in files and in memory."""
        return self._stored_bytes

    def request(self, song: Song, ready: Ready, offset: int = 0) -> None:
        """Get the song's spool; `ready` may be called before this returns.

        offset: of the file's first byte that is to be sent. Where no message of the spool begins
        with that byte, or as far as it is not framed yet, what is sent is framed for this client
        alone: so nobody waits for what he has skipped. Cost: a worker thread opens the file, unless
        it did so a moment ago.
        """
        spool = self._spools.get(song.song_id)
        if spool is not None and self._may_lend(song, spool):
            start = spool.ends.begin_of(offset)
            if start is not None:
                self._lend_from(spool, start, ready)
                return
        if offset:
            self._submit_from(song, offset, ready)
            return
        waiting = self._waiting.setdefault(song.song_id, [])
        waiting.append(ready)
        if len(waiting) == 1:
            self._submit(song, spool.stamp if spool is not None else None)

    def _may_lend(self, song: Song, spool: Spool) -> bool:
        """Whether to lend a spool at once; where its song may have changed, that is looked into."""
        store = self._library.store
        if (now := time.monotonic()) - spool.checked_at < store.recheck_s:
            return True
        if store.immutable:
            spool.checked_at = now
            self._turns.submit(lambda: self._check(song, spool))
        return store.immutable

    def close(self) -> None:
        """Close every spool; none may be in use any more."""
        for spool in list(self._spools.values()):
            self._discard(spool)
        self._turns.close()

    # From an offset on

    def _submit_from(self, song: Song, offset: int, ready: Ready) -> None:
        self._make_room(self._cache_bytes, 1)
        if self._descriptors + 1 > self._max_descriptors:
            ready(None, TOO_MANY, 0)
            return
        self._descriptors += 1
        self._turns.submit(lambda: self._open_from(song, offset, ready))

    def _open_from(self, song: Song, offset: int, ready: Ready) -> None:
        """Open the song's file for one client, in a worker thread."""
        file, why = opened(self._library, song)
        if file is None:
            self._turns.call_in_loop(self._failed_from, why, ready)
        else:
            source = Source(file, self._closed_one)
            self._turns.call_in_loop(self._add_from, song, source, offset, ready)

    def _add_from(self, song: Song, source: Source, offset: int, ready: Ready) -> None:
        spool = self._spools.get(song.song_id)
        same = spool if spool is not None and spool.stamp == source.file.stamp else None
        start = same.ends.begin_of(offset) if same is not None else None
        if offset > source.file.size_bytes:
            source.release()
            ready(None, BEYOND, 0)
        elif same is not None and start is not None:
            source.release()
            same.checked_at = time.monotonic()
            self._lend_from(same, start, ready)
        else:
            rest = Passing(song.song_id, source, self._turns.grow, Position(offset), 0)
            rest.users = 1
            ready(rest, "", 0)

    def _lend_from(self, spool: Spool, start: int, ready: Ready) -> None:
        """Lend a spool to a client that is sent nothing of what is before `start`."""
        used = self._use(spool)
        used.sent(start)  # so that it is framed far enough ahead
        ready(used, "", start)

    def _failed_from(self, reason: str, ready: Ready) -> None:
        self._closed_one()
        ready(None, reason, 0)

    # In a worker thread

    def _check(self, song: Song, spool: Spool) -> None:
        """Have the spool lent to nobody else if its song has another content, or has gone."""
        if is_changed(self._library, song, spool.stamp):
            self._turns.call_in_loop(self._replace, spool)

    def _open(self, song: Song, cached: object) -> None:
        """Open the song's file, and one to frame it into, unless it is framed already.

        cached: the stamp of what is framed, or None.
        """
        file, why = opened(self._library, song)
        if file is None:
            self._turns.call_in_loop(self._failed, song.song_id, why)
        elif file.stamp == cached:
            file.close()
            self._turns.call_in_loop(self._unchanged, song)
        else:
            source = Source(file, self._closed_one)
            self._turns.call_in_loop(self._add, song.song_id, source, *self._file())

    def _file(self) -> tuple[BinaryIO | None, str | None]:
        """Return an unnamed file; or None, and why there is none."""
        try:
            return tempfile.TemporaryFile(dir=self._directory, buffering=0), None
        except OSError as error:
            return None, error.strerror or type(error).__name__

    # In the event loop

    def _submit(self, song: Song, cached: object) -> None:
        self._make_room(self._cache_bytes, DESCRIPTORS_PER_SONG)
        if self._descriptors + DESCRIPTORS_PER_SONG > self._max_descriptors:
            self._answer_failed(song.song_id, TOO_MANY)
            return
        self._descriptors += DESCRIPTORS_PER_SONG
        self._turns.submit(lambda: self._open(song, cached))

    def _closed_one(self) -> None:
        self._descriptors -= 1

    def _unchanged(self, song: Song) -> None:
        self._descriptors -= DESCRIPTORS_PER_SONG
        spool = self._spools.get(song.song_id)
        if spool is None:  # closed meanwhile, to make room
            self._submit(song, None)
            return
        spool.checked_at = time.monotonic()
        self._answer(song.song_id, spool)

    def _add(self, song_id: int, source: Source, file: BinaryIO | None, why: str | None) -> None:
        if file is None:
            self._closed_one()
            self._report(why)
        spool = Spool(song_id, source, file, self._turns.grow, self._keep_or_discard)
        if (old := self._spools.get(song_id)) is not None:
            self._replace(old)
        self._spools[song_id] = spool
        spool.checked_at = time.monotonic()
        self._answer(song_id, spool)

    def _answer(self, song_id: int, spool: Spool) -> None:
        # One user more meanwhile: a client that has stopped the song releases the spool at once,
        # while others still wait for it.
        self._use(spool)
        for ready in self._waiting.pop(song_id, ()):
            ready(self._use(spool), "", 0)
        self._turns.grow(spool)
        spool.release()

    def _failed(self, song_id: int, reason: str) -> None:
        self._descriptors -= DESCRIPTORS_PER_SONG
        self._answer_failed(song_id, reason)

    def _answer_failed(self, song_id: int, reason: str) -> None:
        for ready in self._waiting.pop(song_id, ()):
            ready(None, reason, 0)

    def _may_grow(self, spool: Framed) -> bool:
        """Make room for a slice and keep it; if there is none, end the spool here."""
        if not isinstance(spool, Spool):
            return True
        # As many songs as there are clients may wait for a thread, each with a slice to come.
        wanted_bytes = spool.slice_bytes + READ_BYTES
        most_bytes = self._cache_bytes - self._reserved_bytes - wanted_bytes
        self._make_room(most_bytes)
        if self._stored_bytes <= most_bytes:
            self._reserve(spool, wanted_bytes)
            return True
        spool.kept = False
        self._turns.soon(spool.wake)
        return False

    def _worked(self, spool: Framed, work: Work) -> None:
        if not isinstance(spool, Spool):
            return
        self._reserve(spool, 0)
        self._count(spool, spool.cost_bytes)
        if work.unkept is not None:
            self._report(work.unkept)
            self._make_room(0)  # if the disk is full, this is what can be done about it
        elif work.slice is not None:
            self._report(None)
        if spool.failure is not None:
            self._remove(spool)
        if not spool.users and self._spools.get(spool.song_id) is not spool:
            self._close(spool)

    def _report(self, trouble: str | None) -> None:
        """Log, whenever it begins, that nothing can be kept."""
        if trouble is not None and trouble != self._trouble:
            log.warning(
                "the cache directory: %s; songs are framed as they are sent, which takes more "
                "processor time; give it room, or choose another (--cache-dir)",
                trouble,
            )
        self._trouble = trouble

    def _reserve(self, spool: Spool, slice_bytes: int) -> None:
        self._reserved_bytes += slice_bytes - spool.reserved_bytes
        spool.reserved_bytes = slice_bytes

    def _count(self, spool: Spool, cost_bytes: int) -> None:
        if not spool.closed:
            self._stored_bytes += cost_bytes - spool.counted_bytes
            spool.counted_bytes = cost_bytes

    def _use(self, spool: Spool) -> Spool:
        spool.users += 1
        self._unused.pop(spool.song_id, None)
        return spool

    def adopt(self, cache_bytes: int) -> None:
        """Take so much from now on."""
        self._cache_bytes = cache_bytes
        self._make_room(cache_bytes)

    def _keep_or_discard(self, spool: Framed) -> None:
        """The spool has no users any more: keep it if it is whole and of the present file."""
        assert isinstance(spool, Spool)
        if spool.whole and self._spools.get(spool.song_id) is spool:
            self._unused[spool.song_id] = spool
            self._make_room(self._cache_bytes)
        else:
            self._discard(spool)

    def _make_room(self, cache_bytes: int, descriptors: int = 0) -> None:
        """Close spools that nobody uses until there is so much less, if there are so many."""
        most = self._max_descriptors - descriptors
        while self._unused and (self._stored_bytes > cache_bytes or self._descriptors > most):
            self._discard(next(iter(self._unused.values())))

    def _discard(self, spool: Spool) -> None:
        """Close a spool without users, as soon as no thread writes to it any more."""
        self._remove(spool)
        if not spool.busy:
            self._close(spool)

    def _close(self, spool: Spool) -> None:
        if spool.closed:
            return
        self._count(spool, 0)
        spool.close()
        if spool.has_file:
            self._closed_one()

    def _replace(self, spool: Spool) -> None:
        """Make the spool anew for the next client."""
        if spool.users:
            self._remove(spool)
        else:
            self._discard(spool)

    def _remove(self, spool: Spool) -> None:
        """Lend the spool to nobody else; those who use it keep it."""
        if self._spools.get(spool.song_id) is spool:
            del self._spools[spool.song_id]
            self._unused.pop(spool.song_id, None)
