"""Runs an installed alfine: a song is served, played into a WAV file, and looked at."""

from __future__ import annotations

import contextlib
import os
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

from tests.end_to_end.programs import STATE, Program

Command = tuple[object, ...]


def environment() -> dict[str, str]:
    """Nothing that leads to the sources."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": tempfile.gettempdir(),
        "XDG_STATE_HOME": STATE.name,
        "PYTHONUNBUFFERED": "1",
        "LC_ALL": "C.UTF-8",
    }


@contextlib.contextmanager
def program(command: Command, *arguments: object, cwd: Path = Path("/")) -> Iterator[Program]:
    """Run an installed alfine, far from the sources, for the time of the block."""
    running = Program(*arguments, program=command, cwd=cwd, env=environment())
    try:
        yield running
    finally:
        running.close()
        assert "Traceback" not in running.out + running.err, running.out + running.err


def output(command: Command, *arguments: object, code: int = 0, cwd: Path = Path("/")) -> str:
    """Run it until its end; return what it printed."""
    with program(command, *arguments, cwd=cwd) as running:
        assert running.end() == code, running.out + running.err
        return running.out + running.err


@contextlib.contextmanager
def server(command: Command, *arguments: object) -> Iterator[tuple[Program, int]]:
    """Serve on a free port; the block gets the program and the port."""
    with program(command, "server", *arguments) as running:
        yield running, int(running.wait_for(r"listening on \S+ port \d+").split()[-1])


def play(command: Command, port: int, wav: str) -> None:
    """Play song 1 into a file, by a client that is told so on the command line."""
    words = ("--output", f"wav:{wav}", "-c", "play 1", "-c", "wait")
    output(command, "client", "127.0.0.1", port, *words)


def sounds(wav: Path) -> tuple[float, bool]:
    """Return how long a WAV file is, in seconds, and whether anything is heard in it."""
    with wave.open(str(wav)) as file:
        samples = file.readframes(file.getnframes())
        return file.getnframes() / file.getframerate(), any(samples)
