"""Lines that were typed in one session are offered in the next."""

from tests.cli.prompt import at_prompt, client, has_typed, run


def test_lines_are_kept_from_one_session_to_the_next(steady_server):
    with client(steady_server.port) as terminal:
        run(terminal, "list first")
        terminal.type("q\r")
        assert terminal.wait_for_exit() == 0
    with client(steady_server.port) as terminal:
        terminal.wait_until(at_prompt)
        terminal.type("\x1b[A")
        terminal.wait_until(has_typed("q"))
        terminal.type("\x1b[A")
        terminal.wait_until(has_typed("list first"))
