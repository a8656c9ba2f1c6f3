"""From a table to the DOT text of its drawing.

So that a hundred rows stay legible, rows that keep a state are written into its box, rows that many
states have in common are drawn once, and rows between the same two states share an arrow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from enum import Enum

from diagrams import look
from diagrams.heat import Heat, colour, count, width
from diagrams.machines import condition, counters, merged
from fsm.events import Event
from fsm.table import Row, Table

SHARED_BY, SHARED_ALIKE_BY = 5, 2
"""How many states share an event and a next state, for it to be drawn once; and how many are enough
where guard and effects are the same as well."""

WIDE_FROM = 5
"""How many events, drawn once for many states, stand in a wide box, which is a low one."""

NOTATION = [
    look.font("Event", look.EVENT),
    look.font("[guard]", look.GUARD),
    look.font("/ effects, in order", look.EFFECT),
    look.font("· in a box: what leaves the state as it is", look.QUIET, 9),
]
SHARED_NOTATION = look.font("· dashed: what several states have in common", look.QUIET, 9)

Arrows = dict[tuple[Enum, Enum], list[Row]]
Shared = dict[Enum, list[Row]]
"""From a state to the rows by which many states lead there."""


def machine_dot(table: Table, heat: Heat | None = None) -> str:
    """Return the DOT text of one machine; the same table always gives the same text.

    heat: how often the rows have fired, which colours the edges and is written behind the rows.
    """
    shared = _shared(table)
    arrows = _arrows(table, shared)
    body = [
        f'    "" [shape="circle" style="filled" fillcolor="{look.INK}" width="0.13" label=""]',
        *(_state(table, state, heat) for state in table.states),
        look.edge("", table.initial.name, []),
        *(
            look.edge(
                tail.name,
                head.name,
                _lines(table, rows, look.EDGE_CHARS, heat),
                **_warmth(rows, heat),
            )
            for (tail, head), rows in arrows.items()
        ),
    ]
    body += [_counter(name, use) for name, use in counters(table).items()]
    for head, rows in shared.items():
        body += _shared_box(table, head, rows, heat)
    caption = " ".join([*NOTATION, SHARED_NOTATION] if shared else NOTATION)
    return look.graph(table.name, caption, body, rankdir="TB", nodesep="0.06", ranksep="0.35")


def _counter(name: str, use: str) -> str:
    lines = [look.bold(name), *look.wrapped(f"{use} (RFC 2.6.1)", look.BOX_CHARS)]
    return look.node(name, lines, look.SHARED, shape="note", style="filled")


def _shared(table: Table) -> Shared:
    """Return the rows that are drawn once.

    Where a state has such a box, rows that only two states share are added to it.
    """
    groups: dict[tuple[Enum, type[Event]], list[Row]] = defaultdict(list)
    for row in table.rows:
        if row.next_state is not row.state:
            groups[row.next_state, row.event].append(row)
    shared: Shared = {}
    pairs: list[tuple[Enum, list[Row]]] = []
    for (head, _), rows in groups.items():
        states = {row.state for row in rows}
        alike = len({(row.when, row.then) for row in rows}) == 1
        if len(states) >= (SHARED_ALIKE_BY if alike else SHARED_BY):
            shared.setdefault(head, []).extend(rows)
        elif len(states) > 1:
            pairs.append((head, rows))
    for head, rows in pairs:
        if {row.state for row in rows} <= {row.state for row in shared.get(head, ())}:
            shared[head] += rows
    return shared


def _arrows(table: Table, shared: Shared) -> Arrows:
    """Return the rows that have an arrow of their own, by the states that it joins."""
    in_boxes = {row for rows in shared.values() for row in rows}
    moving = [row for row in table.rows if row.next_state is not row.state]
    reached = {table.initial} | {row.next_state for row in moving if row not in in_boxes}
    arrows: Arrows = defaultdict(list)
    for row in moving:
        # A state that only a box leads to would stand apart from the rest: its first row is drawn
        # as an arrow. A state where the machine ends needs none: every state leads there.
        apart = row.next_state not in reached and _leaves(table, row.next_state)
        if row not in in_boxes or apart:
            arrows[row.state, row.next_state].append(row)
            reached.add(row.next_state)
            if apart:
                shared[row.next_state].remove(row)
    return arrows


def _leaves(table: Table, state: Enum) -> bool:
    return any(row.state is state is not row.next_state for row in table.rows)


def _state(table: Table, state: Enum, heat: Heat | None) -> str:
    stays = [row for row in table.rows if row.state is state is row.next_state]
    acts = _lines(table, [row for row in stays if row.then], look.BOX_CHARS, heat)
    idle = _unchanged(table, [row for row in stays if not row.then], heat)
    lines = [look.bold(state.name), *look.wrapped(state.value, look.BOX_CHARS)]
    for part in (acts, idle):
        lines += [look.RULER, *part] if part else []
    leaves = _leaves(table, state)
    fill = look.FIRST if state is table.initial else look.BOX if leaves else look.LAST
    return look.node(state.name, lines, fill, **({} if leaves else {"peripheries": "2"}))


def _unchanged(table: Table, rows: list[Row], heat: Heat | None) -> list[str]:
    if not rows:
        return []
    texts = [
        ", ".join(entry[0])
        + (f" [{entry[1]}]" if entry[1] else "")
        + (f" ×{heat.of_entry(table, rows, entry)}" if heat else "")
        for entry in merged(table, rows)
    ]
    return look.wrapped("no effect: " + ", ".join(texts), look.BOX_CHARS + 6, size=8)


def _lines(table: Table, rows: list[Row], chars: int, heat: Heat | None) -> list[str]:
    lines: list[str] = []
    for entry in merged(table, rows):
        lines += look.transition(*entry, chars)
        if heat is not None:
            lines[-1] += count(heat.of_entry(table, rows, entry))
    return lines


def _warmth(rows: list[Row], heat: Heat | None) -> dict[str, str]:
    """Return the attributes of an edge that these rows share."""
    if heat is None:
        return {}
    times = heat.of(rows)
    return {"color": colour(times), "penwidth": width(times)}


def _shared_box(table: Table, head: Enum, rows: list[Row], heat: Heat | None) -> list[str]:
    states = [state for state in table.states if any(row.state is state for row in rows)]
    chars = look.WIDE_CHARS if len({row.event for row in rows}) >= WIDE_FROM else look.BOX_CHARS
    title = look.wrapped(_in_words(table, states, head), chars, look.INK)
    name = f"to {head.name}"
    lines = [*title, look.RULER, *_by_state(table, states, rows, chars, heat)]
    drawn = {"color": look.GUARD, "style": "dashed"} | _warmth(rows, heat)
    return [
        look.node(name, lines, look.SHARED, color=look.GUARD, style="rounded,filled,dashed"),
        look.edge(name, head.name, [], **drawn),
    ]


def _in_words(table: Table, states: Sequence[Enum], head: Enum) -> str:
    missing = [s.name for s in table.states if s not in states and s is not head]
    if not missing:
        return "in any other state"
    if len(missing) <= 2 < len(states):
        return f"in any other state but {', '.join(missing)}"
    return f"in {', '.join(state.name for state in states)}"


def _by_state(
    table: Table, states: Sequence[Enum], rows: list[Row], chars: int, heat: Heat | None
) -> list[str]:
    """Return the transitions; those that not all of the states have name the states that do."""
    having: dict[tuple[str, str, tuple[Enum, ...]], list[Row]] = defaultdict(list)
    where: dict[tuple[str, str, str], list[Enum]] = defaultdict(list)
    for row in rows:
        where[row.event.__name__, condition(table, row), row.then].append(row.state)
    for row in rows:
        guard = condition(table, row)
        tails = tuple(where[row.event.__name__, guard, row.then])
        having[guard, row.then, tails].append(row)
    lines: list[str] = []
    for (_, _, tails), alike in having.items():
        lines += _lines(table, alike, chars, heat)
        if len(tails) < len(states):
            text = f"in {', '.join(state.name for state in tails)}"
            lines += [look.INDENT + line for line in look.wrapped(text, chars, size=8)]
    return lines
