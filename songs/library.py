"""The library: which song has which ID, while the server runs, and the order of the list.

A scan may run in a worker thread while other threads list and open songs. They see the songs as
they were before the scan or as they are after it, never a part of the changes.
"""

import os
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from songs.change import Change, changed_list
from songs.files import MAX_SONG_BYTES, MusicDirError, Root, SongUnavailable, open_song
from songs.index import Index
from songs.order import in_order
from songs.scan import Entry, scan_tree
from songs.song import Song
from songs.tags.text import LATIN_1


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator decides about songs.

    max_song_bytes: a larger one is not listed. follow_links: out of the music directory, too.
    tag_encoding: of tags that claim to be Latin-1; the name of a Python codec.
    """

    max_song_bytes: int = MAX_SONG_BYTES
    follow_links: bool = False
    tag_encoding: str = LATIN_1


@dataclass(frozen=True, slots=True)
class ScanReport:
    """The result of a scan; all texts are printable.

    added: the number of new songs. unusable: (path, reason) of each file that cannot be served.
    warnings: sentences about errors that do not prevent serving. untitled: (path, reason) of each
    song that is new or changed, and shown by its file's name because its tags could not be read.
    followed: (path, target) of each link that led out of the music directory.
    """

    added: int
    unusable: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    untitled: list[tuple[str, str]] = field(default_factory=list)
    followed: list[tuple[str, str]] = field(default_factory=list)


class Library:
    """The songs below one directory; an ID never changes its song, and is never given to another.

    music_dir: the directory to search. index_path: the file that stores titles between starts, made
    with its directories when needed; None stores nothing. Between calls no descriptor is open.
    Raises MusicDirError: music_dir does not exist, is not a directory, or may not be read.
    """

    def __init__(
        self,
        music_dir: Path | str | bytes,
        index_path: Path | None = None,
        options: Options | None = None,
    ) -> None:
        # Absolute, so that a change of the working directory has no effect.
        self._music_dir = os.path.abspath(os.fsencode(music_dir))
        self._index_path = index_path
        self._options = options or Options()
        self._scan_lock = threading.Lock()
        self._songs: tuple[Song, ...] = ()
        self._by_id: dict[int, Song] = {}
        """Every song that there was, those whose files have gone, too."""
        self._ids: dict[bytes, int] = {}
        self._entries: dict[bytes, Entry] | None = None
        """What the last scan found; None before the first, which reads the index instead."""
        with self._root():
            pass

    def __repr__(self) -> str:
        state = "scanning" if self._scan_lock.locked() else "idle"
        return f"<Library {os.fsdecode(self._music_dir)!r} {state} songs={len(self._songs)}>"

    def _root(self) -> Root:
        return Root(
            self._music_dir,
            follow_links=self._options.follow_links,
            max_song_bytes=self._options.max_song_bytes,
        )

    @property
    def songs(self) -> tuple[Song, ...]:
        """The songs in the order of the list: a snapshot, which later scans do not change."""
        return self._songs

    def get(self, song_id: int) -> Song | None:
        """Return the song with this ID, also if its file has gone, or None. Cost: constant."""
        return self._by_id.get(song_id)

    def __contains__(self, song_id: object) -> bool:
        """Whether a song has this ID, or had it when its file was there."""
        return song_id in self._by_id

    def open(self, song: Song) -> int:
        """Return a new descriptor of the song's file, at its start; the caller closes it.

        Raises SongUnavailable: the file has gone, may not be read, is empty, is too large, or is
        no regular file inside the music directory.  RFC 2.4.2, protocol.md 5.
        """
        try:
            with self._root() as root:
                return open_song(root, song.path)[0]
        except MusicDirError:
            raise SongUnavailable("the music directory cannot be read") from None

    def scan(self) -> ScanReport:
        """Search the directory again; new songs get the next IDs, in the order of the list.

        A song whose file has gone is no longer in `songs`, but keeps its ID; if the file returns it
        is the same song. Titles follow the tags. May run in any thread; a second scan waits for the
        first. Raises MusicDirError as the constructor does; then no song has changed.
        """
        with self._scan_lock, self._root() as root:
            index = Index(self._index_path)
            known = index.load() if self._entries is None else self._entries
            findings = scan_tree(root, known, self._options.tag_encoding)
            added = self._publish(findings.songs)
            changed = {path: e for path, e in findings.songs.items() if known.get(path) != e}
            index.save(changed, known.keys() - findings.songs.keys())
            return ScanReport(
                added,
                sorted(findings.unusable),
                index.warnings,
                sorted(findings.untitled),
                sorted(findings.followed),
            )

    def adopt(self, change: Change) -> None:
        """Make the change that another process has found in its list to this one."""
        self._by_id.update((song.song_id, song) for _, song in change.placed)
        self._songs = changed_list(self._songs, change)

    def _publish(self, found: dict[bytes, Entry]) -> int:
        """Number new paths, update titles, and replace `songs` at once; return how many are new."""
        if found == self._entries:  # lists encoded from the tuple stay valid
            return 0
        count = len(self._by_id)
        paths = in_order(found, self._entries, [song.path for song in self._songs])
        songs = [self._song(path, found[path].title) for path in paths]
        self._by_id.update((song.song_id, song) for song in songs)
        self._entries = found
        if songs != list(self._songs):
            self._songs = tuple(songs)
        return len(self._by_id) - count

    def _song(self, path: bytes, title: str) -> Song:
        """Return the song of this path, the same object as before unless it has a new title."""
        song_id = self._ids.setdefault(path, len(self._ids) + 1)
        song = self._by_id.get(song_id)
        if song is None:
            return Song(song_id, title, path)
        return song if song.title == title else replace(song, title=title)
