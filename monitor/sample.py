"""What is sent to the page, ready for JSON: samples of all dots, and one dot's history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypedDict

from fsm.table import Step
from monitor.record import Entry
from monitor.words import words

Dot = tuple[str, int, int]
"""Its name, and the numbers of its machine and state."""


class Change(TypedDict):
    """A change of state. at: Unix time."""

    at: float
    name: str
    before: str
    after: str
    event: str


class Sample(TypedDict):
    """What is so at one moment; of dots and rows, unless it is full, only what has changed.

    dots: those that took a step. gone: names. counts: dots by machine and state. rows: numbers and
    how often each has fired in all. hidden: dots that are only counted. sent_bytes: in all, as last
    measured, at measured_at (Unix time).
    """

    full: bool
    dots: list[Dot]
    gone: list[str]
    counts: list[list[int]]
    rows: list[tuple[int, int]]
    changes: list[Change]
    hidden: int
    sent_bytes: int
    measured_at: float


class Moment(TypedDict):
    """One entry of a history. times: so many of the row in a row. arrives: from the other side.

    outcomes: in words, and whether each goes to the other side.
    """

    at: float
    last_at: float
    times: int
    event: str
    arrives: bool
    before: str
    after: str
    outcomes: list[tuple[str, bool]]
    rfc: str


class History(TypedDict):
    """One dot. about: lines on what it is doing."""

    name: str
    about: list[str]
    steps: list[Moment]


class Source(Protocol):
    """Where a page's samples come from."""

    async def begin(self) -> Sample:
        """Return a full sample; what changes from now on is kept for `changes`."""

    async def changes(self) -> Sample:
        """Return what has changed since the last call; it may be full."""

    def end(self) -> None:
        """Keep no more changes: nobody watches."""

    async def history(self, name: str) -> History | None:
        """Return the last steps of a dot; None if there is none of this name."""

    async def metrics(self) -> bytes:
        """Return the metrics in Prometheus's text format."""


def changes_of(steps: Iterable[tuple[float, Step]]) -> list[Change]:
    """Return changes of state in words."""
    return [
        {
            "at": at,
            "name": step.machine,
            "before": step.before.name,
            "after": step.after.name,
            "event": words(step.event),
        }
        for at, step in steps
    ]


def moments(
    entries: Iterable[Entry], arriving: tuple[type, ...], leaving: tuple[type, ...]
) -> list[Moment]:
    """Return a history in words. arriving, leaving: of the other side."""
    return [
        {
            "at": entry.since,
            "last_at": entry.last_at,
            "times": entry.times,
            "event": words(entry.step.event),
            "arrives": isinstance(entry.step.event, arriving),
            "before": entry.step.before.name,
            "after": entry.step.after.name,
            "outcomes": [
                (words(outcome), isinstance(outcome, leaving)) for outcome in entry.step.outcomes
            ],
            "rfc": entry.step.row.rfc,
        }
        for entry in entries
    ]


def changed_rows(before: Sequence[int], now: Sequence[int]) -> list[tuple[int, int]]:
    """Return the rows that have fired since, and how often in all."""
    return [
        (number, count)
        for number, (old, count) in enumerate(zip(before, now, strict=True))
        if old != count
    ]


def is_news(sample: Sample, before: Sample) -> bool:
    """Return whether a sample says anything that the one before did not."""
    parts: tuple[Any, ...] = (sample["dots"], sample["gone"], sample["rows"], sample["changes"])
    return any(parts) or sample["full"] or sample["measured_at"] != before["measured_at"]
