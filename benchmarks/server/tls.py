"""TLS: alfine's own beside HAProxy's in front of alfine in clear; what it costs to send, to stay
and to come.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import ssl
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.scale import LOOPS, SONG_BYTES, Scale, progress, songs
from benchmarks.servers import ROOT, Running
from net.framing import audio_message, chunks
from net.tls.authority import Authority

GIB = 1 << 30
RECEIVE_BYTES = 1 << 18
CLIENTS = 8
IDLE = 1000
AT_ONCE = 64
SETTLE_S = 1.0
BEHIND_HAPROXY = "HAProxy + alfine"
HAPROXY = """
global
    maxconn 4000

defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
frontend tls
    bind 127.0.0.1:{port} ssl crt {pem} ssl-min-ver TLSv1.2
    default_backend songs
backend songs
    server one 127.0.0.1:{behind}
"""


@dataclass(frozen=True)
class Served:
    """What serves over TLS. processes: all that take part in it."""

    name: str
    port: int
    processes: tuple[Running, ...]

    def cpu_s(self) -> float:
        """The CPU seconds of all its processes."""
        return sum(process.cpu_s() for process in self.processes)

    def rss_kib(self) -> float:
        """The resident memory of all its processes."""
        return sum(process.rss_mib() for process in self.processes) * 1024


Start = Callable[[], contextlib.AbstractContextManager[Served]]


def measure(work: Path, scale: Scale) -> list[dict[str, Any]]:
    """Measure all that is here; the servers take turns in each round.

    The ratio to HAProxy is the median of the ratios of each round.
    """
    folder = songs(work / "music", 1, SONG_BYTES)
    authority = Authority(work / "certs")
    authority.begin()
    made = authority.server("localhost")
    assert made.key is not None
    both = work / "both.pem"
    both.write_bytes(made.certificate.read_bytes() + made.key.read_bytes())
    context = ssl.create_default_context(cafile=authority.certificate)
    starts: list[Start] = [partial(_own, folder, work, loop, both) for loop in LOOPS]
    if (program := _haproxy_program()) is not None:
        starts.append(partial(_behind_haproxy, program, folder, work, both))
    else:
        progress("without HAProxy, which is not here")
    framed = sum(map(len, map(audio_message, chunks((folder / "000001.mp3").read_bytes()))))
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(start()) for start in starts]
        cpu = _rounds(running, scale, partial(_cpu_s_per_gib, context, framed, scale.seconds))
        times = _rounds(running, scale, partial(_all_come_s, context))
    idle = {served.name: kib for start in starts for served, kib in [_idle_kib(start, context)]}
    return [_row(name, cpu, times, idle[name]) for name in cpu]


def _row(
    name: str, cpu: dict[str, list[float]], times: dict[str, list[float]], kib: float
) -> dict[str, Any]:
    row = {
        "server": name,
        "cpu_s_per_gib": statistics.median(cpu[name]),
        "least_cpu_s_per_gib": min(cpu[name]),
        "idle_kib": kib,
        "handshakes_s": statistics.median(times[name]),
    }
    if BEHIND_HAPROXY in cpu:
        pairs = zip(cpu[name], cpu[BEHIND_HAPROXY], strict=True)
        row["cpu_of_haproxy"] = statistics.median(ours / its for ours, its in pairs)
    return row


def _rounds(
    running: list[Served], scale: Scale, measured: Callable[[Served], float]
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {served.name: [] for served in running}
    for turn in range(scale.rounds):
        first = turn % len(running)
        for served in running[first:] + running[:first]:
            found[served.name].append(measured(served))
            progress(f"{served.name}: {found[served.name][-1]:.3f}")
    return found


@contextlib.contextmanager
def _own(folder: Path, work: Path, loop: str, pem: Path) -> Iterator[Served]:
    with servers.alfine(folder, work / f"cache-{loop}", loop, "--tls-cert", pem) as server:
        yield Served(f"alfine, {loop}", server.port, (server,))


@contextlib.contextmanager
def _behind_haproxy(program: str, folder: Path, work: Path, pem: Path) -> Iterator[Served]:
    with servers.alfine(folder, work / "cache-behind", LOOPS[-1]) as behind:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
        config = work / "haproxy.cfg"
        config.write_text(HAPROXY.format(port=port, pem=pem, behind=behind.port))
        process = subprocess.Popen([program, "-f", config])
        try:
            while not _listens(port):
                time.sleep(0.05)
            yield Served(BEHIND_HAPROXY, port, (behind, Running(port, process.pid, 0.0)))
        finally:
            process.terminate()
            process.wait(10)


def _haproxy_program() -> str | None:
    """The path of HAProxy, installed or unpacked by `./dev bench`; None if there is none."""
    folders = (os.environ["PATH"], "/usr/sbin", str(ROOT / ".venv/haproxy/usr/sbin"))
    return shutil.which("haproxy", path=os.pathsep.join(folders))


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def _connect(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    sock = socket.create_connection(("127.0.0.1", port))
    return context.wrap_socket(sock, server_hostname="localhost")


# What it costs to send


def _cpu_s_per_gib(
    context: ssl.SSLContext, answer_bytes: int, seconds: float, served: Served
) -> float:
    """Receive at full speed with CLIENTS clients; return what that has cost the server."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(_connect(served.port, context)) for _ in range(CLIENTS)]
        for sock in socks:
            sock.sendall(b"SETUP ends END ENDPLAY 1 END END")
            sock.setblocking(False)
        clients = _Receiving(socks, answer_bytes)
        clients.receive_for(seconds / 4)
        cpu_s = served.cpu_s()
        received = clients.receive_for(seconds)

        return (served.cpu_s() - cpu_s) / (received / GIB)


