"""Lines that were typed in one session are offered in the next."""

import subprocess
import sys

from cli.screen.line_history import line_history
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


SHORTENED = """
import resource, sys
from pathlib import Path
from cli.screen.line_history import line_history
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
line_history(Path(sys.argv[1]))
"""


def test_a_long_history_is_shortened_or_stays(tmp_path):
    path = tmp_path / "history"
    long = "".join(f"\n# 2026\n+play {number}\n" for number in range(20_000))
    path.write_text(long)
    # A file that must not grow fails as one on a full disk does.
    subprocess.run([sys.executable, "-c", SHORTENED, path], check=True)
    assert path.read_text() == long
    line_history(path)
    assert long.endswith(path.read_text())
    assert len(long) / 4 < path.stat().st_size < len(long) / 2
    assert list(tmp_path.iterdir()) == [path]
