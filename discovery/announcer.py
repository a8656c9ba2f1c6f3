"""The server's end of the program that announces it."""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

from discovery import network
from discovery.announcing import ANNOUNCED, FAILED, encoded
from discovery.record import Announcement

log = logging.getLogger("alfine.server")

GOODBYE_S = 3.0
"""For the last words of the program; then it is killed."""
_ROOMS = str(Path(__file__).resolve().parents[1])
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from discovery.announcing import main; main()"
)


class Announcer:
    """Announces one server, while it runs. Where that is not possible, nothing else happens.

    Any thread may call it, and no process that is forked off: the channel is one for all.
    """

    def __init__(self, announcement: Announcement) -> None:
        self._announcement = announcement
        self._channel: socket.socket | None = None
        self._program: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        return f"<Announcer {'running' if self._channel else 'idle'} {self._announcement}>"

    def start(self) -> None:
        """Begin to announce, and to log what comes of it. Returns at once."""
        if not network.is_installed():
            log.debug("not announced: zeroconf is not installed")
            return
        ours, its = socket.socketpair()
        with its:
            try:
                self._program = subprocess.Popen(
                    (sys.executable, "-c", _START, _ROOMS),
                    stdin=its.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                log.debug("not announced: %s", error)
                ours.close()
                return
        self._channel = ours
        self._send()
        threading.Thread(target=_log_answers, args=(ours,), name="announcer", daemon=True).start()

    def update(self, songs: int, library: str | None, fingerprint: str) -> None:
        """Say this of the songs, their list and the certificate from now on (Announcement)."""
        now = replace(self._announcement, songs=songs, library=library, fingerprint=fingerprint)
        if now != self._announcement:
            self._announcement = now
            self._send()

    def withdraw(self) -> None:
        """Say in the network that the server takes no more clients. Returns at once."""
        if self._channel is not None:
            with contextlib.suppress(OSError):
                self._channel.shutdown(socket.SHUT_WR)

    def stop(self) -> None:
        """Withdraw it, and wait until that is said."""
        self.withdraw()
        if self._program is None:
            return
        try:
            self._program.wait(GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.wait()

    def _send(self) -> None:
        if self._channel is not None:
            # A program that has ended, or takes nothing, is not waited for.
            with contextlib.suppress(OSError):
                self._channel.send(encoded(self._announcement), socket.MSG_DONTWAIT)


def _log_answers(channel: socket.socket) -> None:
    """Log each answer that differs from the one before."""
    last = ""
    with contextlib.suppress(OSError), channel.makefile("r", encoding="utf-8") as answers:
        for line in answers:
            if line == last:
                continue
            answer, last = line.rstrip("\n"), line
            if answer.startswith(ANNOUNCED):
                log.info("clients in this network find it as %s", answer.removeprefix(ANNOUNCED))
            else:
                log.debug("not announced: %s", answer.removeprefix(FAILED))
