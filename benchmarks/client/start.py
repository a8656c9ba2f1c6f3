"""Measures how soon a song is heard over a slow link, beside mpg123 over HTTP, and the underruns.

    python -m benchmarks.client.start [--seconds 16] [--rounds 3] [--rfc] [--parts]

Each player has its own link, made by the same code, and its own sound card. Times count from the
start of the program and are medians of the rounds, in which the players take turns; underruns are
those of all rounds. With --rfc the RFC's 500 messages are measured as well. mpg123 with the song as
a file shows what does not depend on the link. With --parts alfine writes a trace, which says where
its time goes, and takes some 30 ms of it.
Needs mpg123 and ffmpeg.
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import setup as setup

MBITS = (0.5, 2.0, 10.0)
AUTO, MPG123, A_FILE, RFC = "alfine, auto", "mpg123", "mpg123, a file", "alfine, 500"
_SERVER_PORT, _WEB_PORT, _LINK_PORT = 23401, 23402, 23410
_BETWEEN_STARTS_S = 2.0
_GRACE_S = 30.0
_STEPS = {
    "connected": ("conversation", "Connected"),
    "PLAY sent": ("conversation", "SongToRequest"),
    "first audio": ("song", "SongAudio"),
    "enough": ("player", "SongReady"),
}
"""The step of a machine at which each part of the way to the first sound has been gone."""


@dataclass
class Run:
    """One player on one link, once."""

    player: str
    mbits: float
    log: Path
    trace: Path
    process: subprocess.Popen[bytes]
    began_s: float
    began_at: float

    def first_sound_s(self) -> float:
        """When it was heard first, in seconds from the start of the program."""
        found = setup.read_log(self.log)
        return float(str(found["first_s"])) - self.began_s if found else float("inf")

    def gaps(self) -> list[float]:
        """The silences in the music, in seconds."""
        found = setup.read_log(self.log).get("gaps", [])
        assert isinstance(found, list)
        return found

    def parts_s(self) -> dict[str, float]:
        """When alfine had come how far, in seconds from its start."""
        lines = [json.loads(line) for line in self.trace.read_text().splitlines()]
        started = datetime.datetime.fromisoformat(lines[0]["started"]).timestamp()
        found: dict[str, float] = {}
        for line in lines[1:]:
            for part, (machine, event) in _STEPS.items():
                if line.get("machine") == machine and event in (line["event"], *line["event"]):
                    found.setdefault(part, started - self.began_at + line["at"])
        return found


def commands(port: int, song: Path, trace: Path | None, rfc: bool) -> dict[str, list[str]]:
    """The command of each player. port: its link's; each further one has the next port."""
    alfine = [sys.executable, "-m", "cli.app", "client", "127.0.0.1"]
    play = ["--output", "pyaudio", "-c", "play 1", "-c", "wait", "--prebuffer"]
    found = {
        AUTO: [*alfine, str(port), *(("--trace", str(trace)) if trace else ()), *play, "auto"],
        MPG123: ["mpg123", "-q", f"http://127.0.0.1:{port + 1}/song.mp3"],
        A_FILE: ["mpg123", "-q", str(song)],
    }
    if rfc:
        found[RFC] = [*alfine, str(port + 2), *play, "500"]
    return found


def measure(seconds: int, rounds: int, rfc: bool, parts: bool, directory: Path) -> list[Run]:
    """Run all players to the end of the song, those with the same rate at the same time."""
    music = directory / "music"
    music.mkdir()
    song = music / "song.mp3"
    setup.make_song(song, seconds)
    runs: list[Run] = []
    with setup.alfine_server(music, _SERVER_PORT), setup.web_server(music, _WEB_PORT):
        for number, mbits in enumerate(MBITS):
            port = _LINK_PORT + 3 * number
            for at, to_port in enumerate((_SERVER_PORT, _WEB_PORT, _SERVER_PORT)):
                setup.SlowLink(port + at, to_port, mbits * 1e6)
            for _ in range(rounds):
                trace = directory / f"{len(runs)}.jsonl"
                players = commands(port, song, trace if parts else None, rfc).items()
                group = [
                    _start(player, mbits, command, directory / f"card{len(runs) + i}", trace)
                    for i, (player, command) in enumerate(players)
                ]
                _wait_for(group, 2 * seconds + _GRACE_S)
                runs += group
    return runs


def _start(player: str, mbits: float, command: list[str], directory: Path, trace: Path) -> Run:
    env, log = setup.card(directory)
    began_s, began_at, out = time.monotonic(), time.time(), subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, cwd=setup.ROOT, stdout=out, stderr=out)
    time.sleep(_BETWEEN_STARTS_S)
    return Run(player, mbits, log, trace, process, began_s, began_at)


def _wait_for(runs: list[Run], timeout_s: float) -> None:
    end_s = time.monotonic() + timeout_s
    for run in runs:
        try:
            run.process.wait(max(1.0, end_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            run.process.kill()
            run.process.wait()


def table(runs: list[Run]) -> Iterator[str]:
    """The first sounds and the underruns, a line of the table for each link."""
    players = list(dict.fromkeys(run.player for run in runs))
    columns = "".join(f" {player} | underruns |" for player in players)
    yield f"| line |{columns} auto is later by |"
    yield "|---|" + "---|---|" * len(players) + "---|"
    for mbits in MBITS:
        row, first = f"| {mbits:g} Mbit/s |", {}
        for player in players:
            mine = [run for run in runs if (run.player, run.mbits) == (player, mbits)]
            first[player] = statistics.median(run.first_sound_s() for run in mine)
            gaps = [gap for run in mine for gap in run.gaps()]
            silent = f"{len(gaps)} ({sum(gaps):.1f} s)" if gaps else "0"
            row += f" {first[player]:.2f} s | {silent} |"
        yield f"{row} {first[AUTO] - first[MPG123]:.2f} s |"


def parts_table(runs: list[Run]) -> Iterator[str]:
    """Where alfine's time goes: when each part was reached, in seconds from its start."""
    yield "| line |" + "".join(f" {part} |" for part in _STEPS) + " heard |"
    yield "|---|" + "---|" * len(_STEPS) + "---|"
    for mbits in MBITS:
        mine = [run for run in runs if (run.player, run.mbits) == (AUTO, mbits)]
        parts = [run.parts_s() for run in mine]
        reached = [statistics.median(one[part] for one in parts) for part in _STEPS]
        reached.append(statistics.median(run.first_sound_s() for run in mine))
        yield f"| {mbits:g} Mbit/s |" + "".join(f" {seconds:.2f} s |" for seconds in reached)


def main() -> None:
    """Measure, and print two tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=16, help="how long the song is")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--rfc", action="store_true", help="with the RFC's 500 messages, too")
    parser.add_argument("--parts", action="store_true", help="with where alfine's time goes")
    given = parser.parse_args()
    setup.need("mpg123", "ffmpeg")
    with tempfile.TemporaryDirectory() as directory:
        runs = measure(given.seconds, given.rounds, given.rfc, given.parts, Path(directory))
        size = given.seconds * 40_000 / 1e6
        print(f"A song of {given.seconds} s at 320 kbit/s ({size:.1f} MB), {given.rounds} rounds\n")
        print(*table(runs), sep="\n")
        if given.parts:
            print("", *parts_table(runs), sep="\n")


if __name__ == "__main__":
    main()
