"""The server's metrics, from the totals of its processes.

Requests and songs are not counted by themselves: each is a row that fires, so their numbers are
sums over rows, which the table names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from fsm import events as on
from fsm.events import Event
from fsm.server import ServerState
from fsm.table import Row
from monitor.catalogue import Catalogue
from monitor.metrics import rows_family, text_of
from monitor.server.totals import Totals

KINDS: dict[type[Event], str] = {
    on.ListRequested: "list",
    on.PlayRequested: "play",
    on.StopRequested: "stop",
    on.SetupRequested: "setup",
    on.TeardownRequested: "teardown",
    on.RequestNotUnderstood: "not_understood",
}
LIMITS = (
    "clients",
    "per-address",
    "request-size",
    "request-time",
    "idle-time",
    "stall-time",
    "least-rate",
    "ack-time",
)
"""Options of `alfine server`; of ack-time and keepalive the kernel does not tell which it was."""


def exposition(totals: Totals, catalogue: Catalogue) -> bytes:
    """Return the metrics in Prometheus's text format."""
    counted = _Rows(catalogue.rows, totals["rows"])
    return text_of(
        [
            *_of_connections(totals),
            rows_family(catalogue, totals["rows"]),
            *_of_requests(counted),
            *_of_songs(counted),
            _refusals(totals, counted),
            _first_audio(totals),
            *_of_processes(totals),
        ]
    )


class _Rows:
    """Sums over the rows that have fired."""

    def __init__(self, rows: Sequence[Row], fired: Sequence[int]) -> None:
        self._rows = tuple(zip(rows, fired, strict=True))

    def of(self, wanted: Callable[[Row], bool]) -> int:
        return sum(count for row, count in self._rows if wanted(row))

    def of_event(self, event: type[Event]) -> int:
        return self.of(lambda row: row.event is event)

    def by_event(self, effect: str) -> dict[str, int]:
        """Count an effect by the event that has caused it."""
        names = dict.fromkeys(row.event for row, _ in self._rows if effect in row.effects)
        return {
            event.__name__: sum(
                count for row, count in self._rows if row.event is event and effect in row.effects
            )
            for event in names
        }


def _counter(name: str, about: str, value: float) -> Metric:
    return CounterMetricFamily(name, about, value=value)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _of_connections(totals: Totals) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "alfine_connections", "Connections, by the state of their machine.", labels=("state",)
    )
    for state in ServerState:
        family.add_metric((state.name,), totals["connections"].get(state.name, 0))
    yield family
    yield _counter(
        "alfine_connections_accepted", "Connections that were not refused.", totals["accepted"]
    )
    yield _counter(
        "alfine_sent_bytes", "Bytes handed to the kernel for clients.", totals["sent_bytes"]
    )


def _of_requests(counted: _Rows) -> Iterator[Metric]:
    family = CounterMetricFamily("alfine_requests", "Requests, by kind.", labels=("kind",))
    for event, kind in KINDS.items():
        family.add_metric((kind,), counted.of_event(event))
    yield family


def _of_songs(counted: _Rows) -> Iterator[Metric]:
    """Of the songs started, each is closed, interrupted, or still being sent."""
    started = counted.of(lambda row: "start_song" in row.effects)
    yield _counter("alfine_songs_started", "Songs that were begun.", started)
    closed = counted.of_event(on.SongSent)
    yield _counter("alfine_songs_closed", "Songs that were sent to their end.", closed)
    family = CounterMetricFamily(
        "alfine_songs_interrupted",
        "Songs that were not sent to their end, by the event that ended them.",
        labels=("event",),
    )
    interrupted = counted.by_event("stop_song")
    interrupted[on.SongFailed.__name__] = counted.of_event(on.SongFailed)
    for event, count in interrupted.items():
        family.add_metric((event,), count)
    yield family


def _refusals(totals: Totals, counted: _Rows) -> Metric:
    refusals = {
        **totals["refusals"],
        "request-size": counted.of_event(on.RequestTooLong),
        "request-time": counted.of_event(on.RequestTimedOut),
    }
    family = CounterMetricFamily(
        "alfine_refusals",
        "Clients refused or cut off, by the limit (an option of alfine server).",
        labels=("limit",),
    )
    for limit in dict.fromkeys((*LIMITS, *refusals)):
        family.add_metric((limit,), refusals.get(limit, 0))
    return family


def _first_audio(totals: Totals) -> Metric:
    passed = 0
    buckets: list[tuple[str, float]] = []
    names = [*(f"{bound:g}" for bound in totals["bounds_s"]), "+Inf"]
    counts = totals["first_audio"] or [0] * len(names)
    for name, count in zip(names, counts, strict=True):
        passed += count
        buckets.append((name, passed))
    return HistogramMetricFamily(
        "alfine_first_audio_seconds",
        "Time from a PLAY to the song's first byte handed to the kernel.",
        buckets=buckets,
        sum_value=totals["first_audio_s"],
    )


def _of_processes(totals: Totals) -> Iterator[Metric]:
    yield _gauge("alfine_spools", "Songs kept ready for the wire.", totals["spools"])
    yield _gauge("alfine_spool_bytes", "Bytes that these songs take.", totals["spool_bytes"])
    yield _gauge(
        "alfine_open_descriptors", "Open descriptors, of all processes.", totals["descriptors"]
    )
    yield _gauge("alfine_workers", "Processes that serve.", totals["workers"])
