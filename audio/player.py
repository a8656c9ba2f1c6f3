"""The thread that plays: it alone decodes, and it alone touches the output.

Its methods say what should be so, from any thread, and return at once; the thread makes it so and
reports what has happened. It decides nothing: whether a song should begin or go on is its owner's.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable

from audio.buffer import AudioBuffer
from audio.index import FrameIndex
from audio.orders import Orders
from audio.output import PCM_FRAME_BYTES, Output
from audio.playing_song import PlayingSong
from audio.reports import (
    DeviceLost,
    OutputFailed,
    PlaceNotHere,
    PlayedOut,
    RanDry,
    Report,
    Undecodable,
)
from audio.volume import Volume

_log = logging.getLogger(__name__)

SLICES_PER_S = 25
"""So many writes make a second: STOP waits for one of them at most, 40 ms, where the output cannot
be interrupted in it; pause for that and for what the device holds.

Each costs as much as decoding a frame does: whatever runs after a sleep is slow, for the caches
have been given to others. So between two of them there is as little as can be.
"""

_SWITCH_INTERVAL_S = 0.001
_CLOSE_TIMEOUT_S = 5.0


class Player:
    """Plays one song after another from its buffer into an output.

    output: is the player's from now on; it is closed by `close`.
    report: called with each Report, from the player's thread, without a lock. A song that has been
    stopped or left is not reported on any more, but for a report that was just on its way: its
    tag tells.
    """

    def __init__(self, output: Output, report: Callable[[Report], None]) -> None:
        # With the default of 5 ms, two busy threads are enough to make the sound stutter.
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        self._output = output
        self._report = report
        self._wish = Orders(output.interrupt)
        self._volume = Volume()
        self._open_rate_hz = 0  # of the output, 0 while it is not open
        self._lost = False  # the device has gone
        self._heard = (0, 0.0)
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)
        self._thread.start()

    def play(self, buffer: AudioBuffer, tag: int, index: FrameIndex | None = None) -> None:
        """Play this song from its start; what is being played is dropped, a pause stays.

        tag: names the song in reports; any number, a new one each time. index: of this buffer, if
        the owner has one. RFC 2.5.2.
        """
        buffer.watch(self._wish.touch)
        self._wish.play(PlayingSong(tag, buffer, index or FrameIndex(buffer)))

    def queue_next(self, buffer: AudioBuffer, tag: int, index: FrameIndex | None = None) -> None:
        """Play this song when the present one has ended: at once, without a gap, and by itself."""
        buffer.watch(self._wish.touch)
        self._wish.queue_next(PlayingSong(tag, buffer, index or FrameIndex(buffer)))

    def stop(self) -> None:
        """Be silent within 50 ms, and forget the song and the next one."""
        self._wish.play(None)

    def drop(self, tag: int) -> None:
        """Forget the song of that tag, whether it is the next one or has just begun."""
        self._wish.drop(tag)

    def skip(self, tag: int) -> None:
        """Leave the song of that tag for the next one; nothing if it has ended by now."""
        self._wish.skip(tag)

    def pause(self) -> None:
        """Be silent, and keep the place in the song. Not a sample is lost."""
        self._wish.pause(True)

    def resume(self) -> None:
        """Go on after a pause; on the default device where the device has gone."""
        self._wish.pause(False)

    def refilled(self) -> None:
        """Go on after `RanDry` or `PlaceNotHere`: there is enough of the song (RFC 2.5.2)."""
        self._wish.refill()

    def seek(self, tag: int, seconds: float) -> None:
        """Go on in that song from there, to the sample; nothing if it is not being played."""
        self._wish.seek(tag, seconds)

    def set_volume(self, percent: int) -> None:
        """Be as loud, from 0 to 100, from the next slice on."""
        self._volume.set_percent(percent)

    def position(self, tag: int) -> float:
        """How far into the song of that tag the listener is, in seconds; 0.0 for any other."""
        latest, seconds = self._heard
        return seconds if latest == tag else 0.0

    def close(self) -> None:
        """Stop, close the output and end the thread; waits for that, but not on a stuck device."""
        self._wish.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(_CLOSE_TIMEOUT_S)

    # What follows runs in the player's thread.

    def _run(self) -> None:
        song: PlayingSong | None = None
        while True:
            now = self._wish.look(song)
            if now.song is not song or now.closing:
                self._drop(song)
                song = now.song
            if now.closing:
                break
            if song is None:
                self._wish.wait(now.count)
            elif now.seek_s is not None:
                self._try(Undecodable, self._seek, song, now.seek_s)
            elif now.paused or (song.dry and not self._refilled(song)):
                self._try(OutputFailed, self._rest, song, now.count)
            elif self._lost:
                self._try(OutputFailed, self._recover, song)
            elif song.decoded:
                self._try(OutputFailed, self._write, song, now.count)
            elif not song.finished:
                self._try(Undecodable, self._decode, song)
            elif following := self._wish.follow(song):
                self._send(PlayedOut(song.tag, song.samples))
                song = following
            else:
                self._try(OutputFailed, self._play_out, song)
        self._close_output()

    def _try(
        self,
        failure: type[OutputFailed] | type[Undecodable],
        step: Callable[..., None],
        song: PlayingSong,
        *more: float,
    ) -> None:
        """Do one step; whatever goes wrong in it is a report, and mostly the end of the song."""
        try:
            step(song, *more)
        except Exception as error:
            _log.debug("song %d", song.tag, exc_info=True)
            if failure is OutputFailed and self._output.replaceable:
                self._lose_device(song, error)
            else:
                self._end(song, failure(song.tag, _reason(error)))

    def _rest(self, song: PlayingSong, seen: int) -> None:
        """Let a moment of silence pass, or all of it if the output does not need any written."""
        if self._open_rate_hz and self._output.needs_silence and not self._lost:
            self._output.write(bytes(_slice_bytes(self._open_rate_hz)))
        else:
            self._wish.wait(seen)

    def _refilled(self, song: PlayingSong) -> bool:
        whole = song.buffer.finished or song.buffer.discarded
        song.dry = not (self._wish.take_refill() or whole)
        if not song.dry and song.sought_s is not None:
            self._try(Undecodable, self._go_to, song, song.sought_s)
        return not song.dry

    def _seek(self, song: PlayingSong, seconds: float) -> None:
        """Be silent, then go on at another place."""
        song.seeks += 1
        self._drop(song)
        self._go_to(song, seconds)

    def _go_to(self, song: PlayingSong, seconds: float) -> None:
        if song.seek(seconds):
            self._heard = (song.tag, song.began_s)
        elif not song.buffer.discarded:
            self._wish.take_refill()
            needed_bytes = song.index.needed_bytes(seconds)
            self._tell(song, PlaceNotHere(song.tag, needed_bytes, song.seeks))

    def _decode(self, song: PlayingSong) -> None:
        """Get the next block of the song, or find that it is dry, or over, or cannot be decoded."""
        if not song.decode():
            song.dry = True
            # One that came earlier was not meant for this dry spell.
            self._wish.take_refill()
            self._tell(song, RanDry(song.tag, song.seeks))
        elif song.over and song.buffer.discarded:
            self._end(song, None)
        elif song.over and not song.decoded and not song.samples and not song.seeks:
            self._end(song, Undecodable(song.tag, "none of it could be decoded"))

    def _write(self, song: PlayingSong, seen: int) -> None:
        """Write what has been decoded, a slice at a time, until something has changed."""
        if self._open_rate_hz != song.rate_hz:
            self._open_for(song.rate_hz)
        size = _slice_bytes(song.rate_hz)
        while self._wish.count == seen and (pcm := song.pcm(size)):
            self._output.write(self._volume.apply(pcm))
            song.wrote(len(pcm))
            self._heard = (song.tag, song.heard_s(self._output.latency_s))

    def _open_for(self, rate_hz: int) -> None:
        if self._open_rate_hz:
            self._output.drain()
        self._output.open(rate_hz)
        self._open_rate_hz = rate_hz

    def _play_out(self, song: PlayingSong) -> None:
        self._output.drain()
        self._open_rate_hz = 0
        self._heard = (song.tag, song.written_s)
        self._end(song, PlayedOut(song.tag, song.samples))

    def _lose_device(self, song: PlayingSong, error: Exception) -> None:
        """Pause; what the device had not taken is still there."""
        self._lost, self._open_rate_hz = True, 0
        if self._wish.pause_if(song):
            self._send(DeviceLost(song.tag, _reason(error)))

    def _recover(self, song: PlayingSong) -> None:
        self._drop(song)
        self._output.recover()
        self._lost = False

    def _end(self, song: PlayingSong, report: Report | None) -> None:
        """Be done with a song, unless another is wanted by now, and say why."""
        if self._wish.end(song) and report:
            self._send(report)

    def _tell(self, song: PlayingSong, report: Report) -> None:
        if self._wish.is_for(song):
            self._send(report)

    def _send(self, report: Report) -> None:
        try:
            self._report(report)
        except Exception:
            _log.exception("the player's owner failed on %r", report)

    def _drop(self, song: PlayingSong | None) -> None:
        self._open_rate_hz = 0
        try:
            self._output.drop()
        except Exception as error:
            if song:
                self._send(OutputFailed(song.tag, _reason(error)))

    def _close_output(self) -> None:
        try:
            self._output.close()
        except Exception:
            _log.exception("the output could not be closed")


def _slice_bytes(rate_hz: int) -> int:
    return rate_hz // SLICES_PER_S * PCM_FRAME_BYTES


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
