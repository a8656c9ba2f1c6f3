"""Clients that measure: some receive at full speed, some at 128 kbit/s."""

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
SERIES_LIMIT_MS = 15_000
"""A series of latencies ends when their sum is larger: then there are enough of a slow server."""


HELLO = b"SETUP ends END END"
"""What alfine's client says first. Behind each short message a client that does not say it is given
time to read (protocol.md 8)."""


def connect(
    port: int, host: str = "127.0.0.1", receive_buffer: int = 0, hello: bytes = b""
) -> socket.socket:
    """Connect to a server. receive_buffer: its size in bytes; 0 is the system's default.

    hello: what is sent first, and answered by one message; b"" for nothing.
    """
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.connect((host, port))
    if hello:
        sock.sendall(hello)
        answer = b""
        while not answer.endswith(EOM):
            answer += received(sock)
    return sock


@dataclass(frozen=True)
class Throughput:
    """What clients at full speed received, and the server's CPU time for it."""

    gb_s: float
    cpu_s_per_gb: float


class _FastClients:
    """Clients that receive at full speed, and request again after each whole answer.

    hello: what each sends first.
    """

    def __init__(
        self, port: int, count: int, request: bytes, answer_bytes: int, hello: bytes
    ) -> None:
        self._request = request
        self._answer_bytes = answer_bytes
        self._poll = select.epoll()
        socks = (connect(port, hello=hello) for _ in range(count))
        self._socks = {sock.fileno(): sock for sock in socks}
        self._received = dict.fromkeys(self._socks, 0)  # of the present answer
        self._buffer = bytearray(RECEIVE_BYTES)
        for fd, sock in self._socks.items():
            sock.sendall(request)
            sock.setblocking(False)
            self._poll.register(fd, select.EPOLLIN)

    def receive(self) -> int:
        """Wait until bytes have arrived, receive them, and return their number."""
        return sum(self._receive(fd) for fd, _ in self._poll.poll(0.5))

    def _receive(self, fd: int) -> int:
        try:
            size = self._socks[fd].recv_into(self._buffer)
        except BlockingIOError:
            return 0
        if not size:
            raise ConnectionError("the server closed")
        self._received[fd] += size
        if self._received[fd] >= self._answer_bytes:
            self._received[fd] -= self._answer_bytes
            self._socks[fd].sendall(self._request)
        return size

    def close(self) -> None:
        for sock in self._socks.values():
            sock.close()
        self._poll.close()


def throughput(
    server: Running,
    count: int,
    request: bytes,
    answer_bytes: int,
    seconds: float,
    hello: bytes = b"",
) -> Throughput:
    """Measure the throughput to `count` clients that receive at full speed.

    hello: what each of them sends first.
    Counting starts after a quarter of `seconds`: by then all clients have been served.
    """
    clients = _FastClients(server.port, count, request, answer_bytes, hello)
    _receive_for(clients, seconds / 4)
    start_s, start_cpu_s = time.monotonic(), server.cpu_s()
    received = _receive_for(clients, seconds)
    elapsed_s, cpu_s = time.monotonic() - start_s, server.cpu_s() - start_cpu_s
    clients.close()
    return Throughput(received / elapsed_s / 1e9, cpu_s / (received / 1e9))


def _receive_for(clients: _FastClients, seconds: float) -> int:
    received, end_s = 0, time.monotonic() + seconds
    while time.monotonic() < end_s:
        received += clients.receive()
    return received


def http_header_bytes(port: int, request: bytes) -> int:
    """The size of the header that nginx puts before this file."""
    with connect(port) as sock:
        sock.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += sock.recv(4096)
        return answer.index(b"\r\n\r\n") + 4


@contextlib.contextmanager
def listeners(
    port: int, count: int, playing: int, request: bytes = b"PLAY 1 END END"
) -> Iterator[None]:
    """Connect `count` clients in another process; `playing` of them receive at 128 kbit/s."""
    numbers = (str(port), str(count), str(playing))
    command = [sys.executable, "-m", "benchmarks.load", *numbers, request.decode()]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the listeners could not connect")
        yield
    finally:
        process.stdin.close()
        process.wait(60)


