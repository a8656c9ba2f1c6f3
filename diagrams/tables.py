"""From the tables to a page of Markdown: every state, every row, every guard and effect.

Sentences come from the sources' own docstrings, so that the page cannot say something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from diagrams.machines import Machine, about, condition, counters, first_line, table_line
from diagrams.overview import NAME as CLIENT
from diagrams.rfc import ROOT, anchors
from fsm.events import Event
from fsm.table import Row, Table

HEAD = """\
<!-- Made by `alfine diagrams` from the tables in fsm/. Do not edit: change the table. -->

# State machines

Each machine is one table of rows. In its state, when the event happens and the guard holds, the
machine runs the effects in their order and is then in the next state. The guards of one state and
event are asked from top to bottom; *else* marks the row that holds when none of them did. A state
and an event that have no row cannot meet: that is tested. Sources are sections of
[RFC 9999](rfc9999.md), of [protocol.md][protocol] and, for what alfine adds of its own, of
[playing.md][playing].
"""


def page(machines: Sequence[Machine], root: Path = ROOT) -> str:
    """Return the whole page; it ends in a newline. root: the tree with the RFC."""
    contents = "".join(f"- [{m.table.name}](#{m.table.name})\n" for m in machines)
    drawing = f"\n![What the client's machines tell each other](../diagrams/{CLIENT}.svg)\n"
    sections = "".join(f"\n{_section(machine)}" for machine in machines)
    tail = f"\n{_events(machines)}\n[protocol]: protocol.md\n[playing]: playing.md\n"
    links = anchors(root).items()
    tail += "".join(f"[{number}]: rfc9999.md#{anchor}\n" for number, anchor in links)
    return f"{HEAD}\n{contents}- [events](#events)\n{drawing}{sections}{tail}"


def row_line(table: Table, row: Row) -> str:
    """Return one row as one line of a Markdown table."""
    guard = condition(table, row)
    return table_line(
        row.state.name,
        row.event.__name__,
        f"`{row.when}`" if row.when else f"*{guard}*" if guard else "",
        row.next_state.name,
        ", ".join(f"`{effect}`" for effect in row.effects),
        sections_named(row.rfc),
    )


def sections_named(rfc: str) -> str:
    """Return "2.4.2, P7" as "[RFC 2.4.2][2.4.2], [protocol.md 7][protocol]", and so on."""
    return ", ".join(_section_named(part) for part in rfc.split(", ") if part)


def _section_named(part: str) -> str:
    if part.startswith("P"):
        return f"[protocol.md {part[1:]}][protocol]"
    if part.startswith("playing "):
        return f"[playing.md {part.removeprefix('playing ')}][playing]"
    return f"[RFC {part}][{part}]"


def _section(machine: Machine) -> str:
    table = machine.table
    return "\n".join(
        [
            f"## {table.name}\n",
            f"{about(machine)}\n",
            f"![The states of {table.name}](../diagrams/{table.name}.svg)\n",
            f"It begins in {table.initial.name}.\n",
            *_table(["state", "what is true"], ([s.name, s.value] for s in table.states)),
            *(f"{name} (RFC 2.6.1): {use}.\n" for name, use in counters(table).items()),
            f"### {table.name}: transitions\n",
            table_line("state", "event", "guard", "next state", "effects", "source"),
            table_line(*["---"] * 6),
            *(row_line(table, row) for row in table.rows),
            "",
            *_methods(machine, "guard", table.guards, "it holds when"),
            *_methods(machine, "effect", table.effects, "what it does"),
        ]
    )


def _methods(machine: Machine, role: str, found: Sequence[str], says: str) -> Iterator[str]:
    if found:
        yield f"### {machine.table.name}: {role}s\n"
        yield from _table(
            [role, says], ([f"`{name}`", first_line(getattr(machine, name))] for name in found)
        )


def _events(machines: Sequence[Machine]) -> str:
    recipients: dict[type[Event], list[str]] = {}
    for machine in machines:
        for event in machine.table.events:
            recipients.setdefault(event, []).append(machine.table.name)
    lines = (
        [event.__name__, first_line(event), ", ".join(names)]
        for event, names in sorted(recipients.items(), key=lambda item: item[0].__name__)
    )
    return "\n".join(["## events\n", *_table(["event", "what has happened", "received by"], lines)])


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    yield table_line(*head)
    yield table_line(*["---"] * len(head))
    yield from (table_line(*cells) for cells in lines)
    yield ""
