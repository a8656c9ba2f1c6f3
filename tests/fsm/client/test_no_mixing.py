"""Random runs: whatever a person does, each buffer holds one song's own audio, from its start.

A server that closes its answers, two buffers and a player are modelled in a few lines each. A
seeded random choice says what happens next: songs end, fail, follow, are skipped and repeated.
"""

from __future__ import annotations

import random

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.conversation.table import ConversationState
from fsm.client.effects import Buffer
from fsm.client.link.table import LinkState
from fsm.client.machines import ClientSession
from fsm.client.player import PlayerState
from fsm.client.queue.edits import Append, Clear, Insert, Load, Move, Remove, Shuffle
from fsm.client.queue.table import QueueState
from fsm.client.requests import Repeat
from fsm.client.song.table import SongState
from fsm.words import Request

STEPS = 150
MISSING = 9
UNREADABLE = 8
"""A song that the server cannot read to its end."""
LENGTHS = {1: 1, 2: 2, 3: 5, 4: 3, 5: 0, UNREADABLE: 3}
"""How many audio messages each song has."""


def messages(song_id):
    return [bytes([song_id, n]) for n in range(LENGTHS[song_id])]


class Server:
    """Sends its answers in order; the song goes on when no answer waits."""

    def __init__(self):
        self.song, self.answers = [], []

    def receive(self, request):
        match request:
            case do.SendRequest(Request.LIST):
                songs = tuple(on.ListedSong(n, f"song {n}") for n in LENGTHS)
                self.answers += [on.ListReceived(songs), on.ListReceived(())]
            case do.SendRequest(Request.SETUP):
                self.answers.append(on.SetupReceived(("alfine/1", "ends")))
            case do.SendRequest(Request.STOP):
                self.cut()
            case do.SendRequest(Request.PLAY, song_id):
                self.cut()
                if song_id == MISSING:
                    self.answers.append(on.NotFoundReceived())
                else:
                    self.song = [on.AudioReceived(data) for data in messages(song_id)]
                    last = on.NotFoundReceived() if song_id == UNREADABLE else on.AudioReceived(b"")
                    self.song.append(last)

    def cut(self):
        if self.song:
            self.answers += [on.AudioReceived(b"")]
        self.song = []


