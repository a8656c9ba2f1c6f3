"""A machine that was learned, drawn like those of the tables: what differs from them is red.

It knows how that looks, and nothing of how a machine is learned.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from diagrams import look

DIFFERENT = "#b91c1c"
RED_BOX = "#fef2f2"
NAME = "learned"


class LearnedStep(NamedTuple):
    """What a letter does in a state. expected: the table's answer, if that is something else."""

    state: str
    letter: str
    answer: str
    after: str
    expected: str | None = None


def learned_dot(peer: str, steps: Sequence[LearnedStep]) -> str:
    """Return the DOT text; the first step's state is the one in which the machine begins.

    peer: who was learned.
    """
    states = list(dict.fromkeys(step.state for step in steps))
    arrows: dict[tuple[str, str], list[LearnedStep]] = defaultdict(list)
    for step in steps:
        if step.after != step.state:
            arrows[step.state, step.after].append(step)
    body = [
        f'    "" [shape="circle" style="filled" fillcolor="{look.INK}" width="0.13" label=""]',
        *(_state(state, steps, state == states[0]) for state in states),
        look.edge("", states[0], []),
        *(_arrow(tail, head, some) for (tail, head), some in arrows.items()),
    ]
    return look.graph(NAME, _caption(peer, steps), body, rankdir="TB", nodesep="0.3", ranksep="0.5")


def _caption(peer: str, steps: Iterable[LearnedStep]) -> str:
    count = sum(step.expected is not None for step in steps)
    said = f"{count} answers are not the table's: red" if count else "all answers are the table's"
    return " ".join(
        [
            look.font(f"{peer}, learned:", look.INK),
            look.font("letter", look.EVENT),
            look.font("/ answer", look.EFFECT),
            look.font(f"· {said}", look.QUIET, 9),
        ]
    )


def _state(state: str, steps: Sequence[LearnedStep], first: bool) -> str:
    here = [step for step in steps if step.state == state]
    stays = [step for step in here if step.after == state]
    lines = [look.bold(line) for line in textwrap.wrap(state, look.BOX_CHARS)]
    # Where nothing is answered differently, a state that has no way out says the same of all.
    alike = {(step.answer, step.expected) for step in stays}
    if len(stays) == len(here) > 1 and len(alike) == 1:
        stays = [stays[0]._replace(letter="anything")]
    for step in stays:
        lines += [look.RULER, *_lines(step, look.BOX_CHARS)]
    wrong = any(step.expected is not None for step in here)
    fill = RED_BOX if wrong else look.FIRST if first else look.BOX
    return look.node(state, lines, fill, **({"color": DIFFERENT} if wrong else {}))


def _arrow(tail: str, head: str, steps: Sequence[LearnedStep]) -> str:
    lines = [line for step in steps for line in _lines(step, look.EDGE_CHARS)]
    wrong = any(step.expected is not None for step in steps)
    return look.edge(tail, head, lines, **({"color": DIFFERENT} if wrong else {}))


def _lines(step: LearnedStep, chars: int) -> list[str]:
    if step.expected is None:
        return look.transition([step.letter], "", step.answer, chars)
    texts = [*textwrap.wrap(f"{step.letter} / {step.answer}", chars)]
    texts += textwrap.wrap(f"the table: {step.expected}", chars)
    return [look.font(text, DIFFERENT) for text in texts]
