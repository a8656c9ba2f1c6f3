"""What the benchmarks of the client need: a song, servers, a slow link and a sound card.

The card is ALSA's `file` plugin with a process that reads as slowly as a card, and logs the time of
the first sound and all underruns. Times are monotonic; on Linux all processes share that clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

import lameenc

ROOT = Path(__file__).resolve().parents[2]
_PACE_S = 0.01

_CARD = """
import fcntl, json, os, sys, time
log, rate, channels = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
bytes_per_s = rate * channels * 2
with __import__("contextlib").suppress(OSError):
    fcntl.fcntl(0, fcntl.F_SETPIPE_SZ, 4096)
first_s = last_sound_s = due_s = None
gaps = []
while piece := os.read(0, bytes_per_s // 200):
    now = time.monotonic()
    due_s = now if due_s is None else max(due_s, now - 0.1)
    if piece.strip(b"\\0"):
        first_s = first_s or now
        if last_sound_s and now - last_sound_s > 0.05:
            gaps.append(round(now - last_sound_s, 3))
        last_sound_s = now
        with open(log, "w") as file:
            json.dump({"first_s": first_s, "gaps": gaps, "last_s": now}, file)
    due_s += len(piece) / bytes_per_s
    time.sleep(max(0.0, due_s - time.monotonic()))
"""


def make_song(path: Path, seconds: int, kbits: int = 320) -> None:
    """Make an MP3 of pink noise, which is nowhere silent."""
    noise = f"anoisesrc=a=0.1:c=pink:r=44100:d={seconds}:seed=9999"
    to_pcm = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", noise, "-ac", "2", "-f", "s16le", "-"]
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(kbits)
    encoder.set_in_sample_rate(44100)
    encoder.set_channels(2)
    with subprocess.Popen(to_pcm, stdout=subprocess.PIPE) as noisy, path.open("wb") as song:
        assert noisy.stdout is not None
        while pcm := noisy.stdout.read(1 << 20):
            song.write(encoder.encode(pcm))
        song.write(encoder.flush())


def need(*programs: str) -> None:
    """End in one line if one of the programs is missing."""
    if missing := [program for program in programs if shutil.which(program) is None]:
        sys.exit(f"missing {', '.join(missing)}: ./dev test installs what it can, or says how")


def card(directory: Path) -> tuple[dict[str, str], Path]:
    """The environment for a program that plays into a card of its own, and the card's log."""
    directory.mkdir()
    script, log = directory / "card.py", directory / "log.json"
    script.write_text(_CARD)
    target = f"|exec {sys.executable} {script} {log} %r %c"
    device = f'type file slave.pcm {{ type null }} file "{target}" format "raw"'
    config = directory / "asound.conf"
    config.write_text(f"pcm.!default {{ {device} }}\n")
    return {**os.environ, "ALSA_CONFIG_PATH": str(config), "JACK_NO_START_SERVER": "1"}, log


def read_log(log: Path) -> dict[str, object]:
    """The log of a card; {} before the first sound."""
    try:
        found: dict[str, object] = json.loads(log.read_text())
    except (OSError, ValueError):
        return {}
    return found


@contextlib.contextmanager
def alfine_server(music: Path, port: int) -> Iterator[None]:
    """Run `alfine server` on loopback."""
    command = [sys.executable, "-m", "cli.app", "server", str(music), str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    try:
        while b"listening" not in process.stdout.readline():
            assert process.poll() is None, "the server did not start"
        threading.Thread(target=_drain, args=(process.stdout,), daemon=True).start()
        yield
    finally:
        process.terminate()
        process.wait()


def _drain(stream: IO[bytes]) -> None:
    while stream.read1(65536):  # type: ignore[attr-defined]  # a pipe is buffered
        pass


@contextlib.contextmanager
def web_server(music: Path, port: int) -> Iterator[None]:
    """Serve the same folder over HTTP."""
    handler = partial(_SilentHandler, directory=str(music))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()


class _SilentHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        return


class SlowLink:
    """A proxy from `port` to `to_port` that limits the rate towards the client to `bits_per_s`."""

    def __init__(self, port: int, to_port: int, bits_per_s: float) -> None:
        self._port, self._to_port = port, to_port
        self._bytes_per_s = bits_per_s / 8
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        await asyncio.start_server(self._connected, "127.0.0.1", self._port, limit=16384)
        self._ready.set()
        await asyncio.Event().wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = await asyncio.open_connection("127.0.0.1", self._to_port, limit=16384)
        server_reader, server_writer = server
        with contextlib.suppress(OSError):
            await asyncio.gather(self._up(reader, server_writer), self._down(server_reader, writer))
        for end in (writer, server_writer):
            end.close()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        piece_bytes = max(256, int(self._bytes_per_s * _PACE_S))
        due_s = time.monotonic()
        while data := await reader.read(piece_bytes):
            # Unused capacity is lost, as on a real link; 10 ms of it are the exception.
            due_s = max(due_s, time.monotonic() - _PACE_S) + len(data) / self._bytes_per_s
            await asyncio.sleep(due_s - time.monotonic())
            writer.write(data)
            await writer.drain()
        writer.write_eof()
