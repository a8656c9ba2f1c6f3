"""Both machines followed by what passes: no exchange of ours is a violation, others' are."""

import random

import pytest

from fsm import events as on
from fsm.table import UnexpectedEvent
from net.framing import audio_message
from traces import server_follower
from traces.following import Follower
from traces.recorder import CLIENT, SERVER
from traces.seen_client import SEEN_CLIENT, SeenClient
from traces.server_follower import MOST_ANSWERS, MOST_UNREAD, ServerFollower
from verify.bounds import Bounds, ServerKind, Trouble
from verify.exchange.messages import END
from verify.exchange.world import state_of
from verify.model.moves import Model
from verify.suites.default import EVERYTHING
from verify.watched import Memory

OUT_OF_ORDER = (ServerKind.REPEATING, ServerKind.ACCEPTING_LATE)
"""They answer a second time, or SETUP after what came later: violations, of section 6."""
KINDS = [kind for kind in ServerKind if kind not in OUT_OF_ORDER]
WALKS, MOVES = 25, 80
RARE = {"loses": 0.02, "fails": 0.05}


class Between:
    """What stands on the wire of an explored exchange, at one of its ends."""

    def __init__(self):
        self.begin()

    passed = 0

    def begin(self):
        self.client, self.server = SeenClient(), ServerFollower()

    def request(self, message):
        event = message.event or on.RequestsEnded()
        self.client.handle(event)  # raises UnexpectedEvent for what a client may not send
        self.server.requested(event)

    def response(self, message):
        if message is END:
            return
        legal = self.server.answered(message.event)
        self.passed += 1
        assert not legal, f"{message}: {self.server.state}, legal: {legal}"
        self.client.handle(message.event)


def walk(model, chance, at_the_client):
    """Let anything happen; show the wire to what follows it; return how many answers passed."""
    world, between = model.start(), Between()
    for _ in range(MOVES):
        moves = model.moves(world)
        if not moves:
            break
        weights = [RARE.get(move.name, 1 if move.certain else 0.4) for move in moves]
        [move] = chance.choices(moves, weights)
        before = model.start()
        before.load(state_of(world))
        model.apply(world, move)
        if move.name == "connects":
            between.begin()
        taken = {"server_receives": before.requests[:1], "client_receives": before.responses[:1]}
        sent = {
            "requests": world.requests[len(before.requests) - (move.name == "server_receives") :],
            "responses": world.responses[
                len(before.responses) - (move.name == "client_receives") :
            ],
        }
        requests = sent["requests"] if at_the_client else taken.get("server_receives")
        responses = taken.get("client_receives") if at_the_client else sent["responses"]
        if move.name not in ("client_receives", "server_receives") and at_the_client:
            responses = ()
        # What a client sends because of what it has received comes behind that.
        received = at_the_client and move.name == "client_receives"
        for message in responses or () if received else ():
            between.response(message)
        if at_the_client or move.name == "server_receives":
            for message in requests or ():
                between.request(message)
        for message in () if at_the_client else responses or ():
            between.response(message)
    return between.passed


