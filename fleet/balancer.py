"""HAProxy on loopback, with the settings of fleet/haproxy.cfg and the addresses of this fleet."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from pathlib import Path

from fleet.processes import Running, free_port, listens

SETTINGS = Path(__file__).with_name("haproxy.cfg")
BACKEND = "servers"
_ANSWER_BYTES = 1 << 20


class Balancer:
    """One HAProxy. servers: the port of each, by name. port: where clients connect."""

    def __init__(self, folder: Path, servers: Mapping[str, int]) -> None:
        self.port = free_port()
        self._socket = folder / "admin.sock"
        file = folder / "haproxy.cfg"
        file.write_text(_settings(self._socket, self.port, servers))
        self._running = Running(("haproxy", "-db", "-f", file), folder / "haproxy.log")
        self._running.wait_until(lambda: listens(self.port))

    @property
    def pid(self) -> int:
        """Its process."""
        return self._running.process.pid

    def stop(self) -> None:
        """End it, with all connections."""
        self._running.end()

    def drain(self, server: str) -> None:
        """Send no more clients to a server; those that it has stay, though it answers no checks."""
        self._ask(f"disable health {BACKEND}/{server}")
        self._ask(f"set server {BACKEND}/{server} state drain")

    def ready(self, server: str) -> None:
        """Send clients to a server again."""
        self._ask(f"enable health {BACKEND}/{server}")
        self._ask(f"set server {BACKEND}/{server} state ready")

    def is_up(self, server: str) -> bool:
        """Whether a server answers the checks."""
        return self._column(server, "status").startswith("UP")

    def sessions(self, server: str) -> int:
        """Return how many connections a server has."""
        return int(self._column(server, "scur"))

    def _column(self, server: str, name: str) -> str:
        head, *rows = (line.split(",") for line in self._ask("show stat").splitlines() if line)
        column = [each.lstrip("# ") for each in head].index(name)
        return next(row[column] for row in rows if row[:2] == [BACKEND, server])

    def _ask(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(self._socket))
            sock.sendall(command.encode() + b"\n")
            answer = b""
            while data := sock.recv(_ANSWER_BYTES):
                answer += data
        return answer.decode()


def _settings(admin: Path, port: int, servers: Mapping[str, int]) -> str:
    """Return the settings with the addresses of one machine."""
    text = SETTINGS.read_text()
    text = text.replace("/var/lib/haproxy/admin.sock", str(admin)).replace(
        ":12345", f"127.0.0.1:{port}", 1
    )
    lines = "".join(f"    server {name} 127.0.0.1:{at}\n" for name, at in servers.items())
    return re.sub(r"(    server \w+ .*\n)+", lines, text)
