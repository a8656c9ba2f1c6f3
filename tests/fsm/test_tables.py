"""Every state meets every event; every name in a table exists; every guard goes both ways."""

import inspect
from itertools import product

import pytest

from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.ahead import AheadSession
from fsm.client.conversation import ConversationSession
from fsm.client.internal_events import Stage
from fsm.client.link import LinkSession
from fsm.client.machines import RECIPIENTS, ClientSession
from fsm.client.playback import PlaybackSession
from fsm.client.prompt import PromptSession
from fsm.client.queue import QueueSession
from fsm.client.transport import TransportSession
from fsm.events import Event
from fsm.server import ServerSession
from fsm.table import Row, Session, Table, TableError, UnexpectedEvent, each

SESSIONS = {
    "server": lambda: ServerSession({1, 2}),
    "playback": PlaybackSession,
    "ahead": AheadSession,
    "queue": QueueSession,
    "transport": TransportSession,
    "link": LinkSession,
    "conversation": ConversationSession,
    "prompt": PromptSession,
}
TABLES = {name: make().table for name, make in SESSIONS.items()}
ROWS = [
    pytest.param(name, row, id=f"{name}: {row}") for name, t in TABLES.items() for row in t.rows
]
PAIRS = [
    pytest.param(name, state, event, id=f"{name}: {state.name}, {event.__name__}")
    for name, table in TABLES.items()
    for state, event in product(table.states, table.events)
]


def example(event: type[Event]) -> Event:
    """An event of this class with plausible values."""
    values = {
        "song_id": 1,
        "tokens": ("alfine/1", "ends"),
        "songs": (on.ListedSong(1, "one"),),
        "data": b"audio",
        "reason": "because",
        "held_bytes": 5,
        "tail": b"audio",
        "command": on.Command.LIST,
        "text": "text",
        "request": on.ListRequested(),
        "error": False,
        "shown": "HELO",
        "said": True,
        "heard": True,
        "asked": True,
        "stage": Stage.READY,
        "msgs": 1,
        "lost_because": "",
        "needed_bytes": 9,
        "arrival_bytes_per_s": 1e6,
        "song_bytes_per_s": 4e4,
        "song_bytes": 0,
        "amount": 1.0,
        "measure": ask.Measure.FROM_START,
        "percent": 50,
        "song_ids": (1, 2),
        "seed": 1,
        "repeat": ask.Repeat.ALL,
    }
    names = inspect.signature(event).parameters
    return event(**{name: values[name] for name in names})


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_names_exist_and_are_documented(name, row):
    session = SESSIONS[name]()
    for method in filter(None, (row.guard, row.effect)):
        assert callable(getattr(session, method))
        assert getattr(type(session), method).__doc__, f"{method} does not say what it does"


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_rows_cite_their_source(name, row):
    for source in row.rfc.split(", "):
        assert source.removeprefix("P").replace(".", "").isdigit(), row


@pytest.mark.parametrize(("name", "state", "event"), PAIRS)
def test_every_state_meets_every_event(name, state, event):
    """Guards forced either way: the row's target is reached; without a row it is an error."""
    table = TABLES[name]
    group = table.group(state, event)
    if not group:
        session = SESSIONS[name]()
        session.state = state
        with pytest.raises(UnexpectedEvent, match=f"{event.__name__} in {state.name}"):
            session.handle(example(event))
        assert session.state is state
        return
    for position, row in enumerate(group):
        session = forced(name, {g.guard: g is row for g in group[: position + 1] if g.guard})
        session.state = state
        session.handle(example(event))
        assert session.state is row.next_state
        assert session.called == ([row.effect] if row.effect else [])


def forced(name: str, guards: dict[str, bool]) -> Session:
    """A session whose guards answer as told and whose effects only note that they were called."""
    kind = type(SESSIONS[name]())
    called: list[str] = []
    methods = {row.effect: _noting(called, row.effect) for row in kind.table.rows if row.effect}
    methods |= {guard: _answering(answer) for guard, answer in guards.items()}
    session = type("Forced", (kind,), methods)(*([{1}] if kind is ServerSession else []))
    session.called = called
    return session


def _noting(called, effect):
    return lambda self, event: called.append(effect)


def _answering(answer):
    return lambda self, event: answer


def test_no_effect_or_guard_is_unused():
    for name, make in SESSIONS.items():
        session = make()
        used = {row.guard for row in session.table.rows} | {
            row.effect for row in session.table.rows
        }
        source = inspect.getsource(type(session))
        for method in vars(type(session)):
            if method.startswith("_") or not inspect.isfunction(getattr(type(session), method)):
                continue
            assert method in used or f"self.{method}(" in source, f"{name}.{method}"


def test_every_client_event_has_hearers_with_rows():
    """What a machine has a row for is routed to it, and the other way round."""
    client = ClientSession()
    for event, hearers in RECIPIENTS.items():
        for hearer in hearers:
            assert event in client.machines[hearer].table.events, f"{hearer}: {event.__name__}"
    for name, machine in client.machines.items():
        for event in machine.table.events:
            assert name in RECIPIENTS[event], f"{event.__name__} never reaches {name}"


def test_states_say_what_is_true():
    for table in TABLES.values():
        for state in table.states:
            assert len(state.value) > 10, state


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("guarded_only", "last row must have no guard"),
        ("twice", "two rows have the same guard"),
        ("unreached", "no row leads to"),
    ],
)
def test_a_faulty_table_is_refused(rows, complaint):
    from fsm.client.prompt import LEFT, LOCKED, OPEN

    def row(**more):
        return Row(OPEN, on.CommandEntered, LOCKED, **more)

    tables = {
        "guarded_only": [row(guard="is_the_answer"), Row(LOCKED, on.InputEnded, LEFT)],
        "twice": [row(), row(), Row(LOCKED, on.InputEnded, LEFT)],
        "unreached": [row()],
    }
    with pytest.raises(TableError, match=complaint):
        Table("faulty", OPEN, tables[rows])


def test_each_keeps_the_state_unless_told_otherwise():
    from fsm.client.prompt import LEFT, OPEN

    stay = each((OPEN, LEFT), on.TextArrived)
    assert [(row.state, row.next_state) for row in stay] == [(OPEN, OPEN), (LEFT, LEFT)]


def test_a_session_is_small():
    """One machine serves all sessions: a session holds no machine and no dictionary."""
    one, other = ServerSession({1}), ServerSession({1})
    assert one.table.machine is other.table.machine
    assert not hasattr(one, "__dict__")
    assert not one.table.machine.models
