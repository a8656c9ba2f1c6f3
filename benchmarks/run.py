"""Measures alfine's server beside nginx and a plain asyncio server: `./dev bench`.

Writes benchmarks/results.json, docs/performance.md and its plots; with --quick, which is only for
seeing that everything works, all of that goes to benchmarks/quick/ instead.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.scale import FULL, QUICK, Scale, progress
from benchmarks.server import crowds, libraries, link, throughput, tls
from benchmarks.servers import ROOT, nginx_program

PARTS = {
    "throughput": throughput,
    "crowds": crowds,
    "link": link,
    "libraries": libraries,
    "tls": tls,
}
HERE = Path(__file__).parent


def main() -> None:
    """Measure the requested parts, or all, as far as this machine allows."""
    options = _options()
    scale = QUICK if options.quick else FULL
    file, docs = (HERE / "results.json", ROOT / "docs")
    if options.quick:
        file, docs = HERE / "quick" / "results.json", HERE / "quick"
        docs.mkdir(exist_ok=True)
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    if nginx_program() is None:
        progress("without nginx, which is not here")
    with tempfile.TemporaryDirectory(prefix="alfine-bench-") as name:
        work = Path(name)
        work.chmod(0o755)
        for part in options.part or PARTS:
            if part == "link" and not link.possible():
                progress("no link: that needs root, ip and tc")
                continue
            results[part] = _measure(part, work, scale)
        _publish(results, file, docs, work / "page")
    progress(f"see {(docs / 'performance.md').relative_to(ROOT)}")


def _publish(results: dict[str, Any], file: Path, docs: Path, page: Path) -> None:
    """Write the results and the page, all of them or, if it is interrupted before, none."""
    page.mkdir()
    report.write(results, page)
    for made in page.iterdir():
        shutil.copy(made, docs / made.name)
    file.write_text(json.dumps(results, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"all, or some of: {' '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="everything small, in two minutes")
    options = parser.parse_args()
    if unknown := [part for part in options.part if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!a}; there are: {' '.join(PARTS)}")
    return options


def _measure(part: str, work: Path, scale: Scale) -> dict[str, Any]:
    progress(part)
    machine = _machine()  # before the measurement, for its load average
    rows = PARTS[part].measure(work / part, scale)
    return {"machine": machine, "rounds": scale.rounds, "rows": rows}


def _machine() -> dict[str, str]:
    """The machine, its load average, and the date."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    return {
        "processor": f"{os.cpu_count()} × {cpu[1] if cpu else platform.processor()}",
        "memory": f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.1f}",
        "date": time.strftime("%Y-%m-%d"),
    }


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing is written")
