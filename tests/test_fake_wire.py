"""A real client and a real server session, joined by a wire that delays, splits, joins and cuts.

Whatever happens, the MAD buffer holds a prefix of the song that was requested last.
"""

from collections import deque

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fsm import effects as server_effects
from fsm import events
from fsm.client import effects
from fsm.client import events as client_events
from fsm.client.conversation.table import ConversationState
from fsm.client.effects import Buffer
from fsm.client.link.table import LinkState
from fsm.client.machines import ClientSession
from fsm.client.player import PlayerState
from fsm.client.song.table import SongState
from fsm.server import ServerSession, ServerState
from net.framing import AUDIO_CLOSING, audio_message, chunks
from net.responses import ResponseDecoder
from net.wire import (
    LIST_CLOSING,
    NOT_FOUND,
    RequestDecoder,
    encode_request,
    list_messages,
    setup_message,
)

TITLES = ["one", "two THE END END", "three"]
SONGS = {
    "one": b"1" * 9000,
    "two THE END END": (b"2 END END" * 1500),
    "three": b"END" + b"3" * 4093 + b" END",
}


class ServerSide:
    """What the server's connection does: answers are sent before the next audio message."""

    def __init__(self, titles, plain):
        self.titles = titles
        self.plain = plain
        self.session = ServerSession(range(1, len(titles) + 1))
        self.decoder = RequestDecoder()
        self.answers = deque()
        self.song = None

    def receive(self, data):
        for request in self.decoder.feed(data):
            if self.plain and isinstance(request, events.SetupRequested):
                request = events.RequestNotUnderstood("SETUP")
            self.fire(request)

    def fire(self, event):
        for effect in self.session.handle(event):
            match effect:
                case server_effects.StartSong(song_id):
                    self.song = deque(chunks(SONGS[self.titles[song_id - 1]]))
                case server_effects.StopSong():
                    self.song = None
                case server_effects.CloseAtBoundary():
                    self.answers.clear()
                case _:
                    self.answers.append(effect)

    def has_work(self):
        return bool(self.answers) or self.song is not None

    def next_message(self):
        if self.answers:
            return self.answer(self.answers.popleft())
        message = audio_message(self.song.popleft())
        if not self.song:
            self.song = None
            self.fire(events.SongSent())
        return message

    def answer(self, effect):
        match effect:
            case server_effects.SendSongList(closes):
                self.fire(events.ListSent())
                song_list = b"".join(list_messages(enumerate(self.titles, 1)))
                return song_list + (LIST_CLOSING if closes else b"")
            case server_effects.SendNotFound():
                return NOT_FOUND
            case server_effects.SendClosing():
                return AUDIO_CLOSING
            case server_effects.SendSetupReply(tokens):
                return setup_message(tokens)
        return b""


