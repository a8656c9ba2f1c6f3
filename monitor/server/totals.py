"""What a server's process has counted, ready for JSON, and the sum of several."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import zip_longest
from typing import Protocol, TypedDict

from monitor.record import Record


class Seen(Protocol):
    """A connection, as it is at this moment."""

    @property
    def name(self) -> str:
        """Its number and its client's address."""

    @property
    def state(self) -> Enum:
        """Of its machine."""

    @property
    def song_id(self) -> int | None:
        """Of the song that was started last."""

    @property
    def sent_bytes(self) -> int:
        """Since it began."""


class Counters(Protocol):
    """What a process counts by itself; none of it ever falls."""

    accepted: int
    sent_bytes: int
    """To connections that are closed."""
    refusals: Counter[str]
    """By limit."""
    first_audio: list[int]
    """How often a song's first byte took so long, up to each bound, and longer."""
    first_audio_s: float
    timing: bool
    """Whether that is counted."""

    @property
    def bounds_s(self) -> tuple[float, ...]:
        """Of first_audio."""


class Spools(Protocol):
    """Songs that are kept ready."""

    @property
    def count(self) -> int:
        """How many."""

    @property
    def stored_bytes(self) -> int:
        """How many bytes they take."""


class Server(Protocol):
    """What a monitor may see of a running server."""

    @property
    def counters(self) -> Counters:
        """Of its process."""

    @property
    def spools(self) -> Spools:
        """Of its process."""

    def newest_first(self) -> Iterator[Seen]:
        """Yield each connection, the one that came last first."""

    def title(self, song_id: int) -> str:
        """Return a song's title; "" for one that is not known."""


class Totals(TypedDict):
    """All counts of one process. connections: by the name of their state."""

    connections: dict[str, int]
    rows: list[int]
    accepted: int
    sent_bytes: int
    refusals: dict[str, int]
    bounds_s: list[float]
    first_audio: list[int]
    first_audio_s: float
    spools: int
    spool_bytes: int
    descriptors: int
    workers: int


def totals_of(server: Server, record: Record) -> Totals:
    """Return what is counted now. Cost: linear in the connections."""
    counters, seen = server.counters, list(server.newest_first())
    return {
        "connections": Counter(each.state.name for each in seen),
        "rows": list(record.fired),
        "accepted": counters.accepted,
        "sent_bytes": counters.sent_bytes + sum(each.sent_bytes for each in seen),
        "refusals": dict(counters.refusals),
        "bounds_s": list(counters.bounds_s),
        "first_audio": list(counters.first_audio),
        "first_audio_s": counters.first_audio_s,
        "spools": server.spools.count,
        "spool_bytes": server.spools.stored_bytes,
        "descriptors": open_descriptors(),
        "workers": 1,
    }


def nothing(rows: int) -> Totals:
    """Return the counts of no process. rows: how many there are."""
    return {
        "connections": {},
        "rows": [0] * rows,
        "accepted": 0,
        "sent_bytes": 0,
        "refusals": {},
        "bounds_s": [],
        "first_audio": [],
        "first_audio_s": 0.0,
        "spools": 0,
        "spool_bytes": 0,
        "descriptors": 0,
        "workers": 0,
    }


def ended(totals: Totals) -> Totals:
    """Return what is left of the counts of a process that has ended: all that never falls."""
    return {
        **totals,
        "connections": {},
        "spools": 0,
        "spool_bytes": 0,
        "descriptors": 0,
        "workers": 0,
    }


def add(parts: Sequence[Totals]) -> Totals:
    """Return the sum of one or more."""
    return {
        "connections": _by_name([part["connections"] for part in parts]),
        "rows": _by_place([part["rows"] for part in parts]),
        "accepted": sum(part["accepted"] for part in parts),
        "sent_bytes": sum(part["sent_bytes"] for part in parts),
        "refusals": _by_name([part["refusals"] for part in parts]),
        "bounds_s": max((part["bounds_s"] for part in parts), key=len),
        "first_audio": _by_place([part["first_audio"] for part in parts]),
        "first_audio_s": sum(part["first_audio_s"] for part in parts),
        "spools": sum(part["spools"] for part in parts),
        "spool_bytes": sum(part["spool_bytes"] for part in parts),
        "descriptors": sum(part["descriptors"] for part in parts),
        "workers": sum(part["workers"] for part in parts),
    }


def _by_name(parts: Sequence[dict[str, int]]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for part in parts:
        counted.update(part)
    return dict(counted)


def _by_place(parts: Sequence[list[int]]) -> list[int]:
    return [sum(column) for column in zip_longest(*parts, fillvalue=0)]


def open_descriptors() -> int:
    """Return how many descriptors this process has open."""
    return len(os.listdir("/dev/fd")) - 1  # one is of the listing itself
