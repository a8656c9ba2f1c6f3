"""The PROXY protocol's headers, read byte by byte, whole or broken."""

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from net.server.accepting import proxy_header
from net.server.accepting.proxy_header import V2, ProxyHeaderError, Unnamed, missing_bytes, source

ports = st.integers(0, 0xFFFF)
addresses = st.ip_addresses()


def v1(address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> bytes:
    return f"PROXY TCP{address.version} {address} {address} {port} 12345\r\n".encode()


def v2(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    port: int,
    more: bytes = b"",
    command: int = 0x21,
) -> bytes:
    family = 0x11 if address.version == 4 else 0x21
    rest = address.packed * 2 + struct.pack("!HH", port, 12345) + more
    return V2 + struct.pack("!BBH", command, family, len(rest)) + rest


def read(stream: bytes) -> bytes:
    """Return the header that stands at the begin of the stream, read as a server reads it."""
    header = b""
    while missing := missing_bytes(header):
        piece = stream[len(header) : len(header) + missing]
        if not piece:
            raise EOFError(header)
        header += piece
    return header


@given(addresses, ports, st.binary(max_size=60), st.binary(max_size=20))
def test_version_2_names_the_client_and_leaves_what_follows(address, port, more, after):
    header = v2(address, port, more)
    assert read(header + after) == header
    assert source(header) == (str(address), port)


@given(addresses, ports, st.binary(max_size=20))
def test_version_1_names_the_client_and_leaves_what_follows(address, port, after):
    header = v1(address, port)
    assert read(header + after) == header
    assert source(header) == (str(address), port)


@pytest.mark.parametrize(
    ("header", "whose"),
    [
        (b"PROXY UNKNOWN\r\n", Unnamed.PROXY),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", Unnamed.PROXY),
        (v2(ipaddress.ip_address("10.0.0.1"), 4, command=0x20), Unnamed.PROXY),
        (V2 + struct.pack("!BBH", 0x20, 0, 0), Unnamed.PROXY),
        (V2 + struct.pack("!BBH", 0x21, 0, 0), Unnamed.CLIENT),
        (V2 + struct.pack("!BBH", 0x21, 0x31, 216) + bytes(216), Unnamed.CLIENT),
    ],
    ids=["v1", "v1 addresses", "v2 local", "v2 local, no addresses", "v2 unspecified", "v2 unix"],
)
def test_a_header_may_name_nobody(header, whose):
    assert read(header + b"LIST END END") == header
    assert source(header) is whose


@pytest.mark.parametrize(
    "stream",
    [
        b"LIST END END END",
        b"PROXY " + b"x" * 200,
        b"PROXY TCP4 10.0.0.1 10.0.0.2 70000 80\r\n",
        b"PROXY TCP4 ::1 ::1 7 8\r\n",
        b"PROXY TCP6 1.2.3.4 1.2.3.4 7 8\r\n",
        b"PROXY TCP4 10.0.0.1\r\n",
        b"PROXY TCP5 10.0.0.1 10.0.0.2 7 8\r\n",
        b"PROXY TCP6 fe80::1%\x1b[31mred ::1 7 8\r\n",
        b"PROXY TCP4 \xff 10.0.0.2 7 8\r\n",
        "PROXY TCP4 10.0.0.1 10.0.0.2 ٣ 8\r\n".encode(),
        V2 + struct.pack("!BBH", 0x31, 0x11, 12) + bytes(12),
        V2 + struct.pack("!BBH", 0x22, 0x11, 12) + bytes(12),
        V2 + struct.pack("!BBH", 0x21, 0x11, 4) + bytes(4),
        V2 + struct.pack("!BBH", 0x21, 0x11, 0xFFFF) + bytes(0xFFFF),
    ],
)
def test_what_is_no_header_is_refused(stream):
    with pytest.raises(ProxyHeaderError):
        source(read(stream))


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: V2 + data))
def test_any_bytes_are_read_to_an_end(stream):
    try:
        header = read(stream)
        source(header)
    except (ProxyHeaderError, EOFError):
        return
    assert stream.startswith(header)
    assert len(header) <= proxy_header.FIXED_V2 + proxy_header.LONGEST_V2
