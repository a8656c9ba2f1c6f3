"""What the monitor costs the server, and how soon its page shows something.

    python -m benchmarks.server.monitor [--quick]

With 1,000 connections, in one server that is watched and not, in turns of a few seconds. The cost
is the CPU time of its event loop, so that other programs change it little: a server at full speed
has one core, so a share of a core is that share of its throughput.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import shutil
import socket
import statistics
import tempfile
import threading
import time
import timeit
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.scale import progress, songs
from benchmarks.servers import Running, alfine
from fsm.events import ListRequested
from fsm.table import Step
from monitor.record import Record
from monitor.server.catalogue import server_catalogue

CONNECTIONS = 1000
REQUESTS_S = 200
"""Sent by the connections together while the cost is measured: steps for the samples to show."""
SONG_BYTES = 8_000_000
FAST_CLIENTS = 8
PLAY = b"PLAY 2 END END"


@dataclass(frozen=True)
class Scale:
    """turns: of each kind, and how long one is. plays: seen by the browser."""

    turns: int
    turn_s: float
    plays: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything small, in half a minute")
    quick = parser.parse_args().quick
    scale = Scale(2, 1.5, 5) if quick else Scale(25, 2.0, 40)
    with tempfile.TemporaryDirectory(prefix="alfine-bench-") as name:
        folder = songs(Path(name) / "music", 2, SONG_BYTES)
        print_cost_of_step()
        with _server(folder, Path(name)) as (server, port), _crowd(server) as crowd:
            print_share(server, port, crowd, scale)
            print_throughput(server, port, scale)
            print_delay(port, crowd, Path(name) / "profile", scale)


# The cost


def print_cost_of_step() -> None:
    """Print what one step of a machine takes with the monitor on, whether or not it is watched."""
    catalogue = server_catalogue()
    record = Record(catalogue)
    row = catalogue.rows[0]
    step = Step("#1 127.0.0.1:50000", ListRequested(), row.state, row.next_state, (), row)
    times = 200_000
    cost = timeit.timeit(lambda: record.observe(step), number=times) / times
    print(f"monitor on: {cost * 1e6:.2f} µs more for each step of a machine, none for a chunk")


def print_share(server: Running, port: int, crowd: list[socket.socket], scale: Scale) -> None:
    """Print which share of a core the server uses for requests, watched and not."""
    client = Requests(crowd)

    def measure(seconds: float) -> float:
        began, cpu_s = time.monotonic(), _loop_cpu_s(server)
        client.send_for(seconds)
        return (_loop_cpu_s(server) - cpu_s) / (time.monotonic() - began)

    off, watched = _in_turns(port, scale, measure)
    print(
        f"{REQUESTS_S} requests/s of {CONNECTIONS} connections: {100 * off:.2f} % of a core, "
        f"{100 * watched:.2f} % watched: {100 * (watched - off):+.2f}"
    )


def print_throughput(server: Running, port: int, scale: Scale) -> None:
    """Print the CPU time for a GB at full speed, watched and not."""

    def measure(seconds: float) -> float:
        cpu_s = _loop_cpu_s(server)
        answer_bytes = load.throughput(server, FAST_CLIENTS, PLAY, _answer_bytes(), seconds)
        total_s = seconds * 1.25  # it receives for a quarter longer than it counts
        return (_loop_cpu_s(server) - cpu_s) / (answer_bytes.gb_s * total_s)

    off, watched = _in_turns(port, scale, measure)
    print(
        f"{FAST_CLIENTS} clients at full speed beside them: {off:.3f} CPU s/GB, {watched:.3f} "
        f"watched: {100 * (watched / off - 1):+.1f} %"
    )


def _in_turns(port: int, scale: Scale, measure: Callable[[float], float]) -> tuple[float, float]:
    """Return the mean without anybody who watches, and with somebody."""
    off, watched = [], []
    for turn in range(scale.turns):
        progress(f"turn {turn + 1} of {scale.turns}")
        off.append(measure(scale.turn_s))
        with _watching(port):
            time.sleep(0.2)  # the first sample is of all connections
            watched.append(measure(scale.turn_s))
        time.sleep(0.2)
    return statistics.mean(off), statistics.mean(watched)


def _loop_cpu_s(server: Running) -> float:
    """Return the CPU time of the main thread, which is the event loop, to the nanosecond."""
    return int(Path(f"/proc/{server.pid}/schedstat").read_text().split()[0]) / 1e9


class Requests:
    """The connections ask for lists, one after the other, at an even rate."""

    def __init__(self, crowd: list[socket.socket]) -> None:
        self._turns = itertools.cycle(crowd)

    def send_for(self, seconds: float) -> None:
        """Send for so long."""
        began, sent = time.monotonic(), 0
        while (passed_s := time.monotonic() - began) < seconds:
            while sent < passed_s * REQUESTS_S:
                sock = next(self._turns)
                with contextlib.suppress(BlockingIOError):
                    sock.recv(1 << 16)
                sock.sendall(b"LIST END END")
                sent += 1
            time.sleep(0.005)


def _answer_bytes() -> int:
    """How many bytes a song takes on the wire: random bytes are cut at 4096."""
    whole, rest = divmod(SONG_BYTES, 4096)
    return whole * (4096 + 21) + (rest + 21 if rest else 0)


@contextlib.contextmanager
def _server(folder: Path, work: Path) -> Iterator[tuple[Running, int]]:
    """Run a server; yield it and the port of its page."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    options = ("--clients", 2 * CONNECTIONS, "--monitor", port)
    with alfine(folder, work / "cache", "auto", *options) as server:
        yield server, port


