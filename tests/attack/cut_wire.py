"""A client and a server joined by a wire that breaks, or divides what comes, at one chosen byte."""

from __future__ import annotations

import math
from collections import Counter
from enum import Enum

from fsm.client.effects import Report, Tell
from fsm.client.machines import ClientSession
from net.framing import AUDIO_CLOSING
from tests import test_fake_wire as fake_wire

GUESSES = (Report.SONG_PROBABLY_PLAYED,)


class Cut(Enum):
    """What happens at the byte."""

    SPLIT = "the rest comes later"
    FIN = "the server closes in order"
    RESET = "the connection is reset"


class Peer(Enum):
    """What the server is, and what the client knows of that."""

    ENDS = "closes its answers"
    PLAIN = "plain, which the client finds out"
    TOLD = "plain, which the client is told"


class CutWire(fake_wire.FakeWire):
    """Plays a song through a wire with a fault at the byte `at` of all that the server sends.

    told: what the person was told, and how often. sent_bytes: how much has come over the first
    connection. Each step is checked against what the fake wire promises, and that no song that was
    cut is told as played.
    """

    def __init__(self, peer: Peer, cut: Cut, at: float = math.inf, retries: int | None = None):
        super().__init__()
        self.kind, self.fault, self.at, self.retries = peer, cut, at, retries
        self.sent_bytes = 0
        self.received = b""
        self.told: Counter[Report] = Counter()

    def run(self, song_id: int, lists: int = 0) -> None:
        """Connect, list, play the song with lists meanwhile, and end when all is at rest."""
        plain = self.kind is not Peer.ENDS
        self.begin(prebuffer=1, plain=plain, told=False, greeted=False)
        self.client = ClientSession(1, plain=self.kind is Peer.TOLD, max_retries=self.retries)
        self.observe_client()
        self.connect()
        self.settle()
        self.list_songs()
        self.settle()
        self.play(song_id)
        for _ in range(lists):
            self.some_flow()
            self.list_songs()
        self.teardown()

    def observe_client(self) -> None:
        handle = self.client.handle

        def watched(event):
            effects = handle(event)
            for effect in effects:
                if isinstance(effect, Tell):
                    self.judge(effect.report)
            return effects

        self.client.handle = watched

    def judge(self, report: Report) -> None:
        self.told[report] += 1
        if report is Report.SONG_PLAYED:
            assert self.kind is Peer.ENDS, "a plain server says of no song that it is whole"
            assert AUDIO_CLOSING in self.received, "played, and never closed"
            assert self.buffer == fake_wire.SONGS[self.wanted], "played, and cut"
        elif report in GUESSES:
            assert self.buffer == fake_wire.SONGS[self.wanted], "cut, and nothing guessed well"

    def settle(self) -> None:
        """Let everything arrive and, once it is silent, time pass."""
        for _ in range(50):
            if self.server is None:
                return
            if not self.silent():
                self.flow()
            elif self.timers:
                self.let_time_pass()
            else:
                return
        raise AssertionError("it never settles")

    def some_flow(self) -> None:
        """Let a part of the song arrive."""
        if self.server is not None:
            while self.unwritten:
                self.write()
            self.deliver_requests(10_000)
            self.send(1)
            self.deliver_responses(5000)

    # What FakeWire does, with a fault

    def fire(self, event) -> None:
        super().fire(event)
        self.the_buffer_holds_a_prefix_of_the_song_requested_last()
        self.complete_means_all_of_it()

    def play(self, song_id: int) -> None:
        self.received = b""
        super().play(song_id)

    def deliver_requests(self, size: int) -> None:
        if self.server is not None:
            super().deliver_requests(size)

    def deliver_responses(self, size: int) -> None:
        room = self.at - self.sent_bytes
        data = self.downstream[:size]
        if len(data) < room:
            self.sent_bytes += len(data)
            self.received += data
            super().deliver_responses(size)
            return
        self.at = math.inf
        self.sent_bytes += room
        self.received += data[:room]
        super().deliver_responses(room)
        if self.fault is not Cut.SPLIT and self.server is not None:
            self.end()

    def end(self) -> None:
        """The connection ends here, and what was on its way is lost."""
        self.upstream = self.downstream = b""
        self.unwritten.clear()
        in_order = self.fault is Cut.FIN
        # As the client's socket says it.
        if in_order and not (self.decoder.in_message or self.decoder.unended()):
            self.hang_up()
        else:
            self.cut()
