"""The settings of HAProxy: it is not root, and finds a server whose name is of another address."""

from __future__ import annotations

import contextlib
import pwd
import re
import socket
import struct
import subprocess
import threading

import pytest

from fleet.balancer import SETTINGS, Balancer
from fleet.processes import program
from net.wire import NOT_FOUND
from tests.needs import needs_program
from tests.net.server.conftest import eventually

pytestmark = needs_program("haproxy")
PATIENCE_S = 60.0
NAME = "a.fleet.example"
_A, _IN, _ANSWER, _NO_SUCH_NAME = 1, 1, 0x8180, 3
_HEADER = re.compile(rb"\r\n\r\n\0\r\nQUIT\n..(?:\0\0|\0\x0c.{12})", re.DOTALL)
"""Version 2, without an address or with one of IPv4."""


class Names:
    """A name server. address: of every name; None: there is no such name."""

    def __init__(self) -> None:
        self.address: str | None = None
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self.port = self._sock.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, peer = self._sock.recvfrom(4096)
            self._sock.sendto(self._answer(query), peer)

    def _answer(self, query: bytes) -> bytes:
        address = self.address
        end = query.index(b"\0", 12) + 5
        question, wanted = query[12:end], struct.unpack("!H", query[end - 4 : end - 2])[0]
        found = address is not None and wanted == _A
        head = struct.pack(
            "!HHHHH", _ANSWER | (_NO_SUCH_NAME if address is None else 0), 1, int(found), 0, 0
        )
        answer = struct.pack("!HHHIH", 0xC00C, _A, _IN, 1, 4) + socket.inet_aton(
            address or "0.0.0.0"
        )
        return query[:2] + head + question + (answer if found else b"")


class Server:
    """Answers health checks. received: what they sent, without the header of the PROXY protocol."""

    def __init__(self, address: str, port: int = 0) -> None:
        self.received: list[bytes] = []
        self._listener = socket.create_server((address, port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                sent, answered = b"", False
                with contextlib.suppress(ConnectionResetError):  # HAProxy does not wait for its end
                    while data := client.recv(4096):
                        sent += data
                        if sent.endswith(b" END END") and not answered:
                            client.sendall(NOT_FOUND)
                            answered = True
                if message := _HEADER.sub(b"", sent):  # there is none where somebody only looked
                    self.received.append(message)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def names():
    return Names()


def test_it_is_no_root_where_it_serves_strangers():
    lines = SETTINGS.read_text().splitlines()
    assert {"    user haproxy", "    group haproxy", "    chroot /var/lib/haproxy"} <= {*lines}


def test_haproxy_takes_the_settings(tmp_path):
    try:
        pwd.getpwnam("haproxy")
    except KeyError:
        pytest.skip("there is no user haproxy")
    checked = subprocess.run(
        [program("haproxy"), "-c", "-f", SETTINGS], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert "ALERT" not in checked.stderr


def test_a_health_check_is_of_the_protocol_and_begins_no_search(tmp_path):
    server = Server("127.0.0.1")
    balancer = Balancer(tmp_path, {"a": f"127.0.0.1:{server.port}"})
    try:
        assert eventually(lambda: len(server.received) >= 2, PATIENCE_S)
        assert balancer.is_up("a")
    finally:
        balancer.stop()
        server.close()
    play = b"PLAY 0 END END"
    assert {*server.received} <= {play, play + b"TEARDOWN END END"}


def test_a_server_that_comes_under_its_name_later_and_elsewhere_is_found(tmp_path, names):
    first = Server("127.0.0.1")
    balancer = Balancer(tmp_path, {"a": f"{NAME}:{first.port}"}, dns=f"127.0.0.1:{names.port}")
    try:
        assert not balancer.is_up("a")
        names.address = "127.0.0.1"
        assert eventually(lambda: balancer.is_up("a"), PATIENCE_S)
        first.close()
        assert eventually(lambda: not balancer.is_up("a"), PATIENCE_S)
        second = Server("127.0.0.2", first.port)
        names.address = "127.0.0.2"
        assert eventually(lambda: balancer.is_up("a"), PATIENCE_S)
        second.close()
    finally:
        balancer.stop()
