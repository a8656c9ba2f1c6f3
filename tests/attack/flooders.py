"""Clients of many addresses that send as much as each may, in a process of their own.

    python -m tests.attack.flooders PORT COUNT ADDRESSES KIND

They say `ready` when all are connected, and flood until standard input ends; then how many bytes
they have sent and received.
"""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.attack.servers import allow_descriptors
from tests.end_to_end.programs import ROOT

PERIOD_S = 0.2
REQUESTS_S = 50
SETUP = b"SETUP ends END END"
LISTS = b"LIST END END" * int(PERIOD_S * REQUESTS_S)
CONTROLS = (b"SETUP " + b"\x01" * 300 + b" END END") * 12
KINDS = {"lists": LISTS, "controls": CONTROLS, "ends": b" END" * 4096}


@dataclass
class Flood:
    """What the flooders have done; known when they have ended."""

    sent_bytes: int = 0
    received_bytes: int = 0


@contextlib.contextmanager
def flooded(port: int, count: int, addresses: int, kind: str) -> Iterator[Flood]:
    """Flood a server for the time of the block."""
    command = [sys.executable, "-m", "tests.attack.flooders", *map(str, (port, count, addresses))]
    process = subprocess.Popen(
        [*command, kind], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    flood = Flood()
    try:
        assert process.stdout.readline() == "ready\n"
        yield flood
        process.stdin.close()
        sent, received = process.stdout.readline().split()
        flood.sent_bytes, flood.received_bytes = int(sent), int(received)
    finally:
        process.stdin.close()
        process.stdout.close()
        process.kill()
        process.wait()


def _connect(port: int, address: int) -> socket.socket:
    sock = socket.socket()
    sock.bind((f"127.0.{1 + address // 250}.{1 + address % 250}", 0))
    sock.connect(("127.0.0.1", port))
    sock.sendall(SETUP)
    sock.setblocking(False)
    return sock


def _flood(socks: list[socket.socket], data: bytes) -> tuple[int, int]:
    sent = received = 0
    while not select.select([sys.stdin], (), (), 0)[0]:
        began = time.monotonic()
        for sock in socks:
            with contextlib.suppress(OSError):
                sent += sock.send(data)
            with contextlib.suppress(OSError):
                while got := len(sock.recv(1 << 18)):
                    received += got
        time.sleep(max(0.0, began + PERIOD_S - time.monotonic()))
    return sent, received


def main() -> None:
    port, count, addresses = map(int, sys.argv[1:4])
    allow_descriptors(count + 100)
    socks = [_connect(port, number % addresses) for number in range(count)]
    print("ready", flush=True)
    print(*_flood(socks, KINDS[sys.argv[4]]), flush=True)


if __name__ == "__main__":
    main()
