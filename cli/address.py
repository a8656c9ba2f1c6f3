"""Addresses as a person writes and reads them: an IPv6 address beside a port stands in brackets."""

from __future__ import annotations

import contextlib
import socket

import click


def host_of(text: str) -> str:
    """Return the name or address without brackets round it: ::1 for [::1].

    It is a callback of options. Raises click.BadParameter: what is in the brackets is no address.
    """
    if not text.startswith("["):
        return text
    inner, bracket, rest = text[1:].partition("]")
    if rest.startswith(":"):
        raise click.BadParameter(f"the port stands apart, as in: [{inner}] {rest[1:] or 'PORT'}")
    import ipaddress  # few write an address of IPv6

    try:
        ipaddress.IPv6Address(inner)
    except ValueError:
        raise click.BadParameter("in brackets stands an IPv6 address, as in: [::1]") from None
    if not bracket or rest:
        raise click.BadParameter(f"an IPv6 address is written as [{inner}]")
    return inner


def with_port(host: str, port: int) -> str:
    """Return HOST:PORT, with brackets round an address that has colons itself."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parted(server: str) -> tuple[str, str]:
    """Return host and port of what `with_port` has made."""
    host, _, port = server.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), port


def are_one_host(one: str, other: str) -> bool:
    """Tell whether two names or addresses are one machine's: they have an address in common.

    All of loopback is this machine's. Cost: both are looked up, unless they are the same.
    """
    return one == other or not _addresses(one).isdisjoint(_addresses(other))


def _addresses(host: str) -> set[str]:
    """Return the addresses of a host; what cannot be found has none."""
    found: set[str] = set()
    with contextlib.suppress(OSError, UnicodeError):
        for *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM):
            found.add(_plain(str(address[0])))
    return found


def _plain(address: str) -> str:
    """Return an address so that those of one machine that are written otherwise are equal."""
    address = address.removeprefix("::ffff:")
    return "localhost" if address == "::1" or address.startswith("127.") else address
