"""Which file is which song: by its path, and where that is not enough by the print of its sound.

It knows rows, paths and prints; it opens no file and no database. An ID stays with its song when
the file is moved, renamed or tagged anew, and is never given to another.  protocol.md 5.
"""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from songs.catalogue import Entry, Row
from songs.folder.stamp import inode_in
from songs.scan.prints import NO_PRINT, WHOLE_BYTES, has_grown, is_same_sound, parts_of
from songs.titles import natural_key


class File(NamedTuple):
    """A file that a scan has found."""

    path: bytes
    entry: Entry


class Identities:
    """The songs that there are and were, and which of them a scan has found.

    clock: Unix time.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._rows: dict[int, Row] = {}
        self._by_path: dict[bytes, int] = {}
        """Of several songs that had one path in turn, the one that is there, or was last."""
        self._by_print: dict[bytes, tuple[int, ...]] | None = None
        """By the last part that the print has; made when a sound is sought first, because where no
        file is new or changed none is."""
        self._next_id = 1
        self._found: set[int] = set()
        self._changed: dict[int, Row] = {}

    def __repr__(self) -> str:
        return f"<Identities of {len(self._rows)} songs, {len(self._found)} found>"

    @property
    def present(self) -> list[Row]:
        """The rows of songs whose files were there last time, by ID."""
        return [row for row in self._by_id() if row.gone is None]

    @property
    def absent(self) -> list[Row]:
        """The rows of songs whose files have gone, by ID."""
        return [row for row in self._by_id() if row.gone is not None]

    def at(self, path: bytes) -> Row | None:
        """Return the row of the song that is, or was last, at this path."""
        return self._rows.get(self._by_path.get(path, 0))

    def learn(self, rows: Iterable[Row]) -> list[Row]:
        """Take rows that the catalogue has; return those that are changed, as they were and are."""
        changed: list[Row] = []
        for row in rows:
            if (before := self._rows.get(row.song_id)) != row:
                changed += (row,) if before is None else (before, row)
                self._put(row)
        return changed

    def begin(self) -> None:
        """Begin a scan: no song is found yet."""
        self._found = set()

    def find(self, file: File) -> int | None:
        """Return the ID of a file's song; None if that is certain only when all files are found.

        Then `settle` says it. So it is for a file at a new path whose sound is another song's, too:
        it is a copy, or it was moved.
        """
        row = self.at(file.path)
        if row is not None and row.song_id in self._found:
            row = None
        if row is not None and _is_same(row.entry, file.entry):
            return self._keep(row.song_id, file)
        may_be_moved = self._free(file.entry.print)
        may_have_grown = row is not None and has_grown(row.entry.print, file.entry.print)
        return None if may_be_moved or may_have_grown else self._add(file)

    def settle(self, files: Sequence[File]) -> list[int]:
        """Return the IDs of files for which `find` had none; all others are found by now."""
        ids: dict[bytes, int] = {}
        for part in (slice(WHOLE_BYTES), slice(WHOLE_BYTES, None)):  # what is certain comes first
            groups: dict[bytes, list[File]] = defaultdict(list)
            for file in files:
                if file.path not in ids:
                    groups[file.entry.print[part]].append(file)
            for group in groups.values():
                print_ = group[0].entry.print
                rows = [row for row in self._free(print_) if row.entry.print[part] == print_[part]]
                for file, row in _pairs(group, rows):
                    ids[file.path] = self._keep(row.song_id, file)
        for file in files:
            if file.path not in ids:
                ids[file.path] = self._found_at_last(file)
        return [ids[file.path] for file in files]

    def end(self) -> None:
        """End a scan: songs that were not found are gone."""
        now = self._clock()
        for song_id in sorted(self._rows.keys() - self._found):
            if (row := self._rows[song_id]).gone is None:
                self._change(row._replace(gone=now))

    def take_changes(self) -> list[Row]:
        """Return the rows that are new or changed since this was last called."""
        changes, self._changed = list(self._changed.values()), {}
        return changes

    def _found_at_last(self, file: File) -> int:
        """Return the ID of a file whose sound is no other song's, after all."""
        row = self.at(file.path)
        if row is None or row.song_id in self._found:
            return self._add(file)
        grown = has_grown(row.entry.print, file.entry.print)
        return self._keep(row.song_id, file) if grown else self._add(file)

    def _free(self, print_: bytes) -> list[Row]:
        """Return the songs of this sound that are not found yet, by ID."""
        if self._by_print is None:
            self._by_print = {}
            for row in self._rows.values():
                _add_print(self._by_print, row)
        ids = {n for part in parts_of(print_) for n in self._by_print.get(part, ())}
        return [self._rows[song_id] for song_id in sorted(ids - self._found)]

    def _by_id(self) -> Iterable[Row]:
        return map(self._rows.__getitem__, sorted(self._rows))

    def _add(self, file: File) -> int:
        return self._keep(self._next_id, file)

    def _keep(self, song_id: int, file: File) -> int:
        self._found.add(song_id)
        row, new = self._rows.get(song_id), Row(song_id, file.path, file.entry)
        if row != new:
            self._change(new)
        return song_id

    def _change(self, row: Row) -> None:
        self._put(row)
        self._changed[row.song_id] = row

    def _put(self, row: Row) -> None:
        if (before := self._rows.get(row.song_id)) is not None:
            self._forget(before)
        self._rows[row.song_id] = row
        if self._by_print is not None:
            _add_print(self._by_print, row)
        other = self.at(row.path)
        if other is None or _last_there(row) >= _last_there(other):
            self._by_path[row.path] = row.song_id
        self._next_id = max(self._next_id, row.song_id + 1)

    def _forget(self, row: Row) -> None:
        if self._by_path.get(row.path) == row.song_id:
            del self._by_path[row.path]
        if self._by_print is not None:
            _remove_print(self._by_print, row)