@contextlib.contextmanager
def _crowd(server: Running) -> Iterator[list[socket.socket]]:
    """Connect so many clients."""
    with contextlib.ExitStack() as stack:
        socks = []
        for _ in range(CONNECTIONS):
            socks.append(stack.enter_context(load.connect(server.port, receive_buffer=32 * 1024)))
            socks[-1].setblocking(False)
        yield socks


@contextlib.contextmanager
def _watching(port: int) -> Iterator[None]:
    """Watch as a page does, without a browser's cost on the same machine."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")

        def receive() -> None:
            with contextlib.suppress(OSError):
                while sock.recv(1 << 20):
                    pass

        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        yield
        sock.shutdown(socket.SHUT_RDWR)
        thread.join()


# The delay

NOTE_MOVES = """
window.moves = [];
new MutationObserver((changes) => changes.forEach(({ target }) => window.moves.push(
    [target.dataset.name, target.dataset.state, performance.timeOrigin + performance.now()]
))).observe(document.querySelector('.dots'),
    { subtree: true, attributes: true, attributeFilter: ['data-state'] });
"""


def print_delay(port: int, crowd: list[socket.socket], profile: Path, scale: Scale) -> None:
    """Print how long after a PLAY its dot begins to move, in a browser."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        progress("no delay: that needs chromium and chromedriver")
        return
    with _browser(profile) as driver:
        driver.get(f"http://127.0.0.1:{port}/")
        dots = "return document.querySelectorAll('.dot').length"
        while driver.execute_script(dots) < CONNECTIONS:
            time.sleep(0.1)
        driver.execute_script(NOTE_MOVES)
        found = sorted(_delay_ms(driver, crowd[number]) for number in range(scale.plays))
    print(
        f"first dot moves after PLAY, with {CONNECTIONS} connections: median "
        f"{statistics.median(found):.0f} ms, longest {found[-1]:.0f} ms of {len(found)}, "
        f"load {os.getloadavg()[0]:.1f}"
    )


def _delay_ms(driver: Any, sock: socket.socket) -> float:
    host, port = sock.getsockname()
    time.sleep(random.uniform(0.1, 0.3))  # anywhere between two samples
    sent_ms = time.time() * 1000
    sock.sendall(b"PLAY 1 END END")
    script = "return window.moves.find(([name, state]) => name.endsWith(arguments[0]))"
    while (move := driver.execute_script(script, f" {host}:{port}")) is None:
        time.sleep(0.01)
    return float(move[2]) - sent_ms


@contextlib.contextmanager
def _browser(profile: Path) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        f"--user-data-dir={profile}",
    ):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


if __name__ == "__main__":
    main()
