"""`./dev demo` in a terminal: the prompt handles Ctrl-C, and no process is left at the end."""

from pathlib import Path

import pytest

from tests.cli.pty_terminal import Terminal

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.skipif(not (ROOT / ".venv/stamp-demo").exists(), reason="needs ./dev's .venv"),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc"),
]


def running(session):
    """The commands of that session's processes. The server is in it, in another process group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, session_id = (folder / "stat").read_text().rpartition(") ")[2].split()[:4]
            command = (folder / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError):
            continue
        if int(session_id) == session and state != "Z":
            found.append(command)
    return found


@pytest.fixture(params=["xterm-256color", "dumb"])
def demo(request, tmp_path):
    env = {"XDG_STATE_HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    with Terminal([ROOT / "dev", "demo"], env=env, term=request.param) as terminal:
        # The first run makes the songs.
        terminal.wait_until(lambda t: t.cursor_line == ">>", 200)
        yield terminal


def test_ctrl_c_is_handled_by_the_prompt_and_the_server_ends_with_the_client(demo):
    assert any("server demo" in command for command in running(demo.process.pid))
    demo.type("wait\r\x03")
    demo.type("\x03")
    demo.wait_until(lambda t: t.cursor_line == ">>")
    demo.type("find lanterns\r")
    demo.wait_for("Lanterns on the River")
    demo.wait_until(lambda t: t.cursor_line == ">>")
    demo.type("q\r")
    assert demo.wait_for_exit() == 0
    assert running(demo.process.pid) == []


def test_if_the_client_is_terminated_the_server_ends_too(demo):
    demo.process.terminate()
    demo.wait_for_exit()
    assert running(demo.process.pid) == []
