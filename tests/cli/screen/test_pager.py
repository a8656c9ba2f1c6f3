"""A text that is longer than the screen goes to the pager."""

import signal
import sys

import pytest

from tests.cli.prompt import at_prompt, client, run

PAGER = """
import sys
text = sys.stdin.read()
with open("/dev/tty", "r+b", buffering=0) as tty:
    tty.write(b"PAGE of %d lines\\r\\n" % len(text.splitlines()))
    tty.read(1)
    tty.write(b"PAGE ended\\r\\n")
"""


def test_a_list_longer_than_the_screen_goes_to_the_pager(large_server, tmp_path):
    script = tmp_path / "pager.py"
    script.write_text(PAGER)
    env = {"PAGER": f"{sys.executable} {script}"}
    with client(large_server.port, env=env) as terminal:
        run(terminal, "play 5")
        terminal.type("list\r")
        terminal.wait_for("PAGE of 64 lines")
        # Text that arrives while the pager is open waits.
        terminal.type("\r")
        terminal.wait_for("PAGE ended")
        terminal.wait_until(at_prompt)
        run(terminal, "status")


def test_a_signal_ends_the_pager_and_the_client(large_server, tmp_path):
    script = tmp_path / "pager.py"
    script.write_text(PAGER)
    with client(large_server.port, env={"PAGER": f"{sys.executable} {script}"}) as terminal:
        terminal.type("list\r")
        terminal.wait_for("PAGE of 64 lines")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.wait_for_exit() == 128 + signal.SIGTERM
        assert "PAGE ended" not in terminal.text


@pytest.mark.parametrize("pager", ["no-such-program", "less '"])
def test_without_a_pager_a_long_list_is_printed(large_server, pager):
    with client(large_server.port, env={"PAGER": pager}) as terminal:
        terminal.type("list\r")
        terminal.wait_for("64 piece ")
        terminal.wait_until(at_prompt)
