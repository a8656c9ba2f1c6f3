"""A streaming server written from the text of RFC 9999 alone, to test the client with.

Run it as python -m tests.peers.plain_server FOLDER PORT.

It shares no code with the program under test and needs only the standard library. Without switches
it does what the RFC says and no more: no SETUP, nothing after the last piece of a song. Each switch
gives it one habit that deployed servers have:

  --one-request-per-recv  what one recv() returned is one request; anything after it is lost
  --first-four-bytes      only the first four bytes name the request; unknown words are ignored
  --list-twice            a list asked for during a song is sent again after the song
  --small-send-buffer     SO_SNDBUF is 4096
  --uncut                 audio goes out in plain 4096 byte pieces, whatever they contain
  --close-after-song      the connection is closed behind each song
  --close-after-setup     the connection is closed when SETUP comes
  --silent-to-unknown     words that are not known are not answered
  --404-for-stop          STOP is answered by ERRO 404
  --lose-entries          of a list longer than one message, an entry is lost at each cut, and all
                          that is behind the last full message
  --silent                nothing is answered at all
  --wording               how the answers are worded: a name of tests/peers/wording.py
  --setup-answer          what SETUP is answered with, in the place of ERRO 404
  --list-delay            seconds to wait before a list
  --piece                 bytes of audio in a message

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

from tests.peers.wording import EVERY_WORDING, PIECE, RFC, Wording

END_OF_MESSAGE = b" END END"


@dataclass(frozen=True)
class Habits:
    """How this server differs from a careful reading of the RFC."""

    one_request_per_recv: bool = False
    first_four_bytes: bool = False
    list_twice: bool = False
    small_send_buffer: bool = False
    uncut: bool = False
    close_after_song: bool = False
    close_after_setup: bool = False
    silent_to_unknown: bool = False
    not_found_for_stop: bool = False
    lose_entries: bool = False
    silent: bool = False
    wording: Wording = RFC
    setup_answer: bytes | None = None
    piece: int = PIECE
    list_delay: float = 0.0
    # No habit, but a slow network: seconds to wait after each audio message.
    pause: float = 0.0


def plain_pieces(data: bytes, size: int = PIECE):
    for at in range(0, len(data), size):
        yield data[at : at + size]


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
                yield request.lstrip(b"\r\n\0")

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
        if self.habits.silent:
            return
        if words[0] == b"SETUP" and self.habits.close_after_setup:
            connection.pending.put(None)
        elif words[0] == b"SETUP" and self.habits.setup_answer is not None:
            connection.pending.put((b"SETUP", b""))
        elif word == b"LIST":
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
            if self.habits.not_found_for_stop:
                connection.pending.put((b"", b""))
        elif not (self.habits.first_four_bytes or self.habits.silent_to_unknown):
            connection.pending.put((b"", b""))

    def _write(self, connection: Connection):
        try:
            connection.sock.sendall(self.habits.wording.greeting)
            while True:
                item = connection.pending.get()
                if item is None:
                    break
                word, number = item
                if word == b"LIST":
                    self._send_list(connection)
                elif word == b"PLAY":
                    self._send_song(connection, number)
                    if self.habits.close_after_song:
                        break
                elif word == b"SETUP":
                    connection.sock.sendall(self.habits.setup_answer)
                else:
                    connection.sock.sendall(self.habits.wording.refusal())
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the client has gone

    def _send_list(self, connection: Connection):
        if self.habits.list_delay:
            time.sleep(self.habits.list_delay)
        messages = self.habits.wording.lists([song.stem for song in self.songs])
        if self.habits.lose_entries:
            messages = self._with_losses(messages)
        for message in messages:
            connection.sock.sendall(message)

    def _with_losses(self, messages: list[bytes]) -> list[bytes]:
        """The last entry of each full message is lost, and the message that is not full."""
        between, end = self.habits.wording.between, self.habits.wording.end
        cut = [m.removesuffix(end).rsplit(between, 1)[0] + end for m in messages[:-1]]
        return cut or messages

    def _send_song(self, connection: Connection, number: bytes):
        wording = self.habits.wording
        index = wording.index(number)
        if not 0 <= index < len(self.songs):
            with connection.lock:
                connection.keep_playing = False
            connection.sock.sendall(wording.refusal())
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
        uncut = self.habits.uncut or self.habits.piece != PIECE
        connection.sock.sendall(wording.before_answers)
        for piece in plain_pieces(data, self.habits.piece) if uncut else wording.clean_pieces(data):
            self._send_waiting_list(connection)
            with connection.lock:
                if not connection.playing:
                    break
            connection.sock.sendall(wording.audio(piece))
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


SWITCHES = {
    "one_request_per_recv": bool, "first_four_bytes": bool, "list_twice": bool,
    "small_send_buffer": bool, "uncut": bool, "close_after_song": bool, "close_after_setup": bool,
    "silent_to_unknown": bool, "lose_entries": bool, "silent": bool, "setup_answer": str.encode,
    "piece": int, "list_delay": float, "pause": float,
}  # fmt: skip


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description="A plain RFC 9999 server")
    parser.add_argument("folder")
    parser.add_argument("port", type=int)
    for switch, kind in SWITCHES.items():
        name, default = f"--{switch.replace('_', '-')}", getattr(Habits(), switch)
        if kind is bool:
            parser.add_argument(name, action="store_true", dest=switch)
        else:
            parser.add_argument(name, type=kind, default=default, dest=switch)
    parser.add_argument("--404-for-stop", action="store_true", dest="not_found_for_stop")
    parser.add_argument("--wording", choices=EVERY_WORDING, default="rfc")
    given = vars(parser.parse_args(arguments))
    folder, port = given.pop("folder"), given.pop("port")
    given["wording"] = EVERY_WORDING[given["wording"]]
    server = PlainServer(folder, Habits(**given), port)
    print(f"listening on {server.port}", flush=True)
    try:
        server.thread.join()
    except KeyboardInterrupt:
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
