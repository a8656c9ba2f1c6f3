"""Mutants: tables with one fault each, made from every row of every table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from itertools import combinations
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
from verify.mutation.effect_order import commute
from verify.watched import Group

SESSIONS: tuple[type[Session[Any]], ...] = (
    ServerSession,
    ConversationSession,
    LinkSession,
    SongSession,
    PlayerSession,
    PromptSession,
    QueueSession,
    TransportSession,
    HandshakeSession,
)


class Fault(Enum):
    """What was done to a row."""

    DELETED = "is deleted"
    REDIRECTED = "goes to"
    UNGUARDED = "always applies"
    DROPPED = "does not do"
    SWAPPED = "does in this order"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A table with one faulty row.

    to: where a redirected row goes. dropped: the place of the effect that is left out. then: the
    effects in another order.
    """

    session: type[Session[Any]]
    row: Row
    fault: Fault
    to: Enum | None = None
    dropped: int | None = None
    then: str = ""

    def __str__(self) -> str:
        to = f" {self.to.name}" if self.to is not None else ""
        effect = f" {self.row.effects[self.dropped]}" if self.dropped is not None else ""
        then = f" {self.then}" if self.then else ""
        return f"{self.session.table.name}: {self.row} {self.fault.value}{to}{effect}{then}"

    @property
    def group(self) -> Group:
        """The rows among which the faulty one is."""
        return self.session.table.name, self.row.state, self.row.event

    def table(self) -> Table:
        """Return the faulty table. Raises TableError where that is no table at all."""
        original = self.session.table
        rows: list[Row | list[Row]] = [self._instead(row) for row in original.rows]
        return Table(original.name, original.initial, rows)

    def _instead(self, row: Row) -> list[Row]:
        """Return what stands in the place of a row: one row or none."""
        if row is self.row:
            return self._faulty()
        # Behind a row that always applies no other of its group is ever reached.
        return [] if self.fault is Fault.UNGUARDED and row in self._behind() else [row]

    def _behind(self) -> tuple[Row, ...]:
        group = self.session.table.group(self.row.state, self.row.event)
        return group[group.index(self.row) + 1 :]

    def _faulty(self) -> list[Row]:
        match self.fault:
            case Fault.DELETED:
                return []
            case Fault.REDIRECTED:
                return [replace(self.row, next_state=self.to or self.row.next_state)]
            case Fault.UNGUARDED:
                return [replace(self.row, when=None)]
            case Fault.DROPPED:
                kept = (e for i, e in enumerate(self.row.effects) if i != self.dropped)
                return [replace(self.row, then=", ".join(kept))]
            case Fault.SWAPPED:
                return [replace(self.row, then=self.then)]

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let every session of that kind run the faulty table meanwhile. Raises TableError."""
        original, faulty = self.session.table, self.table()
        self.session.table = faulty
        try:
            yield
        finally:
            self.session.table = original


def mutants() -> Iterator[Mutant]:
    """Yield every fault of every row of every table, in the tables' order."""
    for session in SESSIONS:
        for row in session.table.rows:
            yield from _of_row(session, row)


def _of_row(session: type[Session[Any]], row: Row) -> Iterator[Mutant]:
    yield Mutant(session, row, Fault.DELETED)
    for state in session.table.states:
        if state is not row.next_state:
            yield Mutant(session, row, Fault.REDIRECTED, to=state)
    if row.when is not None:
        yield Mutant(session, row, Fault.UNGUARDED)
    for place in range(len(row.effects)):
        yield Mutant(session, row, Fault.DROPPED, dropped=place)
    for first, second in combinations(range(len(row.effects)), 2):
        swapped = list(row.effects)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        # Where each two effects that change places commute, that is no fault.
        if not same_order(session, row.effects, swapped):
            yield Mutant(session, row, Fault.SWAPPED, then=", ".join(swapped))


def same_order(session: type[Session[Any]], effects: tuple[str, ...], others: list[str]) -> bool:
    """Tell whether all effects that do not commute are in the same order."""
    pairs = combinations(effects, 2)
    return all(others.index(a) < others.index(b) or commute(session, a, b) for a, b in pairs)
