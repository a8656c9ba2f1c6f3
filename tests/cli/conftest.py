"""A server with three short songs, in a process of its own."""

import contextlib
import os
import re
import subprocess
import sys
from typing import NamedTuple

import lameenc
import mutagen.id3
import pytest


def encode_tone(frequency_hz, seconds):
    """A square tone as an MP3: what it sounds like does not matter here."""
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
"""Accents, wide characters, combining ones, and escape codes."""


@pytest.fixture(scope="session")
def large_music_dir(tmp_path_factory):
    """The titles above, then 60 songs more."""
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
    with subprocess.Popen(
        [sys.executable, "-m", "cli.app", "server", folder, "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        ports = (re.search(r"alfine client \S+ (\d+)", line) for line in process.stdout)
        yield Server(process, next(int(port[1]) for port in ports if port))
        process.terminate()


@pytest.fixture
def server(music_dir):
    """It ends with the test, which may kill it."""
    with serving(music_dir) as running:
        yield running


@pytest.fixture(scope="session")
def steady_server(music_dir):
    """For tests that leave it as it is."""
    with serving(music_dir) as running:
        yield running


@pytest.fixture(scope="session")
def large_server(large_music_dir):
    """For tests that leave it as it is."""
    with serving(large_music_dir) as running:
        yield running


@pytest.fixture(autouse=True)
def home_of_its_own(tmp_path, monkeypatch):
    """No test reads or writes the history and the settings of whoever runs it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in [name for name in os.environ if name.startswith("ALFINE_")]:
        monkeypatch.delenv(name)
