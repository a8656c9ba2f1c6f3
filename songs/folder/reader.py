"""Reads the songs of one folder: tags, duration and print of each that is new or has changed.

It assigns no IDs: only the library knows which songs are new.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator

from songs.catalogue import Entry
from songs.folder.files import (
    PASS_FLAGS,
    READ_FLAGS,
    Root,
    check_song,
    may_access,
    open_allowed,
    open_song,
    reason_of,
)
from songs.folder.stamp import stamp_text
from songs.folder.walk import leads_out, target_of
from songs.names import Findings, Name, join
from songs.scan.entries import READER, read_entry
from songs.store import SongUnavailable, check_size
from songs.tags import TagSource
from songs.tags.text import LATIN_1
from songs.titles import name_key, printable


class Reader:
    """Reads songs. known: the entry of a path as an earlier scan has found it, or None: a file with
    an unchanged stamp is not opened. encoding: of tags that claim to be Latin-1.
    """

    def __init__(
        self, root: Root, known: Callable[[bytes], Entry | None], encoding: str = LATIN_1
    ) -> None:
        self._root = root
        self._known = known
        self._encoding = encoding
        # Another encoding makes other titles of an unchanged file.
        self._stamp_end = f":{READER}" if encoding == LATIN_1 else f":{READER}:{encoding}"
        self.findings = Findings()

    def folder(self, folder: bytes, names: Iterable[Name]) -> Iterator[tuple[bytes, Entry] | None]:
        """Yield the path and the entry of each usable song, by name; None for each unusable file.

        No error ends it. Cost: lstat and access for each known song, else open and reading.
        """
        names = sorted(names, key=lambda each: name_key(each.name))
        try:
            dir_fd = open_allowed(self._root, folder or b".", PASS_FLAGS)
        except OSError as exc:
            self._add_unusable(folder, f"the directory was left out: {reason_of(exc)}")
            yield from [None] * len(names)
            return
        try:
            for each in names:
                yield self._song(dir_fd, join(folder, each.name), each)
        finally:
            os.close(dir_fd)

    def _song(self, dir_fd: int, path: bytes, name: Name) -> tuple[bytes, Entry] | None:
        try:
            known = self._known(path)
            entry = known and self._unchanged(dir_fd, name, known)
            entry = entry or self._read(dir_fd, path, name, known)
            if name.is_link and self._root.follow_links:
                self._note_link(path)
            return path, entry
        except OSError as exc:
            self._add_unusable(path, reason_of(exc))
        except SongUnavailable as exc:
            self._add_unusable(path, exc.reason)
        return None

    def _note_link(self, path: bytes) -> None:
        if leads_out(self._root, path, PASS_FLAGS & ~os.O_DIRECTORY):
            self.findings.followed.append((printable(path), target_of(self._root, path)))

    def _unchanged(self, dir_fd: int, name: Name, known: Entry) -> Entry | None:
        # The status of a link itself, so that links are always opened.
        status = os.stat(name.name, dir_fd=dir_fd, follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode) or known.stamp != self._stamp(status):
            return None
        check_size(status.st_size, self._root.max_song_bytes)
        # The server may run as another user than before.
        return known if may_access(name.name, os.R_OK, dir_fd) else None

    def _read(self, dir_fd: int, path: bytes, name: Name, known: Entry | None) -> Entry:
        fd, status = self._open(dir_fd, path, name)
        with open(fd, "rb", buffering=0) as file:
            if known and known.stamp == self._stamp(status):
                return known  # a link, whose target is unchanged
            source = TagSource(file, status.st_size)
            read = read_entry(source, name.name, self._stamp(status), self._encoding, known)
        if read.untitled is not None:
            self.findings.untitled.append((printable(path), read.untitled))
        return read.entry

    def _open(self, dir_fd: int, path: bytes, name: Name) -> tuple[int, os.stat_result]:
        if name.is_link:
            return open_song(self._root, path)
        check_song(os.stat(name.name, dir_fd=dir_fd, follow_symlinks=False), self._root)
        fd = os.open(name.name, READ_FLAGS | os.O_NOFOLLOW, dir_fd=dir_fd)
        try:
            # Checked again on the descriptor: the name may stand for another file by now.
            status = os.fstat(fd)
            check_song(status, self._root)
        except BaseException:
            os.close(fd)
            raise
        return fd, status

    def _stamp(self, status: os.stat_result) -> str:
        return stamp_text(status) + self._stamp_end

    def _add_unusable(self, path: bytes, reason: str) -> None:
        self.findings.unusable.append((printable(path), reason))
