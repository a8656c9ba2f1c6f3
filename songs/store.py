"""Where songs lie: behind two verbs, to search for them and to read a range of one version.

A folder of the file system is one kind, a bucket of an object store the other.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from songs.catalogue import Entry
from songs.names import Findings, Name, Walked


class MusicDirError(Exception):
    """The folder or bucket cannot be used. The text is a sentence that says what to do."""


class SongUnavailable(Exception):
    """A song cannot be read now. reason: why, for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SongWithheld(SongUnavailable):
    """The store does not give this song: nobody knows whether it is still the same."""


class StoreAway(SongUnavailable):
    """The store does not answer, or not in time: nobody knows what is in it."""


MAX_SONG_BYTES = 1 << 30
"""The largest song, unless the operator says otherwise."""
CHANGED = "the file was changed while it was read"


class Content(Protocol):
    """What a song consists of. size_bytes: of all of it."""

    size_bytes: int

    def read(self, offset: int, count: int) -> bytes:
        """Return at most so many bytes from this offset on; none only at the end.

        May be called in any thread, by one at a time. Raises SongUnavailable, OSError.
        """


class SongFile(Content, Protocol):
    """One version of a song's content, open until `close`. stamp: equal for equal versions."""

    stamp: Any

    def stamp_now(self) -> Any:
        """Return the stamp that what was read has now. Raises OSError."""

    def same_content(self, stamp: Any) -> bool:
        """Whether a new stamp may be of the same content: only reading it again can tell."""

    def close(self) -> None:
        """Free what it takes."""


class Search(Protocol):
    """One search for songs. findings: what is to be told of those that were read."""

    findings: Findings

    def walk(self, seen: Callable[[int], None]) -> Walked:
        """Return the names of all that may be songs. seen: called with the number so far.

        Raises MusicDirError: they cannot be searched for.
        """

    def folder(self, folder: bytes, names: Iterable[Name]) -> Iterator[tuple[bytes, Entry] | None]:
        """Yield the path and the entry of each usable song, by name; None for each unusable one."""


class Store(Protocol):
    """Where the songs of a library lie.

    threads: how many songs may be read at a time. recheck_s: for how long a song is taken for
    unchanged once it was looked at. pause_per_cost: between two searches, in times what one takes.
    immutable: songs hardly ever change, so that what is kept of one is sent while it is looked
    whether it is the same.
    """

    threads: int
    recheck_s: float
    pause_per_cost: float
    immutable: bool

    def check(self) -> None:
        """Raise MusicDirError if it certainly cannot be used."""

    def searching(
        self, known: Callable[[bytes], Entry | None], encoding: str
    ) -> AbstractContextManager[Search]:
        """Return a search. known: the entry of a path as an earlier search has found it, or None:
        what is unchanged since is not read. encoding: of tags that claim to be Latin-1.
        """

    def open(self, path: bytes) -> SongFile:
        """Open a song at its relative path. Raises SongUnavailable."""


def check_size(size_bytes: int, max_bytes: int) -> None:
    """Raise SongUnavailable if no song has so many bytes."""
    if size_bytes == 0:
        raise SongUnavailable("it is empty")
    if size_bytes > max_bytes:
        raise SongUnavailable(f"it is larger than {max_bytes >> 20} MiB; --song-size allows more")
