"""The client of docs/write-a-client.md gets every byte of a song, and has 60 lines."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.end_to_end.programs import PATIENCE_S, ROOT, environment, serving
from tests.end_to_end.songs import music
from tests.peers.plain_server import Habits, PlainServer
from tests.peers.wording import Wording

CLIENT = ROOT / "examples" / "client.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three songs, the second with ends in it; the fixture gives the folder and their bytes."""
    path = tmp_path_factory.mktemp("music")
    songs = (music(2.0, seed=1), b" END END" * 9 + b"END END" + bytes(9000), music(1.0, seed=2))
    for number, song in enumerate(songs, 1):
        (path / f"{number} noise.mp3").write_bytes(song)
    return path, songs


@pytest.fixture(scope="module")
def server(folder):
    with serving(folder[0]) as program:
        yield program


def run(port: int, typed: str, here: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, CLIENT, "127.0.0.1", str(port)],
        input=typed,
        cwd=here,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.stderr == ""
    return done


def test_it_has_sixty_lines():
    assert len(CLIENT.read_text().splitlines()) <= 60


def test_a_song_arrives_whole(server, folder, tmp_path):
    done = run(server.port, "list\nplay 2\n", tmp_path)
    assert done.stdout.splitlines() == ["1. 1 noise", "2. 2 noise", "3. 3 noise", "2.mp3 closed"]
    assert done.returncode == 0
    assert (tmp_path / "2.mp3").read_bytes() == folder[1][1]


def test_songs_that_are_requested_behind_each_other_are_not_mixed(server, folder, tmp_path):
    done = run(server.port, "play 1\nplay 2\nplay 1\nstop\nplay 3\nplay 9\nplay 1\n", tmp_path)
    closed = [f"{number}.mp3 closed" for number in (1, 2, 1, 3)]
    assert done.stdout.splitlines() == [*closed, "9.mp3 404", "1.mp3 closed"]
    for number, song in enumerate(folder[1], 1):
        assert song.startswith((tmp_path / f"{number}.mp3").read_bytes())
    assert (tmp_path / "1.mp3").read_bytes() == folder[1][0]


def test_teardown_ends_it(server, tmp_path):
    assert run(server.port, "teardown\nlist\n", tmp_path).stdout == ""


def test_a_song_that_is_not_closed_is_told_by_the_exit_code(tmp_path):
    listener = socket.create_server(("127.0.0.1", 0))

    def close_in_a_song():
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"RESP 101 END alfine/1 ends END END")
            while b"PLAY" not in connection.recv(4096):
                pass
            connection.sendall(b"RESP 200 END abc END END")

    server = threading.Thread(target=close_in_a_song)
    server.start()
    assert run(listener.getsockname()[1], "play 7\n", tmp_path).returncode == 1
    server.join()
    listener.close()
    assert (tmp_path / "7.mp3").read_bytes() == b"abc"


def test_a_plain_server_is_understood(folder, tmp_path):
    with PlainServer(folder[0]) as server:
        done = run(server.port, "list\nplay 2\n", tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "2.mp3").read_bytes() == folder[1][1]


def test_it_does_what_a_client_must_but_for_connecting_again(tmp_path):
    client = (sys.executable, CLIENT, "{host}", "{port}")
    options = ("--json", "--timeout", "20", "--connections", "6")
    done = subprocess.run(
        [sys.executable, "-m", "cli.app", "check", "--client", *options, "--", *client],
        cwd=tmp_path,
        env=environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    cases = [json.loads(line) for line in done.stdout.splitlines()]
    broken = [c["number"] for c in cases if c.get("outcome") in ("failed", "warned")]
    assert broken == ["P7-4"], done.stdout + done.stderr


@pytest.mark.parametrize(
    "answer", [b"HELLO", b"RESP 200 END x END END", b"x" * 200_000, b"\xff END END"]
)
def test_whatever_it_is_answered_it_ends_without_a_traceback(folder, tmp_path, answer):
    habits = Habits(
        wording=Wording(only_answer=answer), close_after_setup=False, setup_answer=answer
    )
    with PlainServer(folder[0], habits) as server:
        assert run(server.port, "list\nplay\nplay x\nhello\n\n", tmp_path).returncode == 0
