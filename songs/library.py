"""The library: which song has which ID, over restarts and moves, and the order of the list.

A scan may run in a worker thread while other threads list and open songs. They see the songs as
they were before it or as they are after it, or, while a new library is read, those that are read so
far; never a part of a change.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from songs.catalogue import Catalogue, CatalogueAway, Entry, Row, catalogue_at
from songs.change import Change, changed_list
from songs.order import folder_of, in_folder
from songs.scan.checkpoints import Checkpoints
from songs.scan.full import Folders, FullScan
from songs.scan.identity import Identities
from songs.scan.progress import Progress
from songs.song import Song
from songs.store import Search, SongFile
from songs.stores import Options, store_at
from songs.titles import natural_key
from songs.version import Versions, versions_of


@dataclass(frozen=True, slots=True)
class ScanReport:
    """The result of a scan; all texts are printable.

    added: the number of songs that are listed and were not. unusable: (path, reason) of each file
    that cannot be served. warnings: sentences about errors that do not prevent serving. untitled:
    (path, reason) of each song that is new or changed, and shown by its file's name because its
    tags could not be read. followed: (path, target) of each link that led out of the music
    directory. skipped: (path, reason) of what is no song by its name, and might be taken for one.
    others: how many files of each other kind there are. new_catalogue: there was none. looked:
    the directory was searched; False while another server does that, and while the catalogue is
    away.
    """

    added: int
    unusable: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    untitled: list[tuple[str, str]] = field(default_factory=list)
    followed: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    new_catalogue: bool = False
    looked: bool = True


class Library:
    """The songs below one directory; an ID never changes its song, and is never given to another.

    music_dir: the directory to search. catalogue: what keeps IDs and tags between starts, a file,
    made with its directories when needed, or a PostgreSQL database by its URL, which servers on
    several machines share; None keeps nothing. Raises MusicDirError: music_dir does not exist, is
    not a directory, or may not be read; CatalogueError: there is no such catalogue.
    """

    def __init__(
        self,
        music_dir: Path | str | bytes,
        catalogue: Path | str | None = None,
        options: Options | None = None,
    ) -> None:
        self._options = options or Options()
        self.store = store_at(music_dir, self._options)
        self._catalogue: Catalogue = catalogue_at(catalogue)
        self._scan_lock = threading.Lock()
        self._checkpoints = Checkpoints()
        self._identities = Identities()
        self._folders: dict[bytes, tuple[Song, ...]] = {}
        """The songs of each folder."""
        self._listed: tuple[tuple[Song, ...], Versions] = (), versions_of(())
        self._by_id: dict[int, Song] = {}
        """Every song that was listed, those whose files have gone since, too."""
        self._scans = 0
        self._away = False
        """The catalogue could not be had when it was last asked for."""
        self._on_publish: list[Callable[[], None]] = []
        self.store.check()

    def __repr__(self) -> str:
        state = "scanning" if self._scan_lock.locked() else "idle"
        return f"<Library {self.store!r} {state} songs={len(self.songs)}>"

    @property
    def songs(self) -> tuple[Song, ...]:
        """The songs in the order of the list: a snapshot, which later scans do not change."""
        return self._listed[0]

    @property
    def versions(self) -> Versions:
        """Which list `songs` is."""
        return self._listed[1]

    @property
    def listed(self) -> tuple[tuple[Song, ...], Versions]:
        """Both, of the same moment."""
        return self._listed

    @property
    def shared(self) -> bool:
        """Whether servers on other machines write into the same catalogue."""
        return self._catalogue.shared

    @property
    def gone(self) -> list[tuple[Song, float]]:
        """The songs whose files have gone, by ID, and since when, in Unix time. Cost: linear."""
        return [(_song(row), row.gone) for row in self._identities.absent if row.gone is not None]

    def get(self, song_id: int) -> Song | None:
        """Return the song with this ID, also if its file has gone, or None. Cost: constant."""
        return self._by_id.get(song_id)

    def __contains__(self, song_id: object) -> bool:
        """Whether a song has this ID, or had it when its file was there."""
        return song_id in self._by_id

    def open(self, song: Song) -> SongFile:
        """Open a song's file; the caller closes it. Raises SongUnavailable: see the store."""
        return self.store.open(song.path)

    def call_on_publish(self, function: Callable[[], None]) -> None:
        """Have this called too, by the thread that scans, whenever `songs` has changed."""
        self._on_publish.append(function)

    def call_none_on_publish(self) -> None:
        """Forget what `call_on_publish` was given: in a forked process it is the parent's."""
        self._on_publish.clear()

    def stop_scanning(self) -> None:
        """End the scan that runs soon, by ScanStopped, and each later one."""
        self._checkpoints.stop()

    def scanning_paused(self) -> AbstractContextManager[None]:
        """Return a context in which no scan is at work: a process may fork there."""
        return self._checkpoints.paused()

    def scan(self, report: Callable[[Progress], None] = lambda progress: None) -> ScanReport:
        """Search the directory again; new songs get the next IDs, in the order of the list.

        A song whose file has gone is no longer in `songs`, but keeps its ID; if the file returns,
        wherever, it is the same song. Titles follow the tags. What the catalogue has is listed
        first: what was there at the last start, or what other servers have found. May run in any
        thread; a second scan waits for the first. report: called a few times a second. Raises
        MusicDirError as the constructor does, and ScanStopped.

        While the catalogue is away, nothing changes; the report says so once.
        """
        with self.store.searching(self._known, self._options.tag_encoding) as search:
            return self._reported(lambda: self._scan(search, report))

    def refresh(self) -> ScanReport:
        """List what other servers have written into the catalogue, as `scan` does."""
        return self._reported(lambda: ScanReport(0, looked=False))

    def wait_for_others(self, timeout_s: float) -> None:
        """Wait until another server has written into the catalogue, at most so long.

        Raises CatalogueAway.
        """
        self._catalogue.wait(timeout_s)

    def _reported(self, find: Callable[[], ScanReport]) -> ScanReport:
        """List what the catalogue has, then what `find` finds; add what is to be told of it."""
        with self._scan_lock:
            before = {song.song_id for song in self.songs}
            try:
                with self._opened_catalogue():
                    self._list_news()
                    found = find()
                self._scans += 1
            except CatalogueAway as error:
                self._note_away(str(error))
                found = ScanReport(0, looked=False)
            warnings, self._catalogue.warnings = self._catalogue.warnings, []
            is_new = self._catalogue.is_new and self._scans == 1
            added = sum(song.song_id not in before for song in self.songs)
            return replace(found, added=added, warnings=warnings, new_catalogue=is_new)

    @contextmanager
    def _opened_catalogue(self) -> Iterator[None]:
        with self._checkpoints.scanning():
            self._catalogue.open()
            try:
                yield
            finally:
                self._catalogue.close()

    def _note_away(self, why: str) -> None:
        """The catalogue is away: say so, once."""
        if not self._away:
            self._catalogue.warnings.append(
                f"The catalogue is away ({why}): the songs that are known are served, and no "
                "others until it is back."
            )
        self._away = True

    def _scan(self, search: Search, report: Callable[[Progress], None]) -> ScanReport:
        if not self._catalogue.may_scan():
            return ScanReport(0, looked=False)
        walked = FullScan(
            search, self._catalogue, self._identities, self._checkpoints, self._publish, report
        ).run()
        findings = search.findings
        return ScanReport(
            added=0,
            unusable=sorted(walked.unusable + findings.unusable),
            untitled=sorted(findings.untitled),
            followed=sorted(walked.followed + findings.followed),
            skipped=sorted(walked.skipped),
            others=dict(walked.others.most_common()),
        )

    def _known(self, path: bytes) -> Entry | None:
        row = self._identities.at(path)
        return row.entry if row is not None else None

    def _list_news(self) -> None:
        """List the songs that were there when the server ended, most of which still are, and
        those that other servers have found. Where these are all rows, what was known before counts
        no more: an ID that it gave may not have been kept.
        """
        are_all = self._catalogue.unread
        news = self._catalogue.news()
        if are_all:
            self._identities, self._folders = Identities(), {}
        if self._away:
            self._away = False
            self._catalogue.warnings.append("The catalogue is back.")
        touched = {folder_of(row.path) for row in self._identities.learn(news)}
        if not touched and not are_all:
            return
        folders: dict[bytes, dict[bytes, Row]] = {folder: {} for folder in touched}
        for row in self._identities.present:
            if (rows := folders.get(folder_of(row.path))) is not None:
                rows[row.path] = row
        for folder, rows in folders.items():
            details = {path: row.entry.details for path, row in rows.items()}
            ordered = in_folder(details, details)
            self._folders[folder] = tuple([self._same(_song(rows[path])) for path in ordered])
        self._folders = {folder: songs for folder, songs in self._folders.items() if songs}
        self._list_folders()

    def _publish(self, found: Folders, are_all: bool) -> None:
        """Replace the songs of the folders that were read; of all folders, if these are all."""
        if are_all:
            self._folders = {folder: self._folders.get(folder, ()) for folder in found}
        for folder, numbered in found.items():
            songs = tuple(self._same(_song(Row(*each))) for each in numbered)
            if songs != self._folders.get(folder):
                self._folders[folder] = songs
        self._list_folders()

    def _list_folders(self) -> None:
        ordered = sorted(self._folders, key=natural_key)
        songs = tuple(chain.from_iterable(self._folders[folder] for folder in ordered))
        if songs != self.songs:  # lists encoded from the tuple stay valid
            self._list(songs, versions_of(songs))

    def _same(self, song: Song) -> Song:
        """Return the song that was listed before, if it is no other now: who has it keeps it."""
        before = self._by_id.get(song.song_id)
        return before if before == song else song

    def adopt(self, change: Change, versions: Versions) -> None:
        """Make the change that another process has found in its list to this one."""
        self._list(changed_list(self.songs, change), versions)

    def _list(self, songs: tuple[Song, ...], versions: Versions) -> None:
        self._by_id |= {song.song_id: song for song in songs}
        self._listed = songs, versions
        for function in self._on_publish:
            function()


def _song(row: Row) -> Song:
    return Song(row.song_id, row.entry.title, row.path, row.entry.details)
