"""Clients that take for one message what their reads return (protocol.md 8, 9)."""

import array
import contextlib
import fcntl
import random
import socket
import termios
import time

import pytest

from net.framing import AUDIO_CLOSING
from net.server.connections import connection as connections
from net.server.connections import settling
from net.server.connections.settling import QUIET_S
from tests.net.server.conftest import TIMEOUT_S, connected
from tests.net.server.in_process import Served

FULL_BYTES = 4117
NOISE = random.Random(7).randbytes(200_000)
SONG = NOISE[:50_001] + b" END END" + NOISE[50_001:120_000] + b"END END END" + NOISE[120_000:]


class DeafClient:
    """Reads as deployed clients do: up to 4117 bytes, whole if the last two tokens are END."""

    def __init__(self, port: int, receive_buffer_bytes: int | None = None) -> None:
        self.sock = socket.socket()
        if receive_buffer_bytes is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(("127.0.0.1", port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def message(self) -> tuple[bytes, bytes]:
        """Return the code of the next message and its data."""
        got = b""
        while got.split(b" ")[-2:] != [b"END", b"END"]:
            more = self.sock.recv(FULL_BYTES - len(got) % FULL_BYTES)
            assert more, f"closed behind {got[-40:]!r}"
            got += more
        tokens = got.split(b" ")
        return tokens[1], b" ".join(tokens[3:-2])

    def hear(self, lists: int = 0) -> tuple[bytes, list[bytes]]:
        """Play the song, ask for so many lists meanwhile: what was heard, and the lists."""
        self.sock.sendall(b"PLAY 1 END END")
        audio, answers, asked = b"", [], 0
        while len(audio) < len(SONG) or len(answers) < lists:
            code, data = self.message()
            if code == b"100":
                answers.append(data)
            else:
                audio += data
            if asked < lists and len(audio) > 20_000 * (1 + asked):
                self.sock.sendall(b"LIST END END")
                asked += 1
        return audio, answers


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "song.mp3").write_bytes(SONG)
    return tmp_path / "music"


@pytest.fixture(params=["asyncio", "uvloop"])
def served(request, tmp_path, folder):
    pytest.importorskip(request.param)
    with Served(folder, tmp_path, request.param) as served:
        yield served


def unread_bytes(sock: socket.socket) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(sock, termios.FIONREAD, count)
    return count[0]


@pytest.fixture
def reads_in_time(monkeypatch):
    """Call with a client: the time to read counts from when it has read, however busy it is."""

    def of(client: socket.socket) -> None:
        sent = settling.unacknowledged_bytes
        monkeypatch.setattr(
            settling, "unacknowledged_bytes", lambda sock: sent(sock) or unread_bytes(client)
        )

    return of


@pytest.mark.parametrize("receive_buffer_bytes", [None, 4096])
@pytest.mark.parametrize("lists", [0, 2])
def test_a_song_with_an_end_of_message_in_it(served, lists, receive_buffer_bytes, reads_in_time):
    with DeafClient(served.port, receive_buffer_bytes) as client:
        reads_in_time(client.sock)
        assert client.hear(lists) == (SONG, [b"1. song"] * lists)


def test_without_the_wait_such_a_client_hears_something_else(served, monkeypatch):
    """It is the wait that the other tests test."""
    outgoing = connections.Outgoing
    monkeypatch.setattr(connections, "Outgoing", lambda sock, spaced: outgoing(sock))
    with DeafClient(served.port) as client:
        client.sock.settimeout(1.0)
        audio = b""
        with contextlib.suppress(TimeoutError, AssertionError):
            audio, _ = client.hear()
        assert audio != SONG


def test_without_ends_each_answer_waits_for_the_one_before(served, reads_in_time):
    with connected(served.port) as sock:
        reads_in_time(sock)
        began = time.monotonic()
        sock.sendall(b"PLAY 9 END END" * 10)
        got = [sock.recv(65536) for _ in range(10)]
        assert got == [b"ERRO 404 END END"] * 10
        assert time.monotonic() - began >= 9 * QUIET_S


def test_with_ends_nothing_waits(served, monkeypatch):
    monkeypatch.setattr(connections, "Settling", None)  # to be called would be a fault
    with connected(served.port) as sock:
        sock.sendall(b"SETUP ends END END" + b"PLAY 9 END ENDLIST END END" * 20 + b"PLAY 1 END END")
        got = b""
        while not got.endswith(AUDIO_CLOSING):
            got += sock.recv(65536)
        assert got.count(b"ERRO 404 END END") == 20


def test_a_setup_within_a_wait_ends_it(served, monkeypatch):
    monkeypatch.setattr("net.server.connections.settling.QUIET_S", 1e6)
    with connected(served.port) as sock:
        sock.sendall(b"PLAY 9 END END")
        assert sock.recv(100) == b"ERRO 404 END END"
        sock.sendall(b"SETUP ends END ENDPLAY 9 END END")
        got = b""
        while not got.endswith(b"ERRO 404 END END"):
            got += sock.recv(100)
        assert got.startswith(b"RESP 101")


def test_a_client_that_goes_within_a_wait_leaves_nothing(served, caplog):
    for _ in range(20):
        with connected(served.port) as sock:
            sock.sendall(b"PLAY 9 END END")
            assert sock.recv(100)
    assert served.idle()
    time.sleep(2 * QUIET_S)  # what was not cancelled would be called now
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


def test_a_client_that_is_gone_while_it_is_waited_for_is_forgotten(tmp_path):
    """It has closed in order, so nothing more is read, and resets what is sent to it then."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number:03} {'x' * 60}.mp3").write_bytes(SONG[:100])
    with Served(folder, tmp_path) as server:
        for _ in range(5):
            with DeafClient(server.port) as client:
                client.sock.sendall(b"LIST END END")
                client.message()
        assert server.idle()
