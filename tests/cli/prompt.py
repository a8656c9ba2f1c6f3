"""Runs the client at a prompt in a terminal, and reads its screen."""

import sys

from tests.cli.pty_terminal import Terminal

OPTIONS = ("--output", "null", "--prebuffer", "1")


def client(port, columns=80, rows=24, env=None, options=(), **more):
    """A client of the server on this port; a context manager, as Terminal is."""
    argv = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(port), *OPTIONS, *options]
    environment = {"LC_ALL": "C.UTF-8", "NO_COLOR": ""} | (env or {})
    return Terminal(argv, columns, rows, environment, **more)


def at_prompt(terminal):
    """Whether the prompt is shown and nothing is typed."""
    return terminal.cursor_line == ">>"


def has_typed(text):
    """Return the condition that just this text is typed at the prompt."""
    return lambda terminal: terminal.cursor_line == f">> {text}".rstrip()


def status_line(terminal):
    """The line under the prompt."""
    row = terminal.screen.cursor.y + 1
    return terminal.lines[row] if row < len(terminal.lines) else ""


def run(terminal, command):
    """Type a command, and wait until it has been answered."""
    terminal.wait_until(at_prompt)
    terminal.type(f"{command}\r")
    terminal.wait_until(lambda t: at_prompt(t) and f">> {command}" in t.text)


def reset(terminal):
    """Stop, clear the queue and the screen, and set what can be set to its default."""
    terminal.wait_until(lambda t: ">>" in t.text)
    terminal.type("\x03")
    for command in ("stop", "clear", "repeat off", "resume", "volume 100"):
        terminal.type(f"{command}\r")
    terminal.wait_until(lambda t: ">> volume 100" in t.text and at_prompt(t))
    if "no connection" in status_line(terminal):
        # A client whose terminal nobody reads between two tests may be cut off as one that stalls.
        run(terminal, "list")
    terminal.type("\x0c")
    terminal.wait_until(
        lambda t: t.lines[0] == ">>" and status_line(t).startswith("■ stopped  vol 100 %")
    )
    return terminal
