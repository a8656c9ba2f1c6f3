"""An exchange as a ladder: what each side did at the sides, what went between in the middle.

It knows neither where the exchange comes from nor what its words mean: `verify` and `traces` make
the rungs. It writes them as text, or as an SVG.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape
from itertools import chain

LEFT, MIDDLE, RIGHT = 38, 30, 30
"""Columns of the text: the client, the arrows, the server; with what stands between them 100."""


class Arrow(Enum):
    """What the middle of a rung shows."""

    NONE = "nothing, or words"
    TO_RIGHT = "a message of the client"
    TO_LEFT = "a message of the server"


@dataclass(frozen=True, slots=True)
class Rung:
    """One line of a ladder. wrong: it is what a reader is to look at."""

    left: str = ""
    middle: str = ""
    right: str = ""
    arrow: Arrow = Arrow.NONE
    wrong: bool = False

    @property
    def empty(self) -> bool:
        """Nothing is on it."""
        return not (self.left or self.middle or self.right)


# Text


def text_lines(rungs: Iterable[Rung]) -> list[str]:
    """Return the ladder as lines of at most 100 columns, under the names of the sides."""
    head = Rung("client", "", "server")
    rule = Rung("-" * LEFT, "-" * MIDDLE, "-" * RIGHT)
    return [_line(rung) for rung in chain((head, rule), rungs)]


def _line(rung: Rung) -> str:
    cells = (cut(rung.left, LEFT), _middle(rung), cut(rung.right, RIGHT))
    return f"{cells[0]:<{LEFT}}|{cells[1]:<{MIDDLE}}|{cells[2]}".rstrip()


def _middle(rung: Rung) -> str:
    if rung.arrow is Arrow.NONE:
        return cut(rung.middle, MIDDLE)
    text = f" {cut(rung.middle, MIDDLE - 5)} "
    if rung.arrow is Arrow.TO_RIGHT:
        return f"-{text:-<{MIDDLE - 2}}>"
    return f"<{text:-<{MIDDLE - 2}}-"


def cut(text: str, width: int) -> str:
    """Return the text in at most so many characters."""
    return text if len(text) <= width else text[: width - 3] + "..."


# SVG

WIDTH, ROW, HEAD, FOOT = 840, 18, 46, 16
CLIENT_X, SERVER_X = 322, 562
GAP = 10
SIDE_CHARS, MIDDLE_CHARS = 44, 33
_STYLE = """\
text{font:12px "DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#1f2937}
.head{font-weight:bold;font-size:14px}.state{font-weight:bold;fill:#0f766e}.wrong{fill:#b91c1c}
line{stroke:#6b7280;stroke-width:1}.life{stroke:#cbd5e1;stroke-width:2}line.wrong{stroke:#b91c1c}
rect{fill:#ffffff}path{fill:#6b7280}path.wrong{fill:#b91c1c}
@media(prefers-color-scheme:dark){rect{fill:#111827}text{fill:#e5e7eb}.state{fill:#5eead4}
line,path{stroke:#9ca3af}path{fill:#9ca3af}.life{stroke:#374151}.wrong,path.wrong{fill:#fca5a5}
line.wrong{stroke:#fca5a5}}"""


def svg(rungs: Sequence[Rung], title: str, notes: Sequence[str] = ()) -> str:
    """Return the ladder as an SVG that fits the width of a page.

    title: what it shows. notes: lines below it. All text is escaped, and what XML cannot hold is a
    question mark; fonts are named and not embedded; colours follow the reader's dark mode.
    """
    bottom = HEAD + len(rungs) * ROW
    height = bottom + FOOT + len(notes) * ROW
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-label="{_safe(title)}">',
        f"<title>{_safe(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}"/>',
        _text(CLIENT_X - GAP, 24, "client", "end", "head"),
        _text(SERVER_X + GAP, 24, "server", "start", "head"),
        f'<line class="life" x1="{CLIENT_X}" x2="{CLIENT_X}" y1="32" y2="{bottom}"/>',
        f'<line class="life" x1="{SERVER_X}" x2="{SERVER_X}" y1="32" y2="{bottom}"/>',
    ]
    for number, rung in enumerate(rungs):
        body += _drawn(rung, HEAD + number * ROW)
    for number, note in enumerate(notes):
        body.append(_text(GAP, bottom + (number + 1) * ROW, cut(note, 112), "start", "wrong"))
    return "\n".join([*body, "</svg>", ""])


def _drawn(rung: Rung, y: int) -> list[str]:
    wrong = "wrong" if rung.wrong else ""
    found = [
        _text(CLIENT_X - GAP, y + 13, cut(rung.left, SIDE_CHARS), "end", _look(rung.left, wrong)),
        _text(SERVER_X + GAP, y + 13, cut(rung.right, 36), "start", _look(rung.right, wrong)),
    ]
    if rung.middle:
        middle = (CLIENT_X + SERVER_X) // 2
        found.append(_text(middle, y + 11, cut(rung.middle, MIDDLE_CHARS), "middle", wrong))
    if rung.arrow is not Arrow.NONE:
        found += _arrow(rung.arrow is Arrow.TO_RIGHT, y + 15, wrong)
    return [part for part in found if part]


def _look(text: str, wrong: str) -> str:
    return wrong or ("state" if "->" in text else "")


def _arrow(to_right: bool, y: int, wrong: str) -> list[str]:
    tip, back = (SERVER_X - 2, -7) if to_right else (CLIENT_X + 2, 7)
    return [
        f'<line class="{wrong}" x1="{CLIENT_X + 2}" x2="{SERVER_X - 2}" y1="{y}" y2="{y}"/>',
        f'<path class="{wrong}" d="M{tip} {y}l{back} -3v6z"/>',
    ]


def _text(x: int, y: int, text: str, anchor: str, look: str = "") -> str:
    if not text:
        return ""
    kind = f' class="{look}"' if look else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{kind}>{_safe(text)}</text>'


def _safe(text: str) -> str:
    return escape("".join(c if c.isprintable() else "?" for c in text))
