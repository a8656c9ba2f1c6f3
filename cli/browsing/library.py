"""The client's library: the songs of a list, what is known of each, their albums and artists.

It knows what the fields of protocol.md 10 mean. Its texts are as the server sent them: the code
that prints one calls `safe`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, overload

from cli.browsing.folding import fold
from fsm.client.events import Fields, ListedSong

VARIOUS = "various artists"

_SECONDS = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,9})?")
_NUMBER = re.compile(r"[0-9]{1,5}")
_YEAR = re.compile(r"[0-9]{4}")
_DISC_FOLDER = re.compile(r"/(?:cd|disc|disk) ?[0-9]{1,2}$", re.IGNORECASE)


class Track(NamedTuple):
    """A song and what is known of it. "" and None: not known.

    title: as a list without fields shows it. name: the title alone, without the artist.
    """

    song_id: int | None
    title: str
    name: str
    artist: str = ""
    album_artist: str = ""
    album: str = ""
    genre: str = ""
    folder: str = ""
    year: int | None = None
    track: int | None = None
    disc: int | None = None
    duration_s: float | None = None

    @property
    def listed(self) -> ListedSong:
        """The song as the list has it."""
        return ListedSong(self.song_id, self.title)

    @property
    def is_tagged(self) -> bool:
        """It is known who plays it, or what it is from."""
        return bool(self.artist or self.album)


class Album(NamedTuple):
    """The songs of an album, by disc and track. artist: VARIOUS where they have several."""

    name: str
    artist: str
    tracks: tuple[Track, ...]

    @property
    def year(self) -> int | None:
        """The year of its earliest song."""
        return min((t.year for t in self.tracks if t.year is not None), default=None)

    @property
    def duration_s(self) -> float | None:
        """How long it is; None where that is not known of each song."""
        return total_s(self.tracks)


class Artist(NamedTuple):
    """The songs of an artist, those of an album together, and how many albums those are."""

    name: str
    tracks: tuple[Track, ...]
    albums: int


class Library(Sequence[ListedSong]):
    """The songs of one list, as a sequence. fields: of each song, or of none.

    Cost: what is known of the songs is read when it is first asked for, once.
    """

    def __init__(self, songs: Sequence[ListedSong] = (), fields: Sequence[Fields] = ()) -> None:
        self.songs = songs
        self._fields = fields

    def __repr__(self) -> str:
        return f"<Library {len(self.songs)} songs{', with fields' if self._fields else ''}>"

    def is_of(self, songs: Sequence[ListedSong], fields: Sequence[Fields]) -> bool:
        """Tell whether these are its songs and what it knows of them."""
        return (self.songs is songs or self.songs == songs) and self._fields == fields

    def __len__(self) -> int:
        return len(self.songs)

    def __iter__(self) -> Iterator[ListedSong]:
        return iter(self.songs)

    @overload
    def __getitem__(self, index: int) -> ListedSong: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ListedSong]: ...
    def __getitem__(self, index: int | slice) -> ListedSong | Sequence[ListedSong]:
        return self.songs[index]

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        """What is known of each song, in the order of the list."""
        if not self._fields:
            return tuple(Track(s.song_id, s.title, s.title) for s in self.songs)
        return tuple(map(track_of, self.songs, self._fields))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """All that is known of each song in words, folded, for a search."""
        return tuple(map(_text, self.tracks))

    @cached_property
    def albums(self) -> tuple[Album, ...]:
        """The albums, in the order of the list."""
        return albums_of(self.tracks)

    @cached_property
    def artists(self) -> tuple[Artist, ...]:
        """The artists, in the order of the list; whoever has an album, and whoever plays on one."""
        return artists_of(self.tracks)

    @cached_property
    def folders(self) -> dict[str, tuple[Track, ...]]:
        """The songs below each folder of the music directory, in the order of the list."""
        folders: dict[str, list[Track]] = {}
        for track in self.tracks:
            for folder in _folders_of(track):
                folders.setdefault(folder, []).append(track)
        return {folder: tuple(tracks) for folder, tracks in folders.items()}


class Libraries:
    """Makes a list a library: the same one as long as the lists say the same."""

    def __init__(self) -> None:
        self._last = Library()

    def of(self, songs: Sequence[ListedSong], fields: Sequence[Fields]) -> Library:
        """Return the library of these songs. fields: of each, or of none."""
        if not self._last.is_of(songs, fields):
            self._last = Library(songs, fields)
        return self._last


def library_of(songs: Sequence[ListedSong]) -> Library:
    """Return a list as a library; one that is a library already as it is."""
    return songs if isinstance(songs, Library) else Library(songs)


def albums_of(tracks: Iterable[Track]) -> tuple[Album, ...]:
    """Return the albums of these songs, in their order. A song without an album is on none."""
    groups: dict[tuple[str, str], list[Track]] = {}
    for track in tracks:
        if track.album:
            groups.setdefault(_album_key(track), []).append(track)
    return tuple(_album(group) for group in groups.values())


def by_album(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """Return these songs with those of an album together, by disc and track."""
    groups: dict[tuple[str, str] | Track, list[Track]] = {}
    for track in tracks:
        groups.setdefault(_album_key(track) if track.album else track, []).append(track)
    return tuple(track for group in groups.values() for track in sorted(group, key=_place))


def artists_of(tracks: Iterable[Track]) -> tuple[Artist, ...]:
    """Return the artists of these songs, in their order."""
    groups: dict[str, tuple[str, list[Track]]] = {}
    for track in tracks:
        names = {fold(name): name for name in (track.album_artist, track.artist) if name}
        for folded, name in names.items():
            groups.setdefault(folded, (name, []))[1].append(track)
    return tuple(
        Artist(name, by_album(group), len({_album_key(t) for t in group if t.album}))
        for name, group in groups.values()
    )


def folder_of(track: Track) -> str:
    """Return the folder of the album that a song is on, which may have a folder for each disc."""
    return _DISC_FOLDER.sub("", track.folder)


def total_s(tracks: Iterable[Track]) -> float | None:
    """Return how long these songs are together; None where that is not known of each."""
    known = [track.duration_s for track in tracks]
    return None if not known or None in known else sum(s for s in known if s is not None)


def track_of(song: ListedSong, fields: Fields) -> Track:
    """Return what the fields say of a song (protocol.md 10)."""
    values = dict(reversed(fields))
    seconds = values.get("du", "")
    return Track(
        song.song_id,
        song.title,
        values.get("ti") or song.title,
        values.get("ar") or values.get("aa", ""),
        values.get("aa", ""),
        values.get("al", ""),
        values.get("ge", ""),
        values.get("fo", ""),
        int(values["yr"]) if _YEAR.fullmatch(values.get("yr", "")) else None,
        _number(values.get("tr", "")),
        _number(values.get("di", "")),
        float(seconds) if _SECONDS.fullmatch(seconds) else None,
    )


def _number(text: str) -> int | None:
    return int(text) or None if _NUMBER.fullmatch(text) else None


def _text(track: Track) -> str:
    more = (track.name, track.artist, track.album_artist, track.album, track.genre, track.folder)
    # A title mostly is the artist and the name: what it has already is not kept twice.
    texts = [track.title, *(text for text in more if text not in track.title)]
    return fold(" ".join(texts) if track.year is None else f"{' '.join(texts)} {track.year}")


def _album_key(track: Track) -> tuple[str, str]:
    """Return what the songs of an album have in common: who it is by, or else where it is."""
    by = fold(track.album_artist) or "\n" + folder_of(track)
    return fold(track.album), by


def _folders_of(track: Track) -> Iterator[str]:
    """Yield the folder that a song is in, and those which that one is in."""
    folder = track.folder
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


def _album(tracks: list[Track]) -> Album:
    artists = {fold(t.album_artist or t.artist): t.album_artist or t.artist for t in tracks}
    artist = next(iter(artists.values())) if len(artists) == 1 else VARIOUS
    return Album(tracks[0].album, artist, tuple(sorted(tracks, key=_place)))


def _place(track: Track) -> tuple[int, int]:
    return track.disc or 1, track.track or 0
