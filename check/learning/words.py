"""What was learned, for a person: plain ASCII lines of at most 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from check.learning.learn import Learned
from check.learning.machine import START, Difference

COLUMNS = 80


def lines(learned: Learned) -> Iterator[str]:
    """Yield the lines: how much was learned, what was not asked, and each difference."""
    states, letters = len(learned.machine.states), len(learned.machine.letters)
    yield from _wrapped(
        f"{_count(states, 'state')}, {_count(letters, 'letter')}, learned on "
        f"{_count(learned.connections, 'connection')}"
    )
    for reason in learned.left_out:
        yield from _wrapped(f"not learned: {reason}")
    yield ""
    if not learned.different:
        yield "It does what the table does."
        return
    yield f"{_count(len(learned.different), 'difference')} from the table:"
    for difference in learned.different:
        yield ""
        yield from _difference(difference)


def _difference(difference: Difference) -> Iterator[str]:
    where = "" if difference.state == START else f", {difference.state}"
    yield from _wrapped(f"{difference.letter}{where}", "  ")
    yield from _wrapped(f"it answers:  {difference.answer}", "      ")
    yield from _wrapped(f"the table:   {difference.expected}", "      ")


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, COLUMNS, initial_indent=indent, subsequent_indent=f"{indent}    ")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
