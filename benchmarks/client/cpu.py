"""Measures the CPU time for playing a song of 320 kbit/s, beside mpg123.

    python -m benchmarks.client.cpu [--seconds 60]

Each player plays into its own virtual sound card, which is as slow as a real one. mpg123 plays the
file, once without output and once at a terminal with its progress line; alfine plays from a server
on loopback, once from -c commands and once at the prompt with its status line. Each also plays a
short song: the difference is the cost of playing without that of starting. All is measured twice:
with PulseAudio, which most desktops use, and with ALSA and a pipe alone.
Needs mpg123, ffmpeg, pulseaudio, pactl, parec.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pty
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.client import setup as setup
from tests.audio.sound_card import sound_server

_PORT = 23403
_SHORT_S = 5
_SONG_S = 240
"""The length of a typical song, for which the table gives the cost."""

Card = Callable[[Path], contextlib.AbstractContextManager[dict[str, str]]]


@contextlib.contextmanager
def _pipe_card(directory: Path) -> Iterator[dict[str, str]]:
    yield setup.card(directory)[0]


@contextlib.contextmanager
def _server_card(directory: Path) -> Iterator[dict[str, str]]:
    directory.mkdir()
    with sound_server(directory) as (env, _):
        yield env


CARDS: dict[str, Card] = {"PulseAudio": _server_card, "ALSA and a pipe": _pipe_card}


def cpu_s(command: list[str], env: dict[str, str], typed: str = "") -> float:
    """Run a program and return its CPU seconds. typed: typed at its terminal; "" is no terminal."""
    process, terminal_fd = _start_in_terminal(command, env) if typed else (_start(command, env), -1)
    if typed:
        os.write(terminal_fd, typed.encode())
        threading.Thread(target=_answer, args=(terminal_fd,), daemon=True).start()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    spent_s = _own_cpu_s(process.pid)
    if process.wait():
        raise SystemExit(f"{command[0]} failed with {process.returncode}")
    return spent_s


def _own_cpu_s(pid: int) -> float:
    """The CPU seconds of a process that has ended, without those of its child, the card."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _start(command: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    out = subprocess.DEVNULL
    return subprocess.Popen(command, env=env, cwd=setup.ROOT, stdout=out, stderr=out)


def _start_in_terminal(
    command: list[str], env: dict[str, str]
) -> tuple[subprocess.Popen[bytes], int]:
    terminal_fd, program_fd = pty.openpty()
    env = {**env, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    process = subprocess.Popen(
        command,
        env=env,
        cwd=setup.ROOT,
        stdin=program_fd,
        stdout=program_fd,
        stderr=program_fd,
        start_new_session=True,
    )
    os.close(program_fd)
    return process, terminal_fd


def _answer(terminal_fd: int) -> None:
    """Read the program's output; answer requests for the cursor's position as terminals do."""
    try:
        while output := os.read(terminal_fd, 65536):
            if b"\x1b[6n" in output:
                os.write(terminal_fd, b"\x1b[1;1R")
    except OSError:
        return


def players(song_id: int, song: Path) -> dict[str, tuple[list[str], str]]:
    """Each player's command for one song, and the keys typed."""
    client = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(_PORT)]
    client += ["--output", "pyaudio"]
    script = ["-c", f"play {song_id}", "-c", "wait"]
    return {
        "mpg123": (["mpg123", "-q", str(song)], ""),
        "mpg123, its line": (["mpg123", "-v", str(song)], " "),
        "alfine, a script": ([*client, *script], ""),
        "alfine, the prompt": (client, f"play {song_id}\rwait\rquit\r"),
    }


def measure(card: Card, songs: dict[int, Path], directory: Path) -> dict[str, list[float]]:
    """The CPU seconds of each player for each song; all play at once, on a machine as busy."""
    used: dict[str, list[float]] = {}
    for song_id, path in enumerate(songs.values(), 1):
        each = players(song_id, path)
        with contextlib.ExitStack() as cards, ThreadPoolExecutor(len(each)) as threads:
            running = {}
            for number, (player, (command, typed)) in enumerate(each.items()):
                env = cards.enter_context(card(directory / f"{card.__name__}{song_id}{number}"))
                running[player] = threads.submit(cpu_s, command, env, typed)
            for player, spent in running.items():
                used.setdefault(player, []).append(spent.result())
    return used


def table(used: dict[str, list[float]], seconds: int) -> Iterator[str]:
    """The results as a table in Markdown, with the cost of a song of 4 minutes."""
    yield "| player | to start | a second of music | a song of 4 minutes | times mpg123 |"
    yield "|---|---|---|---|---|"
    base_s = None
    for player, (short, long) in used.items():
        each_s = (long - short) / (seconds - _SHORT_S)
        start_s = max(0.0, short - _SHORT_S * each_s)
        song_s = start_s + _SONG_S * each_s
        base_s = base_s or song_s
        yield (
            f"| {player} | {start_s:.2f} s | {1000 * each_s:.1f} ms | {song_s:.1f} s "
            f"| {song_s / base_s:.2f} |"
        )


def main() -> None:
    """Measure, and print a table for each card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long the long song is")
    seconds = parser.parse_args().seconds
    setup.need("mpg123", "ffmpeg", "pulseaudio", "pactl", "parec")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        directory = Path(name)
        music = directory / "music"
        music.mkdir()
        songs = {_SHORT_S: music / "1 short.mp3", seconds: music / "2 long.mp3"}
        for length, path in songs.items():
            setup.make_song(path, length)
        with setup.alfine_server(music, _PORT):
            for name, card in CARDS.items():
                print(f"\n{name}\n")
                print(*table(measure(card, songs, directory), seconds), sep="\n", flush=True)


if __name__ == "__main__":
    main()
