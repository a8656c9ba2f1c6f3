"""The options that connections inherit, resets, and what a process may have open."""

import contextlib
import resource
import socket
import sys

import pytest

from net.server.accepting.sockets import listen, loop_factory
from net.server.limits import (
    TCP_NOTSENT_LOWAT,
    Keepalive,
    Limits,
    possible_clients,
    reset,
    set_ack_timeout,
)

LIMITS = Limits()


@contextlib.contextmanager
def connection(limits):
    """Both ends of a connection: the server's, the client's."""
    [[listener]] = listen(["127.0.0.1"], 0, limits)
    client = socket.create_connection(listener.getsockname())
    listener.setblocking(True)
    server, _ = listener.accept()
    yield server, client
    for sock in (listener, server, client):
        sock.close()


@pytest.fixture
def pair():
    with connection(LIMITS) as both:
        yield both


@pytest.mark.skipif(sys.platform != "linux", reason="the options of Linux")
@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (LIMITS, (16 * 1024, 30, 10, 3)),
        (Limits(unsent_bytes=64 * 1024, keepalive=Keepalive(7, 2, 5)), (64 * 1024, 7, 2, 5)),
    ],
)
def test_connections_inherit_what_bounds_them(limits, expected):
    tcp = socket.IPPROTO_TCP
    names = (TCP_NOTSENT_LOWAT, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    with connection(limits) as (server, _):
        assert tuple(server.getsockopt(tcp, name) for name in names) == expected
        assert server.getsockopt(tcp, socket.TCP_NODELAY) == 1
        assert server.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        # While nothing is sent, this option would make one lost keepalive the end.
        assert server.getsockopt(tcp, socket.TCP_USER_TIMEOUT) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the options of Linux")
def test_the_ack_timeout_is_set_and_taken_back(pair):
    server, _ = pair
    for timeout_s in (30, 0):
        set_ack_timeout(server, timeout_s)
        value = server.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert value == timeout_s * 1000


def test_a_time_out_resets(pair):
    server, client = pair
    reset(server)
    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_processes_share_a_port():
    groups = listen(["127.0.0.1"], 0, LIMITS, groups=3)
    assert len({group[0].getsockname() for group in groups}) == 1
    for sock in (sock for group in groups for sock in group):
        sock.close()


@pytest.mark.parametrize(
    ("songs", "allowed", "clients"),
    [
        (10, 20_000, 10_000),
        (1000, 20_000, 10_000),
        (100_000, 20_000, 6645),  # each with a song of its own
        (4000, 20_000, 10_000),
        (6000, 20_000, 7936),
        (10, 1024, 704),
        (10, 256, 64),
        (10, 40, 1),
    ],
)
def test_each_client_may_have_a_song_of_its_own(monkeypatch, songs, allowed, clients):
    monkeypatch.setattr(resource, "getrlimit", lambda which: (allowed, allowed))
    assert possible_clients(10_000, songs) == clients
    needed = clients + 2 * min(clients, max(songs, 128)) + 64
    assert needed <= allowed or clients == 1


def test_descriptors_are_raised_where_they_may_be(monkeypatch):
    allowed = [1024, 50_000]
    monkeypatch.setattr(resource, "getrlimit", lambda which: tuple(allowed))
    monkeypatch.setattr(
        resource, "setrlimit", lambda which, values: allowed.__setitem__(0, values[0])
    )
    assert possible_clients(10_000, 100_000) == 10_000
    assert allowed[0] == 30_064


def test_an_event_loop_that_is_not_there():
    assert loop_factory("asyncio")[0] == "asyncio"
    with pytest.raises(ModuleNotFoundError):
        loop_factory("another")
    assert loop_factory("auto")[0] in ("asyncio", "uvloop")
