"""Counts which rows of the tables fire while the tests run, in this process and in xdist's workers.

The counts are written to build/rows.json, for `alfine diagrams --heat`. A run of the whole suite
fails if some row was fired by no test. Rows that a test forces, by guards that answer as told, do
not count: those of a session's own class alone do.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from diagrams.machines import MACHINES
from fsm.table import Row, RowTransition
from traces.seen_client import SeenClient

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "build" / "rows.json"
CLASSES = (*MACHINES, SeenClient)
ROWS: dict[int, tuple[str, Row]] = {
    id(row): (machine.table.name, row) for machine in CLASSES for row in machine.table.rows
}
"""By identity: the tables live as long as the process, and a mutant of a table has other rows."""
fired: Counter[tuple[str, str]] = Counter()
"""How often each row has fired: a table's name, and the row as text."""
_counts: Counter[int] = Counter()


def count_rows() -> None:
    """Count every row that fires from now on in this process."""
    execute = RowTransition.execute
    classes = frozenset(CLASSES)

    def counting(self, event_data):
        has_fired = execute(self, event_data)
        if has_fired and type(event_data.model) in classes:
            _counts[id(self.row)] += 1
        return has_fired

    RowTransition.execute = counting  # type: ignore[method-assign]


def collected() -> Counter[tuple[str, str]]:
    """What has fired in this process: by table and row."""
    found: Counter[tuple[str, str]] = Counter()
    for number, times in _counts.items():
        if number in ROWS:
            name, row = ROWS[number]
            found[name, str(row)] += times
    return found


def never_fired(found: Counter[tuple[str, str]]) -> list[str]:
    """The rows that nothing has fired, in the order of the tables."""
    named = [(name, str(row)) for name, row in ROWS.values()]
    return [f"{name}: {row}" for name, row in named if not found[name, row]]


def as_json(found: Counter[tuple[str, str]]) -> str:
    """The counts as `alfine diagrams --heat` reads them."""
    tables: dict[str, dict[str, int]] = {}
    for name, row in ROWS.values():
        tables.setdefault(name, {})[str(row)] = found[name, str(row)]
    return json.dumps({"rows": tables}, indent=1) + "\n"


def is_whole(config: pytest.Config) -> bool:
    """Whether all tests were to run: no file was named, none was left out."""
    option = config.option
    chosen = option.keyword or option.markexpr or option.deselect or option.ignore
    chosen = chosen or option.ignore_glob or getattr(option, "lf", False)
    chosen = chosen or option.collectonly or getattr(option, "stepwise", False)
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen


# What pytest calls


def pytest_configure(config: pytest.Config) -> None:
    count_rows()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error) -> None:
    """Add what one of xdist's workers has counted."""
    for name, row, times in getattr(node, "workeroutput", {}).get("fired_rows", ()):
        fired[name, row] += times


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["fired_rows"] = [(*key, n) for key, n in collected().items()]
        return
    fired.update(collected())
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(as_json(fired))
    if exitstatus == pytest.ExitCode.OK and is_whole(config) and never_fired(fired):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    if terminalreporter.stats.get("failed") or not is_whole(config):
        return
    for row in never_fired(fired):
        terminalreporter.write_line(f"no test fires {row}", red=True)
