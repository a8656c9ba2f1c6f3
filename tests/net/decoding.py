"""Feeds decoders whole, in pieces, and with a look at the CPU time."""

import time
from itertools import pairwise


def pieces(stream: bytes, splits) -> list[bytes]:
    edges = [0, *sorted({min(s, len(stream)) for s in splits}), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


def decode(decoder, *parts):
    return [event for part in parts for event in decoder.feed(part)]


def cpu_s(work) -> float:
    """CPU time of the fastest of three runs, which other programs disturb least."""
    times = []
    for _ in range(3):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)
