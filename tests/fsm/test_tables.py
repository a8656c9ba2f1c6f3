"""What holds of every table: each state meets each event, each name exists, guards are pure."""

import ast
import importlib
import inspect
import pkgutil
from itertools import product
from pathlib import Path

import pytest

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.conversation.session import ConversationSession
from fsm.client.link.session import LinkSession
from fsm.client.player import PlayerSession
from fsm.client.prompt import LEFT, LOCKED, OPEN, PromptSession
from fsm.client.queue.edits import Append
from fsm.client.queue.session import QueueSession
from fsm.client.song.session import SongSession
from fsm.client.transport import TransportSession
from fsm.events import Event
from fsm.handshake import HandshakeSession
from fsm.server import ServerSession
from fsm.table import Row, Session, Table, TableError, UnexpectedEvent, each

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("fsm", "net", "songs", "audio", "cli", "diagrams", "traces", "proxy", "verify")

SESSIONS = {
    "server": lambda: ServerSession({1, 2}),
    "handshake": lambda: HandshakeSession({("kitchen", "SHA256:1")}, {"bedroom"}),
    "song": SongSession,
    "player": PlayerSession,
    "queue": QueueSession,
    "transport": TransportSession,
    "link": LinkSession,
    "conversation": ConversationSession,
    "prompt": PromptSession,
}
TABLES = {name: make().table for name, make in SESSIONS.items()}
NAMES = list(SESSIONS)
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
        "start_s": 0.0,
        "from_bytes": 1,
        "back_bytes": 0,
        "back": False,
        "offset": 5,
        "tokens": ("alfine/1", "ends"),
        "songs": (on.ListedSong(1, "one"),),
        "fields": (),
        "data": b"audio",
        "reason": "because",
        "client": "kitchen",
        "fingerprint": "SHA256:1",
        "in_order": True,
        "held_bytes": 5,
        "tail": b"audio",
        "command": on.Command.LIST,
        "text": "text",
        "request": on.ListRequested(),
        "error": False,
        "shown": "HELO",
        "said": True,
        "asked": True,
        "new_ids": (internal.NewId(1, "one", 2),),
        "finished": True,
        "needed_bytes": 9,
        "seconds": 10.0,
        "arrival_bytes_per_s": 1e6,
        "song_bytes_per_s": 4e4,
        "song_bytes": 0,
        "playable": True,
        "amount": 1.0,
        "measure": ask.Measure.FROM_START,
        "percent": 50,
        "edit": Append((1, 2)),
        "repeat": ask.Repeat.ALL,
        "delay_s": 1800.0,
        "gain": ask.Gain.TRACK,
        "for_titles": False,
        "title": "one",
    }
    names = event.__match_args__
    return event(**{name: values[name] for name in names})


def slots(session: Session) -> dict[str, object]:
    """All values of a session."""
    names = [name for kind in type(session).__mro__ for name in getattr(kind, "__slots__", ())]
    return {name: getattr(session, name) for name in names}


# Rows, states and events


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_guards_and_effects_exist_and_are_documented(name, row):
    session = type(SESSIONS[name]())
    for method in (row.when, *row.effects):
        if method is not None:
            assert callable(getattr(session, method))
            assert getattr(session, method).__doc__, f"{method} does not say what it does"


def test_states_say_what_is_true():
    for table in TABLES.values():
        for state in table.states:
            assert len(state.value) > 10, state


@pytest.mark.parametrize(("name", "state", "event"), PAIRS)
def test_every_state_meets_every_event(name, state, event):
    """With guards forced either way each row is taken; without a row it is an error."""
    group = TABLES[name].group(state, event)
    if not group:
        session = SESSIONS[name]()
        session.state = state
        with pytest.raises(UnexpectedEvent, match=f"{event.__name__} in {state.name}"):
            session.handle(example(event))
        assert session.state is state
    for position, row in enumerate(group):
        session = forced(name, {r.when: r is row for r in group[: position + 1] if r.when})
        session.state = state
        session.handle(example(event))
        assert session.state is row.next_state
        assert session.called == [(effect, state) for effect in row.effects], (
            "effects run in their order, and see the state that they leave"
        )


@pytest.mark.parametrize("name", NAMES)
def test_an_effect_that_raises_leaves_the_state_as_it_was(name):
    for row in TABLES[name].rows:
        group = TABLES[name].group(row.state, row.event)
        for effect in row.effects:
            session = forced(name, {r.when: r is row for r in group if r.when}, raising=effect)
            session.state = row.state
            with pytest.raises(ZeroDivisionError):
                session.handle(example(row.event))
            assert session.state is row.state


def forced(name: str, guards: dict[str, bool], raising: str = "") -> Session:
    """A session whose guards answer as told and whose effects only note that they were called.

    called: each effect with the state that it saw. raising: the effect that fails.
    """
    kind = type(SESSIONS[name]())
    called: list[tuple[str, object]] = []
    methods = {effect: _noting(called, effect) for effect in kind.table.effects}
    methods |= {guard: _answering(answer) for guard, answer in guards.items()}
    if raising:
        methods[raising] = lambda self, event: 1 // 0
    session = type("Forced", (kind,), methods)(*([{1}] if kind is ServerSession else []))
    session.called = called
    return session


