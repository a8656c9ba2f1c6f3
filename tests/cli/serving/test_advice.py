"""The address that clients are told: one that they can connect to."""

import socket

import pytest

from cli.serving import advice
from cli.serving.advice import own_address, reachable_at
from net.server.accepting.sockets import listen
from net.server.limits import Limits


@pytest.fixture
def listening():
    opened = []

    def listening(*hosts):
        opened.extend(listen(hosts, 0, Limits())[0])
        return opened

    yield listening
    for sock in opened:
        sock.close()


def test_an_address_that_is_listened_on_is_told_as_it_is(listening):
    socks = listening("127.0.0.1")
    assert reachable_at(socks) == ("127.0.0.1", socks[0].getsockname()[1])


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_where_all_are_listened_on_it_is_this_machines_own(listening, host):
    if (address := own_address(4)) is None:
        pytest.skip("this machine has no network")
    told = reachable_at(listening(host))
    assert told[0] == address
    socket.create_connection(told).close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_without_a_network_it_is_the_machines_name(listening, monkeypatch, host):
    monkeypatch.setattr(advice, "own_address", lambda version: None)
    assert reachable_at(listening(host))[0] == socket.gethostname()


def test_a_loopback_address_is_told_only_where_there_is_no_other(listening, monkeypatch):
    monkeypatch.setattr(advice, "own_address", lambda version: "198.51.100.7")
    socks = [*listening("127.0.0.1")]
    socks = [*socks, *listening("0.0.0.0")[1:]]
    assert reachable_at(socks) == ("198.51.100.7", socks[1].getsockname()[1])


def test_on_ipv6_alone_an_ipv6_address_is_told(listening, monkeypatch):
    monkeypatch.setattr(advice, "own_address", lambda version: {6: "2001:db8::7"}[version])
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=False) as only:
        assert reachable_at([only])[0] == "2001:db8::7"
