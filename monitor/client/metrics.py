"""The client's metrics: in which state each machine is, and how often each row has fired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from prometheus_client.core import GaugeMetricFamily

from monitor.catalogue import Catalogue
from monitor.metrics import rows_family, text_of


def exposition(states: Mapping[str, Enum], fired: Sequence[int], catalogue: Catalogue) -> bytes:
    """Return the metrics in Prometheus's text format. states: by the machine's name."""
    family = GaugeMetricFamily(
        "alfine_machine_state",
        "1 for the state that a machine is in, 0 for its others.",
        labels=("machine", "state"),
    )
    for name, present in states.items():
        for state in type(present):
            family.add_metric((name, state.name), int(state is present))
    return text_of([family, rows_family(catalogue, fired)])