class World:
    """A client, its server, its buffers and its player."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.client = ClientSession(prebuffer_msgs=2)
        self.server = Server()
        self.present, self.next = [], []
        self.whole, self.next_whole = False, False
        self.plays, self.next_queued, self.dry = False, False, False
        self.connected = False
        self.connecting = True
        self.retry = False

    def fire(self, event):
        for effect in self.client.handle(event):
            self.perform(effect)
        self.check()

    def perform(self, effect):
        match effect:
            case do.SendRequest() if self.connected:
                self.server.receive(effect)
            case do.Connect():
                self.connecting = True
            case do.ScheduleRetry():
                self.retry = True
            case do.CancelTimer(on.RetryDue):
                self.retry = False
            case do.AppendAudio(Buffer.PRESENT, data):
                assert not self.whole
                self.present.append(data)
            case do.AppendAudio(Buffer.NEXT, data):
                assert not self.next_whole
                self.next.append(data)
            case do.FinishBuffer(Buffer.PRESENT):
                self.whole = True
            case do.FinishBuffer(Buffer.NEXT):
                self.next_whole = True
            case do.DropBuffers():
                self.drop_next()
                self.leave()
                self.plays = False
            case do.DropNextBuffer():
                self.drop_next()
            case do.LeaveSong():
                self.leave()
            case do.SkipSong():
                self.plays, self.next_queued = self.next_queued, False
                self.leave()
            case do.StartPlayer():
                assert not self.plays, "the player is started a second time"
                assert len(self.present) >= 2 or self.whole
                self.plays, self.dry = True, False
            case do.QueueNextSong():
                assert len(self.next) >= 2 or self.next_whole
                self.next_queued = True
            case do.RefillPlayer():
                self.dry = False
            case do.Tell(do.Report.SONG_PLAYED, song_id):
                assert self.heard == messages(song_id), "told as played, but not heard whole"

    def drop_next(self):
        self.next, self.next_whole, self.next_queued = [], False, False

    def leave(self):
        self.present, self.next = self.next, []
        self.whole, self.next_whole = self.next_whole, False
        self.dry = False

    def check(self):
        queue, song, player = self.client.queue, self.client.song, self.client.player
        if self.present:
            assert self.present == messages(queue.current)[: len(self.present)]
        if self.next:
            assert self.next == messages(queue.ahead)[: len(self.next)]
        runs = player.state is not PlayerState.SILENT
        assert self.plays == runs, "the player runs when its machine says so"
        assert (player.state is PlayerState.QUEUED) == self.next_queued
        assert (queue.state is QueueState.IDLE) == (song.state is SongState.UNWANTED)

    # What can happen

    def moves(self):
        moves = []
        if self.connecting:
            moves.append(self.connect)
        if self.retry:
            moves.append(self.retry_now)
        if self.server.answers or self.server.song:
            moves.append(self.arrive)
        if self.plays and self.whole:
            moves.append(self.play_out)
        return moves

    def connect(self):
        self.connecting, self.connected = False, True
        self.server = Server()
        self.fire(on.Connected())

    def retry_now(self):
        self.retry = False
        self.fire(on.RetryDue())

    def arrive(self):
        server = self.server
        self.fire(server.answers.pop(0) if server.answers else server.song.pop(0))

    def play_out(self):
        self.heard = self.present
        # The player goes on by itself before the machines are told.
        self.plays, self.next_queued = self.next_queued, False
        self.fire(on.PlayedOut())

    def lose(self):
        # A server that hangs up on SETUP is a plain one from then on (protocol.md 7).
        if self.connected and self.client.conversation.state is not ConversationState.OFFERING:
            self.connected, self.server = False, Server()
            self.fire(on.ConnectionLost("reset"))

    def run_dry(self):
        playing = self.client.player.state is PlayerState.RUNNING
        if playing and self.client.song.state is SongState.ENOUGH and not self.dry:
            self.dry = True
            self.fire(on.BufferRanDry())

    def command(self):
        songs = [*LENGTHS, MISSING]
        self.fire(
            self.random.choice(
                [
                    on.PlayRequested(self.random.choice(songs)),
                    on.StopRequested(),
                    on.ListRequested(),
                    ask.NextRequested(),
                    ask.NextRequested(),
                    ask.PrevRequested(),
                    ask.EditRequested(Clear()),
                    ask.EditRequested(Shuffle(self.random.randrange(100))),
                    ask.RepeatRequested(self.random.choice(list(Repeat))),
                    ask.EditRequested(Append(tuple(self.random.choices(songs, k=3)))),
                    ask.EditRequested(Append((self.random.choice(songs),))),
                    ask.EditRequested(Insert((self.random.choice(songs),))),
                    ask.EditRequested(Remove((self.random.randrange(1, 4),))),
                    ask.EditRequested(Move(self.random.randrange(1, 4), 1)),
                    ask.EditRequested(Load(tuple(self.random.choices(songs, k=2)))),
                    ask.UndoRequested(),
                    ask.SeekRequested(1.0),
                    ask.PauseRequested(),
                    ask.ResumeRequested(),
                ]
            )
        )

    def step(self):
        draw = self.random.random()
        if draw < 0.02:
            self.lose()
        elif draw < 0.05:
            self.run_dry()
        elif draw < 0.3:
            self.command()
        elif moves := self.moves():
            self.random.choice(moves)()


@pytest.mark.parametrize("seed", range(200))
def test_each_buffer_holds_one_songs_own_audio(seed):
    world = World(seed)
    for _ in range(STEPS):
        world.step()
    # In the end the person types nothing more, and all that was requested is heard.
    world.fire(ask.RepeatRequested(Repeat.OFF))
    for _ in range(2000):
        moves = world.moves()
        if not moves:
            break
        moves[0]()
    assert world.client.queue.state is QueueState.IDLE, "something is waited for that never comes"
    assert not world.client.queue.upcoming or world.client.link.state is not LinkState.WAITING
