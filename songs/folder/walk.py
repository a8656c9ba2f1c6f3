"""Walks the music directory and finds the names of songs: it reads folders, and no file.

It knows what is no song by its name, and where links lead.  protocol.md 5.
"""

import errno
import os
from collections.abc import Callable
from heapq import heappop, heappush

from songs.folder.files import LIST_FLAGS, PASS_FLAGS, Root, open_allowed, open_beneath, reason_of
from songs.junk import is_junk_file, is_junk_folder
from songs.names import Name, Walked, is_mp3, join
from songs.titles import natural_key, printable

# A followed link is the last part of its path.
_FOLLOW_FLAGS = LIST_FLAGS & ~os.O_NOFOLLOW


def walk(root: Root, seen: Callable[[int], None] = lambda count: None) -> Walked:
    """Return the names of all that may be songs below root. No error ends the walk.

    seen: called behind each folder, with the number of names so far.
    """
    each = _Walk(root)
    each.run(seen)
    return each.walked


class _Walk:
    """One walk. With lists of what is to be visited, depth needs no stack and no descriptors."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._folders = [b""]
        self._links: list[tuple[tuple[tuple[str, bytes], ...], bytes]] = []
        """A heap of links that lead out, in natural order. Their turn comes last: a song's own
        place is better than a link to it."""
        self._visited: set[tuple[int, int]] = set()
        """Device and inode of each directory: a circle of links ends where it began."""
        self.walked = Walked()

    def run(self, seen: Callable[[int], None]) -> None:
        count = 0
        while self._folders or self._links:
            if self._folders:
                count += self._visit(self._folders.pop(), LIST_FLAGS)
            else:
                count += self._visit(heappop(self._links)[1], _FOLLOW_FLAGS)
            seen(count)

    def _visit(self, relative: bytes, flags: int) -> int:
        names: list[Name] = []
        try:
            fd = open_allowed(self._root, relative or b".", flags)
        except OSError as exc:
            self._add_unusable(relative, f"the directory was left out: {reason_of(exc)}")
            return 0
        try:
            if self._is_new(fd):
                if flags == _FOLLOW_FLAGS:
                    self._add_followed(relative)
                with os.scandir(fd) as entries:
                    for entry in entries:
                        self._entry(names, relative, entry)
        except OSError as exc:
            self._add_unusable(relative, f"the directory was read in part: {reason_of(exc)}")
        finally:
            os.close(fd)
        if names:
            self.walked.folders[relative] = names
        return len(names)

    def _is_new(self, fd: int) -> bool:
        status = os.fstat(fd)
        place = status.st_dev, status.st_ino
        if place in self._visited and self._root.follow_links:
            return False
        self._visited.add(place)
        return True

    def _entry(self, names: list[Name], parent: bytes, entry: os.DirEntry[str]) -> None:
        name = os.fsencode(entry.name)
        path = join(parent, name)
        try:
            if entry.is_dir(follow_symlinks=False):
                self._directory(path, name)
            elif is_mp3(name):
                if is_junk_file(name):
                    self.walked.skip(path, "macOS keeps in it what is no part of the file")
                else:
                    names.append(Name(name, entry.is_symlink()))
            elif entry.is_symlink() and not is_junk_folder(name) and entry.is_dir():
                self._linked_directory(path)
            else:
                self.walked.add_other(name)
        except OSError as exc:
            self._add_unusable(path, reason_of(exc))

    def _directory(self, path: bytes, name: bytes) -> None:
        if is_junk_folder(name):
            self.walked.skip(path, "a folder in which programs keep what is no song")
            return
        self._folders.append(path)
        if is_mp3(name):
            self._add_unusable(path, "it is a directory, not a song")

    def _linked_directory(self, path: bytes) -> None:
        # What is inside the music directory is found at its own path. Opening raises if the link
        # leads outside; that is followed, or reported.
        if not leads_out(self._root, path, PASS_FLAGS):
            return
        if not self._root.follow_links:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        heappush(self._links, (natural_key(path), path))

    def _add_unusable(self, path: bytes, reason: str) -> None:
        self.walked.unusable.append((printable(path), reason))

    def _add_followed(self, path: bytes) -> None:
        self.walked.followed.append((printable(path), target_of(self._root, path)))


def leads_out(root: Root, path: bytes, flags: int) -> bool:
    """Return whether a link leads out of root. Raises OSError: it cannot be opened."""
    try:
        os.close(open_beneath(root, path, flags))
    except OSError as exc:
        if exc.errno != errno.EXDEV:
            raise
        return True
    return False


def target_of(root: Root, path: bytes) -> str:
    """Return where a link leads, printable."""
    return printable(os.path.realpath(os.path.join(root.path, path)))
