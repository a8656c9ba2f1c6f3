"""The player, as the machines see it: whether it plays the present song, waits, or may go on.

It knows nothing of samples or devices, and of a song only whether there is enough of it.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.effects import ClientEffect
from fsm.client.requests import Measure
from fsm.table import Row, Session, Table, each


class PlayerState(Enum):
    """What the player does."""

    SILENT = "it plays nothing"
    RUNNING = "it plays the present song"
    DRY = "it waits for more of the present song"
    QUEUED = "it plays the present song, and goes on into the next one by itself"


# fmt: off
SILENT, RUNNING, DRY, QUEUED = PlayerState

ALL = tuple(PlayerState)
STARTED = (RUNNING, DRY, QUEUED)
_SONG_ENDS = (on.PlayedOut, on.Undecodable, internal.SongSkipped)

PLAYER = Table("player", SILENT, [
    # There is enough to play
    Row(SILENT,  internal.SongReady,     RUNNING,                  then="start, seek_sought, tell_playing", rfc="2.5.2, playing 7"),
    Row(DRY,     internal.SongReady,     RUNNING, when="finished", then="refill",                           rfc="playing 1"),
    Row(DRY,     internal.SongReady,     RUNNING,                  then="refill, tell_playing_again",       rfc="playing 1"),
    Row(RUNNING, internal.SongReady,     RUNNING,                                                           rfc="playing 7"),
    Row(RUNNING, internal.NextSongReady, QUEUED,                   then="queue_next",                       rfc="playing 5"),
    # ... and not enough
    each((RUNNING, DRY), internal.SongShort, DRY,    rfc="playing 1"),
    Row(SILENT,          internal.SongShort, SILENT, rfc="playing 7"),
    # Another place in the song
    Row(SILENT,             internal.SeekWanted, SILENT,  then="seek_later, find_place", rfc="playing 7"),
    each((RUNNING, QUEUED), internal.SeekWanted,          then="seek",                   rfc="playing 7"),
    Row(DRY,                internal.SeekWanted, RUNNING, then="seek, say_moved",        rfc="playing 7"),
    # ... of which nothing is here: it is requested from there on
    each(STARTED, internal.PlaceWanted, DRY,                                           rfc="P10, playing 7"),
    Row(SILENT,   internal.PlaceWanted, SILENT, when="goes_back", then="forget_place", rfc="P10, playing 7"),
    Row(SILENT,   internal.PlaceWanted, SILENT,                                        rfc="P10, playing 7"),
    # The song is over: the player has gone on into the next one, or has stopped
    each((QUEUED,),  _SONG_ENDS,     RUNNING,                      rfc="playing 5"),
    each((RUNNING,), _SONG_ENDS,     SILENT,  then="forget_place", rfc="playing 10"),
    Row(DRY,         on.Undecodable, SILENT,  then="forget_place", rfc="playing 10"),
    # Another song is chosen, or none; the next one is not wanted any more
    each(ALL,    on.PlayRequested,                                                             SILENT,  when="begins_later", then="seek_start, find_place", rfc="2.2, playing 7"),
    each(ALL,    (on.PlayRequested, internal.SongTurnCame, on.StopRequested, on.OutputFailed), SILENT,                       then="forget_place",           rfc="2.2"),
    Row(RUNNING, internal.NextSongDropped,                                                     RUNNING,                                                     rfc="playing 5"),
    Row(QUEUED,  internal.NextSongDropped,                                                     RUNNING,                                                     rfc="playing 5"),
])
# fmt: on


class PlayerSession(Session[ClientEffect | on.Event]):
    """The one player that all songs use."""

    __slots__ = ("sought",)
    table = PLAYER
    says = (internal.PlayerMoved,)

    def __init__(self) -> None:
        super().__init__()
        self.sought: tuple[internal.SeekWanted, ...] = ()
        """Where to begin, once there is enough to play: a place, and perhaps how far from it."""

    # Guards

    def finished(self, event: internal.SongReady) -> bool:
        """Nothing more of the song will come."""
        return event.finished

    def begins_later(self, event: on.PlayRequested) -> bool:
        """A person wants the song from another place on than its start."""
        return event.start_s > 0

    def goes_back(self, event: internal.PlaceWanted) -> bool:
        """The song ends before the place at which it was to begin."""
        return event.back

    # Effects

    def start(self, event: on.Event) -> None:
        """Play the MAD buffer (RFC 2.5.2)."""
        self.record(do.StartPlayer())

    def refill(self, event: on.Event) -> None:
        """Let the player that waits go on."""
        self.record(do.RefillPlayer())

    def queue_next(self, event: on.Event) -> None:
        """Let the player go on into the next song by itself."""
        self.record(do.QueueNextSong())

    def seek(self, event: internal.SeekWanted) -> None:
        """Let the player go on at another place."""
        self.record(do.SeekPlayer(event.amount, event.measure))

    def seek_later(self, event: internal.SeekWanted) -> None:
        """Keep the place, to begin there; one that is counted from here counts from the last."""
        first, *more = self.sought or (internal.SeekWanted(0.0, Measure.FROM_START),)
        if event.measure is not Measure.FROM_HERE:
            self.sought = (event,)
        elif first.measure is Measure.FROM_START:
            seconds = max(0.0, first.amount + event.amount)
            self.sought = (internal.SeekWanted(seconds, Measure.FROM_START),)
        else:
            seconds = sum((each.amount for each in more), event.amount)
            self.sought = (first, internal.SeekWanted(seconds, Measure.FROM_HERE))

    def seek_start(self, event: on.PlayRequested) -> None:
        """Keep the place at which the song is to begin."""
        self.sought = (internal.SeekWanted(event.start_s, Measure.FROM_START),)

    def find_place(self, event: on.Event) -> None:
        """Have the place found that is kept, before there is enough to play."""
        place = self.sought[0]
        self.record(do.FindPlace(place.amount, place.measure))

    def seek_sought(self, event: on.Event) -> None:
        """Let the player begin at the place that was kept, if one was."""
        self.record(*(do.SeekPlayer(each.amount, each.measure) for each in self.sought))

    def forget_place(self, event: on.Event) -> None:
        """Begin the next song at its start."""
        self.sought = ()

    def say_moved(self, event: on.Event) -> None:
        """Say that the player plays on from another place."""
        self.record(internal.PlayerMoved())

    def tell_playing(self, event: internal.SongReady) -> None:
        """Tell that the song is played."""
        self.record(do.Tell(do.Report.SONG_PLAYING, event.song_id))

    def tell_playing_again(self, event: internal.SongReady) -> None:
        """Tell that the song goes on after an underrun."""
        self.record(do.Tell(do.Report.PLAYING_AGAIN, event.song_id))
