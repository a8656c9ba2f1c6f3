"""Which of this machine's addresses other machines can reach a server at."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address


def own() -> tuple[str, ...]:
    """Return the addresses that this machine has now; those of loopback are left out.

    A link-local address of IPv6 has no scope behind it.
    """
    import ifaddr  # what announces nothing and seeks nothing needs none of it

    ips = (ip for adapter in ifaddr.get_adapters() for ip in adapter.ips)
    found = {ip.ip[0] if isinstance(ip.ip, tuple) else ip.ip for ip in ips}
    return tuple(sorted(filter(is_reachable, found)))


def is_reachable(address: str) -> bool:
    """Return whether other machines may reach a server that listens here."""
    return not _parsed(address).is_loopback


def announced(listening: Sequence[str], owned: Sequence[str]) -> tuple[str, ...]:
    """Return those of the machine's addresses at which a server is reached.

    listening: what its sockets are bound to; :: is taken to be of IPv6 alone.
    """
    bound = {_parsed(each) for each in listening}
    versions = {ip.version for ip in bound if ip.is_unspecified}
    return tuple(each for each in owned if _parsed(each) in bound or _version(each) in versions)


def _version(address: str) -> int:
    return _parsed(address).version


def _parsed(address: str) -> IPv4Address | IPv6Address:
    ip = ip_address(address.partition("%")[0])
    return getattr(ip, "ipv4_mapped", None) or ip
