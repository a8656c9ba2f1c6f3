"""Draws what was on a terminal's screen, frame after frame, as one SVG that plays by itself.

It knows nothing of the program that was recorded. The picture loads nothing from anywhere.
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
    """Neighbouring characters that look the same. columns: of the terminal, wide ones are two."""

    column: int
    columns: int
    text: str
    colour: str = "default"
    bold: bool = False
    reverse: bool = False


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One look at the screen. seconds: how long it stands."""

    lines: tuple[Line, ...]
    seconds: float


def animate(frames: list[Frame], columns: int, rows: int, title: str) -> str:
    """The picture. The same line on many frames is written once."""
    width = columns * CELL_X + 2 * MARGIN
    height = rows * CELL_Y + MARGIN + TITLE_BAR
    known: dict[Line, str] = {}
    strips = []
    for number, frame in enumerate(frames):
        uses = [
            f'<use href="#{known.setdefault(line, f"l{len(known)}")}" y="{row * CELL_Y:g}"/>'
            for row, line in enumerate(frame.lines)
            if line
        ]
        top = number * rows * CELL_Y
        strips.append(f'<g transform="translate(0 {top:g})">{"".join(uses)}</g>')
    definitions = "\n".join(
        f'<g id="{name}">{"".join(map(_run, line))}</g>' for line, name in known.items()
    )
    dots = "".join(
        f'<circle cx="{MARGIN + 6 + 20 * i:g}" cy="17" r="6" fill="{colour}"/>'
        for i, colour in enumerate(("#f47067", "#e6c07b", "#8ddb8c"))
    )
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img"
  xml:space="preserve">
<title>{escape(title)}</title>
<style>
text {{ font: {FONT_SIZE}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  fill: {FOREGROUND}; white-space: pre; }}
.b {{ font-weight: bold; }}
{_keyframes(frames, rows)}
</style>
<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>
{dots}<text x="{width / 2:g}" y="22" text-anchor="middle" fill-opacity=".6">{escape(title)}</text>
<defs>
{definitions}
</defs>
<svg x="{MARGIN:g}" y="{TITLE_BAR:g}" width="{columns * CELL_X:g}" height="{rows * CELL_Y:g}">
<g class="film">
{chr(10).join(strips)}
</g>
</svg>
</svg>
"""


def _keyframes(frames: list[Frame], rows: int) -> str:
    """Move the film up by a frame at each one's time. Who wants no motion sees the last."""
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
    # The length is said because every browser takes another font; columns stay columns.
    return (
        f'{box}<text x="{x:g}" y="{CELL_Y * 0.74:g}" textLength="{length:g}" '
        f'lengthAdjust="spacingAndGlyphs"{bold}{fill}>{escape(run.text)}</text>'
    )
