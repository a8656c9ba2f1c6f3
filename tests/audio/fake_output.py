"""A fake output and the reports of a player, for tests of the player."""

from __future__ import annotations

import queue
import threading

from audio import Decoder, FrameIndex, Output, OutputError, PlayedOut
from tests.audio.making import FRAME, as_buffer

WAIT_S = 20


class Card(Output):
    """A device that records the calls, and waits in each write for a permit."""

    latency_s = 0.0

    def __init__(self, permits: int = 1_000_000, needs_silence: bool = False):
        self.needs_silence = needs_silence
        self.calls: list[tuple] = []
        self.changed = threading.Condition()
        self.permits = permits
        self.threads: set[str] = set()
        self.fails_on = ""

    def record(self, *call):
        with self.changed:
            self.threads.add(threading.current_thread().name)
            self.calls.append(call)
            self.changed.notify_all()
        if call[0] == self.fails_on:
            raise OutputError("the cable is out")

    def write(self, pcm):
        self.record("write", pcm)
        with self.changed:
            assert self.changed.wait_for(lambda: self.permits > 0, WAIT_S)
            self.permits -= 1

    def permit(self, n=1):
        with self.changed:
            self.permits += n
            self.changed.notify_all()

    def open(self, rate_hz):
        self.record("open", rate_hz)

    def drain(self):
        self.record("drain")

    def drop(self):
        self.record("drop")

    def close(self):
        self.record("close")

    def wait_for(self, condition):
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), WAIT_S)

    def wait_for_writes(self, n):
        self.wait_for(lambda card: len(card.writes) >= n)

    @property
    def names(self):
        return [call[0] for call in self.calls]

    @property
    def writes(self):
        return [call[1] for call in self.calls if call[0] == "write"]


class Reports(queue.Queue):
    """The reports that the player has sent, in order."""

    def next(self):
        return self.get(timeout=WAIT_S)


def decoded(data, seconds=0.0):
    """The samples of a song from that place on."""
    buffer = as_buffer(data)
    start = FrameIndex(buffer).start_at(seconds)
    return b"".join(pcm for _, pcm in Decoder(buffer, start))


def played_out(tag, data):
    """The report that a song was played completely."""
    return PlayedOut(tag, len(decoded(data)) // FRAME)
