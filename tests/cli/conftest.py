"""Servers with short songs, each in a process of its own, and clients of them at a prompt."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from typing import NamedTuple

import lameenc
import mutagen.id3
import pytest

from tests.cli.prompt import client, reset


def encode_tone(frequency_hz, seconds):
    """Return a square tone as an MP3."""
    encoder = lameenc.Encoder()
    encoder.set_in_sample_rate(44100)
    encoder.set_channels(1)
    encoder.set_bit_rate(64)
    encoder.set_quality(7)
    encoder.silence()
    half = 44100 // frequency_hz // 2
    wave = (b"\x00\x20" * half + b"\x00\xe0" * half) * (frequency_hz * seconds)
    return bytes(encoder.encode(wave) + encoder.flush())


@pytest.fixture(scope="session")
def music_dir(tmp_path_factory):
    """A folder of three songs of 2 s."""
    folder = tmp_path_factory.mktemp("music")
    for number, name in enumerate(["first", "second", "THE END END"], 1):
        (folder / f"{number} {name}.mp3").write_bytes(encode_tone(110 * number, 2))
    return folder


class Server(NamedTuple):
    """A running server."""

    process: subprocess.Popen
    port: int


HOSTILE_TITLE = "\x1b[2J\x1b]0;owned\x07 red \x1b[31m\x9b5A\u202eevil"
TITLES = ["Jóga", "となりのトトロ", "cafe\u0301 noir", HOSTILE_TITLE]
"""Titles with accents, wide characters, combining characters and escape codes."""


@pytest.fixture(scope="session")
def large_music_dir(tmp_path_factory):
    """A folder of 64 songs, the first of them with the titles above."""
    folder = tmp_path_factory.mktemp("large")
    song = encode_tone(220, 1)
    for number, title in enumerate(TITLES, 1):
        path = folder / f"{number}.mp3"
        path.write_bytes(song)
        tags = mutagen.id3.ID3()
        tags.add(mutagen.id3.TPE1(encoding=3, text=["Somebody"]))
        tags.add(mutagen.id3.TIT2(encoding=3, text=[title]))
        tags.save(path)
    for number in range(len(TITLES) + 1, 65):
        (folder / f"{number} piece.mp3").write_bytes(song)
    return folder


@contextlib.contextmanager
def serving(folder):
    """Run a server of this folder while the block runs."""
    with subprocess.Popen(
        [sys.executable, "-m", "cli.app", "server", folder, "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        ports = (re.search(r"alfine client \S+ (\d+)", line) for line in process.stdout)
        try:
            yield Server(process, next(int(port[1]) for port in ports if port))
        finally:
            process.terminate()


@pytest.fixture
def server(music_dir):
    """A server of one test, which may kill it."""
    with serving(music_dir) as running:
        yield running


@pytest.fixture(scope="session")
def steady_server(music_dir):
    """A server for all tests that leave it as it is."""
    with serving(music_dir) as running:
        yield running


@pytest.fixture(scope="session")
def large_server(large_music_dir):
    """The same, with 64 songs."""
    with serving(large_music_dir) as running:
        yield running


@pytest.fixture(scope="session")
def kept_clients(steady_server, large_server, tmp_path_factory):
    """Two clients at a prompt, for tests that can follow each other in one."""
    home = str(tmp_path_factory.mktemp("home"))
    with tempfile.TemporaryDirectory(prefix="run-") as runtime:
        env = {"XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home, "XDG_RUNTIME_DIR": runtime}
        with (
            client(steady_server.port, env=env) as short,
            client(large_server.port, env=env) as large,
        ):
            yield short, large


@pytest.fixture
def terminal(kept_clients):
    """A client of `steady_server` at an empty screen, with nothing played, queued or typed."""
    return reset(kept_clients[0])


@pytest.fixture
def large_terminal(kept_clients):
    """The same, of `large_server`."""
    return reset(kept_clients[1])


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Keep the history, settings, clients and ALFINE_ variables of whoever runs the tests out."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in [name for name in os.environ if name.startswith("ALFINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    # Not below tmp_path: the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="run-") as runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        yield
