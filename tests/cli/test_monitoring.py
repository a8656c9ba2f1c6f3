"""`--monitor`: what it needs, what it refuses, and that without it nothing of it is there."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from tests.end_to_end.programs import ROOT, environment, run

SERVER = ("-m", "cli.server", "tests", 0)
CLIENT = ("-m", "cli.client", "127.0.0.1", 9, "-c", "list")
COMMANDS = [("alfine server", SERVER), ("alfine client", CLIENT)]


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=["server", "client"])
@pytest.mark.parametrize("missing", ["aiohttp", "prometheus_client"])
def test_what_is_missing_is_named_in_one_line(tmp_path, name, command, missing):
    script = (
        "import importlib.util, runpy, sys\n"
        "find = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda n, *a: None if n == {missing!r} else find(n, *a)\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_module(sys.argv[0], run_name='__main__')\n"
    )
    (tmp_path / "without.py").write_text(script)
    done = run(tmp_path / "without.py", *command[1:], "--monitor", 0)
    assert done.code == 2
    assert done.err == (
        f"{name}: --monitor needs aiohttp and prometheus-client: alfine's extra [monitor]\n"
    )


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=["server", "client"])
def test_a_port_that_is_taken_is_said_in_one_line(name, command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(*command, "--monitor", port)
    assert done.code == 2
    assert done.err == (
        f"{name}: --monitor: port {port} is in use: end what listens there, or choose another "
        "(0 finds one)\n"
    )


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=["server", "client"])
def test_a_port_that_there_cannot_be_is_refused(name, command):
    done = run(*command, "--monitor", 65536)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert "--monitor" in done.err


@pytest.mark.parametrize("module", ["cli.server", "cli.client"])
def test_without_it_nothing_of_it_is_imported(module):
    script = (
        f"import sys, {module}\n"
        "print([name for name in sys.modules"
        " if name.split('.')[0] in ('monitor', 'aiohttp', 'prometheus_client', 'diagrams')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment(),
    )
    assert done.stdout == "[]\n"
