"""What the short commands import: a module that comes back costs every start its time."""

import os
import subprocess
import sys

import platformdirs
import pytest

from cli import settings

OWN = {
    *("audio", "check", "cli", "diagrams", "discovery", "fsm", "monitor", "net", "proxy", "songs"),
    *("traces", "verify"),
}

SHORT = (
    "cli",
    "cli.app",
    "cli.outside",
    "cli.outside.command",
    "cli.outside.peers",
    "cli.outside.directory",
)
SHOWN = ("cli.command_line", "cli.shell_completion", "cli.usage")
CLIENT = (
    *(
        "cli.client",
        "cli.client_run",
        "cli.address",
        "cli.client_signals",
        "cli.for_person",
        "cli.settings",
    ),
    *("cli.options", "cli.options.loudness", "cli.options.tls"),
    *("cli.options.monitoring", "cli.options.tracing"),
    *("cli.outside.cover_view", "cli.outside.elsewhere", "cli.screen", "cli.screen.plain"),
)
CLIENTS_ROOMS = ("cli.playing", "cli.words", "cli.browsing", "cli.memory", "fsm", "net")
NOT_OF_THEM = (
    *("cli.playing.sound.sound", "cli.playing.remembering", "cli.memory.saved"),
    *("cli.words.formatters.rich_text", "cli.words.formatters.styled"),
    *("cli.words.glyphs", "cli.words.exchange"),
    *("fsm.server", "net.server"),
)
"""Of the rooms that the client imports whole."""

CLICK = "import click; click.Command('x').get_help(click.Context(click.Command('x')))\n"
HELP = "import json, pathlib, signal, socket\n"
SCRIPT = (
    "import asyncio, concurrent.futures.thread, dataclasses, difflib, json, pathlib, random\n"
    "import transitions.core, unicodedata"
)
"""What a script needs of others. click looks for `--c` by difflib before it finds `-c`."""


def imported(*arguments: str, first: str = "") -> set[str]:
    """Run a command; return the modules that are loaded when it ends. first: a statement."""
    script = (
        f"import sys\n{first}\nfrom cli.app import main\nsys.argv[1:] = {list(arguments)!r}\n"
        "try: main()\nexcept SystemExit as end: print(end.code, *sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    code, *modules = ended.stderr.splitlines()[-1].split()
    assert code in ("0", "3"), ended.stderr
    return set(modules)


def loaded_by(statement: str) -> set[str]:
    """Return what is loaded with these modules, whichever Python it is."""
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    return set(
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout.split()
    )


def own(modules: set[str]) -> set[str]:
    return {name for name in modules if name.split(".")[0] in OWN}


def of_others(modules: set[str], statement: str) -> set[str]:
    """Return the modules that are neither ours nor loaded by the statement."""
    return {name for name in modules - own(modules) - loaded_by(statement) if name[0] != "_"}


def test_what_acts_on_the_running_client_needs_no_library():
    modules = imported("status")
    assert own(modules) == {*SHORT}
    assert of_others(modules, "import contextlib, io, json, os, socket, sys") <= {"__main__", "re"}
    assert not {"click", "asyncio", "dataclasses", "typing", "tempfile", "argparse"} & modules


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_help_imports_no_command(option):
    modules = imported(option)
    traced = {"traces", "traces.file"} if option == "--version" else set()
    assert own(modules) == {*SHORT, *SHOWN, *traced}
    known = "import importlib.metadata as m, queue; m.version('click')\n" if traced else ""
    assert of_others(modules, HELP + known + CLICK) == set()


@pytest.mark.parametrize("word", ["list", "status"])
def test_a_script_that_only_shows_needs_no_sound_and_no_terminal(steady_server, word):
    modules = imported("client", "127.0.0.1", str(steady_server.port), "-c", word)
    mine = own(modules) - {*SHORT, *SHOWN, *CLIENT}
    assert {name for name in mine if not is_of(name, CLIENTS_ROOMS)} == set()
    assert {name for name in mine if is_of(name, NOT_OF_THEM)} == set()
    assert of_others(modules, CLICK + SCRIPT) == set()


def is_of(name: str, rooms: tuple[str, ...]) -> bool:
    return any(f"{name}.".startswith(f"{room}.") for room in rooms)


def test_a_module_that_comes_back_is_named():
    assert "difflib" not in of_others(imported("--help"), "import click, json")
    assert of_others(imported("--help", first="import sqlite3"), "import click, json") >= {
        "sqlite3"
    }


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs is asked")
@pytest.mark.parametrize("base", [None, "", "/x", "x", " ", "~"])
def test_the_settings_are_where_platformdirs_says(base, monkeypatch):
    for name in ("ALFINE_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    if base is not None:
        monkeypatch.setenv("XDG_CONFIG_HOME", base)
    assert settings.config_path() == platformdirs.user_config_path("alfine") / "config.toml"
    monkeypatch.setenv("ALFINE_CONFIG", os.devnull)
    assert str(settings.config_path()) == os.devnull
