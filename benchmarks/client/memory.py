"""Measures the memory that the client takes with a long list of tagged songs.

    python -m benchmarks.client.memory [--songs 10000]

A script lists them, and a person at the prompt does: once, once more, and completes a title. What
is shown is the most that each has taken so far (VmHWM), of which the pages of shared libraries
(RssFile) are taken once for all programs that use them.
"""

from __future__ import annotations

import argparse
import os
import pty
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import servers
from benchmarks.client import setup as setup
from benchmarks.scale import LOOPS
from benchmarks.server.first_scan import make

_QUIET_S = 3.0
"""What has printed nothing for so long, and is not busy, has printed all."""
TYPED = {"the prompt": "", "list": "list\r", "list again": "list\r", "Tab": "play so\t"}


class Memory(threading.Thread):
    """Reads what a program prints; knows what it takes."""

    def __init__(self, command: list[str], typing: bool) -> None:
        super().__init__(daemon=True)
        self._terminal_fd, program_fd = pty.openpty()
        env = {**os.environ, "TERM": "xterm-256color", "PAGER": "cat"}
        env |= {"COLUMNS": "80", "LINES": "24"}
        self.process = subprocess.Popen(
            command,
            env=env,
            cwd=setup.ROOT,
            stdin=program_fd if typing else subprocess.DEVNULL,
            stdout=program_fd,
            stderr=program_fd,
            start_new_session=True,
        )
        os.close(program_fd)
        self._printed_s = time.monotonic()
        self.start()

    def run(self) -> None:
        """Read until the program has ended."""
        try:
            while os.read(self._terminal_fd, 65536):
                self._printed_s = time.monotonic()
        except OSError:
            return

    def mib(self, typed: str) -> dict[str, int]:
        """Type something; return what is taken when it has been answered, in MiB."""
        os.write(self._terminal_fd, typed.encode())
        self._printed_s = time.monotonic()
        while time.monotonic() - self._printed_s < _QUIET_S:
            time.sleep(0.1)
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        return {name: round(int(fields[name].split()[0]) / 1024) for name in ("VmHWM", "RssFile")}

    def end(self) -> None:
        """End the program."""
        self.process.terminate()
        self.process.wait()


def measure(port: int) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield what is taken, in a script and after each thing that is typed at the prompt."""
    client = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(port)]
    play = ["-c", "play 1", "-c", "wait", "--output", "null"]  # so that it has not ended
    script = Memory([*client, "-c", "list", *play], typing=False)
    yield "a script", script.mib("")
    script.end()
    prompt = Memory([*client], typing=True)
    for name, typed in TYPED.items():
        yield name, prompt.mib(typed)
    prompt.end()


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=10_000, help="how many are in the list")
    songs = parser.parse_args().songs
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        music = Path(directory) / "music"
        make(music, songs)
        setup.make_song(music / "0 long.mp3", 60)  # the first of the list
        with servers.alfine(music, Path(directory) / "cache", LOOPS[-1]) as server:
            server.seconds_until(rb" \d+ songs")
            print(f"{songs:,} songs\n\n| after | VmHWM | of it shared libraries |\n|---|---|---|")
            for name, mib in measure(server.port):
                print(f"| {name} | {mib['VmHWM']} MiB | {mib['RssFile']} MiB |", flush=True)


if __name__ == "__main__":
    main()
