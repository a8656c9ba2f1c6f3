"""Measures how soon a song is heard over a slow link, and its underruns.

    python -m benchmarks.client_start [--seconds 64]

Compares alfine with `--prebuffer auto` and with the RFC's 500 messages, and mpg123 over HTTP. Each
has its own link and its own sound card. Times count from the start of the program. mpg123 with the
song as a file shows the part that does not depend on the link. Needs mpg123 and ffmpeg.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import client_setup as setup

MBITS = (0.5, 2.0, 10.0)
_SERVER_PORT, _WEB_PORT, _LINK_PORT = 23401, 23402, 23410
_BETWEEN_STARTS_S = 2.0
_GRACE_S = 30.0


@dataclass
class Run:
    """One player on one link."""

    name: str
    mbits: float
    log: Path
    process: subprocess.Popen[bytes]
    began_s: float

    def row(self) -> str:
        """The row of the table."""
        found = setup.read_log(self.log)
        if not found:
            return f"| {self.mbits:g} Mbit/s | {self.name} | never | - |"
        first_s = float(str(found["first_s"])) - self.began_s
        gaps = found["gaps"]
        assert isinstance(gaps, list)
        silent = f"{len(gaps)} ({sum(gaps):.1f} s)" if gaps else "0"
        return f"| {self.mbits:g} Mbit/s | {self.name} | {first_s:.2f} s | {silent} |"


def alfine(port: int, prebuffer: str) -> list[str]:
    """The command of a client that plays the song and quits."""
    where = ["127.0.0.1", str(port), "--output", "pyaudio", "--prebuffer", prebuffer]
    return [sys.executable, "-m", "cli.app", "client", *where, "-c", "play 1", "-c", "wait"]


def measure(seconds: int, directory: Path) -> list[Run]:
    """Run all players to the end of the song, those with the same rate at the same time."""
    music = directory / "music"
    music.mkdir()
    song = music / "song.mp3"
    setup.make_song(song, seconds)
    runs: list[Run] = []
    with setup.alfine_server(music, _SERVER_PORT), setup.web_server(music, _WEB_PORT):
        for mbits in MBITS:
            at = _LINK_PORT + len(runs)
            for port, to_port in ((at, _SERVER_PORT), (at + 1, _SERVER_PORT), (at + 2, _WEB_PORT)):
                setup.SlowLink(port, to_port, mbits * 1e6)
            commands = {
                "alfine, auto": alfine(at, "auto"),
                "alfine, 500": alfine(at + 1, "500"),
                "mpg123": ["mpg123", "-q", f"http://127.0.0.1:{at + 2}/song.mp3"],
                "mpg123, a file": ["mpg123", "-q", str(song)],
            }
            group = [
                _start(name, mbits, command, directory / f"card{at}{i}")
                for i, (name, command) in enumerate(commands.items())
            ]
            _wait_for(group, 2 * seconds + _GRACE_S)
            runs += group
    return runs


def _start(name: str, mbits: float, command: list[str], directory: Path) -> Run:
    env, log = setup.card(directory)
    began_s, out = time.monotonic(), subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, cwd=setup.ROOT, stdout=out, stderr=out)
    time.sleep(_BETWEEN_STARTS_S)
    return Run(name, mbits, log, process, began_s)


def _wait_for(runs: list[Run], timeout_s: float) -> None:
    end_s = time.monotonic() + timeout_s
    for run in runs:
        try:
            run.process.wait(max(1.0, end_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            run.process.kill()
            run.process.wait()


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=64, help="how long the song is")
    seconds = parser.parse_args().seconds
    setup.need("mpg123", "ffmpeg")
    with tempfile.TemporaryDirectory() as directory:
        runs = measure(seconds, Path(directory))
        print(f"A song of {seconds} s at 320 kbit/s ({seconds * 40_000 / 1e6:.1f} MB)\n")
        print("| line | player | first sound after | underruns |\n|---|---|---|---|")
        for run in runs:
            print(run.row())


if __name__ == "__main__":
    main()
