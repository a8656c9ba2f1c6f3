"""One machine that is explored: its session as a value, and what it does with each event.

Machines are deterministic: the same values take the same event in the same way, whatever the other
machines of their side are like. So each pair of them is fired once.
"""

from __future__ import annotations

from collections.abc import Sequence
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


@dataclass(slots=True, eq=False)
class Saved:
    """A session between two events. Compared by identity: equal ones are one object.

    taken: what it has done with each event that came there.
    """

    values: Values
    state: Enum
    taken: dict[Event, Taken]


@dataclass(slots=True, eq=False)
class Taken:
    """What one machine has done with one event. said: the events that it recorded."""

    after: Saved
    outcomes: Sequence[Effect | Event]
    group: Group
    row: tuple[str, Row]
    said: frozenset[Said]


@dataclass(slots=True, eq=False)
class Notes:
    """What the machines of one side have done with the event in hand, in order.

    groups: also of a row that raised.
    """

    taken: list[Taken] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def clear(self) -> None:
        """Begin the notes of another event."""
        self.taken.clear()
        self.groups.clear()


class Memory:
    """All saved sessions of one run of the explorer, which several explorations may share.

    The tables stay as they are meanwhile, but for what `Watched.rewrite` is told.
    """

    def __init__(self) -> None:
        self._saved: dict[tuple[type[Session[Any]], tuple[str, ...]], dict[Values, Saved]] = {}

    def of(self, session: Session[Any], slots: tuple[str, ...]) -> dict[Values, Saved]:
        """Return what is saved of such sessions, by the values of these slots."""
        return self._saved.setdefault((type(session), slots), {})


class Watched:
    """A machine that notes which of its rows fire and which events they record.

    saved: what its session is now. The session itself has these values once `load` was called.
    """

    def __init__(self, session: Session[Any], notes: Notes, memory: Memory) -> None:
        self.session = session
        self.table = session.table.name
        self.slots = slots(session)
        self._forgotten = [(name, getattr(session, name)) for name in forgotten(session)]
        self._notes = notes
        self._known = memory.of(session, self.slots)
        self._rewritten: Group | None = None
        self._anew: dict[tuple[Saved, Event], Taken] = {}
        self._loaded: Saved | None = None
        self.saved = self.save()

    @property
    def state(self) -> Enum:
        """The session's state."""
        return self.saved.state

    def handle(self, event: Event) -> Sequence[Effect | Event]:
        """Let the machine take the event. Raises Broken for an event that it does not declare."""
        taken = self.saved.taken.get(event) if self._rewritten is None else None
        if taken is None:
            taken = self._take(event)
        else:
            self._notes.groups.append(taken.group)
        self._notes.taken.append(taken)
        self.saved = taken.after
        return taken.outcomes

    def rewrite(self, group: Group | None) -> None:
        """Fire anew what the rows of that group decide: they are others now. None: no longer."""
        self._rewritten = group
        self._anew.clear()

    def _take(self, event: Event) -> Taken:
        saved = self.saved
        group = (self.table, saved.state, type(event))
        # Noted before it is fired, so that a fault is known by its group as well.
        self._notes.groups.append(group)
        if group == self._rewritten:
            taken = self._anew.get((saved, event))
            if taken is None:
                taken = self._anew[saved, event] = self._fire(event, group)
            return taken
        known = saved.taken.get(event)
        if known is None:
            known = saved.taken[event] = self._fire(event, group)
        return known

    def _fire(self, event: Event, group: Group) -> Taken:
        session = self.load()
        self._loaded = None
        outcomes = tuple(session.handle(event))
        assert session.fired is not None
        said = {type(outcome) for outcome in outcomes if isinstance(outcome, Event)}
        for kind in said - set(session.says):
            raise Broken(Rule.NO_FAULT, f"{self.table} does not declare {kind.__name__}")
        told = frozenset((self.table, kind) for kind in said)
        return Taken(self.save(), outcomes, group, (self.table, session.fired), told)

    def load(self) -> Session[Any]:
        """Give the session the values that are saved, and return it."""
        saved, session = self.saved, self.session
        if self._loaded is not saved:
            for name, value in (*zip(self.slots, saved.values, strict=True), *self._forgotten):
                setattr(session, name, value)
            self._loaded = saved
        return session

    def save(self) -> Saved:
        """Return the session as it is."""
        session = self.session
        values = tuple([getattr(session, name) for name in self.slots])
        saved = self._known.get(values)
        if saved is None:
            saved = self._known[values] = Saved(values, session.state, {})
        self._loaded = saved
        return saved


def slots(session: Session[Any]) -> tuple[str, ...]:
    """Return the names of a session's values that are saved: all but those that are forgotten, and
    the outcomes and the row of the event in hand.
    """
    names = {name for kind in type(session).__mro__ for name in getattr(kind, "__slots__", ())}
    return tuple(sorted(names - {"_recorded", "fired", *forgotten(session)}))


def forgotten(session: Session[Any]) -> tuple[str, ...]:
    """Return the names of a session's values that are as at first when an event is taken.

    With them the state space would be infinite: attempts to connect, where they are not limited and
    only lengthen pauses; songs that were played, which nobody goes back to here.
    """
    limited = getattr(session, "max_retries", 0) is not None
    names = ("played",) if limited else ("played", "attempts")
    return tuple(name for name in names if hasattr(session, name))
