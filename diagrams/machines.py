"""Which machines there are to draw, and what their sources say of themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from fsm.client.conversation.session import ConversationSession
from fsm.client.link.session import LinkSession
from fsm.client.player import PlayerSession
from fsm.client.prompt import PromptSession
from fsm.client.queue.session import QueueSession
from fsm.client.song.session import SongSession
from fsm.client.transport import TransportSession
from fsm.handshake import HandshakeSession
from fsm.server import ServerSession
from fsm.table import Row, Session, Table

Machine = type[Session[Any]]
"""A session's class: its table, and the methods that the rows name."""

MACHINES: tuple[Machine, ...] = (
    ServerSession,
    HandshakeSession,
    PromptSession,
    QueueSession,
    SongSession,
    PlayerSession,
    TransportSession,
    LinkSession,
    ConversationSession,
)


COUNTERS = {"song": "num_audio_msgs_recv"}
"""From a machine's name to the value of its session that RFC 2.6.1 names, in capitals."""


def counters(table: Table) -> dict[str, str]:
    """Return the RFC's counters of a machine: by their names, which of its methods use them."""
    name = COUNTERS.get(table.name)
    if name is None:
        return {}
    (machine,) = (machine for machine in MACHINES if machine.table.name == table.name)

    def using(methods: Sequence[str]) -> str:
        found = (each for each in methods if name in getattr(machine, each).__code__.co_names)
        return ", ".join(f"`{each}`" for each in found)

    effects, guards = using(table.effects), using(table.guards)
    return {name.upper(): f"{effects} count with it, {guards} asks it"}


def table_line(*cells: str) -> str:
    """Return one line of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def first_line(thing: object) -> str:
    """Return the first line of a docstring, "" without one."""
    return next(iter((thing.__doc__ or "").strip().splitlines()), "")


def about(machine: Machine) -> str:
    """Return what the machine knows and must not know: its module's docstring, on one line."""
    return " ".join((sys.modules[machine.__module__].__doc__ or "").split())


def condition(table: Table, row: Row) -> str:
    """Return the row's guard; "else" for the last row of a guarded group, "" for a row alone.

    An unguarded row below guarded ones does not always hold: "else" says so.
    """
    return row.when or ("else" if len(table.group(row.state, row.event)) > 1 else "")


def merged(table: Table, rows: list[Row]) -> Iterator[tuple[list[str], str, str]]:
    """Yield events, condition and effects; events that differ in nothing else share an entry."""
    order: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        events = order.setdefault((condition(table, row), row.then), [])
        if row.event.__name__ not in events:
            events.append(row.event.__name__)
    for (guard, effects), events in order.items():
        yield events, guard, effects
