"""The client's sound: performs effects on buffers and player, and delivers reports as events.

It decides nothing: which song plays, and when, is said by the effects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from audio import AudioBuffer, FrameIndex, GainMode, Loudness, Output, Player, reports
from audio.buffer import MAX_BYTES as MAX_BYTES
from fsm.client import effects as do
from fsm.client import events as on
from fsm.client.effects import Buffer, SoundEffect
from fsm.client.events import Event
from fsm.client.requests import Measure

_INDEX_STEP_BYTES = 16 * 1024
_BEGINNING_S = 3.0
"""So long as less of a song can be decoded, its index is extended with each message."""

_STEPS_BEFORE_SEEK = 16
"""A seek to a fraction needs all that has arrived in the index: 16 MiB more, in 20 ms."""


@dataclass(eq=False, slots=True)
class Song:
    """A song's buffer and the index of its frames. tag: names the song to the player."""

    tag: int
    buffer: AudioBuffer = field(default_factory=AudioBuffer)
    index: FrameIndex = field(init=False)
    indexed_bytes: int = 0
    seeks: int = 0
    catching_up: bool = False
    """The index is going to be extended as soon as the event loop is free."""
    full: bool = False
    """There was no room for some of it: nothing is appended behind a gap."""

    def __post_init__(self) -> None:
        self.index = FrameIndex(self.buffer)

    def __repr__(self) -> str:
        return f"<Song {self.tag} received_bytes={self.buffer.received_bytes} seeks={self.seeks}>"

    def append(self, data: bytes) -> None:
        """Append to the buffer; extend the index now and then, and at the start each time.

        Raises OSError: there is no room for the data.
        """
        if self.full:
            return
        try:
            self.buffer.append(data)
        except OSError:
            self.full = True
            raise
        new_bytes = self.buffer.received_bytes - self.indexed_bytes
        beginning = self.index.decodable_s < _BEGINNING_S
        if beginning or new_bytes >= _INDEX_STEP_BYTES + self.indexed_bytes // 8:
            self.extend_index()

    def finish(self) -> None:
        """Mark the song as whole."""
        self.buffer.finish()
        self.extend_index()

    def reopen(self) -> None:
        """Expect more of the song after all."""
        self.buffer.reopen()

    def loudness(self) -> Loudness:
        """Read how loud the song is by its tags. Called in the player's thread, if wanted."""
        # Imported here, because most never want it, and the start is the sooner.
        from cli.playing.loudness import loudness_of

        return loudness_of(self.buffer, self.index)

    def extend_index(self) -> None:
        """Extend the index over what has arrived since the last call."""
        self.index.extend()
        self.indexed_bytes = self.buffer.received_bytes


