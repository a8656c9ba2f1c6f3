"""One side of an exchange as a value: saved in a snapshot, and restored to take the next event.

Equal snapshots are one object, which keeps the outcome of every event that was fired there: each
pair of snapshot and event is fired once, however many exchanges lead to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from fsm.effects import Effect
from fsm.events import Event
from fsm.table import Row, Session
from verify.rules import Broken, Rule
from verify.watched import Group, Memory, Notes, Said, Saved, Taken, Values, Watched


@dataclass(slots=True, eq=False)
class Snapshot:
    """The sessions of one side between two events. Compared by identity: equal ones are one object.

    values, states: of each session.
    """

    sessions: tuple[Saved, ...]
    values: tuple[Values, ...]
    states: tuple[Enum, ...]
    outcomes: dict[Event, Outcome]


@dataclass(slots=True, eq=False)
class Outcome:
    """What came of one event.

    taken: what each machine did, in order. groups: the groups of rows that decided it. fault: the
    rule that it broke.
    """

    after: Snapshot
    effects: tuple[Effect, ...]
    taken: tuple[Taken, ...]
    groups: frozenset[Group]
    fault: Broken | None = None


class Actor:
    """One side: its sessions, all their snapshots, and how it takes an event.

    machines: by name, in a fixed order. memory: of their sessions. handle: what is called with each
    event; by default the `handle` of the only machine.
    """

    def __init__(
        self,
        machines: Mapping[str, Session[Any]],
        memory: Memory,
        handle: Callable[[Event], Sequence[Any]] | None = None,
    ) -> None:
        self._notes = Notes()
        self.watched = {
            name: Watched(session, self._notes, memory) for name, session in machines.items()
        }
        self._each = tuple(self.watched.values())
        self._handle = handle or self._each[0].handle
        self._snapshots: dict[tuple[Saved, ...], Snapshot] = {}
        self._changed: dict[tuple[Saved, ...], tuple[Saved, ...]] = {}
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
        for machine in self._each:
            machine.rewrite(group)

    def change(self, names: Sequence[str], change: Callable[[], None]) -> None:
        """Let the sessions of these machines change each other, in the midst of an event.

        change: what changes them; it uses nothing but their values.
        """
        machines = [self.watched[name] for name in names]
        before = tuple([machine.saved for machine in machines])
        after = self._changed.get(before)
        if after is None:
            for machine in machines:
                machine.load()
            change()
            after = self._changed[before] = tuple([machine.save() for machine in machines])
        for machine, saved in zip(machines, after, strict=True):
            machine.saved = saved

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
        self._return_to(snapshot)
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
        groups = frozenset(notes.groups)
        return Outcome(after, tuple(effects), tuple(notes.taken), groups, fault)

    def _snapshot(self) -> Snapshot:
        sessions = tuple([machine.saved for machine in self._each])
        snapshot = self._snapshots.get(sessions)
        if snapshot is None:
            values = tuple([saved.values for saved in sessions])
            states = tuple([saved.state for saved in sessions])
            snapshot = self._snapshots[sessions] = Snapshot(sessions, values, states, {})
        return snapshot

    def _return_to(self, snapshot: Snapshot) -> None:
        """Let the machines be what they are in a snapshot."""
        self._notes.clear()
        for machine, saved in zip(self._each, snapshot.sessions, strict=True):
            machine.saved = saved

    def restore(self, snapshot: Snapshot) -> None:
        """Give the sessions the values of a snapshot."""
        self._return_to(snapshot)
        for machine in self._each:
            machine.load()

    def release(self) -> None:
        """Drop all snapshots."""
        for snapshot in self._snapshots.values():
            snapshot.outcomes.clear()
        self._snapshots.clear()

    def rows_fired(self) -> set[tuple[str, Row]]:
        """Return every row that has fired in any snapshot."""
        return {taken.row for taken in self._all_taken()}

    def events_said(self) -> set[Said]:
        """Return every event that has been recorded for other machines."""
        return {said for taken in self._all_taken() for said in taken.said}

    def _all_taken(self) -> set[Taken]:
        outcomes = (o for s in self._snapshots.values() for o in s.outcomes.values())
        return {taken for outcome in outcomes for taken in outcome.taken}
