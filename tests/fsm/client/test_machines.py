"""The client as a whole: which machine receives which event, and how one song follows another."""

import ast
import inspect

import pytest

from fsm import events as shared
from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import machines
from fsm.client import requests as ask
from fsm.client.effects import Buffer
from fsm.client.machines import RECIPIENTS, SONG_ENDS, ClientSession
from fsm.client.player import PlayerState
from fsm.client.queue.edits import Append
from fsm.client.song.table import SongState
from fsm.events import Event
from fsm.table import Step
from tests.fsm.driver import CLOSED, ENDS_ACCEPTED, ClientDriver, audio, closing_server
from tests.fsm.test_tables import is_event

CLIENT = ClientSession()


# Recipients


def test_every_event_of_the_client_has_recipients():
    events = {
        value
        for module in (on, ask, internal)
        for value in vars(module).values()
        if is_event(value) and value is not Event
    }
    assert set(RECIPIENTS) == events


def test_every_event_is_listed_once():
    """A key that stands twice in a dictionary would replace the first one without a word."""
    tree = ast.parse(inspect.getsource(machines))
    (recipients,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "RECIPIENTS"
    )
    keys = [ast.unparse(key) for key in recipients.keys]
    assert len(keys) == len(set(keys)) == len(RECIPIENTS)


@pytest.mark.parametrize("event", RECIPIENTS, ids=lambda event: event.__name__)
def test_a_recipient_has_rows_for_the_event(event):
    names = RECIPIENTS[event]
    assert names
    assert len(set(names)) == len(names)
    for name in names:
        assert event in CLIENT.machines[name].table.events, name


@pytest.mark.parametrize("name", CLIENT.machines)
def test_a_machine_receives_every_event_that_it_has_rows_for(name):
    """The two song machines share a table: of a few of its events each receives its own."""
    table = CLIENT.machines[name].table
    same_table = [other for other, m in CLIENT.machines.items() if m.table is table]
    for event in table.events:
        assert set(same_table) & set(RECIPIENTS[event]), event.__name__
        assert name in RECIPIENTS[event] or len(same_table) > 1, event.__name__


PRESENT_ONLY = {
    on.Connected,
    internal.FromAccepted,
    on.BufferFull,
    ask.SeekRequested,
    on.BufferRanDry,
    on.PlaceNotHere,
    on.PlayedOut,
    on.Undecodable,
    internal.PlayerMoved,
    internal.SongSkipped,
    internal.SongBegan,
}
NEXT_ONLY = {
    internal.NextSongKnown,
    internal.NextSongDropped,
    on.NextBufferFull,
    internal.PlaceWanted,
}


def test_only_what_concerns_one_of_both_songs_is_received_by_one():
    received = {
        name: {event for event, names in RECIPIENTS.items() if name in names}
        for name in (machines.SONG, machines.NEXT_SONG)
    }
    assert received[machines.SONG] - received[machines.NEXT_SONG] == PRESENT_ONLY
    assert received[machines.NEXT_SONG] - received[machines.SONG] == NEXT_ONLY


def test_what_a_machine_says_is_received_by_some_machine():
    for session in CLIENT.machines.values():
        for event in session.says:
            assert RECIPIENTS[event], event.__name__


def test_every_internal_event_is_said_by_some_machine_or_by_the_client():
    said = {event for session in CLIENT.machines.values() for event in session.says}
    every = {v for v in vars(internal).values() if is_event(v) and v is not Event}
    assert every - said == {internal.SongBegan}


def test_no_event_of_the_server_alone_is_the_clients():
    servers = {
        value
        for value in vars(shared).values()
        if is_event(value) and value is not Event and value not in vars(on).values()
    }
    assert not servers & set(RECIPIENTS)


# Steps


def test_the_observer_sees_every_step_of_every_machine():
    steps = []
    client = ClientDriver(observe=steps.append)
    client(on.Connected())
    offer = (
        do.SendRequest(do.Request.SETUP, paced=True),
        do.StartTimer(on.SetupUnanswered(), 1.0),
    )
    states = {name: machine.state for name, machine in client.session.machines.items()}
    before = {name: machine.table.initial for name, machine in client.session.machines.items()}
    conversation, link, song = machines.CONVERSATION, machines.LINK, machines.SONG
    fired = {name: machine.fired for name, machine in client.session.machines.items()}
    assert {fired[name].event for name in (conversation, link, song)} == {on.Connected}
    assert steps == [
        Step(name, on.Connected(), before[name], states[name], outcomes, fired[name])
        for name, outcomes in ((conversation, offer), (link, ()), (song, ()))
    ]


