"""Which connections count together, and which are this host's own."""

import socket

import pytest

from net.server.accepting.addresses import counted_as, is_own, unmapped


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::ffff:198.51.100.1", "198.51.100.1", True),
        ("::ffff:198.51.100.1", "::ffff:198.51.100.2", False),
        ("198.51.100.1", "198.51.100.2", False),
        ("::1", "::2", False),
    ],
)
def test_ipv6_counts_by_its_64(one, other, same):
    assert (counted_as(one) == counted_as(other)) == same


@pytest.fixture
def accepted():
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as sock,
    ):
        yield sock


def own_address() -> str | None:
    """An address of this host other than loopback. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


def test_what_is_this_hosts_own(accepted):
    assert is_own(accepted, "127.0.0.1")
    assert is_own(accepted, "127.9.9.9")
    assert is_own(accepted, "::ffff:127.0.0.1")
    assert not is_own(accepted, "198.51.100.1")
    assert not is_own(accepted, "2001:db8::1")


def test_this_hosts_address_in_its_network_is_its_own(accepted):
    if (address := own_address()) is None:
        pytest.skip("this host has no network")
    assert is_own(accepted, address)


def test_who_connects_from_where_it_is_connected_to_is_this_host():
    """Also where an address may not be bound."""

    class Accepted:
        family = socket.AF_INET

        def getsockname(self):
            return ("198.51.100.1", 12345)

    assert is_own(Accepted(), "198.51.100.1")
    assert not is_own(Accepted(), "198.51.100.2")


def test_a_socket_of_both_families_knows_its_own_ipv4_addresses():
    class Accepted:
        family = socket.AF_INET6

        def getsockname(self):
            return ("::ffff:198.51.100.1", 12345, 0, 0)

    assert is_own(Accepted(), "198.51.100.1")
    assert is_own(Accepted(), "127.9.9.9")
    assert not is_own(Accepted(), "198.51.100.2")
    if (address := own_address()) is not None:
        assert is_own(Accepted(), address)


@pytest.mark.parametrize(
    ("address", "same"),
    [("::ffff:198.51.100.1", "198.51.100.1"), ("198.51.100.1",) * 2, ("fe80::1%eth0",) * 2],
)
def test_a_mapped_address_is_shown_as_what_it_is(address, same):
    assert unmapped(address) == same
