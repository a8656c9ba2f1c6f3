"""The machines that a page shows, numbered: machines, their states and their rows.

Numbers keep what is sent to the page short, and what is counted in plain lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from diagrams.files import compact_svg
from diagrams.machines import Machine, about, condition
from fsm.table import Row, Table


class Catalogue:
    """Machines in the order of the page. rows: those of all tables, one after the other."""

    def __init__(self, machines: Sequence[Machine]) -> None:
        self.machines = tuple(machines)
        tables = [machine.table for machine in machines]
        self.rows: tuple[Row, ...] = tuple(row for table in tables for row in table.rows)
        self.row_numbers = {id(row): number for number, row in enumerate(self.rows)}
        """By identity: a row's hash would be made of all its texts, at every step."""
        self.places: dict[Enum, tuple[int, int]] = {
            state: (machine, number)
            for machine, table in enumerate(tables)
            for number, state in enumerate(table.states)
        }
        """From a state to the numbers of its machine and of itself in it."""
        left = {row.state for row in self.rows if row.next_state is not row.state}
        self.finals = frozenset(state for state in self.places if state not in left)
        """States that no row leaves."""

    def __repr__(self) -> str:
        return f"<Catalogue {len(self.machines)} machines, {len(self.rows)} rows>"

    def no_counts(self) -> list[list[int]]:
        """Return a zero for each state of each machine."""
        return [[0] * len(machine.table.states) for machine in self.machines]

    def describe(self) -> list[dict[str, Any]]:
        """Return what the page has to know of each machine, ready for JSON."""
        first, described = 0, []
        for machine in self.machines:
            table = machine.table
            described.append(
                {
                    "name": table.name,
                    "about": about(machine),
                    "states": [{"name": s.name, "true": s.value} for s in table.states],
                    "first_row": first,
                    "rows": [_described(table, row) for row in table.rows],
                }
            )
            first += len(table.rows)
        return described

    def drawings(self) -> list[tuple[str, str]]:
        """Return the name and the SVG of each machine's drawing."""
        return [(each.table.name, compact_svg(each.table.name)) for each in self.machines]


def _described(table: Table, row: Row) -> dict[str, str]:
    return {
        "before": row.state.name,
        "event": row.event.__name__,
        "when": condition(table, row),
        "after": row.next_state.name,
        "then": row.then,
        "rfc": row.rfc,
    }
