"""A song as it goes over the wire, framed once into a nameless file, for every listener.

`os.sendfile` sends from any offset; where a message ends, the spool knows. It is a snapshot: what
happens to the song's own file once it is framed changes nothing that is being sent.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from fsm.words import MAX_MESSAGE_BYTES
from net.framing import EOM, frame
from songs import SongUnavailable

READ_BYTES = 64 * 1024
"""Framed at once. Small, because the thread that frames shares the interpreter with the loop."""


class Listener(Protocol):
    """Whoever sends from a spool."""

    def go_on(self) -> None:
        """There may be more to send."""


Stamp = tuple[int, int, int, int]
"""By which a file is known to be unchanged: device, inode, size, time of its last change."""


def stamp_of(status: os.stat_result) -> Stamp:
    """Take a stamp."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class Spool:
    """One framed song, or the part of it that is framed so far.

    length_bytes: how much may be sent; always ends with a message. whole: nothing comes after it.
    failure: why the rest will not come. users: how many connections send from it. filling: a thread
    works on it. abandoned: nobody wants the rest.
    """

    __slots__ = (
        "_anchors",
        "_file",
        "abandoned",
        "checked_at",
        "failure",
        "filling",
        "length_bytes",
        "song_id",
        "stamp",
        "told",
        "users",
        "waiting",
        "whole",
    )

    def __init__(self, song_id: int, stamp: Stamp, directory: Path) -> None:
        """Raises OSError: there is no room for a file, or no descriptor."""
        self.song_id, self.stamp = song_id, stamp
        # Held for as long as the song is.
        self._file = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115
        self._anchors = array("q", [0])
        """Where messages of full length begin to follow each other: 0, and after each shorter."""
        self.length_bytes = 0
        self.whole = False
        self.failure: str | None = None
        self.users = 0
        self.filling = True
        self.abandoned = False
        self.told = False
        """The event loop has been told that there is more, and has not come to it yet."""
        self.waiting: set[Listener] = set()
        """Told once, in the event loop, when there is more to send, or never will be."""
        self.checked_at = 0.0

    @property
    def fd(self) -> int:
        """To send from, by offset."""
        return self._file.fileno()

    @property
    def cost_bytes(self) -> int:
        """Of the disk and of the index."""
        return self.length_bytes + len(self._anchors) * self._anchors.itemsize

    def boundary(self, offset: int) -> int:
        """Return the end of the message that `offset` lies in, or `offset` if it is between two.

        Cost: logarithmic in the number of messages that are shorter than 4117 bytes.
        """
        place = bisect_right(self._anchors, offset)
        anchor = self._anchors[place - 1]
        end = anchor - (anchor - offset) // MAX_MESSAGE_BYTES * MAX_MESSAGE_BYTES
        return min(end, self._anchors[place]) if place < len(self._anchors) else end

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
        offset, left, last = 0, b"", False
        while not last:
            if self.abandoned:
                raise SongUnavailable("nobody listens any more")
            data = os.pread(source_fd, READ_BYTES, offset)
            offset += len(data)
            last = not data
            if last and (offset != self.stamp[2] or stamp_of(os.fstat(source_fd)) != self.stamp):
                raise SongUnavailable("the file was changed while it was read")
            messages, taken = frame(left + data, last=last)
            left = (left + data)[taken:]
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
        # The anchors go first: whoever sees the new length has to see them.
        self._note_short_messages(messages)
        self.length_bytes += len(messages)

    def _note_short_messages(self, messages: bytes) -> None:
        start = 0
        while start < len(messages):
            # Clean messages end at their first EOM, which is what makes them clean.
            end = messages.index(EOM, start) + len(EOM)
            if end - start != MAX_MESSAGE_BYTES:
                self._anchors.append(self.length_bytes + end)
            start = end

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
