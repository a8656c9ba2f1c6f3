"""Which room may import which: the arrows go one way, and fsm stays free of I/O."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {
    "fsm": set(),
    "songs": set(),
    "audio": set(),
    "net": {"fsm", "songs"},
    "diagrams": {"fsm"},
    "verify": {"fsm"},
    "cli": {"fsm", "net", "songs", "audio", "diagrams", "verify"},
}
PURE_STDLIB = {"__future__", "collections", "dataclasses", "enum", "functools", "logging", "typing"}
MAX_LINES = 350


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("room", [room for room in ALLOWED if (ROOT / room).is_dir()])
def test_arrows_go_one_way(room):
    assert modules(room)
    for path in modules(room):
        others = imported(path) & set(ALLOWED) - {room}
        assert others <= ALLOWED[room], f"{path.name} imports {others - ALLOWED[room]}"


def test_the_machines_know_no_socket_file_thread_or_clock():
    for path in modules("fsm"):
        assert imported(path) <= PURE_STDLIB | {"fsm", "transitions"}, path.name


@pytest.mark.parametrize("room", [room for room in ALLOWED if (ROOT / room).is_dir()])
def test_a_module_fits_in_a_head(room):
    for path in modules(room):
        assert len(path.read_text().splitlines()) <= MAX_LINES, path
