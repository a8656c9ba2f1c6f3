"""`./dev bench fleet`: one fleet, and one part after another."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import benchmarks.fleet
from benchmarks.fleet import carrying, disasters
from benchmarks.fleet.listening import make_songs
from fleet.fleet import Fleet

PARTS = {
    "kills": disasters.kills,
    "rolling": disasters.rolling,
    "database": disasters.database,
    "stopped": disasters.stopped,
    "store": disasters.store,
    "replaced": disasters.replaced,
    "changes": disasters.changes,
    "throughput": carrying.throughput,
    "audience": carrying.audience,
    "first": carrying.first,
    "cold": carrying.cold,
}
SERVERS = 4


def main() -> int:
    """Run the parts that are asked for, or all."""
    parser = argparse.ArgumentParser(prog="./dev bench fleet", description=benchmarks.fleet.__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    options = parser.parse_args()
    parts = options.parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no part {unknown.pop()}: {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="alfine-fleet-") as folder:
        songs = make_songs(Path(folder) / "music")
        began = time.monotonic()
        fleet = Fleet(Path(folder), Path(folder) / "music", SERVERS)
        print(f"up after {time.monotonic() - began:.1f} s", flush=True)
        try:
            for part in parts:
                print(f"\n{part}", flush=True)
                PARTS[part](fleet, songs, 0.1 if options.quick else 1.0)
        finally:
            fleet.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
