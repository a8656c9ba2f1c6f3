"""Formats the completions as one line, which replaces the status line while Tab cycles."""

from __future__ import annotations

from prompt_toolkit.buffer import CompletionState

from cli.screen.status_line import GAP, Fragments
from cli.words.glyphs import Glyphs
from cli.words.safe_text import columns_of, cut


def completion_line(state: CompletionState, columns: int, glyphs: Glyphs) -> Fragments:
    """Return as many completions as fit into `columns`, the chosen one marked and among them."""
    offers = [completion.display_text for completion in state.completions]
    chosen = state.complete_index
    first = 0
    while chosen is not None and first < chosen and _width(offers[first : chosen + 1]) > columns:
        first += 1
    parts: Fragments = []
    for index in range(first, len(offers)):
        offer = cut(offers[index], columns, glyphs.ellipsis)
        if parts and columns_of(offer) > columns:
            break
        style = "class:completion.chosen" if index == chosen else ""
        parts += [(style, offer), ("", GAP)]
        columns -= columns_of(offer) + len(GAP)
        if columns < len(glyphs.ellipsis) + 1:
            break
    return parts[:-1]


def _width(offers: list[str]) -> int:
    return sum(columns_of(offer) + len(GAP) for offer in offers)
