"""Walks the music directory once and says what is there: songs with their titles, and the rest.

It gives out no IDs: what was found before, and what is new, only the library knows.
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
from songs.tags import read_names
from songs.titles import show, title_from_name, title_from_tags


class Entry(NamedTuple):
    """A usable song's title, and the stamp by which to see that its file has not changed."""

    stamp: str
    title: str


@dataclass(slots=True)
class Findings:
    """songs: by relative path. unusable: (shown path, plain reason), nothing hostile in either."""

    songs: dict[bytes, Entry] = field(default_factory=dict)
    unusable: list[tuple[str, str]] = field(default_factory=list)


def scan_tree(root: Root, known: Mapping[bytes, Entry]) -> Findings:
    """Return every `*.mp3` (any case) below root, and what cannot be used; nothing stops the walk.

    known: entries of earlier scans; a file whose stamp is unchanged is not opened. Cost: one
    lstat and one access per known song, one open and the reading of tags per new one.
    """
    walk = _Walk(root, known)
    while walk.pending:
        walk.visit(walk.pending.pop())
    return walk.findings


def _stamp(status: os.stat_result) -> str:
    # Text, since an inode number may be larger than the integers of a database.
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"


class _Walk:
    """One walk. Directories wait in a list, so that depth costs neither stack nor descriptors."""

    def __init__(self, root: Root, known: Mapping[bytes, Entry]) -> None:
        self._root = root
        self._known = known
        self.pending = [b""]
        self.findings = Findings()

    def visit(self, relative: bytes) -> None:
        try:
            fd = open_beneath(self._root, relative or b".", LIST_FLAGS)
        except OSError as exc:
            self._report(relative, f"the directory was left out: {reason_of(exc)}")
            return
        try:
            with os.scandir(fd) as entries:
                for entry in entries:
                    self._entry(fd, relative, entry)
        except OSError as exc:
            self._report(relative, f"the directory was read in part: {reason_of(exc)}")
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
            self._report(path, reason_of(exc))
        except SongUnavailable as exc:
            self._report(path, exc.reason)

    def _directory(self, path: bytes, name: bytes) -> None:
        self.pending.append(path)
        if _is_mp3(name):
            self._report(path, "it is a directory, not a song")

    def _linked_directory(self, path: bytes) -> None:
        # Never entered. If it stays inside, all its songs are found at their own place, once; so no
        # circle of links can catch the walk. If it leads out, its owner should hear of it.
        os.close(open_beneath(self._root, path, PASS_FLAGS))

    def _song(self, dir_fd: int, path: bytes, entry: os.DirEntry[str]) -> None:
        if (found := self._unchanged(dir_fd, path, entry)) is None:
            found = self._read(path)
        self.findings.songs[path] = found

    def _unchanged(self, dir_fd: int, path: bytes, entry: os.DirEntry[str]) -> Entry | None:
        known = self._known.get(path)
        if known is None:
            return None
        status = entry.stat(follow_symlinks=False)  # of a link itself: links are always opened
        same = stat.S_ISREG(status.st_mode) and known.stamp == _stamp(status)
        # Taking the right to read away changes neither size nor time.
        return known if same and may_access(entry.name, os.R_OK, dir_fd) else None

    def _read(self, path: bytes) -> Entry:
        fd, status = open_song(self._root, path)
        with open(fd, "rb") as file:
            names = read_names(file, status.st_size)
        title = title_from_tags(*names) or title_from_name(os.path.basename(path))
        return Entry(_stamp(status), title)

    def _report(self, path: bytes, reason: str) -> None:
        self.findings.unusable.append((show(path), reason))


def _is_mp3(name: bytes) -> bool:
    return name.lower().endswith(b".mp3")
