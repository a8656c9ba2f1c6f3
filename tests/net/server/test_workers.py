"""Several processes on one port."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from tests.net.server.conftest import connected, eventually, song_bytes
from tests.net.server.hindered import prefix
from tests.peers.plain_client import PlainClient

LIST = b"RESP 100 END 1. 1 END 2. 2 END END"


def children(server) -> list[int]:
    tasks = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return [int(pid) for pid in tasks.read_text().split()]


@pytest.fixture
def server(serve, music, loop_name):
    server = serve(music, "--workers", 3, "--loop", loop_name, "--drain", 5)
    assert eventually(lambda: len(children(server)) == 3)
    return server


def answer_to(server, request: bytes) -> bytes:
    with PlainClient(server.port, seconds=30) as client:
        client.send(request)
        return client.next().raw


def test_all_of_them_serve_the_same_songs(server, music):
    for _ in range(60):
        assert answer_to(server, b"LIST END END") == LIST
    with PlainClient(server.port, seconds=30) as client:
        client.play(2)
        assert client.audio(len(song_bytes(2))) == song_bytes(2)
    assert eventually(lambda: len(set(re.findall(r"w\d", server.out))) == 3)


def test_a_new_song_has_one_number_in_all(server, music):
    for name in ("0", "00"):
        (music / f"{name}.mp3").write_bytes(b"audio " + name.encode())
    expected = b"RESP 100 END 3. 0 END 4. 00 END 1. 1 END 2. 2 END END"
    assert eventually(lambda: answer_to(server, b"LIST END END") == expected)
    assert eventually(lambda: {answer_to(server, b"LIST END END") for _ in range(30)} == {expected})
    for _ in range(20):
        assert answer_to(server, b"PLAY 4 END END") == b"RESP 200 END audio 00 END END"
    # A worker that starts later knows them too.
    before = children(server)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: len(set(children(server)) - set(before)) == 3)
    assert {answer_to(server, b"LIST END END") for _ in range(20)} == {expected}


def test_a_worker_that_is_killed_is_replaced(server):
    before = children(server)
    os.kill(before[0], signal.SIGKILL)
    assert eventually(lambda: len(set(children(server)) - set(before)) == 1)
    server.wait_for(r"worker \d has died")
    for _ in range(30):
        assert answer_to(server, b"LIST END END") == LIST


def test_a_worker_that_cannot_be_forked_is_tried_again(serve, music, tmp_path):
    server = serve(music, "--workers", 2, prefix=prefix("forks", tmp_path))
    assert eventually(lambda: len(children(server)) == 2)
    before = children(server)
    (tmp_path / "held").touch()
    os.kill(before[0], signal.SIGKILL)
    server.wait_for(r"worker \d cannot be started: Resource temporarily unavailable")
    assert children(server) == before[1:], "the other one serves on"
    (tmp_path / "held").unlink()
    assert eventually(lambda: len(children(server)) == 2)
    for _ in range(20):
        assert answer_to(server, b"LIST END END") == LIST
    server.process.terminate()
    assert server.end() == 0


def test_a_worker_that_cannot_be_monitored_is_not_left_alone(serve, music, tmp_path):
    options = ("--workers", 2, "--monitor", 0)
    server = serve(music, *options, prefix=prefix("monitors", tmp_path))
    monitored = tmp_path / "monitored"
    assert eventually(lambda: monitored.exists() and monitored.read_text() == "..")
    before = children(server)
    (tmp_path / "held").touch()
    os.kill(before[0], signal.SIGKILL)
    server.wait_for(r"worker \d cannot be started: No space left on device", times=2)
    assert eventually(lambda: children(server) == before[1:]), "it is ended, and reaped"
    (tmp_path / "held").unlink()
    assert eventually(lambda: len(children(server)) == 2)
    for _ in range(20):
        assert answer_to(server, b"LIST END END") == LIST
    server.process.terminate()
    assert server.end() == 0


def test_one_signal_stops_all(server):
    pids = children(server)
    with connected(server.port) as idle:
        server.process.send_signal(signal.SIGINT)
        assert idle.recv(1) == b""
    assert server.end() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_workers_do_not_outlive_their_parent(server):
    pids = children(server)
    server.kill()
    assert eventually(lambda: not any(running(pid) for pid in pids))


def running(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_a_song_that_has_gone_is_listed_by_none_and_keeps_its_number(server, music):
    (music / "1.mp3").rename(music / "away")
    without = b"RESP 100 END 2. 2 END END"
    assert eventually(lambda: answer_to(server, b"LIST END END") == without)
    assert eventually(lambda: {answer_to(server, b"LIST END END") for _ in range(30)} == {without})
    for _ in range(20):
        assert answer_to(server, b"PLAY 1 END END") == b"ERRO 404 END END"
    (music / "away").rename(music / "1.mp3")
    assert eventually(lambda: {answer_to(server, b"LIST END END") for _ in range(30)} == {LIST})
