"""`alfine status --follow`: tells of each change in the client that plays, whichever it is by then.

It sleeps until a client says something: nothing is polled, and the server is not asked.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from collections.abc import Callable
from typing import NoReturn

from cli.outside.directory import runtime_directory
from cli.outside.peers import BELL, VERSION, Answer, Found, NoAnswer, Peer, absent, remove

Show = Callable[[Answer], None]


class Bell:
    """What a client rings when it starts, or begins to play; a context manager."""

    def __init__(self) -> None:
        self._path = os.path.join(runtime_directory(), f"{os.getpid()}{BELL}")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def __enter__(self) -> Bell:
        remove(self._path)
        self.socket.bind(self._path)
        os.chmod(self._path, 0o600)
        self.socket.setblocking(False)
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()
        remove(self._path)

    def quiet(self) -> None:
        """Forget that it was rung."""
        try:
            while True:
                self.socket.recv(1)
        except OSError:
            return


class Follower:
    """Follows one client after another.

    only: the process ID of the one that is followed alone. as_json: all of an answer is shown, not
    its text alone.
    """

    def __init__(self, only: int | None, as_json: bool, show: Show, bell: Bell) -> None:
        self._only = only
        self._as_json = as_json
        self._show = show
        self._bell = bell
        self._peer: Peer | None = None
        self._shown: object = None

    def run(self) -> NoReturn:
        """Follow until BrokenPipeError, nobody reads it, or NoAnswer, the one client has gone."""
        while True:
            self._choose()
            if self._peer is None and self._only is not None:
                raise NoAnswer(absent(self._only, []))
            self._wait()

    def _choose(self) -> None:
        """Follow the client that is meant by now; say so where there is none."""
        with Found(self._only) as found:
            best = found.peers[0] if found.peers else None
            if best is None:
                self._leave()
                text = "no client plays"
                self._tell({"alfine": VERSION, "kind": "error", "line": "status", "text": text})
            elif self._peer is None or best.pid != self._peer.pid:
                self._leave()
                try:
                    best.send(follow=True)
                except NoAnswer:  # it has gone since
                    self._choose()
                    return
                self._peer = found.peers.pop(0)

    def _leave(self) -> None:
        if self._peer is not None:
            self._peer.socket.close()
            self._peer = None

    def _tell(self, answer: Answer) -> None:
        # A client that is followed again says first what is known already.
        members = {name: value for name, value in answer.items() if name != "since_s"}
        shown = members if self._as_json else answer.get("text")
        if shown != self._shown:
            self._shown = shown
            self._show(answer)

    def _wait(self) -> None:
        """Tell what the client says until another is to be chosen. Raises BrokenPipeError."""
        poll = select.poll()
        poll.register(self._bell.socket, select.POLLIN)
        poll.register(sys.stdout.fileno(), 0)  # for the error that its end is
        if self._peer is not None:
            self._peer.socket.setblocking(False)
            poll.register(self._peer.socket, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll()}
            if sys.stdout.fileno() in ready:
                raise BrokenPipeError
            if self._bell.socket.fileno() in ready:
                self._bell.quiet()
                return
            if self._peer is not None and self._must_choose(self._peer):
                return

    def _must_choose(self, peer: Peer) -> bool:
        """Tell what has come; return whether it has gone, or rests while another may play."""
        try:
            peer.feed()
            while (answer := peer.next_answer()) is not None:
                peer.status = answer
                self._tell(answer)
        except NoAnswer:
            self._leave()
            return True
        return not peer.plays


def follow(only: int | None, as_json: bool, show: Show) -> NoReturn:
    """Show the status now and at each change. Raises what `Follower.run` does."""
    with Bell() as bell:
        Follower(only, as_json, show, bell).run()
