"""What a listening socket hands on to every connection, and how time-outs end one."""

import contextlib
import socket
import sys

import pytest

from net.server.limits import (
    TCP_NOTSENT_LOWAT,
    Keepalive,
    Limits,
    default_clients,
    descriptors,
    reset,
    set_ack_timeout,
)
from net.server.sockets import listen, loop_factory

LIMITS = Limits()


@contextlib.contextmanager
def connection(limits):
    """Both ends of a connection: the server's, the client's."""
    [[listener]] = listen("127.0.0.1", 0, limits)
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
        # Of no use to a connection at rest: it makes one lost keepalive the end.
        assert server.getsockopt(tcp, socket.TCP_USER_TIMEOUT) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the options of Linux")
def test_progress_is_watched_only_while_something_is_sent(pair):
    server, _ = pair
    for seconds in (30, 0):
        set_ack_timeout(server, seconds)
        value = server.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert value == seconds * 1000


def test_a_time_out_resets(pair):
    server, client = pair
    reset(server)
    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_processes_share_a_port():
    groups = listen("127.0.0.1", 0, LIMITS, groups=3)
    assert len({group[0].getsockname() for group in groups}) == 1
    for sock in (sock for group in groups for sock in group):
        sock.close()


def test_clients_leave_descriptors_over():
    assert default_clients() <= 10_000
    assert default_clients() < descriptors()


def test_an_event_loop_that_is_not_there():
    assert loop_factory("asyncio")[0] == "asyncio"
    with pytest.raises(ModuleNotFoundError):
        loop_factory("another")
    assert loop_factory("auto")[0] in ("asyncio", "uvloop")
