"""No title steers the terminal, whatever it holds and wherever it is shown."""

import json
import re
import subprocess
import sys

import pytest

from tests.cli.conftest import encode_tone
from tests.cli.hostile_server import TITLES, HostileServer
from tests.cli.prompt import at_prompt
from tests.cli.pty_terminal import Terminal

STEERING = re.compile(
    # Only a title can bring these: controls, marks of direction, an OSC, a cleared screen, colour.
    "[\x00\x07\x0b\x0c\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    "|\x1b\\]|\x1b\\[2J|\x1b\\[H|\x1b\\[45m"
)


@pytest.fixture(scope="module")
def server():
    with HostileServer(encode_tone(220, 2)) as running:
        yield running


def command_line(server, *more):
    argv = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(server.port)]
    return [*argv, "--output", "null", "--prebuffer", "1", *more]


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_at_the_prompt(server, columns):
    with Terminal(command_line(server), columns, 50, {"LC_ALL": "C.UTF-8"}) as terminal:
        terminal.wait_until(at_prompt)
        for number in range(1, len(TITLES) + 1):
            terminal.type(f"play song{number}\t\r")
            terminal.wait_for(f"playing {number}. song{number}")
            terminal.wait_until(lambda t, n=number: f"▶ {n}. song{n}" in t.text and at_prompt(t))
        for command in ("list", "queue 1 2 3 4 5 6 7 8", "queue", "status", "why", "play 99"):
            terminal.type(f"{command}\r")
            terminal.wait_until(lambda t, c=command: at_prompt(t) and f">> {c}" in t.text)
        for command in ("play ", "queue ", "p s"):
            terminal.type(f"{command}\t\t\t")
            terminal.wait_for("1. song1")
            terminal.type("\x03")
            terminal.wait_until(at_prompt)
        found = STEERING.search(terminal.raw.decode())
        assert not found, terminal.raw.decode()[found.start() - 80 : found.end() + 40]


SCRIPT = (
    *("list", "play song1", "status", "queue 2 3", "queue", "why", "play song", "play songg1"),
    *("play 99", "play 5", "stop"),
)


def run(server, *more):
    script = [word for command in SCRIPT for word in ("-c", command)]
    done = subprocess.run(command_line(server, *more, *script), capture_output=True, text=True)
    assert done.returncode == 1, "some of these songs are not there"
    return done.stdout + done.stderr


def test_in_a_script(server):
    printed = run(server)
    assert all(c.isprintable() or c == "\n" for c in printed)
    assert (
        len([line for line in printed.splitlines() if re.match(r"(\d  )?\d\. song", line)]) == 8 + 2
    )


def test_in_json(server):
    lines = run(server, "--json").splitlines()
    assert all(line.isascii() for line in lines)
    text = "\n".join(json.dumps(json.loads(line), ensure_ascii=False) for line in lines)
    assert not STEERING.search(text)
    assert all(c.isprintable() or c == "\n" for c in text)


def test_on_a_dumb_terminal(server):
    with Terminal(command_line(server), 80, 50, term="dumb") as terminal:
        terminal.wait_until(at_prompt)
        for command in ("list", "play 1", "status", "why"):
            terminal.type(f"{command}\r")
            terminal.wait_until(at_prompt)
        terminal.type("play 99\r")
        terminal.wait_for("404")
        assert b"\x1b" not in terminal.raw
        assert not STEERING.search(terminal.raw.decode())
