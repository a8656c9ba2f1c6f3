"""What a client leaves behind for its next start on the same server, in one file for each server.

The file's first line is all of it. Each line behind that is a later place in the same song: so
the place is written every few seconds, and a long queue only when it changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cli.memory import files
from cli.memory.kept import Kept, from_members, to_members

VERSION = 1
MAX_BYTES = 64 << 20
MAX_PLACES = 1000
"""So many places are appended until the file is written anew."""
_REPEATS = ("off", "one", "all")
_GAINS = ("off", "track", "album")


class Saved(NamedTuple):
    """What was played and queued. song: the present one. library: the version of the list."""

    song: Kept | None = None
    position_s: float = 0.0
    upcoming: tuple[Kept, ...] = ()
    played: tuple[Kept, ...] = ()
    volume: int = 100
    repeat: str = "off"
    library: str = ""
    gain: str = "off"


class NewerVersion(Exception):
    """A newer alfine has written the file: it is to be left as it is."""


class Broken(ValueError):
    """The file holds nothing that could be brought back. The message says why."""


class SavedFile:
    """The file of one server, by default in the user's own directory. server: HOST:PORT."""

    def __init__(self, server: str, directory: Path | None = None) -> None:
        self._server = server
        self.path = (directory or files.state_directory("clients")) / file_name(server)
        self._writer = ""
        self._places = 0

    def __repr__(self) -> str:
        return f"<SavedFile {self.path}>"

    def read(self) -> Saved | None:
        """Return what was left behind; None if nothing was.

        Raises NewerVersion; Broken; OSError: it cannot be read.
        """
        try:
            return decode(files.read(self.path, MAX_BYTES))
        except FileNotFoundError:
            return None

    def write(self, saved: Saved) -> None:
        """Replace what was left behind. Raises OSError: the former stays."""
        self._writer, self._places = os.urandom(8).hex(), 0
        files.replace(self.path, encode(saved, self._server, self._writer))

    def add_place(self, position_s: float) -> bool:
        """Append a later place in the song; False where the file is to be written anew.

        Another client may have replaced the file: its song is another one, and it ignores the line.
        Raises OSError: it cannot be written.
        """
        if not self._writer or self._places >= MAX_PLACES:
            return False
        self._places += 1
        line = json.dumps({"writer": self._writer, "position_s": round(position_s, 3)})
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        with open(descriptor, "ab") as file:
            file.write(line.encode() + b"\n")
        return True


def file_name(server: str) -> str:
    """Return the name of a server's file. Addresses that differ in case are one."""
    readable = re.sub(r"[^a-z0-9.]+", "_", server.lower()).strip("_.")[:80]
    return f"{readable}-{hashlib.sha256(server.lower().encode()).hexdigest()[:8]}.jsonl"


def encode(saved: Saved, server: str, writer: str) -> bytes:
    """Return the file's first line. writer: what a line with a later place is known by."""
    members = saved._asdict() | {
        "song": to_members(saved.song) if saved.song else None,
        "position_s": round(saved.position_s, 3),
        "upcoming": [to_members(song) for song in saved.upcoming],
        "played": [to_members(song) for song in saved.played],
    }
    return (
        json.dumps(
            {"alfine_state": VERSION, "server": server, "writer": writer, **members}
        ).encode()
        + b"\n"
    )


def decode(content: bytes) -> Saved:
    """Return what a file holds. A last line that a crash has cut off is left out.

    Raises NewerVersion; Broken.
    """
    first, *rest = content.split(b"\n")
    members = _object(first)
    if members is None or type(members.get("alfine_state")) is not int:
        raise Broken("it is not what alfine writes")
    if members["alfine_state"] > VERSION:
        raise NewerVersion
    try:
        saved = _saved(members)
    except (ValueError, TypeError) as error:
        raise Broken(str(error)) from error
    places = (_place(line, members.get("writer")) for line in reversed(rest))
    position_s = next((place for place in places if place is not None), saved.position_s)
    return saved._replace(position_s=position_s)


def _saved(members: Mapping[str, Any]) -> Saved:
    song, volume, repeat = (members.get(name) for name in ("song", "volume", "repeat"))
    library, gain = members.get("library"), members.get("gain", "off")
    if type(volume) is not int or not 0 <= volume <= 100 or repeat not in _REPEATS:
        raise Broken("its volume or its repeat is none")
    if gain not in _GAINS:
        raise Broken("its gain is none")
    if not isinstance(library, str):
        raise Broken("its library is none")
    return Saved(
        None if song is None else from_members(_dict(song)),
        _seconds(members.get("position_s")),
        _songs(members.get("upcoming")),
        _songs(members.get("played")),
        volume,
        repeat,
        library,
        gain,
    )


def _songs(values: object) -> tuple[Kept, ...]:
    if not isinstance(values, list):
        raise Broken("its queue is none")
    return tuple(from_members(_dict(value)) for value in values)


def _dict(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Broken("one of its songs is none")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e9:
        raise Broken("its place in the song is none")
    return float(value)


def _place(line: bytes, writer: object) -> float | None:
    members = _object(line) if writer else None
    if members is None or members.get("writer") != writer:
        return None
    try:
        return _seconds(members.get("position_s"))
    except Broken:
        return None


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
