"""Finds songs by what a person remembers of their titles, whatever the case and the accents."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from cli.words.safe_text import safe
from fsm.client.events import ListedSong

NEAR_SCORE = 65.0
"""Of 100: below this two titles have little more than letters in common."""
SHOWN_MATCHES = 3

_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe"})


class NoSuchSong(LookupError):
    """No song, or more than one, is what was meant. The message says which come near."""


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """The text without case and accents: what is compared."""
    decomposed = unicodedata.normalize("NFKD", safe(text).casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return bare.translate(_UNDECOMPOSED)


def find(songs: Iterable[ListedSong], text: str) -> tuple[ListedSong, ...]:
    """The songs in whose titles all of the words are; a number is also an ID."""
    words = fold(text).split()
    return tuple(s for s in songs if all(w in fold(s.title) or w == str(s.song_id) for w in words))


def resolve(songs: Sequence[ListedSong], text: str) -> ListedSong:
    """The one song that is meant by a part of its title. Raises NoSuchSong."""
    wanted = fold(text)
    found = [s for s in find(songs, text) if s.song_id is not None]
    for narrowed in (
        [s for s in found if fold(s.title) == wanted],
        [s for s in found if fold(s.title).startswith(wanted)],
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
    """The songs whose titles come nearest to a text that no title has, the best first."""
    # Needed only after a slip of the fingers, and slow to load.
    from rapidfuzz import process

    folded = [fold(s.title) for s in songs]
    found = process.extract(
        fold(text), folded, scorer=_likeness, limit=SHOWN_MATCHES, score_cutoff=NEAR_SCORE
    )
    return [songs[index] for _, _, index in found]


def suggest(songs: Sequence[ListedSong], text: str, limit: int = 50) -> list[ListedSong]:
    """What a person may mean who has typed so much of a title, the best first."""
    wanted = fold(text).strip()
    known = [s for s in songs if s.song_id is not None]
    if not wanted:
        return known[:limit]
    ranked = sorted((_rank(fold(s.title), wanted), i) for i, s in enumerate(known))
    found = [known[i] for rank, i in ranked if rank < _NOT_FOUND]
    return found[:limit] or nearest(known, text)


_NOT_FOUND = 4


def _rank(title: str, wanted: str) -> int:
    if title.startswith(wanted):
        return 0
    if f" {wanted}" in title:
        return 1
    if all(word in title for word in wanted.split()):
        return 2
    return 3 if _is_subsequence(wanted.replace(" ", ""), title) else _NOT_FOUND


def _is_subsequence(letters: str, title: str) -> bool:
    rest = iter(title)
    return all(letter in rest for letter in letters)


def _likeness(one: str, other: str, **options: float | None) -> float:
    """How near a few words come to a title of which they may be a part."""
    from rapidfuzz import fuzz

    return max(fuzz.ratio(one, other), 0.95 * fuzz.partial_ratio(one, other))


def _names(songs: Sequence[ListedSong]) -> str:
    more = len(songs) - SHOWN_MATCHES
    names = ", ".join(f"{s.song_id}. {s.title}" for s in songs[:SHOWN_MATCHES])
    return f"{names} and {more} more" if more > 0 else names
