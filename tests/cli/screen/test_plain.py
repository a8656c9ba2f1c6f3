"""A terminal that only takes lines gets lines, and no escape codes."""

from tests.cli.prompt import at_prompt, client


def test_a_dumb_terminal_gets_lines_and_no_codes(steady_server):
    with client(steady_server.port, term="dumb") as terminal:
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
