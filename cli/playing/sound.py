"""The client's sound: the MAD buffers and the player, driven by effects, heard from as events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from audio import AudioBuffer, FrameIndex, Output, Player
from audio import reports as heard
from fsm.client import effects as do
from fsm.client import events as on
from fsm.client.effects import Effect
from fsm.client.events import Event
from fsm.client.requests import Measure

_INDEX_STEP_BYTES = 16 * 1024


@dataclass(eq=False, slots=True)
class Song:
    """A song's buffer, where its frames begin, and its number for the player."""

    tag: int
    buffer: AudioBuffer = field(default_factory=AudioBuffer)
    index: FrameIndex = field(init=False)
    indexed_bytes: int = 0
    seeks: int = 0
    failed: on.OutputFailed | None = None
    """There was no room for the rest of it: what is here can still be heard."""

    def __post_init__(self) -> None:
        self.index = FrameIndex(self.buffer)

    def append(self, data: bytes) -> None:
        """Add to the buffer; now and then, more often at the start, look where the frames begin.

        Raises OSError: there is no room for it.
        """
        if self.failed:
            return
        self.buffer.append(data)
        new_bytes = self.buffer.received_bytes - self.indexed_bytes
        if self.index.header is None or new_bytes >= _INDEX_STEP_BYTES + self.indexed_bytes // 8:
            self.take_in()

    def finish(self) -> None:
        """All of it is here."""
        self.buffer.finish()
        self.take_in()

    def take_in(self) -> None:
        """Look where the frames begin that have arrived since."""
        self.index.extend()
        self.indexed_bytes = self.buffer.received_bytes


class Sound:
    """The present song, and the one that has been asked for ahead; one player for all of them.

    deliver: called with each event from the event loop's thread. Reports about a song that was
    dropped meanwhile are not delivered: they carry the number of the song they are about.
    """

    def __init__(self, output: Output, deliver: Callable[[Event], None]) -> None:
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._tags = 0
        self._song = self._new_song()
        self._next: Song | None = None
        self._output = output
        self._player = Player(output, self._report)

    # What is heard

    @property
    def position_s(self) -> float:
        """How far into the present song the listener is."""
        return self._player.position_s(self._song.tag)

    @property
    def index(self) -> FrameIndex:
        """Of the present song: how long it is, and its bit rate."""
        return self._song.index

    @property
    def arriving(self) -> FrameIndex:
        """Of the song that arrives: the next one, or else the present one."""
        return (self._next or self._song).index

    @property
    def device(self) -> str:
        """The name of the sound device; empty where there is none."""
        return self._output.name

    def perform(self, effect: Effect) -> None:
        """Carry out one of the effects on buffers and player (RFC 2.2, 2.5.2)."""
        match effect:
            case do.AppendAudio(data):
                self._append(self._song, data)
            case do.AppendNextAudio(data):
                self._append(self._next_song(), data)
            case do.FinishBuffer():
                self._song.finish()
            case do.FinishNextBuffer():
                self._next_song().finish()
            case do.DropBuffer():
                self._drop()
            case do.DropNextBuffer():
                self._drop_next()
            case do.LeaveSong():
                self._leave()
            case do.SkipSong():
                self._player.skip(self._song.tag)
                self._leave()
            case do.StartPlayer():
                self._player.play(self._song.buffer, self._song.tag, self._song.index)
            case do.QueueNextSong():
                song = self._next_song()
                self._player.queue_next(song.buffer, song.tag, song.index)
            case do.RefillPlayer():
                self._player.refilled()
            case do.PausePlayer():
                self._player.pause()
            case do.ResumePlayer():
                self._player.resume()
            case do.SeekPlayer(amount, measure):
                self._seek(amount, measure)
            case do.SetVolume(percent):
                self._player.set_volume(percent)

    def close(self) -> None:
        """Fall silent and give the device back."""
        for song in filter(None, (self._song, self._next)):
            song.buffer.discard()
        self._player.close()

    def _new_song(self) -> Song:
        self._tags += 1
        return Song(self._tags)

    def _next_song(self) -> Song:
        if self._next is None:
            self._next = self._new_song()
        return self._next

    def _append(self, song: Song, data: bytes) -> None:
        try:
            song.append(data)
        except OSError as error:
            song.failed = on.OutputFailed(str(error))
            self._deliver_failure(song)

    def _deliver_failure(self, song: Song) -> None:
        """Of the next song only when it is the present one."""
        if song.failed:
            self._loop.call_soon(self._deliver_for, song.tag, song.failed)

    def _drop(self) -> None:
        self._player.stop()
        self._drop_next()
        self._song.buffer.discard()
        self._song = self._new_song()

    def _drop_next(self) -> None:
        if self._next is not None:
            self._player.drop(self._next.tag)
            self._next.buffer.discard()
            self._next = None

    def _leave(self) -> None:
        """The next song takes the present one's place; the player has gone on into it."""
        self._song.buffer.discard()
        self._song, self._next = self._next or self._new_song(), None
        self._deliver_failure(self._song)

    def _seek(self, amount: float, measure: Measure) -> None:
        song = self._song
        song.take_in()
        match measure:
            case Measure.FROM_START:
                seconds = amount
            case Measure.FROM_HERE:
                seconds = self.position_s + amount
            case Measure.FRACTION:
                seconds = (song.index.duration_s or 0.0) * amount
        song.seeks += 1
        self._player.seek(song.tag, max(0.0, seconds))

    def _report(self, report: heard.Report) -> None:
        """Called in the player's thread."""
        event: Event
        seeks: int | None = None
        match report:
            case heard.RanDry():
                event, seeks = on.BufferRanDry(), report.seeks
            case heard.PlaceNotHere():
                event, seeks = on.PlaceNotHere(report.needed_bytes), report.seeks
            case heard.PlayedOut():
                event = on.PlayedOut()
            case heard.Undecodable(_, reason):
                event = on.Undecodable(reason)
            case heard.OutputFailed(_, reason):
                event = on.OutputFailed(reason)
            case heard.DeviceLost(_, reason):
                event = on.DeviceLost(reason)
            case _:
                assert_never(report)
        self._loop.call_soon_threadsafe(self._deliver_for, report.tag, event, seeks)

    def _deliver_for(self, tag: int, event: Event, seeks: int | None = None) -> None:
        """Deliver it, unless the song has gone or has been sought in since.

        A device that has gone is no song's business, and has silenced the player for all of them.
        """
        current = tag == self._song.tag and seeks in (None, self._song.seeks)
        if current or isinstance(event, on.DeviceLost):
            self._deliver(event)
