"""The extent of the measurements, and the songs for them."""

from __future__ import annotations

import importlib.util
import random
from dataclasses import dataclass
from pathlib import Path

SONG_BYTES = 5_000_000
LOOPS = ["asyncio"] + (["uvloop"] if importlib.util.find_spec("uvloop") else [])


@dataclass(frozen=True)
class Scale:
    """The numbers of one run.

    rounds: in which the servers take turns, for `seconds` each. clients: that receive at full
    speed. crowds: connected clients, half of them listening. samples: of each latency.
    cold_songs: songs that nobody has requested before. links: LISTs on the slow link. libraries:
    numbers of songs.
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
    """Make a folder of `count` files of noise with the names of songs."""
    folder.mkdir(parents=True)
    noise = random.Random(1).randbytes(size)
    for number in range(1, count + 1):
        (folder / f"{number:06}.mp3").write_bytes(noise[number % 100 :] + bytes(number % 100))
    return folder


def progress(text: str) -> None:
    """Print a line about the progress."""
    print(f"bench: {text}", flush=True)