def _add_print(by_print: dict[bytes, tuple[int, ...]], row: Row) -> None:
    for part in parts_of(row.entry.print)[-1:]:
        by_print[part] = (*by_print.get(part, ()), row.song_id)


def _remove_print(by_print: dict[bytes, tuple[int, ...]], row: Row) -> None:
    for part in parts_of(row.entry.print)[-1:]:
        left = tuple(n for n in by_print.pop(part, ()) if n != row.song_id)
        if left:
            by_print[part] = left


def _last_there(row: Row) -> float:
    return math.inf if row.gone is None else row.gone


def _is_same(known: Entry, found: Entry) -> bool:
    """Return whether a file at the path of a song is that song."""
    unknown = NO_PRINT in (known.print, found.print)
    return known is found or is_same_sound(known.print, found.print) or unknown


def _pairs(files: list[File], rows: list[Row]) -> list[tuple[File, Row]]:
    """Return which of these files is which of these songs: all have the same sound.

    The first that decides: the same file on the disk, the same name, the same folder, the order.
    """
    pairs: list[tuple[File, Row]] = []
    files = sorted(files, key=lambda file: natural_key(file.path))
    for key in (_inode, _name, _folder):
        waiting: dict[object, list[Row]] = defaultdict(list)
        for row in reversed(rows):
            if (value := key(row.path, row.entry)) is not None:
                waiting[value].append(row)
        left = []
        for file in files:
            if same := waiting.get(key(file.path, file.entry)):
                pairs.append((file, same.pop()))
            else:
                left.append(file)
        taken = {row.song_id for _, row in pairs}
        files, rows = left, [row for row in rows if row.song_id not in taken]
    return pairs + list(zip(files, rows, strict=False))


def _inode(path: bytes, entry: Entry) -> object:
    return inode_in(entry.stamp)  # of the kernel's: nobody can give a file another one's


def _name(path: bytes, entry: Entry) -> object:
    return path.rpartition(b"/")[2]


def _folder(path: bytes, entry: Entry) -> object:
    return path.rpartition(b"/")[0]
