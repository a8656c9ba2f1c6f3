"""Memory and latencies with many clients, half of them listening at 128 kbit/s."""

from __future__ import annotations

import os
import random
import re
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.scale import SONG_BYTES, Scale, progress, songs
from benchmarks.server.contenders import Contender, contenders
from benchmarks.servers import Running

SETTLE_S = 3.0
"""The wait after all have connected, so that connecting is not measured."""


def measure(work: Path, scale: Scale) -> list[dict[str, Any]]:
    """Measure each server with each number of clients, one after the other."""
    folder = songs(work / "music", scale.cold_songs, SONG_BYTES // 5)
    (folder / "000001.mp3").write_bytes(random.Random(2).randbytes(SONG_BYTES))
    options = ("--clients", max(scale.crowds) + 100, "--backlog", 1024)
    found: list[dict[str, Any]] = []
    for count in scale.crowds:
        for playing in (0, count // 2):
            for each in contenders(folder, work, *options):
                with each.start() as server:
                    found.append(_measure_one(each, server, scale, count, playing))
                    progress(str(found[-1]))
    return found


def _measure_one(
    each: Contender, server: Running, scale: Scale, count: int, playing: int
) -> dict[str, Any]:
    list_end = f"{scale.cold_songs}. {scale.cold_songs:06} END END".encode()
    cold_requests = [each.play(number) for number in range(2, scale.cold_songs + 1)]
    rss, kernel = server.rss_mib(), _kernel_mib()
    with load.listeners(server.port, count, playing, each.play(1)):
        time.sleep(SETTLE_S)
        cpu, began = server.cpu_s(), time.monotonic()
        lists = load.latencies_ms(server.port, each.list_, list_end, scale.samples, 0.005)
        cold = load.first_audio_ms(server.port, cold_requests, 0.01)
        warm = load.first_audio_ms(server.port, [each.play(1)] * scale.samples, 0.005)
        cpu_share = (server.cpu_s() - cpu) / (time.monotonic() - began)
        return {
            "server": each.name,
            "connected": count,
            "listening": playing,
            "rss_mib": server.rss_mib(),
            "kib_per_connection": (server.rss_mib() - rss) * 1024 / count,
            "kernel_mib": _kernel_mib() - kernel,
            "cpu_share": cpu_share,
            "list_ms": _percentiles(lists),
            "cold_ms": _percentiles(cold),
            "warm_ms": _percentiles(warm),
        }


def _percentiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100)
    return {"p50": cuts[49], "p99": cuts[98]}


def _kernel_mib() -> float:
    """The memory of TCP's buffers, of both ends."""
    found = re.search(r"TCP: .* mem (\d+)", Path("/proc/net/sockstat").read_text())
    return int(found[1]) * os.sysconf("SC_PAGESIZE") / 2**20 if found else 0.0
