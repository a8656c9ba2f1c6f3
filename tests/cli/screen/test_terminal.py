"""The prompt and the status line in a real pseudo-terminal, and what was typed meanwhile."""

import signal
import sys

import pytest

from cli.outside import command as outside
from tests.cli.prompt import at_prompt, client, has_typed, run, status_line
from tests.cli.pty_terminal import Terminal

WIDTHS = pytest.mark.parametrize("columns", [40, 80, 200])


@pytest.fixture(scope="module", params=[40, 80, 200])
def client_of_width(steady_server, tmp_path_factory, request):
    """One client for all tests of a width; they may run in any order."""
    env = {"XDG_STATE_HOME": str(tmp_path_factory.mktemp("state"))}
    with client(steady_server.port, request.param, env=env) as terminal:
        run(terminal, "list")  # from now on it knows the titles
        yield terminal


@pytest.fixture
def terminal_of_width(client_of_width):
    """At an empty screen."""
    # Lines run in their order: once this one has, nothing of the test before is still to be shown.
    run(client_of_width, "volume 100")
    client_of_width.type("\x0c")
    client_of_width.wait_until(lambda t: at_prompt(t) and t.screen.cursor.y == 0)
    return client_of_width


def test_the_prompt_is_shown_after_each_answer(terminal_of_width):
    for command, answer in [
        ("list", "3. 3 THE END END"),
        ("l", "1. 1 first"),
        ("?", "v volume"),
        ("play 99", "404"),
        ("p 1", "playing 1. 1 first"),
        ("s", ">>"),
        ("nonsense", "no command nonsense"),
        ("", ">>"),
    ]:
        terminal_of_width.type(f"{command}\r")
        terminal_of_width.wait_for(answer)
        terminal_of_width.wait_until(at_prompt)


def test_output_that_arrives_while_a_person_types_leaves_the_line_alone(terminal_of_width):
    terminal = terminal_of_width
    terminal.type("play 1\r")
    terminal.wait_for("playing 1")
    terminal.type("queue 2\r")
    terminal.wait_until(at_prompt)
    terminal.type("seek 1.8\r")
    terminal.wait_until(at_prompt)
    terminal.type("lis")
    terminal.wait_for("playing 2. 2 second")
    terminal.wait_until(has_typed("lis"))
    terminal.type("t\r")
    terminal.wait_for("1. 1 first")
    terminal.wait_until(at_prompt)


def test_the_window_may_be_resized(terminal_of_width):
    terminal = terminal_of_width
    columns = terminal.screen.columns
    terminal.type("list\r")
    terminal.wait_for("1. 1 first")
    terminal.type("play")
    terminal.resize(60, 20)
    terminal.wait_until(has_typed("play"))
    terminal.resize(columns, 24)
    terminal.wait_until(has_typed("play"))
    terminal.type("\x03")


def test_ctrl_c_clears_the_line(terminal_of_width):
    terminal_of_width.type("play 1")
    terminal_of_width.wait_until(has_typed("play 1"))
    terminal_of_width.type("\x03")
    terminal_of_width.wait_until(at_prompt)


@pytest.mark.parametrize(("command", "code"), [("", 0), ("play 99\r", 1)])
def test_ctrl_d_leaves_with_the_exit_code_of_the_run(steady_server, command, code):
    with client(steady_server.port) as terminal:
        terminal.wait_until(at_prompt)
        terminal.type(command)
        terminal.wait_until(lambda t: at_prompt(t) and ("404" in t.text) == bool(command))
        terminal.type("\x04")
        assert terminal.wait_for_exit() == code


def test_a_server_that_has_gone_is_reported_above_the_prompt_once_it_is_missed(server):
    with client(server.port) as terminal:
        run(terminal, "list")
        server.process.kill()
        server.process.wait()
        terminal.type("list\r")
        terminal.wait_for("nobody listens there")
        terminal.wait_until(at_prompt)
        assert "the connection was lost" not in "".join(terminal.lines)
        terminal.type("q\r")
        assert terminal.wait_for_exit() == 3


