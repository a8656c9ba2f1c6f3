"""The list of cases in docs/checking.md, made from the rows. To write it:

python -m tests.check.page
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from check.sections import heading
from check.server.cases import CASES

PAGE = Path(__file__).parents[2] / "docs" / "checking.md"
BEGIN, END = (
    "<!-- cases for servers, made from the rows -->",
    "<!-- end of the cases for servers -->",
)


def listed(cases) -> str:
    """The cases as tables, one for each section."""
    parts = []
    for section, group in groupby(cases, key=lambda case: case.section):
        parts.append(f"### {heading(section)}\n")
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
    """The page with its list made anew."""
    text = f"{BEGIN}\n\n{listed(CASES)}\n{END}"
    pattern = re.escape(BEGIN) + ".*" + re.escape(END)
    return re.sub(pattern, lambda _: text, page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text()))
