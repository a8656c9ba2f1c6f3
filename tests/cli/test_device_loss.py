"""A sound device is lost in the middle of a song, and another one appears."""

import contextlib
import subprocess
import sys

from tests.audio.sound_card import sound_server
from tests.cli.pty_terminal import Terminal
from tests.needs import needs_program


@needs_program("pulseaudio", "pactl", "parec")
def test_it_pauses_with_one_line_and_resume_plays_on(steady_server, tmp_path):
    argv = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(steady_server.port)]
    with contextlib.ExitStack() as stack, sound_server(tmp_path) as (env, _):
        terminal = stack.enter_context(Terminal([*argv, "--prebuffer", "1"], 200, env=env))
        terminal.wait_for(">>")
        terminal.type("repeat one\rplay 1\r")
        terminal.wait_for("0:01 / 0:02")
        subprocess.run(["pactl", "exit"], env=env, check=True)
        terminal.wait_for("‖ 1. 1 first")
        terminal.wait_until(lambda t: t.cursor_line == ">>")
        printed = [line for line in terminal.lines if line and not line.startswith((">>", "‖"))]
        # The song may begin again before the sound server has ended.
        said = {
            "repeat one: the song begins again when it is over",
            "playing song 1",  # before the list has come
            "playing 1. 1 first",
        }
        assert {*printed[:-1]} <= said, "PortAudio and ALSA print nothing"
        assert printed[-1].startswith("paused: the sound device has failed: ")
        assert printed[-1].endswith("; resume plays on the default device")
        terminal.type(" ")
        terminal.wait_for("paused: there is no sound device")
        stack.enter_context(sound_server(tmp_path))
        terminal.type("resume\r")
        terminal.wait_for("▶ 1. 1 first")
        terminal.type("why\r")
        terminal.wait_for("It plays")
