"""The player's thread, the only one that decodes and the only one that uses the output.

The methods give orders from any thread and return at once; the thread carries them out and reports
what has happened. Whether a song begins or goes on is the owner's decision.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable

from audio.buffer import AudioBuffer
from audio.loudness import UNKNOWN, AppliedGain, GainMode, Loudness
from audio.mp3.index import FrameIndex
from audio.orders import Order, Orders
from audio.output import PCM_FRAME_BYTES, Output
from audio.playing_song import PlayingSong
from audio.reporter import Reporter
from audio.reports import (
    DeviceLost,
    OutputFailed,
    PlaceNotHere,
    RanDry,
    Report,
    Undecodable,
)
from audio.volume import Volume

_log = logging.getLogger(__name__)

ReadLoudness = Callable[[], Loudness]

DRY_AT_S = 0.02
"""A song has run dry when the output holds no more than this of it: it takes that to go on."""

_SWITCH_INTERVAL_S = 0.001
_CLOSE_TIMEOUT_S = 5.0


class Player:
    """Plays one song after another from its buffer into an output.

    output: owned by the player, which closes it in `close`.
    report: called with each Report in the player's thread, without a lock. A song that has been
    stopped or replaced causes no further reports, but one may be on its way: compare its tag.
    """

    def __init__(self, output: Output, report: Callable[[Report], None]) -> None:
        # With Python's default of 5 ms two busy threads are enough to cause underruns.
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        self._output = output
        self._orders = Orders(output.interrupt)
        self._told = Reporter(report, self._orders)
        self._volume = Volume()
        self._open_rate_hz = 0  # of the output; 0 while it is not open
        self._device_lost = False
        self._sounds_until_s = 0.0  # on the monotonic clock, with what the output holds
        # The tag of a song, the second of it that is heard, and the last seek that led there.
        self._position = (0, 0.0, 0)
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        state = "running" if self._thread.is_alive() else "closed"
        device = " device lost" if self._device_lost else ""
        return f"<Player {state}{device} {self._orders!r} {self._output!r}>"

    def play(
        self,
        buffer: AudioBuffer,
        tag: int,
        index: FrameIndex | None = None,
        loudness: ReadLoudness = lambda: UNKNOWN,
    ) -> None:
        """Play this song from its start instead of the present one. A pause stays.

        tag: a new number each time; it names the song in reports. index: of this buffer, if the
        owner has one. loudness: reads what the song's tags say of it; called in the player's
        thread, once, if a gain is wanted and when there is something to play. RFC 2.5.2.
        """
        buffer.watch(self._orders.wake)
        self._orders.play(PlayingSong(tag, buffer, index or FrameIndex(buffer), loudness))

    def queue_next(
        self,
        buffer: AudioBuffer,
        tag: int,
        index: FrameIndex | None = None,
        loudness: ReadLoudness = lambda: UNKNOWN,
    ) -> None:
        """Play this song when the present one has ended, without a gap."""
        buffer.watch(self._orders.wake)
        self._orders.queue_next(PlayingSong(tag, buffer, index or FrameIndex(buffer), loudness))

    def move(
        self,
        buffer: AudioBuffer,
        tag: int,
        index: FrameIndex,
        seconds: float,
        seeks: int,
        loudness: ReadLoudness = lambda: UNKNOWN,
    ) -> None:
        """Play from that place on once `refilled` is called, and fall silent until then.

        buffer, index: of another part of the present song, or of a song that is to begin there.
        seeks: the owner's number for that seek.
        """
        buffer.watch(self._orders.wake)
        song = PlayingSong(tag, buffer, index, loudness, dry=True, seeks=seeks)
        song.pending_seek_s = seconds
        self._orders.play(song)

    def stop(self) -> None:
        """Fall silent within 50 ms, and forget the present and the next song."""
        self._orders.play(None)

    def drop(self, tag: int) -> None:
        """Forget the song of that tag, whether it is the next one or has begun."""
        self._orders.drop(tag)

    def skip(self, tag: int) -> None:
        """Go on to the next song, if the song of that tag has not ended."""
        self._orders.skip(tag)

    def pause(self) -> None:
        """Fall silent and keep the place in the song. No sample is lost."""
        self._orders.pause(True)

    def resume(self) -> None:
        """End a pause; use the default device if the device was lost."""
        self._orders.pause(False)

    def refilled(self) -> None:
        """Go on after `RanDry` or `PlaceNotHere`: enough of the song has arrived (RFC 2.5.2)."""
        self._orders.refill()

    def seek(self, tag: int, seconds: float, number: int = 1) -> None:
        """Go on from that place, exact to the sample, if the present song has that tag.

        number: the owner's, for this seek; of several that come at once only the last is performed.
        """
        self._orders.seek(tag, seconds, number)

    def set_volume(self, percent: int) -> None:
        """Set the volume, 0 to 100, from the next slice on."""
        self._volume.set_percent(percent)

    def set_gain(self, mode: GainMode) -> None:
        """Set which gain of the songs' tags is applied, from the next slice on."""
        self._volume.set_mode(mode)

    def gain(self, tag: int) -> AppliedGain | None:
        """The gain that is applied to the song of that tag; None if another was heard last."""
        return self._volume.applied if self._position[0] == tag else None

    def position_s(self, tag: int) -> float:
        """The second of the song of that tag that the listener hears; 0.0 for any other song."""
        latest, seconds, _ = self._position
        return seconds if latest == tag else 0.0

    def reached(self, tag: int, number: int) -> bool:
        """Whether the song of that tag is heard, from the place of that seek on."""
        latest, _, seeks = self._position
        return (latest, seeks) == (tag, number)

    def close(self) -> None:
        """Stop, close the output and end the thread. Waits for the thread, 5 s at most."""
        self._orders.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(_CLOSE_TIMEOUT_S)

    # What follows runs in the player's thread.

    def _run(self) -> None:
        song: PlayingSong | None = None
        while True:
            order = self._orders.take()
            if order.song is not song or order.closing:
                self._drop_output(song)
                song = order.song
            if order.closing:
                break
            if song is None:
                self._orders.wait_for_change(order.changes)
            else:
                song = self._step(song, order)
        self._close_output()

    def _step(self, song: PlayingSong, order: Order) -> PlayingSong:
        """Do what comes first, and return the song to go on with."""
        if order.seek is not None:
            self._try(Undecodable, self._seek, song, *order.seek)
        elif order.paused or (song.dry and not self._refilled(song)):
            if order.paused or not song.searching:
                self._try(OutputFailed, self._rest, song, order.changes)
        elif self._device_lost:
            self._try(OutputFailed, self._recover, song)
        elif song.has_pcm:
            self._try(OutputFailed, self._write, song, order.changes)
        elif not song.fully_decoded:
            self._try(Undecodable, self._decode, song, order.changes)
        elif following := self._orders.advance(song):
            self._told.played_out(song)
            return following
        else:
            self._try(OutputFailed, self._play_out, song)
        return song

    def _try(
        self,
        failure: type[OutputFailed] | type[Undecodable],
        step: Callable[..., None],
        song: PlayingSong,
        *more: float,
    ) -> None:
        """Do one step. An exception in it ends the song, or pauses it if the device has gone."""
        try:
            step(song, *more)
        except Exception as error:
            _log.debug("song %d", song.tag, exc_info=True)
            if failure is OutputFailed and self._output.replaceable:
                self._lose_device(song, error)
            else:
                self._told.end(song, failure(song.tag, _reason(error)))

    def _rest(self, song: PlayingSong, changes: int) -> None:
        """Write one slice of silence, or wait for an order if the output needs no silence."""
        if self._open_rate_hz and self._output.needs_silence and not self._device_lost:
            self._output.write(bytes(self._slice_bytes(self._open_rate_hz)))
        else:
            self._orders.wait_for_change(changes)

    def _refilled(self, song: PlayingSong) -> bool:
        """Whether a dry song can go on; performs the pending seek if so."""
        over = song.buffer.finished and not song.waits_for_another_part
        whole = over or song.buffer.discarded
        song.dry = not (self._orders.take_refill() or whole or song.searching)
        if not song.dry and song.pending_seek_s is not None:
            self._try(Undecodable, self._go_to, song, song.pending_seek_s)
        return not song.dry

    def _seek(self, song: PlayingSong, seconds: float, number: float) -> None:
        song.seeks = int(number)
        self._drop_output(song)
        self._go_to(song, seconds)

    def _go_to(self, song: PlayingSong, seconds: float) -> None:
        if song.seek(seconds):
            self._position = (song.tag, song.start_s, song.seeks)
        elif not song.buffer.discarded and not song.searching:
            self._orders.take_refill()
            needed = song.index.needed_bytes(seconds), song.index.from_bytes(seconds)
            self._told.if_current(song, PlaceNotHere(song.tag, *needed, song.seeks))

    def _decode(self, song: PlayingSong, changes: int) -> None:
        """Decode the next blocks. Finds out that the song is dry, has ended or is not decodable."""
        if not song.decode():
            if not song.searching and not self._comes_in_time(song, changes):
                self._run_dry(song)
        elif song.decoder_ended and song.buffer.discarded:
            self._told.end(song, None)
        elif song.decoder_ended and not song.has_pcm and not song.samples and not song.seeks:
            self._told.end(song, Undecodable(song.tag, "none of it could be decoded"))

    def _comes_in_time(self, song: PlayingSong, changes: int) -> bool:
        """Wait for more of the song, or an order, while the output plays what it has."""
        left_s = self._sounds_until_s - DRY_AT_S - time.monotonic()
        if not self._output.real_time or left_s <= 0:
            return False
        song.buffer.when_readable(song.needed_offset, self._orders.wake)
        return self._orders.wait_for_change(changes, left_s)

    def _run_dry(self, song: PlayingSong) -> None:
        """Wait for more of the song: for the owner's order, or without one where nobody listens."""
        song.dry = True
        # A refill that came before the song ran dry does not count.
        self._orders.take_refill()
        if self._output.real_time:
            self._told.if_current(song, RanDry(song.tag, song.seeks))
        else:
            song.buffer.when_readable(song.needed_offset, self._orders.refill)

    def _write(self, song: PlayingSong, changes: int) -> None:
        """Write decoded PCM slice by slice, until all is written or an order has changed."""
        if self._open_rate_hz != song.rate_hz:
            self._open_output(song.rate_hz)
        size = self._slice_bytes(song.rate_hz)
        while self._orders.changes == changes and (pcm := song.next_pcm(size)):
            loudness = song.loudness(wanted=self._volume.mode is not GainMode.OFF)
            self._output.write(self._volume.apply(pcm, loudness))
            song.mark_written(len(pcm))
            latency_s = self._output.latency_s
            self._sounds_until_s = time.monotonic() + latency_s
            self._position = (song.tag, song.heard_s(latency_s), song.seeks)

    def _open_output(self, rate_hz: int) -> None:
        if self._open_rate_hz:
            self._output.drain()
        self._output.open(rate_hz)
        self._open_rate_hz = rate_hz
        self._volume.begin()

    def _play_out(self, song: PlayingSong) -> None:
        """Wait until the rest of the song has been heard."""
        self._output.drain()
        self._open_rate_hz = 0
        self._position = (song.tag, song.written_s, song.seeks)
        if self._orders.end(song):
            self._told.played_out(song)

    def _lose_device(self, song: PlayingSong, error: Exception) -> None:
        """Pause; PCM that the device has not taken is kept."""
        self._device_lost, self._open_rate_hz = True, 0
        if self._orders.pause_if_current(song):
            self._told.send(DeviceLost(song.tag, _reason(error)))

    def _recover(self, song: PlayingSong) -> None:
        self._drop_output(song)
        self._output.recover()
        self._device_lost = False

    def _drop_output(self, song: PlayingSong | None) -> None:
        self._open_rate_hz, self._sounds_until_s = 0, 0.0
        try:
            self._output.drop()
        except Exception as error:
            if song:
                self._told.send(OutputFailed(song.tag, _reason(error)))

    def _slice_bytes(self, rate_hz: int) -> int:
        return rate_hz // self._output.slices_per_s * PCM_FRAME_BYTES

    def _close_output(self) -> None:
        try:
            self._output.close()
        except Exception:
            _log.exception("the output could not be closed")


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
