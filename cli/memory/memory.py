"""What the client remembers, for the commands that ask for it: playlists, history, the last place.

It finds what was kept on the present list; what is played of it is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cli.browsing.folding import fold
from cli.browsing.library import Track, library_of
from cli.memory.heard import Heard, HeardFile
from cli.memory.kept import Finder, Kept, known_path
from cli.memory.playlists import PlaylistError, Playlists, Summary
from cli.words.safe_text import shown
from fsm.client.events import ListedSong

SHOWN_HEARD = 20
"""So many songs of the history are shown where nothing else is asked for."""


class LeftOff(NamedTuple):
    """Where the last run was left. song_id, title: None where only a queue was left."""

    song_id: int | None = None
    title: str | None = None
    position_s: float = 0.0


class Saving(NamedTuple):
    """A playlist that has been saved. replaced: how many songs it had before; None: it is new."""

    name: str
    songs: int
    replaced: int | None
    path: str


class Loading(NamedTuple):
    """A playlist that has been loaded. missing: songs that are not on this server."""

    name: str
    songs: int
    missing: tuple[Kept, ...]


class Memory:
    """What is remembered for the server at HOST:PORT.

    version: of the server's list, "" where it names none. left_off: where `resume` goes on, while
    nothing has been played yet. saving, loading: what was done last.
    """

    def __init__(
        self,
        server: str = "",
        playlists: Playlists | None = None,
        heard: HeardFile | None = None,
    ) -> None:
        self.server = server
        self.version = ""
        self.left_off: LeftOff | None = None
        self.saving: Saving | None = None
        self.loading: Loading | None = None
        self.playlists = playlists or Playlists()
        self.heard = heard or HeardFile()

    def __repr__(self) -> str:
        return f"<Memory of {self.server} left_off={self.left_off}>"

    def save(self, name: str, song_ids: Sequence[int], songs: Sequence[ListedSong]) -> None:
        """Keep these songs as a playlist. Raises PlaylistError."""
        if not song_ids:
            raise PlaylistError("nothing plays or is queued that could be saved")
        kept = self.kept(song_ids, songs)
        replaced = self.playlists.save(name, kept)
        path = self.playlists.path_of(name)
        self.saving = Saving(path.stem, len(kept), replaced, str(path))

    def load(self, name: str, songs: Sequence[ListedSong]) -> tuple[int, ...]:
        """Return the songs of a playlist, by the IDs that they have now. Raises PlaylistError."""
        found_name = self.playlists.resolve(name)
        kept = self.playlists.load(found_name)
        if not kept:
            raise PlaylistError(f"{shown(found_name)} has no songs")
        found = self.finder(songs).find(kept)
        if not found.song_ids:
            raise PlaylistError(
                f"none of the {len(kept)} songs of {shown(found_name)} is on this server"
            )
        self.loading = Loading(found_name, len(found.song_ids), found.missing)
        return found.song_ids

    def summaries(self) -> list[Summary]:
        """Return all playlists."""
        return self.playlists.summaries()

    def history(self, wanted: str) -> list[Heard]:
        """Return what was heard, the oldest first: the last N songs, or all with these words."""
        if is_count(wanted):
            return self.heard.read()[-int(wanted) :]
        if not wanted:
            return self.heard.read()[-SHOWN_HEARD:]
        words = fold(wanted).split()
        return [h for h in self.heard.read() if all(w in fold(h.song.title) for w in words)]

    def last_heard(self, songs: Sequence[ListedSong]) -> int | None:
        """Return the ID of the song that was heard last and that this server has."""
        finder = self.finder(songs)
        found = (finder.find_one(heard.song) for heard in reversed(self.heard.read()))
        return next((song_id for song_id in found if song_id is not None), None)

    def finder(self, songs: Sequence[ListedSong]) -> Finder:
        """Return what finds kept songs on this list."""
        return Finder(songs, self.version)

    def kept(self, song_ids: Sequence[int], songs: Sequence[ListedSong]) -> list[Kept]:
        """Return these songs as they are kept, with what the list says of them."""
        tracks = {track.song_id: track for track in library_of(songs).tracks}
        return [self._kept(song_id, tracks.get(song_id)) for song_id in song_ids]

    def _kept(self, song_id: int, track: Track | None) -> Kept:
        if track is None:
            return Kept("", song_id, self.version)
        path = known_path(track.folder, track.title)
        return Kept(track.title, song_id, self.version, track.duration_s, path)


def is_count(text: str) -> bool:
    """Whether a number of songs is asked for: one of up to four digits."""
    return text.isascii() and text.isdigit() and 1 <= len(text) <= 4 and int(text) > 0
