"""Throughput and its CPU time, with clients that receive at full speed."""

from __future__ import annotations

import contextlib
import statistics
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.scale import SONG_BYTES, Scale, progress, songs
from benchmarks.server.contenders import NGINX, Contender, contenders
from benchmarks.servers import Running
from net.framing import AUDIO_CLOSING, audio_message, chunks

Measured = dict[str, list[load.Throughput]]


def measure(work: Path, scale: Scale) -> list[dict[str, Any]]:
    """Measure GB/s and CPU seconds per GB: medians of rounds in which all servers take turns.

    The ratio to nginx is the median of the ratios in each round: other load on the machine affects
    all servers of a round.
    """
    folder = songs(work / "music", 1, SONG_BYTES)
    song = (folder / "000001.mp3").read_bytes()
    framed = sum(len(audio_message(chunk)) for chunk in chunks(song))
    found = []
    with contextlib.ExitStack() as stack:
        running = [(each, stack.enter_context(each.start())) for each in contenders(folder, work)]
        for count in scale.clients:
            measured: Measured = {each.name: [] for each, _ in running}
            for turn in range(scale.rounds):
                first = turn % len(running)
                for each, server in running[first:] + running[:first]:
                    got = _measure_one(each, server, count, framed, scale.seconds)
                    measured[each.name].append(got)
                    result = f"{got.gb_s:.2f} GB/s, {got.cpu_s_per_gb:.3f} s/GB"
                    progress(f"{each.name}, {count}: {result}")
            found += [_row(name, count, measured) for name in measured]
    return found


def _measure_one(
    each: Contender, server: Running, count: int, framed: int, seconds: float
) -> load.Throughput:
    request, size = each.play(1), framed + (len(AUDIO_CLOSING) if each.hello else 0)
    if each.name == NGINX:
        size = SONG_BYTES + load.http_header_bytes(server.port, request)
    return load.throughput(server, count, request, size, seconds, each.hello)


def _row(name: str, count: int, measured: Measured) -> dict[str, Any]:
    row = {
        "server": name,
        "clients": count,
        "gb_s": statistics.median(got.gb_s for got in measured[name]),
        "cpu_s_per_gb": statistics.median(got.cpu_s_per_gb for got in measured[name]),
    }
    if NGINX in measured:
        pairs = list(zip(measured[name], measured[NGINX], strict=True))
        row["of_nginx"] = statistics.median(ours.gb_s / its.gb_s for ours, its in pairs)
        row["cpu_of_nginx"] = statistics.median(
            ours.cpu_s_per_gb / its.cpu_s_per_gb for ours, its in pairs
        )
    return row
