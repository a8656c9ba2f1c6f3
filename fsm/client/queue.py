"""The client's queue: which song was played before this one, and which comes after it.

It knows song IDs and their order, and when a song is over; it knows nothing of how one arrives or
sounds. What it wants played it asks for in the same way as a person does.
"""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.queue_table import AHEAD, QUEUE
from fsm.client.requests import Repeat
from fsm.table import Session

_MASK = (1 << 64) - 1


class QueueSession(Session):
    """What was, is and will be played, as song IDs."""

    __slots__ = ("ahead", "current", "played", "repeat", "upcoming")
    table = QUEUE

    def __init__(self) -> None:
        super().__init__()
        self.played: tuple[int, ...] = ()
        """What has been played, oldest first."""
        self.current = 0
        """The song that is played, 0 for none."""
        self.upcoming: tuple[int, ...] = ()
        """What is queued; a song that has been asked for ahead is still in it."""
        self.ahead = 0
        """The song that has been asked for ahead, 0 for none."""
        self.repeat = Repeat.OFF

    # Guards

    def queued(self, event: on.Event) -> bool:
        """Something is queued."""
        return bool(self.upcoming)

    def repeats(self, event: on.Event) -> bool:
        """The queue never runs out."""
        return self.repeat is not Repeat.OFF

    def one_follows(self, event: on.Event) -> bool:
        """A song comes after this one by itself."""
        return self._follower() != 0

    def one_will_follow(self, event: ask.RepeatRequested) -> bool:
        """A song comes after this one by itself, with what is asked for."""
        return self._follower(event.repeat) != 0

    def another_follows(self, event: internal.SongOver) -> bool:
        """A song comes after this one; one that has failed is not tried again."""
        return self._follower() != 0 if event.heard else bool(self._round(failed=True))

    def one_follows_the_failed(self, event: internal.AheadFailed) -> bool:
        """There is another song to ask for ahead."""
        return self._follower_of_failed() != 0

    def another_wanted(self, event: on.Event) -> bool:
        """There is a song that `next` can mean."""
        return self._wanted() != 0

    def wanted_is_ahead(self, event: on.Event) -> bool:
        """The song that `next` means has been asked for already."""
        return self._wanted() == self.ahead

    def played_before(self, event: on.Event) -> bool:
        """A song was played before this one."""
        return bool(self.played)

    # Effects: what is played

    def choose(self, event: on.PlayRequested) -> None:
        """The person has chosen a song; what is queued stays queued."""
        self._retire()
        self.current = event.song_id

    def put_away(self, event: on.Event) -> None:
        """Nothing is played any more; what is queued stays queued."""
        self._retire()
        self.end_wait(event)

    def run_out(self, event: internal.SongOver) -> None:
        """That was the last song."""
        self._leave(event)
        self.end_wait(event)
        self.record(internal.NothingFollows())

    def end_wait(self, event: on.Event) -> None:
        """There is nothing to wait for."""
        self.record(on.CommandAnswered(on.Command.WAIT))

    def play_follower(self, event: internal.SongOver) -> None:
        """Play the song whose turn it is."""
        if event.heard and self.repeat is Repeat.ONE:
            self._play(self.current)
            return
        self._leave(event)
        self._play_first(asked=False)

    def play_next(self, event: on.Event) -> None:
        """Play the song after this one."""
        self._retire()
        self._play_first(asked=True)

    def play_prev(self, event: on.Event) -> None:
        """Play the song before this one; this one comes after it again."""
        *played, song_id = self.played
        if self.current:
            self.upcoming = (self.current, *self.upcoming)
        self.played = tuple(played)
        self.ahead = 0
        self._play(song_id, asked=True)

    def start_over(self, event: on.Event) -> None:
        """There is none before this one: play this one from its start."""
        self.record(internal.RestartRequested())

    def tell_nothing_follows(self, event: on.Event) -> None:
        """There is no such song."""
        self.record(do.Tell(do.Report.NOTHING_FOLLOWS))

    # Effects: what is asked for ahead

    def ask_ahead(self, event: on.Event) -> None:
        """Ask for the song that follows, to be there when this one has been heard."""
        self.ahead = self._follower()
        self.record(internal.NextSongKnown(self.ahead))

    def go_on(self, event: internal.SongOver) -> None:
        """The song that was asked for ahead is the current one now."""
        song_id = self.ahead
        if event.heard and self.repeat is Repeat.ONE:
            self.ahead = 0
            return
        self._leave(event)
        if next(iter(self.upcoming or self.played), 0) == song_id:
            self._take_first()
        self.current = song_id

    def skip_to_ahead(self, event: on.Event) -> None:
        """Play the song that was asked for ahead now."""
        self._retire()
        self._take_first()
        self.record(internal.SongSkipped())

    def drop_failed(self, event: on.Event) -> None:
        """The song that was asked for ahead will not come: leave it out."""
        if self.ahead in self.upcoming[:1]:
            self.upcoming = self.upcoming[1:]
        else:
            self.played = tuple(song_id for song_id in self.played if song_id != self.ahead)
        self.ahead = 0

    def drop_failed_and_ask_ahead(self, event: on.Event) -> None:
        """Leave it out and ask for the one after it."""
        self.drop_failed(event)
        self.ask_ahead(event)

    # Effects: what is queued

    def add(self, event: ask.QueueRequested) -> None:
        """Put the songs at the end."""
        self.upcoming += event.song_ids

    def add_and_play(self, event: ask.QueueRequested) -> None:
        """Nothing plays: begin with the first that is queued."""
        self.add(event)
        self._play_first(asked=True)

    def add_and_ask_ahead(self, event: ask.QueueRequested) -> None:
        """The song that plays is whole already: ask for the one after it."""
        self.add(event)
        self.ask_ahead(event)

    def add_and_ask_anew(self, event: ask.QueueRequested) -> None:
        """Ask for another song ahead, if another follows now."""
        self.add(event)
        self._ask_anew(event)

    def clear(self, event: on.Event) -> None:
        """Forget what is queued and what was played."""
        self.upcoming = self.played = ()

    def clear_and_ask_anew(self, event: on.Event) -> None:
        """Forget it; the song that plays is all that is left to repeat."""
        self.clear(event)
        self._ask_anew(event)

    def clear_and_drop_ahead(self, event: on.Event) -> None:
        """Forget it, and the song that was asked for ahead."""
        self.clear(event)
        self._drop_ahead()

    def shuffle(self, event: ask.ShuffleRequested) -> None:
        """Put what is queued into another order; a song that is on its way stays the first."""
        fixed = 1 if self.state is AHEAD and self.ahead in self.upcoming[:1] else 0
        rest = shuffled(self.upcoming[fixed:], event.seed)
        self.upcoming = self.upcoming[:fixed] + rest

    def set_repeat(self, event: ask.RepeatRequested) -> None:
        """Note it."""
        self.repeat = event.repeat

    def set_repeat_and_ask_ahead(self, event: ask.RepeatRequested) -> None:
        """Note it, and ask for the song that follows now."""
        self.set_repeat(event)
        self.ask_ahead(event)

    def set_repeat_and_ask_anew(self, event: ask.RepeatRequested) -> None:
        """Note it, and ask for another song ahead, if another follows now."""
        self.set_repeat(event)
        self._ask_anew(event)

    def set_repeat_and_drop_ahead(self, event: ask.RepeatRequested) -> None:
        """Note it; nothing follows any more."""
        self.set_repeat(event)
        self._drop_ahead()

    # What follows what

    def _follower(self, repeat: Repeat | None = None) -> int:
        """The song that comes by itself when this one has been heard; 0: none."""
        repeat = repeat or self.repeat
        return self.current if repeat is Repeat.ONE else next(iter(self._round(repeat)), 0)

    def _wanted(self) -> int:
        """The song that `next` means; 0: none."""
        return next(iter(self._round()), 0)

    def _follower_of_failed(self) -> int:
        if self.repeat is Repeat.ONE:
            return 0 if self.ahead == self.current else self.current
        songs = self.upcoming[1:] if self.ahead in self.upcoming[:1] else self.upcoming
        if songs or self.repeat is Repeat.OFF:
            return next(iter(songs), 0)
        return next((s for s in (*self.played, self.current) if s != self.ahead), 0)

    def _round(self, repeat: Repeat | None = None, failed: bool = False) -> tuple[int, ...]:
        """What is to come: the queue, or all of it once more. failed: without this song."""
        if self.upcoming or (repeat or self.repeat) is not Repeat.ALL:
            return self.upcoming
        return self.played if failed or not self.current else (*self.played, self.current)

    def _retire(self) -> None:
        """The current song is one of those that were played."""
        if self.current:
            self.played += (self.current,)
        self.current = self.ahead = 0

    def _leave(self, event: internal.SongOver) -> None:
        """Be done with the current song; one that has failed is left out of the round."""
        if not event.heard:
            self.current = 0
        self._retire()

    def _take_first(self) -> None:
        """What is queued first is the current song; with an empty queue the round begins anew."""
        if not self.upcoming:
            self.upcoming, self.played = self.played, ()
        self.current, *rest = self.upcoming
        self.upcoming = tuple(rest)

    def _play_first(self, asked: bool) -> None:
        self._take_first()
        self._play(self.current, asked)

    def _play(self, song_id: int, asked: bool = False) -> None:
        self.current = song_id
        self.record(internal.SongTurnCame(song_id, asked))

    def _ask_anew(self, event: on.Event) -> None:
        if self._follower() != self.ahead:
            self._drop_ahead()
            self.ask_ahead(event)

    def _drop_ahead(self) -> None:
        self.ahead = 0
        self.record(internal.AheadDropped())


def shuffled(songs: tuple[int, ...], seed: int) -> tuple[int, ...]:
    """The songs in an order that depends on nothing but the seed (Fisher-Yates, Knuth's MMIX)."""
    order = list(songs)
    for last in range(len(order) - 1, 0, -1):
        seed = (seed * 6364136223846793005 + 1442695040888963407) & _MASK
        other = (seed >> 33) % (last + 1)
        order[last], order[other] = order[other], order[last]
    return tuple(order)