@WIDTHS
def test_the_status_line_stays_one_line_under_the_prompt(steady_server, columns):
    with client(steady_server.port, columns, rows=12) as terminal:
        terminal.wait_until(lambda t: status_line(t).startswith("■ stopped"))
        # Fill the screen, so that the prompt is at its bottom.
        for _ in range(4):
            run(terminal, "list")
        run(terminal, "repeat one")
        run(terminal, "play 1")
        terminal.wait_until(lambda t: status_line(t).startswith("▶ 1. 1 first"))
        above = terminal.lines[: terminal.screen.cursor.y + 1]
        shown = status_line(terminal)
        terminal.wait_until(lambda t: status_line(t) != shown)
        assert terminal.lines[: len(above)] == above, "drawing the status line scrolls nothing"
        assert len([line for line in terminal.lines if "▶" in line]) == 1
        terminal.type("s\r")
        terminal.wait_until(lambda t: status_line(t).startswith("■ stopped"))


def test_no_prompt_is_shown_while_a_command_is_answered(steady_server):
    with client(steady_server.port) as terminal:
        run(terminal, "repeat one")
        run(terminal, "play 1")
        terminal.type("wait\r")
        terminal.wait_until(lambda t: ">> wait" in t.text and "▶" in t.cursor_line)
        assert outside.main("stop", []) == 0
        terminal.wait_until(at_prompt)
        assert status_line(terminal).startswith("■ stopped")


def test_lines_typed_ahead_run_in_order(terminal):
    terminal.wait_until(at_prompt)
    terminal.type("play 1\rseek 1.5\rwait\rlist\rnonsense\r")
    terminal.wait_for("no command nonsense")
    order = [line for line in terminal.lines if line.startswith(">> ") and line != ">>"]
    assert order == [">> play 1", ">> seek 1.5", ">> wait", ">> list", ">> nonsense"]


def test_ctrl_c_also_drops_lines_typed_ahead(terminal):
    run(terminal, "repeat one")
    run(terminal, "play 1")
    terminal.type("wait\rlist\r\x03")
    run(terminal, "status")
    assert [line for line in terminal.lines if line.startswith(">> ")] == [
        ">> repeat one",
        ">> play 1",
        ">> status",
    ]


def test_each_pasted_line_is_a_command(terminal):
    terminal.wait_until(at_prompt)
    terminal.type("\x1b[200~volume 30\nvolume 40\x1b[201~\r")
    terminal.wait_until(lambda t: ">> volume 40" in t.text and "vol 40 %" in status_line(t))
    assert ">> volume 30" in terminal.lines


PASTED = "volume 30\x1b]0;owned\x07\x1b[2J\x9b5A\x9d0;owned\x9c\u202e\u2066"
"""A command, and behind it what would steer the terminal: by ESC, by C1, by marks of direction."""


def steering(terminal):
    """What of PASTED the program has written to the terminal as it was pasted."""
    shown = terminal.raw.decode(errors="replace")
    return [code for code in ("\x1b]", "\x07", "\x9b", "\x9d", "\u202e", "\u2066") if code in shown]


def test_pasted_escape_sequences_are_shown_and_not_obeyed(steady_server):
    with client(steady_server.port) as terminal:
        terminal.wait_until(at_prompt)
        terminal.type(f"\x1b[200~{PASTED}\nvolume 40{PASTED}\x1b[201~")
        terminal.wait_for("volume 30?]0;owned??[2J?5A?0;owned???")
        terminal.type("\x03")
        terminal.wait_until(lambda t: "^C" in t.text and at_prompt(t))
        terminal.type(f"\x1b[200~{PASTED}\nvolume 40\x1b[201~\r")
        terminal.wait_until(lambda t: ">> volume 40" in t.text and "vol 40 %" in status_line(t))
        assert steering(terminal) == []


