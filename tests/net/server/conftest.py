"""Servers with options, and clients that misbehave."""

from __future__ import annotations

import contextlib
import importlib.util
import random
import socket
import time

import pytest

from tests.end_to_end.programs import Server, serving

TIMEOUT_S = 30.0
SONG_BYTES = 3_000_000


def song_bytes(seed: int, size: int = SONG_BYTES) -> bytes:
    """Return the bytes of a song that no decoder would play."""
    return random.Random(seed).randbytes(size)


@pytest.fixture(params=["asyncio", "uvloop"])
def loop_name(request) -> str:
    if request.param == "uvloop" and importlib.util.find_spec("uvloop") is None:
        pytest.skip("uvloop is not installed")
    return request.param


@pytest.fixture
def music(tmp_path):
    """A folder with two songs."""
    folder = tmp_path / "music"
    folder.mkdir()
    for number in (1, 2):
        (folder / f"{number}.mp3").write_bytes(song_bytes(number))
    return folder


@pytest.fixture
def serve(tmp_path):
    """Start servers: serve(folder, *options, prefix=the command that starts the server)."""
    with contextlib.ExitStack() as stack:

        def start(folder: object, *options: object, prefix: tuple[str, ...] = ()) -> Server:
            options = ("--cache-dir", tmp_path / "cache", *options)
            return stack.enter_context(serving(folder, 0, *options, prefix=prefix))

        yield start


def connected(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port))
    sock.settimeout(TIMEOUT_S)
    return sock


def is_reset(sock: socket.socket) -> bool:
    """Read to the end; return whether it was a reset."""
    try:
        while sock.recv(1 << 20):
            pass
    except ConnectionResetError:
        return True
    return False


def eventually(condition, seconds: float = TIMEOUT_S) -> bool:
    """Wait until the condition is true; return whether it became so in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
