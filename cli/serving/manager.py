"""systemd as what manages the server: the sockets that it passes, and what it is told of the state.

sd_listen_fds(3), sd_notify(3). Without it, nothing of this happens.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, MutableMapping

from cli.serving.refused import Refused

FIRST_PASSED = 3
INTERVAL_S = 10.0
SIGNS_PER_WATCHDOG = 4
"""Signs of life in the time after which systemd takes the server for dead: one may be late."""
READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


class Systemd:
    """A Manager. address: of the socket that it reads. watchdog_s: None if it awaits no signs."""

    def __init__(self, address: str, watchdog_s: float | None) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.patience_s: float | None = watchdog_s
        self.interval_s = INTERVAL_S
        if watchdog_s is not None:
            self.interval_s = min(INTERVAL_S, watchdog_s / SIGNS_PER_WATCHDOG)
        self._status = ""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Systemd | None:
        """Return it, if it has started this process and wants to know."""
        if not (address := environ.get("NOTIFY_SOCKET")):
            return None
        watched = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environ.get("WATCHDOG_USEC", "") if watched else ""
        return cls(address, int(microseconds) / 1e6 if microseconds.isdecimal() else None)

    def ready(self) -> None:
        """Tell it that clients are served."""
        self._tell(READY)

    def alive(self, songs: int, clients: int) -> None:
        """Give the sign that a watchdog waits for, and what `systemctl status` is to show."""
        status = f"STATUS={_number(songs, 'song')}, {_number(clients, 'client')}"
        news = [] if status == self._status else [status]
        self._status = status
        if words := [*news, *([ALIVE] if self.patience_s is not None else [])]:
            self._tell(*words)

    def reloading(self) -> None:
        """Tell it that the settings are read again; `ready` follows."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Tell it that no more clients are served."""
        self._tell(STOPPING)

    def _tell(self, *words: str) -> None:
        """Send it. A manager that does not listen is no reason to serve nobody."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                sock.sendto("\n".join(words).encode(), self._address)
        except OSError:
            pass


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def passed_sockets(environ: MutableMapping[str, str]) -> list[socket.socket]:
    """Return the listening sockets that were passed to this process; [] if there are none.

    environ: what was said of them is taken out, for they are nobody else's. Raises Refused: one of
    them is no socket that accepts TCP connections.
    """
    pid, count = environ.pop("LISTEN_PID", ""), environ.pop("LISTEN_FDS", "")
    environ.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not count.isdecimal():
        return []
    return [_passed(fd) for fd in range(FIRST_PASSED, FIRST_PASSED + int(count))]


def _passed(fd: int) -> socket.socket:
    try:
        sock = socket.socket(fileno=fd)
        tcp = sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM
        listens = tcp and sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        listens = False
    if not listens:
        raise Refused(
            f"descriptor {fd}, which was passed, accepts no TCP connections: ListenStream= with a "
            "port is meant, and Accept=no"
        )
    sock.setblocking(False)
    sock.set_inheritable(False)
    return sock
