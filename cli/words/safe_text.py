"""Makes text that somebody else wrote safe to print, so that no title can steer the terminal."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"
"""The zero-width non-joiner and joiner: several scripts and emoji are spelled with them."""
MIDDLE_COLUMNS = 18
"""In fewer columns two ends of a text say less than its beginning."""


def safe(text: str) -> str:
    """Return the text in one line, without control characters and marks of writing direction."""
    if text.isprintable():
        return text.strip()
    return "".join(map(_safe_character, text)).strip()


def _safe_character(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    # `isprintable` is False for controls (C0, C1), bidi marks, surrogates and private use.
    return " " if character.isspace() or unicodedata.category(character) == "Zs" else ""


def in_place(text: str) -> str:
    """Return the text with a question mark for each character that is not safe to print."""
    return "".join(c if c.isprintable() or c in _JOINERS else "?" for c in text)


def columns_of(text: str) -> int:
    """Return the width in a terminal: wide characters take two columns, combining marks none."""
    if text.isascii() and text.isprintable():
        return len(text)
    # Its tables take longer to load than a short list to print.
    from cli.words.any_wcwidth import width

    return int(width(text))


def cut(text: str, columns: int, ellipsis: str = "…") -> str:
    """Cut the text to at most that many columns; a text that was cut ends in the ellipsis."""
    if columns_of(text) <= columns:
        return text
    if columns <= columns_of(ellipsis):
        return ellipsis[: max(0, columns)]
    from cli.words.any_wcwidth import clip

    return str(clip(text, 0, columns - columns_of(ellipsis))).rstrip() + ellipsis


def middle_cut(text: str, columns: int, ellipsis: str = "…") -> str:
    """Cut a safe text in its middle to at most that many columns, so that a word begins its end.

    The name of a movement stands at the end of a title, that of the work at its beginning.
    """
    if columns_of(text) <= columns or columns < MIDDLE_COLUMNS:
        return cut(text, columns, ellipsis)
    end = safe_end(text, columns * 3 // 5)
    if not text.removesuffix(end).endswith(" "):
        # Half of a word misleads: of III. Scherzo there would be I. Scherzo.
        end = end.partition(" ")[2] or safe_end(text, columns // 2)
    return cut(text, columns - columns_of(end), ellipsis) + end


def safe_end(text: str, columns: int) -> str:
    """Return as much of the end of a safe text as fits into that many columns."""
    whole = columns_of(text)
    if whole <= columns:
        return text
    from cli.words.any_wcwidth import clip

    return str(clip(text, whole - columns, whole)).strip()


def shown(text: str) -> str:
    """Return what somebody typed, cut to 40 columns and safe to print in a message."""
    return cut(in_place(text), 40)
