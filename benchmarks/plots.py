"""The plots of docs/performance.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]
Axis = tuple[str, str | None, str]
"""A column of the rows, one of its percentiles or None, and the label."""


def draw(results: dict[str, Any], directory: Path) -> None:
    """Draw one file for each measured part that has a plot."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "alfine"
    if "throughput" in results:
        axes: list[Axis] = [("gb_s", None, "GB/s"), ("cpu_s_per_gb", None, "CPU seconds per GB")]
        rows = results["throughput"]["rows"]
        _bars(rows, "clients", "clients", axes, {1}, directory / "performance-throughput.svg")
    if "crowds" in results:
        axes = [
            ("rss_mib", None, "resident memory, MiB"),
            ("list_ms", "p99", "LIST p99, ms"),
            ("warm_ms", "p99", "PLAY to first audio p99 (warm), ms"),
        ]
        rows = [row for row in results["crowds"]["rows"] if row["listening"]]
        _bars(rows, "connected", "connected", axes, {1, 2}, directory / "performance-crowds.svg")
    if "libraries" in results:
        _libraries(results["libraries"]["rows"], directory / "performance-songs.svg")


def _bars(rows: Rows, key: str, word: str, shown: list[Axis], logs: set[int], file: Path) -> None:
    """Draw, for each axis, a group of bars for each number of clients: a bar for each server.

    key: the column of that number. word: its label. logs: the axes with a logarithmic scale.
    """
    from matplotlib import pyplot

    counts = sorted({row[key] for row in rows})
    names = list(dict.fromkeys(row["server"] for row in rows))
    width = 0.8 / len(names)
    figure, axes = pyplot.subplots(1, len(shown), figsize=(5 * len(shown), 4))
    for number, (axis, (column, part, label)) in enumerate(zip(axes, shown, strict=True)):
        for position, name in enumerate(names):
            chosen = [
                next(row[column] for row in rows if (row["server"], row[key]) == (name, count))
                for count in counts
            ]
            values = [value[part] if part else value for value in chosen]
            at = [n + (position - (len(names) - 1) / 2) * width for n in range(len(counts))]
            axis.bar(at, values, width, label=name)
        axis.set_xticks(range(len(counts)), [f"{count:,} {word}" for count in counts])
        axis.set_ylabel(label)
        if number in logs:
            axis.set_yscale("log")
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def _libraries(rows: Rows, file: Path) -> None:
    """Draw start, memory and LIST by the number of songs."""
    from matplotlib import pyplot

    counts = [row["songs"] for row in rows]
    figure, axes = pyplot.subplots(1, 3, figsize=(15, 4))
    for axis, label, lines in (
        (axes[0], "start, s", {"cold": "cold_start_s", "warm": "warm_start_s"}),
        (axes[1], "resident memory, MiB", {"": "rss_mib"}),
        (axes[2], "LIST, ms", {"the first": "first_list_ms", "the next": "list_ms"}),
    ):
        for name, column in lines.items():
            axis.plot(counts, [row[column] for row in rows], marker="o", label=name)
        axis.set_xscale("log")
        axis.set_ylim(bottom=0)
        axis.set_xlabel("songs")
        axis.set_ylabel(label)
        if len(lines) > 1:
            axis.legend()
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
