"""The client's sound: performs effects on buffers and player, and delivers reports as events.

It decides nothing: which song plays, and when, is said by the effects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import assert_never

from audio import AppliedGain, AudioBuffer, FrameIndex, GainMode, Output, Player, reports
from audio.buffer import MAX_BYTES as MAX_BYTES
from audio.mp3.outline import Outline
from cli.playing.sound.kept_song import Song
from fsm.client import effects as do
from fsm.client import events as on
from fsm.client.effects import Buffer, SoundEffect
from fsm.client.events import Event
from fsm.client.requests import Measure

_MAX_HEAD_BYTES = 16 * 1024 * 1024
"""Of the tags that stand before the music so much is kept for a cover."""

_STEPS_BEFORE_SEEK = 16
"""A seek to a fraction needs all that has arrived in the index: 16 MiB more, in 20 ms."""


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
        """The position in the present song of what is being heard, or is to be heard next."""
        sought_s = self._sought_s
        return self._player.position_s(self._song.tag) if sought_s is None else sought_s

    @property
    def _sought_s(self) -> float | None:
        """The place to which the player is on its way; None if it is there, or none was sought."""
        song = self._song
        return None if self._player.reached(song.tag, song.seeks) else song.wanted_s

    @property
    def gain(self) -> AppliedGain | None:
        """The gain that is applied to the present song; None while nothing of it is heard."""
        return self._player.gain(self._song.tag)

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
        return self._song.beginning(count)

    def own_title(self) -> str | None:
        """Return what the present song's tag calls it; None if it does not, or has not come."""
        return self._song.own_title()

    def arriving_title(self) -> str | None:
        """Return the same of the song that arrives."""
        return (self._next or self._song).own_title()

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
            case do.MoveBuffer(offset):
                self._move(offset, self._song.wanted_s or 0.0)
            case do.MoveBufferBack(offset):
                # What has been sought since is what counts: it is asked for in its turn.
                sought_s = self._sought_s if self._song.seeks > 1 else None
                self._move(offset, self._song.left_s if sought_s is None else sought_s)
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
                self._start(self._song)
            case do.QueueNextSong():
                song = self._song_in(Buffer.NEXT)
                song.started = True
                self._player.queue_next(song.buffer, song.tag, song.index, song.loudness)
            case do.RefillPlayer():
                self._player.refilled()
            case do.PausePlayer():
                self._player.pause()
            case do.ResumePlayer():
                self._player.resume()
            case do.SeekPlayer(amount, measure):
                self._seek(amount, measure)
            case do.FindPlace(amount, measure):
                self._song.kept = (amount, measure)
                self._find(self._song)
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

    def _new_song(self, outline: Outline | None = None, first_offset: int = 0) -> Song:
        self._tags += 1
        buffer = AudioBuffer(max_bytes=self._max_song_bytes, first_offset=first_offset)
        return Song(self._tags, buffer, outline)

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
        self._find(song)

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

    def _start(self, song: Song) -> None:
        song.started, song.kept, song.wanted_s = True, None, song.begin_s
        if song.begin_s is None:
            self._player.play(song.buffer, song.tag, song.index, song.loudness)
            return
        self._move_player(song, song.begin_s)
        self._player.refilled()

    def _move(self, offset: int, seconds: float) -> None:
        """Take another part of the present song, to begin there, in the place of what is here."""
        old = self._song
        song = self._song = self._new_song(old.index.outline if offset else None, offset)
        song.begin_s = song.wanted_s = seconds
        song.left_s = old.left_s
        song.seeks, song.started = 1, old.started
        if offset:
            song.head = old.head or self._head_of(old)
        if old.started:
            self._move_player(song, song.begin_s)
        old.buffer.discard()

    def _move_player(self, song: Song, seconds: float) -> None:
        part = (song.buffer, song.tag, song.index)
        self._player.move(*part, seconds, song.seeks, song.loudness)

    @staticmethod
    def _head_of(song: Song) -> bytes:
        size = min(_MAX_HEAD_BYTES, song.index.music_offset, song.buffer.readable(0))
        return song.buffer.read_at(0, size)

    def _find(self, song: Song) -> None:
        """Find the place that is kept, as soon as it is known how the song is laid out."""
        if song.kept is None or song.index.header is None or song is not self._song:
            return
        (amount, measure), song.kept = song.kept, None
        song.wanted_s = self._seconds(song, amount, measure)
        self._loop.call_soon(self._tell_place, song, song.seeks)

    def _tell_place(self, song: Song, seeks: int) -> None:
        """Tell where the place is that is sought, if it is not here: of several, the last one."""
        seconds, index = song.wanted_s, song.index
        if seconds is None or index.complete or index.start_at(seconds) is not None:
            return
        self._deliver_not_here(song, index.needed_bytes(seconds), index.from_bytes(seconds), seeks)

    def _deliver_not_here(self, song: Song, needed_bytes: int, from_bytes: int, seeks: int) -> None:
        back_bytes = song.index.from_bytes(song.left_s)
        self._deliver_for(song.tag, on.PlaceNotHere(needed_bytes, from_bytes, back_bytes), seeks)

    def _seconds(self, song: Song, amount: float, measure: Measure) -> float:
        match measure:
            case Measure.FROM_START:
                seconds = amount
            case Measure.FROM_HERE:
                seconds = self.position_s + amount
            case Measure.FRACTION:
                seconds = (song.index.duration_s or 0.0) * amount
        return max(0.0, seconds)

    def _seek(self, amount: float, measure: Measure) -> None:
        song = self._song
        for _ in range(_STEPS_BEFORE_SEEK):
            song.extend_index()
            if not song.index.behind:
                break
        if self._sought_s is None:
            song.left_s = self._player.position_s(song.tag)
        song.wanted_s = self._seconds(song, amount, measure)
        song.seeks += 1
        self._player.seek(song.tag, song.wanted_s, song.seeks)

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
                self._loop.call_soon_threadsafe(self._report_not_here, report)
                return
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

    def _report_not_here(self, report: reports.PlaceNotHere) -> None:
        if report.tag == self._song.tag:
            place = (report.needed_bytes, report.from_bytes)
            self._deliver_not_here(self._song, *place, report.seeks)

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
