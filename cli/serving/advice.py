"""Where clients reach a server: what it listens on is not always what they can connect to."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

SOMEWHERE = {4: "192.0.2.1", 6: "2001:db8::1"}
"""Addresses that nobody has (RFC 5737, RFC 3849): only the way to them is asked for."""


def reachable_at(listeners: Sequence[socket.socket]) -> tuple[str, int]:
    """Return the host and the port for a client to connect to: from elsewhere, if that is possible.

    Where every address is listened on, it is the one from which this machine would reach others,
    and else its name.
    """
    listener = min(listeners, key=lambda each: _ip(each.getsockname()[0]).is_loopback)
    address, port = listener.getsockname()[:2]
    if not _ip(address).is_unspecified:
        return address, port
    found = (own_address(version) for version in _versions(listener))
    return next(filter(None, found), None) or socket.gethostname(), port


def _versions(listener: socket.socket) -> tuple[int, ...]:
    """Return the versions of IP that come to a socket that listens on every address."""
    if listener.family == socket.AF_INET:
        return (4,)
    only = listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    return (6,) if only else (4, 6)


def own_address(version: int) -> str | None:
    """Return this machine's address on the way to others; None: there is no way. Nothing is sent.

    version: of IP, 4 or 6.
    """
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((SOMEWHERE[version], 9))
            address = str(probe.getsockname()[0])
    except OSError:
        return None
    return None if _ip(address).is_loopback else address


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(address.partition("%")[0])
