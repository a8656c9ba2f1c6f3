"""One scan of the whole music directory, folder by folder in the order of the list.

What is read is numbered as soon as its place in the list is certain, and handed on every second: so
a new library is served while it is read, and its IDs are 1, 2, 3 … in the list's order all the
same. It knows the catalogue, and nothing of who lists songs.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from songs.catalogue import Catalogue, Entry
from songs.names import Name, Walked
from songs.order import by_tracks
from songs.scan.checkpoints import Checkpoints
from songs.scan.identity import File, Identities
from songs.scan.progress import Progress
from songs.store import Search
from songs.titles import natural_key

PUBLISH_S = 1.0
"""Between two times that songs are handed on, and their IDs written."""
FIRST_PUBLISH_S = 0.1
PUBLISH_PER_COST = 10
"""To hand on takes at most a tenth of the time."""
REPORT_S = 0.2
CHECK_FILES = 32
"""Files between two looks at the clock."""


class Numbered(NamedTuple):
    """A file with its song's ID."""

    song_id: int
    path: bytes
    entry: Entry


Folders = Mapping[bytes, list[Numbered]]
"""The songs of folders that are read, each in its order."""


@dataclass(slots=True)
class _Folder:
    """A folder that is being read, or is read. files: in their order, as far as that is certain."""

    files: list[File] = field(default_factory=list)
    by_name: bool = False
    """One of its songs has no track number, so that names decide the order."""
    numbered: int = 0
    """So many of the files have been looked up."""


class FullScan:
    """One scan. publish: called with all folders that are read so far and have songs, and whether
    these are all. report: called a few times a second.
    """

    def __init__(
        self,
        search: Search,
        catalogue: Catalogue,
        identities: Identities,
        checkpoints: Checkpoints,
        publish: Callable[[Folders, bool], None],
        report: Callable[[Progress], None],
    ) -> None:
        self._search = search
        self._catalogue, self._identities = catalogue, identities
        self._checkpoints = checkpoints
        self._publish, self._report = publish, report
        self._folders: dict[bytes, _Folder] = {}
        self._touched: list[bytes] = []
        """Folders with files that are not looked up."""
        self._ids: dict[bytes, int] = {}
        self._unsettled: list[File] = []
        self._began = time.monotonic()
        self._next_publish = self._began + FIRST_PUBLISH_S
        self._next_report = self._began
        self._done = 0
        self._total: int | None = None

    def run(self) -> Walked:
        """Scan; return what was walked. Raises ScanStopped: see `Checkpoints`."""
        self._identities.begin()
        walked = self._search.walk(self._walked)
        self._total, self._done = walked.count, 0
        for folder in sorted(walked.folders, key=natural_key):
            self._read(folder, walked.folders[folder])
        self._look_up(last=True)
        self._publish(self._numbered(), True)
        self._tell(at_once=True)
        return walked

    def _walked(self, count: int) -> None:
        self._checkpoints.check()
        self._catalogue.keep_alive()
        self._done = count
        self._tell()

    def _read(self, folder: bytes, names: list[Name]) -> None:
        read = self._folders[folder] = _Folder()
        for found in self._checked(self._search.folder(folder, names)):
            if found is not None:
                read.files.append(File(*found))
                read.by_name = read.by_name or not found[1].track
            if read.by_name:
                self._hand_on(folder)
        if not read.by_name:
            entries = {file.path: file.entry for file in read.files}
            read.files = [File(path, entries[path]) for path in by_tracks(list(entries), entries)]
        self._hand_on(folder)

    def _checked(
        self, files: Iterator[tuple[bytes, Entry] | None]
    ) -> Iterator[tuple[bytes, Entry] | None]:
        for found in files:
            self._done += 1
            self._catalogue.keep_alive()  # for each: a slow disk may take seconds for one
            if not self._done % CHECK_FILES:
                self._checkpoints.check()
                self._tell()
            yield found

    def _tell(self, at_once: bool = False) -> None:
        now = time.monotonic()
        if at_once or now >= self._next_report:
            self._next_report = now + REPORT_S
            self._report(Progress(self._done, self._total, now - self._began))

    def _hand_on(self, folder: bytes) -> None:
        """The order of this folder's files is certain as far as they are read."""
        if self._touched[-1:] != [folder]:
            self._touched.append(folder)
        if (began := time.monotonic()) < self._next_publish:
            return
        if self._look_up(last=False):
            self._publish(self._numbered(), False)
        now = time.monotonic()
        self._next_publish = now + max(PUBLISH_S, PUBLISH_PER_COST * (now - began))

    def _look_up(self, last: bool) -> bool:
        """Give IDs to what was handed on, as far as they are certain, and write them down.

        Returns whether any song is new or changed.
        """
        with self._catalogue.writing():
            self._identities.learn(self._catalogue.news())
            for folder in self._touched:
                self._look_up_folder(self._folders[folder])
            self._touched = []
            if last:
                ids = self._identities.settle(self._unsettled)
                paths = (file.path for file in self._unsettled)
                self._ids.update(zip(paths, ids, strict=True))
                self._identities.end()
            if changes := self._identities.take_changes():
                self._catalogue.write(changes)
        return bool(changes)

    def _look_up_folder(self, folder: _Folder) -> None:
        for file in folder.files[folder.numbered :]:
            song_id = self._identities.find(file)
            if song_id is None:
                self._unsettled.append(file)
            else:
                self._ids[file.path] = song_id
        folder.numbered = len(folder.files)

    def _numbered(self) -> Folders:
        """Return the folders that are read so far, with the songs that have IDs."""
        folders = {
            path: [
                Numbered(self._ids[file.path], *file)
                for file in folder.files
                if file.path in self._ids
            ]
            for path, folder in self._folders.items()
        }
        return {path: songs for path, songs in folders.items() if songs}
