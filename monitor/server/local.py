"""The connections of one serving process, as samples: what has changed since the last one."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from itertools import islice

from fsm import effects as do
from fsm import events as on
from monitor.catalogue import Catalogue
from monitor.record import Record
from monitor.sample import Dot, History, Sample, changed_rows, changes_of, moments
from monitor.server.totals import Seen, Server, Totals, totals_of

MEASURE_S = 1.0
"""How often the sent bytes of all connections are added up."""

LEAVING = (do.SendSongList, do.SendNotFound, do.SendClosing, do.SendSetupReply, do.StartSong)
"""Effects by which something is sent to the client."""


class LocalServer:
    """Samples of one process. A connection's dot bears its name, as it stands in the log.

    max_dots: of further connections only the number is told. Cost: of a full sample, linear in the
    connections; of one of changes, linear in what has changed, and once a second in all of them.
    """

    def __init__(
        self,
        server: Server,
        record: Record,
        catalogue: Catalogue,
        max_dots: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._server, self._record, self._catalogue = server, record, catalogue
        self._max_dots = max_dots
        self._clock = clock
        self._states: dict[str, Enum] = {}
        """All connections, by name, as of the last sample."""
        self._shown: set[str] = set()
        """Those that have a dot."""
        self._counts = catalogue.no_counts()
        self._accepted = 0
        self._rows = list(record.fired)
        self._sent_bytes = 0
        self._measured_at = 0.0

    def __repr__(self) -> str:
        return f"<LocalServer {len(self._shown)} dots of {len(self._states)} connections>"

    def begin(self) -> Sample:
        """Return a full sample; from now on changes are kept."""
        self._record.watch(True)
        self._states, self._shown = {}, set()
        self._counts = self._catalogue.no_counts()
        self._rows = [0] * len(self._rows)
        self._measured_at = 0.0
        self._accepted = self._server.counters.accepted
        # The oldest first, so that a connection that comes later does not take another's dot.
        dots = [self._enter(seen) for seen in reversed(list(self._server.newest_first()))]
        return {**self._sample(dots, []), "full": True}

    def changes(self) -> Sample:
        """Return what has changed since the last sample."""
        dots, gone = self._new_dots(), []
        for name, state in self._record.take_touched().items():
            if type(state) is not type(self._states.get(name)):
                continue  # it came and went between two samples, or only its handshake took a step
            if state in self._catalogue.finals:
                gone += self._leave(name)
            else:
                dots.append(self._move(name, state))
        return self._sample(dots, gone)

    def end(self) -> None:
        """Keep no more changes."""
        self._record.watch(False)

    def history(self, name: str) -> History | None:
        """Return the last steps of a connection; None if there is none of this name."""
        entries = self._record.history(name)
        seen = next((each for each in self._server.newest_first() if each.name == name), None)
        if seen is None and not entries:
            return None
        about = self._about(seen) if seen is not None else ["The connection is closed."]
        return {"name": name, "about": about, "steps": moments(entries, on.REQUESTS, LEAVING)}

    def totals(self) -> Totals:
        """Return all counts."""
        return totals_of(self._server, self._record)

    def _about(self, seen: Seen) -> list[str]:
        lines = [f"{seen.state.name}: {seen.state.value}", f"{seen.sent_bytes:,} bytes sent"]
        if seen.song_id is not None:
            lines.append(f"last song: {seen.song_id}. {self._server.title(seen.song_id)}")
        return lines

    def _new_dots(self) -> list[Dot | None]:
        """Enter the connections that came since the last sample: they are the newest."""
        accepted = self._server.counters.accepted
        new = list(islice(self._server.newest_first(), accepted - self._accepted))
        self._accepted = accepted
        return [self._enter(seen) for seen in reversed(new) if seen.name not in self._states]

    def _enter(self, seen: Seen) -> Dot | None:
        self._states[seen.name] = seen.state
        self._count(seen.state, 1)
        return self._dot(seen.name, seen.state)

    def _move(self, name: str, state: Enum) -> Dot | None:
        self._count(self._states[name], -1)
        self._count(state, 1)
        self._states[name] = state
        return self._dot(name, state)

    def _leave(self, name: str) -> list[str]:
        self._count(self._states.pop(name), -1)
        if name not in self._shown:
            return []
        self._shown.remove(name)
        return [name]

    def _count(self, state: Enum, number: int) -> None:
        machine, place = self._catalogue.places[state]
        self._counts[machine][place] += number

    def _dot(self, name: str, state: Enum) -> Dot | None:
        """Return the dot, if this connection has one or there is room for one more."""
        if name not in self._shown:
            if len(self._shown) >= self._max_dots:
                return None
            self._shown.add(name)
        return (name, *self._catalogue.places[state])

    def _sample(self, dots: list[Dot | None], gone: list[str]) -> Sample:
        rows = changed_rows(self._rows, self._record.fired)
        self._rows = list(self._record.fired)
        self._measure()
        return {
            "full": False,
            "dots": [dot for dot in dots if dot is not None],
            "gone": gone,
            "counts": [list(counts) for counts in self._counts],
            "rows": rows,
            "changes": changes_of(self._record.take_changes()),
            "hidden": len(self._states) - len(self._shown),
            "sent_bytes": self._sent_bytes,
            "measured_at": self._measured_at,
        }

    def _measure(self) -> None:
        now = self._clock()
        if now - self._measured_at >= MEASURE_S:
            sent = sum(seen.sent_bytes for seen in self._server.newest_first())
            self._sent_bytes = sent + self._server.counters.sent_bytes
            self._measured_at = now
