"""Finds the songs whose titles are nearest to what is typed, without regard to case and accents."""

from __future__ import annotations

from collections.abc import Sequence

from cli.browsing.folding import fold
from fsm.client.events import ListedSong

NEAR_SCORE = 65.0
"""Of 100: a title that is less like the text than this is not offered."""
SHOWN_MATCHES = 3


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


_NOT_FOUND = 3


def _rank(title: str, folded: str) -> int:
    if title.startswith(folded):
        return 0
    if f" {folded}" in title:
        return 1
    return 2 if all(word in title for word in folded.split()) else _NOT_FOUND


def _similarity(one: str, other: str, **options: float | None) -> float:
    """Return how like a title a text is, 0 to 100; a part of the title counts almost as much."""
    from rapidfuzz import fuzz

    return max(fuzz.ratio(one, other), 0.95 * fuzz.partial_ratio(one, other))
