"""A server with three short songs, in a process of its own."""

import re
import subprocess
import sys
from typing import NamedTuple

import lameenc
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


@pytest.fixture
def server(music_dir):
    """It ends with the test."""
    with subprocess.Popen(
        [sys.executable, "-m", "cli.app", "server", music_dir, "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        ports = (re.search(r"alfine client \S+ (\d+)", line) for line in process.stdout)
        yield Server(process, next(int(port[1]) for port in ports if port))
        process.terminate()
