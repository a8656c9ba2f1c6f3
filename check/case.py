"""What a case is, and what is found out by it, for both sides.

A case is a row of data. This module knows neither how one is carried out nor how a verdict is
shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum


class Requires(Enum):
    """How binding a case is: one that is not kept fails, or is only warned of."""

    MUST = "MUST"
    SHOULD = "SHOULD"


MUST, SHOULD = Requires


class Outcome(Enum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """One case (a row).

    number: the section that it is of and its place there, as 2.4.1-3, or P7-2 for section 7 of
    protocol.md. sentence: what that section says, in its words. sends, expects: in the words that
    the side's folder defines. allows: what else is right, because the RFC does not say it clearly.
    needs: what has to be there, in words apart; without it the case is skipped.
    """

    number: str
    title: str
    requires: Requires
    sentence: str
    sends: str
    expects: str
    allows: str = ""
    needs: str = ""

    @property
    def section(self) -> str:
        """The section that the case is of: 2.4.1, or P7."""
        return self.number.partition("-")[0]

    @property
    def source(self) -> str:
        """The section with the document that it is of."""
        document, section = ("protocol.md", self.section[1:]) if self.of_protocol else ("RFC", "")
        return f"{document} {section or self.section}"

    @property
    def of_protocol(self) -> bool:
        """The case is of docs/protocol.md, not of the RFC."""
        return self.section.startswith("P")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went over the wire, in printable ASCII: a line for each thing that was sent or came."""

    sent: tuple[str, ...] = ()
    came: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a case. reason: a clause; empty for a case that passed as expected."""

    case: Case
    outcome: Outcome
    reason: str = ""
    exchange: Exchange = Exchange()
    seconds: float = 0.0


def kept(case: Case, exchange: Exchange, reason: str = "", seconds: float = 0.0) -> Verdict:
    """The case passed. reason: which of the allowed behaviours it was, unless the expected one."""
    return Verdict(case, Outcome.PASSED, reason, exchange, seconds)


def broken(case: Case, exchange: Exchange, reason: str, seconds: float = 0.0) -> Verdict:
    """The case is not kept: that fails what a peer must do, and warns of what it should."""
    outcome = Outcome.FAILED if case.requires is MUST else Outcome.WARNED
    return Verdict(case, outcome, reason, exchange, seconds)


def skipped(case: Case, reason: str) -> Verdict:
    """The case could not be tried, and says nothing of the peer."""
    return Verdict(case, Outcome.SKIPPED, reason)


def select(cases: Iterable[Case], only: Sequence[str]) -> list[Case]:
    """Return the cases whose number is, or begins with, one of `only`; all if there is none.

    2.4 begins 2.4-1 and 2.4.1-3, but not 2.41-1. Raises ValueError: one that begins none.
    """
    cases = list(cases)
    for prefix in only:
        if not any(_begins(case.number, prefix) for case in cases):
            raise ValueError(f"no case and no section is called {ascii(prefix)[:40]}")
    return [c for c in cases if not only or any(_begins(c.number, prefix) for prefix in only)]


def _begins(number: str, prefix: str) -> bool:
    return number == prefix or number.startswith((f"{prefix}.", f"{prefix}-"))


def count(verdicts: Iterable[Verdict]) -> dict[Outcome, int]:
    """Return how many verdicts there are of each outcome."""
    found = dict.fromkeys(Outcome, 0)
    for verdict in verdicts:
        found[verdict.outcome] += 1
    return found
