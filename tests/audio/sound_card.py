"""Virtual sound cards for machines without one. They record what is played into a file.

    with sound_card(directory, paced=True) as (env, recording): run a program with env

`sound_card` is ALSA's `file` plugin. It writes into a file as fast as it receives, or into a
process that receives no faster than a card. There is no server; PortAudio sees one device. Unlike
a real card it cannot discard what it has received. Where that matters there is `sound_server`: a
PulseAudio server with a null sink, and a recorder of it.
A recording is s16le at the rate and channels of the stream; from the server 44.1 kHz stereo.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

# A process of its own: reads what a card plays in 5 ms, then sleeps for as long. The pipe is the
# card's buffer, so it is made small; the kernel allows that only while it holds little.
_CARD = """
import fcntl, os, sys, time
path, rate, channels, speed = sys.argv[1], *map(int, sys.argv[2:])
bytes_per_s = rate * channels * 2 * speed
step, backlog = bytes_per_s // 200, b""
for _ in range(4):
    try:
        fcntl.fcntl(0, fcntl.F_SETPIPE_SZ, 4096)
        break
    except OSError:
        backlog += os.read(0, 65536)
due_s = time.monotonic()
with open(path, "ab", buffering=0) as recording:
    while piece := backlog[:step] or os.read(0, step):
        backlog = backlog[step:]
        recording.write(piece)
        due_s = max(due_s, time.monotonic() - 0.1) + len(piece) / bytes_per_s
        time.sleep(max(0.0, due_s - time.monotonic()))
"""


@contextlib.contextmanager
def sound_card(
    directory: Path, *, paced: bool, speed: int = 1
) -> Iterator[tuple[dict[str, str], Path]]:
    """Yield the environment for a program that plays into the card, and the recording's path.

    paced: whether the card plays in real time. speed: a factor for it, for tests of the samples.
    """
    recording, config = directory / "recording.raw", directory / "asound.conf"
    recording.touch()
    target = str(recording)
    if paced:
        card = directory / "card.py"
        card.write_text(_CARD)
        # ALSA replaces %r by the stream's rate and %c by its channels.
        target = f"|exec {sys.executable} -IS {card} {recording} %r %c {speed}"
    device = f'type file slave.pcm {{ type null }} file "{target}" format "raw"'
    config.write_text(f"pcm.!default {{ {device} }}\n")
    yield {**os.environ, "ALSA_CONFIG_PATH": str(config), "JACK_NO_START_SERVER": "1"}, recording


@contextlib.contextmanager
def sound_server(directory: Path) -> Iterator[tuple[dict[str, str], Path]]:
    """The same with PulseAudio. Needs pulseaudio, pactl, parec and ALSA's plugin for it."""
    home, recording = str(directory), directory / "recording.raw"
    address = f"unix:{directory}/socket"
    env = {**os.environ, "HOME": home, "XDG_RUNTIME_DIR": home, "JACK_NO_START_SERVER": "1"}
    server = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
    listen = f"module-native-protocol-unix socket={directory}/socket auth-anonymous=1"
    server += ["--disable-shm=yes", "-L", listen]
    # Without norewinds the null sink renders two seconds ahead.
    server += ["-L", "module-null-sink sink_name=card rate=44100 channels=2 norewinds=1"]
    recorder = ["parec", "-d", "card.monitor", "--raw", "--format=s16le", "--rate=44100"]
    recorder += ["--channels=2", "--latency-msec=5"]
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((directory / "pulse.log").open("wb"))
        stack.enter_context(_process(server, {**env, "PULSE_SERVER": ""}, log, log))
        env["PULSE_SERVER"] = address
        info = ["pactl", "info"]
        _until(lambda: subprocess.run(info, env=env, stdout=log, stderr=log).returncode == 0)
        out = stack.enter_context(recording.open("wb"))
        stack.enter_context(_process(recorder, env, out, log))
        _until(lambda: recording.stat().st_size > 0)
        yield env, recording


@contextlib.contextmanager
def _process(
    command: list[str], env: dict[str, str], out: IO[bytes], log: IO[bytes]
) -> Iterator[None]:
    process = subprocess.Popen(command, env=env, stdout=out, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def _until(condition: Callable[[], bool], limit_s: float = 20.0) -> None:
    end_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end_s, "the sound server did not start"
        time.sleep(0.02)


def sound(recording: bytes) -> bytes:
    """A recording without leading and trailing silence, in whole PCM frames of 4 bytes."""
    start = (len(recording) - len(recording.lstrip(b"\0"))) // 4 * 4
    end = len(recording.rstrip(b"\0"))
    return recording[start : end + -end % 4]
