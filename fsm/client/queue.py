"""The client's queue: which song was played before this one, and which comes after it.

It knows song IDs and their order, and when a song is over; it knows nothing of how one arrives or
sounds. What it wants played it requests in the same way as a person does.
"""

from __future__ import annotations

import random
from enum import Enum

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.effects import ClientEffect
from fsm.client.requests import Measure, Repeat
from fsm.table import Row, Session, Table, each


class QueueState(Enum):
    """What is played, and whether what follows has been requested."""

    IDLE = "nothing is played; what is queued waits for a person's word"
    CURRENT = "a song is played, and not all of it is here"
    WHOLE = "a song is played, and all of it is here: what is queued next is requested at once"
    AHEAD = "a song is played, and the one after it has been requested"


# fmt: off
IDLE, CURRENT, WHOLE, AHEAD = QueueState

_ALL = tuple(QueueState)
_IN_USE = (CURRENT, WHOLE, AHEAD)
_NOTHING_AHEAD = (IDLE, CURRENT, WHOLE)

QUEUE = Table("queue", IDLE, [
    # What a person plays and stops
    each(_ALL,    on.PlayRequested, CURRENT, then="retire, forget_ahead, choose",   rfc="2.2, playing 2"),
    Row(IDLE,     on.StopRequested, IDLE,                                           rfc="2.2"),
    each(_IN_USE, on.StopRequested, IDLE,    then="retire, forget_ahead, end_wait", rfc="2.2, playing 2"),
    Row(IDLE,     on.WaitRequested, IDLE,    then="end_wait",                       rfc="playing 11"),
    each(_IN_USE, on.WaitRequested,                                                 rfc="playing 11"),
    Row(IDLE,     on.OutputFailed,  IDLE,                                           rfc="playing 10"),
    each(_IN_USE, on.OutputFailed,  IDLE,    then="retire, forget_ahead, end_wait", rfc="playing 10"),
    # The song has been heard
    each((CURRENT, WHOLE), internal.SongOver, CURRENT, when="repeats_one", then="say_turn",                              rfc="playing 4"),
    each((CURRENT, WHOLE), internal.SongOver, CURRENT, when="one_follows", then="retire, take_first, say_turn",          rfc="playing 2"),
    each((CURRENT, WHOLE), internal.SongOver, IDLE,                        then="retire, end_wait, say_nothing_follows", rfc="playing 2"),
    Row(AHEAD,             internal.SongOver, CURRENT, when="repeats_one", then="forget_ahead",                          rfc="playing 4, playing 5"),
    Row(AHEAD,             internal.SongOver, CURRENT,                     then="retire, take_ahead",                    rfc="playing 5"),
    # ... and could not be: it is not tried again
    each((CURRENT, WHOLE), internal.SongUnplayable, CURRENT, when="another_follows", then="leave_out, take_first, say_turn",          rfc="playing 10"),
    each((CURRENT, WHOLE), internal.SongUnplayable, IDLE,                            then="leave_out, end_wait, say_nothing_follows", rfc="playing 10"),
    Row(AHEAD,             internal.SongUnplayable, CURRENT,                         then="leave_out, take_ahead",                    rfc="playing 10"),
    # The song is whole: the next one is requested while it plays
    Row(CURRENT, internal.SongWhole,      AHEAD, when="one_follows",            then="ask_ahead",                  rfc="playing 5"),
    Row(CURRENT, internal.SongWhole,      WHOLE,                                                                   rfc="playing 5"),
    Row(AHEAD,   internal.NextSongFailed, AHEAD, when="one_follows_the_failed", then="leave_out_ahead, ask_ahead", rfc="2.5.3, playing 5"),
    Row(AHEAD,   internal.NextSongFailed, WHOLE,                                then="leave_out_ahead",            rfc="2.5.3, playing 5"),
    # ... and is not any more: it is to go on from a place that is not here
    Row(WHOLE,   internal.PlaceWanted, CURRENT,                      rfc="playing 5, playing 7"),
    Row(AHEAD,   internal.PlaceWanted, CURRENT, then="forget_ahead", rfc="playing 5, playing 7"),
    Row(CURRENT, internal.PlaceWanted, CURRENT,                      rfc="playing 7"),
    # next and prev
    Row(AHEAD,    ask.NextRequested, CURRENT, when="wanted_is_ahead", then="retire, take_ahead, say_skipped",              rfc="playing 3, playing 5"),
    each(_ALL,    ask.NextRequested, CURRENT, when="another_wanted",  then="retire, forget_ahead, take_first, say_chosen", rfc="playing 3"),
    each(_ALL,    ask.NextRequested,                                  then="tell_nothing_follows",                         rfc="playing 3"),
    each(_ALL,    ask.PrevRequested, CURRENT, when="played_before",   then="take_previous, say_chosen",                    rfc="playing 3"),
    Row(IDLE,     ask.PrevRequested, IDLE,                            then="tell_nothing_before",                          rfc="playing 3"),
    each(_IN_USE, ask.PrevRequested,                                  then="say_start_sought",                             rfc="playing 3"),
    # What is queued
    Row(IDLE,            ask.QueueRequested, CURRENT,                            then="add, take_first, say_chosen",  rfc="playing 2"),
    Row(CURRENT,         ask.QueueRequested, CURRENT,                            then="add",                          rfc="playing 2"),
    Row(WHOLE,           ask.QueueRequested, AHEAD,                              then="add, ask_ahead",               rfc="playing 2, playing 5"),
    Row(AHEAD,           ask.QueueRequested, AHEAD,   when="added_song_follows", then="add, drop_ahead, ask_ahead",   rfc="playing 4, playing 5"),
    Row(AHEAD,           ask.QueueRequested, AHEAD,                              then="add",                          rfc="playing 2"),
    each(_NOTHING_AHEAD, ask.ClearRequested,                                     then="clear",                        rfc="playing 2"),
    Row(AHEAD,           ask.ClearRequested, AHEAD,   when="repeats_ahead",      then="clear",                        rfc="playing 2, playing 4"),
    Row(AHEAD,           ask.ClearRequested, AHEAD,   when="repeats",            then="clear, drop_ahead, ask_ahead", rfc="playing 2, playing 4"),
    Row(AHEAD,           ask.ClearRequested, WHOLE,                              then="clear, drop_ahead",            rfc="playing 2, playing 5"),
    # The server has been started again, and has other IDs
    each(_ALL, internal.SongsRenumbered, when="some_gone", then="tell_songs_gone, renumber", rfc="playing 9"),
    each(_ALL, internal.SongsRenumbered,                   then="renumber",                  rfc="playing 9"),
    # shuffle and repeat
    each(_ALL,            ask.ShuffleRequested,        when="queued",            then="shuffle",                           rfc="playing 4"),
    each(_ALL,            ask.ShuffleRequested,                                  then="tell_nothing_follows",              rfc="playing 4"),
    each((IDLE, CURRENT), ask.RepeatRequested,                                   then="set_repeat",                        rfc="playing 4"),
    Row(WHOLE,            ask.RepeatRequested,  AHEAD, when="one_will_follow",   then="set_repeat, ask_ahead",             rfc="playing 4, playing 5"),
    Row(WHOLE,            ask.RepeatRequested,  WHOLE,                           then="set_repeat",                        rfc="playing 4"),
    Row(AHEAD,            ask.RepeatRequested,  AHEAD, when="ahead_will_follow", then="set_repeat",                        rfc="playing 4"),
    Row(AHEAD,            ask.RepeatRequested,  AHEAD, when="one_will_follow",   then="set_repeat, drop_ahead, ask_ahead", rfc="playing 4, playing 5"),
    Row(AHEAD,            ask.RepeatRequested,  WHOLE,                           then="set_repeat, drop_ahead",            rfc="playing 4, playing 5"),
])
# fmt: on


