"""Reads parts of a song's file for its tags, within a bound of bytes and of time."""

import time
from collections.abc import Callable
from typing import BinaryIO, Final

MAX_READ_BYTES: Final = 80 << 20
MAX_SECONDS: Final = 2.0
_WINDOW_BYTES: Final = 4096


class TagsUnreadable(Exception):
    """The tags of a file cannot be read within the bounds, or at all. reason: for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TagSource:
    """A file of size_bytes bytes, read where its tags are.

    Neighbouring parts are read from the file once. clock: seconds, for the bound of time.
    """

    __slots__ = ("_clock", "_deadline", "_file", "_left_bytes", "_start", "_window", "size_bytes")

    def __init__(
        self, file: BinaryIO, size_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = file
        self.size_bytes = size_bytes
        self._clock = clock
        self._deadline = clock() + MAX_SECONDS
        self._left_bytes = MAX_READ_BYTES
        self._start = 0
        self._window = b""

    def at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset` on, fewer at the end of the file.

        Raises TagsUnreadable: the bounds are reached, or the disk fails.
        """
        start = offset - self._start
        if start < 0 or start + count > len(self._window):
            if count <= 0 or not 0 <= offset < self.size_bytes:
                return b""
            self._window, self._start, start = self._read(offset, count), offset, 0
        return self._window[start : start + count]

    def _read(self, offset: int, count: int) -> bytes:
        count = max(count, _WINDOW_BYTES)
        self._left_bytes -= count
        if self._left_bytes < 0:
            raise TagsUnreadable(f"its tags have more than {MAX_READ_BYTES >> 20} MiB to read")
        if self._clock() > self._deadline:
            raise TagsUnreadable(f"reading its tags takes more than {MAX_SECONDS:g} s")
        try:
            self._file.seek(offset)
            return self._file.read(count)
        except OSError as exc:
            raise TagsUnreadable(f"its tags cannot be read: {exc.strerror}") from None
