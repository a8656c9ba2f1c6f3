"""Who comes through a proxy is counted, and logged, by an address that only the proxy may say."""

from __future__ import annotations

import socket
import ssl
import struct

import pytest

from net.server.accepting.proxy_header import V2
from net.server.limits import Limits
from net.wire import NOT_FOUND
from tests.end_to_end.programs import serving
from tests.net.server.conftest import TIMEOUT_S, connected, eventually, is_reset
from tests.tls.conftest import context_of
from tests.tls.wire import SETUP, Conversation

FROM = ("--proxy-from", "127.0.0.1")


def v1(address: str) -> bytes:
    return f"PROXY TCP4 {address} 10.0.0.1 4321 12345\r\n".encode()


def v2(address: str) -> bytes:
    rest = socket.inet_aton(address) + socket.inet_aton("10.0.0.1") + struct.pack("!HH", 4321, 1)
    return V2 + struct.pack("!BBH", 0x21, 0x11, len(rest)) + rest


LOCAL = V2 + struct.pack("!BBH", 0x20, 0, 0)
NAMELESS = V2 + struct.pack("!BBH", 0x21, 0, 0)
"""A client's, of which the proxy knows no address."""


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "1.mp3").write_bytes(b"song" * 2000)
    return folder


def asked(port: int, header: bytes, request: bytes = b"LIST END END") -> socket.socket:
    sock = connected(port)
    sock.sendall(header + request)
    return sock


def answer(sock: socket.socket) -> bytes:
    got = b""
    while not got.endswith(b"END END") and (data := sock.recv(4096)):
        got += data
    return got


@pytest.mark.parametrize("header", [v1("192.0.2.7"), v2("192.0.2.7")], ids=["v1", "v2"])
def test_the_log_names_the_client(music, header):
    with serving(music, 0, *FROM) as server, asked(server.port, header) as sock:
        assert answer(sock).startswith(b"RESP 100")
        server.wait_for("192[.]0[.]2[.]7:4321 IDLE connected")


def test_what_the_proxy_asks_for_itself_is_its_own_and_not_in_the_log(music):
    with serving(music, 0, *FROM) as server:
        for header in (LOCAL, b"PROXY UNKNOWN\r\n", v2("192.0.2.7")):
            with asked(server.port, header) as sock:
                assert answer(sock).startswith(b"RESP 100")
        server.wait_for("192[.]0[.]2[.]7:4321 IDLE connected")
        assert "127.0.0.1:" not in server.out.replace("listening on 127.0.0.1", "")


def test_a_client_without_an_address_is_in_the_log_and_counted(music):
    """Under the proxy's address, though that is this machine's, whose own are not counted."""
    with serving(music, 0, *FROM, "--per-address", 1) as server:
        with asked(server.port, NAMELESS) as first, asked(server.port, NAMELESS) as second:
            assert answer(first).startswith(b"RESP 100")
            assert answer(second) == NOT_FOUND
            with asked(server.port, LOCAL) as check:
                assert answer(check).startswith(b"RESP 100")
        server.wait_for("#1 127[.]0[.]0[.]1:[0-9]+ IDLE connected")
        assert "#2" not in server.out, "the check is not in the log"


@pytest.mark.parametrize("reset", [False, True])
def test_over_tls_as_well_what_the_proxy_asks_for_itself_is_not_in_the_log(
    marked, certificates, context, reset
):
    """Whether it shakes hands, or only looks whether anybody listens."""
    with serving(marked, 0, *FROM, *certificates.serving) as server:
        for _ in range(3):
            with connected(server.port) as raw:
                raw.sendall(LOCAL)
                if reset:
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for header in (LOCAL, v2("192.0.2.7")):
            raw = connected(server.port)
            raw.sendall(header)
            with context.wrap_socket(raw, server_hostname="localhost") as sock:
                sock.sendall(SETUP + b"LIST END END")
                assert Conversation(sock).list() == 2
                sock.sendall(b"TEARDOWN END END")
        server.wait_for("192[.]0[.]2[.]7:4321 IDLE connected")
        assert "127.0.0.1:" not in server.out.replace("listening on 127.0.0.1", "")


