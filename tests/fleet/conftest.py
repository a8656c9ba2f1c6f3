"""One fleet for all tests of it: it takes a while to start."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fleet.fleet import Fleet
from tests.end_to_end.songs import music, named
from tests.installed.conftest import built, installed, sdist, shared, wheel

__all__ = ["built", "installed", "sdist", "shared", "wheel"]
SERVERS = 2


@dataclass(frozen=True)
class Running:
    """A fleet, and the songs that it began with, by ID from 1. music: the folder they came from."""

    fleet: Fleet
    songs: tuple[bytes, ...]
    music: Path


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    songs = tuple(named("Fleet", f"Song {n}") + music(8.0, seed=n, kbits=320) for n in range(1, 6))
    with tempfile.TemporaryDirectory(prefix="alfine-fleet-") as folder:
        source = Path(folder) / "music"
        source.mkdir()
        for number, song in enumerate(songs, 1):
            (source / f"{number}.mp3").write_bytes(song)
        fleet = Fleet(Path(folder), source, SERVERS)
        try:
            yield Running(fleet, songs, source)
        finally:
            fleet.stop()
