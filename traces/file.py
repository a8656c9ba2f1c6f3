"""The file of a trace: a thread writes the lines and keeps the file within its bound.

It knows lines and connections, and nothing of what the lines say.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

VERSION = 1
"""Of the schema. It rises when a member changes its meaning or goes, not for a new member."""
MARK = b'{"kind":"trace","trace":'
"""How a trace begins: a file that does is replaced by a new trace, any other is not."""
KEPT = 0.75
"""When the file is full, whole connections are dropped until so much of the bound is left."""
MAX_WAITING_BYTES = 64 << 20
"""What may wait in memory for a slow disk; with more, the trace is lost."""
LINES_AT_ONCE = 1000
"""So many are copied at once: a trace may be larger than the memory."""
END_S = 5.0
NO_CONNECTION = 0


class CannotRecord(Exception):
    """The trace cannot be written. The text says why, in one line."""


def check_writable(path: Path) -> None:
    """Raise CannotRecord if no trace can be written there; replace an older trace by an empty file.

    Only a trace, or an empty file, is replaced: no other file is lost by a wrong name.
    """
    _open(path).close()


def _open(path: Path) -> BinaryIO:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotRecord(f"the trace {str(path)!a} cannot be written: {reason}") from None
    file = os.fdopen(fd, "r+b", buffering=0)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        file.close()
        raise CannotRecord(f"the trace {str(path)!a} is no regular file: choose another name")
    if file.read(len(MARK)) not in (b"", MARK):
        file.close()
        raise CannotRecord(
            f"{str(path)!a} is there and is no trace: choose another name, or move it away"
        )
    file.seek(0)
    file.truncate()
    return file


def alfine_version() -> str:
    """Return alfine's version; "unknown" where it runs from a tree that is not installed."""
    try:
        return metadata.version("alfine")
    except metadata.PackageNotFoundError:
        return "unknown"


def encode(record: dict[str, Any]) -> bytes:
    """Return one line, in ASCII without control characters: no peer can steer a terminal by it."""
    text = json.dumps(record, separators=(",", ":"))
    return text.replace("\x7f", "\\u007f").encode() + b"\n"


class TraceFile:
    """A trace that is being written. The thread that it starts does not survive a fork.

    header: what the first line says beside the versions. size_bytes: the file is not longer; the
    oldest connections are dropped whole. on_lost: called once, in the thread, with one line, when
    the trace is given up: nothing else comes of that. Raises CannotRecord.
    """

    def __init__(
        self,
        path: Path,
        header: dict[str, Any],
        size_bytes: int,
        on_lost: Callable[[str], None],
    ) -> None:
        self._path, self._size_bytes, self._on_lost = path, size_bytes, on_lost
        self._file = _open(path)
        started = datetime.now(UTC).isoformat()
        first = {"kind": "trace", "trace": VERSION, **header}
        self._header = encode(first | {"version": alfine_version(), "started": started})
        self._bytes: dict[int, int] = {}
        """What each connection takes of the file, in the order in which they began."""
        self._dropped = self._dropped_lines = 0
        """The last connection that was dropped, and so their number; how many lines of them."""
        self._length = 0
        self._added = self._taken = 0
        """Bytes that were put into the queue and taken out of it, each counted by one thread."""
        self._lost = False
        self._lines: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        try:
            self._write(NO_CONNECTION, self._header)
        except OSError as error:
            raise CannotRecord(f"the trace cannot be written: {error.strerror}") from None
        self._thread = threading.Thread(target=self._run, name="trace", daemon=True)
        self._thread.start()

    def write(self, connection: int, record: dict[str, Any]) -> None:
        """Add a line; it is written soon.

        connection: whose it is, dropped with it; a later connection has a higher number.
        """
        if self._lost:
            return
        line = encode(record)
        self._added += len(line)
        if self._added - self._taken > MAX_WAITING_BYTES:
            self._give_up("the disk is too slow")
            return
        self._lines.put((connection, line))

    def close(self) -> None:
        """Write the lines that wait, for at most 5 s, and close the file."""
        self._lines.put(None)
        self._thread.join(END_S)

    # In the thread

    def _run(self) -> None:
        while (next_line := self._lines.get()) is not None:
            connection, line = next_line
            self._taken += len(line)
            if self._lost:
                continue
            try:
                self._write(connection, line)
            except OSError as error:
                self._give_up(error.strerror or type(error).__name__)
        self._file.close()

    def _write(self, connection: int, line: bytes) -> None:
        if NO_CONNECTION < connection <= self._dropped:
            self._dropped_lines += 1
            return
        self._append(line)
        self._bytes[connection] = self._bytes.get(connection, 0) + len(line)
        if self._length > self._size_bytes:
            self._drop_oldest()

    def _append(self, line: bytes) -> None:
        begin, written = self._length, 0
        try:
            while written < len(line):
                written += self._file.write(line[written:]) or 0
        except OSError:
            with contextlib.suppress(OSError):  # no half of a line is left
                self._file.truncate(begin)
            raise
        self._length += len(line)

    def _drop_oldest(self) -> None:
        """Write the file anew without the oldest connections; the header stays."""
        length = self._length
        for connection in [each for each in self._bytes if each != NO_CONNECTION]:
            if length <= self._size_bytes * KEPT:
                break
            length -= self._bytes.pop(connection)
            self._dropped = connection
        self._rewrite()

    def _rewrite(self) -> None:
        beside = self._path.with_name(self._path.name + ".part")
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        old = self._file
        self._file = os.fdopen(
            os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600),
            "r+b",
            buffering=0,
        )
        self._length = 0
        try:
            self._fill(old)
            os.replace(beside, self._path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise

    def _fill(self, old: BinaryIO) -> None:
        with old, open(self._path, "rb") as lines:
            numbers = map(connection_of, lines)
            self._dropped_lines += sum(NO_CONNECTION < each <= self._dropped for each in numbers)
            said = {"kind": "dropped", "connections": self._dropped, "lines": self._dropped_lines}
            self._append(self._header + encode(said))
            self._bytes[NO_CONNECTION] = self._length
            lines.seek(0)
            kept = (line for line in lines if connection_of(line) > self._dropped)
            while block := b"".join(islice(kept, LINES_AT_ONCE)):
                self._append(block)

    def _give_up(self, reason: str) -> None:
        self._lost = True
        self._on_lost(f"the trace {str(self._path)!a} ends here: {reason}")


def connection_of(line: bytes) -> int:
    """Return whose line it is: `{"connection":3,…`, or no connection's."""
    prefix = b'{"connection":'
    if not line.startswith(prefix):
        return NO_CONNECTION
    return int(line[len(prefix) : line.index(b",")])
