"""What a person sees: the prompt, the live line under it, lists, completion, history, keys."""

import re
import signal
import sys

import pytest

from tests.cli.pty_terminal import Terminal

OPTIONS = ("--output", "null", "--prebuffer", "1")
WIDTHS = pytest.mark.parametrize("columns", [40, 80, 200])
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


def client(port, columns=80, rows=24, env=None):
    argv = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(port), *OPTIONS]
    environment = {"LC_ALL": "C.UTF-8", "NO_COLOR": ""} | (env or {})
    return Terminal(argv, columns, rows, environment)


def at_prompt(terminal):
    return terminal.cursor_line == ">>"


@pytest.fixture(scope="module")
def kept(steady_server, large_server, tmp_path_factory):
    """Two clients, for tests that can follow each other in one."""
    env = {"XDG_STATE_HOME": str(tmp_path_factory.mktemp("state"))}
    with client(steady_server.port, env=env) as short, client(large_server.port, env=env) as large:
        yield short, large


@pytest.fixture
def terminal(kept):
    """At an empty screen, with nothing played, queued or typed."""
    return emptied(kept[0])


@pytest.fixture
def large_terminal(kept):
    """The same, with more songs."""
    return emptied(kept[1])


def emptied(terminal):
    terminal.wait_until(lambda t: ">>" in t.text)
    terminal.type("\x03")
    for command in ("stop", "clear", "repeat off", "resume", "volume 100"):
        terminal.type(f"{command}\r")
    terminal.wait_until(lambda t: ">> volume 100" in t.text and at_prompt(t))
    terminal.type("\x0c")
    terminal.wait_until(lambda t: t.lines[0] == ">>" and live(t).startswith("■ stopped  vol 100 %"))
    return terminal


def typed(text):
    return lambda terminal: terminal.cursor_line == f">> {text}".rstrip()


def live(terminal):
    """The line under the prompt."""
    row = terminal.screen.cursor.y + 1
    return terminal.lines[row] if row < len(terminal.lines) else ""


def obey(terminal, command):
    terminal.wait_until(at_prompt)
    terminal.type(f"{command}\r")
    terminal.wait_until(lambda t: at_prompt(t) and f">> {command}" in t.text)


@WIDTHS
def test_the_live_line_says_what_plays_and_stays_one_line_under_the_prompt(steady_server, columns):
    with client(steady_server.port, columns, rows=12) as terminal:
        terminal.wait_until(lambda t: live(t).startswith("■ stopped"))
        # Enough to fill the screen, so that the prompt stands at its bottom.
        for _ in range(4):
            obey(terminal, "list")
        obey(terminal, "repeat one")
        obey(terminal, "play 1")
        terminal.wait_until(lambda t: live(t).startswith("▶ 1. 1 first"))
        above = terminal.lines[: terminal.screen.cursor.y + 1]
        shown = live(terminal)
        terminal.wait_until(lambda t: live(t) != shown)
        assert terminal.lines[: len(above)] == above, "drawing the live line scrolls nothing"
        assert len([line for line in terminal.lines if "▶" in line]) == 1
        terminal.type("s\r")
        terminal.wait_until(lambda t: live(t).startswith("■ stopped"))


def test_no_prompt_stands_while_a_command_is_answered(terminal):
    obey(terminal, "play 1")
    obey(terminal, "seek 1.5")
    terminal.type("wait\r")
    terminal.wait_until(lambda t: ">> wait" in t.text and "▶" in t.cursor_line)
    terminal.wait_until(at_prompt)
    assert live(terminal).startswith("■ stopped")


def test_what_is_typed_ahead_is_obeyed_in_its_order(terminal):
    terminal.wait_until(at_prompt)
    terminal.type("play 1\rseek 1.5\rwait\rlist\rnonsense\r")
    terminal.wait_for("no command nonsense")
    order = [line for line in terminal.lines if line.startswith(">> ") and line != ">>"]
    assert order == [">> play 1", ">> seek 1.5", ">> wait", ">> list", ">> nonsense"]


def test_ctrl_c_also_drops_what_waits_for_its_turn(terminal):
    obey(terminal, "repeat one")
    obey(terminal, "play 1")
    terminal.type("wait\rlist\r\x03")
    obey(terminal, "status")
    assert [line for line in terminal.lines if line.startswith(">> ")] == [
        ">> repeat one",
        ">> play 1",
        ">> status",
    ]


def test_what_the_queue_is_now_is_said(large_terminal):
    obey(large_terminal, "play 5")
    large_terminal.type(" ")
    large_terminal.wait_until(lambda t: live(t).startswith("‖"))
    obey(large_terminal, "queue joga")
    assert "1. Somebody - Jóga is number 1 in the queue" in large_terminal.lines
    obey(large_terminal, "queue 7 8")
    assert "8. 8 piece is number 3 in the queue" in large_terminal.lines
    assert "3 queued" in live(large_terminal)
    obey(large_terminal, "shuffle")
    assert "  7. 7 piece" in large_terminal.lines


