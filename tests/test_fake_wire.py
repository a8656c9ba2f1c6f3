"""A real client and a real server session, joined by a wire that delays, splits, joins and cuts.

Whatever happens, what reached the decoder is a prefix of the song that was asked for last.
"""

from collections import deque

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fsm import effects as do
from fsm import events as on
from fsm.client import effects as client_do
from fsm.client import events as client_on
from fsm.client.link_table import LinkState
from fsm.client.machines import ClientSession
from fsm.client.playback_table import PlaybackState
from fsm.server import ServerSession, ServerState
from net.framing import AUDIO_CLOSING, audio_message, chunks
from net.wire import (
    LIST_CLOSING,
    NOT_FOUND,
    RequestDecoder,
    ResponseDecoder,
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
LIST_WENT_QUIET = (client_on.ListWentQuiet, client_on.SongWentQuiet)


class ServerSide:
    """What the server's sockets would do: the answers that wait go before the next audio."""

    def __init__(self, titles, plain):
        self.titles = titles
        self.plain = plain
        self.session = ServerSession(range(1, len(titles) + 1))
        self.decoder = RequestDecoder()
        self.answers = deque()
        self.song = None

    def hear(self, data):
        for request in self.decoder.feed(data):
            if self.plain and isinstance(request, on.SetupRequested):
                request = on.RequestNotUnderstood("SETUP")
            self.fire(request)

    def fire(self, event):
        for effect in self.session.handle(event):
            match effect:
                case do.StartSong(song_id):
                    self.song = deque(chunks(SONGS[self.titles[song_id - 1]]))
                case do.StopSong():
                    self.song = None
                case do.CloseAtBoundary():
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
            self.fire(on.SongSent())
        return message

    def answer(self, effect):
        match effect:
            case do.SendSongList(closes):
                self.fire(on.ListSent())
                listing = b"".join(list_messages(enumerate(self.titles, 1)))
                return listing + (LIST_CLOSING if closes else b"")
            case do.SendNotFound():
                return NOT_FOUND
            case do.SendClosing():
                return AUDIO_CLOSING
            case do.SendSetupReply(tokens):
                return setup_message(tokens)
        return b""


class FakeWire(RuleBasedStateMachine):
    """Rules are what a person, a network, a clock and a player may do."""

    @initialize(
        prebuffer=st.integers(1, 3), plain=st.booleans(), told=st.booleans(), greeted=st.booleans()
    )
    def begin(self, prebuffer, plain, told, greeted):
        self.client = ClientSession(prebuffer, plain=plain and told)
        self.plain = plain
        self.titles = list(TITLES)
        self.server = None
        self.upstream = self.downstream = b""
        self.timers = {}
        self.buffer = b""
        self.complete = False
        self.wanted = None
        self.by_number = False
        self.dry = False
        self.connecting = True
        if greeted:
            self.connect()
            self.flow()

    # What the effects of the client lead to

    def fire(self, event):
        for effect in self.client.handle(event):
            match effect:
                case client_do.SendRequest():
                    self.upstream += encode_request(effect) if self.server else b""
                case client_do.Connect():
                    self.connecting = True
                case client_do.StartTimer(timer, _):
                    self.timers[type(timer)] = timer
                case client_do.ScheduleRetry():
                    self.timers[client_on.RetryDue] = client_on.RetryDue()
                case client_do.CancelTimer(timer):
                    self.timers.pop(timer, None)
                case client_do.DropBuffer():
                    self.buffer, self.complete, self.dry = b"", False, False
                case client_do.AppendAudio(data):
                    assert not self.complete, "audio behind the end of a song"
                    self.buffer += data
                case client_do.FinishBuffer():
                    self.complete = self.playback is PlaybackState.FINISHING
                case client_do.RefillPlayer():
                    self.dry = False
                case client_do.HangUp():
                    self.cut()

    @property
    def playback(self):
        return self.client.playback.state

    # A person

    @rule()
    def list_songs(self):
        self.fire(on.ListRequested())

    @rule(song_id=st.integers(1, 4))
    def play(self, song_id):
        shown = {s.song_id: s.title for s in self.client.link.songs}
        self.by_number = song_id not in shown
        self.wanted = shown.get(song_id, self.titles[song_id - 1] if song_id < 4 else None)
        self.fire(on.PlayRequested(song_id))

    @rule()
    def stop(self):
        self.wanted = None
        self.fire(on.StopRequested())

    # A network

    @precondition(lambda self: self.connecting)
    @rule()
    def connect(self):
        self.connecting = False
        self.server = ServerSide(self.titles, self.plain)
        self.upstream = self.downstream = b""
        self.decoder = ResponseDecoder()
        self.fire(client_on.Connected())

    @precondition(lambda self: self.connecting)
    @rule()
    def refuse(self):
        self.connecting = False
        self.fire(client_on.ConnectFailed("refused"))

    @precondition(lambda self: self.server)
    @rule(size=st.integers(1, 40))
    def deliver_requests(self, size):
        data, self.upstream = self.upstream[:size], self.upstream[size:]
        self.server.hear(data)

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
        """Everything that is under way arrives, in large pieces."""
        for _ in range(20):
            if self.silent():
                return
            self.deliver_requests(10_000)
            self.send(10_000)
            self.deliver_responses(1_000_000)
        raise AssertionError("the two sides talk for ever")

    @precondition(lambda self: self.server)
    @rule(renumbered=st.booleans())
    def cut(self, renumbered=False):
        if self.server.session.state is not ServerState.CLOSED:
            self.server.fire(on.ConnectionLost())
        self.server = None
        if renumbered and not self.by_number:  # else nobody could know which song is meant
            self.titles = self.titles[1:] + self.titles[:1]
        self.fire(on.ConnectionLost("cut"))

    # A clock: silence is silence only while nothing is under way

    def silent(self):
        return not (self.upstream or self.downstream or (self.server and self.server.has_work()))

    @precondition(lambda self: client_on.RetryDue in self.timers)
    @rule()
    def retry(self):
        self.fire(self.timers.pop(client_on.RetryDue))

    @precondition(
        lambda self: self.server and self.silent() and set(self.timers) - {client_on.RetryDue}
    )
    @rule()
    def let_time_pass(self):
        timer = next(t for t in self.timers if t is not client_on.RetryDue)
        self.fire(self.timers.pop(timer))

    # A player

    @precondition(lambda self: self.playback is PlaybackState.PLAYING and not self.dry)
    @rule()
    def run_dry(self):
        self.dry = True
        self.fire(client_on.BufferRanDry())

    @precondition(
        lambda self: self.playback in (PlaybackState.FINISHING, PlaybackState.BREAKING_OFF)
    )
    @rule()
    def play_out(self):
        self.fire(client_on.PlayedOut())

    # What is always true

    @invariant()
    def heard_is_a_prefix_of_the_song_asked_for_last(self):
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
            elif self.playback in (PlaybackState.FINISHING, PlaybackState.BREAKING_OFF):
                self.play_out()
            else:
                break
        assert self.playback is PlaybackState.STOPPED
        at_rest = (LinkState.ONLINE, LinkState.UNLISTED, LinkState.OFFLINE)
        assert self.client.link.state in at_rest
        assert not self.client.answer_owed


FakeWire.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestFakeWire = pytest.mark.timeout(120)(FakeWire.TestCase)
