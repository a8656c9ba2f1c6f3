"""Tables with one fault each: a row deleted, redirected, unguarded, or without its effect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum

from fsm.client.ahead import AheadSession
from fsm.client.conversation import ConversationSession
from fsm.client.link import LinkSession
from fsm.client.playback import PlaybackSession
from fsm.client.prompt import PromptSession
from fsm.client.queue import QueueSession
from fsm.client.transport import TransportSession
from fsm.server import ServerSession
from fsm.table import Row, Session, Table, TableError
from verify.snapshots import Group

SESSIONS: tuple[type[Session], ...] = (
    ServerSession,
    ConversationSession,
    LinkSession,
    PlaybackSession,
    PromptSession,
    QueueSession,
    TransportSession,
    AheadSession,
)


class Fault(Enum):
    """What was done to a row."""

    DELETED = "is deleted"
    REDIRECTED = "goes to"
    UNGUARDED = "always applies"
    IDLE = "has no effect"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One table with one faulty row. to: where a redirected row goes."""

    session: type[Session]
    row: Row
    fault: Fault
    to: Enum | None = None

    def __str__(self) -> str:
        where = f" {self.to.name}" if self.to is not None else ""
        return f"{self.session.table.name}: {self.row} {self.fault.value}{where}"

    @property
    def group(self) -> Group:
        """The rows among which it is."""
        return self.session.table.name, self.row.state, self.row.event

    def table(self) -> Table:
        """The faulty table. Raises TableError where that is no table at all."""
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
                    return [replace(row, guard=None)]
                case Fault.IDLE:
                    return [replace(row, effect=None)]
        group = self.session.table.group(self.row.state, self.row.event)
        # Behind a row that always applies no other of its group is ever tried.
        behind = row in group and group.index(row) > group.index(self.row)
        return [] if self.fault is Fault.UNGUARDED and behind else [row]

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Every session of that kind runs the faulty table meanwhile. Raises TableError."""
        original, faulty = self.session.table, self.table()
        self.session.table = faulty
        try:
            yield
        finally:
            self.session.table = original


def mutants() -> Iterator[Mutant]:
    """Every fault of every row of every table, in the tables' order."""
    for session in SESSIONS:
        for row in session.table.rows:
            yield Mutant(session, row, Fault.DELETED)
            for state in session.table.states:
                if state is not row.next_state:
                    yield Mutant(session, row, Fault.REDIRECTED, state)
            if row.guard is not None:
                yield Mutant(session, row, Fault.UNGUARDED)
            if row.effect is not None:
                yield Mutant(session, row, Fault.IDLE)


def refused(mutant: Mutant) -> str:
    """Why the table itself does not accept the fault, or nothing."""
    try:
        mutant.table()
    except TableError as error:
        return str(error)
    return ""
