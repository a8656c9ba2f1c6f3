"""Makes text that somebody else wrote safe to print: a title must never steer the terminal."""

from __future__ import annotations

import unicodedata

from wcwidth import clip, width

_JOINERS = "\u200c\u200d"
"""Zero-width (non-)joiners: invisible, and needed to spell in several scripts and for emoji."""


def safe(text: str) -> str:
    """The text in one line, without escape codes, controls or marks that turn its direction."""
    return "".join(map(_safe_character, text)).strip()


def _safe_character(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    # Not printable are also all controls (C0, C1), bidi marks, surrogates and private use.
    return " " if character.isspace() or unicodedata.category(character) == "Zs" else ""


def columns_of(text: str) -> int:
    """How many columns a terminal needs for it: wide characters two, combining marks none."""
    return int(width(text))


def cut(text: str, columns: int, ellipsis: str = "…") -> str:
    """The text, at most that many columns wide; what was cut off ends in an ellipsis."""
    if columns_of(text) <= columns:
        return text
    if columns <= columns_of(ellipsis):
        return ellipsis[: max(0, columns)]
    return str(clip(text, 0, columns - columns_of(ellipsis))).rstrip() + ellipsis


def shown(text: str) -> str:
    """What somebody typed, short and safe to print back."""
    return cut("".join(c if c.isprintable() else "?" for c in text), 40)
