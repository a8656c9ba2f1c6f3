"""Which module may import which: rooms and layers, no circles, and fsm stays free of I/O."""

import ast
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {
    "fsm": set(),
    "songs": set(),
    "audio": set(),
    "discovery": {"fsm"},
    "net": {"fsm", "songs"},
    "diagrams": {"fsm", "net"},
    "traces": {"fsm", "net", "diagrams"},
    "proxy": {"traces"},
    "verify": {"fsm", "diagrams"},
    "monitor": {"fsm", "diagrams"},
    "check": {"fsm", "net"},
    "cli": {
        "fsm",
        "net",
        "songs",
        "audio",
        "discovery",
        "diagrams",
        "traces",
        "proxy",
        "monitor",
        "verify",
        "check",
    },
}
"""For each room the other rooms that it may import."""

LAYERS = {
    "fsm": (
        "fsm.client.machines",
        *("fsm.client.queue", "fsm.client.song", "fsm.client.link", "fsm.client.conversation"),
        *("fsm.client", "fsm.client.queue.edits", "fsm.client.queue.gone", "fsm"),
    ),
    "net": (
        *("net.server.tls", "net.server.processes", "net.server.accepting"),
        *("net.server.connections", "net.server.songs", "net.server", "net", "net.tls"),
    ),
    "monitor": ("monitor.server", "monitor.client", "monitor"),
    "check": ("check.learning", "check.server", "check.client", "check"),
    "traces": ("traces.replaying", "traces"),
    "cli": (
        *("cli.operating", "cli.protocol", "cli", "cli.serving", "cli.serving.options"),
        *("cli.discovering", "cli.options", "cli.state", "cli.screen"),
        *("cli.outside.offers", "cli.outside.desktop", "cli.outside"),
        *("cli.playing.remembering", "cli.playing", "cli.playing.sound"),
        *("cli.words.formatters", "cli.words.commands", "cli.words"),
        *("cli.memory", "cli.browsing"),
        *("cli.words.safe_text", "cli.words.any_wcwidth", "cli.words.clock", "cli.command_line"),
        *("cli.settings", "cli.address", "cli.usage"),
    ),
    "verify": (
        "verify.report",
        *("verify.mutation", "verify.suites", "verify.explore", "verify.ladder", "verify.show"),
        *("verify.model", "verify.properties", "verify.exchange", "verify"),
    ),
}
"""For each room its layers, highest first: each may import itself and those below it.

A room's own name stands for those of its modules that no other layer names. A module that joins
the folders beside it stands above them, and one that all of them know below. In cli the upper three
are the commands; cli.options has options of several of them, cli.state the files that they keep,
cli.settings the file that sets their options, cli.address the server's address, cli.usage the exit
codes, and cli.words.safe_text and cli.words.clock write what any of them shows;
cli.words.any_wcwidth stands in for a library.
"""

PURE_STDLIB = {
    "__future__",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "logging",
    "operator",
    "random",
    "typing",
}
MAX_LINES = 350
MAX_FILES = 16


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def module(path: Path) -> str:
    """The name by which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for room in ALLOWED for path in files(room)}


def imported_names(path: Path) -> set[str]:
    """All that a file imports, wherever it does: in a function, or only for the type checker."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(source, aliases, 0):
                names |= {f"{source}.{alias.name}" for alias in aliases}
            case ast.ImportFrom():
                pytest.fail(f"{path}: imports are absolute, so that they can be searched for")
    return names


def imported_rooms(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported_names(path)}


def imported_modules(path: Path) -> set[str]:
    """The modules of alfine that a file imports: of `a.b.C`, where C is no module, `a.b`."""
    found = set()
    for name in imported_names(path):
        owner = name.rpartition(".")[0]
        found |= {name} & MODULES.keys() or {owner} & MODULES.keys()
    return found - {module(path)}


@cache
def imports() -> dict[str, set[str]]:
    """What each module imports."""
    return {name: imported_modules(path) for name, path in MODULES.items()}


@pytest.mark.parametrize("room", ALLOWED)
def test_rooms_import_one_way(room):
    assert files(room)
    for path in files(room):
        others = imported_rooms(path) & set(ALLOWED) - {room}
        assert others <= ALLOWED[room], f"{path.name} imports {others - ALLOWED[room]}"


