"""Folds texts for comparison, without regard to case and accents."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from cli.words.safe_text import safe

_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe"})


def fold(text: str) -> str:
    """Return the text as it is compared: without case and accents."""
    if text.isascii() and text.isprintable():
        return text.lower().strip()
    return _fold_unicode(text)


@lru_cache(maxsize=4096)
def _fold_unicode(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", safe(text).casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return bare.translate(_UNDECOMPOSED)
