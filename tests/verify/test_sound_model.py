"""The explorer's model of the sound and the real adapter deliver the same reports.

Random exchanges of the explorer are performed on both. The adapter has a player without a thread,
which reports whatever the model's player reports, about the song that it plays.
"""

import random
from collections import deque
from dataclasses import replace

import pytest

from audio import reports
from cli.playing.sound import sound as adapter
from fsm.client import effects as do
from fsm.client import events as on
from verify.model.moves import REPORT_RECEIVED, Model
from verify.model.sound import UNTIL_SOUGHT
from verify.suites.default import CLOSING, SOUND
from verify.watched import Memory

NAMES = ("underruns", "the file fails", "the player fails")
CHOSEN = [bounds for bounds in (*CLOSING, *SOUND) if bounds in SOUND or bounds.name in NAMES]
# A connection that is lost all the time would leave nothing to be played.
BOUNDS = {bounds.name: replace(bounds, losses=0) for bounds in CHOSEN}
WALKS, MOVES = 40, 150


class Loop:
    """An event loop that calls nothing by itself."""

    def __init__(self):
        self.callbacks = deque()

    def call_soon(self, callback, *arguments):
        self.callbacks.append((callback, arguments))

    call_soon_threadsafe = call_soon


class SilentPlayer:
    """A player that does nothing by itself, and knows which song it plays."""

    def __init__(self, output, report):
        self.report = report
        self.tag = self.queued = None
        self.seeks = 0

    def play(self, buffer, tag, index, loudness):
        self.tag, self.queued, self.seeks = tag, None, 0

    def queue_next(self, buffer, tag, index, loudness):
        if self.tag is None:
            self.play(buffer, tag, index, loudness)
        else:
            self.queued = tag

    def go_on(self):
        """Be done with the song; play the one that is queued, if there is one."""
        self.tag, self.queued, self.seeks = self.queued, None, 0

    def skip(self, tag):
        if tag == self.tag:
            self.go_on()

    def drop(self, tag):
        if tag == self.queued:
            self.queued = None
        elif tag == self.tag:
            self.go_on()

    def stop(self):
        self.tag = self.queued = None

    def seek(self, tag, seconds, number):
        if tag == self.tag:
            self.seeks = number

    def move(self, buffer, tag, index, seconds, seeks, loudness):
        self.tag, self.queued, self.seeks = tag, None, seeks

    def reached(self, tag, number):
        return False

    def position_s(self, tag):
        return 0.0

    def refilled(self):
        pass

    def set_volume(self, percent):
        pass

    set_gain = set_volume

    pause = resume = close = refilled


class Pair:
    """One random exchange, performed on the model and on the adapter."""

    def __init__(self, bounds, monkeypatch):
        self.loop, self.delivered = Loop(), []
        monkeypatch.setattr(adapter, "Player", SilentPlayer)
        monkeypatch.setattr(adapter.asyncio, "get_running_loop", lambda: self.loop)
        self.sound = adapter.Sound(None, self.delivered.append)
        self.player = self.sound._player
        self.model = Model(bounds, Memory())
        self.world = self.model.start()
        self._perform_on_both()

    def _perform_on_both(self):
        model_sound = self.model.client.sound
        perform = model_sound.perform

        def perform_both(world, effect, owner):
            if isinstance(effect, do.SoundEffect):
                self.sound.perform(effect)
            before = world.reports
            if isinstance(effect, do.SeekPlayer | do.FindPlace):
                # What is reported of the place before is reported anew, of this one.
                before = tuple(r for r in before if not isinstance(r, UNTIL_SOUGHT))
            perform(world, effect, owner)
            self.report_what_is_new(before)

        model_sound.perform = perform_both

    def report_what_is_new(self, before):
        """Let the adapter's player report what the model's has reported since `before`."""
        after = self.world.reports
        if after[: len(before)] == before:
            for event in after[len(before) :]:
                self.report(event)

    def report(self, event):
        tag, seeks = self.player.tag, self.player.seeks
        match event:
            case on.NextBufferFull(reason):
                following = self.sound._next.tag
                self.loop.call_soon(self.sound._deliver_no_room, following, reason)
            case on.BufferFull(reason):
                present = self.sound._song.tag
                self.loop.call_soon(self.sound._deliver_no_room, present, reason)
            case on.BufferRanDry():
                self.player.report(reports.RanDry(tag, seeks))
            case on.PlaceNotHere(needed_bytes, from_bytes, 0):
                if tag is None:  # the adapter finds the place itself, of a song that has frames
                    song = self.sound._song
                    self.loop.call_soon(self.sound._deliver_for, song.tag, event, song.seeks)
                else:
                    report = reports.PlaceNotHere(tag, needed_bytes, from_bytes, seeks)
                    self.player.report(report)
            case on.DeviceLost(reason):
                self.player.report(reports.DeviceLost(tag, reason))
            case on.PlayedOut():
                self.player.report(reports.PlayedOut(tag, samples=0))
                self.player.go_on()
            case on.Undecodable(reason):
                self.player.report(reports.Undecodable(tag, reason))
                self.player.go_on()
            case on.OutputFailed(reason):
                self.player.report(reports.OutputFailed(tag, reason))
                self.player.go_on()

    def move(self, move):
        """Make one move of the exchange; the adapter delivers each report that is received."""
        if move == REPORT_RECEIVED:
            assert self.next_delivered() == self.world.reports[0]
        before = self.world.reports
        self.model.apply(self.world, move)
        if move.name in ("plays_out", "runs_dry", "fails"):
            self.report_what_is_new(before)

    def next_delivered(self):
        """The next event that the adapter delivers; None if it delivers none."""
        self.delivered.clear()
        while self.loop.callbacks and not self.delivered:
            callback, arguments = self.loop.callbacks.popleft()
            callback(*arguments)
        return self.delivered[0] if self.delivered else None


def walk(pair, chance):
    """Make random moves, more of those that happen by themselves; count the reports received."""
    received = 0
    for _ in range(MOVES):
        moves = pair.model.moves(pair.world)
        if not moves:
            break
        certain = [move for move in moves if move.certain]
        move = chance.choice(certain if certain and chance.random() < 0.7 else moves)
        received += move == REPORT_RECEIVED
        pair.move(move)
    while pair.world.reports:
        pair.move(REPORT_RECEIVED)
        received += 1
    assert pair.next_delivered() is None
    return received


@pytest.mark.parametrize("name", BOUNDS)
def test_the_same_reports_are_delivered(name, monkeypatch):
    chance = random.Random(name)
    assert sum(walk(Pair(BOUNDS[name], monkeypatch), chance) for _ in range(WALKS)) > WALKS
