"""Folders with songs, made once, and a server for all tests that leave it as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.programs import serving
from tests.end_to_end.songs import music, named

PIECES = b" END END" + b"x END" + b" END END END END " + b"END END" * 3 + b" END"


@dataclass(frozen=True)
class Folder:
    """A music folder. songs: the bytes of each, by its ID less one. titles: likewise."""

    path: Path
    songs: tuple[bytes, ...]
    titles: tuple[str, ...]

    def song(self, song_id: int) -> bytes:
        return self.songs[song_id - 1]

    @property
    def list_message(self) -> bytes:
        entries = " END ".join(f"{n}. {title}" for n, title in enumerate(self.titles, 1))
        return b"RESP 100 END " + entries.encode() + b" END END"


SHORT, HOSTILE, LONG, FULL_OF_FF, BEGINS_WITH_END, TWO_MESSAGES = range(1, 7)


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Folder:
    """Songs that are short, long (more than the kernel takes at once), and hard to frame."""
    path = tmp_path_factory.mktemp("music")
    songs = (
        music(2.0, seed=1),
        # The pieces also lie where messages of 4096 bytes would end.
        named("Rhino", "THE END END", PIECES + bytes(4075 - len(PIECES)) + PIECES * 3)
        + music(1.0, seed=2)
        + PIECES,
        music(26.0, seed=3, kbits=320),
        named("Loud", "All ones", b"\xff" * 6000) + music(1.0, seed=4) + b"\xff" * 5000,
        b"END END " + music(1.0, seed=5) + b" END END END",
        music(1.0, seed=6)[: 2 * 4096],
    )
    for number, song in enumerate(songs, 1):
        (path / f"{number} noise.mp3").write_bytes(song)
    titles = [f"{number} noise" for number in range(1, len(songs) + 1)]
    # In a title the space before a word that is END is a no-break space.
    titles[HOSTILE - 1] = "Rhino - THE\u00a0END\u00a0END"
    titles[FULL_OF_FF - 1] = "Loud - All ones"
    return Folder(path, songs, tuple(titles))


@pytest.fixture(scope="session")
def server(folder):
    with serving(folder.path) as program:
        yield program
