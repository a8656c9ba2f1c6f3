"""The one form in which a machine is written: rows of state, event, guard, effects and next state.

A table builds the `transitions` machine that runs, and is what the tests, the drawings, the pages
of the docs and the explorer read. It knows nothing of what any machine is about.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, cast

from transitions import EventData, Machine, MachineError
from transitions.core import Transition

from fsm.effects import Effect
from fsm.events import Event
from fsm.frozen import dataclass

# `transitions` logs every step.
logging.getLogger("transitions").setLevel(logging.WARNING)

Outcome = TypeVar("Outcome", bound=Effect | Event)
"""What a session records: effects for its caller, events for other machines."""


class TableError(ValueError):
    """A table that cannot be a machine. The message names the row."""


class UnexpectedEvent(RuntimeError):
    """An event for which the state has no row: a fault in the program, never in a peer's bytes."""


@dataclass(frozen=True, slots=True)
class Row:
    """In `state`, on `event`, if `when` holds: run the effects of `then`, go to `next_state`.

    when: the name of a guard, None for "always". then: names of effects, separated by ", ", in the
    order in which they run; "" for none. Both are methods of the session.
    rfc: the section that says so: "2.4.1" of RFC 9999, "P7" of docs/protocol.md, "playing 5" of
    docs/playing.md; several are separated by ", ".
    """

    state: Enum
    event: type[Event]
    next_state: Enum
    when: str | None = None
    then: str = ""
    rfc: str = ""

    @property
    def effects(self) -> tuple[str, ...]:
        """The names of the effects, in order."""
        return tuple(self.then.split(", ")) if self.then else ()

    def __str__(self) -> str:
        guard = f" [{self.when}]" if self.when else ""
        effects = f" / {self.then}" if self.then else ""
        return (
            f"{self.state.name} --{self.event.__name__}{guard}{effects}--> {self.next_state.name}"
        )


def each(
    states: Iterable[Enum],
    events: type[Event] | Iterable[type[Event]],
    next_state: Enum | None = None,
    *,
    when: str | None = None,
    then: str = "",
    rfc: str = "",
) -> list[Row]:
    """Return the same row for several states, and for one or several events.

    Without `next_state` each state stays as it is.
    """
    events = (events,) if isinstance(events, type) else tuple(events)
    return [
        Row(state, event, next_state or state, when, then, rfc)
        for event in events
        for state in states
    ]


class RowTransition(Transition):
    """A transition that is one row, and that leaves the row with the session when it fires.

    It does what the library's does, but for the callbacks that no table has (prepare, after, on
    entering and leaving a state) and for a line of the log for each: a step takes a third as long.
    """

    row: Row

    def execute(self, event_data: EventData) -> bool:
        """Ask the guard, run the effects, change the state. Return whether the guard holds."""
        session = cast("Session[Any]", event_data.model)
        (event,) = event_data.args
        for guard in self.conditions:
            if not getattr(session, cast(str, guard.func))(event):
                return False
        for effect in self.before:
            getattr(session, cast(str, effect))(event)
        session.state = self.row.next_state
        session.fired = self.row
        return True


class RowMachine(Machine):
    """The machine of a table. Only it knows which row its guards have chosen."""

    transition_cls = RowTransition


class Table:
    """A machine, written down.

    initial: a member of the Enum of all states, whose values say what is true in each.
    Raises TableError if a guarded group has no unguarded last row, if two rows can never be told
    apart, if two events have the same name, or if no row leads to a state.
    """

    def __init__(self, name: str, initial: Enum, rows: Iterable[Row | list[Row]]) -> None:
        self.name = name
        self.initial = initial
        self.states: type[Enum] = type(initial)
        self.rows = tuple(_flat(rows))
        self._check()

    @property
    def events(self) -> tuple[type[Event], ...]:
        """Every event that some row names, in the order of the rows."""
        return tuple(dict.fromkeys(row.event for row in self.rows))

    @property
    def guards(self) -> tuple[str, ...]:
        """The name of every guard, in the order of the rows."""
        return tuple(dict.fromkeys(row.when for row in self.rows if row.when))

    @property
    def effects(self) -> tuple[str, ...]:
        """The name of every effect, in the order of the rows."""
        return tuple(dict.fromkeys(effect for row in self.rows for effect in row.effects))

    def group(self, state: Enum, event: type[Event]) -> tuple[Row, ...]:
        """Return the rows for one state and event, in the order in which their guards are asked."""
        return self._groups.get((state, event), ())

    @cached_property
    def _groups(self) -> dict[tuple[Enum, type[Event]], tuple[Row, ...]]:
        groups: dict[tuple[Enum, type[Event]], list[Row]] = defaultdict(list)
        for row in self.rows:
            groups[row.state, row.event].append(row)
        return {key: tuple(rows) for key, rows in groups.items()}

    @cached_property
    def machine(self) -> Machine:
        """The one `transitions` machine of this table; it has no model, sessions are passed in.

        A machine that holds its models costs 5.8 KB for each and grows quadratically with them.
        """
        return RowMachine(
            model=None,
            states=self.states,
            initial=self.initial,
            auto_transitions=False,
            send_event=False,
            queued=False,
        )

    @cached_property
    def triggers(self) -> dict[type[Event], Any]:
        """From an event's class to what fires it: `triggers[type(event)](session, event)`.

        The machine's transitions for an event are added when it comes for the first time.
        """
        return _Triggers(self._add_transitions)

    def _add_transitions(self, event: type[Event]) -> Any:
        """Add the transitions of an event to the machine, and return what fires it."""
        for row in self.rows:
            if row.event is event:
                self.machine.add_transition(
                    event.__name__,
                    row.state,
                    row.next_state,
                    conditions=row.when,
                    # Before the state changes: effects see the state that they leave, and one that
                    # raises leaves the session in it.
                    before=list(row.effects),
                )
                added = self.machine.events[event.__name__].transitions[row.state.name][-1]
                cast(RowTransition, added).row = row
        return self.machine.events[event.__name__].trigger

    def _check(self) -> None:
        for (state, event), rows in self._groups.items():
            guards = [row.when for row in rows]
            where = f"{self.name}: {state.name}, {event.__name__}"
            if guards[-1] is not None:
                # With every guard false `transitions` would return False without a word.
                raise TableError(f"{where}: the last row must have no guard")
            if len(set(guards)) < len(guards):
                raise TableError(f"{where}: two rows have the same guard")
        names = [event.__name__ for event in self.events]
        if twice := {name for name in names if names.count(name) > 1}:
            # `transitions` knows an event by its name alone: the wrong rows would fire.
            raise TableError(f"{self.name}: two events are called {', '.join(sorted(twice))}")
        reached = {self.initial} | {row.next_state for row in self.rows}
        if missing := [state.name for state in self.states if state not in reached]:
            raise TableError(f"{self.name}: no row leads to {', '.join(missing)}")


