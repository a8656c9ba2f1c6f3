"""The library: which song has which ID, while the server runs.

A scan may run in a worker thread while other threads list and open songs. They see the songs as
they were before the scan or as they are after it, never a part of the changes.
"""

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from songs.files import MusicDirError, Root, SongUnavailable, open_song
from songs.index import Index
from songs.scan import Entry, scan_tree
from songs.titles import natural_key


@dataclass(frozen=True, slots=True)
class Song:
    """One song.

    song_id: 1 or more. title: printable, at most 512 bytes of UTF-8. path: relative to the music
    directory, the bytes of the file system.  protocol.md 5.
    """

    song_id: int
    title: str
    path: bytes


@dataclass(frozen=True, slots=True)
class ScanReport:
    """The result of a scan; all texts are printable.

    added: the number of new songs. unusable: (path, reason) of each file that cannot be served.
    warnings: sentences about errors that do not prevent serving.
    """

    added: int
    unusable: list[tuple[str, str]]
    warnings: list[str]


class Library:
    """The songs below one directory, numbered 1, 2, 3 …; an ID never changes its song.

    music_dir: the directory to search. index_path: the file that stores titles between starts, made
    with its directories when needed; None stores nothing. Between calls no descriptor is open.
    Raises MusicDirError: music_dir does not exist, is not a directory, or may not be read.
    """

    def __init__(self, music_dir: Path | str | bytes, index_path: Path | None = None) -> None:
        # Absolute, so that a change of the working directory has no effect.
        self._music_dir = os.path.abspath(os.fsencode(music_dir))
        self._index_path = index_path
        self._scan_lock = threading.Lock()
        self._songs: tuple[Song, ...] = ()
        self._ids: dict[bytes, int] = {}
        self._entries: dict[bytes, Entry] | None = None
        """What the last scan found; None before the first, which reads the index instead."""
        with Root(self._music_dir):
            pass

    def __repr__(self) -> str:
        state = "scanning" if self._scan_lock.locked() else "idle"
        return f"<Library {os.fsdecode(self._music_dir)!r} {state} songs={len(self._songs)}>"

    @property
    def songs(self) -> tuple[Song, ...]:
        """All songs in the order of their IDs: a snapshot, which later scans do not change."""
        return self._songs

    def get(self, song_id: int) -> Song | None:
        """Return the song with this ID, or None. Cost: constant."""
        songs = self._songs
        return songs[song_id - 1] if 1 <= song_id <= len(songs) else None

    def __contains__(self, song_id: object) -> bool:
        """Whether a song has this ID."""
        return isinstance(song_id, int) and self.get(song_id) is not None

    def open(self, song: Song) -> int:
        """Return a new descriptor of the song's file, at its start; the caller closes it.

        Raises SongUnavailable: the file does not exist, may not be read, is empty, is over 1 GiB,
        or is no regular file inside the music directory.  RFC 2.4.2, protocol.md 5.
        """
        try:
            with Root(self._music_dir) as root:
                return open_song(root, song.path)[0]
        except MusicDirError:
            raise SongUnavailable("the music directory cannot be read") from None

    def scan(self) -> ScanReport:
        """Search the directory again; new songs get the next IDs, in natural order of their paths.

        Songs whose files have gone keep their IDs and their places in `songs`; if the file returns
        it is the same song. Titles follow the tags. May run in any thread; a second scan waits for
        the first. Raises MusicDirError as the constructor does; then no song has changed.
        """
        with self._scan_lock, Root(self._music_dir) as root:
            index = Index(self._index_path)
            known = index.load() if self._entries is None else self._entries
            findings = scan_tree(root, known)
            added = self._publish(findings.songs)
            self._entries = findings.songs
            changed = {path: e for path, e in findings.songs.items() if known.get(path) != e}
            index.save(changed, known.keys() - findings.songs.keys())
            return ScanReport(added, sorted(findings.unusable), index.warnings)

    def adopt(self, songs: Iterable[Song]) -> None:
        """Add or replace songs that another process has found and numbered.

        songs: new songs and songs with new titles, in the order of their IDs; a new song has the
        ID after the last.
        """
        merged = list(self._songs)
        for song in songs:
            merged[song.song_id - 1 : song.song_id] = [song]
            self._ids[song.path] = song.song_id
        self._songs = tuple(merged)

    def _publish(self, found: dict[bytes, Entry]) -> int:
        """Number new paths, update titles, and replace `songs` at once; return how many are new."""
        songs = [self._with_title(song, found) for song in self._songs]
        new = sorted(found.keys() - self._ids.keys(), key=natural_key)
        for song_id, path in enumerate(new, start=len(songs) + 1):
            songs.append(Song(song_id, found[path].title, path))
            self._ids[path] = song_id
        if songs != list(self._songs):  # without a change lists encoded from the tuple stay valid
            self._songs = tuple(songs)
        return len(new)

    @staticmethod
    def _with_title(song: Song, found: dict[bytes, Entry]) -> Song:
        entry = found.get(song.path)
        return (
            song if entry is None or entry.title == song.title else replace(song, title=entry.title)
        )
