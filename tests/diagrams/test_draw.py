"""What a drawing shows of a table, and that it shows all of it."""

import re
from enum import Enum
from html import unescape

import pytest

from diagrams.draw import machine_dot
from diagrams.files import dot
from diagrams.machines import MACHINES
from diagrams.overview import client_arrows, client_dot, client_machines, sent_by
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
        assert row.guard is None or row.guard in shown
        assert row.effect is None or row.effect in shown


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
    way = [Row(x, on.Connected, y, effect="go") for x, y in zip((a, b, c), (b, c, d), strict=True)]
    table = Table("doors", a, [*way, *(Row(x, on.ConnectionLost, e) for x in (a, b, c, d))])
    text = machine_dot(table)
    assert text.count("ConnectionLost") == 1
    assert "in any other state" in words(text)
    assert "a &lt; b &amp; c" in text


def test_events_that_no_machine_sends_come_from_outside():
    machines = {machine.table.name for machine in client_machines()}
    arrows = client_arrows()
    drawn = {(event, hearer) for (_, hearer), events in arrows.items() for event in events}
    heard = {(event.__name__, h) for event, hearers in RECIPIENTS.items() for h in hearers}
    assert drawn == heard
    senders = {event: sender for (sender, _), events in arrows.items() for event in events}
    for event in RECIPIENTS:
        assert (senders[event.__name__] in machines) == (
            event.__module__ == internal.__name__ or event is on.CommandAnswered
        )


def test_timers_are_not_taken_for_messages_to_a_neighbour():
    sent = set().union(*(sent_by(machine) for machine in client_machines()))
    assert internal.SongToRequest in sent
    assert not sent & {on.ListWentQuiet, on.SongWentQuiet, on.SetupUnanswered}


def test_what_a_machine_is_seen_to_send_is_drawn():
    seen = set()

    class Watched(ClientSession):
        def _fire(self, name: str, event: Event):
            outcomes = super()._fire(name, event)
            seen.update((name, o) for o in outcomes if isinstance(o, Event) and name != "prompt")
            return outcomes

    client = Watched(plain=True)
    audio = (on.AudioReceived(b"x" * 100) for _ in range(3))
    for event in (
        on.Connected(),
        on.ListRequested(),
        on.ListReceived((on.ListedSong(1, "one"),)),
        on.ListWentQuiet(),
        on.PlayRequested(1),
        *audio,
        on.ConnectionLost(),
        on.RetryDue(),
        on.Connected(),
        on.ListReceived(()),
        on.ListWentQuiet(),
    ):
        client.handle(event)
    arrows = client_arrows()
    for sender, event in seen:
        for hearer in RECIPIENTS[type(event)]:
            assert type(event).__name__ in arrows[sender, hearer]
    assert {type(event) for _, event in seen} >= {internal.SongInterrupted, internal.ListNeeded}


@needs_program("dot")
@pytest.mark.parametrize(
    "text", [*map(machine_dot, TABLES), client_dot()], ids=[*(t.name for t in TABLES), "client"]
)
def test_dot_draws_it_narrow_enough_for_a_page(text):
    svg = dot(text, "svg").decode()
    (width_pt,) = re.findall(r'<svg width="(\d+)pt"', svg)
    assert int(width_pt) < 1500
    assert dot(text, "png").startswith(b"\x89PNG")
