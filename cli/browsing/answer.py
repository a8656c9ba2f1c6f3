"""Makes the answers to the commands that show the library: songs, albums and artists.

What an answer looks like is the formatters' business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cli.browsing import query
from cli.browsing.choosing import choose_album
from cli.browsing.library import Album, Artist, Track, albums_of, artists_of, library_of
from fsm.client.events import ListedSong


class Answer(NamedTuple):
    """What one command has found in a list.

    kind: songs, albums, artists, or album, of which there is one then. words: what was sought.
    tracks: all songs that it is about; `*` stands for them. songs: the whole list.
    """

    kind: str
    words: str
    tracks: tuple[Track, ...]
    songs: Sequence[ListedSong] = ()
    albums: tuple[Album, ...] = ()
    artists: tuple[Artist, ...] = ()

    @property
    def listed(self) -> Sequence[ListedSong]:
        """The songs that it is about as the list has them; the list itself where that is all."""
        if self.kind == "songs" and len(self.tracks) == len(self.songs):
            return library_of(self.songs).songs
        return [track.listed for track in self.tracks]


def answer_of(word: str, rest: str, songs: Sequence[ListedSong]) -> Answer:
    """Return the answer to list, songs, find, albums, artists or album, with what was typed.

    Raises choosing.NotChosen: `album` names none or several. query.BadQuery.
    """
    if word == "album":
        album = choose_album(songs, rest)
        return Answer("album", rest, album.tracks, songs, albums=(album,))
    found = query.find(songs, rest)
    library = library_of(songs)
    if word == "albums":
        albums = albums_of(found) if rest else library.albums
        return Answer("albums", rest, _tracks(albums), songs, albums=albums)
    if word == "artists":
        artists = artists_of(found) if rest else library.artists
        return Answer("artists", rest, _tracks(artists), songs, artists=artists)
    return Answer("songs", rest, found, songs)


def _tracks(groups: Sequence[Album | Artist]) -> tuple[Track, ...]:
    """Return the songs of these, each once."""
    return tuple(dict.fromkeys(track for group in groups for track in group.tracks))
