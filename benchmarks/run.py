"""Measures alfine's server beside nginx and a plain asyncio server, in one run: `./dev bench`.

Writes benchmarks/results.json; `benchmarks.report` makes docs/performance.md and its plots of it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import load, servers
from benchmarks.servers import ROOT, Running
from net.framing import audio_message, chunks

RESULTS = Path(__file__).with_name("results.json")
SONG_BYTES = 5_000_000
ROUNDS = 3
SECONDS = 3.0
COUNTS = (1, 50, 1000)
CROWDS = (1000, 10_000)
LIBRARIES = (1_000, 10_000, 100_000)
COLD_SONGS = 200
LOOPS = ["asyncio"] + (["uvloop"] if importlib.util.find_spec("uvloop") else [])
Starter = Callable[[], contextlib.AbstractContextManager[Running]]


def main() -> None:
    """Measure everything that can be measured here."""
    parts = sys.argv[1:] or ["throughput", "crowds", "link", "libraries"]
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results["machine"] = machine()
    with tempfile.TemporaryDirectory(prefix="alfine-bench-") as name:
        work = Path(name)
        work.chmod(0o755)
        for part in parts:
            say(part)
            results[part] = globals()[part](work / part)
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def say(words: str) -> None:
    print(f"bench: {words}", flush=True)


def machine() -> dict[str, str]:
    """What it was measured on."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    return {
        "processor": f"{os.cpu_count()} × {cpu[1] if cpu else platform.processor()}",
        "memory": f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": " ".join(f"{value:.1f}" for value in os.getloadavg()),
        "date": time.strftime("%Y-%m-%d"),
    }


def songs(folder: Path, count: int, size: int) -> Path:
    """A folder of songs that are songs by their names."""
    folder.mkdir(parents=True)
    noise = random.Random(1).randbytes(size)
    for number in range(1, count + 1):
        (folder / f"{number:06}.mp3").write_bytes(noise[number % 100 :] + bytes(number % 100))
    return folder


# Throughput


def throughput(work: Path) -> list[dict[str, Any]]:
    """GB/s and CPU seconds per GB, medians of rounds in which all servers take turns."""
    folder = songs(work / "music", 1, SONG_BYTES)
    framed = sum(len(audio_message(c)) for c in chunks((folder / "000001.mp3").read_bytes()))
    play = (b"PLAY 1 END END", framed)
    starters: dict[str, Starter] = {
        f"alfine, {loop}": partial(servers.alfine, folder, work / "cache", loop) for loop in LOOPS
    }
    starters["plain asyncio streams"] = lambda: servers.streams(folder)
    if shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
        starters["nginx, sendfile"] = lambda: servers.nginx(folder, work / "nginx")
    measured: dict[tuple[str, int], list[load.Throughput]] = {}
    for count in COUNTS:
        for _ in range(ROUNDS):
            for name, start in starters.items():
                with start() as server:
                    request, size = play
                    if name.startswith("nginx"):
                        request = b"GET /000001.mp3 HTTP/1.1\r\nHost: x\r\n\r\n"
                        size = SONG_BYTES + load.http_header_bytes(server.port, request)
                    got = load.drain(server, count, request, size, SECONDS)
                measured.setdefault((name, count), []).append(got)
                say(f"{name}, {count} clients: {got.gb_s:.2f} GB/s, {got.cpu_s_per_gb:.3f} s/GB")
    return [
        {
            "server": name,
            "clients": count,
            "gb_s": statistics.median(got.gb_s for got in all_of_them),
            "cpu_s_per_gb": statistics.median(got.cpu_s_per_gb for got in all_of_them),
        }
        for (name, count), all_of_them in measured.items()
    ]


# Crowds


