"""Frames a song's file a slice at a time, so that many songs can be framed in turns.

It reads, and keeps nothing: where the next slice begins is a value (`Position`), so that the same
place of a song can be gone on from by several.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from fsm.words import MAX_MESSAGE_BYTES
from net.framing import EOM, frame
from songs import CHANGED, SongFile, SongUnavailable

READ_BYTES = 64 * 1024
"""Framed at once. Small, because the thread that frames shares the interpreter with the loop."""
SLICE_S = 0.005
"""A slice ends after this time: a song made of ` END` takes a hundred times as long as others."""


class Source:
    """A song's file, open for as long as somebody has some of it to frame.

    file: the source's own from here on. closed: called when it is closed.
    """

    __slots__ = ("_closed", "_users", "file")

    def __init__(self, file: SongFile, closed: Callable[[], None] = lambda: None) -> None:
        self.file = file
        self._closed = closed
        self._users = 1

    def __repr__(self) -> str:
        return f"<Source {self.file}, {self._users} users>"

    def share(self) -> Source:
        """Count one user more."""
        self._users += 1
        return self

    def release(self) -> None:
        """Count one user less; the last one closes the file."""
        self._users -= 1
        if not self._users:
            self.file.close()
            self._closed()


class Position(NamedTuple):
    """How far a file is read, and what of that is not framed yet."""

    offset: int = 0
    rest: bytes = b""


class Slice(NamedTuple):
    """Whole messages, in one piece for each read: to join them would cost more than to frame them.

    short_ends: where in all of them those end that are not of full length. after: where the next
    slice begins. last: there is none.
    """

    pieces: list[bytes]
    short_ends: list[int]
    after: Position
    last: bool

    @property
    def length_bytes(self) -> int:
        return sum(map(len, self.pieces))


def next_slice(source: Source, position: Position, most_bytes: int) -> Slice:
    """Frame about `most_bytes` of a file, in a worker thread; fewer if that takes long.

    At the end the file has to be as long as it was when it was opened; whether it is the same is
    for the caller to find out. Raises SongUnavailable, OSError: it cannot be read.
    """
    offset, rest = position
    pieces: list[bytes] = []
    ends: list[int] = []
    size_bytes, last, deadline = 0, False, time.monotonic() + SLICE_S
    while not last and size_bytes < most_bytes and time.monotonic() < deadline:
        data = source.file.read(offset, min(READ_BYTES, most_bytes))
        offset += len(data)
        last = not data
        if last and offset != source.file.size_bytes:
            raise SongUnavailable(CHANGED)
        messages, framed_bytes = frame(rest + data, last=last)
        rest = (rest + data)[framed_bytes:]
        pieces.append(messages)
        ends += (size_bytes + end for end in short_ends(messages))
        size_bytes += len(messages)
    return Slice(pieces, ends, Position(offset, rest), last)


def short_ends(messages: bytes) -> list[int]:
    """Return where those of these messages end that are not of full length."""
    ends, start = [], 0
    while start < len(messages):
        # A clean message ends at its first EOM.
        end = messages.index(EOM, start) + len(EOM)
        if end - start != MAX_MESSAGE_BYTES:
            ends.append(end)
        start = end
    return ends


def is_as_it_was(source: Source, framed: Callable[[int, int], bytes] | None = None) -> bool:
    """Return whether the file is still the one that was opened; takes a new stamp if it is.

    framed: returns the messages made of it, by offset and length. A file that was renamed, linked
    or given other rights has another time of change as well as one that was written over and had
    its time set back: only a second look tells. Without `framed` there is none.
    """
    file = source.file
    now = file.stamp_now()
    if now == file.stamp:
        return True
    if not file.same_content(now) or framed is None or not _frames_as(source, framed):
        return False
    if file.stamp_now() != now:
        return False
    file.stamp = now
    return True


def _frames_as(source: Source, framed: Callable[[int, int], bytes]) -> bool:
    position, offset, last = Position(), 0, False
    while not last:
        pieces, _, position, last = next_slice(source, position, READ_BYTES)
        messages = b"".join(pieces)
        if framed(offset, len(messages)) != messages:
            return False
        offset += len(messages)
    return True
