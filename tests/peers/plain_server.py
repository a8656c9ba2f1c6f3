"""A streaming server written from the text of RFC 9999 alone, to test the client with.

It shares no code with the program under test and needs only the standard library. Without switches
it does what the RFC says and no more: no SETUP, nothing after the last piece of a song. Each switch
gives it one habit that deployed servers have:

  --one-request-per-recv  what one recv() returned is one request; anything after it is lost
  --first-four-bytes      only the first four bytes name the request; unknown words are ignored
  --list-twice            a list asked for during a song is sent again after the song
  --small-send-buffer     SO_SNDBUF is 4096
  --uncut                 audio goes out in plain 4096 byte pieces, whatever they contain
  --list-form             the RFC shows the list in more than one form: end, crlf, parentheses

It can also be imported: PlainServer(folder, Habits(...)) serves in threads until close().
"""

import argparse
import contextlib
import queue
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

END_OF_MESSAGE = b" END END"
PIECE = 4096
NOT_FOUND = b"ERRO 404 END END"
AUDIO_HEAD = b"RESP 200 END "
LIST_HEAD = b"RESP 100 END "


@dataclass(frozen=True)
class Habits:
    """How this server differs from a careful reading of the RFC."""

    one_request_per_recv: bool = False
    first_four_bytes: bool = False
    list_twice: bool = False
    small_send_buffer: bool = False
    uncut: bool = False
    list_form: str = "end"
    # No habit, but a slow network: seconds to wait after each audio message.
    pause: float = 0.0


def clean_pieces(data: bytes):
    """Cut a song so that the first end of message in each message is its last eight bytes.

    A piece is as long as it can be, and at least one byte: otherwise a song that begins with an end
    of message could never be sent.
    """
    at = 0
    while at < len(data):
        size = min(PIECE, len(data) - at)
        while size > 1:
            message = AUDIO_HEAD + data[at : at + size] + END_OF_MESSAGE
            first = message.find(END_OF_MESSAGE)
            follows = data[at + size : at + size + 3]
            if first == len(message) - len(END_OF_MESSAGE) and follows != b"END":
                break
            size -= 1
        yield data[at : at + size]
        at += size


def plain_pieces(data: bytes):
    for at in range(0, len(data), PIECE):
        yield data[at : at + PIECE]


def list_messages(titles: list[str], form: str = "end") -> list[bytes]:
    """Encode the list: in each message whole entries, of at most 4096 bytes (RFC 2.4.1)."""
    between = b"\r\n" if form == "crlf" else b" END "
    groups: list[bytes] = []
    for number, title in enumerate(titles, 1):
        entry = f"{number}. {title}".encode()
        if groups and len(groups[-1]) + len(between) + len(entry) <= PIECE - 2:
            groups[-1] += between + entry
        else:
            groups.append(entry)
    if form == "parentheses":
        groups = [b"(" + group + b")" for group in groups]
    return [LIST_HEAD + group + END_OF_MESSAGE for group in groups or [b""]]


@dataclass
class Connection:
    """One connection, and what its two threads share.

    pending: the requests that are to be answered; None after the last one.
    """

    sock: socket.socket
    pending: queue.Queue = field(default_factory=queue.Queue)
    lock: threading.Lock = field(default_factory=threading.Lock)
    keep_playing: bool = False
    list_while_playing: bool = False
    playing: bool = False


