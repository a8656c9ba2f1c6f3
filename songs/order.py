"""The order of the list: by folder, in it by disc and track if its songs have them, or by name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from songs.titles import natural_key


class Numbered(Protocol):
    """What the order needs of a song."""

    @property
    def disc(self) -> int | None:
        """1 or more."""

    @property
    def track(self) -> int | None:
        """1 or more."""


Songs = Mapping[bytes, Numbered]
"""Songs by relative path, parts joined by `/`."""


def in_order(
    songs: Songs, before: Songs | None = None, ordered: Sequence[bytes] = ()
) -> list[bytes]:
    """Return the paths in the order of the list.  protocol.md 5.

    before, ordered: songs of an earlier call and what it returned; a folder with the same songs is
    not sorted again.
    """
    changed = _changed_folders(songs, before or {})
    folders: dict[bytes, list[bytes]] = defaultdict(list)
    for path in ordered:
        if (folder := _folder(path)) not in changed:
            folders[folder].append(path)
    for path in songs:
        if (folder := _folder(path)) in changed:
            folders[folder].append(path)
    for folder in changed & folders.keys():
        folders[folder] = _in_folder(folders[folder], songs)
    return [path for folder in sorted(folders, key=natural_key) for path in folders[folder]]


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _changed_folders(songs: Songs, before: Songs) -> set[bytes]:
    changed = {_folder(path) for path in songs.keys() ^ before.keys()}
    for path, song in songs.items():
        known = before.get(path, song)
        if known is not song and (known.disc, known.track) != (song.disc, song.track):
            changed.add(_folder(path))
    return changed


def _in_folder(paths: Iterable[bytes], songs: Songs) -> list[bytes]:
    """Sort one folder. One song without a track number means that names have to do for all."""
    by_name = sorted(paths, key=lambda path: natural_key(path.rpartition(b"/")[2]))
    if not all(songs[path].track for path in by_name):
        return by_name
    return sorted(by_name, key=lambda path: (songs[path].disc or 1, songs[path].track))
