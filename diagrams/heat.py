"""How often the rows of a drawing have fired, in colours; it knows not who has counted them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from diagrams import look
from diagrams.machines import condition
from fsm.table import Row, Table

COLD = "#cbd5e1"
"""Of what has not fired."""
WARM = ("#f59e0b", "#ea580c", "#dc2626", "#991b1b")
"""Of what has: up to 10 times, up to 100, up to 1000, and more often."""


@dataclass(frozen=True, slots=True)
class Heat:
    """How often each row of one table has fired. times: by the row as text."""

    times: Mapping[str, int]

    def of(self, rows: Iterable[Row]) -> int:
        """Return how often these rows have fired, together."""
        return sum(self.times.get(str(row), 0) for row in rows)

    def of_entry(self, table: Table, rows: Iterable[Row], entry: tuple[list[str], str, str]) -> int:
        """Return how often the rows of one entry have fired (`diagrams.machines.merged`)."""
        events, guard, effects = entry
        return self.of(
            row
            for row in rows
            if row.event.__name__ in events
            and (condition(table, row), row.then) == (guard, effects)
        )


def colour(times: int) -> str:
    """Return the colour of what has fired so often."""
    if not times:
        return COLD
    return WARM[min(len(WARM) - 1, max(0, math.ceil(math.log10(times)) - 1))]


def width(times: int) -> str:
    """Return how wide the edge of what has fired so often is, in points."""
    return f"{1 + min(3.0, math.log10(times)) if times else 1:.1f}"


def count(times: int) -> str:
    """Return the count as a piece of DOT's HTML."""
    text, shade = (f"×{times}", colour(times)) if times else ("never", look.GUARD)
    return f"&#160;{look.font(text, shade)}"
