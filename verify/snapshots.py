"""Sessions as values: saved in a snapshot, and restored to take the next event.

Equal snapshots are one object, which keeps the outcome of every event that was fired there: each
pair of snapshot and event is fired once, however many exchanges lead to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from fsm.effects import Effect
from fsm.events import Event
from fsm.table import Row, Session
from verify.rules import Broken, Rule

Values = tuple[Any, ...]
Group = tuple[str, Enum, type[Event]]
"""A table's name, a state and an event: rows that are tried together."""
Said = tuple[str, type[Event]]
"""A table's name, and an event that one of its sessions has recorded for other machines."""
Step = tuple[str, Event, Enum, Enum]
"""A machine's name, an event, the state before and the state after it."""


@dataclass(slots=True, eq=False)
class Snapshot:
    """Sessions between two events. Compared by identity: equal snapshots are one object."""

    values: tuple[Values, ...]
    states: tuple[Enum, ...]
    outcomes: dict[Event, Outcome]


@dataclass(slots=True, eq=False)
class Outcome:
    """What came of one event.

    steps, rows: what fired, in order. groups: the groups of rows that decided it. said: the events
    that were recorded. fault: the rule that it broke.
    """

    after: Snapshot
    effects: tuple[Effect, ...]
    steps: tuple[Step, ...]
    rows: tuple[tuple[str, Row], ...]
    groups: frozenset[Group]
    said: frozenset[Said]
    fault: Broken | None = None


@dataclass(slots=True, eq=False)
class Notes:
    """What the machines of one side have done with the event in hand, in order."""

    rows: list[tuple[str, Row]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    groups: set[Group] = field(default_factory=set)
    said: set[Said] = field(default_factory=set)

    def clear(self) -> None:
        """Begin the notes of another event."""
        self.rows.clear()
        self.steps.clear()
        self.groups.clear()
        self.said.clear()


class Watched:
    """A machine that notes which of its rows fire and which events they record."""

    def __init__(self, name: str, session: Session[Any], notes: Notes) -> None:
        self.name, self.session = name, session
        self.table = session.table.name
        self.slots = slots(session)
        self._notes = notes

    @property
    def state(self) -> Enum:
        """The session's state."""
        return self.session.state

    def handle(self, event: Event) -> list[Effect | Event]:
        """Let the machine take the event. Raises Broken for an event that it does not declare."""
        session, before, notes = self.session, self.session.state, self._notes
        # Noted before it is fired, so that a fault shows in the ladder as well.
        notes.steps.append((self.name, event, before, before))
        notes.groups.add((self.table, before, type(event)))
        outcomes = session.handle(event)
        notes.steps[-1] = (self.name, event, before, session.state)
        assert session.fired is not None
        notes.rows.append((self.table, session.fired))
        for said in (outcome for outcome in outcomes if isinstance(outcome, Event)):
            if type(said) not in session.says:
                raise Broken(Rule.NO_FAULT, f"{self.table} does not declare {type(said).__name__}")
            notes.said.add((self.table, type(said)))
        return outcomes


def slots(session: Session[Any]) -> tuple[str, ...]:
    """Return the names of a session's values that a snapshot keeps.

    Left out are the outcomes and the row of the event in hand, and what would make the state space
    infinite: attempts to connect, where they are not limited and only lengthen pauses; songs that
    were played, which nobody goes back to here.
    """
    names = {name for kind in type(session).__mro__ for name in getattr(kind, "__slots__", ())}
    names -= {"_recorded", "fired", "played"}
    if getattr(session, "max_retries", 0) is None:
        names.discard("attempts")
    return tuple(sorted(names))


class Actor:
    """One side: its sessions, all their snapshots, and how it takes an event.

    machines: by name, in a fixed order. handle: what is called with each event; by default the
    `handle` of the only machine.
    """

    def __init__(
        self,
        machines: Mapping[str, Session[Any]],
        handle: Callable[[Event], Sequence[Any]] | None = None,
    ) -> None:
        self._notes = Notes()
        self.watched = {
            name: Watched(name, session, self._notes) for name, session in machines.items()
        }
        (first, *_) = self.watched.values()
        self._handle = handle or first.handle
        self._snapshots: dict[tuple[Values, ...], Snapshot] = {}
        self._rewritten: Group | None = None
        self._anew: dict[tuple[Snapshot, Event], Outcome] = {}
        self.used: list[Outcome] | None = None
        """Where it is a list, every outcome is added to it, whether fired or kept."""
        self.start = self._snapshot()

    def fire(self, snapshot: Snapshot, event: Event) -> Outcome:
        """Return what comes of the event; each snapshot fires it at most once."""
        outcome = snapshot.outcomes.get(event)
        if outcome is None or (self._rewritten is not None and self._rewritten in outcome.groups):
            outcome = self._fire_anew(snapshot, event)
        if self.used is not None:
            self.used.append(outcome)
        return outcome

    def rewrite(self, group: Group | None) -> None:
        """Fire anew what the rows of that group decided: they are others now. None: no longer."""
        self._rewritten = group
        self._anew.clear()

    def _fire_anew(self, snapshot: Snapshot, event: Event) -> Outcome:
        outcome = self._anew.get((snapshot, event))
        if outcome is None:
            outcome = self._fire(snapshot, event)
            if self._rewritten in outcome.groups:
                self._anew[snapshot, event] = outcome
            else:
                snapshot.outcomes[event] = outcome
        return outcome

    def _fire(self, snapshot: Snapshot, event: Event) -> Outcome:
        self.restore(snapshot)
        fault: Broken | None = None
        effects: Sequence[Any] = ()
        try:
            effects = self._handle(event)
            after = self._snapshot()
        except Broken as broken:
            fault, after = broken, snapshot
        except Exception as error:
            # Not only UnexpectedEvent: whatever a row raises would end the program.
            fault = Broken(Rule.NO_FAULT, f"{type(error).__name__}: {error}")
            after = snapshot
        notes = self._notes
        return Outcome(
            after,
            tuple(effects),
            tuple(notes.steps),
            tuple(notes.rows),
            frozenset(notes.groups),
            frozenset(notes.said),
            fault,
        )

    def _snapshot(self) -> Snapshot:
        values = tuple(
            tuple([getattr(machine.session, name) for name in machine.slots])
            for machine in self.watched.values()
        )
        snapshot = self._snapshots.get(values)
        if snapshot is None:
            states = tuple(machine.state for machine in self.watched.values())
            snapshot = self._snapshots[values] = Snapshot(values, states, {})
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Give the sessions the values of a snapshot."""
        self._notes.clear()
        for machine, values in zip(self.watched.values(), snapshot.values, strict=True):
            session = machine.session
            for name, value in zip(machine.slots, values, strict=True):
                setattr(session, name, value)

    def release(self) -> None:
        """Drop all snapshots."""
        for snapshot in self._snapshots.values():
            snapshot.outcomes.clear()
        self._snapshots.clear()

    def rows_fired(self) -> set[tuple[str, Row]]:
        """Return every row that has fired in any snapshot."""
        return {row for outcome in self._outcomes() for row in outcome.rows}

    def events_said(self) -> set[Said]:
        """Return every event that has been recorded for other machines."""
        return {said for outcome in self._outcomes() for said in outcome.said}

    def _outcomes(self) -> Iterator[Outcome]:
        return (o for s in self._snapshots.values() for o in s.outcomes.values())
