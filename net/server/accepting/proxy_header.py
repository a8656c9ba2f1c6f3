"""The PROXY protocol, versions 1 and 2: whose connection it is that a proxy passes on.

Source: HAProxy's proxy-protocol.txt. It knows bytes only, neither sockets nor who may send them.
"""

from __future__ import annotations

import ipaddress
import struct
from enum import Enum

V1, V2 = b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"
SHORTEST_V1, LONGEST_V1 = len(b"PROXY UNKNOWN\r\n"), 107
"""The shortest header of version 2 is longer by a byte."""
_V2_START = struct.Struct("!BBH")
FIXED_V2 = len(V2) + _V2_START.size
LONGEST_V2 = 2048
"""Addresses take 216 bytes at most; proxies add fields of their own."""
_LOCAL, _PROXY = 0x20, 0x21
OWN = V2 + _V2_START.pack(_LOCAL, 0, 0)
"""What a proxy sends of a connection that is its own."""
_ADDRESS_BYTES = {1: 4, 2: 16}
"""By address family: IPv4 and IPv6."""
_FAMILIES = {"TCP4": 4, "TCP6": 6}


class Unnamed(Enum):
    """Whose a connection is of which the header names no address."""

    PROXY = "the proxy's own: it looks every second whether the server serves"
    CLIENT = "a client's that has no address: it came to the proxy over a Unix socket, for one"


class ProxyHeaderError(ValueError):
    """The bytes are no header of the PROXY protocol. The message says what is wrong."""


def missing_bytes(data: bytes) -> int:
    """Return how many bytes may be read next without reading past the header; 0: it is whole.

    data: what has been read of the connection. Raises ProxyHeaderError.
    """
    if not data:
        return SHORTEST_V1
    if V2.startswith(data[: len(V2)]):
        return max(FIXED_V2 - len(data), 0) or FIXED_V2 + _v2_rest(data) - len(data)
    if not V1.startswith(data[: len(V1)]):
        raise ProxyHeaderError("it does not begin with a header of the PROXY protocol")
    if data.endswith(b"\r\n"):
        return 0
    if len(data) >= LONGEST_V1:
        raise ProxyHeaderError(f"a header of version 1 has at most {LONGEST_V1} bytes")
    return max(SHORTEST_V1 - len(data), 1)


def source(header: bytes) -> tuple[str, int] | Unnamed:
    """Return the address and port of the client, or whose else the connection is.

    header: whole, as `missing_bytes` has it. Raises ProxyHeaderError.
    """
    try:
        return _source_v2(header) if header.startswith(V2) else _source_v1(header)
    except (ValueError, struct.error) as error:  # what `ipaddress` says may hold the bytes
        raise ProxyHeaderError("the addresses in the PROXY header are none") from error


def _v2_rest(data: bytes) -> int:
    command, _, rest = _V2_START.unpack_from(data, len(V2))
    if command not in (_LOCAL, _PROXY):
        raise ProxyHeaderError("the PROXY header is of an unknown version or command")
    if rest > LONGEST_V2:
        raise ProxyHeaderError(f"a PROXY header of {rest} bytes is too long")
    return int(rest)


def _source_v2(header: bytes) -> tuple[str, int] | Unnamed:
    command, family, _ = _V2_START.unpack_from(header, len(V2))
    if command == _LOCAL:
        return Unnamed.PROXY
    size = _ADDRESS_BYTES.get(family >> 4)
    if size is None:
        return Unnamed.CLIENT
    address, port = struct.unpack_from(f"!{size}s{size}xH", header, FIXED_V2)
    return str(ipaddress.ip_address(address)), int(port)


def _source_v1(header: bytes) -> tuple[str, int] | Unnamed:
    """Version 1 has no other word for the proxy's own than UNKNOWN: HAProxy's checks say it."""
    _, family, *words = header.decode("ascii").removesuffix("\r\n").split(" ")
    if family == "UNKNOWN":
        return Unnamed.PROXY
    address, _, port, _ = words
    host = ipaddress.ip_address(address)
    # Python takes a zone behind an address, of any characters; whose connection it is has none.
    if host.version != _FAMILIES.get(family) or "%" in address:
        raise ValueError(address)
    if not port.isdigit() or int(port) > 0xFFFF:
        raise ValueError(port)
    return str(host), int(port)
