"""`width` and `clip` of wcwidth; where it is older than 0.3, as in Debian 12 and 13, the like.

It knows nothing of safe text: what a terminal shows of control characters is not asked here.
"""

from __future__ import annotations

from wcwidth import wcswidth, wcwidth


def old_width(text: str) -> int:
    """Return how many columns a text takes; characters that nobody knows take none."""
    together = wcswidth(text)
    return together if together >= 0 else sum(map(_width, text))


def old_clip(text: str, start: int, end: int) -> str:
    """Return what stands in the columns from start to end; characters at an edge are left out.

    Characters are counted one by one, so that of emoji that are joined there may be fewer than fit.
    """
    kept, column = "", 0
    for character in text:
        columns = _width(character)
        if column >= start and column + columns <= end and (columns or kept):
            kept += character
        column += columns
    return kept


def _width(character: str) -> int:
    return max(0, wcwidth(character))


try:
    from wcwidth import clip, width
except ImportError:
    clip, width = old_clip, old_width  # type: ignore[assignment]  # as before 0.3

__all__ = ["clip", "width"]
