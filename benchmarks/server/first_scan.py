"""How soon a large library is served, and what its scan costs, beside MPD on the same files.

And how many IDs change when songs are moved, renamed, tagged anew, deleted, copied, brought back.

    python -m benchmarks.server.first_scan [SONGS]

Prints a table. MPD is left out where it is not installed.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import servers
from benchmarks.scale import LOOPS
from songs import Library

SONGS = 100_000
ALBUM = 12
SOUND_BYTES = 417 * 2
CHANGED = 0.05
"""The part of the songs that each kind of change is made to."""
MPD = """
music_directory "{music}"
db_file "{work}/db"
bind_to_address "127.0.0.1"
port "{port}"
log_file "{work}/log"
pid_file "{work}/pid"
audio_output {{
    type "null"
    name "null"
}}
"""


class Scan(NamedTuple):
    """served_s: until something can be listed. whole_s: until all is. cpu_s: of the process."""

    name: str
    served_s: float
    whole_s: float
    cpu_s: float


def main() -> None:
    """Make a library, measure it, and change it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SONGS
    load = os.getloadavg()[0]
    print(f"{count:,} songs in folders of {ALBUM}; {os.cpu_count()} processors, load {load:.1f}")
    with tempfile.TemporaryDirectory(prefix="alfine-bench-") as name:
        work = Path(name)
        make(work / "music", count)
        print(f"{'':24} {'served, s':>10} {'whole, s':>10} {'CPU, s':>10}")
        for scan in (*alfine(work), *mpd(work)):
            figures = (scan.served_s, scan.whole_s, scan.cpu_s)
            print(f"{scan.name:24}", *(f"{figure:10.2f}" for figure in figures), flush=True)
        print(f"{changed_ids(work)} of {count:,} IDs differ after changes and a restart")


# The library


def make(music: Path, count: int) -> None:
    """Make albums of tagged songs, each with a sound of its own."""
    chance = random.Random(1)
    for number in range(count):
        folder = music / f"Artist {number // ALBUM // 8}" / f"Album {number // ALBUM}"
        if number % ALBUM == 0:
            folder.mkdir(parents=True)
        write(folder / f"{number % ALBUM + 1:02} Song {number}.mp3", number, "Rock", chance)


def write(path: Path, number: int, genre: str, chance: random.Random | None = None) -> None:
    """Write a song; its sound is drawn, or else that of the file that is there."""
    album = number // ALBUM
    texts = {
        b"TIT2": f"Song {number}",
        b"TPE1": f"Artist {album // 8}",
        b"TALB": f"Album {album}",
        b"TRCK": f"{number % ALBUM + 1}/{ALBUM}",
        b"TYER": str(1960 + album % 60),
        b"TCON": genre,
    }
    frames = b"".join(_frame(name, text) for name, text in texts.items())
    head = b"ID3\3\0\0" + bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0))
    sound = path.read_bytes()[-SOUND_BYTES:] if chance is None else _sound(chance)
    path.write_bytes(head + frames + sound)


def _frame(name: bytes, text: str) -> bytes:
    data = b"\0" + text.encode("latin-1")
    return name + len(data).to_bytes(4) + b"\0\0" + data


