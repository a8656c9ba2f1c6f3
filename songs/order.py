"""The order of the list: by folder, in it by disc and track if its songs have them, or by name."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from songs.titles import name_key, natural_key


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


def in_order(songs: Songs) -> list[bytes]:
    """Return the paths in the order of the list.  protocol.md 5."""
    folders: dict[bytes, list[bytes]] = {}
    for path in songs:
        folders.setdefault(folder_of(path), []).append(path)
    ordered = sorted(folders, key=natural_key)
    return [path for folder in ordered for path in in_folder(folders[folder], songs)]


def in_folder(paths: Iterable[bytes], songs: Songs) -> list[bytes]:
    """Sort one folder. One song without a track number means that names have to do for all."""
    paths = list(paths)
    by_track = {(songs[path].disc or 1, songs[path].track): path for path in paths}
    if len(by_track) == len(paths) and all(track for _, track in by_track):
        # As mostly: then names, which take the most time, decide nothing.
        return [by_track[key] for key in sorted(by_track)]
    return by_tracks(sorted(paths, key=lambda path: name_key(path.rpartition(b"/")[2])), songs)


def by_tracks(by_name: list[bytes], songs: Songs) -> list[bytes]:
    """Return the paths of one folder, given by name, in the order of the list."""
    if not all(songs[path].track for path in by_name):
        return by_name
    return sorted(by_name, key=lambda path: (songs[path].disc or 1, songs[path].track))


def folder_of(path: bytes) -> bytes:
    """Return the folder of a path, b"" for the music directory itself."""
    return path.rpartition(b"/")[0]
