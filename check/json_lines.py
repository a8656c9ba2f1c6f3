"""Verdicts as JSON, an object a line, for programs: docs/json.md, docs/schema/check-1.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from check.case import Outcome, Verdict, count

VERSION = 1


def started(side: str, peer: str, facts: Mapping[str, object]) -> str:
    """Return the first line. side: what is checked, server or client. facts: known before it."""
    return _line("check", side=side, peer=peer, **facts)


def of_verdict(verdict: Verdict) -> str:
    """Return the line of one verdict."""
    case = verdict.case
    return _line(
        "case",
        number=case.number,
        section=case.section,
        title=case.title,
        requires=case.requires.value,
        source=case.source,
        sentence=case.sentence,
        sends=case.sends,
        expects=case.expects,
        allows=case.allows,
        needs=case.needs.split(),
        outcome=verdict.outcome.value,
        reason=verdict.reason,
        sent=list(verdict.exchange.sent),
        came=list(verdict.exchange.came),
        seconds=round(verdict.seconds, 3),
    )


def ended(verdicts: Sequence[Verdict], seconds: float) -> str:
    """Return the last line: how many cases there are of each outcome."""
    found = count(verdicts)
    counts = {outcome.value: found[outcome] for outcome in Outcome}
    return _line("checked", **counts, seconds=round(seconds, 3))


def _line(kind: str, **members: object) -> str:
    return json.dumps({"alfine": VERSION, "kind": kind} | members)
