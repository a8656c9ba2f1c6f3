"""The handshake is explored whole, and each fault in its rows breaks a rule there."""

import contextlib

import pytest

from fsm.handshake import HandshakeSession
from fsm.table import TableError
from verify.explore import Explorer
from verify.ladder import ladder
from verify.model.handshakes import CROWDED, FAILS, MAY_COME_IN, STRANGERS, TAKES_TOO_LONG
from verify.mutation.graph import Graph
from verify.mutation.mutants import Fault, mutants
from verify.rules import Rule
from verify.suites.default import PROVEN
from verify.watched import Memory

(ANY_HANDSHAKE,) = (bounds for bounds in PROVEN if bounds.name == "any handshake")


def test_everyone_comes_and_every_row_fires():
    explorer = Explorer(ANY_HANDSHAKE)
    came = set()
    explorer.watch = lambda number, move, reached: came.add(move.arg)
    found = explorer.run()
    assert found.broken is None
    assert {MAY_COME_IN, CROWDED, *STRANGERS, FAILS, TAKES_TOO_LONG} <= came
    assert found.rows == {("handshake", row) for row in HandshakeSession.table.rows}


def test_every_fault_is_found_by_exploring_alone():
    graph, missed = Graph(ANY_HANDSHAKE, Memory()), []
    for mutant in (m for m in mutants() if m.session is HandshakeSession):
        # What the table itself refuses is found as well.
        with contextlib.suppress(TableError), mutant.installed():
            missed += [] if graph.search(mutant) else [str(mutant)]
    assert missed == []


@pytest.mark.parametrize(
    ("fault", "effect", "guard", "rule"),
    [
        (Fault.DELETED, None, "not_allowed", Rule.LETS_IN),
        (Fault.DELETED, None, "too_many", Rule.LETS_IN),
        (Fault.DROPPED, "send_not_found", "too_many", Rule.REFUSAL_TOLD),
        (Fault.SWAPPED, None, "not_allowed", Rule.REFUSAL_TOLD),
        (Fault.DROPPED, "admit", None, Rule.STATES),
        (Fault.DROPPED, "close_at_once", None, Rule.STATES),
    ],
)
def test_a_fault_breaks_the_rule_that_it_is_about(fault, effect, guard, rule):
    mutant = next(
        m
        for m in mutants()
        if m.session is HandshakeSession
        and (m.fault, m.row.when) == (fault, guard)
        and (effect is None or m.row.effects[m.dropped] == effect)
    )
    with mutant.installed():
        explorer = Explorer(ANY_HANDSHAKE)
        found = explorer.run()
        shown = "\n".join(ladder(explorer.model, found.path))
    assert found.broken is not None
    assert found.broken.rule is rule
    assert f"broken: {rule.value}" in shown


def test_a_handshake_without_a_limit_of_time_is_found():
    explorer = Explorer(ANY_HANDSHAKE)
    comes_to = explorer.model._comes_to
    explorer.model._comes_to = [move for move in comes_to if move.arg is not TAKES_TOO_LONG]
    found = explorer.run()
    assert found.broken is not None
    assert found.broken.rule is Rule.COMES_TO_REST
