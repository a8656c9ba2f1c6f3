"""Finds the clients of this user that run, and asks them: one JSON line each way (docs/outside.md).

It imports as little as it can: see `cli.outside`.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time

from cli.outside.directory import runtime_directory

VERSION = 1
SOCKET, BELL = ".sock", ".bell"
PATIENCE_S = 3.0
"""A client that has not answered for so long is suspended, or hangs."""
MAX_LINE_BYTES = 4096
"""What a client takes of a request."""
MAX_ANSWER_BYTES = 16 << 20
"""A queue of a million songs takes less."""
_RESTS = ("paused", "stopped")
"""In the order in which they are meant: a pause is to be ended before anything is begun."""

Answer = dict[str, object]


class NoAnswer(Exception):
    """A client gives no answer that can be used. The message says so in one line."""


class LineTooLong(NoAnswer):
    """A request is longer than a client takes: it has not been sent."""


class Peer:
    """A connection to one client that runs. status: its `status` when it was found.

    Raises OSError: nobody listens there.
    """

    def __init__(self, pid: int, path: str) -> None:
        self.pid = pid
        self.status: Answer = {}
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._received = b""
        try:
            self.socket.settimeout(PATIENCE_S)
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise

    def __repr__(self) -> str:
        return f"<Peer {self.pid} {self.status.get('activity')}>"

    @property
    def plays(self) -> bool:
        """It plays at this moment, or is about to."""
        return self.status.get("activity") not in _RESTS

    @property
    def rank(self) -> tuple[int, float]:
        """The lower, the sooner it is meant: it plays, is paused, or is stopped; it began, or
        ceased, the later.
        """
        since_s = self.status.get("since_s")
        activity = self.status.get("activity")
        rests = _RESTS.index(activity) + 1 if activity in _RESTS else 0
        return rests, since_s if isinstance(since_s, int | float) else float("inf")

    def ask(self, **members: object) -> Answer:
        """Send a request and return its answer. Raises NoAnswer."""
        self.send(**members)
        return self.receive(time.monotonic() + PATIENCE_S)

    def send(self, **members: object) -> None:
        """Send a request. Raises NoAnswer, LineTooLong."""
        request = json.dumps({"alfine": VERSION, **members}).encode() + b"\n"
        if len(request) > MAX_LINE_BYTES:
            raise LineTooLong(f"a client takes no line of more than {MAX_LINE_BYTES} bytes")
        try:
            self.socket.sendall(request)
        except OSError as error:
            raise NoAnswer(f"client {self.pid} has gone") from error

    def receive(self, deadline: float) -> Answer:
        """Return the next answer. deadline: in `time.monotonic()`. Raises NoAnswer."""
        while (answer := self.next_answer()) is None:
            try:
                self.socket.settimeout(max(0.001, deadline - time.monotonic()))
                self.feed()
            except TimeoutError as error:
                raise NoAnswer(f"client {self.pid} does not answer: is it suspended?") from error
        return answer

    def feed(self) -> None:
        """Take what has come. Raises NoAnswer: it has gone, or sends what is no answer."""
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise
        except OSError:
            data = b""
        if not data:
            raise NoAnswer(f"client {self.pid} has gone")
        self._received += data
        if len(self._received) > MAX_ANSWER_BYTES:
            raise NoAnswer(f"client {self.pid} sends what is no answer")

    def next_answer(self) -> Answer | None:
        """Return the next answer that is whole; None if none is. Raises NoAnswer."""
        line, ended, rest = self._received.partition(b"\n")
        if not ended:
            return None
        self._received = rest
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise NoAnswer(f"client {self.pid} sends what is no answer")
        return answer


class Found:
    """The clients that run, the first of them the one that is meant; a context manager.

    only: the process ID of the one that is looked for. mute: why others gave no answer. Raises
    OSError: the directory where they are is not this user's own.
    """

    def __init__(self, only: int | None = None) -> None:
        self.peers: list[Peer] = []
        self.mute: list[str] = []
        found = _connected(only)
        deadline = time.monotonic() + PATIENCE_S
        for peer in found:
            with contextlib.suppress(NoAnswer):  # it is told of below, for nothing comes
                peer.send(line="status")
        for peer in found:
            try:
                peer.status = peer.receive(deadline)
                self.peers.append(peer)
            except NoAnswer as error:
                self.mute.append(str(error))
                peer.socket.close()
        self.peers.sort(key=lambda peer: peer.rank)

    def __enter__(self) -> Found:
        return self

    def __exit__(self, *exc: object) -> None:
        for peer in self.peers:
            peer.socket.close()


def _connected(only: int | None) -> list[Peer]:
    """Connect to all clients but this process; remove the sockets that killed ones have left."""
    folder = runtime_directory()
    peers = []
    for name in sorted(os.listdir(folder)):
        pid, ending = os.path.splitext(name)
        if ending != SOCKET or not pid.isdecimal() or int(pid) == os.getpid():
            continue
        if only is None or int(pid) == only:
            path = os.path.join(folder, name)
            try:
                peers.append(Peer(int(pid), path))
            except ConnectionRefusedError:
                remove(path)
            except OSError:
                continue
    return peers


def absent(only: int | None, mute: list[str]) -> str:
    """Say in one line why no client can be asked."""
    if mute:
        return "; ".join(mute)
    if only is None:
        return "no client plays; alfine client HOST PORT starts one"
    return f"there is no client {only}; alfine status --all shows those that there are"


def remove(path: str) -> None:
    """Remove a socket, if it is there."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def text_of(answer: Answer, shows: bool) -> str:
    """Return what a person reads of an answer. shows: the command asks for something."""
    if answer.get("kind") == "why":
        reasons = answer.get("reasons")
        return "\n".join(map(str, reasons)) if isinstance(reasons, list) else ""
    asked = shows or answer.get("kind") == "error"
    return str(answer.get("text", "")) if asked else ""


def printable(text: str) -> str:
    """Return the text with a question mark for each character that could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
