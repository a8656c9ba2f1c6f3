"""How large the campaigns are, which chance they have, and the table of what they did.

ALFINE_ATTACK: `whole`, or a part of it from 0 to 1; without it they have the size that the suite
bears. ALFINE_ATTACK_SEED: a number; it repeats a campaign. `./dev attack` runs them whole.
"""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field

import pytest

_SIZE, _SEED = os.environ.get("ALFINE_ATTACK", ""), os.environ.get("ALFINE_ATTACK_SEED", "")
PART = {"": 0.0, "whole": 1.0}.get(_SIZE) if _SIZE in ("", "whole") else float(_SIZE)
"""How much of a whole campaign is run; 0 is the size that the suite bears."""
# What the suite runs is always the same; a whole campaign is another one each time.
SEED = int(_SEED) if _SEED else int(time.time()) if PART else 1
FIGURES = "figures"


@dataclass
class Campaign:
    """Says how much is to be done and by which chance, and takes down what was done."""

    figures: list[tuple[str, object]] = field(default_factory=list)
    seed = SEED

    def size(self, suite: int, whole: int) -> int:
        """Return how many: `suite` of them in the suite, `whole` of them in `./dev attack`."""
        return max(suite, round(PART * whole))

    def random(self, *case: object) -> random.Random:
        """Return the chance of one case, the same one in each run with this seed."""
        return random.Random(f"{SEED} {case}")

    def did(self, what: str, figure: object) -> None:
        """Take down what was done, or measured, for the table."""
        text = f"{figure:,}" if isinstance(figure, int) else str(figure)
        self.figures.append((FIGURES, (what, text)))


@pytest.fixture
def campaign(request: pytest.FixtureRequest) -> Campaign:
    # Shown only if the test fails.
    size = f"ALFINE_ATTACK={_SIZE} " if _SIZE else ""
    print(f"{size}ALFINE_ATTACK_SEED={SEED} repeats it")
    return Campaign(request.node.user_properties)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was done, unless it was the little that the suite bears."""
    rows = [
        (test_name(report.nodeid), *value)
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        if report.when == "call"
        for name, value in report.user_properties
        if name == FIGURES
    ]
    if not (PART and rows):
        return
    terminalreporter.section(f"attack, seed {SEED}, part {PART:g}")
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for campaign_name, what, figure in rows:
        cells = (campaign_name.ljust(widths[0]), what.ljust(widths[1]), figure.rjust(widths[2]))
        terminalreporter.write_line("| " + " | ".join(cells) + " |")


def test_name(nodeid: str) -> str:
    """Return the campaign of a test: `cuts` for tests/attack/test_cuts.py::…"""
    return nodeid.partition("::")[0].rpartition("test_")[2].removesuffix(".py")
