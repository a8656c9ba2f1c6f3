"""What the metrics of both sides have in common: families that are made when they are asked for.

Nothing is counted here. A collector reads plain counters at each scrape, because a counter of
prometheus-client would cost ten times as much at every step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor.catalogue import Catalogue


class _Families(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Return the families, of this scrape alone."""
        return self._families


def text_of(families: Iterable[Metric]) -> bytes:
    """Return families in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_Families(list(families)))
    return bytes(generate_latest(registry))


def rows_family(catalogue: Catalogue, fired: Sequence[int]) -> Metric:
    """Return how often each row of the tables has fired."""
    family = CounterMetricFamily(
        "alfine_rows_fired",
        "How often each row of a machine's table has fired.",
        labels=("machine", "state", "event", "guard", "next_state"),
    )
    numbered = iter(fired)
    for machine in catalogue.describe():
        for row in machine["rows"]:
            names = (machine["name"], row["before"], row["event"], row["when"], row["after"])
            family.add_metric(names, next(numbered))
    return family
