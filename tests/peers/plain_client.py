"""A client written from the text of RFC 9999 alone, to test the server with.

It shares no code with the program under test and needs only the standard library. Without switches
it takes the RFC at its word: a message ends at its first " END END". Each switch gives it one habit
that deployed clients have:

  --token-reader      read up to 4117 bytes, split them at spaces, take the message as complete
                      when the last two tokens are END, drop the first 3 and the last 2 tokens
  --stop-none         stop with "STOP None END END"
  --stop-before-play  send a STOP before each PLAY

Run it with commands as arguments: plain_client.py HOST PORT list "play 3" stop. The audio goes to
the file named by --save. Without commands it has a prompt, and receives while it waits for a line;
quit leaves. It can also be imported: see PlainClient.
"""

import argparse
import re
import socket
import sys
import threading
import time
from dataclasses import dataclass

END_OF_MESSAGE = b" END END"
FULL_MESSAGE = 4117
RESPONSE = re.compile(rb"RESP ([0-9]{3})(?: END |$)")


@dataclass(frozen=True)
class Habits:
    token_reader: bool = False
    stop_none: bool = False
    stop_before_play: bool = False


@dataclass(frozen=True)
class Message:
    word: bytes
    code: bytes
    data: bytes
    raw: bytes

    @property
    def is_audio(self) -> bool:
        return self.code == b"200"

    @property
    def is_list(self) -> bool:
        return self.code == b"100"

    @property
    def is_error(self) -> bool:
        return self.word == b"ERRO"

    @property
    def songs(self) -> list[str]:
        return (
            [entry.decode(errors="replace") for entry in self.data.split(b" END ")]
            if self.data
            else []
        )


class NotAMessage(ValueError):
    """The bytes cannot be a message of RFC 9999."""


def first_message(data: bytes) -> Message | None:
    """Return the message that begins the bytes; None if it is not complete yet.

    Only the first end of message counts, even within the header: a server whose song ends the
    header early is found out here. Raises NotAMessage.
    """
    end = data.find(END_OF_MESSAGE)
    if end < 0:
        return None
    raw = data[: end + len(END_OF_MESSAGE)]
    if raw == b"ERRO 404 END END":
        return Message(b"ERRO", b"404", b"", raw)
    # One that is only a code ends where END would follow it: an empty list.
    if (header := RESPONSE.match(data[:end])) is None:
        raise NotAMessage(raw[:40])
    return Message(b"RESP", header[1], data[header.end() : end], raw)


def split_messages(data: bytes) -> tuple[list[Message], bytes]:
    """Return all complete messages of a recorded stream, and the rest."""
    messages = []
    while (message := first_message(data)) is not None:
        messages.append(message)
        data = data[len(message.raw) :]
    return messages, data


