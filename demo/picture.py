"""Draws docs/session.svg: the client's screen at the end of a real session with the demo's songs.

Run it as `.venv/bin/python -m demo.picture` after `./dev demo` has made the songs.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tests.cli.pty_terminal import Terminal

ROOT = Path(__file__).resolve().parent.parent
COLUMNS, ROWS = 76, 16


def record() -> list[str]:
    """Serve the demo's songs, talk to the client in a terminal, return its last screen."""
    alfine = [sys.executable, "-m", "cli.app"]
    serve = [*alfine, "server", str(ROOT / "demo"), "0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        try:
            port = next(line.split()[-1] for line in server.stdout if "alfine client" in line)
            client = [*alfine, "client", "127.0.0.1", port, "--output", "null"]
            with Terminal(client, COLUMNS, ROWS) as terminal:
                for typed, awaited in [
                    ("", ">>"),
                    ("list", "3."),
                    ("play 99", "404"),
                    ("play 2", "playing 2."),
                    ("stop", ">>"),
                    ("play 1", "playing 1."),
                ]:
                    terminal.type(f"{typed}\r" if typed else "")
                    terminal.wait_for(awaited)
                    terminal.wait_until(lambda t: t.cursor_line == ">>")
                return [line for line in terminal.lines if line]
        finally:
            server.terminate()


def draw(lines: list[str]) -> str:
    """Render a screen as SVG; what was typed stands out."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text("$ alfine client 127.0.0.1 12345", style="dim"))
    for line in lines:
        console.print(Text(line, style="bold" if line.startswith(">>") else ""))
    svg = console.export_svg(title="alfine", theme=MONOKAI, unique_id="session")
    # The page that shows the picture is to load nothing from anywhere else.
    return re.sub(r"@font-face \{.*?\}|<!--.*?-->", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    (ROOT / "docs" / "session.svg").write_text(draw(record()))