def _noting(called, effect):
    return lambda self, event: called.append((effect, self.state))


def _answering(answer):
    return lambda self, event: answer


# Guards and effects


@pytest.mark.parametrize("name", NAMES)
def test_a_guard_changes_nothing(name):
    for row in TABLES[name].rows:
        if row.when is not None:
            session = SESSIONS[name]()
            session.state = row.state
            before = slots(session)
            answer = getattr(session, row.when)(example(row.event))
            assert isinstance(answer, bool), row.when
            assert slots(session) == before, row.when


@pytest.mark.parametrize("name", NAMES)
def test_no_method_writes_in_a_guard_and_none_calls_an_effect(name):
    table, methods = TABLES[name], methods_of(name)
    for method in methods.values():
        used = {node.attr for node in attributes(method) if isinstance(node.ctx, ast.Load)}
        assert not used & set(table.effects), f"{method.name} calls {used & set(table.effects)}"
    for guard in table.guards:
        written = [node for node in attributes(methods[guard]) if isinstance(node.ctx, ast.Store)]
        assert not written, guard


@pytest.mark.parametrize("name", NAMES)
def test_no_effect_asks_which_event_it_is(name):
    """What an event means is said by the row, so that the drawing and the page show it."""
    for effect in TABLES[name].effects:
        for node in ast.walk(methods_of(name)[effect]):
            match node:
                case ast.Call(ast.Name("isinstance" | "type"), [ast.Name("event"), *_]):
                    pytest.fail(f"{effect} asks for the class of its event")
                case ast.Match(ast.Name("event")):
                    pytest.fail(f"{effect} matches its event")


@pytest.mark.parametrize("name", NAMES)
def test_an_effect_returns_nothing_and_a_guard_a_bool(name):
    session, methods = type(SESSIONS[name]()), methods_of(name)
    for effect in TABLES[name].effects:
        assert inspect.signature(getattr(session, effect)).return_annotation == "None", effect
        returned = [n.value for n in ast.walk(methods[effect]) if isinstance(n, ast.Return)]
        assert not any(returned), effect
    for guard in TABLES[name].guards:
        assert inspect.signature(getattr(session, guard)).return_annotation == "bool", guard


@pytest.mark.parametrize("name", NAMES)
def test_no_method_is_unused(name):
    table, methods = TABLES[name], methods_of(name)
    called = {node.attr for method in methods.values() for node in attributes(method)}
    outside = {"take_over", "list_coming"}
    """What `fsm.client.machines` calls."""
    for method in methods:
        if not method.startswith("__"):
            assert method in {*table.guards, *table.effects, *called, *outside}, method


CARRIED = {
    "take_up_waiting": (
        on.ListRequested,
        internal.ListNeeded,
        internal.SetupAccepted,
        internal.SongToRequest,
    ),
    "pass_request": (
        on.ListRequested,
        on.PlayRequested,
        on.StopRequested,
        on.WaitRequested,
        ask.PauseRequested,
        ask.ResumeRequested,
        ask.ToggleRequested,
        ask.SeekRequested,
        ask.VolumeRequested,
        ask.GainRequested,
        ask.NextRequested,
        ask.PrevRequested,
        ask.EditRequested,
        ask.UndoRequested,
        ask.RepeatRequested,
        ask.SleepRequested,
        ask.SleepAfterSongRequested,
        ask.StayAwakeRequested,
    ),
}
"""The effects that record events which they were given, and which those are."""


@pytest.mark.parametrize("name", NAMES)
def test_a_session_says_what_its_effects_record(name):
    session = type(SESSIONS[name]())
    said = {event for effect in TABLES[name].effects for event in recorded(name, effect)}
    assert len(set(session.says)) == len(session.says)
    assert set(session.says) == said


def test_what_is_carried_is_all_that_can_be():
    table = ConversationSession.table
    waiting = {row.event for row in table.rows if {"keep_waiting", "keep_need"} & {*row.effects}}
    waiting = waiting - {on.SetupReceived} | {internal.SetupAccepted}
    assert set(CARRIED["take_up_waiting"]) == waiting
    requests = {value for value in vars(ask).values() if is_event(value) and value is not Event}
    assert requests < set(CARRIED["pass_request"])


def recorded(name: str, effect: str) -> set[type[Event]]:
    """The events that an effect and its helpers record, by their source."""
    if effect in CARRIED:
        return set(CARRIED[effect])
    methods = methods_of(name)
    names = {}
    for kind in own_classes(name):
        names |= vars(importlib.import_module(kind.__module__))
    found = set()
    for node in ast.walk(methods[effect]):
        match node:
            case ast.Call(ast.Attribute(ast.Name("self"), "record"), arguments):
                found |= {_made_by(argument, names) for argument in arguments}
            case ast.Call(ast.Attribute(ast.Name("self"), helper)) if helper in methods:
                found |= recorded(name, helper)
    return {made for made in found if is_event(made)}


