"""How much is measured, and the songs that are."""

from __future__ import annotations

import importlib.util
import random
from dataclasses import dataclass
from pathlib import Path

SONG_BYTES = 5_000_000
LOOPS = ["asyncio"] + (["uvloop"] if importlib.util.find_spec("uvloop") else [])


@dataclass(frozen=True)
class Scale:
    """rounds: in which the servers take turns, each for `seconds`. clients: that take all they can.

    crowds: clients that are connected, half of them listening. samples: of each latency.
    cold_songs: songs that nobody has asked for before. links: LISTs on the slow link.
    """

    rounds: int
    seconds: float
    clients: tuple[int, ...]
    crowds: tuple[int, ...]
    samples: int
    cold_songs: int
    links: int
    libraries: tuple[int, ...]


FULL = Scale(7, 2.0, (1, 50, 1000), (50, 1000, 10_000), 400, 200, 10, (1_000, 10_000, 100_000))
QUICK = Scale(1, 1.0, (1, 50), (50, 200), 50, 30, 2, (1_000,))


def songs(folder: Path, count: int, size: int) -> Path:
    """A folder of songs that are songs by their names."""
    folder.mkdir(parents=True)
    noise = random.Random(1).randbytes(size)
    for number in range(1, count + 1):
        (folder / f"{number:06}.mp3").write_bytes(noise[number % 100 :] + bytes(number % 100))
    return folder


def say(words: str) -> None:
    """Tell how far it has come."""
    print(f"bench: {words}", flush=True)
