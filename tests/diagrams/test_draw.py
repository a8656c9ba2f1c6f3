"""What a drawing shows of a table, and that it shows all of it."""

import re
from enum import Enum
from html import unescape

import pytest

from diagrams.draw import machine_dot
from diagrams.files import dot
from diagrams.machines import MACHINES
from diagrams.overview import ITSELF, OUTSIDE, client_arrows, client_dot, client_machines
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.machines import RECIPIENTS, ClientSession
from fsm.client.prompt import PromptSession
from fsm.events import Event
from fsm.table import Row, Table
from tests.needs import needs_program

TABLES = [machine.table for machine in MACHINES]
each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def words(dot_text: str) -> str:
    """What a reader sees, without the markup."""
    return " ".join(unescape(re.sub(r"<[^<>]*>", " ", dot_text)).split())


@each_table
def test_the_same_table_gives_the_same_text(table):
    again = Table(table.name, table.initial, table.rows)
    assert machine_dot(again) == machine_dot(table)


@each_table
def test_every_state_is_drawn_with_its_meaning(table):
    shown = words(machine_dot(table))
    for state in table.states:
        assert f'"{state.name}" [label=' in machine_dot(table)
        assert state.value.replace("`", "") in shown


@each_table
def test_every_event_guard_and_effect_is_drawn(table):
    shown = set(re.findall(r"\w+", words(machine_dot(table))))
    for row in table.rows:
        assert row.event.__name__ in shown
        assert row.when is None or row.when in shown
        assert set(row.effects) <= shown


@each_table
def test_the_effects_of_a_row_are_drawn_in_their_order(table):
    shown = words(machine_dot(table))
    for row in table.rows:
        assert not row.then or f"/ {row.then}" in shown


@each_table
def test_every_change_of_state_is_an_arrow_or_in_the_box_of_what_states_share(table):
    text = machine_dot(table)
    for row in table.rows:
        if row.next_state is not row.state:
            own = f'"{row.state.name}" -> "{row.next_state.name}"'
            shared = f'"to {row.next_state.name}" -> "{row.next_state.name}"'
            assert own in text or shared in text


@each_table
def test_without_any_one_row_the_drawing_is_another(table):
    drawn = machine_dot(table)
    for index, row in enumerate(table.rows):
        if len(table.group(row.state, row.event)) == 1:
            fewer = Table.__new__(Table)  # past the checks: a state may be out of reach now
            fewer.name, fewer.initial, fewer.states = table.name, table.initial, table.states
            fewer.rows = table.rows[:index] + table.rows[index + 1 :]
            assert machine_dot(fewer) != drawn, row


def test_the_last_row_of_a_guarded_group_is_marked_else():
    shown = words(machine_dot(PromptSession.table))
    assert "CommandAnswered [is_the_answer] / show_prompt" in shown
    assert "no effect: CommandAnswered [else]" in shown


def test_the_initial_state_has_the_dot_and_a_last_state_two_borders():
    text = machine_dot(PromptSession.table)
    assert '"" -> "OPEN" []' in text
    assert [line.split('"')[1] for line in text.splitlines() if "peripheries" in line] == ["LEFT"]


class Doors(Enum):
    A, B, C, D, E = "a < b & c", "b", "c", "d", "the end"


def test_what_many_states_have_in_common_is_drawn_once():
    a, b, c, d, e = Doors
    way = [Row(x, on.Connected, y, then="go") for x, y in zip((a, b, c), (b, c, d), strict=True)]
    table = Table("doors", a, [*way, *(Row(x, on.ConnectionLost, e) for x in (a, b, c, d))])
    text = machine_dot(table)
    assert text.count("ConnectionLost") == 1
    assert "in any other state" in words(text)
    assert "a &lt; b &amp; c" in text


# The client's machines together


def tables():
    """From each of the client's machines, by name, to the name of its table."""
    return {name: machine.table.name for name, machine in ClientSession().machines.items()}


def arrows_by_event():
    """From each event to the pairs of who says it and which table receives it."""
    found = {}
    for (sender, recipient), events in client_arrows().items():
        for event in events:
            found.setdefault(event, set()).add((sender, recipient))
    return found


def test_every_event_that_a_machine_says_has_an_arrow_to_each_recipient():
    drawn = arrows_by_event()
    for machine in client_machines():
        for event in machine.says:
            recipients = {tables()[name] for name in RECIPIENTS[event]}
            arrows = {(machine.table.name, recipient) for recipient in recipients}
            assert arrows <= drawn[event.__name__], event.__name__


