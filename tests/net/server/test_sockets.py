"""Where the server listens, and how it explains that it cannot."""

from __future__ import annotations

import errno
import re
import socket
from pathlib import Path

import pytest

from net.server.accepting.sockets import explain, listen
from net.server.limits import Limits
from tests.end_to_end.programs import Program
from tests.needs import without_powers
from tests.peers.plain_client import PlainClient

CHOOSE = "127.0.0.1 (for this machine only), 0.0.0.0 (for all), or another that this machine has"


def refusal(music, port: int, *options: object, prefix: tuple[str, ...] = ()) -> str:
    """Return the one line with which a server that cannot start ends."""
    program = Program("-m", "cli.server", music, port, *options, prefix=prefix)
    assert program.end() == 2
    program.close()
    assert program.out == ""
    [line] = program.err.splitlines()
    return line.removeprefix("alfine server: ")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_port_in_use(music, workers):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert refusal(music, port, "--workers", workers) == (
            f"port {port} is in use: end what listens there, or choose another (0 finds one)"
        )


def test_a_port_for_root_only(music):
    first_free = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if not first_free.exists() or int(first_free.read_text()) <= 80:
        pytest.skip("every port is for everyone here")
    prefix = without_powers("net_bind_service")
    assert refusal(music, 80, prefix=prefix) == (
        "port 80 is for root only: choose one from 1024 to 65535"
    )


@pytest.mark.parametrize("host", ["203.0.113.1", "2001:db8::1"])
def test_an_address_of_another_machine(music, host):
    expected = f"{host} is not an address of this machine; choose {CHOOSE}"
    assert refusal(music, 0, "--host", host) == expected


def test_an_impossible_name(music):
    expected = f"no host is called 'a..b'; check the name, or give an address: {CHOOSE}"
    assert refusal(music, 0, "--host", "a..b") == expected


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "no host is called"),
        (OSError(errno.EACCES, ""), "port 80 is for root only"),
        (OSError(errno.EAFNOSUPPORT, ""), "is not an address of this machine; choose"),
        (OSError(errno.EMFILE, ""), "too few descriptors: raise them"),
        (OSError(errno.ENOMEM, "no memory"), "cannot listen on here port 80: no memory"),
    ],
)
def test_whatever_fails_is_explained(error, words):
    assert words in explain(error, "here", 80)


def test_localhost(serve, music):
    server = serve(music, "--host", "localhost")
    with PlainClient(server.port) as client:
        client.list_songs()
        assert client.next().is_list


@pytest.mark.parametrize("workers", [1, 2])
def test_several_hosts(serve, music, workers):
    server = serve(music, *("--host", "127.0.0.1", "--host", "[::1]", "--workers", workers))
    for host in ("127.0.0.1", "::1"):
        with PlainClient(server.port, host=host) as client:
            client.list_songs()
            assert client.next().is_list
    hosts = [line for line in server.out.splitlines() if "listening on" in line]
    assert len(hosts) == 2


@pytest.mark.parametrize("others", [(), ("--host", "127.0.0.1"), ("--host", "0.0.0.0")])
def test_on_every_ipv6_address_ipv4_is_taken_too(serve, music, others):
    server = serve(music, "--no-announce", "--host", "::", *others)
    for host in ("127.0.0.1", "::1"):
        with PlainClient(server.port, host=host) as client:
            client.list_songs()
            assert client.next().is_list
    server.wait_for(r"#1 127\.0\.0\.1:\d+ IDLE connected")
    server.wait_for(r"#2 ::1:\d+ IDLE connected")
    assert not re.search(r"alfine client (::|0\.0\.0\.0) ", server.out)


def test_an_address_that_is_taken_by_another_is_listened_on_once():
    [sockets] = listen(["0.0.0.0", "127.0.0.1", "::1", "::1"], 0, Limits())
    try:
        assert [sock.getsockname()[0] for sock in sockets] == ["0.0.0.0", "::1"]
        assert len({sock.getsockname()[1] for sock in sockets}) == 1
    finally:
        for sock in sockets:
            sock.close()
