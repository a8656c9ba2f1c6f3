"""Clients over TLS that say what they want byte by byte, and a wire that somebody listens to."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

from fsm.client.events import AudioReceived, ListReceived, NotFoundReceived, SetupReceived
from net.responses import ResponseDecoder

TIMEOUT_S = 40.0
SETUP = b"SETUP ends from END END"


def connected(port: int, context: ssl.SSLContext, name: str = "localhost") -> ssl.SSLSocket:
    """A client whose handshake is over; it takes only TLS's own end for an end."""
    sock = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
    return context.wrap_socket(sock, server_hostname=name, suppress_ragged_eofs=False)


class Conversation:
    """Receives whole messages; what it has is theirs, in order."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._decoder = ResponseDecoder()
        self._events: list[object] = []

    def next(self) -> object:
        while not self._events:
            data = self.sock.recv(1 << 16)
            assert data, "the server closed"
            self._events += self._decoder.feed(data)
        return self._events.pop(0)

    def song(self) -> bytes:
        """The audio up to the closing message; lists in between are left out."""
        pieces = []
        while True:
            match self.next():
                case AudioReceived(b""):
                    return b"".join(pieces)
                case AudioReceived(data):
                    pieces.append(data)
                case ListReceived() | SetupReceived():
                    pass
                case other:
                    raise AssertionError(f"{other} instead of audio")

    def list(self) -> int:
        """How many songs a list has, up to its closing message."""
        songs = 0
        while True:
            match self.next():
                case ListReceived(()):
                    return songs
                case ListReceived(listed):
                    songs += len(listed)
                case SetupReceived() | NotFoundReceived():
                    pass
                case other:
                    raise AssertionError(f"{other} instead of a list")


class Tapped:
    """A wire between a client and a server. port: for the client. heard: all bytes, of both."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard = {"client": bytearray(), "server": bytearray()}
        self._sockets: list[socket.socket] = [self._listener]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in list(self._threads):
            thread.join(TIMEOUT_S)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._sockets += [client, server]
                for name, source, sink in (("client", client, server), ("server", server, client)):
                    thread = threading.Thread(target=self._pass, args=(name, source, sink))
                    self._threads.append(thread)
                    thread.start()

    def _pass(self, name: str, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self.heard[name] += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def tapped(port: int) -> Iterator[Tapped]:
    """A wire to this port for the time of the block."""
    wire = Tapped(port)
    try:
        yield wire
    finally:
        wire.close()
