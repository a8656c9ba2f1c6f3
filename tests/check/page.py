"""The lists of cases in docs/checking.md, made from the rows. To write them:

python -m tests.check.page
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from check.client import cases as client
from check.sections import heading
from check.server import cases as server

PAGE = Path(__file__).parents[2] / "docs" / "checking.md"
BEGIN, END = "<!-- cases for {}, made from the rows -->", "<!-- end of the cases for {} -->"
SIDES = {"servers": (server.CASES, "###"), "clients": (client.CASES, "####")}
"""The cases, and what stands before the headings of their sections."""


def listed(cases, level: str) -> str:
    """The cases as tables, one for each section."""
    parts = []
    for section, group in groupby(cases, key=lambda case: case.section):
        parts.append(f"{level} {heading(section)}\n")
        parts.append("| | | case | sends | expects | needs |\n|---|---|---|---|---|---|")
        parts += [_row(case) for case in group]
        parts.append("")
    return "\n".join(parts)


def _row(case) -> str:
    expects = _code(case.expects) + (f" or {_code(case.allows)}" if case.allows else "")
    cells = (case.number, case.requires.value, case.title, _code(case.sends), expects, case.needs)
    return "| " + " | ".join(cells) + " |"


def _code(text: str) -> str:
    return "`` " + text.replace("|", "\\|") + " ``"


def rewritten(page: str) -> str:
    """The page with its lists made anew."""
    for side, (cases, level) in SIDES.items():
        begin, end = BEGIN.format(side), END.format(side)
        text = f"{begin}\n\n{listed(cases, level)}\n{end}"
        pattern = re.escape(begin) + ".*" + re.escape(end)
        page = re.sub(pattern, lambda _, text=text: text, page, flags=re.DOTALL)
    return page


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text()))
