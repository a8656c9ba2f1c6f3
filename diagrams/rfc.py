"""RFC 9999 as a page of Markdown: its text, unchanged, and behind each section the rows citing it.

It knows how an RFC is laid out, and nothing of what its sections say; the variables of section 2.6
are found in what the tables say of their states.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from diagrams.machines import Machine, condition, counters, table_line
from fsm.client.prompt import PromptSession, PromptState
from fsm.client.song.session import SongSession
from fsm.client.song.table import REQUESTED, UNWANTED
from fsm.server import ServerSession
from fsm.table import Row, Table

TEXT = "docs/rfc9999.txt"
PAGE = "docs/rfc9999.md"
ROOT = Path(__file__).resolve().parent.parent

HEAD = """\
<!-- Made by `alfine diagrams` from rfc9999.txt and the tables in fsm/. Do not edit. -->

# RFC 9999

The grey boxes are the document, whole and unchanged ([rfc9999.txt](rfc9999.txt)). Behind each
section that a row of a table cites stand those rows; the machines are drawn in
[state-machines.md](state-machines.md). Where the document contradicts itself or leaves a case open,
[protocol.md](protocol.md) says how it is read.
"""

_HEADING = re.compile(r"(?:(?P<number>\d+(?:\.\d+)*)\.  )?(?P<title>[A-Z].*)")


@dataclass(frozen=True)
class Section:
    """A section of the document. number: "" for what has none. text: without its heading."""

    number: str
    title: str
    text: str

    @property
    def heading(self) -> str:
        """Return number and title on one line."""
        return f"{self.number}. {self.title}" if self.number else self.title

    @property
    def anchor(self) -> str:
        """Return the name that a code host gives the heading, for links."""
        return re.sub(r"[^\w -]", "", self.heading).lower().replace(" ", "-")


@dataclass(frozen=True)
class Variable:
    """A variable of RFC 2.6 that is true in some of a machine's states."""

    name: str
    section: str
    table: Table
    holds: Callable[[Enum], bool]


def _named_in(name: str) -> Callable[[Enum], bool]:
    return lambda state: name in re.split(r"\W+", str(state.value))


VARIABLES = (
    Variable("IS_PLAYING", "2.6.1", SongSession.table, lambda s: s not in (UNWANTED, REQUESTED)),
    Variable("ARROW_LOCK", "2.6.1", PromptSession.table, lambda s: s is PromptState.LOCKED),
    Variable("keep_playing", "2.6.2", ServerSession.table, _named_in("keep_playing")),
    Variable(
        "list_req_while_playing",
        "2.6.2",
        ServerSession.table,
        _named_in("list_req_while_playing"),
    ),
)


def sections(root: Path = ROOT) -> list[Section]:
    """Return the document in parts; joined, with their headings, they are the whole of it."""
    found: list[Section] = []
    number, title, lines = "", "", list[str]()
    for line in (root / TEXT).read_text().split("\n"):
        heading = _HEADING.fullmatch(line)
        # The first lines of an RFC begin at the margin as well: they hold names and a date.
        if heading and "   " not in line:
            found.append(Section(number, title, "\n".join(lines)))
            number, title, lines = heading["number"] or "", heading["title"], []
        else:
            lines.append(line)
    return [*found, Section(number, title, "\n".join(lines))]


def anchors(root: Path = ROOT) -> dict[str, str]:
    """Return the anchor of each numbered section, by its number."""
    return {section.number: section.anchor for section in sections(root) if section.number}


def rfc_page(machines: Sequence[Machine], root: Path = ROOT) -> str:
    """Return the whole page; it ends in a newline."""
    parts = [HEAD]
    for section in sections(root):
        if section.title:
            depth = section.number.count(".") + 2
            parts.append(f"{'#' * depth} {section.heading}\n")
        if section.text.strip():
            parts.append(f"```text\n{section.text.strip(chr(10))}\n```\n")
        parts += _variables(section.number)
        parts += _rows(section.number, machines)
    return "\n".join(parts)


def _rows(number: str, machines: Sequence[Machine]) -> Iterator[str]:
    lines = [
        table_line(
            f"[{machine.table.name}](state-machines.md#{machine.table.name}-transitions)",
            row.state.name,
            row.event.__name__,
            condition(machine.table, row),
            row.next_state.name,
            row.then,
        )
        for machine in machines
        for row in machine.table.rows
        if number and number in row.rfc.split(", ")
    ]
    if lines:
        head = table_line("machine", "state", "event", "guard", "next state", "effects")
        yield f"Rows that section {number} asks for:\n"
        yield "\n".join([head, table_line(*["---"] * 6), *lines]) + "\n"


def _variables(number: str) -> Iterator[str]:
    """Say of the variables that a section names in which states they are true."""
    lines = [_variable(variable) for variable in VARIABLES if variable.section == number]
    if number == "2.6.1":
        lines += _counters()
    if lines:
        yield "In the tables:\n"
        yield "\n".join(f"- {line}" for line in lines) + "\n"


def _variable(variable: Variable) -> str:
    table, holds = variable.table, variable.holds
    states = ", ".join(state.name for state in table.states if holds(state))
    on = [row for row in table.rows if not holds(row.state) and holds(row.next_state)]
    off = [row for row in table.rows if holds(row.state) and not holds(row.next_state)]
    return (
        f"`{variable.name}` is true in {states} of {_link(table)}. "
        f"Turned on by {_events(on)}; turned off by {_events(off)}."
    )


def _events(rows: Sequence[Row]) -> str:
    return ", ".join(dict.fromkeys(row.event.__name__ for row in rows))


def _counters() -> Iterator[str]:
    for name, methods in counters(SongSession.table).items():
        yield f"`{name}` is a value of {_link(SongSession.table)}: {methods}."


def _link(table: Table) -> str:
    return f"[{table.name}](state-machines.md#{table.name})"
