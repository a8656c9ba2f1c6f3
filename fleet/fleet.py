"""The fleet: its parts, and the servers between them, which keep nothing that is not a cache."""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path

from fleet.balancer import Balancer
from fleet.gate import Gate
from fleet.postgres import Postgres
from fleet.processes import Running, free_port, listens, run
from fleet.rados import CREDENTIALS, Rados

BUCKET, PREFIX = "songs", "library"
ROOT = Path(__file__).parents[1]
NAMES = "abcdefghijklmnop"
DRAIN_S = 600
"""A song may end on the server that began it."""


class Server:
    """One `alfine server`: its music is in the bucket, its catalogue in the database."""

    def __init__(self, name: str, folder: Path, arguments: tuple[object, ...]) -> None:
        self.name, self.port = name, free_port()
        self._folder, self._arguments = folder / f"server-{name}", arguments
        self._folder.mkdir()
        self._running: Running | None = None

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._running is not None
        return self._running.process.pid

    @property
    def log(self) -> Path:
        """What it has logged."""
        return self._folder / "server.log"

    def start(self, *options: object) -> None:
        """Start it, with options of this time alone; return when it listens."""
        command = (
            sys.executable, "-m", "cli.app", "server", *self._arguments[:1], self.port,
            *self._arguments[1:], "--cache-dir", self._folder / "cache", *options,
        )  # fmt: skip
        settings = {**CREDENTIALS, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(self._folder)}
        self._running = Running(command, self.log, settings)
        self._running.wait_until(lambda: listens(self.port))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP, say."""
        assert self._running is not None
        self._running.send(number)

    def end(self, number: signal.Signals = signal.SIGTERM, patience_s: float = 60.0) -> int:
        """End it; return its exit code."""
        assert self._running is not None
        code = self._running.end(number, patience_s)
        self._running = None
        return code

    def stop(self) -> None:
        """End it, if it runs, without waiting for songs."""
        if self._running is not None:
            self.end(signal.SIGKILL)


class Fleet:
    """All of it on one machine. folder: empty, for the time that it runs. music: is copied first.

    Raises FleetError: a program is missing, or does not start.
    """

    def __init__(self, folder: Path, music: Path, servers: int = 2, ip: str = "127.0.0.1") -> None:
        self._parts = contextlib.ExitStack()
        try:
            self._start(folder, music, servers, ip)
        except BaseException:
            self.stop()
            raise

    def _start(self, folder: Path, music: Path, servers: int, ip: str) -> None:
        folder.chmod(0o711)  # the database runs as another user
        self.store = Rados(_made(folder / "store"))
        self._parts.callback(self.store.stop)
        self.gate = Gate(_made(folder / "gate"), self.store.port)
        self._parts.callback(self.gate.stop)
        self.database = Postgres(_made(folder / "database"))
        self._parts.callback(self.database.stop)
        self.url = f"s3://{BUCKET}/{PREFIX}"
        self.catalogue = self.database.database("songs")
        self.store.make_bucket(BUCKET)
        self.copy(music)
        arguments = (
            self.url, "--s3-endpoint", self.gate.endpoint, "--catalogue", self.catalogue,
            "--proxy-from", ip, "--drain", DRAIN_S,
        )  # fmt: skip
        self.servers = [Server(name, folder, arguments) for name in NAMES[:servers]]
        for server in self.servers:
            self._parts.callback(server.stop)
            server.start()
        addresses = {each.name: f"127.0.0.1:{each.port}" for each in self.servers}
        self.balancer = Balancer(_made(folder / "balancer"), addresses)
        self._parts.callback(self.balancer.stop)

    @property
    def port(self) -> int:
        """Where clients connect."""
        return self.balancer.port

    def copy(self, music: Path) -> None:
        """Copy songs into the bucket, as an operator would."""
        command = (sys.executable, "-m", "cli.app", "library", "copy", music, self.url)
        settings = {**CREDENTIALS, "PYTHONPATH": str(ROOT)}
        run((*command, "--s3-endpoint", self.store.endpoint), settings)

    def move(self, name: str, to: str) -> None:
        """Give a song another name in the bucket."""
        self.store.move(BUCKET, f"{PREFIX}/{name}", f"{PREFIX}/{to}")

    def write(self, name: str, content: bytes) -> None:
        """Put a song into the bucket, or another content in its place."""
        self.store.write(BUCKET, f"{PREFIX}/{name}", content)

    def remove(self, name: str) -> None:
        """Remove a song from the bucket."""
        self.store.remove(BUCKET, f"{PREFIX}/{name}")

    def roll(self) -> None:
        """Restart all servers, one after another; each lets its songs end, and gets no new ones."""
        for server in self.servers:
            self.balancer.drain(server.name)
            server.end(patience_s=DRAIN_S)
            server.start()
            self.balancer.ready(server.name)

    def stop(self) -> None:
        """End everything."""
        self._parts.close()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
