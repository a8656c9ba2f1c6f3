"""The RFC's MAD buffer: the bytes of one song, from the first to the last received (RFC 2.2).

It does not know what the bytes mean. One thread appends, others read at any offset. What exceeds
the memory limit goes into a temporary file without a name.
"""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import Callable
from typing import IO

MEMORY_LIMIT_BYTES = 64 * 1024 * 1024
MAX_BYTES = 1024 * 1024 * 1024

_FULL = (errno.ENOSPC, errno.EDQUOT)


class AudioBuffer:
    """The received part of one song. Every method may be called from any thread.

    memory_limit_bytes: the first bytes of the song, held in memory; the rest is in a file.
    max_bytes: what may be kept of the song; there is no room for more. first_offset: the byte of
    the song with which it begins; every offset is one in the song.
    RFC 2.2, 2.5.2: audio messages fill a buffer; STOP and another PLAY discard it.
    """

    def __init__(
        self,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
        max_bytes: int = MAX_BYTES,
        first_offset: int = 0,
    ) -> None:
        self._memory_limit_bytes = memory_limit_bytes
        self._max_bytes = max_bytes
        self.first_offset = first_offset
        self._changed = threading.Condition()
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._received_bytes = 0
        self._finished = False
        self._discarded = False
        self._watchers: set[Callable[[], None]] = set()
        self._awaited: list[tuple[int, Callable[[], None]]] = []

    def __repr__(self) -> str:
        state = "discarded" if self._discarded else "finished" if self._finished else "arriving"
        return f"<AudioBuffer {state} {self._received_bytes} bytes>"

    @property
    def received_bytes(self) -> int:
        """The number of bytes appended, read or not."""
        with self._changed:
            return self._received_bytes

    @property
    def finished(self) -> bool:
        """True after `finish`: no more bytes will be appended."""
        with self._changed:
            return self._finished

    @property
    def discarded(self) -> bool:
        """True after `discard`: the bytes have been freed."""
        with self._changed:
            return self._discarded

    def append(self, data: bytes) -> None:
        """Append the next bytes of the song; after `discard` ignore them (RFC 2.6).

        Raises OSError: memory or disk is full, or the song would have more than `max_bytes`; then
        no byte of `data` has been stored, and the earlier bytes can still be read. Raises
        ValueError: the song is finished.
        """
        with self._changed:
            if self._discarded:
                return
            if self._finished:
                raise ValueError("a finished song was appended to")
            if self._received_bytes + len(data) > self._max_bytes:
                raise OSError(
                    f"the song is larger than {self._max_bytes >> 20} MiB; --song-size allows more"
                )
            try:
                self._store(data)
            except (OSError, MemoryError) as error:
                raise _no_room(error, self._received_bytes) from error
            self._received_bytes += len(data)
            self._changed.notify_all()
            awaited = self._take_awaited() if self._awaited else ()
        _call(awaited)

    def finish(self) -> None:
        """Mark the end of the song, or of as much of it as was received."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()
            watchers = tuple(self._watchers)
        _call(watchers)

    def reopen(self) -> None:
        """Take back that nothing more comes; a reader that has seen the end does not come back."""
        with self._changed:
            self._finished = False

    def discard(self) -> None:
        """Free memory and file. Waiting readers return at once, as at the end of the song."""
        with self._changed:
            self._discarded = True
            self._memory = bytearray()
            self._awaited = []
            if self._file is not None:
                self._file.close()
                self._file = None
            self._changed.notify_all()
            watchers = tuple(self._watchers)
        _call(watchers)

    def watch(self, callback: Callable[[], None]) -> None:
        """Call `callback()` after each `finish` and `discard`, in the thread that called them."""
        with self._changed:
            self._watchers.add(callback)

    def when_readable(self, offset: int, callback: Callable[[], None]) -> None:
        """Call `callback()` once, as soon as the byte at `offset` can be read.

        It is called in the thread that appends, or now; never if the song ends before that byte.
        """
        with self._changed:
            self._awaited.append((offset, callback))
            awaited = self._take_awaited()
        _call(awaited)

    def readable(self, offset: int) -> int:
        """The number of bytes from `offset` on that can be read without waiting."""
        with self._changed:
            return self._readable(offset)

    def read_at(self, offset: int, n: int) -> bytes:
        """Wait for at least one byte at `offset`, then return up to `n` bytes.

        b"" means that the song ends before `offset`, or that it has been discarded.
        Raises OSError: the temporary file cannot be read.
        """
        if n <= 0:
            return b""
        with self._changed:
            self._changed.wait_for(
                lambda: self._readable(offset) or self._finished or self._discarded
            )
            return self._load(offset - self.first_offset, min(n, self._readable(offset)))

    def _take_awaited(self) -> tuple[Callable[[], None], ...]:
        here = tuple(callback for offset, callback in self._awaited if self._readable(offset))
        self._awaited = [one for one in self._awaited if not self._readable(one[0])]
        return here

    def _readable(self, offset: int) -> int:
        at = offset - self.first_offset
        return 0 if self._discarded or at < 0 else max(0, self._received_bytes - at)

    def _store(self, data: bytes) -> None:
        # A failed append may have left bytes behind the end, in memory or in the file. Those in
        # memory are removed here; those in the file are overwritten.
        del self._memory[self._received_bytes :]
        free_bytes = max(0, self._memory_limit_bytes - self._received_bytes)
        if len(data) > free_bytes:
            self._store_in_file(data[free_bytes:], self._received_bytes + free_bytes)
        self._memory += data[:free_bytes]

    def _store_in_file(self, data: bytes, offset: int) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # discard() closes it
        position = offset - self._memory_limit_bytes
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file.fileno(), view, position)
            view, position = view[written:], position + written

    def _load(self, offset: int, n: int) -> bytes:
        """Return bytes that are there. offset: from the first one that is here."""
        if offset < self._memory_limit_bytes or self._file is None:
            end = min(offset + n, self._memory_limit_bytes)
            return bytes(self._memory[offset:end])
        return os.pread(self._file.fileno(), n, offset - self._memory_limit_bytes)


def _no_room(error: OSError | MemoryError, received_bytes: int) -> OSError:
    after = f"after {received_bytes:,} bytes"
    if not isinstance(error, OSError):
        return OSError(f"no room for the song in memory {after}: close other programs")
    text = f"no room for the song {after}: {error.strerror or error}"
    if error.errno in _FULL:
        folder = tempfile.gettempdir()
        text = f"{folder} is full {after} of the song: free some space there, or set TMPDIR"
    return OSError(error.errno, text) if error.errno is not None else OSError(text)


def _call(watchers: tuple[Callable[[], None], ...]) -> None:
    # Called without the lock: a watcher takes locks of its own.
    for watcher in watchers:
        watcher()
