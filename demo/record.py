"""Records docs/session.svg: a client in a pseudo-terminal plays the demo's songs.

Run `.venv/bin/python -m demo.record` after `./dev demo` has made the songs.
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
    # The keys typed, and the seconds recorded after them.
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
    """Serve the demo's songs, type into a client, and return the frames of its terminal."""
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
                return capture(terminal)
        finally:
            server.terminate()


def capture(terminal: Terminal) -> list[Frame]:
    """Type the session key by key, and return a frame for each change of the screen."""
    frames: list[Frame] = []
    lines, since_s = screen_lines(terminal), time.monotonic()

    def watch(seconds: float) -> None:
        nonlocal lines, since_s
        for _ in terminal.reads(seconds):
            now_s, new_lines = time.monotonic(), screen_lines(terminal)
            if new_lines != lines and now_s - since_s >= SHORTEST_FRAME_S:
                frames.append(Frame(lines, now_s - since_s))
                lines, since_s = new_lines, now_s

    for keys, pause_s in SESSION:
        for key in keys:
            terminal.type(key)
            watch(KEY_S)
        watch(pause_s)
    return [*frames, Frame(screen_lines(terminal), LAST_FRAME_S)]


def screen_lines(terminal: Terminal) -> tuple[Line, ...]:
    """The screen's lines as runs of equal style; the cursor is a reversed cell."""
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
        run_cells = list(group)
        text = "".join(data for _, _, data in run_cells)
        columns = len(run_cells)
        if not reverse:
            columns -= len(text) - len(text.rstrip())
            text = text.rstrip()
        if columns:
            yield Run(run_cells[0][1], columns, text, colour, bold, reverse)


if __name__ == "__main__":
    svg = animate(record(), COLUMNS, ROWS, "alfine client 127.0.0.1 12345")
    (ROOT / "docs" / "session.svg").write_text(svg, encoding="utf-8")
