"""Draws the frames of a terminal's screen as one animated SVG.

It does not know the program that was recorded. The SVG loads no other file.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

CELL_X, CELL_Y = 8.4, 19.0
FONT_SIZE = 14
MARGIN = 16.0
TITLE_BAR = 34.0
BACKGROUND, FOREGROUND = "#16181d", "#d7dae0"
COLOURS = {
    "black": "#16181d",
    "red": "#f47067",
    "green": "#8ddb8c",
    "brown": "#e6c07b",
    "yellow": "#e6c07b",
    "blue": "#6cb6ff",
    "magenta": "#dcbdfb",
    "cyan": "#7bd5d5",
    "white": "#d7dae0",
    "brightblack": "#707885",
}


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring characters of one style. columns: a wide character has two."""

    column: int
    columns: int
    text: str
    colour: str = "default"
    bold: bool = False
    reverse: bool = False


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The screen at one moment. seconds: how long it is shown."""

    lines: tuple[Line, ...]
    seconds: float


def animate(frames: list[Frame], columns: int, rows: int, title: str) -> str:
    """Return the SVG. A line that occurs in several frames is defined once."""
    width = columns * CELL_X + 2 * MARGIN
    height = rows * CELL_Y + MARGIN + TITLE_BAR
    definitions, groups = _lines_and_groups(frames, rows)
    name, buttons = escape(title), _buttons()
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img"
  xml:space="preserve">
<title>{name}</title>
<style>
text {{ font: {FONT_SIZE}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  fill: {FOREGROUND}; white-space: pre; }}
.b {{ font-weight: bold; }}
{_keyframes(frames, rows)}
</style>
<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>
{buttons}<text x="{width / 2:g}" y="22" text-anchor="middle" fill-opacity=".6">{name}</text>
<defs>
{definitions}
</defs>
<svg x="{MARGIN:g}" y="{TITLE_BAR:g}" width="{columns * CELL_X:g}" height="{rows * CELL_Y:g}">
<g class="film">
{groups}
</g>
</svg>
</svg>
"""


def _lines_and_groups(frames: list[Frame], rows: int) -> tuple[str, str]:
    """The definitions of all different lines, and for each frame a group that uses them."""
    names: dict[Line, str] = {}
    groups = []
    for number, frame in enumerate(frames):
        uses = [
            f'<use href="#{names.setdefault(line, f"l{len(names)}")}" y="{row * CELL_Y:g}"/>'
            for row, line in enumerate(frame.lines)
            if line
        ]
        top = number * rows * CELL_Y
        groups.append(f'<g transform="translate(0 {top:g})">{"".join(uses)}</g>')
    definitions = (f'<g id="{name}">{"".join(map(_run, line))}</g>' for line, name in names.items())
    return "\n".join(definitions), "\n".join(groups)


def _buttons() -> str:
    """The three buttons in the title bar."""
    return "".join(
        f'<circle cx="{MARGIN + 6 + 20 * i:g}" cy="17" r="6" fill="{colour}"/>'
        for i, colour in enumerate(("#f47067", "#e6c07b", "#8ddb8c"))
    )


def _keyframes(frames: list[Frame], rows: int) -> str:
    """CSS that moves the column of frames up, one frame at a time.

    With reduced motion the last frame is shown.
    """
    total_s = sum(frame.seconds for frame in frames)
    steps, at_s = [], 0.0
    for number, frame in enumerate(frames):
        top = -number * rows * CELL_Y
        steps.append(f"{100 * at_s / total_s:.3f}% {{ transform: translateY({top:g}px); }}")
        at_s += frame.seconds
    last = -(len(frames) - 1) * rows * CELL_Y
    return (
        f".film {{ animation: film {total_s:.2f}s step-end infinite; }}\n"
        f"@keyframes film {{ {' '.join(steps)} }}\n"
        "@media (prefers-reduced-motion: reduce) "
        f"{{ .film {{ animation: none; transform: translateY({last:g}px); }} }}"
    )


def _run(run: Run) -> str:
    colour = COLOURS.get(run.colour, FOREGROUND)
    x, length = run.column * CELL_X, run.columns * CELL_X
    box = ""
    if run.reverse:
        box = f'<rect x="{x:g}" width="{length:g}" height="{CELL_Y:g}" fill="{colour}"/>'
        colour = BACKGROUND
    if not run.text.strip():
        return box
    bold = ' class="b"' if run.bold else ""
    fill = "" if colour == FOREGROUND else f' style="fill:{colour}"'
    # textLength keeps the columns aligned, whichever font the browser uses.
    return (
        f'{box}<text x="{x:g}" y="{CELL_Y * 0.74:g}" textLength="{length:g}" '
        f'lengthAdjust="spacingAndGlyphs"{bold}{fill}>{escape(run.text)}</text>'
    )
