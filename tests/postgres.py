"""A PostgreSQL server of the tests' own, which lasts as long as the process that runs them."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.needs import needs_module

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
"""Debian keeps them outside PATH."""
_USER = "postgres"


def _program(name: str) -> str | None:
    return next(
        (str(each / name) for each in BINARIES if (each / name).exists()), shutil.which(name)
    )


def needs_postgres() -> list[pytest.MarkDecorator]:
    """Skip the test where PostgreSQL or psycopg is missing; with CI=true fail it instead."""
    reason = "needs PostgreSQL (initdb)"
    missing = _program("initdb") is None
    if missing and os.environ.get("CI") == "true":
        fails = f"__import__('pytest').fail({reason!r}, pytrace=False)"
        return [pytest.mark.skipif(fails, reason=reason)]
    return [pytest.mark.skipif(missing, reason=reason), needs_module("psycopg")]


class Postgres:
    """One server on loopback. url: of a database of its own for each test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        folder.chmod(0o755)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(data, _USER)
        self._run(
            "initdb", "-D", str(data), "-U", "alfine", "-A", "trust", "--no-sync", "-E", "UTF8"
        )
        self.start()

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._process is not None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it answer nothing while the block runs, though its connections stand."""
        assert self._process is not None
        pid = self._process.pid
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

    def start(self) -> None:
        """Start it; return when it answers."""
        self._process = subprocess.Popen(
            [
                *self._command("postgres"), "-D", str(self._folder / "data"),
                "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=50",
            ],
            **self._settings(),
        )  # fmt: skip
        ready = [*self._command("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode:
            assert self._process.poll() is None, "the database has ended"

    def stop(self) -> None:
        """End it at once, with its connections; return when it has ended."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def database(self) -> str:
        """Make an empty database; return its URL."""
        name = f"test_{next(self._names)}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "alfine", name)
        return f"postgresql://alfine@127.0.0.1:{self.port}/{name}"

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run([*self._command(name), *arguments], check=True, **self._settings())

    @staticmethod
    def _command(name: str) -> list[str]:
        program = _program(name)
        assert program is not None, name
        return [program]

    def _settings(self) -> dict:
        user = {"user": _USER, "group": _USER, "extra_groups": []} if os.geteuid() == 0 else {}
        return {
            "cwd": self._folder,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            **user,
        }


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a server while the block runs."""
    with tempfile.TemporaryDirectory(prefix="alfine-postgres-") as folder:
        server = Postgres(Path(folder))
        try:
            yield server
        finally:
            server.stop()
