"""A server that goes when it is asked for the list behind the first song: nobody waits for that."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from tests.cli import prompt
from tests.end_to_end.programs import Client
from tests.end_to_end.songs import music

END = b" END END"
SONG = music(3.0, seed=12)
RESETS = struct.pack("ii", 1, 0)
"""SO_LINGER: closing resets the connection, as where bytes have come that were not read."""
WAYS = ("closed", "reset", "in the middle of the list")
PATIENCE_S = 30.0


class Goes:
    """A server of one song that goes, in its way, when LIST comes. gone: it has."""

    def __init__(self, way: str):
        self._way = way
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked: list[bytes] = []
        self.gone = threading.Event()

    def serve(self) -> None:
        """Serve one connection; others are refused when it has ended."""
        connection, _ = self._listener.accept()
        self._listener.close()
        received = b""
        with connection:
            while not self.gone.is_set() and (data := connection.recv(4096)):
                *requests, received = (received + data).split(END)
                for request in requests:
                    self.asked.append(request.strip())
                    self._answer(connection, self.asked[-1])
        self.gone.set()

    def _answer(self, connection: socket.socket, request: bytes) -> None:
        if request.startswith(b"SETUP"):
            connection.sendall(b"RESP 101 END alfine/1 ends" + END)
        elif request.startswith(b"PLAY"):
            pieces = [SONG[at : at + 4000] for at in range(0, len(SONG), 4000)]
            connection.sendall(b"".join(b"RESP 200 END " + p + END for p in [*pieces, b""]))
        elif request == b"LIST":
            if self._way == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
            elif self._way != "closed":
                connection.sendall(b"RESP 100 END 1. a ti")
            self.gone.set()


@contextlib.contextmanager
def going(way: str) -> Iterator[Goes]:
    server = Goes(way)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield server
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


@pytest.mark.parametrize("way", WAYS)
def test_a_script_that_has_heard_its_song_ends_well(way):
    with going(way) as server:
        run = Client(server.port, "play 1", "wait").run()
    assert server.asked == [b"SETUP ends tags from", b"PLAY 1", b"LIST"]
    assert (run.code, run.err) == (0, ""), run
    assert run.out == "buffering song 1\nplaying song 1\nplayed song 1\n"


@pytest.mark.parametrize("way", WAYS)
def test_at_the_prompt_no_line_is_said(way):
    with going(way) as server, prompt.client(server.port) as terminal:
        prompt.run(terminal, "play 1")
        assert server.gone.wait(PATIENCE_S)
        terminal.wait_until(lambda t: prompt.status_line(t).startswith("■ stopped"))
        assert terminal.lines[:3] == [">> play 1", "playing song 1", ">>"]
    assert server.asked == [b"SETUP ends tags from", b"PLAY 1", b"LIST"]


@pytest.mark.parametrize("way", WAYS)
def test_who_needs_the_server_again_is_told_that_it_is_not_there(way):
    with going(way) as server:
        run = Client(server.port, "play 1", "wait", "list").run()
    assert run.code == 3, run
    assert "cannot connect" in run.err
    assert "lost" not in run.err, "what is tried in vain is another connection"
