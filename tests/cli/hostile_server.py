"""A server that sends closing messages, and whose titles try to steer the terminal."""

import contextlib
import socket
import threading

END = b" END END"

ATTACKS = (
    "\x1b]0;owned\x07",  # the window's title
    "\x1b[2J\x1b[H",  # clear the screen
    "\x1b[45m",
    "\x9b5A\x9d0;owned\x9c\x90q",  # the same in C1
    "\u202e\u2066\u200f\u061c",  # marks of writing direction
    "\n\r\x0b\x0c\x85\u2028\u2029\t",
    "\x08\x08\x7f\x00",
    "{song}{0}%s[bold]<b>",
)
TITLES = tuple(f"song{number} {attack}after" for number, attack in enumerate(ATTACKS, 1))


class HostileServer:
    """Serves the same song under each of the titles above; a context manager."""

    def __init__(self, song):
        self._song = song
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __repr__(self):
        return f"<HostileServer port={self.port}>"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        received, closes = b"", False
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(4096):
                *requests, received = (received + data).split(END)
                for request in requests:
                    closes = closes or request.startswith(b"SETUP")
                    connection.sendall(self._answer(request.strip(), closes))

    def _answer(self, request, closes):
        if request.startswith(b"SETUP"):
            return b"RESP 101 END hostile ends" + END
        if request == b"LIST":
            entries = " END ".join(f"{n}. {title}" for n, title in enumerate(TITLES, 1))
            return (
                b"RESP 100 END " + entries.encode() + END + b"RESP 100 END " * closes + END * closes
            )
        if not request.startswith(b"PLAY"):
            return b""
        if int(request[5:]) > len(TITLES):
            return b"ERRO 404" + END
        pieces = [self._song[at : at + 4000] for at in range(0, len(self._song), 4000)]
        return b"".join(
            b"RESP 200 END " + piece + END for piece in [*pieces, b""][: len(pieces) + closes]
        )
