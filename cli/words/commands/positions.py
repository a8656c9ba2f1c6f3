"""Reads positions in the queue as they are typed: `3`, `2-4`, `1 3-5`; the first is 1."""

from __future__ import annotations

import re

from cli.browsing.song_ids import are_ids
from cli.words.commands.table import CommandError

_MOVE = re.compile(r"([0-9]{1,10})(?: +to)?[ ,]+([0-9]{1,10})")


def check_positions(text: str) -> None:
    """Raise CommandError unless numbers and ranges of them are typed."""
    if not are_ids(text):
        raise CommandError(
            "remove takes numbers of the queue, as in: remove 3, remove 2-4 6 (queue shows them)"
        )


def positions(text: str, last: int) -> tuple[int, ...]:
    """Return the positions that are typed. last: the last that the queue has.

    Of a range that goes on behind it there is but the first that is missing.
    """
    found: list[int] = []
    for part in text.replace(",", " ").split():
        first, _, second = part.partition("-")
        low, high = sorted((int(first), int(second or first)))
        found += range(low, max(low, min(high, last + 1)) + 1)
    return tuple(found)


def move(text: str) -> tuple[int, int]:
    """Return which position is to be moved to which: `3 1`, `3 to 1`. Raises CommandError."""
    if typed := _MOVE.fullmatch(text):
        return int(typed[1]), int(typed[2])
    raise CommandError("move takes two numbers, as in: move 3 1 (queue shows them)")
