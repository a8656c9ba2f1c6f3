"""A song on its way to one client: its file, read and framed piece by piece (RFC 2.4.2)."""

from __future__ import annotations

import os
import threading

from net.framing import frame
from songs import Library, Song, SongUnavailable

READ_BYTES = 64 * 1024
"""Audio framed and handed over at once: what may still follow a STOP, beside the kernel's share."""


class Sending:
    """A song on its way to one client, read in a worker thread: no disk holds up the loop."""

    def __init__(self, song: Song, library: Library) -> None:
        self.song = song
        self.messages = b""
        """Framed and not yet handed to the connection."""
        self.whole = False
        """Nothing comes after `messages`."""
        self._library = library
        self._fd: int | None = None
        self._stamp = (0, 0)
        self._offset = 0
        self._left = b""
        self._guard = threading.Lock()
        self._reading = self._released = False

    def read(self) -> None:
        """Read on and frame what was read. Blocks. Raises OSError or SongUnavailable."""
        with self._guard:
            if self._released:
                return
            self._reading = True
        try:
            self._read()
        finally:
            with self._guard:
                self._reading = False
                if self._released:
                    self._close()

    def release(self) -> None:
        """Give the descriptor back, at the latest when a read that is under way ends."""
        with self._guard:
            self._released = True
            if not self._reading:
                self._close()

    def _read(self) -> None:
        if self._fd is None:
            self._fd = self._library.open(self.song)
            self._stamp = self._look()
        data = os.pread(self._fd, READ_BYTES, self._offset)
        self._offset += len(data)
        self.whole = not data
        # A file that was cut or written over ahead of the reader ends like any other: only what it
        # was at the start tells that this is not the whole of it.
        if self.whole and (self._look() != self._stamp or self._offset != self._stamp[0]):
            raise SongUnavailable("the file was changed while it was sent")
        self.messages, taken = frame(self._left + data, last=self.whole)
        self._left = (self._left + data)[taken:]

    def _look(self) -> tuple[int, int]:
        """The file's size and the time when its content last changed."""
        assert self._fd is not None
        status = os.fstat(self._fd)
        return status.st_size, status.st_mtime_ns

    def _close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
