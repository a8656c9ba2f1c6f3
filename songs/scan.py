"""Walks the music directory once and finds the songs with their titles, and unusable files.

It assigns no IDs: only the library knows which songs are new.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from songs.files import (
    LIST_FLAGS,
    PASS_FLAGS,
    Root,
    SongUnavailable,
    may_access,
    open_beneath,
    open_song,
    reason_of,
)
from songs.tags import read_tags
from songs.titles import printable, title_from_name, title_from_tags


class Entry(NamedTuple):
    """A usable song's title, and a stamp that changes when its file changes."""

    stamp: str
    title: str


@dataclass(slots=True)
class Findings:
    """songs: by relative path. unusable: (path, reason), both printable."""

    songs: dict[bytes, Entry] = field(default_factory=dict)
    unusable: list[tuple[str, str]] = field(default_factory=list)


def scan_tree(root: Root, known: Mapping[bytes, Entry]) -> Findings:
    """Return every `*.mp3` (any case) below root, and those that cannot be used.

    known: entries of an earlier scan; a file with an unchanged stamp is not opened. No error ends
    the walk. Cost: lstat and access for each known song; open and reading the tags for each other.
    """
    walk = _Walk(root, known)
    while walk.pending:
        walk.visit(walk.pending.pop())
    return walk.findings


def _stamp(status: os.stat_result) -> str:
    # Text, because an inode number may exceed SQLite's integers.
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"


class _Walk:
    """One walk. pending: directories to visit; with a list, depth needs no stack or descriptors."""

    def __init__(self, root: Root, known: Mapping[bytes, Entry]) -> None:
        self._root = root
        self._known = known
        self.pending = [b""]
        self.findings = Findings()

    def visit(self, relative: bytes) -> None:
        try:
            fd = open_beneath(self._root, relative or b".", LIST_FLAGS)
        except OSError as exc:
            self._add_unusable(relative, f"the directory was left out: {reason_of(exc)}")
            return
        try:
            with os.scandir(fd) as entries:
                for entry in entries:
                    self._entry(fd, relative, entry)
        except OSError as exc:
            self._add_unusable(relative, f"the directory was read in part: {reason_of(exc)}")
        finally:
            os.close(fd)

    def _entry(self, dir_fd: int, parent: bytes, entry: os.DirEntry[str]) -> None:
        name = os.fsencode(entry.name)
        path = parent + b"/" + name if parent else name
        try:
            if entry.is_dir(follow_symlinks=False):
                self._directory(path, name)
            elif _is_mp3(name):
                self._song(dir_fd, path, entry)
            elif entry.is_symlink() and entry.is_dir():
                self._linked_directory(path)
        except OSError as exc:
            self._add_unusable(path, reason_of(exc))
        except SongUnavailable as exc:
            self._add_unusable(path, exc.reason)

    def _directory(self, path: bytes, name: bytes) -> None:
        self.pending.append(path)
        if _is_mp3(name):
            self._add_unusable(path, "it is a directory, not a song")

    def _linked_directory(self, path: bytes) -> None:
        # It is never visited, so a cycle of links does not matter: songs inside the music directory
        # are found at their own paths. Opening it raises if it leads outside; that is reported.
        os.close(open_beneath(self._root, path, PASS_FLAGS))

    def _song(self, dir_fd: int, path: bytes, entry: os.DirEntry[str]) -> None:
        if (found := self._unchanged(dir_fd, path, entry)) is None:
            found = self._read(path)
        self.findings.songs[path] = found

    def _unchanged(self, dir_fd: int, path: bytes, entry: os.DirEntry[str]) -> Entry | None:
        known = self._known.get(path)
        if known is None:
            return None
        status = entry.stat(
            follow_symlinks=False
        )  # of a link itself, so that links are always opened
        same = stat.S_ISREG(status.st_mode) and known.stamp == _stamp(status)
        # A change of permissions does not change the stamp.
        return known if same and may_access(entry.name, os.R_OK, dir_fd) else None

    def _read(self, path: bytes) -> Entry:
        fd, status = open_song(self._root, path)
        with open(fd, "rb", buffering=0) as file:
            tags = read_tags(file, status.st_size).tags
        title = title_from_tags(tags.artist, tags.title)
        title = title or title_from_name(os.path.basename(path))
        return Entry(_stamp(status), title)

    def _add_unusable(self, path: bytes, reason: str) -> None:
        self.findings.unusable.append((printable(path), reason))


def _is_mp3(name: bytes) -> bool:
    return name.lower().endswith(b".mp3")