class Sound:
    """The present song and the next one, and the player that plays both.

    deliver: called in the event loop's thread with the event of each report. A report carries the
    tag of its song, and is not delivered if that song has been dropped meanwhile.
    remark: called there with a report that changes nothing and is only told. max_song_bytes: what
    is kept of one song.
    """

    def __init__(
        self,
        output: Output,
        deliver: Callable[[Event], None],
        remark: Callable[[reports.FramesRefused], None] = lambda _: None,
        max_song_bytes: int = MAX_BYTES,
    ) -> None:
        self._deliver = deliver
        self._remark = remark
        self._max_song_bytes = max_song_bytes
        self._loop = asyncio.get_running_loop()
        self._tags = 0
        self._song = self._new_song()
        self._next: Song | None = None
        self._output = output
        self._player = Player(output, self._report)

    def __repr__(self) -> str:
        return f"<Sound {self._song} next={self._next}>"

    @property
    def position_s(self) -> float:
        """The position in the present song of what is being heard."""
        return self._player.position_s(self._song.tag)

    @property
    def gain_db(self) -> float | None:
        """The gain that is applied to the present song; None for none."""
        return self._player.gain_db(self._song.tag)

    @property
    def index(self) -> FrameIndex:
        """The index of the present song: its duration and its bit rate."""
        return self._song.index

    @property
    def arriving_index(self) -> FrameIndex:
        """The index of the song that arrives: the next one, else the present one."""
        return (self._next or self._song).index

    def beginning(self, count: int) -> bytes:
        """Return the first bytes of the present song, as many of them as are here."""
        buffer = self._song.buffer
        return buffer.read_at(0, min(count, buffer.readable(0)))

    @property
    def device(self) -> str:
        """The name of the sound device; empty where there is none."""
        return self._output.name

    def perform(self, effect: SoundEffect) -> None:
        """Perform one of the effects on buffers and player (RFC 2.2, 2.5.2)."""
        match effect:
            case do.AppendAudio(buffer, data):
                self._append(self._song_in(buffer), data)
            case do.FinishBuffer(buffer):
                self._finish(self._song_in(buffer))
            case do.ReopenBuffer():
                self._song.reopen()
            case do.DropBuffers():
                self._drop()
            case do.DropNextBuffer():
                self._drop_next()
            case do.LeaveSong():
                self._leave()
            case do.SkipSong():
                self._player.skip(self._song.tag)
                self._leave()
            case do.StartPlayer():
                song = self._song
                self._player.play(song.buffer, song.tag, song.index, song.loudness)
            case do.QueueNextSong():
                song = self._song_in(Buffer.NEXT)
                self._player.queue_next(song.buffer, song.tag, song.index, song.loudness)
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
            case do.SetGain(gain):
                self._player.set_gain(GainMode(gain.value))
            case _:
                assert_never(effect)

    def close(self) -> None:
        """Stop the player, close the output and discard the buffers."""
        for song in filter(None, (self._song, self._next)):
            song.buffer.discard()
        self._player.close()

    def _new_song(self) -> Song:
        self._tags += 1
        return Song(self._tags, AudioBuffer(max_bytes=self._max_song_bytes))

    def _song_in(self, buffer: Buffer) -> Song:
        if buffer is Buffer.PRESENT:
            return self._song
        if self._next is None:
            self._next = self._new_song()
        return self._next

    def _append(self, song: Song, data: bytes) -> None:
        try:
            song.append(data)
        except OSError as error:
            self._loop.call_soon(self._deliver_no_room, song.tag, str(error))

        self._catch_up(song)

    def _finish(self, song: Song) -> None:
        song.finish()
        self._catch_up(song)

    def _catch_up(self, song: Song) -> None:
        """Go on with an index that is behind, a step at a time, between all other work."""
        if song.index.behind and not song.catching_up:
            song.catching_up = True
            self._loop.call_soon(self._extend_further, song)

    def _extend_further(self, song: Song) -> None:
        song.catching_up = False
        song.extend_index()
        self._catch_up(song)

    def _deliver_no_room(self, tag: int, reason: str) -> None:
        """Deliver that a song's buffer has no room, unless the song has been dropped."""
        if tag == self._song.tag:
            self._deliver(on.BufferFull(reason))
        elif self._next is not None and tag == self._next.tag:
            self._deliver(on.NextBufferFull(reason))

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
        """Make the next song the present one; the player has gone on into it already."""
        self._song.buffer.discard()
        self._song, self._next = self._next or self._new_song(), None

    def _seek(self, amount: float, measure: Measure) -> None:
        song = self._song
        for _ in range(_STEPS_BEFORE_SEEK):
            song.extend_index()
            if not song.index.behind:
                break
        match measure:
            case Measure.FROM_START:
                seconds = amount
            case Measure.FROM_HERE:
                seconds = self.position_s + amount
            case Measure.FRACTION:
                seconds = (song.index.duration_s or 0.0) * amount
        song.seeks += 1
        self._player.seek(song.tag, max(0.0, seconds))

    def _report(self, report: reports.Report) -> None:
        """Turn a report of the player into an event; called in the player's thread."""
        event: Event
        seeks: int | None = None
        match report:
            case reports.FramesRefused():
                self._loop.call_soon_threadsafe(self._remark_for, report)
                return
            case reports.RanDry():
                event, seeks = on.BufferRanDry(), report.seeks
            case reports.PlaceNotHere():
                event, seeks = on.PlaceNotHere(report.needed_bytes), report.seeks
            case reports.PlayedOut():
                event = on.PlayedOut()
            case reports.Undecodable(_, reason):
                event = on.Undecodable(reason)
            case reports.OutputFailed(_, reason):
                event = on.OutputFailed(reason)
            case reports.DeviceLost(_, reason):
                event = on.DeviceLost(reason)
            case _:
                assert_never(report)
        self._loop.call_soon_threadsafe(self._deliver_for, report.tag, event, seeks)

    def _remark_for(self, report: reports.FramesRefused) -> None:
        if report.tag == self._song.tag:
            self._remark(report)

    def _deliver_for(self, tag: int, event: Event, seeks: int | None = None) -> None:
        """Deliver the event, unless its song has been dropped, or sought in since the report.

        DeviceLost is delivered whatever its song: the player is paused for every song then.
        """
        current = tag == self._song.tag and seeks in (None, self._song.seeks)
        if current or isinstance(event, on.DeviceLost):
            self._deliver(event)
