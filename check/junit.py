"""Verdicts as JUnit XML, which build servers read: a suite a section, a test a case."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree

from check.case import Outcome, Verdict
from check.sections import heading


def junit(verdicts: Sequence[Verdict], name: str) -> bytes:
    """Return the document. name: who was checked, as `alfine check 127.0.0.1:12345`.

    JUnit knows no warnings: a case that is warned of passes, and its text is in system-out.
    """
    root = ElementTree.Element("testsuites", _counts(verdicts) | {"name": _clean(name)})
    for section, group in groupby(verdicts, key=lambda verdict: verdict.case.section):
        found = list(group)
        counts = _counts(found) | {"name": _clean(heading(section))}
        suite = ElementTree.SubElement(root, "testsuite", counts)
        for verdict in found:
            _add(suite, verdict)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _counts(verdicts: Sequence[Verdict]) -> dict[str, str]:
    outcomes = [verdict.outcome for verdict in verdicts]
    return {
        "tests": str(len(verdicts)),
        "failures": str(outcomes.count(Outcome.FAILED)),
        "errors": "0",
        "skipped": str(outcomes.count(Outcome.SKIPPED)),
        "time": f"{sum(verdict.seconds for verdict in verdicts):.3f}",
    }


def _add(suite: ElementTree.Element, verdict: Verdict) -> None:
    case = verdict.case
    test = ElementTree.SubElement(
        suite,
        "testcase",
        classname=f"alfine.check.{case.section.replace('.', '_')}",
        name=_clean(f"{case.number} {case.title}"),
        time=f"{verdict.seconds:.3f}",
    )
    match verdict.outcome:
        case Outcome.FAILED:
            failure = ElementTree.SubElement(test, "failure", message=_clean(verdict.reason))
            failure.text = _clean(_story(verdict))
        case Outcome.SKIPPED:
            ElementTree.SubElement(test, "skipped", message=_clean(verdict.reason))
        case Outcome.WARNED:
            out = ElementTree.SubElement(test, "system-out")
            out.text = _clean(f"warning: {verdict.reason}\n{_story(verdict)}")
        case Outcome.PASSED:
            pass


def _story(verdict: Verdict) -> str:
    case = verdict.case
    parts = [
        f"{case.requires.value}, {case.source}: {case.sentence}",
        *(f"sent: {line}" for line in verdict.exchange.sent),
        f"expected: {case.expects}",
        *(f"came: {line}" for line in verdict.exchange.came),
    ]
    return "\n".join(parts)


def _clean(text: str) -> str:
    """Leave out what XML cannot hold: control characters, whoever wrote them."""
    return "".join(c for c in text if c == "\n" or c.isprintable())
