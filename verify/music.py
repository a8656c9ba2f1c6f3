"""The songs of the explored servers: their numbers, their titles and their bytes."""

from __future__ import annotations

from fsm.client.events import ListedSong
from verify.bounds import Bounds

FULL_BYTES = 4096
A, B = "A", "B"

NUMBERINGS: tuple[dict[int, str], ...] = ({1: A, 2: B}, {1: B, 2: A}, {1: B}, {})
"""Which ID each song has: at first, renumbered, without song A, without any."""
FIRST, RENUMBERED, GONE, EMPTY = range(4)


def entries(library: int) -> tuple[ListedSong, ...]:
    """The list of that library."""
    return tuple(ListedSong(song_id, title) for song_id, title in NUMBERINGS[library].items())


def is_there(library: int, song_id: int, titles: tuple[str, ...]) -> bool:
    """The song can be had, whichever is meant: by its title, or by its ID if it is on no list."""
    numbering = NUMBERINGS[library]
    return set(titles) <= set(numbering.values()) if titles else song_id in numbering


def chunks(bounds: Bounds, title: str, changed: bool) -> tuple[bytes, ...]:
    """The audio messages of a song. changed: song A has another file now."""
    letters = {A: b"abc"[: bounds.chunks[0]], B: b"xyz"[: bounds.chunks[1]]}[title]
    if changed and title == A:
        letters = bounds.changed
    last = len(letters) - 1
    return tuple(
        bytes([letter]) * (FULL_BYTES if bounds.full and i < last else 1)
        for i, letter in enumerate(letters)
    )


def far(bounds: Bounds) -> int:
    """How many bytes the far place in a song takes: more than its first two messages."""
    return 2 * FULL_BYTES + 1 if bounds.full else 3


def short(audio: bytes) -> str:
    """Audio of the model, one letter for each message."""
    return "".join(chr(c) for c in (audio[::FULL_BYTES] if len(audio) > 16 else audio)) or "nothing"
