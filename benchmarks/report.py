"""Makes docs/performance.md and its plots of benchmarks/results.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.run import RESULTS, ROUNDS
from benchmarks.servers import ROOT

DOCS = ROOT / "docs"
Rows = list[dict[str, Any]]

HEAD = """# How fast, small and fair the server is

Measured by `./dev bench`, which writes this page; the numbers are in `benchmarks/results.json`.

{machine}.

Clients and servers share these processors, over loopback, and the machine had other work at the
time: compare the servers with each other, which took turns, rather than with numbers from
elsewhere. Each figure for throughput is the median of {rounds} rounds.
A song is cut and framed once, on its first PLAY, into a nameless file; `os.sendfile` sends from
that to every listener. So the bytes never pass through Python, and what a listener costs is one
call for up to 256 KiB.

How soon the client sounds and what playing costs: [performance-client.md](performance-client.md).
"""


def main() -> None:
    """Write the page and the plots."""
    results = json.loads(RESULTS.read_text())
    page = [HEAD.format(machine=_machine(results["machine"]), rounds=ROUNDS)]
    page += [_targets(results), _throughput(results["throughput"]), _crowds(results["crowds"])]
    page += [_link(results["link"]), _libraries(results["libraries"])]
    (DOCS / "performance.md").write_text("\n".join(page))
    _plot(results, DOCS)


def _machine(machine: dict[str, str]) -> str:
    return (
        f"{machine['date']}: {machine['processor']}, {machine['memory']} of memory, "
        f"{machine['system']}, Python {machine['python']}"
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _targets(results: dict[str, Any]) -> str:
    """What was aimed for, and whether it was met."""
    speed = {row["server"]: row for row in results["throughput"] if row["clients"] == 50}
    nginx = speed.get("nginx, sendfile")
    lines: list[list[str]] = []

    def add(what: str, aim: str, value: str, met: bool) -> None:
        lines.append([what, aim, value, "met" if met else "**not met**"])

    for name in (name for name in speed if name.startswith("alfine")):
        if nginx:
            ratio = speed[name]["gb_s"] / nginx["gb_s"]
            add(f"throughput, 50 clients, {name}", "≥ 1.5 × nginx", f"{ratio:.2f} ×", ratio >= 1.5)
            ratio = speed[name]["cpu_s_per_gb"] / nginx["cpu_s_per_gb"]
            add(f"CPU per GB, 50 clients, {name}", "≤ 1.3 × nginx", f"{ratio:.2f} ×", ratio <= 1.3)
    for row in results["crowds"]:
        name = row["server"]
        if not name.startswith("alfine") or not row["listening"]:
            continue
        if row["connected"] == 10_000:
            rss, p99 = row["rss_mib"], row["list_ms"]["p99"]
            add(f"memory, 10,000 connected, {name}", "< 200 MiB", f"{rss:.0f} MiB", rss < 200)
            add(f"LIST p99, 10,000 connected, {name}", "< 50 ms", f"{p99:.1f} ms", p99 < 50)
        else:
            p99 = row["warm_ms"]["p99"]
            add(f"PLAY to audio p99, warm, 1,000, {name}", "< 10 ms", f"{p99:.1f} ms", p99 < 10)
    for row in results["crowds"]:
        if row["server"].startswith("alfine") and (row["connected"], row["listening"]) == (
            10_000,
            0,
        ):
            kib = row["kib_per_connection"]
            add(f"idle connection, {row['server']}", "≤ 12 KiB", f"{kib:.1f} KiB", kib <= 12)
    for row in results["link"]:
        if row["server"] == "alfine":
            add(
                "LIST during a song, 2 Mbit/s",
                "< 0.3 s",
                f"{row['most_s']:.2f} s",
                row["most_s"] < 0.3,
            )
    largest = results["libraries"][-1]
    warm, gap = largest["warm_start_s"], largest["gap_while_first_list_ms"]
    add("start with 100,000 songs, warm index", "< 3 s", f"{warm:.1f} s", warm < 3)
    add("audio held up by their LIST", "< 50 ms", f"{gap:.1f} ms", gap < 50)
    return "## Targets\n\n" + _table(["", "aim", "measured", ""], lines)


def _throughput(rows: Rows) -> str:
    table = [
        [r["server"], f"{r['clients']:,}", f"{r['gb_s']:.2f}", f"{r['cpu_s_per_gb']:.3f}"]
        for r in sorted(rows, key=lambda r: (r["clients"], r["server"]))
    ]
    return (
        "## Throughput\n\nClients that take all they can get of one song of 5 MB; nginx sends the "
        "same file over HTTP, with keep-alive. CPU is the server process's, user and system.\n\n"
        "![throughput](performance-throughput.svg)\n\n"
        + _table(["server", "clients", "GB/s", "CPU s per GB"], table)
    )


def _crowds(rows: Rows) -> str:
    def pair(values: dict[str, float]) -> str:
        return f"{values['p50']:.1f} / {values['p99']:.1f}"

    table = [
        [
            r["server"],
            f"{r['connected']:,}",
            f"{r['listening']:,}",
            f"{r['rss_mib']:.0f}",
            f"{r['kib_per_connection']:.1f}",
            f"{r['kernel_mib']:.0f}",
            f"{100 * r['cpu_share']:.0f} %",
            pair(r["list_ms"]),
            pair(r["warm_ms"]),
            pair(r["cold_ms"]),
        ]
        for r in rows
    ]
    head = ["server", "connected", "listening", "RSS MiB", "KiB each", "TCP MiB", "CPU"]
    head += ["LIST ms", "PLAY warm ms", "PLAY cold ms"]
    return (
        "## Crowds\n\nListeners take 128 kbit/s. KiB each: what the server process grew by, for "
        "each connection. TCP: buffers of both ends in the kernel; the clients' own are of 32 KiB "
        "each. Backlog 1,024, for all come at once. CPU is of one processor. Times are p50 / p99 "
        "on further connections: LIST of 200 songs, and PLAY to the first byte of audio on a new "
        "connection, of a song that others hear (warm) and of one of 1 MB that nobody has asked "
        "for before (cold).\n\n"
        "![crowds](performance-crowds.svg)\n\n" + _table(head, table)
    )


def _link(rows: Rows) -> str:
    table = [[r["server"], f"{r['list_s']:.2f}", f"{r['most_s']:.2f}"] for r in rows]
    return (
        "## LIST during a song on a slow link\n\nTwo network namespaces with 2 Mbit/s between them "
        "(tbf, 50 ms of queue); seconds from LIST to its answer.\n\n"
        + _table(["server", "median s", "longest s"], table)
    )


def _libraries(rows: Rows) -> str:
    table = [
        [f"{r['songs']:,}"]
        + [f"{r[key]:.2f}" for key in ("cold_start_s", "warm_start_s")]
        + [f"{r['rss_mib']:.0f}"]
        + [f"{r[key]:.1f}" for key in ("first_list_ms", "list_ms")]
        + [f"{r[key]:.1f}" for key in ("gap_ms", "gap_while_first_list_ms", "gap_while_listing_ms")]
        for r in rows
    ]
    head = ["songs", "cold start s", "warm start s", "RSS MiB", "first LIST ms", "LIST ms"]
    head += ["gap ms", "in the first LIST", "in 5 LISTs at a time"]
    return (
        "## Songs\n\nStart: until the server listens, without an index of titles and with one. "
        "LIST: the whole list. Gap: the longest that a listener, who takes 16 KB every ms, waited "
        "for audio, in 3 s: undisturbed, while a list is encoded for the first time, and "
        "while five clients ask for the list without a pause.\n\n" + _table(head, table)
    )


def _plot(results: dict[str, Any], directory: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "alfine"
    from matplotlib import pyplot

    rows: Rows = results["throughput"]
    counts = sorted({r["clients"] for r in rows})
    names = list(dict.fromkeys(r["server"] for r in rows))
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4))
    for axis, key, label in zip(
        axes, ("gb_s", "cpu_s_per_gb"), ("GB/s", "CPU seconds per GB"), strict=True
    ):
        for place, name in enumerate(names):
            values = [
                next(r[key] for r in rows if (r["server"], r["clients"]) == (name, c))
                for c in counts
            ]
            axis.bar([n + place * 0.2 - 0.3 for n in range(len(counts))], values, 0.2, label=name)
        axis.set_xticks(range(len(counts)), [f"{count:,} clients" for count in counts])
        axis.set_ylabel(label)
    axes[1].set_yscale("log")
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(directory / "performance-throughput.svg", metadata={"Date": None})
    rows = [r for r in results["crowds"] if r["listening"]]
    figure, axes = pyplot.subplots(1, 3, figsize=(12, 4))
    names = list(dict.fromkeys(r["server"] for r in rows))
    crowds = sorted({r["connected"] for r in rows})
    for axis, (key, part, label) in zip(
        axes,
        (
            ("rss_mib", None, "resident memory, MiB"),
            ("list_ms", "p99", "LIST p99, ms"),
            ("warm_ms", "p99", "PLAY to first audio p99 (warm), ms"),
        ),
        strict=True,
    ):
        for place, name in enumerate(names):
            chosen = [
                next(r[key] for r in rows if (r["server"], r["connected"]) == (name, c))
                for c in crowds
            ]
            values = [value[part] if part else value for value in chosen]
            axis.bar(
                [n + place * 0.25 - 0.25 for n in range(len(crowds))], values, 0.25, label=name
            )
        axis.set_xticks(range(len(crowds)), [f"{count:,} connected" for count in crowds])
        axis.set_ylabel(label)
    for axis in axes[1:]:
        axis.set_yscale("log")
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(directory / "performance-crowds.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
