"""The limits of the server: what one client may take, and what all may take together."""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import resource
import socket
import struct
import sys
import termios

from fsm.frozen import dataclass
from net.wire import MAX_REQUEST_BYTES

OWN_DESCRIPTORS = 64
"""Listening sockets, the event loop, the log, the catalogue, sockets on their way to a refusal."""
LEAST_SONGS = 128
"""Songs may be added while the server runs."""
MAX_CLIENTS = 10_000
SWEEP_S = 1.0
BACKLOG = 128
"""Small: while descriptors are short, every connection in the backlog is tried again and again."""

# Python 3.11 has no name for it; 25 is its number on Linux.
TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25 if sys.platform == "linux" else None)
SMALL_SEND_BUFFER_BYTES = 64 * 1024
RECEIVE_BUFFER_BYTES = 16 * 1024


def descriptors() -> int:
    """Return how many descriptors this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if soft == resource.RLIM_INFINITY else soft


def descriptors_for_songs(clients: int, songs: int) -> int:
    """Return how many descriptors so many clients may need for songs: two for each distinct one."""
    return 2 * min(clients, max(songs, LEAST_SONGS))


def raise_descriptors(needed: int) -> None:
    """Raise how many descriptors this process may have open, if it may and has to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if most > soft:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def possible_clients(wanted: int, songs: int) -> int:
    """Return how many clients there are descriptors for, with songs; at most `wanted`.

    Raises how many descriptors there may be, if that is needed and possible.
    """
    raise_descriptors(OWN_DESCRIPTORS + wanted + descriptors_for_songs(wanted, songs))
    left = descriptors() - OWN_DESCRIPTORS
    few, many = left // 3, left - descriptors_for_songs(wanted, songs)
    return max(1, min(wanted, max(few, many)))


@dataclass(frozen=True, slots=True)
class Keepalive:
    """TCP keepalive: idle time before the first probe, time between probes, probes lost before the
    connection is dropped.
    """

    idle_s: int = 30
    interval_s: int = 10
    count: int = 3

    def __str__(self) -> str:
        return f"{self.idle_s}/{self.interval_s}/{self.count}"


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits of one server process. A connection that exceeds a time limit is reset."""

    clients: int = MAX_CLIENTS
    per_address: int = 100
    """Connections from one address; loopback is exempt."""
    proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    """Whose connections begin with the address of their client, which is counted then."""
    request_bytes: int = MAX_REQUEST_BYTES
    request_s: float = 10.0
    """From a request's first byte to its EOM. A limit on silence would not end a request that comes
    byte by byte."""
    idle_s: float = 600.0
    """Without a byte received or sent, while no song is being sent."""
    stall_s: float = 30.0
    """Without a byte taken, while something is to be sent; longer where segments are so long that
    a client at `rate_bytes_s` shows nothing for longer (`least_s`; loopback: 64 s)."""
    rate_bytes_s: int = 1024
    """The least that a client takes, on average over `rate_window_s`, while something is to be
    sent."""
    rate_window_s: float = 60.0
    ack_s: float = 30.0
    """TCP_USER_TIMEOUT, while something is to be sent; it ends a wait for room, too, and is
    lengthened like `stall_s`."""
    keepalive: Keepalive = Keepalive()
    requests_s: int = 50
    """Requests per second; beyond it the client is not read from until its average is below."""
    backlog: int = BACKLOG
    unsent_bytes: int = 16 * 1024
    """What the kernel may hold unsent of one connection (TCP_NOTSENT_LOWAT)."""
    cache_bytes: int = 1 << 30
    """What the spools may take."""
    drain_s: float = 30.0
    """How long songs may go on after the server is told to stop."""

    def least_s(self, timeout_s: float, step_bytes: int) -> float:
        """Return a limit on silence, lengthened so that a client at the least rate is within it.

        step_bytes: what a client may have to read before its kernel announces any room.
        """
        return max(timeout_s, step_bytes / self.rate_bytes_s) if self.rate_bytes_s else timeout_s

    @property
    def sweep_s(self) -> float:
        """The time between two looks at all connections: at most a quarter of any time limit."""
        times = (self.request_s, self.idle_s, self.stall_s, self.rate_window_s)
        return min(SWEEP_S, min(times) / 4)

    def _own_words(self) -> str:
        """Say who is not counted by address, and how a proxy's clients are."""
        if not self.proxies:
            return (
                "clients on this machine are not counted by address: behind a proxy on it that is "
                "everybody, unless --proxy-from 127.0.0.1 has it name them"
            )
        networks = ", ".join(map(str, self.proxies))
        return f"connections from {networks} begin with a PROXY header, and count as it says"

    def lines(self) -> tuple[str, ...]:
        """Return all limits in words, a few to a line, for the log."""
        return (
            f"{self.clients} clients, {self.per_address} from one address, backlog {self.backlog}",
            self._own_words(),
            f"a request of {self.request_bytes} bytes, within {self.request_s:g} s, "
            f"{self.requests_s} a second",
            f"idle {self.idle_s:g} s, stalled {self.stall_s:g} s, "
            f"at least {self.rate_bytes_s} bytes/s over {self.rate_window_s:g} s",
            f"acknowledged within {self.ack_s:g} s, keepalive {self.keepalive}, "
            f"{self.unsent_bytes >> 10} KiB unsent",
            f"{self.cache_bytes >> 20} MiB of songs kept ready, drain {self.drain_s:g} s",
        )


def tune(listener: socket.socket, limits: Limits) -> None:
    """Set on a listening socket the options that the connections it accepts are to inherit.

    Little lies unsent in the kernel, so that a LIST or a STOP during a song takes effect soon.
    Keepalive finds peers that are gone while nothing is sent to them.
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


def set_ack_timeout(sock: socket.socket, timeout_s: float) -> None:
    """Set how long sent bytes may stay unacknowledged (TCP_USER_TIMEOUT); 0: no limit.

    Not for a connection on which nothing is sent: with this option the kernel drops it at the first
    lost keepalive, and the keepalives of thousands of connections come in bursts that lose some.
    """
    if (option := getattr(socket, "TCP_USER_TIMEOUT", None)) is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, option, int(timeout_s * 1000))


def segment_bytes(sock: socket.socket) -> int:
    """Return the longest segment to the peer: it may announce room only when one fits whole."""
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)


def unacknowledged_bytes(sock: socket.socket) -> int:
    """Return how many sent bytes the peer has not acknowledged."""
    (count,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))
    return int(count)


def reset(sock: socket.socket) -> None:
    """Close with a reset: after a plain close the kernel would keep unsent bytes for minutes."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    finally:
        sock.close()
