"""A song as it goes over the wire: framed once, into an unnamed temporary file, for every client.

`os.sendfile` sends from any offset; the spool knows where a message ends. It is a snapshot: a
change of the song's own file after the framing changes nothing that is sent.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

from fsm.words import MAX_MESSAGE_BYTES
from net.framing import EOM, frame
from songs import SongUnavailable

READ_BYTES = 64 * 1024
"""Framed at once. Small, because the thread that frames shares the interpreter with the loop."""


Stamp = tuple[int, int, int, int]
"""What tells whether a file has changed: device, inode, size, time of the last change."""


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp of a file with this status."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class Spool:
    """One framed song, or the part of it that is framed so far.

    length_bytes: how much may be sent; always the end of a message. whole: nothing follows.
    failure: why the rest will not follow. users: how many connections send from it. filling: a
    thread frames the song. abandoned: nobody will send the rest.
    """

    __slots__ = (
        "_anchors",
        "_file",
        "_unused",
        "abandoned",
        "checked_at",
        "failure",
        "filling",
        "length_bytes",
        "song_id",
        "stamp",
        "users",
        "waiting",
        "wake_scheduled",
        "whole",
    )

    def __init__(
        self, song_id: int, stamp: Stamp, directory: Path, unused: Callable[[Spool], None]
    ) -> None:
        """unused: called when the last user has released the spool.

        Raises OSError: there is no room for a file, or no descriptor.
        """
        self.song_id, self.stamp = song_id, stamp
        self._unused = unused
        # Open for as long as the spool exists.
        self._file = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115
        self._anchors = array("q", [0])
        """Offsets from which messages of full length follow: 0, and the end of each shorter one."""
        self.length_bytes = 0
        self.whole = False
        self.failure: str | None = None
        self.users = 0
        self.filling = True
        self.abandoned = False
        self.waiting: set[Callable[[], None]] = set()
        """Called once each, in the event loop, when there is more to send or will never be."""
        self.wake_scheduled = False
        """The event loop is going to call what is in `waiting`."""
        self.checked_at = 0.0
        """When the stamp was last compared with the song's file, in `time.monotonic()`."""

    def __repr__(self) -> str:
        state = "whole" if self.whole else "filling" if self.failure is None else self.failure
        return f"<Spool {self.song_id}: {self.length_bytes} bytes, {state}, {self.users} users>"

    @property
    def fd(self) -> int:
        """The descriptor to send from, by offset. Raises ValueError: the spool is closed."""
        return self._file.fileno()

    @property
    def cost_bytes(self) -> int:
        """What the spool takes of the disk and, for its index, of memory."""
        return self.length_bytes + len(self._anchors) * self._anchors.itemsize

    def boundary(self, offset: int) -> int:
        """Return the end of the message that contains `offset`; `offset` itself between two.

        Cost: logarithmic in the number of messages that are shorter than 4117 bytes.
        """
        index = bisect_right(self._anchors, offset)
        anchor = self._anchors[index - 1]
        end = anchor - (anchor - offset) // MAX_MESSAGE_BYTES * MAX_MESSAGE_BYTES
        return min(end, self._anchors[index]) if index < len(self._anchors) else end

    def short_end(self, offset: int) -> int:
        """Return the end of the first message behind `offset` that is shorter than 4117 bytes; if
        none is framed, the end of what is. Cost: as of `boundary`.
        """
        index = bisect_right(self._anchors, offset)
        return self._anchors[index] if index < len(self._anchors) else self.length_bytes

    def is_short_end(self, offset: int) -> bool:
        """Return whether a message that is shorter than 4117 bytes ends at `offset`."""
        index = bisect_right(self._anchors, offset) - 1
        return index > 0 and self._anchors[index] == offset

    def release(self) -> None:
        """Count one user less."""
        self.users -= 1
        if self.users == 0:
            self._unused(self)

    def fill(self, source_fd: int, publish: Callable[[], None]) -> None:
        """Frame the song, in a worker thread; publish: called when there is more to send.

        Sets `whole` or `failure`, and never raises. Does not close source_fd.
        """
        try:
            self._fill(source_fd, publish)
        except SongUnavailable as error:
            self.failure = error.reason
        except OSError as error:
            self.failure = error.strerror or type(error).__name__

    def _fill(self, source_fd: int, publish: Callable[[], None]) -> None:
        offset, rest, last = 0, b"", False
        while not last:
            if self.abandoned:
                raise SongUnavailable("nobody listens any more")
            data = os.pread(source_fd, READ_BYTES, offset)
            offset += len(data)
            last = not data
            if last and (offset != self.stamp[2] or stamp_of(os.fstat(source_fd)) != self.stamp):
                raise SongUnavailable("the file was changed while it was read")
            messages, framed_bytes = frame(rest + data, last=last)
            rest = (rest + data)[framed_bytes:]
            self._append(messages)
            self.whole = last
            publish()

    def _append(self, messages: bytes) -> None:
        written = 0
        try:
            while written < len(messages):
                written += os.pwrite(self.fd, messages[written:], self.length_bytes + written)
        except OSError as error:
            raise SongUnavailable(f"the cache directory: {error.strerror}") from error
        # First the anchors: the loop needs them as soon as it sees the new length.
        self._index_short_messages(messages)
        self.length_bytes += len(messages)

    def _index_short_messages(self, messages: bytes) -> None:
        start = 0
        while start < len(messages):
            # A clean message ends at its first EOM.
            end = messages.index(EOM, start) + len(EOM)
            if end - start != MAX_MESSAGE_BYTES:
                self._anchors.append(self.length_bytes + end)
            start = end

    def close(self) -> None:
        """Close the file, which frees its room on the disk."""
        self._file.close()
