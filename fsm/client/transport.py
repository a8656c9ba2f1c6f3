"""The client's transport: whether what is played is heard, and how loud.

It knows a pause, and a sound device that has gone; which song is played is not its business.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.effects import ClientEffect
from fsm.table import Row, Session, Table, each


class TransportState(Enum):
    """Whether the player may make sound."""

    IDLE = "nothing is played"
    RUNNING = "what is played is heard"
    PAUSED = "a person has paused: the player is silent and keeps its place"
    DEVICE_LOST = "the sound device has gone: the player is silent and keeps its place"


# fmt: off
IDLE, RUNNING, PAUSED, DEVICE_LOST = TransportState

_ALL = tuple(TransportState)
_AUDIBLE = (IDLE, RUNNING)
_SILENT = (PAUSED, DEVICE_LOST)
_NOTHING_PLAYS = (on.StopRequested, internal.NothingFollows, on.OutputFailed)

TRANSPORT = Table("transport", IDLE, [
    # A person's choice of a song ends a pause; a song whose turn it is does not.
    each(_AUDIBLE, on.PlayRequested,      RUNNING,                                  rfc="2.2"),
    each(_SILENT,  on.PlayRequested,      RUNNING,                   then="resume", rfc="playing 6"),
    each(_AUDIBLE, internal.SongTurnCame, RUNNING,                                  rfc="playing 2"),
    each(_SILENT,  internal.SongTurnCame, RUNNING, when="asked_for", then="resume", rfc="playing 6"),
    each(_SILENT,  internal.SongTurnCame,                                           rfc="playing 6"),
    Row(RUNNING,   internal.SongSkipped,  RUNNING,                                  rfc="playing 3"),
    each(_SILENT,  internal.SongSkipped,  RUNNING,                   then="resume", rfc="playing 6"),
    # Nothing is played any more
    each(_AUDIBLE, _NOTHING_PLAYS, IDLE,                rfc="2.2, playing 10"),
    each(_SILENT,  _NOTHING_PLAYS, IDLE, then="resume", rfc="playing 6"),
    # pause and resume
    Row(IDLE,     ask.PauseRequested,  IDLE,    then="tell_nothing_plays", rfc="playing 6"),
    Row(RUNNING,  ask.PauseRequested,  PAUSED,  then="pause",              rfc="playing 6"),
    each(_SILENT, ask.PauseRequested,                                      rfc="playing 6"),
    Row(IDLE,     ask.ResumeRequested, IDLE,                               rfc="playing 6"),
    Row(RUNNING,  ask.ResumeRequested, RUNNING,                            rfc="playing 6"),
    each(_SILENT, ask.ResumeRequested, RUNNING, then="resume",             rfc="playing 6"),
    Row(IDLE,     ask.ToggleRequested, IDLE,                               rfc="playing 6"),
    Row(RUNNING,  ask.ToggleRequested, PAUSED,  then="pause",              rfc="playing 6"),
    each(_SILENT, ask.ToggleRequested, RUNNING, then="resume",             rfc="playing 6"),
    # The device goes away; a song that has ended meanwhile leaves no silence behind
    Row(IDLE,                 on.DeviceLost, IDLE,        then="resume",                            rfc="playing 6"),
    each((RUNNING, *_SILENT), on.DeviceLost, DEVICE_LOST, then="pause, tell_device_lost, end_wait", rfc="playing 6"),
    # Sleep: a pause that comes by itself, and ends a wait, because nobody is there to end it
    each(_ALL,                ask.SleepRequested,                  then="start_sleep",                  rfc="playing 13"),
    each(_ALL,                ask.StayAwakeRequested,              then="cancel_sleep",                 rfc="playing 13"),
    Row(IDLE,                 ask.SleepAfterSongRequested, IDLE,   then="tell_nothing_plays",           rfc="playing 13"),
    each((RUNNING, *_SILENT), ask.SleepAfterSongRequested,         then="cancel_sleep",                 rfc="playing 13"),
    Row(RUNNING,              on.SleepDue,                 PAUSED, then="pause, tell_asleep, end_wait", rfc="playing 13"),
    each((IDLE, *_SILENT),    on.SleepDue,                                                              rfc="playing 13"),
    # A wait for the end of what is silent would have no end
    each(_AUDIBLE, on.WaitRequested,                       rfc="playing 11"),
    each(_SILENT,  on.WaitRequested,    then="end_wait",   rfc="playing 11"),
    each(_ALL,     ask.VolumeRequested, then="set_volume", rfc="playing 8"),
    each(_ALL,     ask.GainRequested,   then="set_gain",   rfc="playing 8"),
])
# fmt: on


class TransportSession(Session[ClientEffect | on.Event]):
    """The player, as a person drives it. volume: 0 to 100."""

    __slots__ = ("gain", "volume")
    table = TRANSPORT
    says = (on.CommandAnswered,)

    def __init__(self) -> None:
        super().__init__()
        self.volume = 100
        self.gain = ask.Gain.OFF

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
        """Tell that there is no song to pause."""
        self.record(do.Tell(do.Report.NOTHING_PLAYS))

    def tell_device_lost(self, event: on.DeviceLost) -> None:
        """Tell that the device has gone, and why."""
        self.record(do.Tell(do.Report.DEVICE_LOST, detail=event.reason))

    def start_sleep(self, event: ask.SleepRequested) -> None:
        """Expect to be silent after this time."""
        self.record(do.StartTimer(on.SleepDue(), event.delay_s))

    def cancel_sleep(self, event: on.Event) -> None:
        """Expect no time to be silent any more."""
        self.record(do.CancelTimer(on.SleepDue))

    def tell_asleep(self, event: on.Event) -> None:
        """Tell that it has paused by itself."""
        self.record(do.Tell(do.Report.ASLEEP, detail="paused, resume goes on"))

    def end_wait(self, event: on.Event) -> None:
        """Free the prompt: a script that waits for the end of a silent song would wait for ever."""
        self.record(on.CommandAnswered(on.Command.WAIT))

    def set_volume(self, event: ask.VolumeRequested) -> None:
        """Let the player be as loud, and keep how loud that is."""
        self.volume = min(100, max(0, event.percent))
        self.record(do.SetVolume(self.volume))

    def set_gain(self, event: ask.GainRequested) -> None:
        """Let the player apply that gain, and keep which one it is."""
        self.gain = event.gain
        self.record(do.SetGain(event.gain))
