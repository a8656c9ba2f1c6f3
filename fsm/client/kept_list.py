"""The list that the client keeps: which songs there are, and under which IDs (protocol.md 5, 7).

It knows songs by their titles; of audio and of connections it knows nothing.
"""

from __future__ import annotations

from collections import Counter

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.effects import ClientEffect
from fsm.client.link_table import FINDING
from fsm.table import Session


class KeptList(Session[ClientEffect | on.Event]):
    """The part of a link that is about the list, and about the title of the song that is owed."""

    __slots__ = ("are_ids_doubted", "fields", "is_listed", "song_id", "songs", "title")

    def _reset_list(self) -> None:
        self.songs: tuple[on.ListedSong, ...] = ()
        self.fields: tuple[on.Fields, ...] = ()
        """Of each song, if the server has sent any."""
        self.are_ids_doubted = False
        """A connection has ended since the list came, and not because the client made it anew."""
        self.is_listed = False
        """A list has come, be it an empty one."""
        self.title: str | None = None
        self.song_id: int | None = None

    # Guards

    def titles_unknown(self, event: on.Event) -> bool:
        """No list has come."""
        return not self.is_listed

    def list_known(self, event: on.Event) -> bool:
        """A list has come, over an earlier connection."""
        return bool(self.songs)

    def listed(self, event: internal.ListCompleted) -> bool:
        """The song is on the list, by its title."""
        return self._find(event.songs) is not None

    def ids_in_doubt(self, event: on.Event) -> bool:
        """The server may have been started again since its list came, and number its songs anew."""
        return self.are_ids_doubted

    # Effects

    def keep_list(self, event: internal.ListCompleted) -> None:
        """Keep the titles, and what else is known of the songs."""
        self.songs, self.fields = event.songs, event.fields
        self.is_listed, self.are_ids_doubted = True, False

    def forget_list(self, event: on.Event) -> None:
        """Forget the titles: what they belong to now is not known."""
        self.songs, self.fields = (), ()
        self.is_listed = self.are_ids_doubted = False
        self.title = None

    def doubt_ids(self, event: on.Event) -> None:
        """Note that the server may be started again before there is another connection."""
        self.are_ids_doubted = True

    def say_renumbered(self, event: internal.ListCompleted) -> None:
        """Say which songs have other IDs on this list than before, if any have."""
        if new_ids := self._new_ids(event.songs):
            self.record(internal.SongsRenumbered(new_ids))

    def note_title(self, event: internal.ListCompleted) -> None:
        """Note the title of a song that was wanted before any list had come."""
        if self.title is None:
            self.title = title_of(self.song_id, event.songs)

    def find_song(self, event: internal.ListCompleted) -> None:
        """Take the ID that the song has on this list."""
        self.song_id = self._find(event.songs)

    def _find(self, songs: tuple[on.ListedSong, ...]) -> int | None:
        """The song's ID on a fresh list: the same ID if its title is, else the first such title."""
        listed = [s for s in songs if self.title in (None, s.title)]
        ids = [s.song_id for s in listed if s.song_id is not None]
        if self.song_id in ids:
            return self.song_id
        return ids[0] if ids and self.title is not None else None

    def _new_ids(self, songs: tuple[on.ListedSong, ...]) -> tuple[internal.NewId, ...]:
        """Which songs have other IDs on a fresh list: by their titles, where both lists have one."""
        old, new = Counter(s.title for s in self.songs), Counter(s.title for s in songs)
        ids = {s.title: s.song_id for s in songs if new[s.title] == old[s.title] == 1}
        if self.state is FINDING and (found := self._find(songs)) is not None:
            ids |= {s.title: found for s in self.songs if s.song_id == self.song_id}
        same = set(songs)
        moved = (s for s in self.songs if s not in same and s.song_id is not None)
        return tuple(internal.NewId(s.song_id or 0, s.title, ids.get(s.title)) for s in moved)


def title_of(song_id: int | None, songs: tuple[on.ListedSong, ...]) -> str | None:
    """The title that a list gives to an ID."""
    return next((s.title for s in songs if s.song_id == song_id), None)
