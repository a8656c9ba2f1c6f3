"""Addresses as a person writes and reads them: an IPv6 address beside a port stands in brackets."""

from __future__ import annotations

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
