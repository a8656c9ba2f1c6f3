"""Walks the music directory once and finds the songs with what their tags say, and unusable files.

It assigns no IDs: only the library knows which songs are new.
"""

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from songs.files import (
    LIST_FLAGS,
    PASS_FLAGS,
    Root,
    SongUnavailable,
    check_size,
    may_access,
    open_allowed,
    open_beneath,
    open_song,
    reason_of,
)
from songs.junk import is_junk_file, is_junk_folder
from songs.stamp import stamp_text
from songs.tags import read_tags
from songs.tags.text import LATIN_1
from songs.titles import natural_key, printable, title_from_name, title_from_tags

# A followed link is the last part of its path.
_FOLLOW_FLAGS = LIST_FLAGS & ~os.O_NOFOLLOW


class Entry(NamedTuple):
    """A usable song's title, disc and track, and a stamp that changes when its file changes."""

    stamp: str
    title: str
    disc: int | None = None
    track: int | None = None


@dataclass(slots=True)
class Findings:
    """songs: by relative path. All texts are printable.

    unusable: (path, reason). untitled: (path, reason) of songs whose tags could not be read.
    followed: (path, target) of the links that led out of the music directory.
    """

    songs: dict[bytes, Entry] = field(default_factory=dict)
    unusable: list[tuple[str, str]] = field(default_factory=list)
    untitled: list[tuple[str, str]] = field(default_factory=list)
    followed: list[tuple[str, str]] = field(default_factory=list)


def scan_tree(root: Root, known: Mapping[bytes, Entry], encoding: str = LATIN_1) -> Findings:
    """Return every song below root, and the files that cannot be used.  protocol.md 5.

    known: entries of an earlier scan; a file with an unchanged stamp is not opened. encoding: of
    tags that claim to be Latin-1. No error ends the walk. Cost: lstat and access for each known
    song; open and reading the tags for each other.
    """
    walk = _Walk(root, known, encoding)
    walk.run()
    return walk.findings


class _Walk:
    """One walk. With lists of what is to be visited, depth needs no stack and no descriptors."""

    def __init__(self, root: Root, known: Mapping[bytes, Entry], encoding: str) -> None:
        self._root = root
        self._known = known
        self._encoding = encoding
        # Another encoding makes other titles of an unchanged file.
        self._stamp_end = "" if encoding == LATIN_1 else f":{encoding}"
        self._folders = [b""]
        self._links: list[tuple[tuple[str, bytes], bytes]] = []
        """A heap of links that lead out, in natural order. Their turn comes last: a song's own
        place is better than a link to it."""
        self._visited: set[tuple[int, int]] = set()
        """Device and inode of each directory: a circle of links ends where it began."""
        self.findings = Findings()

    def run(self) -> None:
        while self._folders or self._links:
            if self._folders:
                self._visit(self._folders.pop(), LIST_FLAGS)
            else:
                self._visit(heappop(self._links)[1], _FOLLOW_FLAGS)

    def _visit(self, relative: bytes, flags: int) -> None:
        try:
            fd = open_allowed(self._root, relative or b".", flags)
        except OSError as exc:
            self._add_unusable(relative, f"the directory was left out: {reason_of(exc)}")
            return
        try:
            if self._is_new(fd):
                if flags == _FOLLOW_FLAGS:
                    self._add_followed(relative)
                with os.scandir(fd) as entries:
                    for entry in entries:
                        self._entry(fd, relative, entry)
        except OSError as exc:
            self._add_unusable(relative, f"the directory was read in part: {reason_of(exc)}")
        finally:
            os.close(fd)

    def _is_new(self, fd: int) -> bool:
        status = os.fstat(fd)
        place = status.st_dev, status.st_ino
        if place in self._visited and self._root.follow_links:
            return False
        self._visited.add(place)
        return True

    def _entry(self, dir_fd: int, parent: bytes, entry: os.DirEntry[str]) -> None:
        name = os.fsencode(entry.name)
        path = parent + b"/" + name if parent else name
        try:
            if entry.is_dir(follow_symlinks=False):
                self._directory(path, name)
            elif _is_mp3(name):
                if not is_junk_file(name):
                    self._song(dir_fd, path, entry)
            elif entry.is_symlink() and not is_junk_folder(name) and entry.is_dir():
                self._linked_directory(path)
        except OSError as exc:
            self._add_unusable(path, reason_of(exc))
        except SongUnavailable as exc:
            self._add_unusable(path, exc.reason)

    def _directory(self, path: bytes, name: bytes) -> None:
        if is_junk_folder(name):
            return
        self._folders.append(path)
        if _is_mp3(name):
            self._add_unusable(path, "it is a directory, not a song")

    def _linked_directory(self, path: bytes) -> None:
        # What is inside the music directory is found at its own path. Opening raises if the link
        # leads outside; that is followed, or reported.
        if not self._leads_out(path, PASS_FLAGS):
            return
        if not self._root.follow_links:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        heappush(self._links, (natural_key(path), path))

    def _leads_out(self, path: bytes, flags: int) -> bool:
        """Return whether a link leads out of root. Raises OSError: it cannot be opened."""
        try:
            os.close(open_beneath(self._root, path, flags))
        except OSError as exc:
            if exc.errno != errno.EXDEV:
                raise
            return True
        return False

    def _song(self, dir_fd: int, path: bytes, entry: os.DirEntry[str]) -> None:
        found = self._unchanged(dir_fd, path, entry)
        self.findings.songs[path] = found or self._read(path)
        if self._root.follow_links and entry.is_symlink():
            self._note_link(path)

    def _note_link(self, path: bytes) -> None:
        if self._leads_out(path, PASS_FLAGS & ~os.O_DIRECTORY):
            self._add_followed(path)

    def _unchanged(self, dir_fd: int, path: bytes, entry: os.DirEntry[str]) -> Entry | None:
        known = self._known.get(path)
        if known is None:
            return None
        status = entry.stat(
            follow_symlinks=False
        )  # of a link itself, so that links are always opened
        if not stat.S_ISREG(status.st_mode) or known.stamp != self._stamp(status):
            return None
        check_size(status.st_size, self._root.max_song_bytes)
        # The server may run as another user than before.
        return known if may_access(entry.name, os.R_OK, dir_fd) else None

    def _read(self, path: bytes) -> Entry:
        known = self._known.get(path)
        fd, status = open_song(self._root, path)
        with open(fd, "rb", buffering=0) as file:
            if known and known.stamp == self._stamp(status):
                return known  # a link, whose target is unchanged
            tags, problem, again = read_tags(file, status.st_size, self._encoding)
        tagged = title_from_tags(tags.artist, tags.title)
        stamp = "" if again else self._stamp(status)
        title = tagged or title_from_name(os.path.basename(path))
        found = Entry(stamp, title, tags.disc, tags.track)
        if problem is not None and tagged is None and found != known:  # it is told once
            self.findings.untitled.append((printable(path), problem))
        return found

    def _stamp(self, status: os.stat_result) -> str:
        return stamp_text(status) + self._stamp_end

    def _add_unusable(self, path: bytes, reason: str) -> None:
        self.findings.unusable.append((printable(path), reason))

    def _add_followed(self, path: bytes) -> None:
        target = os.path.realpath(os.path.join(self._root.path, path))
        self.findings.followed.append((printable(path), printable(target)))


def _is_mp3(name: bytes) -> bool:
    return name.lower().endswith(b".mp3")
