"""Records docs/session.svg: a real client in a real terminal, with the demo's songs.

Run it as `.venv/bin/python -m demo.record` after `./dev demo` has made the songs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from demo.animation import Frame, Line, Run, animate
from tests.cli.pty_terminal import Terminal

ROOT = Path(__file__).resolve().parent.parent
COLUMNS, ROWS = 84, 20
KEY_S = 0.07
SHORTEST_FRAME_S = 0.06
LAST_FRAME_S = 3.0

SESSION = (
    # What is typed, and how long it is looked at afterwards.
    ("", 0.8),
    ("list\r", 1.6),
    ("play lan\t", 1.0),
    ("\r", 3.0),
    ("seek 50%\r", 2.2),
    (" ", 1.5),
    (" ", 1.5),
    ("queue wal\t", 0.8),
    ("\r", 1.0),
    ("v 60\r", 1.5),
    ("n", 3.0),
    ("find ground\r", 2.0),
    ("stop\r", 0.8),
    ("why\r", 4.0),
)


def record() -> list[Frame]:
    """Serve the demo's songs, talk to the client in a terminal, return what was to be seen."""
    alfine = [sys.executable, "-m", "cli.app"]
    serve = [*alfine, "server", str(ROOT / "demo"), "0"]
    with (
        tempfile.TemporaryDirectory() as home,
        subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server,
    ):
        assert server.stdout is not None
        try:
            port = next(line.split()[-1] for line in server.stdout if "alfine client" in line)
            client = [*alfine, "client", "127.0.0.1", port, "--output", "null"]
            env = {"XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home, "LC_ALL": "C.UTF-8"}
            os.environ.pop("NO_COLOR", None)
            with Terminal(client, COLUMNS, ROWS, env) as terminal:
                terminal.wait_for(">>")
                return film(terminal)
        finally:
            server.terminate()


def film(terminal: Terminal) -> list[Frame]:
    """Type the session as a person would, and keep every change of the screen."""
    frames: list[Frame] = []
    shown, since = look(terminal), time.monotonic()

    def watch(seconds: float) -> None:
        nonlocal shown, since
        for _ in terminal.reads(seconds):
            now, seen = time.monotonic(), look(terminal)
            if seen != shown and now - since >= SHORTEST_FRAME_S:
                frames.append(Frame(shown, now - since))
                shown, since = seen, now

    for keys, pause_s in SESSION:
        for key in keys:
            terminal.type(key)
            watch(KEY_S)
        watch(pause_s)
    return [*frames, Frame(look(terminal), LAST_FRAME_S)]


def look(terminal: Terminal) -> tuple[Line, ...]:
    """The screen as runs of characters that look the same, the cursor among them."""
    screen = terminal.screen
    lines = []
    for row in range(screen.lines):
        cells = []
        for column in range(screen.columns):
            cell = screen.buffer[row][column]
            at_cursor = (row, column) == (screen.cursor.y, screen.cursor.x)
            style = (cell.fg, cell.bold, cell.reverse or at_cursor)
            cells.append((style, column, cell.data))
        lines.append(tuple(_runs(cells)))
    return tuple(lines)


def _runs(cells: list[tuple[tuple[str, bool, bool], int, str]]) -> Iterator[Run]:
    for (colour, bold, reverse), group in groupby(cells, key=lambda cell: cell[0]):
        of_run = list(group)
        text = "".join(data for _, _, data in of_run)
        columns = len(of_run)
        if not reverse:
            columns -= len(text) - len(text.rstrip())
            text = text.rstrip()
        if columns:
            yield Run(of_run[0][1], columns, text, colour, bold, reverse)


if __name__ == "__main__":
    picture = animate(record(), COLUMNS, ROWS, "alfine client 127.0.0.1 12345")
    (ROOT / "docs" / "session.svg").write_text(picture, encoding="utf-8")
