"""A client as it is deployed, which takes RFC 2.5 at its word: tokens, not ends of messages.

It reads what is left of one full message, 4117 bytes, at a time; splits at spaces; takes what it
has for one message when the last two tokens are END; drops the first three tokens and the last two
and joins the rest by a space. So what it reads has to end where a message does: one that is
shorter than 4117 bytes and has another one right behind it is never complete, and such a client
hears nothing more. An empty list ends its receiving thread, unless it is only a code.

Written from the text of RFC 9999 and observation alone; it needs only the standard library.

    with DeployedClient(port) as client:
        client.play(1)
        assert client.heard(len(song)) == song    # exactly, or TimeoutError with what was heard

Run it as python tests/peers/deployed_client.py HOST PORT list "play 3"; it says what it received.
Without commands it has a prompt; quit leaves.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time

FULL_MESSAGE = 4117


class DeployedClient:
    """Receives in a thread of its own, as RFC 2.5 has it, from the beginning."""

    def __init__(self, port: int, host: str = "127.0.0.1", seconds: float = 20.0):
        self.sock = socket.create_connection((host, port), seconds)
        self.sock.settimeout(None)
        self.seconds = seconds
        self.audio = bytearray()
        self.messages: list[bytes] = []
        """The codes of all messages, in order."""
        self.lists: list[list[str]] = []
        self.errors = 0
        self.unread = b""
        """What is taken for the beginning of one message, and is not complete."""
        self.dead: Exception | None = None
        """What ended the receiving thread."""
        self.news = threading.Condition()
        self.thread = threading.Thread(target=self._receive, daemon=True)
        self.thread.start()

    def __enter__(self) -> DeployedClient:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(self.seconds)
        self.sock.close()

    # What it sends

    def list_songs(self) -> None:
        self.sock.sendall(b"LIST END END")

    def stop(self) -> None:
        self.sock.sendall(b"STOP None END END")

    def play(self, song_id: int) -> None:
        """It sends STOP before each PLAY, and throws its buffer away (RFC 2.2)."""
        self.stop()
        with self.news:
            self.audio.clear()
        self.sock.sendall(b"PLAY %d END END" % song_id)

    # What it has received

    def heard(self, size: int) -> bytes:
        """Wait for so many bytes of audio, and return all of it."""
        return self._wait(lambda: len(self.audio) >= size and bytes(self.audio))

    def listed(self, times: int = 1) -> list[list[str]]:
        """Wait for so many list messages, and return all of them."""
        return self._wait(lambda: len(self.lists) >= times and list(self.lists))

    def refused(self, times: int = 1) -> int:
        """Wait for so many errors, and return their number."""
        return self._wait(lambda: self.errors >= times and self.errors)

    def _wait(self, found):
        deadline = time.monotonic() + self.seconds
        with self.news:
            while not (result := found()):
                if self.dead is not None or not self.thread.is_alive():
                    raise EOFError(f"its receiving thread has ended: {self.dead!r}; {self}")
                if not self.news.wait(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError(str(self))
            return result

    def __str__(self) -> str:
        waiting = f"{len(self.unread)} bytes are no message: {self.unread[:30]!r}"
        return f"{len(self.audio)} bytes of audio, {len(self.lists)} lists; {waiting}"

    # Its receiving thread

    def _receive(self) -> None:
        try:
            while data := self.sock.recv(FULL_MESSAGE - len(self.unread) % FULL_MESSAGE):
                with self.news:
                    self._take(self.unread + data)
                    self.news.notify_all()
        except Exception as error:
            self.dead = error
        finally:
            with self.news:
                self.news.notify_all()

    def _take(self, received: bytes) -> None:
        self.unread = received
        tokens = received.split(b" ")
        if tokens[-2:] != [b"END", b"END"]:
            return
        self.unread = b""
        payload = b" ".join(tokens[3:-2])
        if tokens[0] == b"ERRO":
            self.errors += 1
        elif tokens[1] == b"200":
            self.audio += payload
        elif tokens[1] == b"100":
            self._take_list(tokens[3:-2], payload)
        self.messages.append(tokens[1])

    def _take_list(self, tokens: list[bytes], payload: bytes) -> None:
        if tokens and not payload:
            raise ValueError("an entry that is empty")
        self.lists.append(
            [entry.decode(errors="replace") for entry in payload.split(b" END ")] if tokens else []
        )


class TalkingClient(DeployedClient):
    """The same with a prompt: it prints lists and errors as its thread receives them (RFC 2.5)."""

    def prompt(self) -> None:
        """Do what is typed, line after line."""
        print(">> ", end="", flush=True)
        for line in sys.stdin:
            word, _, number = line.strip().partition(" ")
            if word == "quit":
                return
            try:
                if word == "play":
                    self.play(int(number))
                else:
                    {"list": self.list_songs, "stop": self.stop}[word]()
            except OSError as error:
                print(f"the server has gone: {error}")
            print(">> ", end="", flush=True)

    def _take_list(self, tokens: list[bytes], payload: bytes) -> None:
        super()._take_list(tokens, payload)
        print("", *self.lists[-1], ">> ", sep="\n", end="", flush=True)

    def _take(self, received: bytes) -> None:
        before = self.errors
        super()._take(received)
        if self.errors > before:
            print("\nnot a valid song ID\n>> ", end="", flush=True)


def main(arguments: list[str]) -> int:
    host, port, *commands = arguments
    if not commands:
        with TalkingClient(int(port), host) as client:
            client.prompt()
        return 0
    with DeployedClient(int(port), host, seconds=2.0) as client:
        for command in commands:
            word, _, number = command.partition(" ")
            if word == "play":
                client.play(int(number))
            elif word == "stop":
                client.stop()
            else:
                client.list_songs()
            with contextlib.suppress(TimeoutError, EOFError):
                # Nothing tells it that a song is over: it listens for a while.
                client.heard(sys.maxsize)
            print(client, *client.lists[-1:], f"{client.errors} errors", sep="; ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