def test_pasted_lines_are_commands_of_their_own(terminal):
    terminal.wait_until(at_prompt)
    terminal.type("\x1b[200~volume 30\nvolume 40\x1b[201~\r")
    terminal.wait_until(lambda t: ">> volume 40" in t.text and "vol 40 %" in live(t))
    assert ">> volume 30" in terminal.lines


@WIDTHS
def test_tab_completes_commands_and_titles(large_server, columns):
    with client(large_server.port, columns) as terminal:
        terminal.wait_until(at_prompt)
        above = terminal.screen.cursor.y
        terminal.type("pla\t")
        terminal.wait_until(typed("play"))
        terminal.type("jog\t")
        terminal.wait_until(typed("play Somebody - Jóga"))
        terminal.type("\x03")
        terminal.wait_until(at_prompt)
        terminal.type("s\t")
        terminal.wait_until(lambda t: typed("stop")(t) and "stop  seek" in live(t))
        terminal.type("\t")
        terminal.wait_until(typed("seek"))
        assert terminal.screen.cursor.y == above + 1, "only the line that was given up stands above"


def test_tab_and_enter_at_once_are_taken_in_their_order(large_terminal):
    large_terminal.wait_until(at_prompt)
    large_terminal.type("play cafe\t\r")
    large_terminal.wait_for("playing 3. Somebody - café noir")


def test_lines_are_remembered_from_one_session_to_the_next(steady_server):
    with client(steady_server.port) as terminal:
        obey(terminal, "list first")
        terminal.type("q\r")
        assert terminal.wait_for_exit() == 0
    with client(steady_server.port) as terminal:
        terminal.wait_until(at_prompt)
        terminal.type("\x1b[A")
        terminal.wait_until(typed("q"))
        terminal.type("\x1b[A")
        terminal.wait_until(typed("list first"))


@WIDTHS
def test_titles_line_up_and_steer_nothing(large_server, columns):
    with client(large_server.port, columns) as terminal:
        obey(terminal, "list somebody")
        rows = [line for line in terminal.lines if re.match(r"..[1-4]\. Somebody", line)]
        assert len(rows) == 4
        assert "となりのトトロ" in terminal.text.replace(" ", "")
        # pyte puts the accent and its letter together, as a terminal does.
        assert "café noir" in terminal.text
        assert "[2J" in terminal.text
        assert ">> list somebody" in terminal.text, "the screen was not cleared"
        for code in (b"\x1b]0;", b"\x1b[2J", b"\x07", "\x9b".encode(), "\u202e".encode()):
            assert code not in terminal.raw
        obey(terminal, "play 4")
        terminal.wait_until(lambda t: "4. Somebody - [2J" in live(t))
        assert "\u202e".encode() not in terminal.raw


def test_list_and_find_take_words(large_terminal):
    obey(large_terminal, "find JOGA")
    assert "  1. Somebody - Jóga" in large_terminal.lines
    obey(large_terminal, "list piece 17")
    assert "  17. 17 piece" in large_terminal.lines
    obey(large_terminal, "find jogga")
    assert "nearest: 1. Somebody - Jóga" in large_terminal.text


def test_the_song_that_plays_is_marked(terminal):
    obey(terminal, "repeat one")
    obey(terminal, "play 2")
    obey(terminal, "list")
    assert "▶ 2. 2 second" in terminal.lines
    assert "  1. 1 first" in terminal.lines


PAGER = """
import sys
text = sys.stdin.read()
with open("/dev/tty", "r+b", buffering=0) as tty:
    tty.write(b"PAGE of %d lines\\r\\n" % len(text.splitlines()))
    tty.read(1)
    tty.write(b"PAGE ended\\r\\n")
"""


def test_what_is_longer_than_the_screen_goes_to_the_pager(large_server, tmp_path):
    script = tmp_path / "pager.py"
    script.write_text(PAGER)
    env = {"PAGER": f"{sys.executable} {script}"}
    with client(large_server.port, env=env) as terminal:
        obey(terminal, "play 5")
        terminal.type("list\r")
        terminal.wait_for("PAGE of 64 lines")
        # What is to be printed meanwhile waits.
        terminal.type("\r")
        terminal.wait_for("PAGE ended")
        terminal.wait_until(at_prompt)
        obey(terminal, "status")


def test_without_a_pager_a_long_list_is_printed(large_server):
    with client(large_server.port, env={"PAGER": "no-such-program"}) as terminal:
        terminal.type("list\r")
        terminal.wait_for("64. 64 piece")
        terminal.wait_until(at_prompt)


def test_keys_on_an_empty_line(terminal):
    obey(terminal, "repeat one")
    obey(terminal, "play 1")
    terminal.type(" ")
    terminal.wait_until(lambda t: live(t).startswith("‖ 1. 1 first"))
    terminal.type(" ")
    terminal.wait_until(lambda t: live(t).startswith("▶ 1. 1 first"))
    obey(terminal, "queue 3")
    terminal.type("n")
    terminal.wait_until(lambda t: live(t).startswith("▶ 3. 3 THE END END") and at_prompt(t))
    terminal.type(" ")
    terminal.wait_until(lambda t: live(t).startswith("‖"))
    terminal.type("play 1")
    terminal.wait_until(typed("play 1"))
    terminal.type("\x1b[D\x1b[D\x1b[D ")
    terminal.wait_until(typed("pla y 1"))