class _Triggers(dict[type[Event], Any]):
    """What fires each event. make: makes it; raises KeyError where no row names the event."""

    def __init__(self, make: Callable[[type[Event]], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, event: type[Event]) -> Any:
        self[event] = self._make(event)
        return self[event]


def _flat(rows: Iterable[Row | list[Row]]) -> Iterator[Row]:
    for row in rows:
        if isinstance(row, Row):
            yield row
        else:
            yield from row


class Session(Generic[Outcome]):
    """One run of a table: a state, a few values, and the outcomes of the event in hand.

    Guards and effects are methods that take the event. A guard looks and changes nothing. An effect
    changes the session's own values or records an outcome, and calls no other effect.
    table: the rows. says: the events that the effects record for other machines. fired: the row of
    the last event, None before the first.
    A subclass raises TableError if its table names a guard or an effect that it does not have; one
    without a table is a part of another.
    """

    __slots__ = ("_recorded", "fired", "state")
    table: ClassVar[Table]
    says: ClassVar[tuple[type[Event], ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not hasattr(cls, "table"):
            return
        for name in (*cls.table.guards, *cls.table.effects):
            if not callable(getattr(cls, name, None)):
                raise TableError(f"{cls.table.name}: {cls.__name__} has no method {name!r}")

    def __init__(self) -> None:
        self.state: Enum = self.table.initial
        self.fired: Row | None = None
        self._recorded: list[Outcome] = []

    def __repr__(self) -> str:
        names = [name for kind in type(self).__mro__ for name in getattr(kind, "__slots__", ())]
        values = {name: getattr(self, name, None) for name in names if not name.startswith("_")}
        known = [
            f" {name}={value!r}"
            for name, value in values.items()
            if value and isinstance(value, bool | int | str)
        ]
        return f"<{type(self).__name__} {self.state.name}{''.join(known)}>"

    def handle(self, event: Event) -> list[Outcome]:
        """Take one event and return the outcomes, in order.

        Effects are for the caller to perform; events are for other machines. Raises UnexpectedEvent
        where the table has no row; the session is then as it was.
        """
        self._recorded = []
        try:
            self.table.triggers[type(event)](self, event)
        except (MachineError, KeyError) as error:
            if isinstance(error, KeyError) and type(event) in self.table.triggers:
                raise
            raise UnexpectedEvent(
                f"{self.table.name}: {type(event).__name__} in {self.state.name}"
            ) from error
        return self._recorded

    def record(self, *outcomes: Outcome) -> None:
        """Add to the outcomes of the event in hand."""
        self._recorded += outcomes


class Step(NamedTuple):
    """One event that one machine has taken.

    machine: its name, on the server with the connection's number. outcomes: effects and events.
    row: the one that fired.
    """

    machine: str
    event: Event
    before: Enum
    after: Enum
    outcomes: Sequence[Effect | Event]
    row: Row


Observer = Callable[[Step], None]
"""Called with every step of every machine, after it."""


def each_of(*observers: Observer | None) -> Observer | None:
    """Return an observer that is all of those that there are; None if there is none."""
    given = [observe for observe in observers if observe is not None]
    if len(given) < 2:
        return given[0] if given else None

    def observe(step: Step) -> None:
        for each in given:
            each(step)

    return observe


def take(
    session: Session[Outcome], event: Event, machine: str, observe: Observer | None
) -> list[Outcome]:
    """Let the session handle the event, and show the step to the observer.

    Every step of every machine, on both sides, passes here. Raises UnexpectedEvent.
    """
    before = session.state
    outcomes = session.handle(event)
    if observe is not None:
        assert session.fired is not None
        observe(Step(machine, event, before, session.state, tuple(outcomes), session.fired))
    return outcomes
