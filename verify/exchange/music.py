"""The songs of the explored servers: their IDs, their titles and their bytes."""

from __future__ import annotations

from fsm.client.events import ListedSong
from verify.bounds import Bounds

FULL_BYTES = 4096
A, B = "A", "B"

NUMBERINGS: tuple[dict[int, str], ...] = ({1: A, 2: B}, {1: B, 2: A}, {1: B}, {})
"""The libraries, each from ID to title: at first, renumbered, without song A, without any song."""
FIRST, RENUMBERED, GONE, EMPTY = range(4)


def entries(library: int) -> tuple[ListedSong, ...]:
    """Return the list of a library."""
    return tuple(ListedSong(song_id, title) for song_id, title in NUMBERINGS[library].items())


def is_there(library: int, song_id: int, titles: tuple[str, ...]) -> bool:
    """Tell whether the library has each song that the person may mean.

    titles: of those songs; () for the song of that ID, which was on no list.
    """
    numbering = NUMBERINGS[library]
    return set(titles) <= set(numbering.values()) if titles else song_id in numbering


def chunks(bounds: Bounds, title: str, changed: bool, library: int) -> tuple[bytes, ...]:
    """Return the audio messages of a song.

    changed: song A has another file now. A server that has restarted with another library cuts a
    song at other places: its first two messages are one.
    """
    letters = {A: b"abc"[: bounds.chunks[0]], B: b"xyz"[: bounds.chunks[1]]}[title]
    if changed and title == A:
        letters = bounds.changed
    last = len(letters) - 1
    cut = tuple(
        bytes([letter]) * (FULL_BYTES if bounds.full and i < last else 1)
        for i, letter in enumerate(letters)
    )
    return (b"".join(cut[:2]), *cut[2:]) if library != FIRST and cut else cut


def chunks_from(chunks: tuple[bytes, ...], offset: int) -> tuple[bytes, ...]:
    """Return the audio messages of a song from this byte of it on."""
    left = []
    for chunk in chunks:
        if rest := chunk[offset:]:
            left.append(rest)
        offset = max(0, offset - len(chunk))
    return tuple(left)


def far(bounds: Bounds) -> int:
    """Return how many bytes the far place in a song needs: more than its first two messages."""
    return 2 * FULL_BYTES + 1 if bounds.full else 3


def place_at(place: int) -> int:
    """Return the byte at which a place begins that needs so many bytes of the song."""
    return max(0, place - 1)


def short(audio: bytes) -> str:
    """Return audio of the model in words, one letter for each message."""
    return "".join(chr(c) for c in (audio[::FULL_BYTES] if len(audio) > 16 else audio)) or "nothing"
