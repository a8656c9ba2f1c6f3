"""One HAProxy on this machine: started with settings, and told things by its admin socket."""

from __future__ import annotations

import socket
from pathlib import Path

from fleet.processes import Running, listens

_ANSWER_BYTES = 1 << 20


class Haproxy:
    """One of them. folder: its own. settings: with a stats socket at `admin_socket(folder)`."""

    def __init__(self, folder: Path, settings: str, port: int) -> None:
        self._socket = admin_socket(folder)
        file = folder / "haproxy.cfg"
        file.write_text(settings)
        self._running = Running(("haproxy", "-db", "-f", file), folder / "haproxy.log")
        self._running.wait_until(lambda: listens(port))

    @property
    def pid(self) -> int:
        """Its process."""
        return self._running.process.pid

    def stop(self) -> None:
        """End it, with all connections."""
        self._running.end()

    def column(self, backend: str, server: str, name: str) -> str:
        """Return one of the statistics of a server."""
        head, *rows = (line.split(",") for line in self.ask("show stat").splitlines() if line)
        column = [each.lstrip("# ") for each in head].index(name)
        return next(row[column] for row in rows if row[:2] == [backend, server])

    def ask(self, command: str) -> str:
        """Give it a command; return its answer."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(self._socket))
            sock.sendall(command.encode() + b"\n")
            answer = b""
            while data := sock.recv(_ANSWER_BYTES):
                answer += data
        return answer.decode()


def admin_socket(folder: Path) -> Path:
    """Return where the HAProxy of a folder takes commands."""
    return folder / "admin.sock"