class _Receiving:
    """Clients that play the song again and again."""

    def __init__(self, socks: list[ssl.SSLSocket], answer_bytes: int) -> None:
        self._socks = {sock.fileno(): sock for sock in socks}
        self._left = dict.fromkeys(self._socks, answer_bytes)
        self._answer_bytes = answer_bytes
        self._buffer = bytearray(RECEIVE_BYTES)
        self._poll = select.epoll()
        for fd in self._socks:
            self._poll.register(fd, select.EPOLLIN)

    def receive_for(self, seconds: float) -> int:
        received, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            for fd, _ in self._poll.poll(0.5):
                received += self._receive(fd)
        return received

    def _receive(self, fd: int) -> int:
        size = 0
        with contextlib.suppress(ssl.SSLWantReadError):
            while size < RECEIVE_BYTES:
                size += self._socks[fd].recv_into(self._buffer)
        self._left[fd] -= size
        if self._left[fd] <= 0:
            self._left[fd] += self._answer_bytes
            self._socks[fd].sendall(b"PLAY 1 END END")
        return size


# What it costs to stay


def _idle_kib(start: Start, context: ssl.SSLContext) -> tuple[Served, float]:
    """Return what a server grows by for each of IDLE connections."""
    with start() as served, contextlib.ExitStack() as stack:
        for _ in range(AT_ONCE):  # what is allocated once is there by then
            _connect(served.port, context).close()
        time.sleep(SETTLE_S)
        before = served.rss_kib()
        for _ in range(IDLE):
            sock = stack.enter_context(_connect(served.port, context))
            sock.sendall(b"LIST END END")
            sock.recv(1000)
        time.sleep(SETTLE_S)
        kib = (served.rss_kib() - before) / IDLE
        progress(f"{served.name}: {kib:.1f} KiB an idle connection")
        return served, kib


# What it costs to come


def _all_come_s(context: ssl.SSLContext, served: Served) -> float:
    """Have AT_ONCE clients begin their handshakes together; return when the last has its list."""
    socks = []
    for _ in range(AT_ONCE):
        sock = socket.create_connection(("127.0.0.1", served.port))
        wrapped = context.wrap_socket(
            sock, server_hostname="localhost", do_handshake_on_connect=False
        )
        wrapped.setblocking(False)
        socks.append(wrapped)
    began = time.monotonic()
    for sock in socks:
        with contextlib.suppress(ssl.SSLWantReadError):
            sock.do_handshake()  # each says hello before any of them hears anything
    for sock in socks:
        sock.setblocking(True)
        sock.do_handshake()
        sock.sendall(b"LIST END END")
    for sock in socks:
        sock.recv(1000)
    passed_s = time.monotonic() - began
    for sock in socks:
        sock.close()
    return passed_s
