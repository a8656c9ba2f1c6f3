"""The options of the server's limits: of clients, of requests, of silence, and of what all take."""

from __future__ import annotations

import ipaddress

import click

from cli.command_line import Declaration, between, option
from cli.serving.options.headings import CLIENTS, PACE, REQUESTS, RUNNING
from cli.serving.options.numbers import KIB, MIB, count, seconds
from fsm.frozen import dataclass
from net.server.accepting.introductions import Network
from net.server.limits import MAX_CLIENTS, Keepalive, Limits

DEFAULT = Limits()
KEEPALIVE_HELP = (
    "Seconds of silence before the kernel asks whether the other machine is still there, seconds "
    "between two questions, and how many may stay unanswered."
)


def parsed_keepalive(given: str | Keepalive) -> Keepalive:
    """Parse `IDLE/INTERVAL/COUNT`; the default is passed as a Keepalive.

    Raises click.BadParameter: not of that form, or not within the ranges that Linux takes.
    """
    text = str(given)
    words = text.split("/")
    if len(words) == 3 and all(word.isascii() and word.isdecimal() for word in words):
        idle_s, interval_s, count = map(int, words)
        if 1 <= idle_s <= 32767 and 1 <= interval_s <= 32767 and 1 <= count <= 127:
            return Keepalive(idle_s, interval_s, count)
    raise click.BadParameter(
        f"{text!a} is not IDLE/INTERVAL/COUNT, as in 30/10/3: seconds from 1 to 32767, twice, and "
        "a count from 1 to 127."
    )


def network(given: str) -> Network:
    """Parse an address or a network. Raises click.BadParameter."""
    try:
        return ipaddress.ip_network(given)
    except ValueError as error:
        raise click.BadParameter(
            f"{error}: --proxy-from takes an address, or a network as in 10.0.0.0/8"
        ) from None


OPTIONS: tuple[Declaration, ...] = (
    count(
        "--cache-size",
        DEFAULT.cache_bytes // MIB,
        "MiB of songs kept ready, in each worker; others are framed as they are sent.",
        RUNNING,
        least=0,
    ),
    seconds(
        "--drain",
        DEFAULT.drain_s,
        "Seconds that songs have to end in after SIGTERM or Ctrl-C.",
        RUNNING,
        least=0.0,
    ),
    option(
        "--clients",
        type=between(1),
        metavar="N",
        help="Clients at a time, in each worker; one more is answered ERRO 404 and closed.",
        shown="10000, or what the descriptors allow",
        heading=CLIENTS,
    ),
    count(
        "--per-address",
        DEFAULT.per_address,
        "Clients from one address (of IPv6: from one /64), in each worker; this machine's own are "
        "exempt, which is everybody where a proxy on this machine stands in front.",
        CLIENTS,
    ),
    option(
        "--proxy-from",
        type=network,
        multiple=True,
        metavar="NETWORK",
        help="A proxy's address, or its network: its connections have to begin with whose they are "
        "(the PROXY protocol, version 1 or 2), and are counted so. Repeatable.",
        heading=CLIENTS,
    ),
    count(
        "--backlog",
        DEFAULT.backlog,
        "Connections that may wait to be accepted.",
        CLIENTS,
        most=65_535,
    ),
    count(
        "--request-size",
        DEFAULT.request_bytes,
        "Bytes that a request may have, END END included.",
        REQUESTS,
        least=32,
        most=MIB,
    ),
    seconds(
        "--request-time",
        DEFAULT.request_s,
        "Seconds from a request's first byte to its END END.",
        REQUESTS,
    ),
    count(
        "--request-rate",
        DEFAULT.requests_s,
        "Requests per second that a client is heard with; more have to wait.",
        REQUESTS,
    ),
    seconds(
        "--idle-time",
        DEFAULT.idle_s,
        "Seconds that a client may ask for nothing and be sent nothing.",
        PACE,
    ),
    seconds(
        "--stall-time",
        DEFAULT.stall_s,
        "Seconds in which a client has to take something of what is sent.",
        PACE,
    ),
    count(
        "--least-rate",
        DEFAULT.rate_bytes_s,
        "Bytes per second that a client has to take, over --rate-time.",
        PACE,
        least=0,
        most=1 << 30,
    ),
    seconds(
        "--rate-time",
        DEFAULT.rate_window_s,
        "Seconds over which --least-rate is measured.",
        PACE,
    ),
    seconds(
        "--ack-time",
        DEFAULT.ack_s,
        "Seconds in which what is sent has to be acknowledged (TCP_USER_TIMEOUT).",
        PACE,
    ),
    option(
        "--keepalive",
        type=parsed_keepalive,
        default=DEFAULT.keepalive,
        help=KEEPALIVE_HELP,
        metavar="IDLE/INTERVAL/COUNT",
        heading=PACE,
    ),
    count(
        "--unsent",
        DEFAULT.unsent_bytes // KIB,
        "KiB that wait in the kernel for one client: with more, LIST and STOP are felt later, "
        "with less, songs are sent in smaller pieces.",
        PACE,
        least=4,
        most=4096,
    ),
)


@dataclass(frozen=True, slots=True)
class LimitOptions:
    """What the options say. clients: None for as many as the descriptors allow."""

    cache_size: int
    drain: float
    clients: int | None
    per_address: int
    proxy_from: tuple[Network, ...]
    backlog: int
    request_size: int
    request_time: float
    request_rate: int
    idle_time: float
    stall_time: float
    least_rate: int
    rate_time: float
    ack_time: float
    keepalive: Keepalive
    unsent: int

    def limits(self) -> Limits:
        """Return the limits in the units of the server."""
        return Limits(
            clients=MAX_CLIENTS if self.clients is None else self.clients,
            per_address=self.per_address,
            proxies=self.proxy_from,
            request_bytes=self.request_size,
            request_s=self.request_time,
            idle_s=self.idle_time,
            stall_s=self.stall_time,
            rate_bytes_s=self.least_rate,
            rate_window_s=self.rate_time,
            ack_s=self.ack_time,
            keepalive=self.keepalive,
            requests_s=self.request_rate,
            backlog=self.backlog,
            unsent_bytes=self.unsent * KIB,
            cache_bytes=self.cache_size * MIB,
            drain_s=self.drain,
        )