def crowds(work: Path) -> list[dict[str, Any]]:
    """Memory and latencies with many connected, half of them listening at 128 kbit/s."""
    folder = songs(work / "music", COLD_SONGS, SONG_BYTES // 5)
    (folder / "000001.mp3").write_bytes(random.Random(2).randbytes(SONG_BYTES))
    starters: dict[str, Starter] = {
        f"alfine, {loop}": partial(
            servers.alfine,
            folder,
            work / "cache",
            loop,
            "--clients",
            max(CROWDS) + 100,
            "--backlog",
            1024,
        )
        for loop in LOOPS
    }
    starters["plain asyncio streams"] = lambda: servers.streams(folder)
    found: list[dict[str, Any]] = []
    for count in CROWDS:
        for playing in (0, count // 2):
            for name, start in starters.items():
                with start() as server:
                    found.append(crowd(server, name, count, playing))
                    say(str(found[-1]))
    return found


def crowd(server: Running, name: str, count: int, playing: int) -> dict[str, Any]:
    """One server and one audience."""
    list_end = f"{COLD_SONGS}. {COLD_SONGS:06} END END".encode()
    rss, kernel = server.rss_mib(), kernel_mib()
    with load.audience(server.port, count, playing):
        time.sleep(3)
        cpu, began = server.cpu_s(), time.monotonic()
        lists = load.latencies_ms(server.port, b"LIST END END", list_end, 400, 0.005)
        cold = load.first_audio_ms(server.port, list(range(2, COLD_SONGS + 1)), 0.01)
        warm = load.first_audio_ms(server.port, [1] * 300, 0.005)
        cpu_share = (server.cpu_s() - cpu) / (time.monotonic() - began)
        return {
            "server": name,
            "connected": count,
            "listening": playing,
            "rss_mib": server.rss_mib(),
            "kib_per_connection": (server.rss_mib() - rss) * 1024 / count,
            "kernel_mib": kernel_mib() - kernel,
            "cpu_share": cpu_share,
            "list_ms": percentiles(lists),
            "cold_ms": percentiles(cold),
            "warm_ms": percentiles(warm),
        }


def percentiles(values: list[float]) -> dict[str, float]:
    """p50 and p99."""
    cuts = statistics.quantiles(values, n=100)
    return {"p50": cuts[49], "p99": cuts[98]}


def kernel_mib() -> float:
    """What TCP holds in buffers, of both ends."""
    found = re.search(r"TCP: .* mem (\d+)", Path("/proc/net/sockstat").read_text())
    return int(found[1]) * os.sysconf("SC_PAGESIZE") / 2**20 if found else 0.0


# A slow link


def link(work: Path) -> list[dict[str, Any]]:
    """LIST during PLAY over 2 Mbit/s, between two network namespaces; needs root and tc."""
    folder = songs(work / "music", 3, SONG_BYTES)
    found = []
    with slow_link() as (near, far, address):
        inside = ("ip", "netns", "exec", near)
        for name, command in {
            "alfine": ("cli.app", "server", folder, 0, "--host", address, "--drain", 0),
            "plain asyncio streams": ("benchmarks.streams_server", folder, 0, address),
        }.items():
            with servers.python_server(*command, prefix=inside) as server:
                measure = [sys.executable, "-m", "benchmarks.load", "link", address]
                got = subprocess.run(
                    ["ip", "netns", "exec", far, *measure, str(server.port), "5"],
                    cwd=ROOT,
                    stdout=subprocess.PIPE,
                    check=True,
                )
            times = json.loads(got.stdout)
            found.append({"server": name, "list_s": statistics.median(times), "most_s": max(times)})
            say(str(found[-1]))
    return found


@contextlib.contextmanager
def slow_link() -> Iterator[tuple[str, str, str]]:
    """Two namespaces and 2 Mbit/s between them: their names, and the address of the first."""
    near, far = f"bench{os.getpid()}a", f"bench{os.getpid()}b"

    def ip(words: str) -> None:
        subprocess.run(["ip", *words.split()], check=True)

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


# Libraries


def libraries(work: Path) -> list[dict[str, Any]]:
    """What the number of songs costs."""
    found = []
    for count in LIBRARIES:
        folder = songs(work / f"{count}", count, 200)
        (folder / "000000.mp3").write_bytes(random.Random(2).randbytes(100_000_000))
        cache = work / f"cache{count}"
        with servers.alfine(folder, cache, LOOPS[-1]) as server:
            cold_s = server.seconds
        with servers.alfine(folder, cache, LOOPS[-1]) as server:
            warm_s, rss = server.seconds, server.rss_mib()
            end = f"{count + 1}. {count:06} END END".encode()
            lists = load.latencies_ms(server.port, b"LIST END END", end, 5, 0.1)
        with servers.alfine(folder, cache, LOOPS[-1]) as server, load.audience(server.port, 1, 1):
            time.sleep(2.0)  # by then the song is framed
            quiet = load.largest_gap_ms(server.port, 3.0, 0)
            encoding = load.largest_gap_ms(server.port, 3.0, 1)  # the first list is encoded
            listing = load.largest_gap_ms(server.port, 3.0, 5)
        found.append(
            {
                "songs": count,
                "cold_start_s": cold_s,
                "warm_start_s": warm_s,
                "rss_mib": rss,
                "first_list_ms": lists[0],
                "list_ms": statistics.median(lists[1:]),
                "gap_ms": quiet,
                "gap_while_listing_ms": listing,
                "gap_while_first_list_ms": encoding,
            }
        )
        say(str(found[-1]))
    return found


if __name__ == "__main__":
    main()
