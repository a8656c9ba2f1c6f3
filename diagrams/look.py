"""Colours, fonts and the small pieces of DOT's HTML that all drawings share.

The DOT text is written here and not by a library, so that it is the same on every machine.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from functools import partial
from html import escape

INK, QUIET, RULE = "#1f2937", "#6b7280", "#cbd5e1"
EVENT, GUARD, EFFECT = "#1e3a8a", "#b45309", "#0f766e"
BOX, FIRST, LAST, SHARED = "#f8fafc", "#ecfdf5", "#f1f5f9", "#fffbeb"

# Verdana has the same widths as DejaVu Sans: a browser that lacks one has the other, and the text
# still fits its box.
FONT = "DejaVu Sans,Verdana,Arial,sans-serif"
BOX_CHARS, EDGE_CHARS, WIDE_CHARS = 28, 24, 60
"""Where lines are broken in a box and beside an arrow: a narrow drawing is legible on a page."""

INDENT = "&#160;" * 3
RULER = "<HR/>"


def font(text: str, colour: str, size: int = 10) -> str:
    """Return escaped text in one colour."""
    return f'<FONT COLOR="{colour}" POINT-SIZE="{size}">{escape(text, quote=False)}</FONT>'


def bold(text: str, colour: str = INK, size: int = 12) -> str:
    """Return a heading."""
    return f"<B>{font(text, colour, size)}</B>"


def wrapped(text: str, chars: int, colour: str = QUIET, size: int = 9) -> list[str]:
    """Return text in lines of at most `chars`, without backticks: a drawing has no code."""
    return [font(line, colour, size) for line in textwrap.wrap(text.replace("`", ""), chars)]


def transition(events: Sequence[str], guard: str, effects: str, chars: int) -> list[str]:
    """Return one transition, `Event [guard] / effects`, in as many lines as it needs.

    A name that is longer than a line stays whole.
    """
    wrap = partial(textwrap.wrap, break_long_words=False)
    texts = wrap(", ".join(events), chars)
    lines = [font(text, EVENT) for text in texts]
    used = len(texts[-1])
    for text, colour in ((guard and f"[{guard}]", GUARD), (effects and f"/ {effects}", EFFECT)):
        if text and used + 1 + len(text) <= chars:
            lines[-1] += " " + font(text, colour)
            used += 1 + len(text)
        elif text:
            pieces = wrap(text, chars - 3, subsequent_indent=" ")
            lines += [INDENT + font(piece, colour) for piece in pieces]
            used = 3 + len(pieces[-1])
    return lines


def stack(lines: Iterable[str], margin: int = 0) -> str:
    """Return lines below each other, flush left; RULER among them is a rule across.

    A cell for each line: lines within one cell stand so close that underscores touch the next.
    """
    rows = []
    for line in lines:
        space = '<TR><TD HEIGHT="3"></TD></TR>'
        text = f'<TR><TD ALIGN="LEFT">{"&#160;" * margin}{line}{"&#160;" * margin}</TD></TR>'
        rows.append(f"{space}{RULER}{space}" if line is RULER else text)
    return (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1" COLOR="{RULE}">'
        f"{''.join(rows)}</TABLE>"
    )


def node(name: str, lines: Iterable[str], fill: str, **more: str) -> str:
    """Return one line of DOT: a box."""
    attributes = "".join(f' {key}="{value}"' for key, value in more.items())
    return f'    "{name}" [label=<{stack(lines)}> fillcolor="{fill}"{attributes}]'


def edge(tail: str, head: str, lines: Sequence[str], **more: str) -> str:
    """Return one line of DOT: an arrow, without a label if there are no lines."""
    label = f"label=<{stack(lines, margin=2)}>" if lines else ""
    attributes = " ".join([label, *(f'{key}="{value}"' for key, value in more.items())])
    return f'    "{tail}" -> "{head}" [{attributes.strip()}]'


def graph(name: str, caption: str, body: Iterable[str], **more: str) -> str:
    """Return a whole drawing. caption: HTML below it. more: attributes of the graph."""
    settings = "".join(f' {key}="{value}"' for key, value in more.items())
    return "\n".join(
        [
            f'digraph "{name}" {{',
            f'    graph [bgcolor="white" fontname="{FONT}" labelloc="b" pad="0.2"{settings}',
            f"        label=<<BR/>{caption}>]",
            f'    node [shape="box" style="rounded,filled" color="{QUIET}" fontname="{FONT}"'
            ' fontsize="10" margin="0.08,0.07"]',
            f'    edge [color="{QUIET}" fontname="{FONT}" fontsize="10" arrowsize="0.7"]',
            *body,
            "}",
            "",
        ]
    )
