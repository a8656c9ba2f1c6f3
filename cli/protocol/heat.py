"""How often each row has fired: read from a trace, or from what a test run has counted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from traces.reading import Reader, TraceError

TABLES = {"next_song": "song"}
"""The machines in a trace whose table has another name."""
MOST_BYTES = 16 << 20


class HeatUnknown(Exception):
    """The file is neither a trace nor a count of rows. The text says so, in one line."""


def times_fired(file: Path) -> dict[str, Counter[str]]:
    """Return how often each row has fired, by its table's name and as text. Raises HeatUnknown."""
    try:
        with open(file, "rb") as opened:
            begin = opened.read(MOST_BYTES) if file.is_file() else b""
    except OSError as error:
        raise HeatUnknown(f"{str(file)!a} cannot be read: {error.strerror}") from None
    try:
        counted = json.loads(begin)
    except (ValueError, RecursionError):
        return _of_trace(file)
    if isinstance(counted, dict) and "trace" in counted:
        return _of_trace(file)  # its first line alone
    return _of_tests(counted, file)


def _of_trace(file: Path) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    try:
        with Reader(file) as reader:
            for line in reader:
                if line.kind == "step":
                    machine = line.members["machine"]
                    name = TABLES.get(machine, machine)
                    found.setdefault(name, Counter())[line.members["row"]] += 1
    except TraceError as error:
        raise HeatUnknown(str(error)) from None
    return found


def _of_tests(counted: object, file: Path) -> dict[str, Counter[str]]:
    match counted:
        case {"rows": dict(tables)} if all(isinstance(rows, dict) for rows in tables.values()):
            found: dict[str, Counter[str]] = {name: Counter(rows) for name, rows in tables.items()}
            if all(isinstance(n, int) and n >= 0 for rows in found.values() for n in rows.values()):
                return found
    raise HeatUnknown(f"{str(file)!a} is neither a trace nor a count of rows (build/rows.json)")