class FakeWire(RuleBasedStateMachine):
    """Its rules are what a person, a network, a clock and a player may do."""

    @initialize(
        prebuffer=st.integers(1, 3), plain=st.booleans(), told=st.booleans(), greeted=st.booleans()
    )
    def begin(self, prebuffer, plain, told, greeted):
        """told: the client is told that the server is plain. greeted: the greeting is over."""
        self.client = ClientSession(prebuffer, plain=plain and told)
        self.plain = plain
        self.titles = list(TITLES)
        self.server = None
        self.upstream = self.downstream = b""
        self.unwritten = deque()
        self.timers = {}
        self.buffer = b""
        self.complete = False
        self.wanted = None
        self.chosen_by_id = False
        self.dry = False
        self.connecting = True
        if greeted:
            self.connect()
            self.flow()

    # The effects of the client

    def fire(self, event):
        for effect in self.client.handle(event):
            match effect:
                case effects.SendRequest(request) if self.server:
                    self.upstream += encode_request(effect)
                    self.unwritten.append(request)
                case effects.Connect():
                    self.connecting = True
                case effects.StartTimer(timer, _):
                    self.timers[type(timer)] = timer
                case effects.ScheduleRetry():
                    self.timers[client_events.RetryDue] = client_events.RetryDue()
                case effects.CancelTimer(timer):
                    self.timers.pop(timer, None)
                case effects.DropBuffers():
                    self.buffer, self.complete, self.dry = b"", False, False
                case effects.AppendAudio(Buffer.PRESENT, data):
                    assert not self.complete, "audio behind the end of a song"
                    self.buffer += data
                case effects.FinishBuffer(Buffer.PRESENT):
                    self.complete = self.song in (SongState.WHOLE, SongState.SUPPOSED)
                case effects.ReopenBuffer():
                    self.complete = False
                case effects.RefillPlayer():
                    self.dry = False
                case effects.Disconnect() | effects.DisconnectForGood():
                    self.cut()

    @property
    def song(self):
        return self.client.song.state

    @property
    def player(self):
        return self.client.player.state

    @property
    def all_is_here(self):
        """All that will come of the song is here."""
        return self.song in (SongState.WHOLE, SongState.SUPPOSED, SongState.BROKEN)

    # A person

    @rule()
    def list_songs(self):
        self.fire(events.ListRequested())

    @rule(song_id=st.integers(1, 4))
    def play(self, song_id):
        shown = {s.song_id: s.title for s in self.client.link.songs}
        self.chosen_by_id = song_id not in shown
        self.wanted = shown.get(song_id, self.titles[song_id - 1] if song_id < 4 else None)
        self.fire(events.PlayRequested(song_id))

    @rule()
    def stop(self):
        self.wanted = None
        self.fire(events.StopRequested())

    # A network

    @precondition(lambda self: self.connecting)
    @rule()
    def connect(self):
        self.connecting = False
        self.server = ServerSide(self.titles, self.plain)
        self.upstream = self.downstream = b""
        self.unwritten.clear()
        self.decoder = ResponseDecoder()
        self.fire(client_events.Connected())

    @precondition(lambda self: self.connecting)
    @rule()
    def refuse(self):
        self.connecting = False
        self.fire(client_events.ConnectFailed("refused"))

    @precondition(lambda self: self.server and self.unwritten)
    @rule()
    def write(self):
        """A request is handed to the kernel."""
        self.fire(client_events.RequestWritten(self.unwritten.popleft()))

    @precondition(lambda self: self.server)
    @rule(size=st.integers(1, 40))
    def deliver_requests(self, size):
        data, self.upstream = self.upstream[:size], self.upstream[size:]
        self.server.receive(data)

    @precondition(lambda self: self.server and self.server.has_work())
    @rule(messages=st.integers(1, 5))
    def send(self, messages):
        for _ in range(messages):
            if self.server.has_work():
                self.downstream += self.server.next_message()

    @precondition(lambda self: self.server and self.downstream)
    @rule(size=st.integers(1, 20_000))
    def deliver_responses(self, size):
        data, self.downstream = self.downstream[:size], self.downstream[size:]
        for event in self.decoder.feed(data):
            self.fire(event)

    @precondition(lambda self: self.server)
    @rule()
    def flow(self):
        """Everything that is in flight arrives, in large pieces."""
        for _ in range(20):
            if self.silent():
                return
            while self.unwritten:
                self.write()
            self.deliver_requests(10_000)
            self.send(10_000)
            self.deliver_responses(1_000_000)
        raise AssertionError("the two sides send for ever")

    @precondition(lambda self: self.server)
    @rule(renumbered=st.booleans())
    def cut(self, renumbered=False):
        if self.server.session.state is not ServerState.CLOSED:
            self.server.fire(events.ConnectionLost())
        self.server = None
        if renumbered and not self.chosen_by_id:  # else the client cannot know which song is meant
            self.titles = self.titles[1:] + self.titles[:1]
        self.fire(events.ConnectionLost("cut"))

    @precondition(lambda self: self.server and self.silent())
    @rule()
    def hang_up(self):
        """A server that has nothing to send closes the connection in order."""
        if self.server.session.state is not ServerState.CLOSED:
            self.server.fire(events.ConnectionLost())
        self.server = None
        self.fire(client_events.ServerClosed("it closed"))

    # A clock: it is silent only while nothing is in flight

    def silent(self):
        has_work = self.server and self.server.has_work()
        return not (self.unwritten or self.upstream or self.downstream or has_work)

    @precondition(lambda self: client_events.RetryDue in self.timers)
    @rule()
    def retry(self):
        self.fire(self.timers.pop(client_events.RetryDue))

    @precondition(
        lambda self: self.server and self.silent() and set(self.timers) - {client_events.RetryDue}
    )
    @rule()
    def let_time_pass(self):
        timer = next(t for t in self.timers if t is not client_events.RetryDue)
        self.fire(self.timers.pop(timer))

    # A player

    @precondition(
        lambda self: (
            self.player is PlayerState.RUNNING and self.song is SongState.ENOUGH and not self.dry
        )
    )
    @rule()
    def run_dry(self):
        self.dry = True
        self.fire(client_events.BufferRanDry())

    @precondition(lambda self: self.all_is_here)
    @rule()
    def play_out(self):
        self.fire(client_events.PlayedOut())

    # What is always true

    @invariant()
    def the_buffer_holds_a_prefix_of_the_song_requested_last(self):
        if getattr(self, "buffer", b""):
            assert self.wanted is not None
            assert SONGS[self.wanted].startswith(self.buffer)

    @invariant()
    def complete_means_all_of_it(self):
        if getattr(self, "complete", False):
            assert self.buffer == SONGS[self.wanted]

    def teardown(self):
        """In the end everything arrives: the song is whole, and nothing is owed."""
        if not hasattr(self, "client"):
            return
        for _ in range(200):
            if self.connecting:
                self.connect()
            elif self.server and not self.silent():
                self.flow()
            elif self.timers:
                self.fire(self.timers.pop(next(iter(self.timers))))
            elif self.all_is_here:
                self.play_out()
            else:
                break
        assert (self.song, self.player) == (SongState.UNWANTED, PlayerState.SILENT)
        at_rest = (LinkState.ONLINE, LinkState.UNLISTED, LinkState.OFFLINE, LinkState.RESTING)
        assert self.client.link.state in at_rest
        conversation = self.client.conversation
        assert not conversation.lists
        if conversation.state is ConversationState.CLOSING_SERVER:
            assert not conversation.wanted_open
            assert conversation.late_songs == 0


FakeWire.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestFakeWire = FakeWire.TestCase
