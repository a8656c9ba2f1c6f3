"""The client's page: its machines move as commands are typed and audio comes."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading

import pytest

from tests.end_to_end.programs import Client
from tests.end_to_end.songs import music
from tests.needs import needs_program

pytestmark = needs_program("chromium", "chromedriver")

END = b" END END"
CLOSING = b"RESP 200 END " + END
SONG = music(2.0, seed=7) * 30
PIECE_BYTES, FIRST_BYTES = 4000, 1000
MINUTE = 200
"""Messages: so long it plays, before the client collects again."""
TITLE = "<i>Not</i> a tag"


class ScriptedServer:
    """Answers SETUP and LIST, and sends audio when it is told to."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.played: queue.Queue[bytes] = queue.Queue()
        self._connection: socket.socket | None = None
        self._sent = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def audio(self, messages: int, piece_bytes: int = PIECE_BYTES) -> None:
        for _ in range(messages):
            piece = SONG[self._sent : self._sent + piece_bytes]
            self.send(b"RESP 200 END " + piece + END)
            self._sent += piece_bytes

    def send(self, data: bytes) -> None:
        assert self._connection is not None
        self._connection.sendall(data)

    def close(self) -> None:
        self._listener.close()
        if self._connection is not None:
            self._connection.close()

    def _serve(self) -> None:
        received = b""
        with contextlib.suppress(OSError):
            self._connection, _ = self._listener.accept()
            while data := self._connection.recv(4096):
                *requests, received = (received + data).split(END)
                for request in requests:
                    self._answer(request.strip())

    def _answer(self, request: bytes) -> None:
        if request.startswith(b"SETUP"):
            self.send(b"RESP 101 END scripted ends" + END)
        elif request == b"LIST":
            entries = f"1. {TITLE} END 2. Other".encode()
            self.send(b"RESP 100 END " + entries + END + b"RESP 100 END " + END)
        elif request.startswith(b"PLAY"):
            self.played.put(request)


@pytest.fixture
def server():
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def client(server):
    program = Client(server.port, options=("--monitor", 0, "--prebuffer", 3))
    yield program
    program.close()


def url_of(program: Client) -> str:
    return program.wait_for(r"The monitor is at \S+").split()[-1]


def test_the_machines_move_as_commands_are_typed(page, server, client):
    page.live(url_of(client))
    page.wait_for(lambda: page.dots().get("conversation") == "CLOSING_SERVER")
    assert page.dots() == {
        "song": "UNWANTED",
        "next_song": "UNWANTED",
        "player": "SILENT",
        "prompt": "OPEN",
        "queue": "IDLE",
        "transport": "IDLE",
        "link": "ONLINE",
        "conversation": "CLOSING_SERVER",
    }
    client.type("play 1")
    page.wait_for(lambda: page.dots()["song"] == "OPENED")
    assert page.dots()["prompt"] == "LOCKED"
    server.played.get(timeout=30)
    server.audio(1, FIRST_BYTES)
    page.wait_for(lambda: page.dots()["song"] == "COLLECTING")
    assert page.dots()["prompt"] == "OPEN"
    server.audio(MINUTE)
    page.wait_for(lambda: page.dots()["song"] == "ENOUGH")
    client.type("play 2")
    page.wait_for(lambda: page.dots()["song"] == "REQUESTED")
    server.played.get(timeout=30)
    server.send(CLOSING)
    page.wait_for(lambda: page.dots()["song"] == "OPENED")
    shown = dict(zip(page.texts("#table tbody th"), page.texts("#table td.code"), strict=True))
    assert shown["song"] == "OPENED"
    assert page.console() == []


def test_the_history_of_a_machine_counts_what_is_alike(page, server, client):
    page.live(url_of(client))
    client.type("list", "play 1")
    server.played.get(timeout=30)
    server.audio(1, FIRST_BYTES)
    page.wait_for(lambda: page.dots()["song"] == "COLLECTING")
    server.audio(MINUTE)
    page.wait_for(lambda: page.dots()["song"] == "ENOUGH")
    page.click(".dot[data-name='song']")
    page.wait_for(lambda: any("times until" in text for text in page.texts("#ladder .at")))
    assert "SongAudio 4,000 bytes" in page.texts("#ladder .arrow.right")
    assert "AppendAudio PRESENT 4,000 bytes" in page.texts("#ladder .arrow.left")
    assert len(page.texts("#ladder li")) <= 24
    assert page.run("return document.querySelectorAll('i').length") == 0
    assert page.console() == []


def test_on_a_narrow_screen_the_state_is_seen_and_the_end_is_said(page, server, client):
    page.size(360)
    page.live(url_of(client))
    wide, inner = page.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= inner
    client.type("play 1")
    server.played.get(timeout=30)
    page.wait_for(lambda: page.dots()["song"] == "OPENED")
    # The drawing is wider than the screen; it has scrolled to where the dot is.
    left, right = page.run(
        "const box = document.querySelector('.dot[data-name=song]').getBoundingClientRect();"
        "return [box.left, box.right]"
    )
    assert 0 < left < right < inner
    server.audio(1, FIRST_BYTES)
    client.type("quit")
    page.wait_for(lambda: page.text("#status") == "The client has ended.")
    assert client.end() == 0
