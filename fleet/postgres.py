"""A PostgreSQL server on loopback, in a folder of its own."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleet.processes import FleetError, Running, free_port, run

OWNER = "alfine"
_USER = "postgres"
"""Of Debian's package: the server refuses to run as root."""


class Postgres:
    """One server. folder: an empty directory, the server's from here on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = itertools.count(1)
        self._user = _USER if os.geteuid() == 0 else None
        self._running: Running | None = None
        self.port = free_port()
        folder.chmod(0o755)
        self._data = folder / "data"
        self._data.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(self._data, self._user)
        self._run("initdb", "-D", self._data, "-U", OWNER, "-A", "trust", "--no-sync", "-E", "UTF8")
        self.start()

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._running is not None

    def start(self) -> None:
        """Start it; return when it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": "100",
        }
        options = [each for name, value in settings.items() for each in ("-c", f"{name}={value}")]
        command = ("postgres", "-D", self._data, "-p", self.port, *options)
        self._running = Running(command, self._folder / "postgres.log", user=self._user)
        self._running.wait_until(self._answers)

    def stop(self) -> None:
        """End it at once, with its connections; return when it has ended."""
        if self._running is not None:
            self._running.end(signal.SIGQUIT)
            self._running = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it answer nothing while the block runs, though its connections stand."""
        assert self._running is not None
        pid = self._running.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        frozen: list[int] = []
        try:
            os.kill(pid, signal.SIGSTOP)  # first, so that it makes no more
            frozen = [pid, *map(int, children.read_text().split())]
            for each in frozen[1:]:
                os.kill(each, signal.SIGSTOP)
            yield
        finally:
            for each in frozen:
                os.kill(each, signal.SIGCONT)

    def database(self, name: str = "") -> str:
        """Make an empty database; return its URL."""
        name = name or f"songs_{next(self._names)}"
        self._run("createdb", *self._address(), "-U", OWNER, name)
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{name}"

    def _answers(self) -> bool:
        try:
            self._run("pg_isready", "-q", *self._address())
        except FleetError:
            return False
        return True

    def _address(self) -> tuple[object, ...]:
        return ("-h", "127.0.0.1", "-p", self.port)

    def _run(self, *command: object) -> None:
        run(command, user=self._user, folder=self._folder)
