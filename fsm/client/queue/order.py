"""What was, is and will be played, as song IDs, and what follows what.

It knows no event: which of them changes the order, and when, is in table.py and session.py.
"""

from __future__ import annotations

from fsm.client import events as on
from fsm.client.effects import ClientEffect
from fsm.client.queue.edits import MAX_CHANGES, Change, Queued, mapped, without_first
from fsm.client.queue.gone import GONE
from fsm.client.requests import Repeat
from fsm.table import Session


class QueueOrder(Session[ClientEffect | on.Event]):
    """The order of songs. max_changes: so many changes of what is queued can be taken back."""

    __slots__ = (
        "ahead", "changes", "current", "is_last", "max_changes", "played", "repeat", "upcoming",
    )  # fmt: skip

    def __init__(self, max_changes: int = MAX_CHANGES) -> None:
        super().__init__()
        self.max_changes = max_changes
        self.played: tuple[int, ...] = ()
        """What has been played, oldest first."""
        self.current: int | None = None
        """The song that is played."""
        self.upcoming: tuple[int, ...] = ()
        """What is queued; a song that has been requested ahead is still in it."""
        self.ahead: int | None = None
        """The song that has been requested ahead."""
        self.changes: tuple[Change, ...] = ()
        """The changes of what is queued that can be taken back, the last one at the end."""
        self.repeat = Repeat.OFF
        self.is_last = False
        """A person wants to sleep after the present song: nothing follows it by itself."""

    def _follower(self, repeat: Repeat, queued: Queued) -> int | None:
        """The song that comes by itself when this one has been heard, if it is not the last."""
        return None if self.is_last else self._next_by_itself(repeat, queued)

    def _next_by_itself(self, repeat: Repeat, queued: Queued) -> int | None:
        """The song that comes by itself while nobody wants to sleep."""
        if repeat is Repeat.ONE and self.current != GONE:
            return self.current
        played = self._with_current(queued.played)
        return next(iter(self._round(repeat, queued.upcoming, played)), None)

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
        if self._ahead_in_queue():
            return self.upcoming[1:], self.played
        return self.upcoming, tuple(song_id for song_id in self.played if song_id != self.ahead)

    def _ahead_in_queue(self) -> int:
        """1 if the song that was requested ahead is the first that is queued, else 0."""
        return int(self.ahead in self.upcoming[:1])

    def _queued(self) -> Queued:
        return Queued(self.upcoming, self.played, self.changes, self._ahead_in_queue())

    def _leave_out_queued(self, song_id: int | None) -> None:
        """Take the first that is queued out: it is played, whatever is taken back later."""
        self.upcoming = self.upcoming[1:]
        self.changes = mapped(self.changes, lambda upcoming: without_first(upcoming, song_id))

    def _begin_round(self) -> None:
        """Queue all that was played once more, whatever is taken back later."""
        again = self.played
        self.upcoming, self.played = again, ()
        self.changes = mapped(self.changes, lambda upcoming: upcoming + again)
