"""A folder with songs, as a library sees it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from songs.catalogue import Entry
from songs.folder.files import Root, open_song
from songs.folder.reader import Reader
from songs.folder.stamp import Stamp
from songs.folder.walk import walk
from songs.names import Walked
from songs.store import MAX_SONG_BYTES, MusicDirError, SongUnavailable


class FolderSong:
    """An open file. fd: its own from here on."""

    __slots__ = ("_fd", "size_bytes", "stamp")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.stamp = Stamp.of(os.fstat(fd))
        self.size_bytes = self.stamp.size_bytes

    def __repr__(self) -> str:
        return f"<FolderSong {self._fd}: {self.size_bytes} bytes>"

    def read(self, offset: int, count: int) -> bytes:
        """Return at most so many bytes from this offset on; none only at the end."""
        return os.pread(self._fd, count, offset)

    def stamp_now(self) -> Stamp:
        """Return the stamp that the file has now. Raises OSError."""
        return Stamp.of(os.fstat(self._fd))

    def same_content(self, stamp: Stamp) -> bool:
        """Whether only the time of the inode's change differs: a file that was renamed or linked
        has another one as well as one that was written over and had its time set back.
        """
        return stamp[:4] == self.stamp[:4]

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


class FolderSearch(Reader):
    """One search of an open folder."""

    def walk(self, seen: Callable[[int], None]) -> Walked:
        """Return the names of all that may be songs. No error ends it."""
        return walk(self._root, seen)


class Folder:
    """A folder with songs. Between calls no descriptor is open.

    path: of the directory. follow_links: files and directories outside it are read where a link
    inside leads to them. max_song_bytes: the largest song.
    """

    threads = 4  # more than one, so that a slow disk, or file, delays the others little
    recheck_s = 1.0
    pause_per_cost = 20.0  # searches take at most a twentieth of the time
    immutable = False

    def __init__(
        self,
        path: str | bytes | os.PathLike[str],
        *,
        follow_links: bool = False,
        max_song_bytes: int = MAX_SONG_BYTES,
    ) -> None:
        # Absolute, so that a change of the working directory has no effect.
        self._path = os.path.abspath(os.fsencode(path))
        self._follow_links, self._max_song_bytes = follow_links, max_song_bytes

    def __repr__(self) -> str:
        return f"<Folder {os.fsdecode(self._path)!r}>"

    def check(self) -> None:
        """Raise MusicDirError: it does not exist, is not a directory, or may not be read."""
        with self._root():
            pass

    @contextmanager
    def searching(
        self, known: Callable[[bytes], Entry | None], encoding: str
    ) -> Iterator[FolderSearch]:
        """Return a search. Raises MusicDirError, as `check` does."""
        with self._root() as root:
            yield FolderSearch(root, known, encoding)

    def open(self, path: bytes) -> FolderSong:
        """Open a song. Raises SongUnavailable: the file has gone, may not be read, is empty, is too
        large, or is no regular file inside the folder.  protocol.md 5.
        """
        try:
            with self._root() as root:
                return FolderSong(open_song(root, path)[0])
        except MusicDirError:
            raise SongUnavailable("the music directory cannot be read") from None

    def _root(self) -> Root:
        return Root(
            self._path, follow_links=self._follow_links, max_song_bytes=self._max_song_bytes
        )
