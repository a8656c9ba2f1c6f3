"""Runs a trace through the machines of today, and finds the first thing that they do otherwise.

It knows neither files nor terminals. Time and chance came to the machines as events, and so the
same events always lead to the same steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from fsm.events import Event
from fsm.table import Step
from traces import values
from traces.labels import printable
from traces.reading import Line, Reader
from traces.recorder import CLIENT
from traces.values import Describer, ValueUnknown

MOST_CHARS = 600


class Difference(Exception):
    """The machines do something else than the trace says. The text names the row, in one line."""


class LineUnknown(Exception):
    """A line holds what this program does not know. The text says what, in one line."""


@dataclass(slots=True)
class Totals:
    """How much has been run again."""

    connections: int = 0
    steps: int = 0
    client_bytes: int = 0
    server_bytes: int = 0


class Side(Protocol):
    """What runs the lines of one side's trace again."""

    def take(self, line: Line) -> None:
        """Take the next line. Raises Difference, LineUnknown."""


def replay(reader: Reader, side: Side) -> Iterator[tuple[Line, Totals]]:
    """Run a trace again, and yield each line after it has been run.

    Raises Difference, and TraceError where the file is broken.
    """
    totals = Totals()
    for line in reader:
        try:
            side.take(line)
        except (LineUnknown, ValueUnknown) as error:
            raise reader.error(f"holds what alfine does not know: {error}") from None
        except Difference as difference:
            where = f"line {line.number}, connection {line.connection}"
            raise Difference(printable(f"{where}: {difference}", MOST_CHARS)) from None
        _count(totals, line)
        yield line, totals


def _count(totals: Totals, line: Line) -> None:
    match line.kind:
        case "opened":
            totals.connections += 1
        case "step":
            totals.steps += 1
        case "bytes" if line.members["sender"] == CLIENT:
            totals.client_bytes += line.members["length"]
        case "bytes":
            totals.server_bytes += line.members["length"]


def compare(line: Line, step: Step, describer: Describer) -> None:
    """Raise Difference if the line is not this step of its machine."""
    recorded, machine = line.members, line.members["machine"]
    now = {
        "event": describer.describe(step.event),
        "before": step.before.name,
        "row": str(step.row),
        "after": step.after.name,
    }
    for name, value in now.items():
        if not values.same(recorded[name], value):
            raise Difference(
                f"{machine} fires {now['row']}; the trace has {name} {_shown(recorded[name])} in "
                f"{recorded['row']}"
            )
    outcomes = describer.describe(tuple(step.outcomes))
    if not values.same(recorded["outcomes"], outcomes):
        first = _first_other(recorded["outcomes"], outcomes)
        raise Difference(f"{machine} fires {now['row']}, and {first}")


def _first_other(recorded: list[Any], now: list[Any]) -> str:
    for place in range(max(len(recorded), len(now))):
        old, new = (found[place] if place < len(found) else None for found in (recorded, now))
        if old is None or new is None or not values.same(old, new):
            return f"outcome {place + 1} is {_shown(new)}; the trace has {_shown(old)}"
    return "the outcomes differ"


def _shown(described: values.Json) -> str:
    text = "nothing" if described is None else ascii(described).replace("'", "")
    return text if len(text) <= 120 else text[:117] + "..."


class Expected:
    """What the decoder has found in the bytes, and the machines are to be told in this order.

    kinds: the events that come from the wire. closely: compare their values; otherwise, because
    they may hold audio that was not recorded, the lengths of audio alone.
    """

    def __init__(self, kinds: tuple[type[Event], ...]) -> None:
        self._kinds = kinds
        self._events: deque[Event] = deque()

    def add(self, *events: Event) -> None:
        """Add what the bytes say."""
        self._events += events

    def clear(self) -> None:
        """Expect nothing any more: the connection is gone."""
        self._events.clear()

    def tell(self, event: Event, same: Callable[[Event, Event], bool]) -> None:
        """Raise Difference if the machine is told what the bytes do not say at this place."""
        if not isinstance(event, self._kinds):
            return
        name = type(event).__name__
        if not self._events:
            raise Difference(f"the machine is told {name}, which the bytes do not say")
        expected = self._events.popleft()
        if not same(expected, event):
            raise Difference(
                f"the machine is told {name}, and the bytes say {type(expected).__name__}"
            )

    def end(self) -> None:
        """Raise Difference if something is left that the machine was not told."""
        if self._events:
            name = type(self._events[0]).__name__
            raise Difference(f"the bytes say {name}, which the machine was not told")