def test_what_one_machine_tells_another_is_a_step_of_the_other():
    steps = []
    client = closing_server(observe=steps.append)
    steps.clear()
    client(on.CommandEntered(on.Command.PLAY, on.PlayRequested(1)))
    taken = [(step.machine, type(step.event)) for step in steps]
    assert taken == [
        ("prompt", on.CommandEntered),
        *((name, on.PlayRequested) for name in RECIPIENTS[on.PlayRequested]),
        ("link", internal.SongWanted),
        ("conversation", internal.SongToRequest),
        ("song", internal.SongOpened),
        ("next_song", internal.SongOpened),
    ]
    for step in steps:
        for event in (outcome for outcome in step.outcomes if isinstance(outcome, Event)):
            for recipient in RECIPIENTS[type(event)]:
                assert (recipient, type(event)) in taken


def test_the_effects_are_those_of_the_steps_in_their_order():
    steps = []
    client = closing_server(prebuffer=1, observe=steps.append)
    for event in (on.PlayRequested(1), audio("a"), CLOSED, on.PlayedOut()):
        steps.clear()
        effects = client(event)
        outcomes = [outcome for step in steps for outcome in step.outcomes]
        assert effects == [outcome for outcome in outcomes if not isinstance(outcome, Event)]


# The next song takes the place of the present one


def with_a_next_song(*arrived):
    """Song 1 is whole and plays; song 2 has been requested ahead, and some of it is here."""
    client = closing_server()
    client(ask.EditRequested(Append((1, 2))), audio("1a"), audio("1b"), CLOSED)
    client(*arrived)
    return client


ARRIVED = {
    SongState.OPENED: (),
    SongState.COLLECTING: (audio("2a"),),
    SongState.ENOUGH: (audio("2a"), audio("2b")),
    SongState.WHOLE: (audio("2a"), audio("2b"), CLOSED),
    SongState.BROKEN: (audio("2a"), audio("2b"), on.NotFoundReceived()),
}


@pytest.mark.parametrize("state", ARRIVED, ids=lambda state: state.name)
@pytest.mark.parametrize(
    "end", [on.PlayedOut(), on.Undecodable("noise"), ask.NextRequested()], ids=str
)
def test_the_next_song_is_the_present_one_when_that_is_over(end, state):
    client = with_a_next_song(*ARRIVED[state])
    assert client.session.next_song.state is state
    held = client.session.next_song.held_bytes
    client(end)
    ready = state not in (SongState.OPENED, SongState.COLLECTING)
    player = PlayerState.RUNNING if ready else PlayerState.SILENT
    assert client.states == (state, player)
    assert (client.session.song.song_id, client.session.song.held_bytes) == (2, held)
    assert client.session.song.buffer is Buffer.PRESENT
    assert client.session.next_song.state is SongState.UNWANTED
    assert client.session.next_song.buffer is Buffer.NEXT


@pytest.mark.parametrize("end", SONG_ENDS, ids=lambda event: event.__name__)
def test_after_each_end_of_a_song_the_next_one_begins(end):
    steps = []
    client = with_a_next_song()
    client.session.observe = steps.append
    ends = {
        internal.SongOver: on.PlayedOut(),
        internal.SongUnplayable: on.Undecodable("noise"),
        internal.SongSkipped: ask.NextRequested(),
    }
    client(ends[end])
    events = list(dict.fromkeys(type(step.event) for step in steps))
    assert events.index(internal.SongBegan) > events.index(end)
    assert [s.machine for s in steps if isinstance(s.event, internal.SongBegan)] == ["song"]


def test_without_a_next_song_nothing_begins():
    client = closing_server()
    client(on.PlayRequested(1), audio("1a"), audio("1b"), CLOSED, on.PlayedOut())
    assert client.states == (SongState.UNWANTED, PlayerState.SILENT)


def test_stop_and_play_leave_no_next_song():
    for command in (on.StopRequested(), on.PlayRequested(3)):
        client = with_a_next_song(audio("2a"))
        client(command)
        assert client.session.next_song.state is SongState.UNWANTED
        assert client.session.next_song.song_id is None
        assert client.next_buffer == b""


# What kind of server it is


def test_it_is_settled_when_the_kind_of_server_is_known_or_there_is_no_connection():
    client = ClientDriver()
    assert not client.session.settled, "it connects"
    client(on.Connected())
    assert not client.session.settled
    client(on.SetupUnanswered())
    assert not client.session.settled
    client(ENDS_ACCEPTED)
    assert client.session.settled
    client(on.ConnectionLost("cut"))
    assert client.session.settled
    client(on.ListRequested())
    assert not client.session.settled
    client(on.ConnectFailed("refused"))
    assert client.session.settled


def test_told_plain_it_is_settled_at_once():
    client = ClientDriver(on.Connected(), plain=True)
    assert client.session.settled


def test_a_client_that_is_printed_says_the_state_of_each_machine():
    shown = repr(ClientSession())
    for name, machine in CLIENT.machines.items():
        assert f"{name}={machine.state.name}" in shown
