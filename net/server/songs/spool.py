"""A song as it goes over the wire: framed into an unnamed temporary file for all clients, or into
memory for one.

A worker thread frames, a slice at a time (`work`); all else happens in the event loop.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from fsm.words import MAX_MESSAGE_BYTES, MAX_PAYLOAD_BYTES
from net.server.client_socket import Sending
from net.server.songs.framer import Position, Slice, Source, is_as_it_was, next_slice
from net.server.songs.message_ends import MessageEnds
from songs import CHANGED, SongUnavailable

LEAST_SLICE_BYTES, SLICE_BYTES = 128 * 1024, 512 * 1024
"""What is framed of a song before it is another one's turn: as much again as there is, within these
bounds. So a song begins soon, and turns cost little."""
PASSING_BYTES = 32 * 1024
"""What is framed at once for one client alone, and held in memory."""
LEAST_AHEAD_BYTES, MOST_AHEAD_BYTES = 512 * 1024, 4 << 20
"""How far a song is framed ahead of the client that has taken the most of it: as far again as that
client has come, within these bounds. So who takes nothing has next to nothing framed."""


class Work(NamedTuple):
    """What a worker thread has done for a spool: at most one of them is not None.

    failure: why the song cannot be sent to its end. unkept: why its messages could not be written.
    """

    slice: Slice | None = None
    failure: str | None = None
    unkept: str | None = None


class Framed(ABC):
    """A framed song, or the part of it that is framed so far.

    whole: nothing follows. failure: why the rest will not follow. users: how many connections send
    from it. busy: a thread works on it.
    """

    __slots__ = (
        "_grow", "_position", "_size_bytes", "_source", "_unused", "busy", "ends", "failure",
        "furthest", "song_id", "users", "waiting", "whole",
    )  # fmt: skip

    def __init__(
        self,
        song_id: int,
        source: Source,
        grow: Callable[[Framed], None],
        unused: Callable[[Framed], None],
        position: Position | None = None,
        start: int = 0,
    ) -> None:
        """source: the spool's own share of it. grow: called when more may be framed. unused: called
        when the last user has released the spool. start: the offset of what is framed first.
        """
        self.song_id = song_id
        self._source: Source | None = source
        self._size_bytes = source.file.size_bytes
        self._grow, self._unused = grow, unused
        self._position = position or Position()
        self.ends = MessageEnds(start)
        self.whole = self.busy = False
        self.failure: str | None = None
        self.users = 0
        self.furthest = start
        """The offset up to which it is sent to the client that has taken the most."""
        self.waiting: set[Callable[[], None]] = set()
        """Called once each when there is more to send, or will never be."""

    @property
    def length_bytes(self) -> int:
        """The offset up to which it may be sent; always the end of a message."""
        return self.ends.end

    @property
    def expected_bytes(self) -> int:
        """How long it will be, about: as if each message to come were of full length."""
        if self.whole:
            return self.length_bytes
        return max(self.length_bytes, self._size_bytes * MAX_MESSAGE_BYTES // MAX_PAYLOAD_BYTES)

    @property
    def complete(self) -> bool:
        """Nothing more will be framed."""
        return self.whole or self.failure is not None

    @property
    @abstractmethod
    def wants_work(self) -> bool:
        """Whether a slice more is to be framed now."""

    @abstractmethod
    def work(self) -> Work:
        """Frame a slice, in a worker thread. Never raises."""

    @abstractmethod
    def send(self, sock: Sending, offset: int, count_bytes: int) -> int:
        """Send at most so much from this offset on; return how much. Raises OSError."""

    def apply(self, work: Work) -> None:
        """Take what the thread has done; who waits is to be called by `wake` afterwards."""
        self.failure = work.failure
        if work.slice is not None:
            self.whole = work.slice.last
            self._position = work.slice.after
            self.ends.add(work.slice.length_bytes, work.slice.short_ends)
        if self.complete:
            self.close_source()

    def wake(self) -> None:
        """Call who waits for more."""
        waiting, self.waiting = self.waiting, set()
        for resume in waiting:
            resume()

    def sent(self, offset: int) -> None:
        """A client has been sent everything up to this offset."""
        if offset > self.furthest:
            self.furthest = offset
            if not (self.busy or self.complete):
                self._grow(self)

    def wait(self, resume: Callable[[], None]) -> None:
        """Have `resume` called when there is more to send, or will never be."""
        self.waiting.add(resume)
        if not (self.busy or self.complete):
            self._grow(self)

    def continuation(self) -> Framed | None:
        """Return what is to be sent from `length_bytes` on, if that is not framed here any more."""
        return None

    def release(self) -> None:
        """Count one user less."""
        self.users -= 1
        if self.users == 0:
            self._unused(self)

    def close_source(self) -> None:
        """Frame no more: the song's file is not needed here any longer."""
        source, self._source = self._source, None
        if source is not None:
            source.release()

    def close(self) -> None:
        """Free everything; no thread may work on it any more."""
        self.close_source()