def test_every_arrow_is_declared():
    says = {machine.table.name: machine.says for machine in client_machines()}
    senders = says | OUTSIDE | {ITSELF: (internal.SongBegan,)}
    recipients = {
        event.__name__: {tables()[name] for name in names} for event, names in RECIPIENTS.items()
    }
    for (sender, recipient), events in client_arrows().items():
        assert len(set(events)) == len(events)
        for event in events:
            assert event in {declared.__name__ for declared in senders[sender]}
            assert recipient in recipients[event]


def test_every_event_of_the_client_comes_from_somewhere():
    drawn = arrows_by_event()
    for event, names in RECIPIENTS.items():
        recipients = {recipient for _, recipient in drawn[event.__name__]}
        assert recipients == {tables()[name] for name in names}


@pytest.mark.parametrize(
    ("sender", "recipient", "events"),
    [
        ("prompt", "song", ["PlayRequested", "StopRequested", "SeekRequested"]),
        ("prompt", "player", ["PlayRequested", "StopRequested"]),
        ("prompt", "queue", ["PlayRequested", "NextRequested", "EditRequested"]),
        ("prompt", "transport", ["PauseRequested", "VolumeRequested", "PlayRequested"]),
        ("prompt", "link", ["ListRequested", "StopRequested"]),
        ("prompt", "conversation", ["ListRequested", "StopRequested"]),
        ("conversation", "link", ["AudioFromServer", "ServerClosedSong", "ListCompleted"]),
        ("conversation", "prompt", ["CommandAnswered"]),
        ("link", "conversation", ["SongToRequest", "ListNeeded"]),
        ("link", "song", ["SongAudio", "SongCompleted", "SongRefused", "SongLost"]),
        ("song", "player", ["SongReady", "NextSongReady", "SongShort", "SeekWanted"]),
        ("player", "song", ["PlayerMoved"]),
        ("queue", "song", ["SongTurnCame", "NextSongKnown"]),
    ],
)
def test_who_tells_whom_what(sender, recipient, events):
    assert set(events) <= set(client_arrows()[sender, recipient])
    assert f'"{sender}" -> "{recipient}"' in client_dot()


def test_what_comes_from_outside_is_in_the_boxes_and_timers_are_no_arrow():
    text = client_dot()
    machines = {machine.table.name for machine in client_machines()}
    pairs = re.findall(r'"(\w+)" -> "(\w+)"', text)
    assert {name for pair in pairs for name in pair} <= machines
    assert {pair for pair in client_arrows() if set(pair) <= machines and len(set(pair)) == 2} == (
        set(pairs)
    )
    for who, events in OUTSIDE.items():
        assert f"from {who}" in words(text)
        for event in events:
            assert event.__name__ in words(text)


def test_no_event_comes_both_from_outside_and_from_a_machine():
    said = {event for machine in client_machines() for event in machine.says}
    outside = [event for events in OUTSIDE.values() for event in events]
    assert len(set(outside)) == len(outside)
    assert not said & set(outside)


def test_what_a_machine_is_seen_to_say_is_drawn():
    said = set()

    def observe(step):
        events = (outcome for outcome in step.outcomes if isinstance(outcome, Event))
        said.update((tables()[step.machine], event) for event in events)

    client = ClientSession(plain=True, observe=observe)
    audio = (on.AudioReceived(b"x" * 100) for _ in range(3))
    for event in (
        on.Connected(),
        on.CommandEntered(on.Command.LIST, on.ListRequested()),
        on.ListReceived((on.ListedSong(1, "one"),)),
        on.ListWentQuiet(),
        on.PlayRequested(1),
        *audio,
        on.ConnectionLost(),
        on.RetryDue(),
        on.Connected(),
    ):
        client.handle(event)
    arrows = client_arrows()
    for sender, event in said:
        for name in RECIPIENTS[type(event)]:
            assert type(event).__name__ in arrows[sender, tables()[name]]
    seen = {type(event) for _, event in said}
    assert seen >= {internal.SongInterrupted, internal.ListNeeded, on.ListRequested}


@needs_program("dot")
@pytest.mark.parametrize(
    "text", [*map(machine_dot, TABLES), client_dot()], ids=[*(t.name for t in TABLES), "client"]
)
def test_dot_draws_it_narrow_enough_for_a_page(text):
    svg = dot(text, "svg").decode()
    (width_pt,) = re.findall(r'<svg width="(\d+)pt"', svg)
    assert int(width_pt) < 1500
    assert dot(text, "png").startswith(b"\x89PNG")
