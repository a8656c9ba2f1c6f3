"""What a person can do to the queue: each edit is a function from what is queued to what is then.

It knows the order of songs, and how a change is taken back. It knows nothing of what is played, nor
of what an edit means for the song that has been requested ahead.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from fsm.client.queue.gone import GONE, NewIds, left, without_gone
from fsm.frozen import dataclass

MAX_CHANGES = 20
"""So many changes can be taken back."""

SongIds = tuple[int, ...]


class Change(NamedTuple):
    """What an edit has changed, to be taken back.

    what: what was done, in words. upcoming: what was queued before it, without what has been played
    since. forgotten: the songs that were played, where it made the queue forget them.
    """

    what: str
    upcoming: SongIds
    forgotten: SongIds = ()


class Queued(NamedTuple):
    """What an edit may change.

    upcoming: what is queued. played: what has been played. changes: those that can be taken back,
    the last one at the end. fixed: how many of the first songs a new order leaves where they are.
    """

    upcoming: SongIds = ()
    played: SongIds = ()
    changes: tuple[Change, ...] = ()
    fixed: int = 0


class Edit:
    """One edit."""

    __slots__ = ()

    @property
    def what(self) -> str:
        """What is done, in words, when it is taken back."""
        raise NotImplementedError

    def missing(self, queued: Queued) -> str:
        """Say in words which position the queue lacks; "" where it can be done."""
        return ""

    def is_empty(self, queued: Queued) -> bool:
        """Tell whether there is nothing that it could be done to, or with."""
        return False

    def starts(self, queued: Queued) -> bool:
        """Tell whether it is asked for to be heard: where nothing is played, the first song is."""
        return False

    def change(self, queued: Queued) -> Queued:
        """Return what is queued, and what was played, after it."""
        raise NotImplementedError

    def apply(self, queued: Queued, max_changes: int = MAX_CHANGES) -> Queued:
        """Return what is queued after it. It can be taken back, if it has changed anything."""
        after = self.change(queued)
        forgotten = queued.played if after.played != queued.played else ()
        change = Change(self.what, without_gone(queued.upcoming), forgotten)
        if max_changes == 0 or not _differs(change, after):
            return after
        return after._replace(changes=(*queued.changes, change)[-max_changes:])


@dataclass(frozen=True, slots=True)
class Append(Edit):
    """Put these songs at the end."""

    song_ids: SongIds

    @property
    def what(self) -> str:
        """What is done, in words."""
        return f"{_songs(len(self.song_ids))} queued"

    def starts(self, queued: Queued) -> bool:
        """It is asked for to be heard."""
        return True

    def change(self, queued: Queued) -> Queued:
        """Return what is queued, with the songs at the end."""
        return queued._replace(upcoming=queued.upcoming + self.song_ids)


@dataclass(frozen=True, slots=True)
class Insert(Edit):
    """Put these songs before all that is queued."""

    song_ids: SongIds

    @property
    def what(self) -> str:
        """What is done, in words."""
        return f"{_songs(len(self.song_ids))} queued next"

    def starts(self, queued: Queued) -> bool:
        """It is asked for to be heard."""
        return True

    def change(self, queued: Queued) -> Queued:
        """Return what is queued, with the songs before it."""
        return queued._replace(upcoming=self.song_ids + queued.upcoming)


@dataclass(frozen=True, slots=True)
class Remove(Edit):
    """Leave out the songs at these positions; the first is 1."""

    positions: tuple[int, ...]

    @property
    def what(self) -> str:
        """What is done, in words."""
        return f"{_songs(len({*self.positions}))} removed"

    def missing(self, queued: Queued) -> str:
        """Name the first position that the queue lacks."""
        return _missing(queued, self.positions)

    def change(self, queued: Queued) -> Queued:
        """Return what is queued, without those songs."""
        removed = {_index(queued, position) for position in self.positions}
        kept = (song for place, song in enumerate(queued.upcoming) if place not in removed)
        return queued._replace(upcoming=tuple(kept))


@dataclass(frozen=True, slots=True)
class Move(Edit):
    """Put the song at a position to another one; the first is 1."""

    position: int
    to: int

    @property
    def what(self) -> str:
        """What is done, in words."""
        return f"number {self.position} moved to {self.to}"

    def missing(self, queued: Queued) -> str:
        """Name the first position that the queue lacks."""
        return _missing(queued, (self.position, self.to))

    def change(self, queued: Queued) -> Queued:
        """Return what is queued, with that song at its new position."""
        upcoming = list(queued.upcoming)
        song_id = upcoming.pop(_index(queued, self.position))
        upcoming.insert(_index(queued, self.to), song_id)
        return queued._replace(upcoming=tuple(upcoming))


@dataclass(frozen=True, slots=True)
class Shuffle(Edit):
    """Put what is queued into another order; where nothing is, queue `songs` in another order.

    seed: any number, the same one for the same order.
    """

    seed: int
    songs: SongIds = ()

    @property
    def what(self) -> str:
        """What is done, in words."""
        return "another order"

    def is_empty(self, queued: Queued) -> bool:
        """Nothing is queued, and there are no songs that could be."""
        return not (queued.upcoming or self.songs)

    def starts(self, queued: Queued) -> bool:
        """Where nothing was queued, it is asked for to be heard."""
        return not queued.upcoming

    def change(self, queued: Queued) -> Queued:
        """Return what is queued in another order; what is fixed stays where it is."""
        fixed, rest = queued.upcoming[: queued.fixed], queued.upcoming[queued.fixed :]
        songs = list(rest if queued.upcoming else self.songs)
        random.Random(self.seed).shuffle(songs)
        return queued._replace(upcoming=(*fixed, *songs))


@dataclass(frozen=True, slots=True)
class Clear(Edit):
    """Forget what is queued and what has been played."""

    @property
    def what(self) -> str:
        """What is done, in words."""
        return "the queue cleared"

    def change(self, queued: Queued) -> Queued:
        """Return an empty queue."""
        return queued._replace(upcoming=(), played=())


@dataclass(frozen=True, slots=True)
class Load(Edit):
    """Queue these songs in the place of what is queued, and forget what has been played."""

    song_ids: SongIds

    @property
    def what(self) -> str:
        """What is done, in words."""
        return f"{_songs(len(self.song_ids))} loaded"

    def is_empty(self, queued: Queued) -> bool:
        """There are no songs to queue."""
        return not self.song_ids

    def starts(self, queued: Queued) -> bool:
        """It is asked for to be heard."""
        return True

    def change(self, queued: Queued) -> Queued:
        """Return a queue of these songs."""
        return queued._replace(upcoming=self.song_ids, played=())


@dataclass(frozen=True, slots=True)
class Restore(Edit):
    """Queue what was queued when the client was left, and know what was played; nothing starts."""

    upcoming: SongIds
    played: SongIds = ()

    @property
    def what(self) -> str:
        """What is done, in words."""
        return f"{_songs(len(self.upcoming))} queued as they were"

    def change(self, queued: Queued) -> Queued:
        """Return the queue as it was."""
        return queued._replace(upcoming=self.upcoming, played=self.played)


@dataclass(frozen=True, slots=True)
class Undo(Edit):
    """Take back the last change."""

    def change(self, queued: Queued) -> Queued:
        """Return what was queued before the last change, without what has been played since."""
        taken_back = last_change(queued)
        assert taken_back is not None, "a change can be taken back"
        changes, (_, upcoming, forgotten) = taken_back
        return queued._replace(
            upcoming=queued.upcoming[: _hidden(queued)] + upcoming,
            played=forgotten + queued.played,
            changes=changes,
        )

    def apply(self, queued: Queued, max_changes: int = MAX_CHANGES) -> Queued:
        """Return what was queued before the last change; this is no change to take back."""
        return self.change(queued)


def last_change(queued: Queued) -> tuple[tuple[Change, ...], Change] | None:
    """Return the last change that makes a difference, behind those before it; None if there is none.

    A song that was inserted and has been played is nothing that could be taken back.
    """
    for place in reversed(range(len(queued.changes))):
        change = Change(*queued.changes[place])
        if _differs(change, queued):
            return queued.changes[:place], change
    return None


def mapped(changes: tuple[Change, ...], to: Callable[[SongIds], SongIds]) -> tuple[Change, ...]:
    """Return the changes after something else has happened to what is queued."""
    return tuple([Change(what, to(upcoming), forgotten) for what, upcoming, forgotten in changes])


def renumbered(changes: tuple[Change, ...], new_ids: NewIds) -> tuple[Change, ...]:
    """Return the changes with the IDs that the songs have now."""
    return tuple(
        Change(what, left(upcoming, new_ids), left(forgotten, new_ids))
        for what, upcoming, forgotten in changes
    )


def without_first(song_ids: SongIds, song_id: int | None) -> SongIds:
    """Return the songs without the first that has this ID, if one has it."""
    if song_id not in song_ids:
        return song_ids
    place = song_ids.index(song_id)
    return song_ids[:place] + song_ids[place + 1 :]


def _differs(change: Change, queued: Queued) -> bool:
    """Tell whether it makes a difference to take this change back."""
    return bool(change.forgotten) or change.upcoming != without_gone(queued.upcoming)


def _songs(count: int) -> str:
    return "1 song" if count == 1 else f"{count} songs"


def _hidden(queued: Queued) -> int:
    """Return 1 if a song stands first that is gone: it is on no list, so no position counts it."""
    return int(queued.upcoming[:1] == (GONE,))


def _index(queued: Queued, position: int) -> int:
    return position - 1 + _hidden(queued)


def _missing(queued: Queued, positions: tuple[int, ...]) -> str:
    """Name the first of these positions that is not in the queue."""
    last = len(queued.upcoming) - _hidden(queued)
    for position in positions:
        if not 1 <= position <= last:
            return f"it has {_songs(last)}, and no number {position}"
    return ""
