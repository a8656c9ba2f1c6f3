"""The client's queue: which song was played before this one, and which comes after it.

It knows song IDs and their order, and when a song is over; it knows nothing of how one arrives or
sounds. What it wants played it requests in the same way as a person does. Its rows are in
table.py, what follows what is in order.py, and what a person can do to what is queued in edits.py.
"""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.queue import edits
from fsm.client.queue.edits import Queued, Undo, mapped, without_first
from fsm.client.queue.gone import GONE, NewIds, here, left, without_gone
from fsm.client.queue.order import QueueOrder
from fsm.client.queue.table import QUEUE
from fsm.client.requests import Measure, Repeat

_NAMED = 3
"""So many of the songs that are gone are told by name."""


class QueueSession(QueueOrder):
    """What was, is and will be played, as song IDs."""

    __slots__ = ()
    table = QUEUE
    says = (
        on.CommandAnswered,
        ask.EditRequested,
        internal.SongTurnCame,
        internal.NextSongKnown,
        internal.NextSongDropped,
        internal.SongSkipped,
        internal.SeekWanted,
        internal.NothingFollows,
    )

    # Guards

    def repeats_one(self, event: on.Event) -> bool:
        """The same song is played again and again."""
        return self.repeat is Repeat.ONE and self.current != GONE

    def is_last_song(self, event: on.Event) -> bool:
        """A person wants to sleep after this song."""
        return self.is_last

    def one_follows_awake(self, event: on.Event) -> bool:
        """A song comes after this one by itself, once nobody wants to sleep."""
        return self._next_by_itself(self.repeat, self._queued()) is not None

    def one_follows(self, event: on.Event) -> bool:
        """A song comes after this one by itself."""
        return self._follower(self.repeat, self._queued()) is not None

    def one_will_follow(self, event: ask.RepeatRequested) -> bool:
        """A song comes after this one by itself, with what is asked for."""
        return self._follower(event.repeat, self._queued()) is not None

    def ahead_will_follow(self, event: ask.RepeatRequested) -> bool:
        """The song that was requested ahead still comes after this one."""
        return self._follower(event.repeat, self._queued()) == self.ahead

    def lacks_position(self, event: ask.EditRequested) -> bool:
        """The queue is not as long as the edit takes it to be."""
        return bool(event.edit.missing(self._queued()))

    def lacks_songs(self, event: ask.EditRequested) -> bool:
        """There is no song to put into the queue, or into another order."""
        return event.edit.is_empty(self._queued())

    def edit_starts(self, event: ask.EditRequested) -> bool:
        """The person wants to hear what is queued now."""
        return event.edit.starts(self._queued())

    def one_follows_edit(self, event: ask.EditRequested) -> bool:
        """A song comes after this one by itself, with what is queued then."""
        return self._follower(self.repeat, self._edited(event)) is not None

    def another_follows_edit(self, event: ask.EditRequested) -> bool:
        """A song comes after this one that did not: one that has failed is not asked for again."""
        follower = self._follower(self.repeat, self._edited(event))
        return follower not in (None, self._follower(self.repeat, self._queued()))

    def ahead_follows_edit(self, event: ask.EditRequested) -> bool:
        """The song that was requested ahead still comes after this one."""
        return self._follower(self.repeat, self._edited(event)) == self.ahead

    def changed(self, event: on.Event) -> bool:
        """A change of what is queued can be taken back."""
        return edits.last_change(self._queued()) is not None

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
            self._begin_round()
        self.current = self.upcoming[0]
        self._leave_out_queued(self.current)

    def take_ahead(self, event: on.Event) -> None:
        """Take the song that was requested ahead."""
        self.current, self.ahead = self.ahead, None
        if not self.upcoming and self.played[:1] == (self.current,):
            self._begin_round()
        if self.upcoming[:1] == (self.current,):
            self._leave_out_queued(self.current)

    def take_previous(self, event: on.Event) -> None:
        """Take the song before this one; this one comes after it again."""
        *played, song_id = self.played
        first = self._with_current(())
        self.upcoming = (*first, *without_gone(self.upcoming))
        self.changes = mapped(self.changes, lambda upcoming: first + upcoming)
        self.played = tuple(played)
        self.current, self.ahead = song_id, None

    # Effects: which song is requested ahead

    def ask_ahead(self, event: on.Event) -> None:
        """Request the song that follows, to be there when this one has been heard."""
        self.ahead = self._follower(self.repeat, self._queued())
        assert self.ahead is not None, "a song follows"
        self.record(internal.NextSongKnown(self.ahead))

    def drop_ahead(self, event: on.Event) -> None:
        """Want the song no more that was requested ahead."""
        self.ahead, self.upcoming = None, without_gone(self.upcoming)
        self.record(internal.NextSongDropped())

    def forget_ahead(self, event: on.Event) -> None:
        """Want nothing ahead; what was requested is what plays now, or is dropped by the others."""
        self.ahead, self.upcoming = None, without_gone(self.upcoming)

    def leave_out_ahead(self, event: on.Event) -> None:
        """Leave out the song that was requested ahead: it will not come."""
        failed = self.ahead
        self.upcoming, self.played = self._without_ahead()
        self.changes = mapped(self.changes, lambda upcoming: without_first(upcoming, failed))
        self.ahead = None

    # Effects: what is queued

    def edit(self, event: ask.EditRequested) -> None:
        """Change what is queued."""
        self.upcoming, self.played, self.changes, _ = self._edited(event)

    def set_repeat(self, event: ask.RepeatRequested) -> None:
        """Note what comes when the queue is empty."""
        self.repeat = event.repeat

    def set_last(self, event: on.Event) -> None:
        """Let nothing follow the present song."""
        self.is_last = True

    def end_last(self, event: on.Event) -> None:
        """Let songs follow each other again."""
        self.is_last = False

    def renumber(self, event: internal.SongsRenumbered) -> None:
        """Take the IDs that the songs have now, and leave out those that are gone.

        The song that plays and the one that has been requested ahead are here all the same.
        """
        new_ids: NewIds = {song_id: new_id for song_id, _, new_id in event.new_ids}
        first = self._ahead_in_queue()
        self.upcoming = here(self.upcoming[:first], new_ids) + left(self.upcoming[first:], new_ids)
        self.played = left(self.played, new_ids)
        self.changes = edits.renumbered(self.changes, new_ids)
        self.current, self.ahead = (
            None if song_id is None else here((song_id,), new_ids)[0]
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

    def say_undo(self, event: on.Event) -> None:
        """Have the last change of what is queued taken back."""
        self.record(ask.EditRequested(Undo()))

    def tell_no_position(self, event: ask.EditRequested) -> None:
        """Tell which position the queue lacks."""
        missing = event.edit.missing(self._queued())
        self.record(do.Tell(do.Report.NO_POSITION, detail=missing))

    def tell_taken_back(self, event: on.Event) -> None:
        """Tell which change is taken back."""
        last = edits.last_change(self._queued())
        assert last is not None, "a change can be taken back"
        self.record(do.Tell(do.Report.TAKEN_BACK, detail=last[1].what))

    def tell_nothing_to_undo(self, event: on.Event) -> None:
        """Tell that no change can be taken back."""
        self.record(do.Tell(do.Report.NOTHING_TO_UNDO))

    def tell_asleep(self, event: on.Event) -> None:
        """Tell that it is silent because a person wanted to sleep."""
        self.record(do.Tell(do.Report.ASLEEP, detail="next plays what is queued"))

    def tell_nothing_plays(self, event: on.Event) -> None:
        """Tell that there is no song to go on with."""
        self.record(do.Tell(do.Report.NOTHING_PLAYS))

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

    def _edited(self, event: ask.EditRequested) -> Queued:
        """What is queued after the edit."""
        return event.edit.apply(self._queued(), self.max_changes)

    def _gone(self, event: internal.SongsRenumbered) -> list[str]:
        """The titles of the songs that are queued, or were played, and are gone."""
        held = {*self.upcoming[self._ahead_in_queue() :], *self.played}
        return [
            title for song_id, title, new_id in event.new_ids if new_id is None and song_id in held
        ]
