"""Files that change while they are sent, and what a folder contains that is no song."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess

import pytest

from tests.needs import without_powers
from tests.net.server.conftest import eventually, song_bytes
from tests.peers.plain_client import PlainClient

NOT_FOUND = b"ERRO 404 END END"
SETUP = b"SETUP ends END END"
SONG_CLOSED = b"RESP 200 END  END END"
LONG_SONG_BYTES = 20_000_000
"""Far more than fits into the buffers between two programs: the server is still sending it."""


def outcome(client: PlainClient, request: bytes) -> tuple[bytes, bool]:
    """Return the audio of a song, and whether it was closed as a whole one."""
    client.send(request)
    messages = client.until(lambda message: message.raw in (SONG_CLOSED, NOT_FOUND))
    return b"".join(message.data for message in messages[:-1]), messages[-1].raw == SONG_CLOSED


@pytest.fixture
def client(serve, music, loop_name):
    server = serve(music, "--loop", loop_name)
    with PlainClient(server.port, seconds=30) as client:
        client.send(SETUP)
        client.next()
        client.server = server
        yield client


@pytest.mark.parametrize("change", ["truncate", "replace", "delete", "chmod", "write over"])
def test_a_song_that_was_framed_is_a_snapshot(client, music, change):
    path = music / "1.mp3"
    assert outcome(client, b"PLAY 1 END END") == (song_bytes(1), True)
    client.send(b"PLAY 1 END END")
    first = client.next().data
    if change == "truncate":
        os.truncate(path, 10)
    elif change == "replace":
        (music / "new").write_bytes(song_bytes(9, 5000))
        os.replace(music / "new", path)
    elif change == "delete":
        path.unlink()
    elif change == "chmod":
        path.chmod(0)
    else:
        path.write_bytes(song_bytes(9, 5000))
    rest, whole = outcome(client, b"")
    assert (first + rest == song_bytes(1), whole) == (True, True)


def test_the_next_play_sends_the_new_file(client, music):
    assert outcome(client, b"PLAY 1 END END") == (song_bytes(1), True)
    (music / "new").write_bytes(song_bytes(9, 5000))
    os.replace(music / "new", music / "1.mp3")
    # For a second the file is not checked again.
    assert eventually(lambda: outcome(client, b"PLAY 1 END END") == (song_bytes(9, 5000), True))
    (music / "1.mp3").unlink()
    assert eventually(lambda: outcome(client, b"PLAY 1 END END") == (b"", False))
    client.server.wait_for("song 1 cannot be sent: its file has gone")


def test_a_full_disk_costs_no_song(serve, music, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "small", small]
    if not shutil.which("mount") or subprocess.call(command, stderr=subprocess.DEVNULL):
        pytest.skip("may not mount a small file system")
    try:
        (music / "3.mp3").write_bytes(song_bytes(3, 50_000))
        server = serve(music, "--cache-dir", small)
        with PlainClient(server.port, seconds=30) as client:
            client.send(SETUP)
            client.next()
            for number in (1, 2, 1):
                sent = outcome(client, b"PLAY %d END END" % number)
                assert sent == (song_bytes(number), True)
            server.wait_for("the cache directory: No space left on device; songs are framed as")
            assert outcome(client, b"PLAY 3 END END") == (song_bytes(3, 50_000), True)
        server.close()
    finally:
        subprocess.check_call(["umount", "-l", small])


def test_the_cache_keeps_to_its_size(serve, music):
    for number in range(3, 9):
        (music / f"{number}.mp3").write_bytes(song_bytes(number))
    server = serve(music, "--cache-size", 4)

    def spools() -> int:
        fds = f"/proc/{server.process.pid}/fd"
        return sum("(deleted)" in os.readlink(f"{fds}/{fd}") for fd in os.listdir(fds))

    with PlainClient(server.port, seconds=30) as client:
        client.send(SETUP)
        client.next()
        for number in range(1, 9):
            sent = outcome(client, b"PLAY %d END END" % number)
            assert sent == (song_bytes(number), True)
            assert eventually(lambda: spools() == 1)


def test_what_is_no_song_is_not_listed(serve, music, tmp_path):
    """Only regular files inside it are songs, whatever they are called."""
    outside = tmp_path / "outside.mp3"
    outside.write_bytes(b"secret")
    os.mkfifo(music / "fifo.mp3")
    (music / "directory.mp3").mkdir()
    (music / "link.mp3").symlink_to(outside)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(music / "socket.mp3"))
    names = ["a\nb", "c\x1b[31m", "d END e", "f END END g"]
    for name in names:
        (music / f"{name}.mp3").write_bytes(b"audio")
    (music / "h").mkdir()
    with open(os.fsencode(music) + b"/i\xff.mp3", "wb") as file:
        file.write(b"audio")
    server = serve(music)
    with PlainClient(server.port, seconds=30) as client:
        client.list_songs()
        shown = client.next().raw
        assert shown.startswith(b"RESP 100 END 1. 1 END 2. 2 END ")
        entries = shown.removesuffix(b" END END").split(b" END ")[1:]
        assert len(entries) == 2 + len(names) + 1
        assert b"secret" not in shown
        assert not set(b"\n\x1b") & set(shown)
        assert "\ufffd".encode() in shown
        for number in range(3, 8):
            client.send(b"PLAY %d END END" % number)
            assert client.next().data == b"audio"
        assert "\x1b" not in server.out
        # What later has a song's name is no song either.
        (music / "1.mp3").unlink()
        os.mkfifo(music / "1.mp3")
        client.send(b"PLAY 1 END END")
        assert client.next().raw == NOT_FOUND
        server.wait_for("song 1 cannot be sent: it is not a regular file")


def test_a_song_added_later_is_in_the_list_soon(serve, music, loop_name):
    server = serve(music, "--loop", loop_name)
    (music / "0 first by name.mp3").write_bytes(b"audio")
    with PlainClient(server.port, seconds=30) as client:

        def listed() -> bool:
            client.list_songs()
            return client.next().raw == b"RESP 100 END 3. 0 first by name END 1. 1 END 2. 2 END END"

        assert eventually(listed)
        client.play(3)
        assert client.next().data == b"audio"


ROOT_MAY_READ = ("dac_override", "dac_read_search")


def test_an_unreadable_file_is_no_song_and_an_unreadable_song_is_404(serve, music):
    (music / "1.mp3").chmod(0)
    server = serve(music, prefix=without_powers(*ROOT_MAY_READ))
    server.wait_for(r"cannot use 1\.mp3: no permission to read it")
    with PlainClient(server.port) as client:
        client.list_songs()
        assert client.next().raw == b"RESP 100 END 1. 2 END END"
        (music / "2.mp3").chmod(0)
        client.play(1)
        assert client.next().raw == NOT_FOUND
        server.wait_for("song 1 cannot be sent: no permission to read it")


def test_a_song_that_becomes_unreadable_while_it_is_sent(serve, music, loop_name):
    """It is sent to its end; a later PLAY gets 404."""
    (music / "1.mp3").write_bytes(song_bytes(1, LONG_SONG_BYTES))
    server = serve(music, "--loop", loop_name, prefix=without_powers(*ROOT_MAY_READ))
    with PlainClient(server.port, seconds=30) as client, PlainClient(server.port) as late:
        for each in (client, late):
            each.send(SETUP)
            each.next()
        client.send(b"PLAY 1 END END")
        first = client.next().data
        (music / "1.mp3").chmod(0)
        # For a second the file is not checked again.
        assert eventually(lambda: outcome(late, b"PLAY 1 END END") == (b"", False))
        rest, whole = outcome(client, b"")
        assert (first + rest == song_bytes(1, LONG_SONG_BYTES), whole) == (True, True)
    server.wait_for("song 1 cannot be sent: no permission to read it")


def test_a_read_only_cache_directory_costs_no_song(serve, music, tmp_path):
    folder = tmp_path / "sealed"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "sealed", folder]
    if not shutil.which("mount") or subprocess.call(command, stderr=subprocess.DEVNULL):
        pytest.skip("may not mount a small file system")
    try:
        server = serve(music, "--cache-dir", folder)
        with PlainClient(server.port, seconds=30) as client:
            client.send(SETUP)
            client.next()
            assert outcome(client, b"PLAY 1 END END") == (song_bytes(1), True)
        server.wait_for("the cache directory: Read-only file system; songs are framed as")
        server.close()
    finally:
        subprocess.check_call(["umount", "-l", folder])


def test_the_cache_directory_is_the_users_own(serve, music, tmp_path):
    serve(music, "--cache-dir", tmp_path / "new" / "cache")
    assert (tmp_path / "new" / "cache").stat().st_mode & 0o777 == 0o700
