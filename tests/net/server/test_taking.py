"""What of its songs a client has taken, as the log has it."""

import os
import re
import socket

import pytest

from net.server.connections.outgoing import SongInFlight
from net.server.connections.taking import Taken, Takings
from net.wire import NOT_FOUND
from tests.net.server.conftest import SONG_BYTES, TIMEOUT_S, song_bytes
from tests.peers.plain_client import PlainClient


@pytest.fixture
def ends():
    """A socket and its peer, over TCP, whose kernel counts what is acknowledged."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
        listener.accept()[0] as sock,
    ):
        yield sock, client


def in_flight(offset):
    song = SongInFlight()
    song.offset = offset
    return song


def test_what_is_sent_and_acknowledged_is_taken(ends):
    said, takings = [], Takings()
    takings.start(1, "A", in_flight(1000))
    takings.look(ends[0], 1000, said.append)
    takings.sent(1000)
    assert said == []
    takings.look(ends[0], 1000, said.append)
    assert said == [Taken(1, "A", 1.0)]
    takings.end(ends[0], 1000, said.append)
    assert len(said) == 1


def test_what_is_stopped_before_it_begins_is_not_told(ends):
    said, takings = [], Takings()
    takings.stop(ends[0], said.append)
    takings.start(1, "A", in_flight(0))
    takings.stop(ends[0], said.append)
    takings.end(ends[0], 0, said.append)
    assert said == []


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (1.0, "took to its end song 7: A"),
        (0.999, "took 99 % of song 7: A"),
    ],
)
def test_the_words(part, words):
    assert str(Taken(7, "A", part)) == words
    assert Taken(7, "A", part).whole == (part == 1)


def test_a_title_is_cut():
    assert len(str(Taken(7, "A" * 4000, 1.0))) < 160


def small(port):
    """A client of whose kernel only little may be on its way to it."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(TIMEOUT_S)
    sock.connect(("127.0.0.1", port))
    return sock


def test_a_song_that_is_read_to_its_end_is_taken(serve, music):
    server = serve(music)
    with PlainClient(server.port) as client:
        client.play(1)
        client.audio(SONG_BYTES, TIMEOUT_S)
        server.wait_for(r"IDLE song 1 sent whole")
        server.wait_for(r"IDLE took to its end song 1: 1\n")
    assert server.out.count(" took ") == 1


@pytest.mark.parametrize("then", [b"STOP END END", b"PLAY 2 END END", None])
def test_a_client_that_stops_or_goes_has_taken_a_part(serve, music, then):
    server = serve(music)
    with small(server.port) as sock:
        sock.sendall(b"PLAY 1 END END")
        while len(sock.recv(4096)) == 0:
            pass
        server.wait_for("STREAMING PLAY 1")
        if then is not None:
            sock.sendall(then)
            server.wait_for(r" took \d+ % of song 1: 1\n")
    server.wait_for(r" took \d+ % of song 1: 1\n")
    assert "to its end" not in server.out
    assert "sent whole" not in server.out


def test_of_a_song_that_fails_a_part_is_taken(serve, music):
    server = serve(music)
    with small(server.port) as sock:
        sock.sendall(b"PLAY 1 END END")
        server.wait_for("STREAMING PLAY 1")
        os.truncate(music / "1.mp3", SONG_BYTES // 2)
        received = b""
        while not received.endswith(NOT_FOUND):
            data = sock.recv(1 << 16)
            assert data, "it is told of it"
            received = received[-len(NOT_FOUND) :] + data
        server.wait_for(r" took \d+ % of song 1: 1\n")
        sock.sendall(b"PLAY 2 END END")
        server.wait_for("STREAMING PLAY 2")
        [part] = re.findall(r" took (\d+) % of song 1", server.out)
        assert int(part) <= 50


def test_what_the_kernel_still_holds_is_sent_and_not_taken(serve, music):
    """The end of the song is handed over, and the client goes before it has read it."""
    (music / "1.mp3").write_bytes(song_bytes(1, 100_000))
    server = serve(music, "--unsent", "4096")
    with small(server.port) as sock:
        sock.sendall(b"PLAY 1 END END")
        server.wait_for("song 1 sent whole")
        assert " took " not in server.out
    server.wait_for(r" took \d+ % of song 1: 1\n")
    assert "to its end" not in server.out