class Spool(Framed):
    """A song framed for all clients. `os.sendfile` sends from any offset.

    It is a snapshot: once it is whole, a change of the song's own file changes nothing.
    file: unnamed, and the spool's own from here on. None: nothing can be kept.
    """

    __slots__ = (
        "_file", "checked_at", "closed", "counted_bytes", "kept", "reserved_bytes", "stamp",
    )  # fmt: skip

    def __init__(
        self,
        song_id: int,
        source: Source,
        file: BinaryIO | None,
        grow: Callable[[Framed], None] = lambda spool: None,
        unused: Callable[[Framed], None] = lambda spool: None,
    ) -> None:
        super().__init__(song_id, source, grow, unused)
        self._file = file
        self.kept = file is not None
        """Messages are added as long as there is room; the rest goes by `continuation`."""
        self.stamp = source.file.stamp
        self.counted_bytes = 0
        """For the cache: how much of it is in the sum of what is stored."""
        self.reserved_bytes = 0
        """For the cache: how much room is kept for the slice that is being framed."""
        self.checked_at = 0.0
        """When the stamp was last compared with the song's file, in `time.monotonic()`."""
        self.closed = False

    def __repr__(self) -> str:
        state = "whole" if self.whole else "growing" if self.kept else "ended early"
        return (
            f"<Spool {self.song_id}: {self.length_bytes} bytes, {self.failure or state}, "
            f"{self.users} users>"
        )

    @property
    def has_file(self) -> bool:
        """It takes a descriptor of its own."""
        return self._file is not None

    @property
    def fd(self) -> int:
        """The descriptor to send from, by offset. Raises ValueError: the spool is closed."""
        if self._file is None:
            raise ValueError("nothing is kept")
        return self._file.fileno()

    @property
    def cost_bytes(self) -> int:
        """What the spool takes of the disk and, for its index, of memory."""
        return self.length_bytes + self.ends.memory_bytes

    @property
    def slice_bytes(self) -> int:
        """How much the next slice is to have; it ends with the read that reaches that."""
        return min(max(self.length_bytes, LEAST_SLICE_BYTES), SLICE_BYTES)

    @property
    def wants_work(self) -> bool:
        ahead_bytes = min(max(self.furthest, LEAST_AHEAD_BYTES), MOST_AHEAD_BYTES)
        ahead = self.length_bytes >= self.furthest + ahead_bytes
        return self.kept and not (self.busy or self.complete or ahead or self._source is None)

    def work(self) -> Work:
        try:
            assert self._source is not None
            framed = next_slice(self._source, self._position, self.slice_bytes)
        except SongUnavailable as error:
            return Work(failure=error.reason)
        except OSError as error:
            return Work(failure=error.strerror or type(error).__name__)
        try:
            self._write(framed.pieces)
        except OSError as error:
            return Work(unkept=error.strerror or type(error).__name__)
        return Work(framed) if not framed.last or self._is_as_it_was() else Work(failure=CHANGED)

    def _write(self, pieces: list[bytes]) -> None:
        offset = self.length_bytes
        for piece in pieces:
            written = 0
            while written < len(piece):
                written += os.pwrite(self.fd, piece[written:], offset + written)
            offset += written

    def _is_as_it_was(self) -> bool:
        try:
            assert self._source is not None
            return is_as_it_was(self._source, lambda at, count: os.pread(self.fd, count, at))
        except (SongUnavailable, OSError):
            return False

    def apply(self, work: Work) -> None:
        if work.unkept is not None:
            self.kept = False
        if self._source is not None:
            self.stamp = self._source.file.stamp
        super().apply(work)

    def send(self, sock: Sending, offset: int, count_bytes: int) -> int:
        sent = sock.send_file(self.fd, offset, count_bytes)
        if sent == 0:
            raise OSError("the cached song is shorter than it was")
        return sent

    def continuation(self) -> Framed | None:
        if self.kept or self.complete or self.busy or self._source is None:
            return None
        # What was written behind `length_bytes`, without room for all of it, is not sent.
        rest = Passing(
            self.song_id, self._source.share(), self._grow, self._position, self.ends.end
        )
        rest.users = 1
        return rest

    def close(self) -> None:
        super().close()
        self.closed = True
        if self._file is not None:
            self._file.close()  # which frees its room on the disk


class Passing(Framed):
    """The rest of a song for one client, framed as it is sent and kept nowhere."""

    __slots__ = ("_messages", "_start")

    def __init__(
        self,
        song_id: int,
        source: Source,
        grow: Callable[[Framed], None],
        position: Position,
        start: int,
    ) -> None:
        super().__init__(song_id, source, grow, _close_unused, position, start)
        self._messages = b""
        self._start = start
        """The offset of `_messages`."""

    def __repr__(self) -> str:
        state = self.failure or ("whole" if self.whole else "passing")
        return f"<Passing {self.song_id}: {self._start} to {self.length_bytes}, {state}>"

    @property
    def wants_work(self) -> bool:
        done = self.busy or self.complete or self._source is None
        return not done and self.users > 0 and self.furthest >= self.length_bytes

    def work(self) -> Work:
        try:
            assert self._source is not None
            framed = next_slice(self._source, self._position, PASSING_BYTES)
            if framed.last and not is_as_it_was(self._source):
                return Work(failure=CHANGED)
            return Work(framed)
        except SongUnavailable as error:
            return Work(failure=error.reason)
        except OSError as error:
            return Work(failure=error.strerror or type(error).__name__)

    def apply(self, work: Work) -> None:
        if work.slice is not None:
            # All before it is sent.
            self._start, self._messages = self.length_bytes, b"".join(work.slice.pieces)
            self.ends = MessageEnds(self._start)
        super().apply(work)
        if not self.users:
            self.close()

    def send(self, sock: Sending, offset: int, count_bytes: int) -> int:
        begin = offset - self._start
        return sock.send(memoryview(self._messages)[begin : begin + count_bytes])

    def close(self) -> None:
        super().close()
        self._messages = b""


def _close_unused(spool: Framed) -> None:
    if not spool.busy:
        spool.close()
