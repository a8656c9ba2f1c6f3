"""What a search finds before any song is read: names, by folder, and which are no songs'."""

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from songs.titles import printable

_MAX_KIND = 8


class Name(NamedTuple):
    """The name of what may be a song, in its folder. version: of it, where it is known already."""

    name: bytes
    is_link: bool = False
    version: "Version | None" = None


class Version(NamedTuple):
    """Which content an object has. etag: as its store gives it."""

    size_bytes: int
    etag: str


@dataclass(slots=True)
class Walked:
    """folders: the names in each folder that has any, by the folder's relative path.

    unusable: (path, reason). followed: (path, target) of the directories outside the music
    directory that links led to. skipped: (path, reason) of what is no song by its name, and might
    be taken for one. others: how many files of each other kind there are, by the end of their
    names. All texts are printable.
    """

    folders: dict[bytes, list[Name]] = field(default_factory=dict)
    unusable: list[tuple[str, str]] = field(default_factory=list)
    followed: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many names there are."""
        return sum(map(len, self.folders.values()))

    def skip(self, path: bytes, reason: str) -> None:
        """Add what might be taken for a song."""
        self.skipped.append((printable(path), reason))

    def add_other(self, name: bytes) -> None:
        """Count what is no song by its name."""
        self.others[_kind(name)] += 1


@dataclass(slots=True)
class Findings:
    """What is to be told of the songs that were read; all texts are printable.

    unusable: (path, reason). untitled: (path, reason) of songs whose tags could not be read.
    followed: (path, target) of the songs outside the music directory that links led to.
    """

    unusable: list[tuple[str, str]] = field(default_factory=list)
    untitled: list[tuple[str, str]] = field(default_factory=list)
    followed: list[tuple[str, str]] = field(default_factory=list)


def join(folder: bytes, name: bytes) -> bytes:
    """Return the relative path of a name in a folder."""
    return folder + b"/" + name if folder else name


def is_mp3(name: bytes) -> bool:
    """Return whether a song's file may have this name."""
    return name.lower().endswith(b".mp3")


def _kind(name: bytes) -> str:
    """Return the end of a file's name, as in `.flac`; "other" if that says nothing."""
    end = printable(os.path.splitext(name)[1]).lower()
    return end if 1 < len(end) <= _MAX_KIND else "other"
