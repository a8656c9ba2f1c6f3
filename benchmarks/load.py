"""Clients that measure: those that take all they can get, and those that take 128 kbit/s."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.servers import ROOT, Running
from net.framing import EOM

LISTEN_BYTES_S = 16_000
RECEIVE_BYTES = 1 << 20
LONGEST_MS = 15_000
"""For one series: a server that is slow has been measured by then."""


def connect(port: int, host: str = "127.0.0.1", receive_buffer: int = 0) -> socket.socket:
    """A connection, with a small receive buffer if asked for."""
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.connect((host, port))
    return sock


@dataclass(frozen=True)
class Throughput:
    """What a number of draining clients got, and what it cost the server."""

    gb_s: float
    cpu_s_per_gb: float


def drain(
    server: Running, count: int, request: bytes, answer_bytes: int, seconds: float
) -> Throughput:
    """`count` clients that ask again when they have got `answer_bytes`, as fast as they can."""
    poll = select.epoll()
    clients: dict[int, list[int]] = {}
    socks = [connect(server.port) for _ in range(count)]
    for sock in socks:
        sock.sendall(request)
        sock.setblocking(False)
        clients[sock.fileno()] = [0]
        poll.register(sock.fileno(), select.EPOLLIN)
    by_fd = {sock.fileno(): sock for sock in socks}
    buffer = bytearray(RECEIVE_BYTES)
    taken = 0
    began, cpu_began, counting = time.monotonic(), 0.0, False
    while (passed := time.monotonic() - began) < seconds or not counting:
        if not counting and passed > seconds / 4:  # by then all of them have been served
            began, cpu_began, counting, taken = time.monotonic(), server.cpu_s(), True, 0
        for fd, _ in poll.poll(0.5):
            with contextlib.suppress(BlockingIOError):
                got = by_fd[fd].recv_into(buffer)
                if not got:
                    raise ConnectionError("the server closed")
                taken += got
                clients[fd][0] += got
                if clients[fd][0] >= answer_bytes:
                    clients[fd][0] -= answer_bytes
                    by_fd[fd].sendall(request)
    passed, cpu = time.monotonic() - began, server.cpu_s() - cpu_began
    for sock in socks:
        sock.close()
    return Throughput(taken / passed / 1e9, cpu / (taken / 1e9))


def http_header_bytes(port: int, request: bytes) -> int:
    """How long the header is that nginx puts before this file."""
    with connect(port) as sock:
        sock.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            got += sock.recv(4096)
        return got.index(b"\r\n\r\n") + 4


@contextlib.contextmanager
def audience(
    port: int, count: int, playing: int, request: bytes = b"PLAY 1 END END"
) -> Iterator[None]:
    """`count` clients in a process of their own, `playing` of them hear a song at 128 kbit/s."""
    numbers = (str(port), str(count), str(playing))
    command = [sys.executable, "-m", "benchmarks.load", *numbers, request.decode()]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the audience could not be seated")
        yield
    finally:
        process.stdin.close()
        process.wait(60)


def sit(port: int, count: int, playing: int, request: bytes) -> None:
    """Be the audience, until standard input ends."""
    socks = [connect(port, receive_buffer=32 * 1024) for _ in range(count)]
    listeners = socks[:playing]
    for sock in listeners:
        sock.sendall(request)
        sock.setblocking(False)
    print("ready", flush=True)
    # Everyone takes what was played in the last second, in turns spread over that second.
    share = max(1, len(listeners) // 50)
    while not select.select([sys.stdin], (), (), 0)[0]:
        began = time.monotonic()
        if not listeners:
            time.sleep(0.1)
        for start in range(0, len(listeners), share):
            for sock in listeners[start : start + share]:
                with contextlib.suppress(BlockingIOError):
                    sock.recv(LISTEN_BYTES_S)
            time.sleep(
                max(0.0, began + (start + share) / max(1, len(listeners)) - time.monotonic())
            )


def received(sock: socket.socket) -> bytes:
    """What has come; a server that closes is a failure."""
    if not (data := sock.recv(RECEIVE_BYTES)):
        raise ConnectionError("the server closed")
    return data


def latencies_ms(
    port: int, request: bytes, expect: bytes, times: int, pause_s: float
) -> list[float]:
    """How long it takes from a request to the end of its answer, one after the other."""
    found = []
    with connect(port) as sock:
        for _ in range(times):
            began = time.monotonic()
            sock.sendall(request)
            got = b""
            while not got.endswith(expect):
                got = got[-64:] + received(sock)
            found.append((time.monotonic() - began) * 1000)
            if sum(found) > LONGEST_MS and len(found) > 20:
                break
            time.sleep(pause_s)
    return found


def first_audio_ms(port: int, requests: list[bytes], pause_s: float) -> list[float]:
    """How long it takes from a PLAY to the first byte, each on a connection of its own."""
    found = []
    for request in requests:
        with connect(port) as sock:
            began = time.monotonic()
            sock.sendall(request)
            received(sock)
            found.append((time.monotonic() - began) * 1000)
        if sum(found) > LONGEST_MS and len(found) > 20:
            break
        time.sleep(pause_s)
    return found


def list_during_play_s(host: str, port: int, times: int) -> list[float]:
    """How long a LIST takes while a song fills the link; run it at the far end of one."""
    found = []
    for _ in range(times):
        with connect(port, host) as sock:
            sock.settimeout(30)
            sock.sendall(b"PLAY 1 END END")
            until = time.monotonic() + 3
            while time.monotonic() < until:
                tail = sock.recv(65536)
            began = time.monotonic()
            sock.sendall(b"LIST END END")
            while b"RESP 100 END 1. " not in tail:
                tail = tail[-64:] + sock.recv(65536)
            found.append(time.monotonic() - began)
    return found


def largest_gap_ms(port: int, seconds: float, askers: int) -> float:
    """The longest that a listener waits for audio while `askers` others ask for the list.

    The listener takes 16 KB every millisecond, a thousand times what a song needs.
    """
    others = [connect(port) for _ in range(askers)]
    longest = 0.0
    with connect(port, receive_buffer=32 * 1024) as sock:
        sock.sendall(b"PLAY 1 END END")
        sock.recv(100)
        for other in others:
            other.sendall(b"LIST END END")
            other.setblocking(False)
        end = time.monotonic() + seconds
        while (began := time.monotonic()) < end:
            sock.recv(16_000)
            longest = max(longest, time.monotonic() - began)
            for other in others:
                with contextlib.suppress(BlockingIOError):
                    if other.recv(100_000).endswith(EOM):
                        other.send(b"LIST END END")
            time.sleep(0.001)
    for other in others:
        other.close()
    return longest * 1000


if __name__ == "__main__":
    if sys.argv[1] == "link":
        print(json.dumps(list_during_play_s(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
    else:
        port, count, playing = map(int, sys.argv[1:4])
        sit(port, count, playing, sys.argv[4].encode())
