"""Two effects that are taken to commute do; whatever is not clear from the source does not."""

from enum import Enum
from itertools import combinations

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.table import Row, Session, Table
from tests.fsm.test_tables import SESSIONS, example, slots
from verify.mutation.effect_order import commute, uses
from verify.mutation.mutants import same_order


class Only(Enum):
    HERE = "the only state of the machine"


METHODS = (
    "set_a",
    "set_a_from_b",
    "set_b",
    "add_to_a",
    "send",
    "send_a",
    "call_set_a",
    "hand_self_on",
    "call_super",
    "delete_a",
    "read_state",
    "read_a_property",
    "do_nothing",
)


class Example(Session):
    __slots__ = ("a", "b")
    table = Table("example", Only.HERE, [Row(Only.HERE, on.Connected, Only.HERE)])

    def set_a(self, event):
        self.a = 1

    def set_a_from_b(self, event):
        self.a = self.b

    def set_b(self, event):
        self.b = 2

    def add_to_a(self, event):
        self.a += 1

    def send(self, event):
        self.record(do.Connect())

    def send_a(self, event):
        self.record(do.SetVolume(self.a))

    def call_set_a(self, event):
        self.set_a(event)

    def hand_self_on(self, event):
        setattr(self, "b", 3)  # noqa: B010

    def call_super(self, event):
        super().__init__()

    def delete_a(self, event):
        del self.a

    def read_state(self, event):
        self.b = self.state is Only.HERE

    @property
    def both(self):
        return self.a + self.b

    def read_a_property(self, event):
        self.b = self.both

    def do_nothing(self, event):
        pass


COMMUTING = {
    ("set_a", "set_b"),
    ("set_a", "send"),
    ("set_a_from_b", "send"),
    ("set_b", "add_to_a"),
    ("set_b", "send"),
    ("set_b", "send_a"),
    ("set_b", "call_set_a"),
    ("set_b", "delete_a"),
    ("add_to_a", "send"),
    ("send", "call_set_a"),
    ("send", "delete_a"),
    ("set_a", "read_state"),
    ("add_to_a", "read_state"),
    ("send", "read_state"),
    ("send_a", "read_state"),
    ("call_set_a", "read_state"),
    ("delete_a", "read_state"),
}
UNCLEAR = {"hand_self_on", "call_super", "read_a_property"}


def test_two_effects_commute_where_neither_uses_what_the_other_changes():
    known = [name for name in METHODS if name not in UNCLEAR and name != "do_nothing"]
    assert {pair for pair in combinations(known, 2) if commute(Example, *pair)} == COMMUTING


@pytest.mark.parametrize("name", METHODS)
def test_what_is_not_clear_commutes_with_nothing(name):
    for unclear in UNCLEAR:
        assert uses(Example, unclear).unclear
        assert not commute(Example, unclear, name)
        assert not commute(Example, name, unclear)


@pytest.mark.parametrize("name", [name for name in METHODS if name not in UNCLEAR])
def test_the_order_of_the_names_is_no_matter(name):
    assert commute(Example, name, "do_nothing")
    for other in METHODS:
        assert commute(Example, name, other) == commute(Example, other, name)


def test_an_order_is_the_same_where_only_effects_that_commute_change_places():
    assert same_order(Example, ("set_a", "send", "set_b"), ["set_b", "send", "set_a"])
    assert not same_order(Example, ("set_a", "send_a", "set_b"), ["set_b", "send_a", "set_a"])


@pytest.mark.parametrize("name", SESSIONS)
def test_the_effects_of_a_row_that_commute_come_to_the_same_in_either_order(name):
    kind = type(SESSIONS[name]())
    for row in kind.table.rows:
        for first, second in combinations(row.effects, 2):
            if commute(kind, first, second):
                one, other = (after(name, row, order) for order in orders(first, second))
                assert one == other, f"{row}: {first}, {second}"


def orders(first, second):
    return (first, second), (second, first)


def after(name, row, effects):
    """The values and outcomes of a session after some of a row's effects, or the error."""
    session = SESSIONS[name]()
    session.state = row.state
    try:
        for effect in effects:
            getattr(session, effect)(example(row.event))
    except (AssertionError, IndexError, ValueError) as error:
        return type(error)
    return slots(session)


@pytest.mark.parametrize("name", SESSIONS)
def test_nothing_in_the_tables_is_unclear(name):
    kind = type(SESSIONS[name]())
    assert [effect for effect in kind.table.effects if uses(kind, effect).unclear] == []