def test_plus_and_minus_are_the_volume(terminal):
    terminal.type("--")
    terminal.wait_until(lambda t: "vol 90 %" in live(t) and at_prompt(t))
    terminal.type("+")
    terminal.wait_until(lambda t: "vol 95 %" in live(t) and at_prompt(t))
    terminal.type("volume +5")
    terminal.wait_until(typed("volume +5"))


def test_next_can_still_be_typed(terminal):
    terminal.wait_until(at_prompt)
    terminal.type("next\r")
    terminal.wait_for(">> next")
    terminal.wait_for("nothing is")


def test_arrows_seek(terminal):
    obey(terminal, "repeat one")
    obey(terminal, "play 1")
    terminal.type(" ")
    terminal.wait_until(lambda t: live(t).startswith("‖"))
    terminal.type("\x1b[C")
    terminal.wait_until(lambda t: "0:02 / 0:02" in live(t))
    terminal.type("\x1b[D")
    terminal.wait_until(lambda t: "0:00 / 0:02" in live(t))


def test_a_lost_connection_counts_down_in_the_live_line(server):
    with client(server.port, columns=80) as terminal:
        obey(terminal, "repeat one")
        obey(terminal, "play 1")
        obey(terminal, "queue 2")
        server.process.kill()
        server.process.wait()
        terminal.wait_for("the connection was lost")
        terminal.wait_until(lambda t: "no connection" in live(t) or "connection lost" in live(t))


@pytest.mark.parametrize("columns", [40, 200])
def test_the_window_is_dragged_while_a_song_plays(steady_server, columns):
    with client(steady_server.port, columns=80) as terminal:
        obey(terminal, "repeat one")
        obey(terminal, "play 1")
        terminal.type("lis")
        terminal.wait_until(typed("lis"))
        terminal.resize(columns, 12)
        terminal.wait_until(lambda t: typed("lis")(t) and live(t).startswith("▶ 1. 1 first"))
        terminal.type("\x03")
        terminal.wait_until(at_prompt)


@pytest.mark.parametrize(("columns", "said"), [(40, "200"), (200, "40")])
def test_the_window_is_as_wide_as_it_is_and_not_as_the_shell_says(steady_server, columns, said):
    with client(steady_server.port, columns, env={"COLUMNS": said}) as terminal:
        obey(terminal, "?")
        assert ("list the songs" in terminal.text) == (columns == 200)


def test_no_color_is_obeyed(steady_server):
    with client(steady_server.port, env={"NO_COLOR": "1"}) as terminal:
        obey(terminal, "list")
        obey(terminal, "play 1")
        obey(terminal, "?")
        obey(terminal, "play 99")
        assert not COLOUR.search(terminal.raw)
    with client(steady_server.port) as terminal:
        obey(terminal, "list")
        assert COLOUR.search(terminal.raw)


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"LC_ALL": "", "LC_CTYPE": "", "LANG": "C"}]
)
def test_without_unicode_nothing_but_ascii_is_written(steady_server, locale):
    with client(steady_server.port, env=locale) as terminal:
        obey(terminal, "list")
        obey(terminal, "play 1")
        terminal.wait_until(lambda t: live(t).startswith("> 1. 1 first"))
        obey(terminal, "?")
        assert terminal.raw.isascii()


def test_a_dumb_terminal_gets_lines_and_no_codes(steady_server):
    with client(steady_server.port, env={"TERM": "dumb"}) as terminal:
        for command, answer in [
            ("list", "3. 3 THE END END"),
            ("play 99", "404"),
            ("play 1", "playing 1. 1 first"),
            ("status", "1. 1 first"),
            ("seek 1.5", ">>"),
        ]:
            terminal.wait_until(at_prompt)
            terminal.type(f"{command}\r")
            terminal.wait_for(answer)
        terminal.wait_for("played 1. 1 first")
        terminal.wait_until(at_prompt)
        terminal.type("play 1\x03")
        terminal.wait_until(at_prompt)
        terminal.type("q\r")
        assert terminal.wait_for_exit() == 1, "a command failed: there is no song 99"
        assert b"\x1b" not in terminal.raw


@pytest.mark.parametrize("leaving", ["q\r", "\x04", "wait\r"])
def test_the_terminal_is_given_back_as_it_was(steady_server, leaving):
    with client(steady_server.port) as terminal:
        before = terminal.settings()
        obey(terminal, "repeat one")
        obey(terminal, "play 1")
        terminal.type(leaving)
        if leaving == "wait\r":
            terminal.wait_until(lambda t: "▶" in t.cursor_line)
            terminal.process.terminate()
        assert terminal.wait_for_exit() in (0, 128 + signal.SIGTERM)
        assert terminal.settings() == before
        assert "▶" not in terminal.text, "no live line is left behind"
