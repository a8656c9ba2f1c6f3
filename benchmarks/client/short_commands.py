"""Measures how long short commands take, and where the time of one of them goes.

    python -m benchmarks.client.short_commands [--runs 30]

The commands take turns, and the least of all runs is shown: other work on the machine only adds to
it. Compares them with `mpc` and an MPD on the same ten songs, where these are installed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.client import setup as setup
from benchmarks.server.first_scan import make, running_mpd

SONGS = 10
PORT = 23421
SHOWN = 7
"""Packages that are named; the others are summed."""

IMPORT = r"^import time: +(\d+) \| +\d+ \| +(\S+)$"
"""A line of Python's: the microseconds of the module itself, and its name."""
ALFINE = [sys.executable, "-m", "cli.app"]
PYTHON = "python -c pass"
Commands = dict[str, list[str]]


class Took(NamedTuple):
    """The least that a command took: seconds of a clock, and of processor time."""

    wall_s: float
    cpu_s: float


def measured(commands: Commands, runs: int) -> dict[str, Took]:
    """Run the commands in turns."""
    took = {name: Took(float("inf"), float("inf")) for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            wall_s, cpu_s = _run(command)
            took[name] = Took(min(took[name].wall_s, wall_s), min(took[name].cpu_s, cpu_s))
    return took


def _run(command: list[str]) -> tuple[float, float]:
    began_s, before_s = time.perf_counter(), _cpu_s()
    subprocess.run(command, cwd=setup.ROOT, capture_output=True, check=False)
    return time.perf_counter() - began_s, _cpu_s() - before_s


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def imports(command: list[str], runs: int) -> dict[str, float]:
    """Return the milliseconds that the import of each module takes by itself, at the least."""
    least: dict[str, float] = {}
    for _ in range(runs):
        ran = subprocess.run(
            [sys.executable, "-X", "importtime", *command[1:]],
            cwd=setup.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        for own_us, name in re.findall(IMPORT, ran.stderr, re.M):
            least[name] = min(least.get(name, float("inf")), int(own_us) / 1000)
    return least


def by_package(modules: dict[str, float]) -> list[tuple[str, float]]:
    """Sum the time of modules by the top of their names, most first."""
    summed: dict[str, float] = {}
    for name, ms in modules.items():
        top = name.split(".")[0]
        kind = "the standard library" if top in sys.stdlib_module_names - {"asyncio"} else top
        summed[kind] = summed.get(kind, 0.0) + ms
    return sorted(summed.items(), key=lambda item: -item[1])


@contextlib.contextmanager
def mpc(music: Path, work: Path) -> Iterator[Commands]:
    """Run an MPD on the folder; yield the commands that are compared, none where it is missing."""
    if shutil.which("mpd") is None or shutil.which("mpc") is None:
        print("without mpc, which is not here\n")
        yield {}
        return
    (work / "mpd").mkdir()
    with running_mpd(work) as (_, answer):
        while "updating_db" in answer("status"):
            time.sleep(0.02)
        ask = ["mpc", "-h", "127.0.0.1", "-p", str(answer.port)]
        yield {"mpc listall": [*ask, "listall"], "mpc status": [*ask, "status"]}


def main() -> None:
    """Measure, and print tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="of which the least is shown")
    runs = parser.parse_args().runs
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, the least of {runs} runs\n")
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        music = work / "music"
        make(music, SONGS)
        with setup.alfine_server(music, PORT), mpc(music, work) as others:
            client = [*ALFINE, "client", "127.0.0.1", str(PORT)]
            commands = {
                "alfine --help": [*ALFINE, "--help"],
                "alfine client … -c list": [*client, "-c", "list"],
                "alfine client … -c status": [*client, "-c", "status"],
                "alfine status": [*ALFINE, "status"],
                **others,
                PYTHON: [sys.executable, "-c", "pass"],
                "python -c 'import asyncio'": [sys.executable, "-c", "import asyncio"],
            }
            _print_times(measured(commands, runs))
            _print_imports(imports(commands["alfine client … -c list"], runs))


def _print_times(took: dict[str, Took]) -> None:
    print("| command | time | of it CPU | times an empty Python |\n|---|---|---|---|")
    for name, (wall_s, cpu_s) in took.items():
        ratio = wall_s / took[PYTHON].wall_s
        print(f"| `{name}` | {wall_s * 1000:.0f} ms | {cpu_s * 1000:.0f} ms | {ratio:.1f} |")


def _print_imports(modules: dict[str, float]) -> None:
    ranked = by_package(modules)
    print(f"\n| imports of `-c list` | {len(modules)} modules |\n|---|---|")
    for name, ms in ranked[:SHOWN]:
        print(f"| {name} | {ms:.1f} ms |")
    print(f"| {len(ranked) - SHOWN} others | {sum(ms for _, ms in ranked[SHOWN:]):.1f} ms |")
    print(f"| together | {sum(modules.values()):.1f} ms |")


if __name__ == "__main__":
    main()
