"""The list that the client keeps: which songs there are, and under which IDs (protocol.md 5, 7).

It knows songs by their titles; of audio and of connections it knows nothing.
"""

from __future__ import annotations

from collections import Counter

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.effects import ClientEffect
from fsm.client.link.table import FINDING
from fsm.table import Session


class KeptList(Session[ClientEffect | on.Event]):
    """The part of a link that is about the list, and about the title of the song that is owed."""

    __slots__ = ("are_ids_doubted", "fields", "is_listed", "own_title", "song_id", "songs", "title")

    def _reset_list(self) -> None:
        self.songs: tuple[on.ListedSong, ...] = ()
        self.fields: tuple[on.Fields, ...] = ()
        """Of each song, if the server has sent any."""
        self.are_ids_doubted = False
        """A connection has ended since the list came, and not because the client made it anew."""
        self.is_listed = False
        """A list has come, be it an empty one."""
        self.title: str | None = None
        """What a list calls the song that is owed."""
        self.own_title: str | None = None
        """What its own tag calls it."""
        self.song_id: int | None = None

    # Guards

    def titles_unknown(self, event: on.Event) -> bool:
        """No list has come."""
        return not self.is_listed

    def list_known(self, event: on.Event) -> bool:
        """A list has come, over an earlier connection."""
        return bool(self.songs)

    def listed(self, event: internal.ListCompleted) -> bool:
        """The song is on the list, by its title, or without one by its ID."""
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

    def note_own_title(self, event: on.SongNamed) -> None:
        """Note what the song that arrives calls itself: a list may come too late to say it."""
        self.own_title = event.title

    def find_song(self, event: internal.ListCompleted) -> None:
        """Take the ID that the song has on this list, and the title, if no list has named it."""
        self.song_id = self._find(event.songs)
        self.title = self.title or title_of(self.song_id, event.songs)

    def _find(self, songs: tuple[on.ListedSong, ...]) -> int | None:
        """The song's ID on a fresh list: the same ID if its title is, else the first such title.

        A song that no list has named yet is called as by its own tag, and may be listed otherwise.
        """
        title = self.title or self.own_title
        ids = [s.song_id for s in songs if s.title == title]
        if self.title is None and not ids:
            ids = [s.song_id for s in songs if s.song_id == self.song_id]
        listed = (song_id for song_id in ids if song_id is not None)
        return self.song_id if self.song_id in ids else next(listed, None)

    def _new_ids(self, songs: tuple[on.ListedSong, ...]) -> tuple[internal.NewId, ...]:
        """Which songs have other IDs on a fresh list: by their titles, where both lists have one."""
        known, found = self.songs, self._find(songs) if self.state is FINDING else None
        if found is not None and self.title is None:
            known += (on.ListedSong(self.song_id, self.own_title or ""),)
        old, new = Counter(s.title for s in known), Counter(s.title for s in songs)
        ids = {s.title: s.song_id for s in songs if new[s.title] == old[s.title] == 1}
        if found is not None:
            ids |= {s.title: found for s in known if s.song_id == self.song_id}
        same = set(songs)
        moved = (s for s in known if s not in same and s.song_id is not None)
        each = (internal.NewId(s.song_id or 0, s.title, ids.get(s.title)) for s in moved)
        return tuple(new_id for new_id in each if new_id.new_id != new_id.song_id)


def title_of(song_id: int | None, songs: tuple[on.ListedSong, ...]) -> str | None:
    """The title that a list gives to an ID."""
    return next((s.title for s in songs if s.song_id == song_id), None)
