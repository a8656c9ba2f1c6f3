"""What the parts share: songs, listeners to them while something is done, and what was heard."""

from __future__ import annotations

import asyncio
import random
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fleet.fleet import Fleet, Server
from fleet.listeners import Heard, Listeners
from tests.end_to_end.programs import play

SONG_BYTES = 400_000
SONGS = 40


def make_songs(folder: Path) -> list[bytes]:
    """Make songs that no decoder would play: bytes are compared."""
    folder.mkdir()
    songs = [random.Random(n).randbytes(SONG_BYTES) for n in range(SONGS)]
    for number, song in enumerate(songs, 1):
        (folder / name_of(number)).write_bytes(song)
    return songs


def name_of(song_id: int) -> str:
    """Return the name of one of them."""
    return f"{song_id:03}.mp3"


def listened(
    fleet: Fleet, songs: list[bytes], count: int, seconds: float, during: Callable[[], None]
) -> Heard:
    """Have so many listen, each to songs of so many seconds, while something is done."""
    return listened_to(
        fleet, dict(enumerate(songs, 1)), count, SONG_BYTES / seconds, lambda listeners: during()
    )


def listened_to(
    fleet: Fleet,
    songs: dict[int, bytes],
    count: int,
    rate: float,
    during: Callable[[Listeners], None],
) -> Heard:
    """Do so with songs by ID, rate: bytes per second, and something that knows the listeners."""

    async def listen() -> Heard:
        listeners = Listeners(fleet.port, songs, count, rate)
        listeners.start()
        await asyncio.sleep(1.0)
        await asyncio.to_thread(during, listeners)
        return await listeners.stop()

    return asyncio.run(listen())


def say(heard: Heard) -> None:
    """Print what was heard."""
    print(
        f"  {heard.songs} songs whole, {heard.wrong} with wrong bytes, "
        f"{heard.failed} failed in words, {len(heard.interrupted)} interrupted; the sound of "
        f"{heard.stopped} stopped; the longest silence {heard.longest_s:.1f} s"
    )
    print(
        f"  connections: {heard.asked_again} asked again, {heard.gone_on} gone on from in a song, "
        f"{heard.refused} refused"
    )
    for why in heard.interrupted[:3]:
        print(f"    {why}")


def listed(fleet: Fleet, title: str, there: bool = True) -> str:
    """Return the ID of a song, when it is in the list; "" when it is to be there no more."""
    while True:
        lines = play(fleet.port, "list").out
        found = re.search(rf"^ *([0-9]+)[.] {title}$", lines, re.MULTILINE)
        if (found is not None) == there:
            return found[1] if found else ""
        time.sleep(0.1)


def forget(fleet: Fleet, *options: object) -> None:
    """Restart all servers, which keep nothing then. options: of each, until the next time."""
    for server in fleet.servers:
        begin_anew(fleet, server, *options)


def begin_anew(fleet: Fleet, server: Server, *options: object) -> None:
    """Restart a server."""
    server.end(signal.SIGKILL)
    server.start(*options)
    wait_for(fleet, server)


def wait_for(fleet: Fleet, server: Server) -> None:
    """Wait until a server gets clients."""
    while not fleet.balancer.is_up(server.name):
        time.sleep(0.05)


@contextmanager
def background(act: Callable[[], None]) -> Iterator[None]:
    """Do something beside the block, which ends when both have ended."""
    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield
    finally:
        thread.join()
