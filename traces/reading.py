"""Reads a trace line by line, and says in one line what is wrong with a file that is none."""

from __future__ import annotations

import json
import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from traces.file import VERSION

MAX_LINE_BYTES = 64 << 20
KINDS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "opened": {},
    "connected": {"address": str},
    "bytes": {"sender": str, "length": int, "parts": list},
    "step": {
        "machine": str,
        "event": dict,
        "before": str,
        "after": str,
        "row": str,
        "outcomes": list,
    },
    "violation": {"side": str, "state": str, "message": str, "legal": list},
    "trouble": {"text": str},
    "closed": {},
}
"""The members that each kind of line has beside connection, at and kind."""


class TraceError(Exception):
    """The file cannot be read as a trace. The text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. number: in the file, from 1. at: seconds since the trace began."""

    number: int
    connection: int
    at: float
    kind: str
    members: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Header:
    """The first line. dropped: how many connections are not in the file any more."""

    program: str
    side: str
    version: str
    started: str
    audio: bool
    options: dict[str, Any]
    dropped: int = 0


class Reader:
    """A trace that is read; iterate it once. Raises TraceError, here and for any later line."""

    def __init__(self, path: Path) -> None:
        self._file = _opened(path)
        self._name = ascii(str(path))[1:-1]
        self._number = 0
        self._ahead: deque[Line] = deque()
        self._first: Line | None = None
        self.header = self._read_header()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Line]:
        while True:
            line = self._ahead.popleft() if self._ahead else self._next()
            if line is None:
                return
            yield line

    def ahead(self) -> Iterator[Line]:
        """Look at the lines that come next, without taking them."""
        position = 0
        while True:
            if position == len(self._ahead):
                if (line := self._next()) is None:
                    return
                self._ahead.append(line)
            yield self._ahead[position]
            position += 1

    def error(self, why: str) -> TraceError:
        """Return an error that names the file and the line that was read last."""
        return TraceError(f"{self._name}: line {self._number} {why}")

    def _read_header(self) -> Header:
        members = self._object(first=True)
        if members is None or members.get("kind") != "trace" or "trace" not in members:
            raise TraceError(f"{self._name} is no trace of alfine's")
        version = members["trace"]
        if not isinstance(version, int) or version < 1:
            raise TraceError(f"{self._name} is no trace of alfine's")
        if version > VERSION:
            raise TraceError(
                f"{self._name} was written by a newer alfine: its format is {version}, this one "
                f"reads {VERSION}"
            )
        texts = {name: members.get(name) for name in ("program", "side", "version", "started")}
        options = members.get("options", {})
        if not all(isinstance(text, str) for text in texts.values()) or not isinstance(
            options, dict
        ):
            raise TraceError(f"{self._name} does not begin as a trace does")
        header = Header(**texts, audio=members.get("audio") is True, options=options)  # type: ignore[arg-type]
        if header.side not in ("client", "server", "proxy"):
            raise TraceError(f"{self._name} is of no side: neither client, server nor proxy")
        return header

    def _next(self) -> Line | None:
        if (members := self._object()) is None:
            return None
        kind = members.pop("kind", None)
        if kind == "dropped" and self._number == 2:
            return self._next()
        connection, at = members.pop("connection", None), members.pop("at", None)
        known = isinstance(kind, str) and kind in KINDS
        if not known or type(connection) is not int or not isinstance(at, int | float):
            raise self.error("is no line of a trace")
        for name, wanted in KINDS[kind].items():
            if not isinstance(members.get(name), wanted):
                raise self.error(f"has no {name}")
        try:
            return Line(self._number, connection, float(at), kind, members)
        except OverflowError:
            raise self.error("has a time that no clock shows") from None

    def _object(self, first: bool = False) -> dict[str, Any] | None:
        """Return the next line; None at the end, also where the last line was not finished."""
        try:
            text = self._file.readline(4096 if first else MAX_LINE_BYTES)
        except OSError as error:
            raise TraceError(f"{self._name} cannot be read: {error.strerror}") from None
        if not text.endswith(b"\n") and (first or len(text) < MAX_LINE_BYTES):
            return None
        self._number += 1
        try:
            members = json.loads(text)
        except (ValueError, RecursionError):
            members = None
        if not isinstance(members, dict):
            if first:
                return None
            raise self.error("is no JSON object")
        return members


def _opened(path: Path) -> BinaryIO:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraceError(f"{str(path)!a} cannot be read: {reason}") from None
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise TraceError(f"{str(path)!a} is no regular file")
    return os.fdopen(fd, "rb")
