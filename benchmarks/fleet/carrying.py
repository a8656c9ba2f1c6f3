"""What a fleet carries, what of it is kept, and how soon a song begins."""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fleet.listening import SONG_BYTES, SONGS, begin_anew, forget, listened
from fleet.fleet import BUCKET, ROOT, Fleet, Server
from fleet.processes import run
from fleet.rados import CREDENTIALS
from fsm.client.events import AudioReceived
from net.responses import ResponseDecoder
from songs.bucket.song import FIRST_BYTES

ZIPF_PLAYS = 2000
FEW_MIB = 4
"""A quarter of the songs."""
ROUNDS = 25
READ_BYTES = 1 << 16
FIRST_MESSAGE_MS = 25
"""At most, for a song that no server has kept."""


@dataclass(frozen=True)
class Asked:
    """What the store was asked for until now. read: songs, as far as somebody went on behind the
    first range, which is also asked for to see that a song that is kept is the same still.
    """

    ranges: int
    read: int
    lists: int

    def __sub__(self, other: Asked) -> Asked:
        return Asked(self.ranges - other.ranges, self.read - other.read, self.lists - other.lists)


def asked(fleet: Fleet) -> Asked:
    """Return what the store was asked for until now."""
    ranges = fleet.store.ranges(BUCKET)
    read = sum(first == FIRST_BYTES for _, first in ranges)
    return Asked(len(ranges), read, fleet.store.lists(BUCKET))


def throughput(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """As fast as it goes, through HAProxy, with one, two and four servers."""
    for count in (1, 2, 4):
        for server in fleet.servers[count:]:
            fleet.balancer.drain(server.name)
        began, cpu = time.monotonic(), _cpu_s(fleet)
        heard = listened(fleet, songs, 20, 0.01, lambda: time.sleep(20 * share))
        took, used = time.monotonic() - began, _cpu_s(fleet) - cpu
        rate = heard.songs * SONG_BYTES / took / 1e6
        print(
            f"  {count} servers: {rate:.0f} MB/s, {used / took:.2f} processors of servers and "
            "HAProxy, the rest are the listeners' and the store's"
        )
        for server in fleet.servers[count:]:
            fleet.balancer.ready(server.name)


def audience(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """Plays by Zipf's law over the songs: how many find theirs kept, and what the others cost."""
    weights = [1 / rank for rank in range(1, SONGS + 1)]
    plays = random.Random(1).choices(range(1, SONGS + 1), weights, k=round(ZIPF_PLAYS * share))
    for mib in (SONGS * SONG_BYTES // (1 << 20) * 2, FEW_MIB):
        forget(fleet, "--cache-size", mib)
        before = asked(fleet)
        first_ms = asyncio.run(played(fleet.port, plays))
        store = asked(fleet) - before
        print(
            f"  {len(plays)} plays of {SONGS} songs on {len(fleet.servers)} servers that keep "
            f"{mib} MiB each: {1 - store.read / len(plays):.1%} were kept, "
            f"{store.ranges / len(plays):.1f} ranges asked for in each play"
        )
        _say_ms("the first message", first_ms)
    forget(fleet)


def first(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """The first message of songs that no server has kept, and of the same songs again."""
    cold_ms: list[float] = []
    warm_ms: list[float] = []
    every = range(1, SONGS + 1)
    with _alone(fleet) as server:
        for _ in range(max(3, round(ROUNDS * share))):
            begin_anew(fleet, server)
            cold_ms += asyncio.run(played(fleet.port, every))
            warm_ms += asyncio.run(played(fleet.port, every))
    _say_ms(f"cold (at most {FIRST_MESSAGE_MS} ms)", cold_ms)
    _say_ms("warm", warm_ms)


def cold(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """What it costs that a library is new to a server: its search, then its songs."""
    before, began = asked(fleet), time.monotonic()
    _search(fleet)
    took, store = time.monotonic() - began, asked(fleet) - before
    print(
        f"  a first search: {took:.2f} s for {SONGS} songs, a program's start included; "
        f"{store.lists} lists and {store.ranges / SONGS:.1f} ranges a song"
    )
    every = range(1, SONGS + 1)
    with _alone(fleet) as server:
        begin_anew(fleet, server)
        for name in ("cold", "kept"):
            before, began, cpu = asked(fleet), time.monotonic(), _cpu_s(fleet)
            asyncio.run(played(fleet.port, every))
            took, used = time.monotonic() - began, _cpu_s(fleet) - cpu
            store = asked(fleet) - before
            print(
                f"  all songs, {name}: {SONGS * SONG_BYTES / took / 1e6:.0f} MB/s one after "
                f"another, {used / (SONGS * SONG_BYTES / 1e9):.1f} s of processors a GB, "
                f"{store.ranges / SONGS:.1f} ranges a song"
            )


def _search(fleet: Fleet) -> None:
    """Search the bucket with an empty catalogue, as a fleet's first server does."""
    with tempfile.TemporaryDirectory() as state:
        options = ("--s3-endpoint", fleet.gate.endpoint, "--state-dir", state)
        command = (sys.executable, "-m", "cli.app", "library", fleet.url, *options)
        run(command, {**CREDENTIALS, "PYTHONPATH": str(ROOT)})


@contextmanager
def _alone(fleet: Fleet) -> Iterator[Server]:
    """Send all clients to one server while the block runs."""
    server, *others = fleet.servers
    for each in others:
        fleet.balancer.drain(each.name)
    try:
        yield server
    finally:
        for each in others:
            fleet.balancer.ready(each.name)


async def played(port: int, song_ids: Sequence[int]) -> list[float]:
    """Play songs one after another, each as a client of its own; return how many milliseconds
    after its PLAY each first message was whole.
    """
    return [await _first_message_ms(port, song_id) for song_id in song_ids]


async def _first_message_ms(port: int, song_id: int) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    decoder = ResponseDecoder()
    writer.write(b"SETUP ends END END")
    decoder.feed(await reader.readuntil(b" END END"))
    began = time.perf_counter()
    writer.write(f"PLAY {song_id} END END".encode())
    first_ms = None
    while True:
        data = await reader.read(READ_BYTES)
        if not data:
            raise EOFError(f"song {song_id}: the connection ended")
        for event in decoder.feed(data):
            if not isinstance(event, AudioReceived):
                raise ValueError(f"song {song_id}: {event}")
            if first_ms is None:
                first_ms = (time.perf_counter() - began) * 1e3
            if not event.data:
                writer.close()
                return first_ms


def _say_ms(what: str, took_ms: Sequence[float]) -> None:
    print(
        f"  {what}: {statistics.median(took_ms):.1f} ms (median of {len(took_ms)}), "
        f"{statistics.quantiles(took_ms, n=100)[98]:.1f} ms (99 of 100)"
    )


def _cpu_s(fleet: Fleet) -> float:
    """Return the CPU time of the servers and HAProxy, from /proc."""
    total = 0.0
    for pid in [fleet.balancer.pid, *(each.pid for each in fleet.servers)]:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / 100
    return total
