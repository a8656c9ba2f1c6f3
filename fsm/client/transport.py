"""The client's transport: whether what is played is heard, and how loud.

It knows a pause, and a sound device that has gone; which song is played is not its business.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.table import Row, Session, Table, each


class TransportState(Enum):
    """Whether the player may make sound."""

    IDLE = "nothing is played"
    RUNNING = "what is played is heard"
    PAUSED = "a person has paused: the player is silent and keeps its place"
    DEVICE_LOST = "the sound device has gone: the player is silent and keeps its place"


IDLE, RUNNING, PAUSED, DEVICE_LOST = TransportState

_ALL = tuple(TransportState)
_SILENT = (PAUSED, DEVICE_LOST)

TRANSPORT = Table(
    "transport",
    IDLE,
    [
        # A person's choice of a song ends a pause; a song whose turn it is does not.
        each((IDLE, RUNNING), on.PlayRequested, RUNNING, rfc="2.2"),
        each(_SILENT, on.PlayRequested, RUNNING, effect="resume", rfc="2.2"),
        each((IDLE, RUNNING), internal.SongTurnCame, RUNNING, rfc="2.2"),
        each(
            _SILENT, internal.SongTurnCame, RUNNING, guard="asked_for", effect="resume", rfc="2.2"
        ),
        each(_SILENT, internal.SongTurnCame, rfc="2.2"),
        Row(RUNNING, internal.SongSkipped, RUNNING, rfc="2.2"),
        each(_SILENT, internal.SongSkipped, RUNNING, effect="resume", rfc="2.2"),
        # Nothing is played any more
        *(
            rows
            for event in (on.StopRequested, internal.NothingFollows, on.OutputFailed)
            for rows in (
                each((IDLE, RUNNING), event, IDLE, rfc="2.2"),
                each(_SILENT, event, IDLE, effect="resume", rfc="2.2"),
            )
        ),
        # pause and resume
        Row(IDLE, ask.PauseRequested, IDLE, effect="tell_nothing_plays", rfc="2.5.2"),
        Row(RUNNING, ask.PauseRequested, PAUSED, effect="pause", rfc="2.5.2"),
        each(_SILENT, ask.PauseRequested, rfc="2.5.2"),
        Row(IDLE, ask.ResumeRequested, IDLE, effect="tell_nothing_plays", rfc="2.5.2"),
        Row(RUNNING, ask.ResumeRequested, RUNNING, rfc="2.5.2"),
        each(_SILENT, ask.ResumeRequested, RUNNING, effect="resume", rfc="2.5.2"),
        # The device goes away; a song that has ended meanwhile leaves no silence behind
        Row(IDLE, on.DeviceLost, IDLE, effect="resume", rfc="2.5.2"),
        each((RUNNING, *_SILENT), on.DeviceLost, DEVICE_LOST, effect="lose_device", rfc="2.5.2"),
        # A wait for the end of what is silent would have no end
        each((IDLE, RUNNING), on.WaitRequested, rfc="2.5.2"),
        each(_SILENT, on.WaitRequested, effect="end_wait", rfc="2.5.2"),
        each(_ALL, ask.VolumeRequested, effect="set_volume", rfc="2.5.2"),
    ],
)


class TransportSession(Session):
    """The player, as a person drives it. volume: 0 to 100."""

    __slots__ = ("volume",)
    table = TRANSPORT

    def __init__(self) -> None:
        super().__init__()
        self.volume = 100

    # Guards

    def asked_for(self, event: internal.SongTurnCame) -> bool:
        """A person wants this song now."""
        return event.asked

    # Effects

    def pause(self, event: on.Event) -> None:
        """Be silent and keep the place."""
        self.record(do.PausePlayer())

    def resume(self, event: on.Event) -> None:
        """Let sound be heard again."""
        self.record(do.ResumePlayer())

    def tell_nothing_plays(self, event: on.Event) -> None:
        """There is no song to pause."""
        self.record(do.Tell(do.Report.NOTHING_PLAYS))

    def lose_device(self, event: on.DeviceLost) -> None:
        """Be silent, also if that was taken back in the meantime; a script would wait for ever."""
        self.record(do.PausePlayer(), do.Tell(do.Report.DEVICE_LOST, detail=event.reason))
        self.end_wait(event)

    def end_wait(self, event: on.Event) -> None:
        """There is nothing to wait for."""
        self.record(on.CommandAnswered(on.Command.WAIT))

    def set_volume(self, event: ask.VolumeRequested) -> None:
        """Note it, and let the player be as loud."""
        self.volume = min(100, max(0, event.percent))
        self.record(do.SetVolume(self.volume))
