"""The RFC's MAD buffer: one song's bytes, kept from the first to the last while they arrive.

It knows nothing of what the bytes mean. One thread appends, others read at any offset; what does
not fit into memory goes into a temporary file that has no name.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from typing import IO

MEMORY_LIMIT_BYTES = 64 * 1024 * 1024


class AudioBuffer:
    """One song, from its first byte to as far as it has come. Safe to use from any thread.

    memory_limit_bytes: the start of the song that is held in memory; what follows it is in a file.
    RFC 2.2, 2.5.2: a buffer is filled by audio messages and thrown away by STOP or another PLAY.
    """

    def __init__(self, memory_limit_bytes: int = MEMORY_LIMIT_BYTES) -> None:
        self._memory_limit_bytes = memory_limit_bytes
        self._changed = threading.Condition()
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._received_bytes = 0
        self._finished = False
        self._discarded = False
        self._watchers: set[Callable[[], None]] = set()

    @property
    def received_bytes(self) -> int:
        """How many bytes of the song have come, whether or not they have been read."""
        with self._changed:
            return self._received_bytes

    @property
    def finished(self) -> bool:
        """True after `finish`: no byte will come any more."""
        with self._changed:
            return self._finished

    @property
    def discarded(self) -> bool:
        """True after `discard`: nobody wants this song any more, and it is gone."""
        with self._changed:
            return self._discarded

    def append(self, data: bytes) -> None:
        """Add the next bytes of the song. After `discard` they are late and are ignored (RFC 2.6).

        Raises OSError: there is no room left for them in memory or on disk; none of `data` was
        taken, and what came before can still be read. Raises ValueError: the song is finished.
        """
        with self._changed:
            if self._discarded:
                return
            if self._finished:
                raise ValueError("a finished song was appended to")
            try:
                self._store(data)
            except (OSError, MemoryError) as error:
                raise _no_room(error, self._received_bytes) from error
            self._received_bytes += len(data)
            self._changed.notify_all()

    def finish(self) -> None:
        """Say that no more will come: the song, or what is left of it, is all here."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()
            watchers = tuple(self._watchers)
        _call(watchers)

    def discard(self) -> None:
        """Throw the song away: readers wake at once and see its end, memory and file are freed."""
        with self._changed:
            self._discarded = True
            self._memory = bytearray()
            if self._file is not None:
                self._file.close()
                self._file = None
            self._changed.notify_all()
            watchers = tuple(self._watchers)
        _call(watchers)

    def watch(self, callback: Callable[[], None]) -> None:
        """Have `callback()` called, by the thread that causes it, after `finish` and `discard`."""
        with self._changed:
            self._watchers.add(callback)

    def readable(self, offset: int) -> int:
        """How many bytes from `offset` on can be read now, without waiting."""
        with self._changed:
            return self._readable(offset)

    def read_at(self, offset: int, n: int) -> bytes:
        """Wait until there is at least one byte at `offset`, and return at most `n` of them.

        b"" only at the end of the song, or when it has been discarded.
        Raises OSError: the temporary file cannot be read.
        """
        if n <= 0:
            return b""
        with self._changed:
            self._changed.wait_for(
                lambda: self._readable(offset) or self._finished or self._discarded
            )
            return self._load(offset, min(n, self._readable(offset)))

    def _readable(self, offset: int) -> int:
        return 0 if self._discarded else max(0, self._received_bytes - offset)

    def _store(self, data: bytes) -> None:
        # A write that failed may have left bytes behind the end: they are cut off or written over.
        del self._memory[self._received_bytes :]
        room = max(0, self._memory_limit_bytes - self._received_bytes)
        if len(data) > room:
            self._store_in_file(data[room:], self._received_bytes + room)
        self._memory += data[:room]

    def _store_in_file(self, data: bytes, offset: int) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # discard() closes it
        at = offset - self._memory_limit_bytes
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file.fileno(), view, at)
            view, at = view[written:], at + written

    def _load(self, offset: int, n: int) -> bytes:
        if offset < self._memory_limit_bytes or self._file is None:
            end = min(offset + n, self._memory_limit_bytes)
            return bytes(self._memory[offset:end])
        return os.pread(self._file.fileno(), n, offset - self._memory_limit_bytes)


def _no_room(error: OSError | MemoryError, received_bytes: int) -> OSError:
    number = error.errno if isinstance(error, OSError) else None
    why = error.strerror if isinstance(error, OSError) else "out of memory"
    place = tempfile.gettempdir() if isinstance(error, OSError) else "memory"
    text = f"no room for the song in {place} after {received_bytes:,} bytes: {why}"
    return OSError(number, text) if number is not None else OSError(text)


def _call(watchers: tuple[Callable[[], None], ...]) -> None:
    # Outside the lock: a watcher takes locks of its own.
    for watcher in watchers:
        watcher()
