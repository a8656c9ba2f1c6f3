"""The client's machines, as samples: each of them is a dot in the state that it is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsm.table import Session
from monitor.catalogue import Catalogue
from monitor.client.metrics import exposition
from monitor.record import Record
from monitor.sample import Dot, History, Sample, changed_rows, changes_of, moments


class LocalClient:
    """Samples of one client. machines: by name, which is that of their dot."""

    def __init__(
        self, machines: Mapping[str, Session[Any]], record: Record, catalogue: Catalogue
    ) -> None:
        self._machines, self._record, self._catalogue = machines, record, catalogue
        self._rows = list(record.fired)

    def __repr__(self) -> str:
        return f"<LocalClient {len(self._machines)} machines>"

    async def begin(self) -> Sample:
        """Return a full sample; from now on changes are kept."""
        self._record.watch(True)
        self._rows = [0] * len(self._rows)
        return {**self._sample(list(self._machines)), "full": True}

    async def changes(self) -> Sample:
        """Return what has changed since the last sample."""
        return self._sample(list(self._record.take_touched()))

    def end(self) -> None:
        """Keep no more changes."""
        self._record.watch(False)

    async def history(self, name: str) -> History | None:
        """Return the last steps of a machine; None if there is none of this name."""
        if (session := self._machines.get(name)) is None:
            return None
        about = [f"{session.state.name}: {session.state.value}"]
        steps = moments(self._record.history(name), (object,), (object,))
        return {"name": name, "about": about, "steps": steps}

    async def metrics(self) -> bytes:
        """Return the metrics in Prometheus's text format."""
        states = {name: session.state for name, session in self._machines.items()}
        return exposition(states, self._record.fired, self._catalogue)

    def _sample(self, touched: list[str]) -> Sample:
        rows = changed_rows(self._rows, self._record.fired)
        self._rows = list(self._record.fired)
        counts = self._catalogue.no_counts()
        for session in self._machines.values():
            machine, place = self._catalogue.places[session.state]
            counts[machine][place] += 1
        return {
            "full": False,
            "dots": [self._dot(name) for name in touched],
            "gone": [],
            "counts": counts,
            "rows": rows,
            "changes": changes_of(self._record.take_changes()),
            "hidden": 0,
            "sent_bytes": 0,
            "measured_at": 0.0,
        }

    def _dot(self, name: str) -> Dot:
        return (name, *self._catalogue.places[self._machines[name].state])
