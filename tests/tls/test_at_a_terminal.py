"""A person meets a server for the first time, and sees by what to know it again."""

from __future__ import annotations

import sys

import pytest

from tests.cli.pty_terminal import Terminal
from tests.end_to_end.programs import serving

COLUMNS = 200
"""So that no line is broken."""


@pytest.fixture
def client(tmp_path):
    """Open a client at a prompt over TLS: client(port); it has a memory of the test's own."""

    def opened(port):
        options = ("--output", "null", "--tls")
        argv = [sys.executable, "-m", "cli.app", "client", "localhost", str(port), *options]
        env = {"XDG_STATE_HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        return Terminal(argv, COLUMNS, 24, env)

    return opened


def test_the_fingerprint_is_shown_remembered_and_compared(marked, certificates, client, tmp_path):
    known = tmp_path / "alfine" / "known-servers"
    with serving(marked, 0, *certificates.serving) as server:
        with client(server.port) as terminal:
            terminal.wait_for("localhost is met for the first time, and nobody vouches for it")
            terminal.type("list\r")
            terminal.wait_for("1 marked")
        host, port, mark = known.read_text().split()
        assert (host, port) == ("localhost", str(server.port))
        assert mark in terminal.text.replace("\n", "")
        with client(server.port) as terminal:
            terminal.type("list\r")
            terminal.wait_for("1 marked")
            assert "met for the first time" not in terminal.text
    another = certificates.pair(certificates.wrong_name)
    with serving(marked, server.port, *another) as server, client(server.port) as terminal:
        terminal.wait_for("its certificate is another than before")
        shown = terminal.text.replace("\n", " ")
        assert mark in shown
        assert "somebody may be in between" in shown
    assert known.read_text().split() == [host, port, mark], "the first one is still the right one"
