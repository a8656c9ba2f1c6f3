"""The two peers with each other: before they test the program, they have to agree on the RFC."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.peers import plain_client, plain_server
from tests.peers.plain_client import NotAMessage, PlainClient, split_messages
from tests.peers.plain_server import PlainServer
from tests.peers.wording import Wording

ROOT = Path(__file__).parents[2]
HOSTILE = b"END " + bytes(5000) + b" END END" + b"x" * 4090 + b" END END END END " + bytes(99)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a b.mp3").write_bytes(random.Random(1).randbytes(30_000) + HOSTILE)
    (tmp_path / "c.mp3").write_bytes(random.Random(2).randbytes(9_000))
    return tmp_path


@pytest.mark.parametrize(
    "habits",
    [
        plain_server.Habits(),
        plain_server.Habits(one_request_per_recv=True, first_four_bytes=True),
        plain_server.Habits(list_twice=True, small_send_buffer=True),
    ],
)
def test_a_song_arrives_as_it_is(folder, habits):
    song = (folder / "a b.mp3").read_bytes()
    with PlainServer(folder, habits) as server, PlainClient(server.port) as client:
        client.play(1)
        assert client.audio(len(song)) == song


@pytest.mark.parametrize("twice", [False, True])
def test_a_list_in_a_song_comes_once_or_by_habit_twice(folder, monkeypatch, twice):
    size = len((folder / "a b.mp3").read_bytes())
    habits = plain_server.Habits(list_twice=twice, pause=1.0)
    with PlainServer(folder, habits) as server:
        # The song goes on when LIST has come, however long that takes.
        paused = SimpleNamespace(sleep=lambda _: server.wait_for(b"LIST", seconds=30))
        monkeypatch.setattr(plain_server, "time", paused)
        with PlainClient(server.port) as client:
            client.play(1)
            codes, received = [], 0
            while received < size:
                message = client.next()
                received += len(message.data) if message.is_audio else 0
                codes.append(message.code)
                if len(codes) == 1:
                    client.list_songs()
            assert codes.count(b"100") == 1
            assert not twice or client.next().is_list
            assert client.silence(0.2) == b""


def test_tokens_and_first_end_of_message_read_the_same(folder):
    song = (folder / "c.mp3").read_bytes()
    habits = plain_client.Habits(token_reader=True, stop_none=True, stop_before_play=True)
    with PlainServer(folder) as server, PlainClient(server.port, habits) as client:
        client.list_songs()
        assert client.next().songs == ["1. a b", "2. c"]
        client.play(2)
        assert client.audio(len(song)) == song


def test_what_no_careful_server_sends_is_found_out():
    for stream in (b"RESP 200 END END x END END", b"HTTP/1.1 END END", b"RESP 200 (x) END END"):
        with pytest.raises(NotAMessage):
            split_messages(stream)


def test_the_pieces_of_any_song_are_clean():
    rng = random.Random(3)
    for _ in range(60):
        parts = rng.choices([b"END", b" ", b" END END", b"E", bytes(1500)], k=30)
        song = b"".join(parts)
        if song.startswith(b"END"):
            continue  # a plain reader cannot cut that cleanly but by single bytes
        sent = b"".join(Wording().audio(piece) for piece in Wording().clean_pieces(song))
        messages, rest = split_messages(sent)
        assert not rest
        assert b"".join(message.data for message in messages) == song


def test_both_are_programs(folder, tmp_path):
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.peers.plain_server", folder, "0", "--list-twice"],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    try:
        port = server.stdout.readline().split()[-1]
        saved = tmp_path / "saved"
        client = [sys.executable, ROOT / "tests/peers/plain_client.py", "127.0.0.1", port]
        done = subprocess.run(
            [*client, "list", "play 2", "play 9", "--save", saved, "--idle", "3"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert done.stdout == "1. a b\n2. c\nnot a valid song ID\n"
        assert done.returncode == 1
        assert saved.read_bytes() == (folder / "c.mp3").read_bytes()
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()
