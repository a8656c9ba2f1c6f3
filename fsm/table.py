"""The one form in which a machine is written: rows of state, event, guard, next state and effect.

A table builds the `transitions` machine that runs, and is what the tests, the drawings, the pages
of the docs and the explorer read. It knows nothing of what any machine is about.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar

from transitions import Machine, MachineError

from fsm.effects import Effect
from fsm.events import Event

# `transitions` logs every step at INFO, which doubles what a step costs.
logging.getLogger("transitions").setLevel(logging.WARNING)


class TableError(ValueError):
    """A table that cannot be a machine. The message names the row."""


class UnexpectedEvent(RuntimeError):
    """An event for which the state has no row: a fault in the program, never in a peer's bytes."""


@dataclass(frozen=True, slots=True)
class Row:
    """In `state`, when `event` happens and `guard` holds: record `effect`, go to `next_state`.

    guard, effect: names of methods of the session, None for "always" and "nothing".
    rfc: the section that says so, of RFC 9999 or, with a P before it, of protocol.md.
    """

    state: Enum
    event: type[Event]
    next_state: Enum
    guard: str | None = None
    effect: str | None = None
    rfc: str = ""

    def __str__(self) -> str:
        guard = f" [{self.guard}]" if self.guard else ""
        effect = f" / {self.effect}" if self.effect else ""
        return f"{self.state.name} --{self.event.__name__}{guard}{effect}--> {self.next_state.name}"


def each(
    states: Iterable[Enum],
    event: type[Event],
    next_state: Enum | None = None,
    *,
    guard: str | None = None,
    effect: str | None = None,
    rfc: str = "",
) -> list[Row]:
    """The same row for several states; without `next_state` each of them stays as it is."""
    return [Row(state, event, next_state or state, guard, effect, rfc) for state in states]


class Table:
    """A machine, written down.

    states: an Enum whose members' values say what is true in that state. Raises TableError if a
    guarded group has no unguarded last row, if two rows can never be told apart, or if a state
    cannot be reached.
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

    def group(self, state: Enum, event: type[Event]) -> tuple[Row, ...]:
        """The rows for one state and event, in the order in which their guards are asked."""
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
        machine = Machine(
            model=None,
            states=self.states,
            initial=self.initial,
            auto_transitions=False,
            send_event=False,
            queued=False,
        )
        for row in self.rows:
            machine.add_transition(
                row.event.__name__,
                row.state,
                row.next_state,
                conditions=row.guard,
                after=row.effect,
            )
        return machine

    @cached_property
    def triggers(self) -> dict[type[Event], Any]:
        """From an event's class to what fires it: `triggers[type(event)](session, event)`."""
        return {event: self.machine.events[event.__name__].trigger for event in self.events}

    def _check(self) -> None:
        for (state, event), rows in self._groups.items():
            guards = [row.guard for row in rows]
            where = f"{self.name}: {state.name}, {event.__name__}"
            if guards[-1] is not None:
                # With every guard false `transitions` would return False without a word.
                raise TableError(f"{where}: the last row must have no guard")
            if len(set(guards)) < len(guards):
                raise TableError(f"{where}: two rows have the same guard")
        reached = {self.initial} | {row.next_state for row in self.rows}
        if missing := [state.name for state in self.states if state not in reached]:
            raise TableError(f"{self.name}: no row leads to {', '.join(missing)}")


def _flat(rows: Iterable[Row | list[Row]]) -> Iterator[Row]:
    for row in rows:
        if isinstance(row, Row):
            yield row
        else:
            yield from row


class Session:
    """One run of a table: a state, a few values, and the effects of the event in hand.

    Guards and effects are methods that take the event. Guards look and change nothing; effects
    change the session's own values and `record` what others are to do.
    """

    __slots__ = ("_recorded", "state")
    table: ClassVar[Table]

    def __init__(self) -> None:
        self.state: Enum = self.table.initial
        self._recorded: list[Effect | Event] = []

    def handle(self, event: Event) -> list[Effect | Event]:
        """Take one event and return what it leads to, in order.

        Effects are for the caller to perform; events are for neighbouring machines. Raises
        UnexpectedEvent where the table has no row; the session is then as it was.
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

    def record(self, *what: Effect | Event) -> None:
        """Add to what the event in hand leads to."""
        self._recorded += what
