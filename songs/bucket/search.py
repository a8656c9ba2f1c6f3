"""Searches a bucket for songs, and reads the tags of those that are new or changed.

Keys stand for paths: what is before the last `/` is the folder.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future

from songs.bucket.client import NO_KEY, Client, is_key
from songs.bucket.song import BucketSong
from songs.catalogue import Entry
from songs.file_of_song import as_file
from songs.junk import is_junk_file, is_junk_folder
from songs.names import Findings, Name, Version, Walked, is_mp3, join
from songs.scan.entries import READER, read_entry
from songs.store import MusicDirError, SongUnavailable, StoreAway, check_size
from songs.tags import TagSource
from songs.tags.source import PIECE_BYTES
from songs.tags.text import LATIN_1
from songs.titles import name_key, printable

MOST_AWAY = 16
"""Songs one after another for which the store has no answer, though it can be listed: then it is
not for some songs only, and each more would take as long.
"""

_Read = tuple[Entry, str | None]


class BucketSearch:
    """One search. known: the entry of a path as an earlier one has found it. readers: threads."""

    def __init__(
        self,
        client: Client,
        readers: Executor,
        known: Callable[[bytes], Entry | None],
        encoding: str,
        max_song_bytes: int,
    ) -> None:
        self._client, self._readers = client, readers
        self._known, self._encoding = known, encoding
        self._max_song_bytes = max_song_bytes
        self._away = 0
        """The songs since the last answer for which the store had none."""
        self.findings = Findings()

    def walk(self, seen: Callable[[int], None]) -> Walked:
        """Return the names of all that may be songs. Raises MusicDirError."""
        walked, count = Walked(), 0
        for page in self._client.list():
            for key, version in page:
                _add(walked, key, version)
            count += len(page)
            seen(count)
        return walked

    def folder(self, folder: bytes, names: Iterable[Name]) -> Iterator[tuple[bytes, Entry] | None]:
        """Yield the path and the entry of each usable song, by name; None for each unusable one.

        A song for which the store has no answer is as it was known. Raises MusicDirError: the store
        has none for many, or cannot be listed either, so that nobody knows what the songs are now.
        """
        names = sorted(names, key=lambda each: name_key(each.name))
        reading = [self._begin(join(folder, each.name), each) for each in names]
        try:
            for each, entry in zip(names, reading, strict=True):
                yield self._finished(join(folder, each.name), entry)
        finally:
            for entry in reading:
                if isinstance(entry, Future):
                    entry.cancel()

    def _begin(self, path: bytes, name: Name) -> Entry | Future[_Read]:
        known = self._known(path)
        if known is not None and name.version and known.stamp == self._stamp(name.version):
            return known
        return self._readers.submit(self._read, path, name, known)

    def _finished(self, path: bytes, entry: Entry | Future[_Read]) -> tuple[bytes, Entry] | None:
        if isinstance(entry, Entry):
            return path, entry
        try:
            read, untitled = entry.result()
        except StoreAway as error:
            self._check_others(error.reason)
            return self._unusable(path, error.reason, self._known(path))
        except SongUnavailable as error:
            self._away = 0
            return self._unusable(path, error.reason, None)
        self._away = 0
        if untitled is not None:
            self.findings.untitled.append((printable(path), untitled))
        return path, read

    def _check_others(self, reason: str) -> None:
        """Raise MusicDirError unless it is this song alone for which the store has no answer."""
        self._away += 1
        if self._away >= MOST_AWAY:
            raise MusicDirError(f"The bucket cannot be read: {reason}")
        next(self._client.list(), None)

    def _unusable(
        self, path: bytes, reason: str, known: Entry | None
    ) -> tuple[bytes, Entry] | None:
        self.findings.unusable.append((printable(path), reason))
        return None if known is None else (path, known)

    def _read(self, path: bytes, name: Name, known: Entry | None) -> _Read:
        if name.version is not None:
            check_size(name.version.size_bytes, self._max_song_bytes)
        song = BucketSong(self._client, path.decode(), PIECE_BYTES)
        # Of this machine's time: the store's has bounds of its own.
        source = TagSource(as_file(song), song.size_bytes, time.thread_time)
        read = read_entry(source, name.name, self._stamp(song.stamp), self._encoding, known)
        return read.entry, read.untitled

    def _stamp(self, version: Version) -> str:
        end = "" if self._encoding == LATIN_1 else f" {self._encoding}"
        return f"{version.etag} {version.size_bytes} {READER}{end}"


def _add(walked: Walked, key: str, version: Version) -> None:
    path = key.encode()
    folder, _, name = path.rpartition(b"/")
    if is_mp3(name) and not is_key(key):
        walked.unusable.append((printable(path), NO_KEY))
    elif any(is_junk_folder(part) for part in folder.split(b"/")):
        walked.skip(path, "in a folder in which programs keep what is no song")
    elif not is_mp3(name):
        walked.add_other(name)
    elif is_junk_file(name):
        walked.skip(path, "macOS keeps in it what is no part of the file")
    else:
        walked.folders.setdefault(folder, []).append(Name(name, version=version))
