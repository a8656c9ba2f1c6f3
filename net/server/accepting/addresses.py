"""Which connections count as from one address, and which come from this host itself."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping

from net.server.turns import Share

IPV6_PREFIX_BITS = 64
"""A single host has at least so many IPv6 addresses to choose from."""


def parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address without its zone; one of IPv4 also where it came over IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return getattr(ip, "ipv4_mapped", None) or ip


def unmapped(address: str) -> str:
    """Return an IPv4 address as such; a socket of both families has it as ::ffff:1.2.3.4."""
    return str(parsed(address)) if address.startswith("::ffff:") else address


def counted_as(address: str) -> str:
    """Return what the connections of this address are counted under: for IPv6 its /64."""
    ip = parsed(address)
    if ip.version == 4 or ip.is_loopback:
        return str(ip)
    return str(ipaddress.ip_network((int(ip), IPV6_PREFIX_BITS), strict=False))


def counted_by_name(client: str) -> str:
    """Return what the connections of a client are counted under whose certificate names it."""
    return f"certificate {client}"


class Crowded:
    """The names of clients, as certificates have them, that have connections enough."""

    def __init__(self, shares: Mapping[str, Share], most: int) -> None:
        self._shares, self._most = shares, most

    def __contains__(self, client: object) -> bool:
        share = self._shares.get(counted_by_name(str(client)))
        return share is not None and share.connections >= self._most


def is_own(sock: socket.socket, address: str) -> bool:
    """Return whether an accepted connection comes from this host: over loopback, or from one of the
    addresses that the host has itself.

    address: as `unmapped` has it. Cost: a socket is bound to the address, unless it is the one that
    was connected to.
    """
    ip = parsed(address)
    if ip.is_loopback or unmapped(sock.getsockname()[0]) == address:
        return True
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address.partition("%")[0], 0))
    except OSError:
        return False
    return True
