"""From a table to the DOT text of its compact drawing: states with room in them, and arrows.

It is for a page that shows in which state something is and which arrows are used. So every pair of
states that a row joins has an arrow of its own, which is called "TAIL->HEAD" in the SVG.
"""

from __future__ import annotations

from collections import defaultdict

from diagrams import look
from fsm.table import Table

WIDTH_IN, HEIGHT_IN = 1.95, 1.05
"""Of a state's box, in inches: below its name there is room for what is in that state."""

LONG_NAME = 18
"""A name of more characters is written smaller."""

LABELLED_BY = 3
"""An arrow is labelled if no more than so many lead to its head: to an end of the machine do many,
and their labels would lie on each other."""

MAX_EVENTS = 3
"""A longer label ends in "…"; the page says all."""

Arrows = dict[tuple[str, str], list[str]]
"""From the names of two states to the events that lead from one to the other."""


def compact_dot(table: Table) -> str:
    """Return the DOT text; the same table always gives the same text."""
    arrows: Arrows = defaultdict(list)
    for row in table.rows:
        if row.next_state is not row.state:
            arrows[row.state.name, row.next_state.name].append(row.event.__name__)
    body = [
        f'    node [fixedsize="true" width="{WIDTH_IN}" height="{HEIGHT_IN}" labelloc="t"]',
        *(_state(state.name, state is table.initial) for state in table.states),
        *_edges(arrows, table.initial.name),
    ]
    return look.graph(table.name, "", body, rankdir="LR", nodesep="0.3", ranksep="0.45")


def _state(name: str, initial: bool) -> str:
    title = look.bold(name, size=8 if len(name) > LONG_NAME else 11)
    return f'    "{name}" [label=<{title}> fillcolor="{look.FIRST if initial else look.BOX}"]'


def _edges(arrows: Arrows, initial: str) -> list[str]:
    """Only what leads a step away from the beginning, or to an end, says where a state stands."""
    steps = _steps_from(arrows, initial)
    tails = {tail for tail, _ in arrows}
    lines = []
    for (tail, head), events in arrows.items():
        few = sum(other == head for _, other in arrows) <= LABELLED_BY
        onward = head not in tails or steps[head] == steps[tail] + 1
        more = {} if onward else {"constraint": "false"}
        lines.append(look.edge(tail, head, _label(events) if few else [], **more))
    return lines


def _steps_from(arrows: Arrows, initial: str) -> dict[str, int]:
    """Return how many arrows, at least, lead from the initial state to each other one."""
    steps, reached = {initial: 0}, [initial]
    for state in reached:
        for tail, head in arrows:
            if tail == state and head not in steps:
                steps[head] = steps[tail] + 1
                reached.append(head)
    return steps


def _label(events: list[str]) -> list[str]:
    names = list(dict.fromkeys(events))
    if len(names) > MAX_EVENTS:
        names[MAX_EVENTS - 1 :] = ["…"]
    return [look.font(name, look.EVENT, 9) for name in names]
