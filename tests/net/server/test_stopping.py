"""SIGTERM and Ctrl-C: songs may end first, and the exit code is 0."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket

import pytest

from net.server.accepting.server import StreamingServer
from net.server.accepting.sockets import listen, loop_factory
from net.server.limits import Limits
from net.server.processes.process import on_signals
from net.server.songs.spool_cache import SpoolCache
from songs import Library
from tests.end_to_end.managed import IN_TERMINAL
from tests.net.server.conftest import connected, eventually, is_reset, song_bytes
from tests.net.server.hindered import prefix
from tests.peers.facts import without_facts
from tests.peers.plain_client import PlainClient

SETUP, ACCEPTED = b"SETUP ends END END", b"RESP 101 END alfine/1 ends END END"
SONG_CLOSED = b"RESP 200 END  END END"
SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
BIG = 30_000_000


@contextlib.contextmanager
def listener(server):
    """A client in the middle of a song, of which most is still to be sent."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sock.connect(("127.0.0.1", server.port))
        client = PlainClient(server.port, seconds=30)
        client.sock.close()
        client.sock = sock
        client.send(SETUP + b"PLAY 1 END END")
        assert without_facts(client.next().raw) == ACCEPTED
        yield client


@pytest.fixture
def big(music):
    (music / "1.mp3").write_bytes(song_bytes(1, BIG))
    return music


@SIGNALS
def test_a_song_ends_first(serve, big, loop_name, number):
    server = serve(big, "--loop", loop_name)
    with PlainClient(server.port) as idle, listener(server) as client:
        first = client.next()
        server.process.send_signal(number)
        assert idle.next() is None
        with pytest.raises(ConnectionError):
            connected(server.port)
        messages = client.until(lambda message: not message.data)
        assert messages[-1].raw == SONG_CLOSED
        assert first.data + b"".join(m.data for m in messages) == song_bytes(1, BIG)
        assert client.next() is None
    assert server.end() == 0


def test_requests_while_the_server_ends(serve, big):
    """LIST is answered; PLAY is not, for another server has the song; STOP ends the connection."""
    server = serve(big)
    with listener(server) as stopper, listener(server) as player:
        server.process.terminate()
        server.wait_for("songs may end")
        stopper.send(b"LIST END ENDSTOP END END")
        others = [m.raw for m in iter(stopper.next, None) if not m.is_audio or not m.data]
        assert others == [
            b"RESP 100 END 1. 1 END 2. 2 END END",
            b"RESP 100 END  END END",
            SONG_CLOSED,
        ]
        player.send(b"PLAY 2 END END")
        others = [m.raw for m in iter(player.next, None) if not m.is_audio or not m.data]
        assert others == [SONG_CLOSED]
    assert server.end() == 0


def test_after_the_time_to_end_songs_they_are_cut_between_messages(serve, big):
    server = serve(big, "--drain", 0.3)
    with listener(server) as client:
        server.process.terminate()
        server.wait_for("the time to end songs is over")
        messages = list(iter(client.next, None))
        assert all(message.data for message in messages), "a closing message would make it whole"
        assert client.waiting == b"", "the last message was not finished"
        audio = b"".join(message.data for message in messages)
        assert song_bytes(1, BIG).startswith(audio)
        assert len(audio) < BIG
    assert server.end() == 0


@SIGNALS
def test_a_second_signal_ends_at_once(serve, big, loop_name, number):
    server = serve(big, "--loop", loop_name, "--drain", 600)
    with listener(server):
        server.process.send_signal(number)
        server.wait_for("songs may end")
        server.process.send_signal(number)
        assert server.end() == 0


def test_a_signal_is_not_lost_while_the_pipe_of_the_loop_is_full(loop_name):
    """Threads have woken the loop so often that no further byte fits into its pipe."""

    async def wait_for_a_signal():
        loop, received = asyncio.get_running_loop(), asyncio.Event()
        on_signals((signal.SIGTERM,), loop, received.set)
        for _ in range(10_000):
            loop.call_soon_threadsafe(int)
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(30):
            await received.wait()

    before = signal.getsignal(signal.SIGTERM)
    try:
        with asyncio.Runner(loop_factory=loop_factory(loop_name)[1]) as runner:
            runner.run(wait_for_a_signal())
        os.kill(os.getpid(), signal.SIGTERM)  # the loop is closed: it does nothing
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("workers", [1, 2])
def test_signals_that_come_at_any_time_end_with_code_0(serve, music, workers):
    """As soon as it says that it listens, and until it has exited."""
    for _ in range(4):
        server = serve(music, "--workers", workers)
        server.process.terminate()
        server.wait_for("stopped")
        server.process.terminate()
        assert server.end() == 0


@pytest.mark.asyncio
async def test_who_waits_to_be_accepted_gets_an_orderly_close(music, tmp_path):
    library, limits = Library(music), Limits(backlog=40)
    [[sock]] = listen(["127.0.0.1"], 0, limits)
    server = StreamingServer(library, limits, SpoolCache(library, tmp_path, 1 << 20, 100))
    server.start([sock])
    with contextlib.ExitStack() as stack:
        port = sock.getsockname()[1]
        clients = [stack.enter_context(connected(port)) for _ in range(limits.backlog)]
        await server.drain()
        assert not any(map(is_reset, clients))
    server.stop()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_scan_ends_with_the_server(serve, music, tmp_path, workers):
    for number in range(3, 103):
        (music / f"{number}.mp3").write_bytes(b"%d" % number)
    server = serve(music, "--workers", workers, prefix=prefix("reads", tmp_path))
    server.wait_for("102 songs")
    (tmp_path / "held").touch()

    def is_scanning():
        with connected(server.port) as client:
            client.sendall(b"LIST END END")
            assert client.recv(1)
        return (tmp_path / "read").exists()

    assert eventually(is_scanning)
    server.process.terminate()
    for words in ("w1 stopped", "w2 stopped") if workers == 2 else (" stopped",):
        server.wait_for(words)
    (tmp_path / "held").unlink()
    assert server.end() == 0
    assert len((tmp_path / "read").read_text()) < 10, "of 102"


def test_a_terminal_that_is_closed_lets_songs_end(serve, big, tmp_path):
    server = serve(big, prefix=IN_TERMINAL)
    with listener(server) as client:
        client.next()
        server.process.send_signal(signal.SIGHUP)
        assert client.until(lambda message: not message.data)[-1].raw == SONG_CLOSED
    assert server.end() == 0


def test_nohup_is_kept_to(serve, music):
    server = serve(music, prefix=("nohup",))
    server.process.send_signal(signal.SIGHUP)
    server.process.terminate()
    server.wait_for("stopped")
    assert server.end() == 0
    assert server.out.count("stopping") == 1
