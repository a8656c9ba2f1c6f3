"""The cost of the number of songs."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks import load, servers
from benchmarks.scale import LOOPS, Scale, progress, songs
from net.wire import LIST_CLOSING

FRAMED_S = 2.0
"""The time in which the server frames the large song."""
LISTEN_S = 3.0


def measure(work: Path, scale: Scale) -> list[dict[str, Any]]:
    """Measure start, memory, LIST, and what a LIST does to a listener, by the number of songs."""
    found = []
    for count in scale.libraries:
        folder = songs(work / f"{count}", count, 200)
        (folder / "000000.mp3").write_bytes(random.Random(2).randbytes(100_000_000))
        cache = work / f"cache{count}"
        with servers.alfine(folder, cache, LOOPS[-1]) as server:
            cold_s = server.seconds_until(rb" \d+ songs")
        with servers.alfine(folder, cache, LOOPS[-1]) as server:
            warm_s, rss = server.seconds_until(rb" \d+ songs"), server.rss_mib()
            end = f"{count + 1}. {count:06} END END".encode() + LIST_CLOSING
            lists = load.latencies_ms(server.port, b"LIST END END", end, 5, 0.1, load.HELLO)
        with servers.alfine(folder, cache, LOOPS[-1]) as server, load.listeners(server.port, 1, 1):
            server.seconds_until(rb" \d+ songs")
            time.sleep(FRAMED_S)
            undisturbed = load.largest_gap_ms(server.port, LISTEN_S, 0)
            encoding = load.largest_gap_ms(server.port, LISTEN_S, 1)  # the first list is encoded
            listing = load.largest_gap_ms(server.port, LISTEN_S, 5)
        found.append(
            {
                "songs": count,
                "cold_start_s": cold_s,
                "warm_start_s": warm_s,
                "rss_mib": rss,
                "first_list_ms": lists[0],
                "list_ms": statistics.median(lists[1:]),
                "gap_ms": undisturbed,
                "gap_while_listing_ms": listing,
                "gap_while_first_list_ms": encoding,
            }
        )
        progress(str(found[-1]))
    return found
