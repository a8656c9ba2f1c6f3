"""Keeps what the machines went through, so that `why` can say why the client is silent.

It observes every step of every machine, records the facts that a person would name, and counts
audio that came too late. It changes nothing in the machines.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cli.playing.chosen import Chosen
from cli.words.clock import clock
from cli.words.formatters.plain import FIRST_STEPS, NO_AUDIO, name
from cli.words.moment import Activity, SongName, Status
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests
from fsm.client.events import Event, ListedSong
from fsm.client.machines import NEXT_SONG, PLAYER, SONG
from fsm.client.player import DRY, RUNNING, SILENT
from fsm.client.song.table import REQUESTED, SOUGHT, UNWANTED
from fsm.client.transport import PAUSED
from fsm.table import Step

KEPT_FACTS = 100
SHOWN_FACTS = 6

_NOT_ARRIVING = (UNWANTED, REQUESTED)


@dataclass(slots=True)
class Fact:
    """Something that happened. text: in words, with {song} in place of the song it is about."""

    at: datetime
    recorded_s: float
    text: str
    song: SongName | None = None
    """As it was called then."""
    silences: bool = False
    """The client is silent after this."""
    times: int = 1
    """How often it happened in a row; `at` is the time of the last."""
    late_msgs: int = 0
    last_late_s: float = 0.0


class Journal:
    """The last facts about one client, and the answer to `why`.

    wall, monotonic: the clocks, for tests.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = datetime.now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self.chosen = Chosen()
        self._facts: deque[Fact] = deque(maxlen=KEPT_FACTS)
        self._latest: Event | None = None
        self._song: Enum = UNWANTED
        self._song_id: int | None = None
        self._next_id: int | None = None
        self._requested_s = 0.0
        self._msgs = 0

    def __repr__(self) -> str:
        return f"<Journal {self._song.name} song={self._song_id} facts={len(self._facts)}>"

    def observe(self, step: Step) -> None:
        """Observe one step (an `Observer`). Cost: a few comparisons for an audio message."""
        self.chosen.observe(step)
        event = step.event
        if isinstance(event, on.AudioReceived):
            if self._song in _NOT_ARRIVING and event.data:
                self._count_late_msg()
            return
        if step.machine == SONG:
            self._song = step.after
            self._msgs += isinstance(event, internal.SongAudio)
        elif step.machine == PLAYER and step.after is RUNNING:
            if step.before is SILENT:
                self._record_start()
            elif step.before is DRY:
                self._add("there was enough again, and it went on")
        if event is self._latest:
            return  # several machines receive it
        self._latest = event
        self._record(event, step.after, changed=step.before is not step.after)

    def note_refused_frames(self, seconds: float) -> None:
        """Record that parts of the song were silent because they could not be decoded."""
        self._add(f"{seconds:.1f} s of {{song}} could not be decoded, and were silent")

    def why(self, status: Status, songs: Sequence[ListedSong] = ()) -> list[str]:
        """Say why the client is silent, or that it is not, and what happened last, and when."""
        shown = list(self._facts)[-SHOWN_FACTS:]
        return [
            f"{self._reason(status, songs)}.",
            *(f"{fact.at:%H:%M:%S}  {_describe(fact, songs)}" for fact in shown),
        ]

    def _reason(self, status: Status, songs: Sequence[ListedSong]) -> str:
        lost = "" if status.online else "; there is no connection to the server"
        match status.activity:
            case Activity.STOPPED:
                silenced = next((f for f in reversed(self._facts) if f.silences), None)
                if silenced is None:
                    return f"Nothing has been asked for yet: {FIRST_STEPS}{lost}"
                return f"Silent: {_describe(silenced, songs, timed=True)}{lost}"
            case Activity.PAUSED:
                return f"Paused at {clock(status.position_s)}: resume, or Space, goes on{lost}"
            case Activity.PLAYING if status.volume == 0:
                return f"It plays, but the volume is 0: volume 80 makes it heard{lost}"
            case Activity.PLAYING:
                place = f"at {clock(status.position_s)}, volume {status.volume} %"
                device = f", to {status.device}" if status.device else ""
                return f"It plays, {place}{device}{lost}"
            case Activity.REQUESTED:
                return f"The server has not yet sent anything of the song that was asked for{lost}"
            case _:
                return f"{_waiting_reason(status)}{lost}"

    def _record(self, event: Event, state: Enum, changed: bool) -> None:
        match event:
            case on.PlayRequested(song_id):
                self._begin_song(song_id)
                self._add("you asked for {song}", silences=True)
            case internal.SongTurnCame(song_id, asked):
                self._begin_song(song_id)
                self._add("you asked for {song}" if asked else "it was the turn of {song}", asked)
            case internal.NextSongKnown(song_id):
                self._next_id = song_id
            case internal.SongBegan() if self._song is not UNWANTED:
                self._begin_song(self._next_id)
                self._add("{song} followed")
            case internal.SongsRenumbered():
                self._song_id, self._next_id = (
                    None if song_id is None else event.known.get(song_id, song_id)
                    for song_id in (self._song_id, self._next_id)
                )
            case on.StopRequested() if changed:
                self._add("STOP", silences=True)
            case requests.PauseRequested() if changed:
                self._add("you paused")
            case requests.SeekRequested() if self._song is not UNWANTED:
                self._add("you went to another place in {song}")
            case requests.ResumeRequested() if changed:
                self._add("you went on")
            case requests.ToggleRequested() if changed:
                self._add("you paused" if state is PAUSED else "you went on")
            case on.SleepDue() if changed:
                self._add("it was time to sleep")
            case on.BufferRanDry() if changed:
                self._add("the buffer ran dry: audio came more slowly than it was played")
            case on.PlayedOut():
                self._add("{song} ended", silences=True)
            case internal.SongRefused() if state is SOUGHT:
                self._add("{song} ends before that place, and goes on where it was")
            case internal.SongRefused():
                self._record_failure("the server does not have {song} (404)", of_next=not changed)
            case internal.SongLost(reason):
                text = f"the rest of {{song}} did not come: {_without_braces(reason)}"
                self._record_failure(text, of_next=not changed)
            case internal.SongCompleted() | internal.SongEndedThere() if (
                changed and self._song is UNWANTED
            ):
                self._add(f"{NO_AUDIO} of {{song}}", silences=True)
            case on.Undecodable(reason):
                self._add(
                    f"{{song}} could not be decoded: {_without_braces(reason)}", silences=True
                )
            case on.BufferFull(reason):
                self._add(f"there was no room for the rest of {{song}}: {_without_braces(reason)}")
            case on.NextBufferFull(reason):
                text = f"there was no room for {{song}}: {_without_braces(reason)}"
                self._record_failure(text, of_next=True)
            case on.OutputFailed(reason) | on.DeviceLost(reason):
                self._add(_without_braces(reason), silences=True)
            case on.ConnectionLost(reason):
                self._add(f"the connection was lost: {_without_braces(reason)}")
            case on.ConnectFailed(reason):
                self._add(f"there was no connection to be had: {_without_braces(reason)}")
            case on.Connected():
                self._add("connected")

    def _begin_song(self, song_id: int | None) -> None:
        self._song_id = song_id
        self._requested_s = self._monotonic()
        self._msgs = 0

    def _record_start(self) -> None:
        waited_s = self._monotonic() - self._requested_s
        self._add(f"{{song}} began {waited_s:.1f} s later, with {self._msgs} messages here")

    def _record_failure(self, text: str, of_next: bool) -> None:
        """Record that a song will not come. of_next: the present one plays on."""
        if of_next:
            self._add(text, song_id=self._next_id)
        else:
            self._add(text, silences=True)

    def _add(self, text: str, silences: bool = False, song_id: int | None = None) -> None:
        song_id = self._song_id if song_id is None else song_id
        song = self.chosen.name_of(song_id, SONG if song_id == self._song_id else NEXT_SONG)
        fact = Fact(self._wall(), self._monotonic(), text, song, silences)
        latest = self._facts[-1] if self._facts else fact
        if latest is not fact and (latest.text, latest.song) == (text, song):
            fact.times += self._facts.pop().times
        self._facts.append(fact)

    def _count_late_msg(self) -> None:
        """Count a message of a song that was stopped: the server had sent it before (RFC 2.6.1)."""
        for fact in reversed(self._facts):
            if fact.silences:
                fact.late_msgs += 1
                fact.last_late_s = self._monotonic()
                return


def _describe(fact: Fact, songs: Sequence[ListedSong], timed: bool = False) -> str:
    song = fact.song
    if song is not None and song.title is None:  # it was chosen before there was a list
        song = SongName(song.song_id, next((s.title for s in songs if s.song_id == song[0]), None))
    text = fact.text.replace("{song}", name(song))
    if timed:
        text += f" at {fact.at:%H:%M:%S}"
    if fact.times > 1:
        text += f" ({fact.times} times)"
    if fact.late_msgs:
        late_ms = 1000 * (fact.last_late_s - fact.recorded_s)
        plural = "" if fact.late_msgs == 1 else "s"
        text += f"; {fact.late_msgs} late message{plural} dropped in {late_ms:.0f} ms"
    return text


def _waiting_reason(status: Status) -> str:
    ran_dry = status.activity is Activity.STARVED
    why = "The buffer ran dry: audio comes too slowly" if ran_dry else "It waits for enough audio"
    soon = "" if status.starts_in_s is None else f", about {status.starts_in_s:.1f} s more"
    return f"{why}; {status.buffered_msgs} of {status.needed_msgs} messages are here{soon}"


def _without_braces(reason: str) -> str:
    return (reason or "no reason was given").replace("{", "(").replace("}", ")")