class PlainClient:
    """A connection that sends requests and returns one message after another."""

    def __init__(self, port: int, habits: Habits | None = None, host="127.0.0.1", seconds=10.0):
        self.habits = habits or Habits()
        self.sock = socket.create_connection((host, port), seconds)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.seconds = seconds
        self.waiting = b""
        self.closed = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data: bytes):
        self.sock.sendall(data)

    def list_songs(self):
        self.send(b"LIST END END")

    def stop(self):
        self.send(b"STOP None END END" if self.habits.stop_none else b"STOP END END")

    def play(self, number):
        if self.habits.stop_before_play:
            self.stop()
        self.send(f"PLAY {number} END END".encode())

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def _receive(self, most: int, deadline: float) -> bytes:
        self.sock.settimeout(max(0.001, deadline - time.monotonic()))
        got = self.sock.recv(most)
        self.closed = not got
        return got

    def next(self, seconds: float | None = None) -> Message | None:
        """Return the next message; None at the end of the stream. Raises TimeoutError."""
        deadline = time.monotonic() + (self.seconds if seconds is None else seconds)
        if self.habits.token_reader:
            return self._next_by_tokens(deadline)
        while (message := first_message(self.waiting)) is None:
            got = self._receive(65536, deadline)
            if not got:
                return None
            self.waiting += got
        self.waiting = self.waiting[len(message.raw) :]
        return message

    def _next_by_tokens(self, deadline: float) -> Message | None:
        got = b""
        while True:
            # Never more than one full message: the rest is of the next one.
            more = self._receive(FULL_MESSAGE - len(got) % FULL_MESSAGE, deadline)
            if not more:
                return None
            got += more
            tokens = got.split(b" ")
            if len(tokens) >= 4 and tokens[-2:] == [b"END", b"END"]:
                return Message(tokens[0], tokens[1], b" ".join(tokens[3:-2]), got)

    def until(self, is_last, seconds: float | None = None) -> list[Message]:
        """Return the messages up to the first one for which is_last(message) is true, with it."""
        deadline = time.monotonic() + (self.seconds if seconds is None else seconds)
        messages = []
        while (message := self.next(deadline - time.monotonic())) is not None:
            messages.append(message)
            if is_last(message):
                return messages
        raise EOFError(f"the server closed after {len(messages)} messages")

    def audio(self, size: int, seconds: float | None = None) -> bytes:
        """Return so many bytes of audio, or more, to the end of a message."""
        deadline = time.monotonic() + (self.seconds if seconds is None else seconds)
        got = bytearray()
        while len(got) < size:
            message = self.next(deadline - time.monotonic())
            if message is None:
                raise EOFError(f"the server closed after {len(got)} bytes of audio")
            if message.is_audio:
                got += message.data
        return bytes(got)

    def rest(self, seconds: float | None = None) -> bytes:
        """Return all bytes up to the end of the stream."""
        deadline = time.monotonic() + (self.seconds if seconds is None else seconds)
        got = bytearray(self.waiting)
        self.waiting = b""
        while more := self._receive(65536, deadline):
            got += more
        return bytes(got)

    def silence(self, seconds: float) -> bytes:
        """Return what arrives in so many seconds, which should be nothing."""
        got, self.waiting = self.waiting, b""
        deadline = time.monotonic() + seconds
        try:
            while not self.closed and time.monotonic() < deadline:
                got += self._receive(65536, deadline)
        except TimeoutError:
            pass
        return got


def prompt(client: PlainClient) -> None:
    """Do what is typed, line after line, while a thread receives (RFC 2.5)."""
    threading.Thread(target=receive, args=(client,), daemon=True).start()
    print(">> ", end="", flush=True)
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word == "quit":
            return
        try:
            {"list": client.list_songs, "stop": client.stop}.get(
                word, lambda number=number: client.play(number)
            )()
        except OSError as error:
            print(f"the server has gone: {error}")
        print(">> ", end="", flush=True)


def receive(client: PlainClient) -> None:
    """Print lists and errors until the connection ends, or what comes is no message."""
    try:
        while (message := client.next()) is not None:
            if message.is_list:
                print("", *message.songs, ">> ", sep="\n", end="", flush=True)
            elif message.is_error:
                print("\nnot a valid song ID\n>> ", end="", flush=True)
    except (OSError, ValueError) as error:
        print(f"nothing more is received: {error!r}")


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description="A plain RFC 9999 client")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("commands", nargs="*", help='list, "play ID" or stop')
    parser.add_argument("--save", help="file for the audio")
    parser.add_argument(
        "--idle", type=float, default=1.0, help="this many silent seconds end a song"
    )
    for switch in ("token-reader", "stop-none", "stop-before-play"):
        parser.add_argument(f"--{switch}", action="store_true")
    given = parser.parse_args(arguments)
    habits = Habits(given.token_reader, given.stop_none, given.stop_before_play)
    audio = bytearray()
    errors = 0
    if not given.commands:
        with PlainClient(given.port, habits, given.host, 86400.0) as client:
            prompt(client)
        return 0
    with PlainClient(given.port, habits, given.host) as client:
        for command in given.commands:
            word, _, number = command.partition(" ")
            if word == "play":
                client.play(number)
            elif word == "list":
                client.list_songs()
            else:
                client.stop()
            # The RFC does not say how a song ends: here it ends when nothing has come for a while.
            while word != "stop":
                try:
                    message = client.next(given.idle)
                except TimeoutError:
                    break
                if message is None:
                    break
                if message.is_audio:
                    audio += message.data
                elif message.is_list:
                    print("\n".join(message.songs))
                    break
                else:
                    errors += 1
                    print("not a valid song ID")
                    break
    if given.save:
        with open(given.save, "wb") as file:
            file.write(audio)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
