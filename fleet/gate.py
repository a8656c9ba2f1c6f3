"""What stands before the object store of one machine, so that it can refuse as stores do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleet.haproxy import Haproxy, admin_socket
from fleet.processes import free_port

_SETTINGS = """
global
    stats socket {admin} mode 600 level admin
defaults
    mode http
    timeout connect 5s
    timeout client 1m
    timeout server 1m
frontend gate
    bind 127.0.0.1:{port}
    default_backend stores
backend stores
    server store 127.0.0.1:{store}
"""


class Gate:
    """An HAProxy before one store. folder: empty, its own. store: the port of the store."""

    def __init__(self, folder: Path, store: int) -> None:
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        settings = _SETTINGS.format(admin=admin_socket(folder), port=port, store=store)
        self._haproxy = Haproxy(folder, settings, port)

    def stop(self) -> None:
        """End it, with all connections."""
        self._haproxy.stop()

    @property
    def refused(self) -> int:
        """How many answers were 503, or the like."""
        return int(self._haproxy.column("stores", "BACKEND", "hrsp_5xx"))

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Answer every request by 503 while the block runs."""
        self._haproxy.ask("set server stores/store state maint")
        try:
            yield
        finally:
            self._haproxy.ask("set server stores/store state ready")