@pytest.mark.parametrize("room", LAYERS)
def test_layers_import_one_way(room):
    layers = LAYERS[room]
    for name in MODULES:
        if name.split(".")[0] == room:
            below = layers[layers.index(layer(name)) :]
            for other in imports()[name]:
                if other.split(".")[0] == room:
                    assert layer(other) in below, f"{name} imports {other}"


def layer(name: str) -> str:
    """The layer of a module: the longest of its room's that its name begins with."""
    layers = [each for each in LAYERS[name.split(".")[0]] if f"{name}.".startswith(f"{each}.")]
    return max(layers, key=len)


def test_every_folder_of_a_room_with_layers_is_a_layer():
    for room, layers in LAYERS.items():
        folders = {module(path) for path in (ROOT / room).rglob("__init__.py")}
        assert folders <= set(layers) <= MODULES.keys()


def test_the_clients_connection_knows_nothing_of_the_server():
    assert not {name for name in imports()["net.client"] if name.startswith("net.server")}


def test_of_net_the_drawings_know_the_grammar_alone():
    drawings = (names for name, names in imports().items() if name.startswith("diagrams"))
    modules = set().union(*drawings)
    grammar = {"net.dialects", "net.entries", "net.framing", "net.responses", "net.wire"}
    assert {name for name in modules if name.startswith("net")} <= grammar


def test_no_module_imports_itself_by_way_of_others():
    assert circle(imports()) == ()


@pytest.mark.parametrize(
    ("imports", "found"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, False),
        ({"a": {"b"}, "b": {"a"}}, True),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}, True),
    ],
)
def test_a_circle_is_found(imports, found):
    assert bool(circle(imports)) == found


def circle(imports: dict[str, set[str]]) -> tuple[str, ...]:
    """Modules of which each imports the next, and the last the first; () if there are none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()


def test_an_import_is_seen_wherever_it_stands(tmp_path):
    path = tmp_path / "example.py"
    path.write_text(
        "import audio\n"
        "from fsm import events as on, effects\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n"
        "    from net.wire import ResponseDecoder\n"
        "def late():\n"
        "    import cli.words.formatters.plain\n"
    )
    assert imported_names(path) == {
        "audio",
        "fsm.events",
        "fsm.effects",
        "typing.TYPE_CHECKING",
        "net.wire.ResponseDecoder",
        "cli.words.formatters.plain",
    }


def test_the_machines_know_no_socket_file_thread_or_clock():
    for path in files("fsm"):
        assert imported_rooms(path) <= PURE_STDLIB | {"fsm", "transitions"}, path.name


def test_chance_comes_to_the_machines_as_a_seed():
    for path in files("fsm"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.ImportFrom("random"):
                    pytest.fail(f"{path.name} imports from random")
                case ast.Attribute(ast.Name("random"), used):
                    assert used == "Random", f"{path.name} uses random.{used}"
                case ast.Call(ast.Attribute(ast.Name("random"), "Random"), seeds):
                    assert seeds, f"{path.name} draws by chance"


@pytest.mark.parametrize("room", ALLOWED)
def test_a_module_fits_in_a_head(room):
    for path in files(room):
        assert lines_to_read(path.read_text()) <= MAX_LINES, path


@pytest.mark.parametrize("room", [*ALLOWED, "benchmarks", "demo", "docs", "fleet"])
def test_a_folder_is_read_at_a_glance(room):
    folders = Counter(path.parent for path in files(room))
    assert {folder for folder, count in folders.items() if count > MAX_FILES} == set()


def lines_to_read(text: str) -> int:
    """How many lines a module has without the rows of its table, which are data."""
    counted, in_table = 0, False
    for line in text.splitlines():
        if line.strip() == "# fmt: off":
            in_table = True
        elif line.strip() == "# fmt: on":
            in_table = False
        counted += not in_table
    assert not in_table, "a table has no end"
    return counted


def test_the_rows_of_a_table_are_not_counted():
    assert lines_to_read("a\n# fmt: off\nb\nc\n# fmt: on\nd\n") == 3
