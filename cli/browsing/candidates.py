"""What has a name in a library: songs, albums, artists, folders, and how a question names each.

It does not know which of them a person means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cli.browsing.columns import counted
from cli.browsing.folding import fold
from cli.browsing.library import VARIOUS, Library, Track, folder_of


class Choice(NamedTuple):
    """Something that a text may mean. kind: song, album, artist or folder.

    by: whose album it is. folder: where it is, if it takes that to tell it from another one.
    """

    kind: str
    name: str
    tracks: tuple[Track, ...]
    by: str = ""
    folder: str = ""

    @property
    def named(self) -> str:
        """Its name, and of an album whose it is and where."""
        by = f" by {self.by}" if self.by else ""
        return f"{self.name}{by}{f' in the folder {self.folder}' if self.folder else ''}"

    @property
    def shown(self) -> str:
        """Its name in a question."""
        if self.kind == "song":
            return f"{self.tracks[0].song_id}. {self.tracks[0].title}"
        return f"the {self.kind} {self.named} ({counted(len(self.tracks))})"

    @property
    def typed(self) -> str:
        """What is typed to name it alone."""
        if self.kind == "song":
            return str(self.tracks[0].song_id)
        if self.folder:
            return f"{filter_text(self.kind, self.name)} {filter_text('folder', self.folder)}"
        by = f" {filter_text('artist', self.by)}" if self.by not in ("", VARIOUS) else ""
        return filter_text(self.kind, self.name) + by

    @property
    def song_ids(self) -> frozenset[int | None]:
        """The songs that it means."""
        return frozenset(track.song_id for track in self.tracks)


class Candidate(NamedTuple):
    """What may be meant. names: folded. whole: a name that means it only if all of it is typed."""

    names: tuple[str, ...]
    whole: str
    kind: str
    name: str
    tracks: tuple[Track, ...]
    by: str = ""

    def choice(self) -> Choice:
        return Choice(self.kind, self.name, self.tracks, self.by)


def candidates(library: Library) -> Iterator[Candidate]:
    """Yield all that has a name: songs, albums, artists, folders."""
    for track in library.tracks:
        if track.song_id is not None:
            # The title of a tagged song begins with its artist, who is not a song.
            name = track.name if track.is_tagged else track.title
            yield Candidate((fold(name),), fold(track.title), "song", name, (track,))
    for album in library.albums:
        yield Candidate((fold(album.name),), "", "album", album.name, album.tracks, album.artist)
    for artist in library.artists:
        yield Candidate((fold(artist.name),), "", "artist", artist.name, artist.tracks)
    for folder, tracks in library.folders.items():
        names = (fold(folder), fold(_last_part(folder)))
        yield Candidate(names, "", "folder", folder, tracks)


def distinct(choices: Iterable[Choice]) -> list[Choice]:
    """Return these without those that say nothing new beside another one.

    What means the same songs as one before, as the folder of an album does, is left out; so is a
    folder in a folder that is meant too, and one that an album or an artist in it gave its name.
    """
    by_songs: dict[frozenset[int | None], Choice] = {}
    for choice in choices:
        by_songs.setdefault(choice.song_ids, choice)
    different = list(by_songs.values())
    return [c for c in different if c.kind != "folder" or not _is_covered(c, different)]


def _is_covered(folder: Choice, choices: Sequence[Choice]) -> bool:
    """Tell whether one of the choices says already what a folder says."""
    last = fold(_last_part(folder.name))
    groups = [c for c in choices if c.kind not in ("song", "folder") and fold(c.name) == last]
    return any(c.song_ids & folder.song_ids for c in groups) or any(
        c.kind == "folder" and folder.name.startswith(f"{c.name}/") for c in choices
    )


def told_apart(choices: Sequence[Choice]) -> list[Choice]:
    """Return these with the folder of each album that has the name and the artist of another."""
    counts = Counter((c.kind, fold(c.name), fold(c.by)) for c in choices)
    return [
        c._replace(folder=folder_of(c.tracks[0]))
        if c.kind == "album" and counts[c.kind, fold(c.name), fold(c.by)] > 1
        else c
        for c in choices
    ]


def filter_text(key: str, name: str) -> str:
    """Return how the whole of a name is typed as a filter."""
    return f'{key}:"{name.replace(chr(34), "")}"'


def _last_part(folder: str) -> str:
    return folder.rpartition("/")[2]