def listen(port: int, count: int, playing: int, request: bytes) -> None:
    """Be the process of `listeners`, until standard input ends."""
    idle_and_playing = [connect(port, receive_buffer=32 * 1024) for _ in range(count)]
    socks = idle_and_playing[:playing]
    for sock in socks:
        sock.sendall(request)
        sock.setblocking(False)
    print("ready", flush=True)
    while not select.select([sys.stdin], (), (), 0)[0]:
        if socks:
            _receive_one_second(socks)
        else:
            time.sleep(0.1)


def _receive_one_second(socks: list[socket.socket]) -> None:
    """Receive one second of music from each socket, in 50 groups spread over one second."""
    start_s = time.monotonic()
    group = max(1, len(socks) // 50)
    for first in range(0, len(socks), group):
        for sock in socks[first : first + group]:
            with contextlib.suppress(BlockingIOError):
                sock.recv(LISTEN_BYTES_S)
        due_s = start_s + (first + group) / len(socks)
        time.sleep(max(0.0, due_s - time.monotonic()))


def received(sock: socket.socket) -> bytes:
    """Receive. Raises ConnectionError: the server has closed the connection."""
    if not (data := sock.recv(RECEIVE_BYTES)):
        raise ConnectionError("the server closed")
    return data


def latencies_ms(
    port: int, request: bytes, expect: bytes, times: int, pause_s: float, hello: bytes = b""
) -> list[float]:
    """The times from a request to the end of its answer, in sequence on one connection.

    expect: the last bytes of the answer. hello: what is sent first.
    """
    found = []
    with connect(port, hello=hello) as sock:
        for _ in range(times):
            start_s = time.monotonic()
            sock.sendall(request)
            tail = b""
            while not tail.endswith(expect):
                tail = tail[-64:] + received(sock)
            found.append((time.monotonic() - start_s) * 1000)
            if sum(found) > SERIES_LIMIT_MS and len(found) > 20:
                break
            time.sleep(pause_s)
    return found


def first_audio_ms(port: int, requests: list[bytes], pause_s: float) -> list[float]:
    """The times from a PLAY to the first byte of its answer, each on a new connection."""
    found = []
    for request in requests:
        with connect(port) as sock:
            start_s = time.monotonic()
            sock.sendall(request)
            received(sock)
            found.append((time.monotonic() - start_s) * 1000)
        if sum(found) > SERIES_LIMIT_MS and len(found) > 20:
            break
        time.sleep(pause_s)
    return found


def list_during_play_s(host: str, port: int, times: int) -> list[float]:
    """The times from a LIST to its answer while a song fills the link to this host."""
    found = []
    for _ in range(times):
        with connect(port, host) as sock:
            sock.settimeout(30)
            sock.sendall(b"PLAY 1 END END")
            end_s = time.monotonic() + 3
            while time.monotonic() < end_s:
                tail = sock.recv(65536)
            start_s = time.monotonic()
            sock.sendall(b"LIST END END")
            while b"RESP 100 END 1. " not in tail:
                tail = tail[-64:] + sock.recv(65536)
            found.append(time.monotonic() - start_s)
    return found


def largest_gap_ms(port: int, seconds: float, requesters: int) -> float:
    """The longest wait of a listener for audio while `requesters` others request the list.

    The listener receives 16 KB every millisecond, a thousand times the rate of a song.
    """
    others = [connect(port, hello=HELLO) for _ in range(requesters)]
    gap_s = 0.0
    with connect(port, receive_buffer=32 * 1024) as sock:
        sock.sendall(b"PLAY 1 END END")
        sock.recv(100)
        for other in others:
            other.sendall(b"LIST END END")
            other.setblocking(False)
        end_s = time.monotonic() + seconds
        while (start_s := time.monotonic()) < end_s:
            sock.recv(16_000)
            gap_s = max(gap_s, time.monotonic() - start_s)
            _request_lists_again(others)
            time.sleep(0.001)
    for other in others:
        other.close()
    return gap_s * 1000


def _request_lists_again(socks: list[socket.socket]) -> None:
    for sock in socks:
        with contextlib.suppress(BlockingIOError):
            if sock.recv(100_000).endswith(EOM):
                sock.send(b"LIST END END")


if __name__ == "__main__":
    if sys.argv[1] == "link":
        print(json.dumps(list_during_play_s(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
    else:
        port, count, playing = map(int, sys.argv[1:4])
        listen(port, count, playing, sys.argv[4].encode())