def test_escape_sequences_in_the_history_are_shown_and_not_obeyed(steady_server, tmp_path):
    folder = tmp_path / "alfine"
    folder.mkdir()
    entry = PASTED.replace("volume 30", "volume 20 ")
    (folder / "history").write_text(f"\n# 2024-05-01 12:00:00.000000\n+{entry}\n")
    with client(steady_server.port, env={"XDG_STATE_HOME": str(tmp_path)}) as terminal:
        terminal.wait_until(at_prompt)
        terminal.type("\x1b[A")
        terminal.wait_for(">> volume 20 ?]0;owned")
        terminal.type("\r")
        terminal.wait_for("volume takes a number")
        terminal.wait_until(at_prompt)
        assert steering(terminal) == []


def test_ctrl_c_leaves_the_search_of_the_history(steady_server):
    with client(steady_server.port) as terminal:
        run(terminal, "volume 40")
        terminal.type("\x12 n+")  # Space, n and + are sought, and no commands
        terminal.wait_for("search")
        terminal.wait_for(" n+")
        terminal.type("\x03")
        terminal.wait_until(lambda t: "search" not in t.text and at_prompt(t))
        run(terminal, "status")
        assert "stopped  volume 40 %" in terminal.text
        terminal.type("\x12vol")
        terminal.wait_for(">> volume 40")
        terminal.type("\x03")
        terminal.wait_until(at_prompt)
        terminal.type("\x04")
        assert terminal.wait_for_exit() == 0


def test_the_status_line_counts_down_to_the_next_attempt(server):
    with client(server.port) as terminal:
        run(terminal, "repeat one")
        run(terminal, "play 1")
        run(terminal, "queue 2")
        server.process.kill()
        server.process.wait()
        terminal.wait_until(
            lambda t: "no connection" in status_line(t) or "connection lost" in status_line(t)
        )


@pytest.mark.parametrize("columns", [40, 200])
def test_the_window_may_be_resized_while_a_song_plays(steady_server, columns):
    with client(steady_server.port) as terminal:
        run(terminal, "repeat one")
        run(terminal, "play 1")
        terminal.type("lis")
        terminal.wait_until(has_typed("lis"))
        terminal.resize(columns, 12)
        terminal.wait_until(
            lambda t: has_typed("lis")(t) and status_line(t).startswith("▶ 1. 1 first")
        )
        terminal.type("\x03")
        terminal.wait_until(at_prompt)


@pytest.mark.parametrize("leaving", ["q\r", "\x04", "wait\r"])
def test_the_terminal_is_restored_at_the_end(steady_server, leaving):
    with client(steady_server.port) as terminal:
        before = terminal.settings()
        run(terminal, "repeat one")
        run(terminal, "play 1")
        terminal.type(leaving)
        if leaving == "wait\r":
            terminal.wait_until(lambda t: "▶" in t.cursor_line)
            terminal.process.terminate()
        assert terminal.wait_for_exit() in (0, 128 + signal.SIGTERM)
        assert terminal.settings() == before
        assert "▶" not in terminal.text, "no status line is left behind"


FAULTY = """
import asyncio
from cli.app import main
from cli.screen.terminal import TerminalScreen

refresh = TerminalScreen._refresh

async def refresh_after_a_fault(screen):
    asyncio.get_running_loop().call_soon(open, "no such\\x1b[7m")
    await refresh(screen)

TerminalScreen._refresh = refresh_after_a_fault
main()
"""
"""The client, with a call behind the person's back that fails."""


def test_a_fault_in_the_background_is_a_line_and_waits_for_no_key(steady_server):
    argv = [sys.executable, "-c", FAULTY, "client", "127.0.0.1", str(steady_server.port)]
    with Terminal([*argv, "--output", "null"], 80, 24, {"LC_ALL": "C.UTF-8"}) as terminal:
        terminal.wait_for("a fault in the background: FileNotFoundError")
        run(terminal, "list")
        assert "ENTER" not in terminal.text
        terminal.type("quit\r")
        assert terminal.wait_for_exit() == 0
