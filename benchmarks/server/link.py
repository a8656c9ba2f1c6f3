"""LIST during PLAY over 2 Mbit/s, between two network namespaces. Needs root, ip and tc."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.scale import SONG_BYTES, Scale, progress, songs
from benchmarks.servers import ROOT


def possible() -> bool:
    """Whether this machine allows network namespaces and traffic shaping."""
    return os.geteuid() == 0 and all(shutil.which(program) for program in ("ip", "tc"))


def measure(work: Path, scale: Scale) -> list[dict[str, Any]]:
    """Measure the seconds from LIST to its answer."""
    folder = songs(work / "music", 3, SONG_BYTES)
    found = []
    options = ("--no-announce", "--drain", 0)
    with _slow_link() as (near, far, address):
        inside = ("ip", "netns", "exec", near)
        for name, command in {
            "alfine": ("cli.app", "server", folder, 0, "--host", address, *options),
            "plain asyncio streams": ("benchmarks.server.streams", folder, 0, address),
        }.items():
            with servers.python_server(*command, prefix=inside) as server:
                client = [sys.executable, "-m", "benchmarks.load", "link", address]
                got = subprocess.run(
                    ["ip", "netns", "exec", far, *client, str(server.port), str(scale.links)],
                    cwd=ROOT,
                    stdout=subprocess.PIPE,
                    check=True,
                )
            times = json.loads(got.stdout)
            median = statistics.median(times)
            found.append({"server": name, "list_s": median, "most_s": max(times)})
            progress(str(found[-1]))
    return found


@contextlib.contextmanager
def _slow_link() -> Iterator[tuple[str, str, str]]:
    """Connect two namespaces by 2 Mbit/s; yield their names, and the address of the first."""
    near, far = f"bench{os.getpid()}a", f"bench{os.getpid()}b"

    def ip(arguments: str) -> None:
        subprocess.run(["ip", *arguments.split()], check=True)

    try:
        ip(f"netns add {near}")
        ip(f"netns add {far}")
        ip(f"link add v0 netns {near} type veth peer name v0 netns {far}")
        for name, address in ((near, "10.99.0.1/24"), (far, "10.99.0.2/24")):
            ip(f"-n {name} addr add {address} dev v0")
            ip(f"-n {name} link set v0 up")
            ip(f"-n {name} link set lo up")
        shape = "tc qdisc add dev v0 root tbf rate 2mbit burst 16kb latency 50ms"
        ip(f"netns exec {near} {shape}")
        yield near, far, "10.99.0.1"
    finally:
        for name in (near, far):
            subprocess.run(["ip", "netns", "del", name], check=False)
