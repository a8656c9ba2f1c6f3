"""The thread that plays: it alone decodes, and it alone touches the output.

Its methods say what should be so, from any thread, and return at once; the thread makes it so and
reports what has happened. It decides nothing: whether a song should begin or go on is its owner's.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from audio.buffer import AudioBuffer
from audio.decoder import Decoder
from audio.output import PCM_FRAME_BYTES, Output
from audio.reports import OutputFailed, PlayedOut, RanDry, Report, Started, Undecodable

_log = logging.getLogger(__name__)

SLICES_PER_S = 50
"""So many writes make a second: STOP and pause wait for one of them at most."""

_SWITCH_INTERVAL_S = 0.001
_CLOSE_TIMEOUT_S = 5.0


@dataclass(eq=False, slots=True)
class _Song:
    """What the thread knows of the song it plays; only the thread changes it."""

    tag: int
    buffer: AudioBuffer
    decoder: Decoder | None = None
    pcm: bytes = b""  # decoded, and not yet written
    rate_hz: int = 0  # of `pcm`
    open_rate_hz: int = 0  # of the output, 0 before it is open
    dry: bool = False
    over: bool = False
    samples: int = 0
    written_s: float = 0.0


@dataclass(slots=True)
class _Wish:
    """What should be so; guarded by the player's lock. count: rises with every change."""

    song: _Song | None = None
    paused: bool = False
    closing: bool = False
    refilled: bool = False
    count: int = 0


class Player:
    """Plays one song at a time from its buffer into an output.

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
        self._changed = threading.Condition()
        self._wish = _Wish()
        self._position = (0, 0.0)
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)
        self._thread.start()

    def play(self, buffer: AudioBuffer, tag: int) -> None:
        """Play this song from its start; what is being played is dropped, a pause ends.

        tag: names the song in reports; any number, a new one each time. RFC 2.5.2.
        """
        buffer.watch(self._wake)
        with self._changed:
            self._wish.song = _Song(tag, buffer)
            self._wish.paused = self._wish.refilled = False
            self._wish_changed(drop=True)

    def stop(self) -> None:
        """Be silent within 50 ms, and forget the song."""
        with self._changed:
            self._wish.song = None
            self._wish_changed(drop=True)

    def pause(self) -> None:
        """Be silent, and keep the place in the song. Not a sample is lost."""
        with self._changed:
            self._wish.paused = True
            self._wish_changed()

    def resume(self) -> None:
        """Go on after a pause."""
        with self._changed:
            self._wish.paused = False
            self._wish_changed()

    def refilled(self) -> None:
        """Go on after `RanDry`: there is enough of the song again (RFC 2.5.2)."""
        with self._changed:
            self._wish.refilled = True
            self._wish_changed()

    def position(self, tag: int) -> float:
        """How far into the song of that tag the listener is, in seconds; 0.0 for any other."""
        latest, seconds = self._position
        return seconds if latest == tag else 0.0

    def close(self) -> None:
        """Stop, close the output and end the thread; waits for that, but not on a stuck device."""
        with self._changed:
            self._wish.song = None
            self._wish.closing = True
            self._wish_changed(drop=True)
        if threading.current_thread() is not self._thread:
            self._thread.join(_CLOSE_TIMEOUT_S)

    # What follows runs in the player's thread, except for the next two.

    def _wish_changed(self, *, drop: bool = False) -> None:
        self._wish.count += 1
        if drop:
            # Under the lock, so that the drop that ends the interruption always comes after it.
            self._output.interrupt()
        self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._wish_changed()

    def _run(self) -> None:
        song: _Song | None = None
        while True:
            with self._changed:
                wanted, paused = self._wish.song, self._wish.paused
                closing, seen = self._wish.closing, self._wish.count
            if wanted is not song or closing:
                self._drop(song)
                song = wanted
            if closing:
                break
            if song is None:
                self._wait(seen)
            elif paused or (song.dry and not self._is_refilled(song)):
                self._try(OutputFailed, self._rest, song, seen)
            elif song.pcm:
                self._try(OutputFailed, self._write_slice, song)
            elif song.over:
                self._try(OutputFailed, self._play_out, song)
            else:
                self._try(Undecodable, self._decode, song)
        self._close_output()

    def _wait(self, seen: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._wish.count != seen)

    def _is_refilled(self, song: _Song) -> bool:
        with self._changed:
            refilled, self._wish.refilled = self._wish.refilled, False
        song.dry = not (refilled or song.buffer.finished or song.buffer.discarded)
        return not song.dry

    def _try(
        self,
        failure: type[OutputFailed] | type[Undecodable],
        step: Callable[..., None],
        song: _Song,
        *more: int,
    ) -> None:
        """Do one step; whatever goes wrong in it is a report, and the end of the song."""
        try:
            step(song, *more)
        except Exception as error:
            _log.debug("song %d", song.tag, exc_info=True)
            self._end(song, failure(song.tag, _reason(error)))

    def _rest(self, song: _Song, seen: int) -> None:
        """Let a moment of silence pass, or all of it if the output does not need any written."""
        if song.open_rate_hz and self._output.needs_silence:
            self._output.write(bytes(_slice_bytes(song.open_rate_hz)))
        else:
            self._wait(seen)

    def _decode(self, song: _Song) -> None:
        """Get the next block of the song, or find that it is dry, or over, or cannot be decoded."""
        song.decoder = song.decoder or Decoder(song.buffer)
        if not song.decoder.ready():
            self._run_dry(song)
        elif block := song.decoder.next_block():
            song.rate_hz, song.pcm = block
        elif song.buffer.discarded:
            self._end(song, None)
        elif not song.samples:
            self._end(song, Undecodable(song.tag, "none of it could be decoded"))
        else:
            song.over = True

    def _run_dry(self, song: _Song) -> None:
        song.dry = True
        with self._changed:
            # One that came earlier was not meant for this dry spell.
            self._wish.refilled = False
        self._tell(song, RanDry(song.tag))

    def _write_slice(self, song: _Song) -> None:
        if song.open_rate_hz != song.rate_hz:
            if song.open_rate_hz:
                self._output.drain()
            self._output.open(song.rate_hz)
            song.open_rate_hz = song.rate_hz
        size = _slice_bytes(song.rate_hz)
        pcm, song.pcm = song.pcm[:size], song.pcm[size:]
        self._output.write(pcm)
        first = not song.samples
        song.samples += len(pcm) // PCM_FRAME_BYTES
        song.written_s += len(pcm) / PCM_FRAME_BYTES / song.rate_hz
        self._position = (song.tag, max(0.0, song.written_s - self._output.latency_s))
        if first:
            self._tell(song, Started(song.tag, song.rate_hz))

    def _play_out(self, song: _Song) -> None:
        self._output.drain()
        self._position = (song.tag, song.written_s)
        self._end(song, PlayedOut(song.tag, song.samples))

    def _end(self, song: _Song, report: Report | None) -> None:
        """Be done with a song, unless another is wanted by now, and say why."""
        with self._changed:
            current = self._wish.song is song
            if current:
                self._wish.song = None
        if current and report:
            self._send(report)

    def _tell(self, song: _Song, report: Report) -> None:
        with self._changed:
            current = self._wish.song is song
        if current:
            self._send(report)

    def _send(self, report: Report) -> None:
        try:
            self._report(report)
        except Exception:
            _log.exception("the player's owner failed on %r", report)

    def _drop(self, song: _Song | None) -> None:
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
