"""Clients that leave in the middle of a song over TLS: what is logged, and nobody else goes."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct

import pytest

from tests.end_to_end.programs import serving
from tests.end_to_end.songs import music
from tests.tls.wire import SETUP, Conversation, connected

LONG = 16 << 20
"""More than lies on the way: the server has begun a record for which there is no room."""


@pytest.fixture(scope="module")
def long_song(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    (folder / "1.mp3").write_bytes(music(1.0, seed=1) + bytes(LONG))
    return folder


def close(sock: ssl.SSLSocket) -> None:
    """What the client has not read makes it a reset."""
    sock.close()


def end_in_order(sock: ssl.SSLSocket) -> None:
    """TLS says that it is over; what the server is about to send is thrown away."""
    with contextlib.suppress(ssl.SSLError):
        sock.unwrap()
    sock.close()


def reset(sock: ssl.SSLSocket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def send_garbage(sock: ssl.SSLSocket) -> None:
    socket.socket.send(sock, b"nonsense" * 20)


def take_nothing(sock: ssl.SSLSocket) -> None:
    """The server waits for its patience to end."""


@pytest.mark.parametrize("loop", ["auto", "asyncio"])
@pytest.mark.parametrize(
    ("leave", "words"),
    [
        (close, "reset by the client|Connection reset by peer|Broken pipe"),
        (end_in_order, "(closed|reset) by the client|Connection reset by peer|Broken pipe"),
        (reset, "reset by the client|Connection reset by peer|Broken pipe"),
        (send_garbage, "what came was not TLS any more"),
        (take_nothing, "it took nothing for 1 s"),
    ],
)
def test_whoever_leaves_goes_alone_and_is_not_said_to_refuse_the_certificate(
    long_song, certificates, context, leave, words, loop
):
    stall_s = 1 if leave is take_nothing else 600
    patience = ("--stall-time", stall_s, "--least-rate", 1_000_000)
    with serving(long_song, 0, *certificates.serving, *patience, "--loop", loop) as server:
        sock = connected(server.port, context)
        with contextlib.closing(sock):
            sock.sendall(b"PLAY 1 END END")
            assert sock.recv(1000)
            server.wait_for("STREAMING PLAY 1")
            leave(sock)
            server.wait_for(f"CLOSED disconnected: ({words})$")
        assert "handshake" not in server.out
        with connected(server.port, context) as other:
            other.sendall(SETUP + b"LIST END END")
            assert Conversation(other).list() == 1