class PlainServer:
    """Serves the .mp3 files of a folder, with two threads for each client (RFC 2.4)."""

    def __init__(self, folder, habits: Habits | None = None, port: int = 0, host="127.0.0.1"):
        self.habits = habits or Habits()
        self.songs = sorted(Path(folder).glob("*.mp3"))
        self.received: list[bytes] = []
        self.arrived = threading.Condition()
        self.connections: list[Connection] = []
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.listener.listen(32)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for sock in [self.listener, *(each.sock for each in self.connections)]:
            # A thread blocked in accept or recv only wakes up when the socket is shut down.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def wait_for(self, request: bytes, seconds: float = 10.0, times: int = 1) -> bool:
        """Wait until this request has been received so many times."""
        with self.arrived:
            return self.arrived.wait_for(lambda: self.received.count(request) >= times, seconds)

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            if self.habits.small_send_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            connection = Connection(sock)
            self.connections.append(connection)
            threading.Thread(target=self._receive, args=(connection,), daemon=True).start()
            threading.Thread(target=self._write, args=(connection,), daemon=True).start()

    def _requests(self, sock):
        """Yield the requests of a connection, framed or as recv() happens to return them."""
        waiting = b""
        while True:
            try:
                got = sock.recv(4096)
            except OSError:
                return
            if not got:
                return
            if self.habits.one_request_per_recv:
                yield got.split(END_OF_MESSAGE, 1)[0]
                continue
            waiting += got
            while END_OF_MESSAGE in waiting:
                request, waiting = waiting.split(END_OF_MESSAGE, 1)
                yield request.lstrip(b"\r\n")

    def _receive(self, connection: Connection):
        for request in self._requests(connection.sock):
            with connection.lock:
                self._handle(connection, request)
            with self.arrived:
                self.received.append(request)
                self.arrived.notify_all()
        with connection.lock:
            connection.keep_playing = connection.keep_playing and not self.habits.first_four_bytes
        connection.pending.put(None)

    def _handle(self, connection: Connection, request: bytes):
        words = request.split(b" ")
        word = request[:4] if self.habits.first_four_bytes else words[0]
        if word == b"LIST":
            if connection.playing or connection.keep_playing:
                connection.list_while_playing = True
                if not self.habits.list_twice:
                    return
            connection.pending.put((b"LIST", b""))
        elif word == b"PLAY":
            connection.playing = False
            connection.keep_playing = True
            connection.pending.put((b"PLAY", words[1] if len(words) > 1 else b""))
        elif word == b"STOP":
            connection.keep_playing = connection.playing = False
        elif not self.habits.first_four_bytes:
            connection.pending.put((b"", b""))

    def _write(self, connection: Connection):
        try:
            while True:
                item = connection.pending.get()
                if item is None:
                    break
                word, number = item
                if word == b"LIST":
                    self._send_list(connection)
                elif word == b"PLAY":
                    self._send_song(connection, number)
                else:
                    connection.sock.sendall(NOT_FOUND)
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the client has gone

    def _send_list(self, connection: Connection):
        titles = [song.stem for song in self.songs]
        for message in list_messages(titles, self.habits.list_form):
            connection.sock.sendall(message)

    def _send_song(self, connection: Connection, number: bytes):
        index = int(number) - 1 if number.isdigit() else -1
        if not 0 <= index < len(self.songs):
            with connection.lock:
                connection.keep_playing = False
            connection.sock.sendall(NOT_FOUND)
            self._send_waiting_list(connection)
            return
        with connection.lock:
            # A STOP or another PLAY may have come while this PLAY waited in the queue.
            if not connection.keep_playing or any(
                item and item[0] == b"PLAY" for item in list(connection.pending.queue)
            ):
                return
            connection.playing = True
        data = self.songs[index].read_bytes()
        for piece in plain_pieces(data) if self.habits.uncut else clean_pieces(data):
            self._send_waiting_list(connection)
            with connection.lock:
                if not connection.playing:
                    break
            connection.sock.sendall(AUDIO_HEAD + piece + END_OF_MESSAGE)
            if self.habits.pause:
                time.sleep(self.habits.pause)
        with connection.lock:
            if connection.playing:
                connection.playing = connection.keep_playing = False
        self._send_waiting_list(connection)

    def _send_waiting_list(self, connection: Connection):
        with connection.lock:
            waiting, connection.list_while_playing = connection.list_while_playing, False
        if waiting:
            self._send_list(connection)


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description="A plain RFC 9999 server")
    parser.add_argument("folder")
    parser.add_argument("port", type=int)
    for switch in ("one-request-per-recv", "first-four-bytes", "list-twice"):
        parser.add_argument(f"--{switch}", action="store_true")
    for switch in ("small-send-buffer", "uncut"):
        parser.add_argument(f"--{switch}", action="store_true")
    parser.add_argument("--list-form", choices=("end", "crlf", "parentheses"), default="end")
    parser.add_argument("--pause", type=float, default=0.0)
    given = vars(parser.parse_args(arguments))
    folder, port = given.pop("folder"), given.pop("port")
    server = PlainServer(folder, Habits(**given), port)
    print(f"listening on {server.port}", flush=True)
    try:
        server.thread.join()
    except KeyboardInterrupt:
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
