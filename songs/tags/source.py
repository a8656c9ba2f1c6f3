"""Reads parts of a song's file, for its tags and its print, within a bound of bytes and of time."""

import time
from collections.abc import Callable
from typing import BinaryIO, Final

MAX_READ_BYTES: Final = 80 << 20
MAX_SECONDS: Final = 2.0
_WINDOW_BYTES: Final = 4096
PIECE_BYTES: Final = 64 << 10
"""Read at once at the file's begin and at its end, where the tags are, and what prints are of."""


class TagsUnreadable(Exception):
    """The tags of a file cannot be read within the bounds, or at all. reason: for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TagSource:
    """A file of size_bytes bytes, read where its tags are.

    Neighbouring parts are read from the file once. clock: seconds, for the bound of time.
    """

    __slots__ = ("_begin", "_clock", "_deadline", "_file", "_left_bytes", "_windows", "size_bytes")

    def __init__(
        self, file: BinaryIO, size_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = file
        self.size_bytes = size_bytes
        self._clock = clock
        self._deadline = clock() + MAX_SECONDS
        self._left_bytes = MAX_READ_BYTES
        self._begin = b""
        self._windows = [(0, b""), (0, b"")]
        """What was read last of the rest, and of the file's end, and where each begins."""

    def renewed(self) -> "TagSource":
        """Return the same file within new bounds, with what is read of it already."""
        other = TagSource(self._file, self.size_bytes, self._clock)
        other._begin, other._windows = self._begin, self._windows
        return other

    def at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset` on, fewer at the end of the file.

        Raises TagsUnreadable: the bounds are reached, or the disk fails.
        """
        if 0 <= offset <= offset + count <= len(self._begin):  # as mostly
            return self._begin[offset : offset + count]
        count = min(count, self.size_bytes - offset)
        for start, window in self._windows:
            if start <= offset and offset + count <= start + len(window):
                return window[offset - start : offset - start + count]
        if count <= 0 or not 0 <= offset < self.size_bytes:
            return b""
        start, window = self._read(offset, count)
        return window[offset - start : offset - start + count]

    def _read(self, offset: int, count: int) -> tuple[int, bytes]:
        """Read a new window that holds this, as far as the file has it."""
        tail = max(0, self.size_bytes - PIECE_BYTES)
        if offset + count <= PIECE_BYTES:
            self._begin = self._read_bytes(0, PIECE_BYTES)
            return 0, self._begin
        if offset >= tail:
            self._windows[1] = tail, self._read_bytes(tail, PIECE_BYTES)
            return self._windows[1]
        self._windows[0] = offset, self._read_bytes(offset, max(count, _WINDOW_BYTES))
        return self._windows[0]

    def _read_bytes(self, start: int, count: int) -> bytes:
        self._left_bytes -= min(count, self.size_bytes)
        if self._left_bytes < 0:
            raise TagsUnreadable(f"its tags have more than {MAX_READ_BYTES >> 20} MiB to read")
        if self._clock() > self._deadline:
            raise TagsUnreadable(f"reading its tags takes more than {MAX_SECONDS:g} s")
        try:
            self._file.seek(start)
            return self._file.read(count)
        except OSError as exc:
            raise TagsUnreadable(f"its tags cannot be read: {exc.strerror}") from None
