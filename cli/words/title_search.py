"""Finds songs by words of their titles, without regard to case and accents."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from cli.words.safe_text import safe
from fsm.client.events import ListedSong

NEAR_SCORE = 65.0
"""Of 100: a title that is less like the text than this is not offered."""
SHOWN_MATCHES = 3

_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe"})


class NoSuchSong(LookupError):
    """The text names no song, or more than one. The message names the nearest."""


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Return the text as it is compared: without case and accents."""
    decomposed = unicodedata.normalize("NFKD", safe(text).casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return bare.translate(_UNDECOMPOSED)


def find(songs: Iterable[ListedSong], text: str) -> tuple[ListedSong, ...]:
    """Return the songs whose titles contain all words; a word that is a song's ID also matches."""
    words = fold(text).split()
    return tuple(s for s in songs if all(w in fold(s.title) or w == str(s.song_id) for w in words))


def resolve(songs: Sequence[ListedSong], text: str) -> ListedSong:
    """Return the one song that a part of its title names. Raises NoSuchSong."""
    folded = fold(text)
    found = [s for s in find(songs, text) if s.song_id is not None]
    for narrowed in (
        [s for s in found if fold(s.title) == folded],
        [s for s in found if fold(s.title).startswith(folded)],
        found,
    ):
        if len(narrowed) == 1:
            return narrowed[0]
    if found:
        raise NoSuchSong(f"{len(found)} titles have that: {_names(found)}; say which one by its ID")
    if near := nearest(songs, text):
        raise NoSuchSong(f"no title has that; the nearest: {_names(near)}")
    raise NoSuchSong("no title has that; list shows the songs")


def nearest(songs: Sequence[ListedSong], text: str) -> list[ListedSong]:
    """Return the songs whose titles are most like the text, the best first.

    None where rapidfuzz is missing: Debian 12 does not have it.
    """
    # Imported here, because it loads slowly and only a mistyped title needs it.
    try:
        from rapidfuzz import process
    except ImportError:
        return []

    folded = [fold(s.title) for s in songs]
    found = process.extract(
        fold(text), folded, scorer=_similarity, limit=SHOWN_MATCHES, score_cutoff=NEAR_SCORE
    )
    return [songs[index] for _, _, index in found]


def suggest(songs: Sequence[ListedSong], text: str, limit: int = 50) -> list[ListedSong]:
    """Return the songs that the beginning of an input may mean, the best first."""
    folded = fold(text).strip()
    known = [s for s in songs if s.song_id is not None]
    if not folded:
        return known[:limit]
    ranked = sorted((_rank(fold(s.title), folded), i) for i, s in enumerate(known))
    found = [known[i] for rank, i in ranked if rank < _NOT_FOUND]
    return found[:limit] or nearest(known, text)


_NOT_FOUND = 4


def _rank(title: str, folded: str) -> int:
    if title.startswith(folded):
        return 0
    if f" {folded}" in title:
        return 1
    if all(word in title for word in folded.split()):
        return 2
    return 3 if _is_subsequence(folded.replace(" ", ""), title) else _NOT_FOUND


def _is_subsequence(letters: str, title: str) -> bool:
    rest = iter(title)
    return all(letter in rest for letter in letters)


def _similarity(one: str, other: str, **options: float | None) -> float:
    """Return how like a title a text is, 0 to 100; a part of the title counts almost as much."""
    from rapidfuzz import fuzz

    return max(fuzz.ratio(one, other), 0.95 * fuzz.partial_ratio(one, other))


def _names(songs: Sequence[ListedSong]) -> str:
    more = len(songs) - SHOWN_MATCHES
    names = ", ".join(f"{s.song_id}. {s.title}" for s in songs[:SHOWN_MATCHES])
    return f"{names} and {more} more" if more > 0 else names
