"""The history of what was heard: one JSON line for each song, in a file of bounded size.

Several clients may write it at the same time; a line that a crash has cut off is left out.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cli.memory import files
from cli.memory.kept import Kept, from_members, to_members

MAX_BYTES = 1 << 20
"""Of about 6,000 songs; beyond that the older half is forgotten."""
MAX_LINE_BYTES = 16 * 1024
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


class Heard(NamedTuple):
    """A song that was heard. at: when, in Unix time. server: HOST:PORT."""

    at: float
    server: str
    song: Kept


class HeardFile:
    """The history in one file, by default the user's own; it need not exist."""

    def __init__(self, path: Path | None = None) -> None:
        self._given = path

    def __repr__(self) -> str:
        return f"<HeardFile {self._path}>"

    @property
    def _path(self) -> Path:
        return self._given or files.state_directory() / "heard.jsonl"

    def read(self) -> list[Heard]:
        """Return all that is known, the oldest first; [] where there is nothing to read.

        Of a file that is too large, as one that was put together of several is, the newest part.
        """
        try:
            content = files.read_last_lines(self._path, MAX_BYTES + MAX_LINE_BYTES)
        except OSError:
            return []
        return [heard for line in content.split(b"\n") if (heard := decode(line)) is not None]

    def add(self, heard: Heard) -> None:
        """Append one song. Raises OSError: it cannot be kept."""
        line = encode(heard)
        files.make_private(self._path.parent)
        with self._locked() as descriptor:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":  # a crash has cut it off
                line = b"\n" + line
            os.write(descriptor, line)
            if size + len(line) > MAX_BYTES:
                self._forget_older_half()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        """Open the file to append, and let no other client write or replace it meanwhile."""
        while True:
            descriptor = os.open(self._path, _APPEND, files.MODE)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if self._is(descriptor):
                    yield descriptor
                    return
            finally:
                os.close(descriptor)

    def _is(self, descriptor: int) -> bool:
        """Whether the file still has its name: another client may have replaced it."""
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(descriptor))
        except FileNotFoundError:
            return False

    def _forget_older_half(self) -> None:
        files.replace(self._path, files.read_last_lines(self._path, MAX_BYTES // 2))


def encode(heard: Heard) -> bytes:
    """Return the line for a song, with the line's end."""
    members = {"at": round(heard.at, 3), "server": heard.server, **to_members(heard.song)}
    return json.dumps(members).encode() + b"\n"


def decode(line: bytes) -> Heard | None:
    """Return the song of a line; None if it is none."""
    if len(line) > MAX_LINE_BYTES:
        return None
    try:
        members = json.loads(line)
        at, server = members["at"], members["server"]
        datetime.fromtimestamp(at)
        return Heard(float(at), server, from_members(members)) if isinstance(server, str) else None
    except (ValueError, TypeError, KeyError, AttributeError, OSError, ArithmeticError):
        return None  # OSError: no date can be made of the time
    except RecursionError:
        return None
