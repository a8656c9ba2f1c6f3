"""What one client may cost, and what the server keeps for all: every number in one place."""

from __future__ import annotations

import contextlib
import resource
import socket
import struct
import sys
from dataclasses import dataclass

from net.wire import MAX_REQUEST_BYTES

SPARE_DESCRIPTORS = 256
MAX_CLIENTS = 10_000
SWEEP_S = 1.0
BACKLOG = 128
"""More would cost: while descriptors are short, waiting connections are tried again and again."""

# Python 3.11 does not name it; the number is Linux's own.
TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25 if sys.platform == "linux" else None)
SMALL_SEND_BUFFER_BYTES = 64 * 1024
RECEIVE_BUFFER_BYTES = 16 * 1024


def descriptors() -> int:
    """How many descriptors this process may hold."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if soft == resource.RLIM_INFINITY else soft


def default_clients() -> int:
    """As many as there are descriptors for, and never more than 10,000."""
    return max(1, min(MAX_CLIENTS, descriptors() - SPARE_DESCRIPTORS))


@dataclass(frozen=True, slots=True)
class Keepalive:
    """After so much silence the kernel asks, so often; that many questions may be lost."""

    idle_s: int = 30
    interval_s: int = 10
    count: int = 3

    def __str__(self) -> str:
        return f"{self.idle_s}/{self.interval_s}/{self.count}"


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits of one server process. A time-out resets the connection."""

    clients: int = MAX_CLIENTS
    per_address: int = 100
    """From one address; loopback is exempt."""
    request_bytes: int = MAX_REQUEST_BYTES
    request_s: float = 10.0
    """From a request's first byte to its EOM: a timer of silence would never end a trickle."""
    idle_s: float = 600.0
    stall_s: float = 30.0
    """Without a byte of progress while something is to be sent."""
    rate_bytes_s: int = 1024
    """At least, on average over `rate_window_s`, while something is to be sent."""
    rate_window_s: float = 60.0
    ack_s: float = 30.0
    """TCP_USER_TIMEOUT, while something is to be sent."""
    keepalive: Keepalive = Keepalive()
    requests_s: int = 50
    """Beyond that the client is not read from: its own requests wait in its own buffers."""
    backlog: int = BACKLOG
    unsent_bytes: int = 16 * 1024
    """What the kernel holds unsent of one connection (TCP_NOTSENT_LOWAT)."""
    cache_bytes: int = 1 << 30
    drain_s: float = 30.0

    @property
    def sweep_s(self) -> float:
        """How often to look for clients that are over time: at least four times in any time-out."""
        times = (self.request_s, self.idle_s, self.stall_s, self.rate_window_s)
        return min(SWEEP_S, min(times) / 4)

    def lines(self) -> tuple[str, ...]:
        """Say them all, a few to a line."""
        return (
            f"{self.clients} clients, {self.per_address} from one address, backlog {self.backlog}",
            f"a request of {self.request_bytes} bytes, within {self.request_s:g} s, "
            f"{self.requests_s} a second",
            f"idle {self.idle_s:g} s, stalled {self.stall_s:g} s, "
            f"at least {self.rate_bytes_s} bytes/s over {self.rate_window_s:g} s",
            f"acknowledged within {self.ack_s:g} s, keepalive {self.keepalive}, "
            f"{self.unsent_bytes >> 10} KiB unsent",
            f"{self.cache_bytes >> 20} MiB of songs kept ready, drain {self.drain_s:g} s",
        )


def tune(listener: socket.socket, limits: Limits) -> None:
    """Set on a listening socket what every connection it accepts is to inherit.

    Little lies unsent in the kernel, so that a LIST or a STOP during a song is felt soon; a peer
    that is gone is noticed (keepalive) although nothing is sent to it.
    """
    tcp = socket.IPPROTO_TCP
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(tcp, socket.TCP_NODELAY, 1)
    for name, value in (
        ("TCP_KEEPIDLE", limits.keepalive.idle_s),
        ("TCP_KEEPINTVL", limits.keepalive.interval_s),
        ("TCP_KEEPCNT", limits.keepalive.count),
    ):
        if (option := getattr(socket, name, None)) is not None:
            listener.setsockopt(tcp, option, value)
    try:
        if TCP_NOTSENT_LOWAT is None:
            raise OSError
        listener.setsockopt(tcp, TCP_NOTSENT_LOWAT, limits.unsent_bytes)
    except OSError:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_SEND_BUFFER_BYTES)


def watch_progress(sock: socket.socket, seconds: float) -> None:
    """Give the peer so many seconds to acknowledge what is sent to it (TCP_USER_TIMEOUT); 0: any.

    Not for a connection at rest: with it the kernel takes the first lost keepalive for the end, and
    the keepalives of thousands of connections come in bursts in which some are lost.
    """
    if (option := getattr(socket, "TCP_USER_TIMEOUT", None)) is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))


def reset(sock: socket.socket) -> None:
    """Close with a reset: a plain close would leave what is unsent in the kernel, for minutes."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    finally:
        sock.close()
