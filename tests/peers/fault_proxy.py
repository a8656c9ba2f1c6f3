"""A TCP proxy that injects faults into what the server sends, one planned fault per connection.

Each connection takes the next plan; without a plan it forwards everything. A plan counts the bytes
of its own connection. The proxy knows nothing of the protocol and needs only the standard library.
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

BLOCK = 16 * 1024
# Small, so that a server soon notices that its client does not read.
KERNEL_BYTES = 16 * 1024


@dataclass(frozen=True)
class Plan:
    """What happens to the bytes from the server. *_at: after so many bytes.

    cut closes, reset closes with RST, stall forwards nothing more, hold nothing until
    `Line.go_on` is set. rate: bytes per second. slice: bytes per write. scatter: this share of the
    bytes begins a write of its own, and half of those writes come up to `delay` seconds late; seed
    makes the choice. latency: seconds that everything takes, each way.
    """

    cut_at: int | None = None
    reset_at: int | None = None
    stall_at: int | None = None
    hold_at: int | None = None
    rate: float | None = None
    slice: int = BLOCK
    delay: float = 0.0
    scatter: float = 0.0
    seed: int = 0
    latency: float = 0.0

    def at(self) -> int | None:
        """Return the offset of the fault; None if there is none at an offset."""
        offsets = (self.cut_at, self.reset_at, self.stall_at, self.hold_at)
        return next((offset for offset in offsets if offset is not None), None)


class Line:
    """One connection through the proxy."""

    def __init__(self, client: socket.socket, server: socket.socket, plan: Plan):
        self.client, self.server, self.plan = client, server, plan
        self.sent = bytearray()
        """What the client has sent."""
        self.heard = threading.Condition()
        self.forwarded = 0
        """How many bytes from the server have been forwarded."""
        self.reached = threading.Event()
        """The offset of the fault has been reached."""
        self.go_on = threading.Event()
        self.over = threading.Event()
        self.resetting = False
        self.lock = threading.Lock()
        self.under_way: dict[socket.socket, deque[bytes]] = {client: deque(), server: deque()}
        """With latency: what each side is sent next."""

    def wait_for_sent(self, wanted: bytes, seconds: float = 20.0) -> None:
        """Wait until the client has sent this."""
        with self.heard:
            assert self.heard.wait_for(lambda: wanted in self.sent, seconds), bytes(self.sent)

    def run(self) -> None:
        back = threading.Thread(target=self._requests, daemon=True)
        back.start()
        with contextlib.suppress(OSError):
            self._responses()
        self.close()
        back.join()

    def _pass_on(self, sock: socket.socket, data: bytes) -> None:
        """Send, or with latency have it sent later, in its order."""
        if not self.plan.latency:
            sock.sendall(data)
            return
        timer = threading.Timer(self.plan.latency, self._send_first, (sock,))
        with self.lock:
            self.under_way[sock].append(data)
        timer.daemon = True
        timer.start()

    def _send_first(self, sock: socket.socket) -> None:
        with self.lock, contextlib.suppress(OSError):
            sock.sendall(self.under_way[sock].popleft())

    def close(self) -> None:
        self.over.set()
        self.go_on.set()
        for sock in (self.client, self.server):
            # Only a shutdown wakes the other thread; but it also sends FIN, which a reset is not
            # to send.
            without_fin = self.resetting and sock is self.client
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RD if without_fin else socket.SHUT_RDWR)
            sock.close()

    def _requests(self) -> None:
        with contextlib.suppress(OSError):
            while data := self.client.recv(BLOCK):
                with self.heard:
                    self.sent += data
                    self.heard.notify_all()
                self._pass_on(self.server, data)
            # The client has shut down its side: what the server still sends to it is forwarded.
            self.server.shutdown(socket.SHUT_WR)
            return
        self.close()

    def _responses(self) -> None:
        rng = random.Random(self.plan.seed)
        offset = self.plan.at()
        while True:
            room = BLOCK if self.reached.is_set() or offset is None else offset - self.forwarded
            if room == 0:
                if not self._inject():
                    return
                continue
            if not (data := self.server.recv(min(room, BLOCK))):
                return
            for piece in self._pieces(data, rng):
                self._pass_on(self.client, piece)
                self.forwarded += len(piece)

    def _pieces(self, data: bytes, rng: random.Random) -> Iterable[bytes]:
        plan = self.plan
        start = 0
        while start < len(data):
            size = plan.slice
            if plan.scatter:
                size = min(size, 1 + int(rng.expovariate(plan.scatter)))
            piece = data[start : start + size]
            yield piece
            start += len(piece)
            if plan.rate:
                time.sleep(len(piece) / plan.rate)
            if plan.delay and (not plan.scatter or rng.random() < 0.5):
                time.sleep(rng.uniform(0, plan.delay) if plan.scatter else plan.delay)

    def _inject(self) -> bool:
        """Inject the planned fault; return whether to go on forwarding."""
        self.reached.set()
        if self.plan.hold_at is not None:
            self.go_on.wait()
            return not self.over.is_set()
        if self.plan.stall_at is not None:
            self.over.wait()
        if self.plan.reset_at is not None:
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.resetting = True
        return False


class FaultProxy:
    """Listens on a port of its own and forwards every connection to target_port."""

    def __init__(self, target_port: int, *plans: Plan):
        self.target_port = target_port
        self.plans = list(plans)
        self.lines: list[Line] = []
        self.added = threading.Condition()
        self.port = 0
        self.listener: socket.socket | None = None
        self.open()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Listen, on the same port as before if there was one."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(32)
        self.port = listener.getsockname()[1]
        self.listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def refuse(self) -> None:
        """Listen no more, so that new connections are refused; those that exist stay."""
        if self.listener is not None:
            # Only a shutdown wakes the thread that waits in accept.
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None

    def close(self) -> None:
        self.refuse()
        for line in list(self.lines):
            line.close()

    def line(self, number: int, seconds: float = 20.0) -> Line:
        """Return the connection with this number, from 0; wait until there is one."""
        with self.added:
            assert self.added.wait_for(lambda: len(self.lines) > number, seconds), "no connection"
            return self.lines[number]

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.socket()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
            try:
                server.connect(("127.0.0.1", self.target_port))
            except OSError:
                server.close()
                client.close()
                continue
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line = Line(client, server, self.plans.pop(0) if self.plans else Plan())
            with self.added:
                self.lines.append(line)
                self.added.notify_all()
            threading.Thread(target=line.run, daemon=True).start()
