"""The client's sound: the MAD buffer and the player, driven by effects, heard from as events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from audio import AudioBuffer, Output, Player
from audio import reports as heard
from fsm.effects import AppendAudio, DropBuffer, Effect, FinishBuffer, RefillPlayer, StartPlayer
from fsm.events import BufferRanDry, Event, OutputFailed, PlayedOut, Undecodable


class Sound:
    """One buffer a song, one player for all of them.

    deliver: called with each event from the event loop's thread. Reports about a song that was
    dropped meanwhile are not delivered: they carry the number of the song they are about.
    """

    def __init__(self, output: Output, deliver: Callable[[Event], None]) -> None:
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._song = 0
        self._buffer = AudioBuffer()
        self._player = Player(output, self._report)

    def perform(self, effect: Effect) -> None:
        """Carry out one of the effects on buffer and player (RFC 2.2, 2.5.2)."""
        match effect:
            case AppendAudio(data):
                self._append(data)
            case DropBuffer():
                self._drop()
            case FinishBuffer():
                self._buffer.finish()
            case StartPlayer():
                self._player.play(self._buffer, self._song)
            case RefillPlayer():
                self._player.refilled()

    def close(self) -> None:
        """Fall silent and give the device back."""
        self._buffer.discard()
        self._player.close()

    def _append(self, data: bytes) -> None:
        try:
            self._buffer.append(data)
        except OSError as error:
            # The temporary file has no room: what is here can still be heard, the rest cannot.
            self._loop.call_soon(self._deliver_for, self._song, OutputFailed(str(error)))

    def _drop(self) -> None:
        self._song += 1
        self._player.stop()
        self._buffer.discard()
        self._buffer = AudioBuffer()

    def _report(self, report: heard.Report) -> None:
        """Called in the player's thread."""
        event: Event
        match report:
            case heard.RanDry():
                event = BufferRanDry()
            case heard.PlayedOut():
                event = PlayedOut()
            case heard.Undecodable(_, reason):
                event = Undecodable(reason)
            case heard.OutputFailed(_, reason):
                event = OutputFailed(reason)
            case _:
                return
        self._loop.call_soon_threadsafe(self._deliver_for, report.tag, event)

    def _deliver_for(self, song: int, event: Event) -> None:
        if song == self._song:
            self._deliver(event)
