"""Writes docs/performance.md: the text is here, all numbers come from the results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import plots

Rows = list[dict[str, Any]]

HEAD = """# How fast, small and fair the server is

Measured by `./dev bench`, which writes this page; the numbers are in `benchmarks/results.json`.

{machines}

Clients and servers share these processors, over loopback: compare the servers with each other,
which took turns, rather than with numbers from elsewhere. The load is the machine's average over
the minute before each part; what it says beyond 0 was other work, which costs everyone.

{when}
A song is cut and framed once, on its first PLAY, into a nameless file; `os.sendfile` sends from
that to every listener. So the bytes never pass through Python, and what a listener costs is one
call for up to 256 KiB.

Where whole songs and lists are measured, alfine is asked as its own client asks it, with `SETUP
ends`. Behind each short message a client that does not say that is given 20 ms to read
([protocol.md](protocol.md) 8): a list of 100,000 songs takes it ten seconds.

How soon the client sounds and what playing costs: [performance-client.md](performance-client.md).
"""


def write(results: dict[str, Any], directory: Path) -> None:
    """Write the page and the plots of the measured parts."""
    rows = {part: results[part]["rows"] for part in results}
    page = [_head(results), _targets(rows)]
    for part, section in (
        ("throughput", _throughput),
        ("crowds", _crowds),
        ("link", _link),
        ("libraries", _libraries),
        ("tls", _tls),
    ):
        if part in rows:
            page.append(section(rows[part]))
    (directory / "performance.md").write_text("\n".join(page))
    plots.draw(results, directory)


def _head(results: dict[str, Any]) -> str:
    machines = dict.fromkeys(_machine(results[part]["machine"]) for part in results)
    when = [
        [part, results[part]["machine"]["date"], results[part]["machine"]["load"]]
        for part in results
    ]
    return HEAD.format(
        machines="\n".join(machines), when=_table(["part", "measured on", "load before"], when)
    )


def _machine(machine: dict[str, str]) -> str:
    return (
        f"{machine['processor']}, {machine['memory']} of memory, {machine['system']}, "
        f"Python {machine['python']}."
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _targets(rows: dict[str, Rows]) -> str:
    """The targets, and whether they were met."""
    lines = [
        *(line for row in rows.get("throughput", ()) for line in _speed_targets(row)),
        *(line for row in rows.get("crowds", ()) for line in _crowd_targets(row)),
        *(line for row in rows.get("link", ()) for line in _link_targets(row)),
        *(line for row in rows.get("libraries", ()) for line in _library_targets(row)),
        *(line for row in rows.get("tls", ()) for line in _tls_targets(row)),
    ]
    return "## Targets\n\n" + _table(["", "aim", "measured", ""], lines)


def _target(what: str, aim: str, value: str, met: bool) -> list[str]:
    return [what, aim, value, "met" if met else "**not met**"]


def _speed_targets(row: dict[str, Any]) -> list[list[str]]:
    name, speed, cpu = row["server"], row.get("of_nginx"), row.get("cpu_of_nginx")
    if not name.startswith("alfine") or row["clients"] != 50 or speed is None or cpu is None:
        return []
    return [
        _target(f"throughput, 50 clients, {name}", "≥ 1.5 × nginx", f"{speed:.2f} ×", speed >= 1.5),
        _target(f"CPU per GB, 50 clients, {name}", "≤ 1.3 × nginx", f"{cpu:.2f} ×", cpu <= 1.3),
    ]


def _crowd_targets(row: dict[str, Any]) -> list[list[str]]:
    name, crowd = row["server"], (row["connected"], row["listening"])
    if not name.startswith("alfine"):
        return []
    if crowd == (1000, 500):
        p99 = row["warm_ms"]["p99"]
        return [_target(f"PLAY to audio p99, warm, 1,000, {name}", "< 10 ms", _ms(p99), p99 < 10)]
    if crowd == (10_000, 0):
        kib = row["kib_per_connection"]
        return [_target(f"idle connection, {name}", "≤ 12 KiB", f"{kib:.1f} KiB", kib <= 12)]
    if crowd == (10_000, 5000):
        rss, p99 = row["rss_mib"], row["list_ms"]["p99"]
        return [
            _target(f"memory, 10,000 connected, {name}", "< 200 MiB", f"{rss:.0f} MiB", rss < 200),
            _target(f"LIST p99, 10,000 connected, {name}", "< 50 ms", _ms(p99), p99 < 50),
        ]
    return []


def _link_targets(row: dict[str, Any]) -> list[list[str]]:
    if row["server"] != "alfine":
        return []
    return [
        _target(
            f"LIST during a song, 2 Mbit/s, {which}", "< 0.3 s", f"{row[key]:.2f} s", row[key] < 0.3
        )
        for which, key in (("median", "list_s"), ("longest", "most_s"))
    ]


def _library_targets(row: dict[str, Any]) -> list[list[str]]:
    if row["songs"] != 100_000:
        return []
    warm, gap = row["warm_start_s"], row["gap_while_first_list_ms"]
    return [
        _target("start with 100,000 songs, warm index", "< 3 s", f"{warm:.1f} s", warm < 3),
        _target("audio held up by their LIST", "< 50 ms", _ms(gap), gap < 50),
    ]


def _tls_targets(row: dict[str, Any]) -> list[list[str]]:
    name, cpu, kib = row["server"], row["cpu_s_per_gib"], row["idle_kib"]
    if not name.startswith("alfine"):
        return []
    lines = [
        _target(f"TLS, CPU, {name}", "≤ 1.2 s/GiB", f"{cpu:.2f} s/GiB", cpu <= 1.2),
        _target(f"TLS, idle connection, {name}", "≤ 32 KiB", f"{kib:.1f} KiB", kib <= 32),
    ]
    if (ratio := row.get("cpu_of_haproxy")) is not None:
        aim = "≤ 0.5 × HAProxy + alfine"
        lines.append(_target(f"TLS, CPU, {name}", aim, f"{ratio:.2f} ×", ratio <= 0.5))
    return lines


def _ms(value: float) -> str:
    return f"{value:.1f} ms"


def _throughput(rows: Rows) -> str:
    table = [
        [
            row["server"],
            f"{row['clients']:,}",
            f"{row['gb_s']:.2f}",
            f"{row['cpu_s_per_gb']:.3f}",
            *(f"{row[key]:.2f} ×" if key in row else "" for key in ("of_nginx", "cpu_of_nginx")),
        ]
        for row in sorted(rows, key=lambda row: (row["clients"], row["server"]))
    ]
    head = ["server", "clients", "GB/s", "CPU s per GB", "GB/s, of nginx's", "CPU, of nginx's"]
    return (
        "## Throughput\n\nClients that take all they can get of one song of 5 MB; nginx sends the "
        "same file over HTTP, with keep-alive. CPU is the server process's, user and system. "
        "Every figure is a median of rounds in which all servers run and take turns; what it is "
        "of nginx's is the median of each round's own ratio.\n\n"
        "![throughput](performance-throughput.svg)\n\n" + _table(head, table)
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
        "for before (cold). nginx is asked for a file that holds the list, and for the songs.\n\n"
        "![crowds](performance-crowds.svg)\n\n" + _table(head, table)
    )


def _link(rows: Rows) -> str:
    table = [[r["server"], f"{r['list_s']:.2f}", f"{r['most_s']:.2f}"] for r in rows]
    return (
        "## LIST during a song on a slow link\n\nTwo network namespaces with 2 Mbit/s between them "
        "(tbf, 50 ms of queue); seconds from LIST to its answer, each on a new connection. On the "
        "first of them TCP does not know the link yet, and overfills its queue.\n\n"
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
        "while five clients ask for the list without a pause.\n\n"
        "![songs](performance-songs.svg)\n\n" + _table(head, table)
    )


def _tls(rows: Rows) -> str:
    table = [
        [
            row["server"],
            f"{row['cpu_s_per_gib']:.2f}",
            f"{row['cpu_of_haproxy']:.2f} ×" if "cpu_of_haproxy" in row else "",
            f"{row['idle_kib']:.1f}",
            f"{row['handshakes_s']:.2f}",
        ]
        for row in rows
    ]
    head = ["server", "CPU s per GiB", "of HAProxy + alfine", "KiB each", "64 at once, s"]
    return (
        "## TLS\n\nTLS 1.3, AES-256-GCM, a certificate of ECDSA P-256; encrypted by the process, "
        "for this kernel does not. Beside it HAProxy, as it is installed, which ends TLS in front "
        "of alfine in clear: its CPU and memory and alfine's together. CPU: eight clients that "
        "take all they can get; the median of rounds in which all take turns. KiB each: what "
        "memory grows by for each of 1,000 idle connections. 64 at once: from the first hello "
        "until the last of 64 clients has its list; most of that is the clients' own, in one "
        "process. To encrypt and to send is the same work for both, and most of it: what HAProxy "
        "costs beyond that is to receive from alfine.\n\n" + _table(head, table)
    )
