"""`python -m fleet`: bring a fleet up, play a song through it, and take it down."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from demo.make_songs import make_songs
from fleet.fleet import NAMES, ROOT, Fleet
from fleet.processes import FleetError


def main() -> int:
    """Return the exit code: 2 where a program is missing."""
    parser = argparse.ArgumentParser(prog="./dev fleet", description=__doc__)
    parser.add_argument(
        "--servers",
        type=int,
        default=2,
        choices=range(1, len(NAMES) + 1),
        metavar="N",
        help=f"how many, up to {len(NAMES)} (default: 2)",
    )
    parser.add_argument("--stay", action="store_true", help="stay up until Ctrl-C, for you to play")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="alfine-fleet-") as folder:
        try:
            return _run(Path(folder), options.servers, options.stay)
        except FleetError as error:
            print(f"./dev fleet: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 0


def _run(folder: Path, servers: int, stay: bool) -> int:
    began = time.monotonic()
    music = folder / "music"
    make_songs(music)
    fleet = Fleet(folder, music, servers)
    try:
        print(
            f"up after {time.monotonic() - began:.0f} s: HAProxy on port {fleet.port}, "
            f"{servers} servers, {fleet.store.endpoint}, PostgreSQL on {fleet.database.port}"
        )
        code = _play(fleet.port, folder / "song.wav")
        if stay and not code:
            print(f"    alfine client 127.0.0.1 {fleet.port}\nCtrl-C ends it")
            while True:
                time.sleep(3600)
        return code
    finally:
        fleet.stop()
        print("down")


def _play(port: int, wav: Path) -> int:
    command = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(port)]
    words = ("list", "play 1", "wait")
    typed = [each for word in words for each in ("-c", word)]
    done = subprocess.run([*command, *typed, "--output", f"wav:{wav}"], cwd=ROOT, check=False)
    if not done.returncode:
        print(f"a song was played through it: {wav.stat().st_size:,} bytes of sound")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
