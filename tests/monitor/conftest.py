"""Servers with a page, clients that do as they are told, and one browser for all tests."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.programs import Server, serving
from tests.end_to_end.songs import music, named
from tests.monitor import browser

HOSTILE_TITLE = '<img src=x onerror="document.title=1">'
LONG = 1
"""The ID of a song that is longer than what the kernel takes."""


@pytest.fixture(scope="session")
def songs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("monitored")
    long = named("A", "Long") + music(2.0, seed=1) * 200
    (folder / "1.mp3").write_bytes(long)
    (folder / "2.mp3").write_bytes(named("B", HOSTILE_TITLE) + music(1.0, seed=2))
    return folder


@pytest.fixture(scope="session")
def driver():
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    with tempfile.TemporaryDirectory(prefix="alfine-chromium-", ignore_cleanup_errors=True) as name:
        started = browser.start(*programs, Path(name))
        yield started
        started.quit()


@pytest.fixture
def page(driver):
    page = browser.Page(driver)
    page.leave()
    page.prefer(reduced_motion="reduce")  # what slides is not yet where it is clicked
    yield page
    page.leave()


@dataclass(frozen=True)
class Watched:
    """A running program with a page."""

    program: Server
    url: str

    @property
    def port(self) -> int:
        return self.program.port

    @property
    def monitor_port(self) -> int:
        return int(re.search(r":(\d+)/", self.url)[1])


@contextlib.contextmanager
def watched(folder: Path, cache: Path, *options: object, monitor: int = 0) -> Iterator[Watched]:
    """A server with a page, for the time of the block."""
    given = ("--monitor", monitor, "--cache-dir", cache, "--drain", 0)
    with serving(folder, 0, *given, *options) as server:
        line = server.wait_for(r"the monitor is at \S+")
        yield Watched(server, line.split()[-1])


@pytest.fixture
def serve(songs, tmp_path):
    """Start servers with a page: serve(*options)."""
    with contextlib.ExitStack() as stack:
        yield lambda *options, **named: stack.enter_context(
            watched(songs, tmp_path / "cache", *options, **named)
        )


@pytest.fixture(scope="session")
def steady(songs, tmp_path_factory):
    """A server for all tests that leave it as it is, but for what it has counted."""
    with watched(songs, tmp_path_factory.mktemp("steady")) as server:
        yield server


@pytest.fixture
def connect():
    """Connect sockets that take little, so that a long song is not sent before it is looked at."""
    with contextlib.ExitStack() as stack:

        def connected(port: int, *requests: bytes) -> socket.socket:
            sock = stack.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
            sock.settimeout(30)
            sock.connect(("127.0.0.1", port))
            for request in requests:
                sock.sendall(request + b" END END")
            return sock

        yield connected


def address(sock: socket.socket) -> str:
    """How the server's name for this connection ends."""
    host, port = sock.getsockname()
    return f" {host}:{port}"
