"""What a fleet on one machine does when its parts go, and what it can carry.

All of it is real: HAProxy, PostgreSQL, radosgw, servers, clients. What two processors can show of
several servers, and what not, stands in docs/fleet.md.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fleet.fleet import Fleet, Server
from fleet.listeners import Heard, Listeners
from proxy.faults import Faults
from tests.end_to_end.programs import Client, play
from tests.end_to_end.songs import music, recorded, samples
from tests.faulty_proxy import FaultyProxy

SONG_BYTES = 400_000
SONGS = 40
KILLS = 50
LISTENERS = 200
AWAY_S = 60.0
ZIPF_PLAYS = 2000


def main() -> int:
    """Run the parts that are asked for, or all."""
    parser = argparse.ArgumentParser(prog="./dev bench fleet", description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    options = parser.parse_args()
    parts = options.parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no part {unknown.pop()}: {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="alfine-fleet-") as folder:
        songs = _songs(Path(folder) / "music")
        began = time.monotonic()
        fleet = Fleet(Path(folder), Path(folder) / "music", 4)
        print(f"up after {time.monotonic() - began:.1f} s", flush=True)
        try:
            for part in parts:
                print(f"\n{part}", flush=True)
                PARTS[part](fleet, songs, 0.1 if options.quick else 1.0)
        finally:
            fleet.stop()
    return 0


def _songs(folder: Path) -> list[bytes]:
    """Make songs that no decoder would play: bytes are compared."""
    folder.mkdir()
    songs = [random.Random(n).randbytes(SONG_BYTES) for n in range(SONGS)]
    for number, song in enumerate(songs, 1):
        (folder / f"{number:03}.mp3").write_bytes(song)
    return songs


def _listened(
    fleet: Fleet, songs: list[bytes], count: int, seconds: float, during: Callable[[], None]
) -> Heard:
    """Have so many listen, each to songs of so many seconds, while something is done."""

    async def listen() -> Heard:
        listeners = Listeners(fleet.port, songs, count, SONG_BYTES / seconds)
        listeners.start()
        await asyncio.sleep(1.0)
        await asyncio.to_thread(during)
        return await listeners.stop()

    return asyncio.run(listen())


def _say(heard: Heard) -> None:
    print(
        f"  {heard.songs} songs whole, {heard.wrong} with wrong bytes, "
        f"{len(heard.interrupted)} interrupted, {heard.refused} refused; "
        f"the longest silence {heard.longest_s:.1f} s"
    )
    for why in heard.interrupted[:3]:
        print(f"    {why}")


def kills(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """kill -9 of the server of a song, again and again: the client's WAV is compared."""
    count = max(3, round(KILLS * share))
    content = music(8.0, seed=1, kbits=320)
    fleet.write("900 music.mp3", content)
    song_id = _listed(fleet, "900 music")
    right, reference = 0, samples(content)
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "song.wav"
            _play_and_kill(fleet, song_id, wav, len(content) * (number + 1) // (count + 2))
            right += wav.exists() and recorded(wav) == reference
    print(f"  {right} of {count} WAVs are the reference decoder's; what is not was heard")
    fleet.remove("900 music.mp3")


def _play_and_kill(fleet: Fleet, song_id: str, wav: Path, at: int) -> None:
    """Play a song, and kill its server when so many bytes have come."""
    with FaultyProxy(fleet.port, Faults(hold_after=at)) as line:
        client = Client(line.port, f"play {song_id}", "wait", output=f"wav:{wav}")
        held = line.line(0)
        held.reached.wait(30)
        server = max(fleet.servers, key=lambda each: fleet.balancer.sessions(each.name))
        server.end(signal.SIGKILL)
        held.go_on.set()
        client.run()
        client.close()
    server.start()
    _wait_for(fleet, server)


def _listed(fleet: Fleet, title: str) -> str:
    """Return the ID of a song, when it is in the list."""
    while True:
        listed = play(fleet.port, "list").out
        if found := re.search(rf"^([0-9]+)[.] {title}$", listed, re.MULTILINE):
            return found[1]
        time.sleep(0.5)


def rolling(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """All servers are restarted, one after another, under listeners."""
    began = time.monotonic()
    heard = _listened(fleet, songs, round(LISTENERS * share), 8.0, fleet.roll)
    print(f"  {len(fleet.servers)} servers restarted in {time.monotonic() - began:.0f} s")
    _say(heard)


def database(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """PostgreSQL is away for a minute."""

    def away() -> None:
        fleet.database.stop()
        time.sleep(AWAY_S * share)
        fleet.database.start()

    _say(_listened(fleet, songs, 50, 4.0, away))


def stopped(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """A server is stopped rather than dead: how long until nobody is sent to it."""
    times = []
    for server in fleet.servers[: max(1, round(4 * share))]:
        server.send(signal.SIGSTOP)
        began = time.monotonic()
        while fleet.balancer.is_up(server.name):
            time.sleep(0.05)
        times.append(time.monotonic() - began)
        server.end(signal.SIGKILL)
        server.start()
        _wait_for(fleet, server)
    print(f"  noticed after {min(times):.1f} to {max(times):.1f} s")


def store(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """The store does not answer for ten seconds, while songs that nobody has kept are played."""

    def frozen() -> None:
        with fleet.store.frozen():
            time.sleep(10.0)

    _say(_listened(fleet, songs, 50, 4.0, frozen))


def throughput(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """As fast as it goes, through HAProxy, with one, two and four servers."""
    for count in (1, 2, 4):
        for server in fleet.servers[count:]:
            fleet.balancer.drain(server.name)
        began, cpu = time.monotonic(), _cpu_s(fleet)
        heard = _listened(fleet, songs, 20, 0.01, lambda: time.sleep(20 * share))
        took, used = time.monotonic() - began, _cpu_s(fleet) - cpu
        rate = heard.songs * SONG_BYTES / took / 1e6
        print(
            f"  {count} servers: {rate:.0f} MB/s, {used / took:.2f} processors of servers and "
            "HAProxy, the rest are the listeners' and the store's"
        )
        for server in fleet.servers[count:]:
            fleet.balancer.ready(server.name)


def audience(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """Plays by Zipf's law over the songs: how many find theirs kept, and the cost of those not."""
    chance = random.Random(1)
    weights = [1 / rank for rank in range(1, SONGS + 1)]
    first_ms: list[float] = []
    plays = round(ZIPF_PLAYS * share)
    for server in fleet.servers:
        server.end(signal.SIGKILL)
        server.start()
        _wait_for(fleet, server)
    asked = _gets(fleet)
    for song_id in chance.choices(range(1, SONGS + 1), weights, k=plays):
        first_ms.append(asyncio.run(_first_byte(fleet.port, song_id, songs[song_id - 1])) * 1e3)
    cold = (_gets(fleet) - asked) / (SONG_BYTES / (256 << 10) + 1)
    print(
        f"  {plays} plays of {SONGS} songs on {len(fleet.servers)} servers: the first byte after "
        f"{statistics.median(first_ms):.1f} ms (median), "
        f"{statistics.quantiles(first_ms, n=100)[98]:.1f} ms (p99)"
    )
    print(f"  {max(0.0, 1 - cold / plays):.1%} were kept; each server reads each song once")


async def _first_byte(port: int, song_id: int, song: bytes) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.perf_counter()
    writer.write(f"PLAY {song_id} END END".encode())
    await reader.read(1)
    took = time.perf_counter() - began
    left = len(song)
    while left > 0 and (data := await reader.read(1 << 16)):
        left -= len(data)
    writer.close()
    return took


def _gets(fleet: Fleet) -> float:
    """Return how many ranges the store has given, by its own log."""
    text = (fleet.store.folder / "client.admin.log").read_text(errors="replace")
    return len(re.findall(r'"GET /songs/[^ ?]+\.mp3 HTTP', text))


def _cpu_s(fleet: Fleet) -> float:
    """Return the CPU time of the servers and HAProxy, from /proc."""
    total = 0.0
    for pid in [fleet.balancer.pid, *(each.pid for each in fleet.servers)]:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / 100
    return total


def _wait_for(fleet: Fleet, server: Server) -> None:
    while not fleet.balancer.is_up(server.name):
        time.sleep(0.05)


PARTS = {
    "kills": kills,
    "rolling": rolling,
    "database": database,
    "stopped": stopped,
    "store": store,
    "throughput": throughput,
    "audience": audience,
}

if __name__ == "__main__":
    sys.exit(main())
