"""Verdicts as text for a person: plain ASCII lines of at most 80 columns, without escape codes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from check.case import Case, Outcome, Verdict, count
from check.sections import heading

COLUMNS = 80
MARKS = {
    Outcome.PASSED: "ok",
    Outcome.FAILED: "FAIL",
    Outcome.WARNED: "warn",
    Outcome.SKIPPED: "skip",
}
_INDENT = " " * 8
_LABEL = 10
MAX_LINES = 12
"""Of what was sent, and of what came."""


def first(peer: str, facts: Mapping[str, object]) -> str:
    """Return the first lines: who is checked, and what is known of it, or chosen."""
    known = "; ".join(f"{name.replace('_', ' ')}: {_words(fact)}" for name, fact in facts.items())
    return "\n".join(_wrapped(f"{peer}; {known}" if known else peer, "  "))


def _words(fact: object) -> str:
    if isinstance(fact, list | tuple):
        return ", ".join(map(str, fact)) or "none"
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return "none" if fact is None else str(fact)


def lines(verdict: Verdict, previous: Case | None) -> Iterator[str]:
    """Yield the lines of one verdict. previous: the case before it; a new section has a heading."""
    case = verdict.case
    if previous is None or previous.section != case.section:
        yield ""
        yield heading(case.section)
    yield from _wrapped(f"  {MARKS[verdict.outcome]:4}  {case.number:9}{case.title}", " " * 17)
    if verdict.outcome in (Outcome.FAILED, Outcome.WARNED):
        yield from _details(verdict)
    elif verdict.reason:
        yield from _wrapped(f"{_INDENT}{verdict.reason}", _INDENT)


def _details(verdict: Verdict) -> Iterator[str]:
    case = verdict.case
    says = f'{_INDENT}{case.requires.value}, {case.source}: "{case.sentence}"'
    yield from _wrapped(says, _INDENT)
    yield from _labelled("sent", verdict.exchange.sent or ("nothing",))
    yield from _labelled("expected", (case.expects,))
    if case.allows:
        yield from _labelled("or", (case.allows,))
    yield from _labelled("came", verdict.exchange.came or ("nothing",))
    yield from _labelled("so", (verdict.reason,))


def _labelled(label: str, parts: Sequence[str]) -> Iterator[str]:
    for number, part in enumerate(_shortened(parts)):
        start = _INDENT + f"{label if number == 0 else '':{_LABEL}}"
        yield from _wrapped(start + part, _INDENT + " " * _LABEL)


def _shortened(parts: Sequence[str]) -> list[str]:
    if len(parts) <= MAX_LINES:
        return list(parts)
    head, tail = MAX_LINES // 2, MAX_LINES - MAX_LINES // 2 - 1
    left_out = f"({len(parts) - head - tail} more)"
    return [*parts[:head], left_out, *parts[-tail:]]


def _wrapped(text: str, indent: str) -> list[str]:
    """Wrap a line; what is no printable ASCII, whoever wrote it, becomes a question mark."""
    clean = "".join(c if " " <= c <= "~" else "?" for c in text)
    return textwrap.wrap(clean, COLUMNS, subsequent_indent=indent, break_on_hyphens=False)


def summary(verdicts: Sequence[Verdict], seconds: float) -> str:
    """Return the last line: how many cases there are of each outcome."""
    found = count(verdicts)
    counts = ", ".join(f"{found[outcome]} {outcome.value}" for outcome in Outcome)
    return f"{counts}; {seconds:.1f} s"
