"""The deployed client's peer hears what is given to it in time, and is deaf to what is not."""

from __future__ import annotations

import contextlib
import random
import socket

import pytest

from tests.peers.deployed_client import DeployedClient
from tests.peers.wording import RFC, WORDINGS

SONG = random.Random(1).randbytes(9000) + b"THE END END of it" + random.Random(2).randbytes(9000)


@contextlib.contextmanager
def connected(seconds: float = 20.0):
    """The peer, and the server's end of its connection."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        DeployedClient(listener.getsockname()[1], seconds=seconds) as client,
    ):
        server, _ = listener.accept()
        with server:
            yield client, server


def send_one_by_one(server: socket.socket, client: DeployedClient, messages) -> None:
    """Send each message once the one before it has been read: what a pause is to see to."""
    for number, message in enumerate(messages, 1):
        server.sendall(message)
        with client.news:
            assert client.news.wait_for(lambda n=number: len(client.messages) >= n, 20)


def messages_of(song: bytes) -> list[bytes]:
    return [RFC.audio(piece) for piece in RFC.clean_pieces(song)]


def test_it_hears_each_message_that_it_can_read_alone():
    (listed,) = RFC.lists(["a", "b"])
    first, *rest = messages_of(SONG)
    with connected() as (client, server):
        send_one_by_one(server, client, [first, listed, *rest, b"ERRO 404 END END"])
        assert client.heard(len(SONG)) == SONG
        assert client.listed() == [["1. a", "2. b"]]
        assert client.refused() == 1
        assert client.messages[:2] == [b"200", b"100"]


def test_it_hears_full_messages_however_they_come():
    """4117 bytes at a time, what arrives in pieces as well, as it reads only what is left."""
    song = bytes(4096 * 20)
    stream = b"".join(messages_of(song))
    with connected() as (client, server):
        for i in range(0, len(stream), 1000):
            server.sendall(stream[i : i + 1000])
        assert client.heard(len(song)) == song


def test_it_is_deaf_once_a_short_message_has_another_right_behind_it():
    """That is what a server has to wait for: here it does not."""
    first, *rest = messages_of(SONG)
    (listed,) = RFC.lists(["a", "b"])
    with connected(seconds=0.5) as (client, server):
        server.sendall(b"".join([listed, first, *rest]))
        with pytest.raises(TimeoutError):
            client.heard(len(SONG))
        assert not client.audio
        assert ["1. a", "2. b"] not in client.lists


def test_an_empty_payload_ends_its_receiving_thread():
    with connected() as (client, server):
        server.sendall(b"RESP 100 END  END END")
        with pytest.raises(EOFError, match="ValueError"):
            client.listed()


def test_an_empty_list_that_is_only_a_code_does_not():
    (empty,) = WORDINGS["short empty list"].lists([])
    with connected() as (client, server):
        server.sendall(empty)
        assert client.listed() == [[]]
        server.sendall(b"ERRO 404 END END")
        assert client.refused() == 1


def test_it_stops_before_it_plays():
    with connected() as (client, server):
        client.play(3)
        sent = b""
        while not sent.endswith(b"PLAY 3 END END"):
            sent += server.recv(100)
        assert sent == b"STOP None END ENDPLAY 3 END END"