@pytest.mark.parametrize("at_the_client", [True, False], ids=["at the client", "at the server"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.lower())
def test_no_explored_exchange_is_a_violation(kind, at_the_client):
    troubles = (Trouble.FILE_FAILS, Trouble.SERVER_ENDS)
    plain = kind is not ServerKind.CLOSING
    bounds = Bounds(
        *("walked",),
        server=kind,
        requests=1 if kind is ServerKind.ONE_SONG else 3,
        losses=None,
        full=plain,
        person=EVERYTHING,
        troubles=0 if plain else 1,
        trouble=() if plain else troubles,
    )
    model = Model(bounds, Memory())
    passed = sum(walk(model, random.Random(seed), at_the_client) for seed in range(WALKS))
    assert passed > 100 or kind is ServerKind.MUTE


SETUP, REPLY = b"SETUP ends END END", b"RESP 101 END alfine/1 ends END END"
AUDIO, CLOSED = audio_message(b"audio"), b"RESP 200 END  END END"
SONGS, LISTED = b"RESP 100 END 1. a END END", b"RESP 100 END  END END"
NOT_FOUND = b"ERRO 404 END END"


def play(song_id):
    return f"PLAY {song_id} END END".encode()


def follow(*exchange):
    """Show messages to a follower, the client's in upper case words; return what it saw last."""
    follower = Follower()
    seen = []
    for data in exchange:
        answer = data[:4] in (b"RESP", b"ERRO", b"HTTP") or data[:6] == b"answer"
        seen += follower.follow(SERVER if answer else CLIENT, data)
    assert not [each for each in seen[:-1] if each.legal]
    return seen[-1]


@pytest.mark.parametrize(
    ("exchange", "legal"),
    [
        # the server's violations
        ((SETUP, REPLY, AUDIO), ("nothing",)),
        ((SETUP, REPLY, b"LIST END END", AUDIO), ("RESP 100 with songs", "RESP 100, empty")),
        (
            (SETUP, REPLY, b"LIST END END", SONGS, NOT_FOUND),
            ("RESP 100 with songs", "RESP 100, empty"),
        ),
        ((SETUP, REPLY, b"LIST END END", SONGS, LISTED, LISTED), ("nothing",)),
        (
            (SETUP, REPLY, b"PLAY 1 END END", SONGS),
            ("RESP 200 with audio", "RESP 200, empty", "ERRO 404"),
        ),
        ((SETUP, REPLY, b"PLAY 1 END END", AUDIO, CLOSED, AUDIO), ("nothing",)),
        ((SETUP, REPLY, b"PLAY 1 END END", AUDIO, CLOSED, CLOSED), ("nothing",)),
        ((SETUP, REPLY, b"PLAY 1 END END", b"STOP END END", CLOSED, AUDIO), ("nothing",)),
        ((SETUP, REPLY, REPLY), ("nothing",)),
        ((b"PLAY 1 END END", AUDIO, CLOSED), ("RESP 200 with audio", "ERRO 404")),
        ((b"STOP END END", AUDIO), ("nothing",)),
        ((b"LIST END END", AUDIO), ("RESP 100 with songs",)),
        ((SETUP, AUDIO), ("ERRO 404", "RESP 101")),
        (
            (b"LIST END END", b"RESP 999 END x END END"),
            ("RESP 100", "RESP 101", "RESP 200", "ERRO 404"),
        ),
        (
            (b"LIST END END", b"HTTP/1.1 400 END END"),
            ("RESP 100", "RESP 101", "RESP 200", "ERRO 404"),
        ),
        # the client's violations
        ((b"HELO END END",), ("SETUP", "LIST", "PLAY id", "STOP")),
        ((b"PLAY 0 END END",), ("SETUP", "LIST", "PLAY id", "STOP")),
        ((SETUP, b"PLAY 1 END END"), ("LIST",)),
        ((SETUP, SETUP), ("LIST",)),
        ((SETUP, NOT_FOUND, b"TEARDOWN END END"), ("LIST", "PLAY id", "STOP")),
        ((SETUP, REPLY, b"TEARDOWN END END", b"LIST END END"), ("nothing",)),
        ((b"x" * 5000,), ("SETUP", "LIST", "PLAY id", "STOP")),
    ],
)
def test_a_violation_says_what_would_have_been_legal(exchange, legal):
    assert follow(*exchange).legal == legal


@pytest.mark.parametrize(
    "exchange",
    [
        # A request on its way is not yet read: what was asked for before goes on.
        (SETUP, REPLY, b"PLAY 1 END END", AUDIO, b"STOP END END", AUDIO, CLOSED),
        (SETUP, REPLY, b"PLAY 1 END END", b"LIST END END", AUDIO, SONGS, LISTED, AUDIO, CLOSED),
        (SETUP, REPLY, b"PLAY 1 END END", b"LIST END END", AUDIO, CLOSED, SONGS, LISTED),
        (SETUP, REPLY, b"PLAY 1 END END", b"PLAY 2 END END", AUDIO, CLOSED, AUDIO, CLOSED),
        (SETUP, REPLY, b"PLAY 1 END END", b"STOP END END", AUDIO, CLOSED, b"STOP END END"),
        (SETUP, REPLY, *map(play, (1, 9)), b"LIST END END", CLOSED, NOT_FOUND, SONGS, LISTED),
        (SETUP, REPLY, b"PLAY 1 END END", AUDIO, NOT_FOUND),
        (SETUP, REPLY, b"LIST END ENDLIST END END", SONGS, LISTED, SONGS, LISTED),
        (SETUP, REPLY, b"LIST END END", LISTED),
        # plain servers
        (SETUP, NOT_FOUND, b"LIST END END", SONGS, SONGS, play(1), AUDIO, b"LIST END END", SONGS),
        (b"LIST END END", SONGS, play(1), AUDIO, b"LIST END END", SONGS, AUDIO),
        (SETUP, b"RESP 101 END x END END", b"LIST END END", SONGS),
        (SETUP, b"LIST END END", SONGS),
        (SETUP, b"LIST END END", NOT_FOUND, SONGS),
        (b"PLAY 9 END END", NOT_FOUND, b"PLAY 1 END END", AUDIO),
        # refused, and too slow
        (NOT_FOUND,),
        (b"LIST END END", SONGS, b"PLA", NOT_FOUND),
    ],
)  # fmt: skip
def test_what_is_legal_is_none(exchange):
    assert follow(*exchange).legal == ()


def test_an_end_in_a_message_is_a_violation_and_one_between_two_is_none():
    follower = Follower()
    follower.follow(CLIENT, b"LIST END END")
    follower.follow(SERVER, b"RESP 100 END 1. a")
    [seen] = follower.follow(SERVER, b"")
    assert seen.legal == ("its END END",)
    follower = Follower()
    [seen] = follower.follow(SERVER, b"")
    assert not seen.legal
    assert follower.follow(SERVER, b"LIST") == []


def test_states_are_those_after_all_that_has_passed():
    follower = Follower()
    assert follower.states == ("SILENT", "IDLE")
    for sender, data, states in (
        (CLIENT, SETUP, ("OFFERING", "IDLE")),
        (SERVER, REPLY, ("CLOSING_SERVER", "IDLE")),
        (CLIENT, b"PLAY 1 END END", ("CLOSING_SERVER", "STREAMING")),
        (CLIENT, b"LIST END END", ("CLOSING_SERVER", "LISTING_WHILE_STREAMING")),
        (SERVER, SONGS + LISTED, ("CLOSING_SERVER", "STREAMING")),
        (SERVER, AUDIO + CLOSED, ("CLOSING_SERVER", "IDLE")),
        (CLIENT, b"TEARDOWN END END", ("LEAVING", "CLOSING")),
    ):
        follower.follow(sender, data)
        assert follower.states == states, data
    follower.lost()
    assert follower.states[1] == "CLOSED"


def test_any_number_of_requests_may_be_on_their_way():
    follower = Follower()
    for _ in range(3 * MOST_UNREAD):
        follower.follow(CLIENT, b"STOP END ENDPLAY 1 END END")
    [seen] = follower.follow(SERVER, AUDIO)
    assert not seen.legal


def test_a_server_that_owes_too_much_is_not_followed_any_more():
    follower = Follower()
    follower.follow(CLIENT, b"LIST END END" * (MOST_ANSWERS + 1))
    [seen] = follower.follow(SERVER, AUDIO)
    assert not seen.legal


@pytest.mark.parametrize(
    ("requests", "most"),
    [
        (b"SETUP ends END END", 2_000),
        (b"SETUP END ENDLIST END ENDPLAY 1 END ENDSTOP END END", 2_000),
        (b"PLAY 1 END END", 50_000),
        (b"LIST END ENDX END END", 50_000),
    ],
)
def test_no_flood_of_requests_makes_much_work(monkeypatch, requests, most):
    calls = 0
    told = server_follower._told

    def counted(world, event):
        nonlocal calls
        calls += 1
        assert calls <= most
        return told(world, event)

    monkeypatch.setattr(server_follower, "_told", counted)
    follower = Follower()
    for _ in range(2 * MOST_UNREAD):
        follower.follow(CLIENT, requests)
    for _ in range(100):
        follower.follow(SERVER, AUDIO)
    assert calls


def test_two_offers_on_their_way_are_followed():
    follower = Follower()
    follower.follow(CLIENT, SETUP + SETUP + b"LIST END ENDPLAY 1 END END")
    for message in (REPLY, REPLY, SONGS, LISTED, AUDIO):
        assert all(not seen.legal for seen in follower.follow(SERVER, message))
    [seen] = follower.follow(SERVER, LISTED)
    assert seen.legal == ("RESP 200 with audio", "RESP 200, empty", "ERRO 404")


def test_whatever_comes_is_printable():
    follower = Follower()
    seen = follower.follow(CLIENT, b"\x1b[2J\x9b\xff END ENDSETUP \x1b]0;x END END")
    seen += follower.follow(SERVER, b"RESP 101 END \x1b[31m \x7f END ENDRESP \x1b[2 END END")
    assert len(seen) >= 4
    for message in seen:
        assert message.message.isprintable()
        assert message.message.isascii()


@pytest.mark.parametrize("state", SEEN_CLIENT.states, ids=lambda state: state.name)
@pytest.mark.parametrize("event", SEEN_CLIENT.events, ids=lambda event: event.__name__)
def test_the_client_as_seen_meets_every_event(state, event):
    group = SEEN_CLIENT.group(state, event)
    for tokens in (("alfine/1", "ends"), ("alfine/1",)):
        session = SeenClient()
        session.state = state
        given = {"song_id": 1} if event in (on.PlayRequested, on.PlayFromRequested) else {}
        given |= {"offset": 1} if event is on.PlayFromRequested else {}
        given |= {"tokens": tokens} if event.__name__ == "SetupReceived" else {}
        if not group:
            with pytest.raises(UnexpectedEvent):
                session.handle(event(**given))
            continue
        session.handle(event(**given))
        guarded = len(group) > 1 and "ends" not in tokens
        assert session.state is group[guarded].next_state
