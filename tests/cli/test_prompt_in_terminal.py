"""The prompt in a real pseudo-terminal: `>>` at every input line, and what was typed stays."""

import sys

import pytest

from tests.cli.pty_terminal import Terminal


def client(port, columns, env=None):
    argv = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(port)]
    return Terminal([*argv, "--output", "null", "--prebuffer", "1"], columns, env=env)


@pytest.fixture(scope="module", params=[40, 80, 200])
def of_width(steady_server, tmp_path_factory, request):
    """One client for all tests of a width, which can come in any order."""
    env = {"XDG_STATE_HOME": str(tmp_path_factory.mktemp("state"))}
    with client(steady_server.port, request.param, env) as terminal:
        yield terminal


@pytest.fixture
def terminal(of_width):
    """At an empty screen."""
    of_width.wait_until(at_prompt)
    of_width.type("\x0c")
    of_width.wait_until(lambda t: at_prompt(t) and t.screen.cursor.y == 0)
    return of_width


def at_prompt(terminal):
    return terminal.cursor_line == ">>"


def test_the_prompt_stands_after_each_answer(terminal):
    for command, answer in [
        ("list", "3. 3 THE END END"),
        ("l", "1. 1 first"),
        ("?", "volume 0-100"),
        ("play 99", "404"),
        ("p 1", "playing 1. 1 first"),
        ("s", ">>"),
        ("nonsense", "no command nonsense"),
        ("", ">>"),
    ]:
        terminal.type(f"{command}\r")
        terminal.wait_for(answer)
        terminal.wait_until(at_prompt)


def test_output_that_arrives_while_one_types_leaves_the_line_alone(terminal):
    terminal.type("play 1\r")
    terminal.wait_for("playing 1")
    terminal.type("queue 2\r")
    terminal.wait_until(at_prompt)
    terminal.type("seek 1.8\r")
    terminal.wait_until(at_prompt)
    terminal.type("lis")
    terminal.wait_for("playing 2. 2 second")
    terminal.wait_until(lambda t: t.cursor_line == ">> lis")
    terminal.type("t\r")
    terminal.wait_for("1. 1 first")
    terminal.wait_until(at_prompt)


def test_the_window_may_be_resized(terminal):
    columns = terminal.screen.columns
    terminal.type("list\r")
    terminal.wait_for("1. 1 first")
    terminal.type("play")
    terminal.resize(60, 20)
    terminal.wait_until(lambda t: t.cursor_line == ">> play")
    terminal.resize(columns, 24)
    terminal.wait_until(lambda t: t.cursor_line == ">> play")
    terminal.type("\x03")


def test_ctrl_c_clears_the_line(terminal):
    terminal.type("play 1")
    terminal.wait_until(lambda t: t.cursor_line == ">> play 1")
    terminal.type("\x03")
    terminal.wait_until(at_prompt)


@pytest.mark.parametrize(("command", "code"), [("", 0), ("play 99\r", 1)])
def test_ctrl_d_leaves_and_the_code_says_how_it_went(steady_server, command, code):
    with client(steady_server.port, 80) as terminal:
        terminal.wait_until(at_prompt)
        terminal.type(command)
        terminal.wait_until(lambda t: at_prompt(t) and ("404" in t.text) == bool(command))
        terminal.type("\x04")
        assert terminal.wait_for_exit() == code


def test_a_lost_connection_is_told_above_the_prompt(server):
    with client(server.port, 80) as terminal:
        terminal.wait_until(at_prompt)
        server.process.kill()
        server.process.wait()
        terminal.wait_for("the connection was lost")
        terminal.wait_until(at_prompt)
        terminal.type("q\r")
        assert terminal.wait_for_exit() == 3