GONE = -1
"""In the place of the ID of a song that is here, or on its way, and no longer on the server."""
_NAMED = 3
"""So many of the songs that are gone are told by name."""


class QueueSession(Session[ClientEffect | on.Event]):
    """What was, is and will be played, as song IDs."""

    __slots__ = ("ahead", "current", "played", "repeat", "upcoming")
    table = QUEUE
    says = (
        on.CommandAnswered,
        internal.SongTurnCame,
        internal.NextSongKnown,
        internal.NextSongDropped,
        internal.SongSkipped,
        internal.SeekWanted,
        internal.NothingFollows,
    )

    def __init__(self) -> None:
        super().__init__()
        self.played: tuple[int, ...] = ()
        """What has been played, oldest first."""
        self.current: int | None = None
        """The song that is played."""
        self.upcoming: tuple[int, ...] = ()
        """What is queued; a song that has been requested ahead is still in it."""
        self.ahead: int | None = None
        """The song that has been requested ahead."""
        self.repeat = Repeat.OFF

    # Guards

    def queued(self, event: on.Event) -> bool:
        """Something is queued."""
        return bool(self.upcoming)

    def repeats(self, event: on.Event) -> bool:
        """The queue never runs out."""
        return self.repeat is not Repeat.OFF and self.current != GONE

    def repeats_one(self, event: on.Event) -> bool:
        """The same song is played again and again."""
        return self.repeat is Repeat.ONE and self.current != GONE

    def repeats_ahead(self, event: on.Event) -> bool:
        """The queue never runs out, and the present song is the next one as well."""
        return self.repeats(event) and self.ahead == self.current

    def one_follows(self, event: on.Event) -> bool:
        """A song comes after this one by itself."""
        return self._follower(self.repeat, self.upcoming) is not None

    def one_will_follow(self, event: ask.RepeatRequested) -> bool:
        """A song comes after this one by itself, with what is asked for."""
        return self._follower(event.repeat, self.upcoming) is not None

    def ahead_will_follow(self, event: ask.RepeatRequested) -> bool:
        """The song that was requested ahead still comes after this one."""
        return self._follower(event.repeat, self.upcoming) == self.ahead

    def added_song_follows(self, event: ask.QueueRequested) -> bool:
        """With these songs another one comes after this one than was requested ahead."""
        return self._follower(self.repeat, self.upcoming + event.song_ids) != self.ahead

    def another_follows(self, event: on.Event) -> bool:
        """Another song comes after this one."""
        return bool(self._round(self.repeat, self.upcoming, self.played))

    def one_follows_the_failed(self, event: on.Event) -> bool:
        """There is another song to request ahead."""
        if self.repeats_one(event):
            return self.ahead != self.current
        upcoming, played = self._without_ahead()
        others = tuple(song_id for song_id in self._with_current(played) if song_id != self.ahead)
        return bool(self._round(self.repeat, upcoming, others))

    def another_wanted(self, event: on.Event) -> bool:
        """There is a song that `next` can mean."""
        return self._wanted() is not None

    def wanted_is_ahead(self, event: on.Event) -> bool:
        """The song that `next` means has been requested already."""
        return self._wanted() == self.ahead

    def some_gone(self, event: internal.SongsRenumbered) -> bool:
        """A song that is queued, or was played, is no longer on the server."""
        return bool(self._gone(event))

    def played_before(self, event: on.Event) -> bool:
        """A song was played before this one."""
        return bool(self.played)

    # Effects: which song is the current one

    def choose(self, event: on.PlayRequested) -> None:
        """Take the song that the person has chosen; what is queued stays queued."""
        self.current = event.song_id

    def retire(self, event: on.Event) -> None:
        """Count the current song among those that were played."""
        self.played = self._with_current(self.played)
        self.current = None

    def leave_out(self, event: on.Event) -> None:
        """Give up the current song: it is left out of the next round."""
        self.current = None

    def take_first(self, event: on.Event) -> None:
        """Take what is queued first; with an empty queue the round begins anew."""
        if not self.upcoming:
            self.upcoming, self.played = self.played, ()
        self.current, *rest = self.upcoming
        self.upcoming = tuple(rest)

    def take_ahead(self, event: on.Event) -> None:
        """Take the song that was requested ahead."""
        self.current, self.ahead = self.ahead, None
        if not self.upcoming and self.played[:1] == (self.current,):
            self.upcoming, self.played = self.played, ()
        if self.upcoming[:1] == (self.current,):
            self.upcoming = self.upcoming[1:]

    def take_previous(self, event: on.Event) -> None:
        """Take the song before this one; this one comes after it again."""
        *played, song_id = self.played
        self.upcoming = (*self._with_current(()), *self._without_gone())
        self.played = tuple(played)
        self.current, self.ahead = song_id, None

    # Effects: which song is requested ahead

    def ask_ahead(self, event: on.Event) -> None:
        """Request the song that follows, to be there when this one has been heard."""
        self.ahead = self._follower(self.repeat, self.upcoming)
        assert self.ahead is not None, "a song follows"
        self.record(internal.NextSongKnown(self.ahead))

    def drop_ahead(self, event: on.Event) -> None:
        """Want the song no more that was requested ahead."""
        self.ahead, self.upcoming = None, self._without_gone()
        self.record(internal.NextSongDropped())

    def forget_ahead(self, event: on.Event) -> None:
        """Want nothing ahead; what was requested is what plays now, or is dropped by the others."""
        self.ahead, self.upcoming = None, self._without_gone()

    def leave_out_ahead(self, event: on.Event) -> None:
        """Leave out the song that was requested ahead: it will not come."""
        self.upcoming, self.played = self._without_ahead()
        self.ahead = None

    # Effects: what is queued

    def add(self, event: ask.QueueRequested) -> None:
        """Put the songs at the end."""
        self.upcoming += event.song_ids

    def clear(self, event: on.Event) -> None:
        """Forget what is queued and what was played."""
        self.upcoming = self.played = ()

    def shuffle(self, event: ask.ShuffleRequested) -> None:
        """Put what is queued into another order; a song that is on its way stays the first."""
        fixed = 1 if self.ahead in self.upcoming[:1] else 0
        rest = list(self.upcoming[fixed:])
        random.Random(event.seed).shuffle(rest)
        self.upcoming = (*self.upcoming[:fixed], *rest)

    def set_repeat(self, event: ask.RepeatRequested) -> None:
        """Note what comes when the queue is empty."""
        self.repeat = event.repeat

    def renumber(self, event: internal.SongsRenumbered) -> None:
        """Take the IDs that the songs have now, and leave out those that are gone.

        The song that plays and the one that has been requested ahead are here all the same.
        """
        new_ids = {song_id: new_id for song_id, _, new_id in event.new_ids}
        first = self.upcoming[:1] if self.ahead in self.upcoming[:1] else ()
        self.upcoming = (*_here(first, new_ids), *_left(self.upcoming[len(first) :], new_ids))
        self.played = _left(self.played, new_ids)
        self.current, self.ahead = (
            None if song_id is None else _here((song_id,), new_ids)[0]
            for song_id in (self.current, self.ahead)
        )

    # Effects: what others are told

    def say_turn(self, event: on.Event) -> None:
        """Have the current song played: its turn has come."""
        assert self.current is not None, "a song is taken"
        self.record(internal.SongTurnCame(self.current))

    def say_chosen(self, event: on.Event) -> None:
        """Have the current song played: a person wants it."""
        assert self.current is not None, "a song is taken"
        self.record(internal.SongTurnCame(self.current, asked=True))

    def say_skipped(self, event: on.Event) -> None:
        """Have the song played now that was requested ahead."""
        self.record(internal.SongSkipped())

    def say_start_sought(self, event: on.Event) -> None:
        """Have the current song played from its start: there is none before it."""
        self.record(internal.SeekWanted(0.0, Measure.FROM_START))

    def say_nothing_follows(self, event: on.Event) -> None:
        """Say that this was the last song."""
        self.record(internal.NothingFollows())

    def end_wait(self, event: on.Event) -> None:
        """Free the prompt: there is nothing to wait for."""
        self.record(on.CommandAnswered(on.Command.WAIT))

    def tell_nothing_follows(self, event: on.Event) -> None:
        """Tell that nothing is queued."""
        self.record(do.Tell(do.Report.NOTHING_FOLLOWS))

    def tell_nothing_before(self, event: on.Event) -> None:
        """Tell that no song was played before."""
        self.record(do.Tell(do.Report.NOTHING_BEFORE))

    def tell_songs_gone(self, event: internal.SongsRenumbered) -> None:
        """Tell which songs are left out, in one line."""
        titles = self._gone(event)
        more = f" and {len(titles) - _NAMED} more" if len(titles) > _NAMED else ""
        detail = ", ".join(titles[:_NAMED]) + more
        self.record(do.Tell(do.Report.SONGS_GONE, detail=detail))

    # What follows what

    def _follower(self, repeat: Repeat, upcoming: tuple[int, ...]) -> int | None:
        """The song that comes by itself when this one has been heard."""
        if repeat is Repeat.ONE and self.current != GONE:
            return self.current
        return next(iter(self._round(repeat, upcoming, self._with_current(self.played))), None)

    def _wanted(self) -> int | None:
        """The song that `next` means."""
        played = self._with_current(self.played)
        return next(iter(self._round(self.repeat, self.upcoming, played)), None)

    @staticmethod
    def _round(
        repeat: Repeat, upcoming: tuple[int, ...], played: tuple[int, ...]
    ) -> tuple[int, ...]:
        """What is to come: the queue, or if it is empty all that was played once more."""
        return upcoming if upcoming or repeat is not Repeat.ALL else played

    def _with_current(self, played: tuple[int, ...]) -> tuple[int, ...]:
        return played if self.current in (None, GONE) else (*played, self.current)

    def _without_ahead(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What is queued and what was played, without the song that was requested ahead."""
        if self.ahead in self.upcoming[:1]:
            return self.upcoming[1:], self.played
        return self.upcoming, tuple(song_id for song_id in self.played if song_id != self.ahead)

    def _without_gone(self) -> tuple[int, ...]:
        """What is queued, and can be requested."""
        return tuple(song_id for song_id in self.upcoming if song_id != GONE)

    def _gone(self, event: internal.SongsRenumbered) -> list[str]:
        """The titles of the songs that are queued, or were played, and are gone."""
        fixed = 1 if self.ahead in self.upcoming[:1] else 0
        held = {*self.upcoming[fixed:], *self.played}
        return [
            title for song_id, title, new_id in event.new_ids if new_id is None and song_id in held
        ]


def _here(song_ids: tuple[int, ...], new_ids: dict[int, int | None]) -> tuple[int, ...]:
    """The new IDs of songs that need not be requested."""
    new = (new_ids.get(song_id, song_id) for song_id in song_ids)
    return tuple(GONE if song_id is None else song_id for song_id in new)


def _left(song_ids: tuple[int, ...], new_ids: dict[int, int | None]) -> tuple[int, ...]:
    """The new IDs of songs that can still be requested."""
    return tuple(song_id for song_id in _here(song_ids, new_ids) if song_id != GONE)