def _made_by(argument: ast.expr, names: dict[str, object]) -> object:
    match argument:
        case ast.Call(ast.Attribute(ast.Name(module), made)):
            return getattr(names[module], made)
        case ast.Starred(ast.GeneratorExp(ast.Call(ast.Attribute(ast.Name(module), made)))):
            return getattr(names[module], made)
    pytest.fail(f"not known what is recorded: {ast.unparse(argument)}")


def is_event(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, Event)


def methods_of(name: str) -> dict[str, ast.FunctionDef]:
    """The source of the methods of a session's own classes."""
    methods = {}
    for kind in own_classes(name):
        (source,) = ast.parse(inspect.getsource(kind)).body
        methods |= {node.name: node for node in source.body if isinstance(node, ast.FunctionDef)}
    return methods


def own_classes(name: str) -> list[type[Session]]:
    """A session's class and those that it is made from, the first last, without Session."""
    return [k for k in reversed(type(SESSIONS[name]()).__mro__) if issubclass(k, Session)][1:]


def attributes(method: ast.FunctionDef) -> list[ast.Attribute]:
    """Every `self.something` in a method."""
    return [
        node
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    ]


# Events


def test_no_two_events_of_the_program_have_the_same_name():
    """`transitions` knows an event by its name: with two of one name the wrong row would fire."""
    for room in ROOMS:
        for module in pkgutil.walk_packages([str(ROOT / room)], f"{room}."):
            importlib.import_module(module.name)
    events = {f"{kind.__module__}.{kind.__qualname__}" for kind in subclasses(Event)}
    names = [event.rpartition(".")[2] for event in events if not event.startswith("tests.")]
    assert len(names) > 70
    assert {name for name in names if names.count(name) > 1} == set()


def subclasses(kind: type) -> set[type]:
    direct = set(kind.__subclasses__())
    return direct.union(*map(subclasses, direct))


# Tables that are refused


def row(state=OPEN, event=on.CommandEntered, next_state=LOCKED, **more):
    return Row(state, event, next_state, **more)


LEAVES = Row(LOCKED, on.InputEnded, LEFT)


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([row(when="is_the_answer"), LEAVES], "last row must have no guard"),
        ([row(), row(when="is_the_answer"), LEAVES], "last row must have no guard"),
        ([row(), row(), LEAVES], "two rows have the same guard"),
        (
            [row(when="is_the_answer"), row(when="is_the_answer"), row(), LEAVES],
            "two rows have the same guard",
        ),
        ([row()], "no row leads to LEFT"),
        (
            [row(), LEAVES, row(LOCKED, type("CommandEntered", (Event,), {}))],
            "two events are called CommandEntered",
        ),
    ],
)
def test_a_faulty_table_is_refused(rows, complaint):
    with pytest.raises(TableError, match=complaint):
        Table("faulty", OPEN, rows)


@pytest.mark.parametrize(
    "rows",
    [
        [row(when="is_the_anwser"), row(), LEAVES],
        [row(then="show_promt"), LEAVES],
        [row(then="show_prompt, show_promt"), LEAVES],
        [row(then="show_prompt,clear_line"), LEAVES],
        [row(then="awaited_by"), LEAVES],
    ],
)
def test_a_session_without_a_guard_or_effect_of_its_table_is_refused(rows):
    with pytest.raises(TableError, match=r"faulty: Faulty has no method '.*'"):
        type("Faulty", (PromptSession,), {"table": Table("faulty", OPEN, rows)})


def test_each_keeps_the_state_unless_told_otherwise():
    stay = each((OPEN, LEFT), on.TextArrived)
    assert [(row.state, row.next_state) for row in stay] == [(OPEN, OPEN), (LEFT, LEFT)]


def test_each_makes_a_row_for_each_event_and_state():
    rows = each((OPEN, LOCKED), (on.InputEnded, on.Interrupted), LEFT, then="leave", rfc="2.7.1")
    pairs = [(row.state, row.event) for row in rows]
    assert sorted(map(str, pairs)) == sorted(
        map(str, product((OPEN, LOCKED), (on.InputEnded, on.Interrupted)))
    )
    assert {(row.next_state, row.when, row.then, row.rfc) for row in rows} == {
        (LEFT, None, "leave", "2.7.1")
    }


def test_a_row_lists_its_effects_in_order():
    assert row(then="b, a, b").effects == ("b", "a", "b")
    assert row().effects == ()


# Sessions


def test_a_session_is_small():
    """One machine serves all sessions: a session holds no machine and no dictionary."""
    one, other = ServerSession({1}), ServerSession({1})
    assert one.table.machine is other.table.machine
    assert not hasattr(one, "__dict__")
    assert not one.table.machine.models


def test_a_session_that_is_printed_says_what_it_is():
    session = ServerSession({1})
    session.handle(on.PlayRequested(1))
    session.ends = True
    assert repr(session) == "<ServerSession STREAMING ends=True>"