def _sound(chance: random.Random) -> bytes:
    return b"".join(b"\xff\xfb\x90\x00" + chance.randbytes(413) for _ in range(SOUND_BYTES // 417))


# Scans


def alfine(work: Path) -> Iterator[Scan]:
    """Measure alfine without a catalogue, and with one."""
    for name in ("alfine, cold", "alfine, warm"):
        began = time.monotonic()
        with servers.alfine(work / "music", work / "cache", LOOPS[-1]) as server:
            served_s = _until_listed(server.port, began)
            whole_s = server.seconds_until(rb" \d+ songs")
            yield Scan(name, served_s, whole_s, server.cpu_s())


def _until_listed(port: int, began: float) -> float:
    """Return when a LIST brings songs."""
    while True:
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(b"LIST END END")
            if re.match(rb"RESP 100 END \d", sock.recv(4096)):
                return time.monotonic() - began
        time.sleep(0.01)


def mpd(work: Path) -> Iterator[Scan]:
    """Measure MPD without a database, and with one; nothing where it is not installed."""
    if shutil.which("mpd") is None:
        print("without MPD, which is not here")
        return
    (work / "mpd").mkdir()
    for name in ("MPD, cold", "MPD, warm"):
        began = time.monotonic()
        with running_mpd(work) as (process, answer):
            if name == "MPD, warm":
                answer("update")
            while "updating_db" in answer("status"):
                time.sleep(0.02)
            served_s = whole_s = time.monotonic() - began  # it lists what its database has at last
            cpu_s = servers.Running(0, process.pid, 0.0).cpu_s()
            answer("kill")
            process.wait(30)
        yield Scan(name, served_s, whole_s, cpu_s)


@contextlib.contextmanager
def running_mpd(work: Path) -> Iterator[tuple[subprocess.Popen[bytes], Answer]]:
    """Run an MPD on the folder work/music, with its files in work/mpd."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    config = work / "mpd" / "mpd.conf"
    config.write_text(MPD.format(music=work / "music", work=work / "mpd", port=port))
    process = subprocess.Popen(["mpd", "--no-daemon", config], stderr=subprocess.DEVNULL)
    try:
        yield process, Answer(port, process)
    finally:
        process.kill()
        process.wait()


class Answer:
    """Asks an MPD, and returns what it answers."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        while True:
            if process.poll() is not None:
                raise RuntimeError("MPD does not start")
            with contextlib.suppress(ConnectionRefusedError):
                self._sock = socket.create_connection(("127.0.0.1", port))
                break
            time.sleep(0.01)
        self._sock.recv(4096)

    def __call__(self, command: str) -> str:
        """Send a command."""
        self._sock.sendall(f"{command}\n".encode())
        answer = b""
        while not answer.endswith(b"OK\n") and (data := self._sock.recv(65536)):
            answer += data
        return answer.decode(errors="replace")


# IDs


def changed_ids(work: Path) -> int:
    """Change a part of the library, and return how many songs have another ID than before.

    The title of each song, which is in its tags, is its own: by it a song is known here.
    """
    music, catalogue, chance = work / "music", work / "ids" / "songs", random.Random(2)
    before = _ids(music, catalogue)
    away = work / "away"
    away.mkdir()
    paths = sorted(path for path in music.rglob("*.mp3"))
    chance.shuffle(paths)
    part = int(len(paths) * CHANGED)
    groups = [paths[n * part : (n + 1) * part] for n in range(5)]
    for n, path in enumerate(groups[0]):  # moved, and renamed
        path.rename(music / f"moved {n}.mp3")
    for path in groups[1]:  # tagged anew
        write(path, int(path.stem.rsplit(" ", 1)[1]), "Jazz")
    for n, path in enumerate(groups[2]):  # deleted, and brought back later under another name
        path.rename(away / f"{n}.mp3")
    for n, path in enumerate(groups[3]):  # copied: the copy has another ID, the song keeps its own
        shutil.copy(path, path.with_name(f"zz copy {n}.mp3"))
    one, other = groups[4][: part // 2], groups[4][part // 2 : part // 2 * 2]
    for a, b in zip(one, other, strict=True):  # they change places
        a.rename(away / "t")
        b.rename(a)
        (away / "t").rename(b)
    _ids(music, catalogue)
    for n in range(len(groups[2])):
        (away / f"{n}.mp3").rename(music / f"back {n}.mp3")
    now = _ids(music, catalogue)
    return sum(now.get(title) != song_id for title, song_id in before.items())


def _ids(music: Path, catalogue: Path) -> dict[str, int]:
    """Return the ID of each song, as a server that starts now gives it."""
    library = Library(music, catalogue)
    library.scan()
    found: dict[str, int] = {}
    for song in library.songs:
        if b"zz copy" not in song.path:
            found[song.title] = song.song_id
    return found


if __name__ == "__main__":
    main()
