"""Tab completes commands and titles, and shows the completions in the place of the status line."""

import pytest

from tests.cli.prompt import at_prompt, client, has_typed, status_line


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_tab_completes_commands_and_titles(large_server, columns):
    with client(large_server.port, columns) as terminal:
        terminal.wait_until(at_prompt)
        above = terminal.screen.cursor.y
        terminal.type("pla\t")
        terminal.wait_until(has_typed("play"))
        terminal.type("jog\t")
        terminal.wait_until(has_typed("play Somebody - Jóga"))
        terminal.type("\x03")
        terminal.wait_until(at_prompt)
        terminal.type("s\t")
        terminal.wait_until(lambda t: has_typed("stop")(t) and "stop  seek" in status_line(t))
        terminal.type("\t")
        terminal.wait_until(has_typed("seek"))
        assert terminal.screen.cursor.y == above + 1, "only the cancelled line stands above"


def test_tab_and_enter_typed_at_once_run_in_order(large_terminal):
    large_terminal.wait_until(at_prompt)
    large_terminal.type("play cafe\t\r")
    large_terminal.wait_for("playing 3. Somebody - café noir")
