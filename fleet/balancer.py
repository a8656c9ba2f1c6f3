"""HAProxy on loopback, with the settings of fleet/haproxy.cfg and the addresses of this fleet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from fleet.haproxy import Haproxy, admin_socket
from fleet.processes import free_port

SETTINGS = Path(__file__).with_name("haproxy.cfg")
BACKEND = "servers"
_OF_ANOTHER_USER = re.compile(r"    (?:user|group|chroot) .*\n")
"""What HAProxy may do only where root starts it."""


class Balancer:
    """One HAProxy. servers: the address of each, by name. dns: who knows names, if not this
    machine's own. port: where clients connect.
    """

    def __init__(self, folder: Path, servers: Mapping[str, str], dns: str = "") -> None:
        self.port = free_port()
        text = _settings(admin_socket(folder), self.port, servers)
        if dns:
            text = text.replace("parse-resolv-conf", f"nameserver test {dns}")
        self._haproxy = Haproxy(folder, text, self.port)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._haproxy.pid

    def stop(self) -> None:
        """End it, with all connections."""
        self._haproxy.stop()

    def drain(self, server: str) -> None:
        """Send no more clients to a server; those that it has stay, though it answers no checks."""
        self._haproxy.ask(f"disable health {BACKEND}/{server}")
        self._haproxy.ask(f"set server {BACKEND}/{server} state drain")

    def ready(self, server: str) -> None:
        """Send clients to a server again."""
        self._haproxy.ask(f"enable health {BACKEND}/{server}")
        self._haproxy.ask(f"set server {BACKEND}/{server} state ready")

    def take_for_dead(self, server: str) -> None:
        """Take its listeners from a server until it answers a check."""
        self._haproxy.ask(f"set server {BACKEND}/{server} health down")

    def is_up(self, server: str) -> bool:
        """Whether a server answers the checks."""
        return self._haproxy.column(BACKEND, server, "status").startswith("UP")

    def sessions(self, server: str) -> int:
        """Return how many connections a server has."""
        return int(self._haproxy.column(BACKEND, server, "scur"))


def _settings(admin: Path, port: int, servers: Mapping[str, str]) -> str:
    """Return the settings with the addresses of one machine."""
    text = _OF_ANOTHER_USER.sub("", SETTINGS.read_text())
    text = text.replace("/run/haproxy/admin.sock", str(admin)).replace(
        ":12345", f"127.0.0.1:{port}", 1
    )
    lines = "".join(f"    server {name} {address}\n" for name, address in servers.items())
    return re.sub(r"(    server \w+ .*\n)+", lines, text)
