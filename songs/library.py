"""The library: which song has which ID, for as long as the server runs.

A scan may run in a worker thread while other threads list and open songs: they see the songs of
before or those of after, never something in between.
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
    """One song: its ID (1 or more), its title (clean, at most 512 bytes of UTF-8), its path.

    path: relative to the music directory, as the file system spells it.  protocol.md 5.
    """

    song_id: int
    title: str
    path: bytes


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What one scan found, all of it safe to print.

    added: number of new songs. unusable: (shown path, plain reason) of what cannot be served.
    warnings: sentences; none of them keeps a song from being served.
    """

    added: int
    unusable: list[tuple[str, str]]
    warnings: list[str]


class Library:
    """The songs below one directory, numbered 1, 2, 3 …; an ID never changes its song.

    music_dir: where to look. index_path: where to remember titles between starts, None for nowhere;
    created with its directories when needed. No descriptor is held between calls.
    Raises MusicDirError: music_dir does not exist, is not a directory, or may not be read.
    """

    def __init__(self, music_dir: Path | str | bytes, index_path: Path | None = None) -> None:
        # Absolute, lest a change of the working directory change the songs.
        self._music_dir = os.path.abspath(os.fsencode(music_dir))
        self._index_path = index_path
        self._scanning = threading.Lock()
        self._songs: tuple[Song, ...] = ()
        self._ids: dict[bytes, int] = {}
        self._known: dict[bytes, Entry] | None = None
        """What the last scan saw; only the first one has to ask the index."""
        with Root(self._music_dir):
            pass

    @property
    def songs(self) -> tuple[Song, ...]:
        """All songs in the order of their IDs; a snapshot that no later scan changes."""
        return self._songs

    def get(self, song_id: int) -> Song | None:
        """Return the song with this ID, or None. Cost: constant."""
        songs = self._songs
        return songs[song_id - 1] if 1 <= song_id <= len(songs) else None

    def __contains__(self, song_id: object) -> bool:
        """Whether a song has this ID."""
        return isinstance(song_id, int) and self.get(song_id) is not None

    def open(self, song: Song) -> int:
        """Return a new descriptor on the song's file, at its start; the caller closes it.

        Raises SongUnavailable: the file has gone, may not be read, is empty, is over 1 GiB, or is
        no longer a regular file inside the music directory.  RFC 2.4.2, protocol.md 5.
        """
        try:
            with Root(self._music_dir) as root:
                return open_song(root, song.path)[0]
        except MusicDirError:
            raise SongUnavailable("the music directory cannot be read") from None

    def scan(self) -> ScanReport:
        """Look at the directory again; new songs get the next IDs, in natural order of their paths.

        Songs that have gone keep their IDs, and their places in `songs`; one that comes back is the
        same song. Titles follow the tags. May run in any thread; two scans take turns.
        Raises MusicDirError: as the constructor; the songs then stay as they were.
        """
        with self._scanning, Root(self._music_dir) as root:
            index = Index(self._index_path)
            known = index.load() if self._known is None else self._known
            findings = scan_tree(root, known)
            added = self._take_in(findings.songs)
            self._known = findings.songs
            changed = {path: e for path, e in findings.songs.items() if known.get(path) != e}
            index.save(changed, known.keys() - findings.songs.keys())
            return ScanReport(added, sorted(findings.unusable), index.warnings)

    def adopt(self, songs: Iterable[Song]) -> None:
        """Take over songs that another process has found and numbered: new ones, or new titles.

        songs: in the order of their IDs; a new one has the ID after the last.
        """
        mine = list(self._songs)
        for song in songs:
            mine[song.song_id - 1 : song.song_id] = [song]
            self._ids[song.path] = song.song_id
        self._songs = tuple(mine)

    def _take_in(self, found: dict[bytes, Entry]) -> int:
        """Give IDs to new paths and titles to all; publish the result at once; return the new."""
        songs = [self._with_title(song, found) for song in self._songs]
        new = sorted(found.keys() - self._ids.keys(), key=natural_key)
        for song_id, path in enumerate(new, start=len(songs) + 1):
            songs.append(Song(song_id, found[path].title, path))
            self._ids[path] = song_id
        if songs != list(self._songs):  # lists that were encoded from them stay good
            self._songs = tuple(songs)
        return len(new)

    @staticmethod
    def _with_title(song: Song, found: dict[bytes, Entry]) -> Song:
        entry = found.get(song.path)
        return (
            song if entry is None or entry.title == song.title else replace(song, title=entry.title)
        )
