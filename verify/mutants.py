"""Tables with one fault each: a row deleted, redirected or unguarded, an effect dropped or late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from itertools import combinations
from typing import Any

from fsm.client.conversation import ConversationSession
from fsm.client.link import LinkSession
from fsm.client.player import PlayerSession
from fsm.client.prompt import PromptSession
from fsm.client.queue import QueueSession
from fsm.client.song import SongSession
from fsm.client.transport import TransportSession
from fsm.server import ServerSession
from fsm.table import Row, Session, Table, TableError
from verify.effect_order import commute
from verify.snapshots import Group

SESSIONS: tuple[type[Session[Any]], ...] = (
    ServerSession,
    ConversationSession,
    LinkSession,
    SongSession,
    PlayerSession,
    PromptSession,
    QueueSession,
    TransportSession,
)


class Fault(Enum):
    """What was done to a row."""

    DELETED = "is deleted"
    REDIRECTED = "goes to"
    UNGUARDED = "always applies"
    DROPPED = "only does"
    SWAPPED = "does in this order"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One table with one faulty row. to: where a redirected row goes. then: the other effects."""

    session: type[Session[Any]]
    row: Row
    fault: Fault
    to: Enum | None = None
    then: str = ""

    def __str__(self) -> str:
        to = f" {self.to.name}" if self.to is not None else ""
        changed = self.fault in (Fault.DROPPED, Fault.SWAPPED)
        then = f" {self.then or 'nothing'}" if changed else ""
        return f"{self.session.table.name}: {self.row} {self.fault.value}{to}{then}"

    @property
    def group(self) -> Group:
        """The rows among which it is."""
        return self.session.table.name, self.row.state, self.row.event

    def table(self) -> Table:
        """Return the faulty table. Raises TableError where that is no table at all."""
        original = self.session.table
        rows: list[Row | list[Row]] = [row for row in original.rows for row in self._instead(row)]
        return Table(original.name, original.initial, rows)

    def _instead(self, row: Row) -> list[Row]:
        if row is self.row:
            match self.fault:
                case Fault.DELETED:
                    return []
                case Fault.REDIRECTED:
                    return [replace(row, next_state=self.to or row.next_state)]
                case Fault.UNGUARDED:
                    return [replace(row, when=None)]
                case Fault.DROPPED | Fault.SWAPPED:
                    return [replace(row, then=self.then)]
        group = self.session.table.group(self.row.state, self.row.event)
        # Behind a row that always applies no other of its group is ever tried.
        behind = row in group and group.index(row) > group.index(self.row)
        return [] if self.fault is Fault.UNGUARDED and behind else [row]

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
    """Yield every fault of every row of every table, in the tables' order.

    Two effects that commute are not swapped: that is no fault.
    """
    for session in SESSIONS:
        for row in session.table.rows:
            yield Mutant(session, row, Fault.DELETED)
            for state in session.table.states:
                if state is not row.next_state:
                    yield Mutant(session, row, Fault.REDIRECTED, state)
            if row.when is not None:
                yield Mutant(session, row, Fault.UNGUARDED)
            yield from _with_other_effects(session, row)


def _with_other_effects(session: type[Session[Any]], row: Row) -> Iterator[Mutant]:
    """Yield the row with each effect dropped, and with each two swapped."""
    effects = row.effects
    for i in range(len(effects)):
        then = ", ".join((*effects[:i], *effects[i + 1 :]))
        yield Mutant(session, row, Fault.DROPPED, then=then)
    for i, j in combinations(range(len(effects)), 2):
        swapped = list(effects)
        swapped[i], swapped[j] = swapped[j], swapped[i]
        if not _same_order(session, effects, swapped):
            yield Mutant(session, row, Fault.SWAPPED, then=", ".join(swapped))


def _same_order(session: type[Session[Any]], effects: tuple[str, ...], swapped: list[str]) -> bool:
    """Tell whether all effects that do not commute keep their order."""
    pairs = combinations(effects, 2)
    return all(swapped.index(a) < swapped.index(b) or commute(session, a, b) for a, b in pairs)


def refused(mutant: Mutant) -> str:
    """Return why the table itself does not accept the fault, or nothing."""
    try:
        mutant.table()
    except TableError as error:
        return str(error)
    return ""
