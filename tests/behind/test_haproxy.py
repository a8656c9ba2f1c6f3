"""Behind the real HAProxy: whose connection it is, health checks, TLS passed on and ended there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behind.haproxy import ALONE, CHECK, TLS_CHECK, checked, free_port, haproxy
from tests.end_to_end.programs import Server, serving
from tests.needs import needs_program
from tests.net.server.conftest import connected, eventually
from tests.tls.conftest import context_of
from tests.tls.wire import SETUP, Conversation

ROOT = Path(__file__).parents[2]
CHECKED = "send-proxy-v2 check inter 5s fall 100"
"""HAProxy gives a check up, and resets it, when it has not shaken hands within the interval."""
pytestmark = needs_program("haproxy")
FROM = ("--proxy-from", "127.0.0.0/8")
CLIENT = "127.0.0.1"
"""HAProxy sees it as the client's address; the server sees HAProxy's, 127.0.0.2."""


def configuration(port: int, server: Server, bind: str = "", to: str = "", check: str = "") -> str:
    return f"""
frontend f
    bind 127.0.0.1:{port} {bind}
    default_backend b
backend b
    {check}
    server a 127.0.0.1:{server.port} source 127.0.0.2 {to}
"""


def first_song(sock) -> bytes:
    peer = Conversation(sock)
    sock.sendall(SETUP + b"LIST END END")
    assert peer.list() == 2
    sock.sendall(b"PLAY 1 END END")
    song = peer.song()
    sock.sendall(b"TEARDOWN END END")
    while sock.recv(4096):
        pass
    return song


@pytest.mark.parametrize("header", ["send-proxy", "send-proxy-v2"])
def test_the_client_is_named(marked, tmp_path, header):
    with serving(marked, 0, *FROM) as server:
        text = configuration(free := free_port(), server, to=header)
        with haproxy(tmp_path, text, free) as port, connected(port) as sock:
            assert first_song(sock) == (marked / "1 marked.mp3").read_bytes()
        server.wait_for(f"{CLIENT}:[0-9]+ .*connected")
        assert "127.0.0.2" not in server.out.split("listening")[1]


def test_without_the_header_it_is_the_proxy(marked, tmp_path):
    with serving(marked, 0) as server:
        text = configuration(free := free_port(), server)
        with haproxy(tmp_path, text, free) as port, connected(port) as sock:
            assert first_song(sock) == (marked / "1 marked.mp3").read_bytes()
        server.wait_for("127[.]0[.]0[.]2:[0-9]+ IDLE connected")


@pytest.mark.parametrize("page", ["docs/operating.md", "fleet/haproxy.cfg"])
def test_the_health_check_that_is_tried_here_is_the_documented_one(page):
    assert CHECK in (ROOT / page).read_text()


def test_health_checks_are_served_and_end_in_order(marked, tmp_path):
    with serving(marked, 0, *FROM) as server:
        text = configuration(free := free_port(), server, to=CHECKED, check=CHECK)
        with haproxy(tmp_path, text, free) as port:
            assert eventually(lambda: checked(tmp_path) == "L7OK")
            with connected(port) as sock:
                assert first_song(sock) == (marked / "1 marked.mp3").read_bytes()
            server.wait_for(f"{CLIENT}:[0-9]+ IDLE connected")
            assert "127.0.0.2" not in server.out.split("listening")[1], "checks are not in the log"
        assert "DOWN" not in (tmp_path / "haproxy.log").read_text()


@pytest.mark.parametrize(
    ("check", "to", "status"),
    [
        (TLS_CHECK, "verify required ca-file {ca}", "L7OK"),
        (TLS_CHECK, "verify required ca-file {ca} crt {client}", "L7OK"),
        (ALONE, "", "L4OK"),
    ],
    ids=["served", "served with a certificate", "listening"],
)
def test_tls_is_passed_on_and_checked(marked, tmp_path, certificates, check, to, status):
    asking = certificates.asking if "crt" in to else certificates.serving
    client = tmp_path / "client.pem"
    key = certificates.client.with_suffix(".key")
    client.write_bytes(certificates.client.read_bytes() + key.read_bytes())
    with serving(marked, 0, *FROM, *asking) as server:
        to = to.format(ca=certificates.ca, client=client)
        to = f"{CHECKED} {to}"
        text = configuration(free := free_port(), server, to=to, check=check)
        context = context_of(certificates, certificates.client)
        with haproxy(tmp_path, text, free) as port:
            assert eventually(lambda: checked(tmp_path) == status), checked(tmp_path)
            with context.wrap_socket(connected(port), server_hostname="localhost") as sock:
                assert first_song(sock) == (marked / "1 marked.mp3").read_bytes()
            # Before HAProxy ends, which resets a check that is on its way.
            server.wait_for(f"{CLIENT}:[0-9]+ .*connected")
            assert "127.0.0.2" not in server.out.split("listening")[1], "checks are not in the log"
        assert "DOWN" not in (tmp_path / "haproxy.log").read_text()


def test_tls_ends_at_the_proxy(marked, tmp_path, certificates):
    pem = tmp_path / "both.pem"
    key = certificates.server.with_suffix(".key")
    pem.write_bytes(certificates.server.read_bytes() + key.read_bytes())
    with serving(marked, 0, *FROM) as server:
        text = configuration(free := free_port(), server, f"ssl crt {pem}", "send-proxy-v2")
        with (
            haproxy(tmp_path, text, free) as port,
            context_of(certificates).wrap_socket(connected(port), server_hostname="localhost") as s,
        ):
            assert first_song(s) == (marked / "1 marked.mp3").read_bytes()
        server.wait_for(f"{CLIENT}:[0-9]+ .*connected")
