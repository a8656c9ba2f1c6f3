"""Which addresses are announced."""

import socket

import pytest

from cli.discovering.announced import listened_on
from discovery.addresses import announced, is_reachable

OWNED = ("10.0.0.1", "192.168.1.5", "fd00::1", "fe80::1")


@pytest.mark.parametrize(
    ("listening", "expected"),
    [
        (["0.0.0.0"], ("10.0.0.1", "192.168.1.5")),
        (["::"], ("fd00::1", "fe80::1")),
        (["0.0.0.0", "::"], OWNED),
        (["192.168.1.5"], ("192.168.1.5",)),
        (["fd00:0::1", "127.0.0.1"], ("fd00::1",)),
        (["10.9.9.9"], ()),
        (["127.0.0.1"], ()),
        ([], ()),
    ],
)
def test_a_server_is_announced_where_it_listens(listening, expected):
    assert announced(listening, OWNED) == expected


@pytest.mark.parametrize(
    ("address", "others"),
    [
        *(("127.0.0.1", False), ("::1", False), ("::ffff:127.0.0.1", False)),
        *(("0.0.0.0", True), ("::", True), ("fe80::1%eth0", True), ("192.168.1.5", True)),
    ],
)
def test_what_only_this_machine_reaches_is_known(address, others):
    assert is_reachable(address) == others


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="needs IPv6")
@pytest.mark.parametrize("only", [0, 1])
def test_a_socket_of_both_families_listens_on_both(only):
    with socket.socket(socket.AF_INET6) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        sock.bind(("::", 0))
        assert list(listened_on([sock])) == (["::"] if only else ["::", "0.0.0.0"])