def test_what_is_wrong_with_the_proxys_tls_is_in_the_log(marked, certificates):
    with serving(marked, 0, *FROM, *certificates.asking) as server, connected(server.port) as raw:
        raw.sendall(LOCAL + b"LIST END END")
        server.wait_for("127[.]0[.]0[.]1:[0-9]+ SHAKING it does not speak TLS")


def test_limits_count_the_clients_address(music):
    """Though all come from this machine, whose own clients are not counted."""
    with serving(music, 0, *FROM, "--per-address", 2) as server:
        first = [asked(server.port, v2("192.0.2.7")) for _ in range(2)]
        assert all(answer(sock).startswith(b"RESP 100") for sock in first)
        with (
            asked(server.port, v2("192.0.2.7")) as third,
            asked(server.port, v1("192.0.2.8")) as at,
        ):
            assert answer(third) == NOT_FOUND
            assert answer(at).startswith(b"RESP 100")
        with asked(server.port, LOCAL) as own, asked(server.port, LOCAL) as check:
            assert answer(own).startswith(b"RESP 100")
            assert answer(check).startswith(b"RESP 100")
        for sock in first:
            sock.close()

        def again() -> bool:
            with asked(server.port, v2("192.0.2.7")) as sock:
                return answer(sock).startswith(b"RESP 100")

        assert eventually(again)


def test_a_header_byte_by_byte(music):
    with serving(music, 0, *FROM) as server, connected(server.port) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in v1("192.0.2.9") + b"LIST END END":
            sock.sendall(bytes([byte]))
        assert answer(sock).startswith(b"RESP 100")
        server.wait_for("192[.]0[.]2[.]9")


@pytest.mark.parametrize("header", [b"", b"PROXY TCP4 nonsense\r\n", V2 + b"\x35" * 100])
def test_a_connection_of_the_proxy_without_a_header_is_reset(music, header):
    with serving(music, 0, *FROM) as server:
        with asked(server.port, header) as sock:
            assert is_reset(sock)
        server.wait_for("a connection of the proxy 127[.]0[.]0[.]1:[0-9]+ was refused")
        with asked(server.port, v1("192.0.2.7")) as sock:
            assert answer(sock).startswith(b"RESP 100")


def test_a_proxy_that_says_nothing_is_not_waited_for(music):
    with serving(music, 0, *FROM, "--request-time", 0.3) as server, connected(server.port) as sock:
        sock.sendall(b"PROXY ")
        assert is_reset(sock)
        server.wait_for("did not say in time whose it is")


def test_nobody_else_is_believed(music):
    with serving(music, 0, "--proxy-from", "192.0.2.0/24") as server:
        with asked(server.port, v1("192.0.2.7")) as sock:
            assert answer(sock) == NOT_FOUND
        server.wait_for("127[.]0[.]0[.]1:[0-9]+ IDLE connected")
        assert "192.0.2.7:4321" not in server.out


def test_the_server_ends_while_a_proxy_has_said_half(music):
    with serving(music, 0, *FROM) as server, connected(server.port) as sock:
        sock.sendall(b"PROXY TCP4")
        with asked(server.port, LOCAL) as other:
            assert answer(other).startswith(b"RESP 100")
        server.process.terminate()
        assert server.end(TIMEOUT_S) == 0
        assert is_reset(sock)


def test_the_header_stands_before_the_handshake(marked, certificates):
    """As `send-proxy-v2` of a proxy that passes TLS on as it is."""
    with serving(marked, 0, *FROM, *certificates.serving) as server:
        raw = connected(server.port)
        raw.sendall(v2("192.0.2.7"))
        with context_of(certificates).wrap_socket(raw, server_hostname="localhost") as sock:
            assert isinstance(sock, ssl.SSLSocket)
            sock.sendall(SETUP + b"LIST END END")
            assert Conversation(sock).list() == 2
        server.wait_for("192[.]0[.]2[.]7:4321 .*connected")


@pytest.mark.parametrize("network", ["here", "10.0.0.1/8", "", "1.2.3.4.5"])
def test_what_is_no_network_is_refused(network, capsys, monkeypatch, music):
    import sys

    from cli.app import main

    monkeypatch.setattr(sys, "argv", ["alfine", "server", str(music), "0", "--proxy-from", network])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "--proxy-from takes" in capsys.readouterr().err


def test_the_start_says_who_is_not_counted():
    assert any("--proxy-from 127.0.0.1" in line for line in Limits().lines())
