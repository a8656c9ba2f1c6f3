"""The proxy passes every byte both ways, and makes just the trouble that was planned."""

import asyncio
import os
import random
import socket
import threading
import time
from unittest.mock import AsyncMock

import pytest

from net.framing import audio_message, chunks
from proxy.faults import RANDOM, Faults
from proxy.pump import Pump
from tests.faulty_proxy import FaultyProxy
from traces.recorder import SERVER

TIMEOUT_S = 30
SONG = b"".join(map(audio_message, chunks(random.Random(7).randbytes(300_000))))


class Peer:
    """A server of one's own: does with each connection what it is told."""

    def __init__(self, serve):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.received = bytearray()
        self.ended = threading.Event()
        self._serve = serve
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(sock,), daemon=True).start()

    def _one(self, sock):
        sock.settimeout(TIMEOUT_S)
        with sock:
            try:
                self._serve(self, sock)
            except OSError:
                pass
            finally:
                self.ended.set()

    def read_all(self, sock):
        while data := sock.recv(65536):
            self.received += data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def connect(proxy):
    return socket.create_connection(("127.0.0.1", proxy.port), TIMEOUT_S)


def read_all(sock):
    data = bytearray()
    while piece := sock.recv(65536):
        data += piece
    return bytes(data)


def sends_song(peer, sock):
    sock.sendall(SONG)
    sock.shutdown(socket.SHUT_WR)
    peer.read_all(sock)


@pytest.mark.parametrize(
    "faults",
    [
        Faults(),
        Faults(split=700),
        Faults(split=RANDOM, seed=3),
        Faults(rate_bytes_s=5e6),
        Faults(delay_s=0.02, jitter_s=0.01),
        Faults(delay_s=0.005, jitter_s=0.05, split=9000, rate_bytes_s=2e7),
    ],
    ids=str,
)
def test_no_byte_is_changed_and_both_ends_are_passed_on(faults):
    requests = os.urandom(100_000)
    with (
        Peer(sends_song) as peer,
        FaultyProxy(peer.port, faults) as proxy,
        connect(proxy) as client,
    ):
        threading.Thread(target=send_and_end, args=(client, requests), daemon=True).start()
        assert read_all(client) == SONG
        assert peer.ended.wait(TIMEOUT_S)
        assert peer.received == requests


def send_and_end(sock, data):
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


def test_connections_do_not_wait_for_each_other():
    def echoes(peer, sock):
        while data := sock.recv(1000):
            sock.sendall(data)

    with (
        Peer(echoes) as peer,
        FaultyProxy(peer.port, Faults(stall_after=0)) as proxy,
        connect(proxy) as stalled,
    ):
        assert proxy.line(0).reached.wait(TIMEOUT_S)
        stalled.sendall(b"nobody answers")
        clients = [connect(proxy) for _ in range(20)]
        for number, client in enumerate(clients):
            client.sendall(b"%02d" % number)
        for number, client in reversed(list(enumerate(clients))):
            assert client.recv(2, socket.MSG_WAITALL) == b"%02d" % number
            client.close()


def test_back_pressure_is_passed_on():
    """A server whose client does not read cannot hand over more than the buffers between take."""
    sent, full = [0], threading.Event()

    def sends_for_ever(peer, sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
        sock.settimeout(2)
        try:
            while True:
                sent[0] += sock.send(SONG[:16384])
        except TimeoutError:
            full.set()
        peer.read_all(sock)

    with Peer(sends_for_ever) as peer, FaultyProxy(peer.port) as proxy, connect(proxy):
        assert full.wait(TIMEOUT_S)
        assert sent[0] < 8 << 20


@pytest.mark.parametrize("at", [0, 1, 13, 4117, 100_000])
def test_a_cut_comes_after_just_so_many_bytes(at):
    with (
        Peer(sends_song) as peer,
        FaultyProxy(peer.port, Faults(cut_after=at)) as proxy,
        connect(proxy) as client,
    ):
        assert read_all(client) == SONG[:at]
        assert proxy.troubles == [
            f"cut after {at} bytes of the server, "
            + ("between two messages" if at in (0, 4117) else "in the middle of a message")
        ]


def test_a_reset_is_a_reset():
    with (
        Peer(sends_song) as peer,
        FaultyProxy(peer.port, Faults(reset_after=50_000)) as proxy,
        connect(proxy) as client,
        pytest.raises(ConnectionResetError),
    ):
        read_all(client)


def test_a_reset_of_the_servers_is_passed_on():
    def resets(peer, sock):
        sock.recv(10)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with Peer(resets) as peer, FaultyProxy(peer.port) as proxy, connect(proxy) as client:
        client.sendall(b"LIST")
        with pytest.raises(ConnectionResetError):
            read_all(client)


def test_a_stall_lets_no_more_through_and_a_hold_does_when_told():
    with Peer(sends_song) as peer:
        with FaultyProxy(peer.port, Faults(stall_after=5000)) as proxy, connect(proxy) as client:
            assert proxy.line(0).reached.wait(TIMEOUT_S)
            got = b""
            while len(got) < 5000:
                got += client.recv(5000)
            client.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.recv(1)
        with FaultyProxy(peer.port, Faults(hold_after=5000)) as proxy, connect(proxy) as client:
            assert proxy.line(0).reached.wait(TIMEOUT_S)
            proxy.line(0).go_on.set()
            assert read_all(client) == SONG


def test_a_connection_is_dropped_after_its_time():
    def waits(peer, sock):
        peer.read_all(sock)

    with (
        Peer(waits) as peer,
        FaultyProxy(peer.port, Faults(drop_after_s=0.1)) as proxy,
        connect(proxy) as client,
    ):
        assert read_all(client) == b""
        assert proxy.troubles == ["dropped after 0 bytes of the server, between two messages"]


def test_a_rate_is_kept():
    with (
        Peer(sends_song) as peer,
        FaultyProxy(peer.port, Faults(rate_bytes_s=600_000)) as proxy,
    ):
        began = time.monotonic()
        with connect(proxy) as client:
            assert read_all(client) == SONG
        assert time.monotonic() - began >= 0.9 * len(SONG) / 600_000


def test_a_delay_delays_and_does_not_slow(monkeypatch):
    """What comes in a stream comes as fast, only later: 75 pieces, and not 75 delays."""
    slept, sleep = [], asyncio.sleep

    async def counted(seconds):
        slept.append(max(0.0, seconds))
        await sleep(seconds)

    monkeypatch.setattr("proxy.pump.asyncio.sleep", counted)
    with (
        Peer(sends_song) as peer,
        FaultyProxy(peer.port, Faults(delay_s=0.3, split=4096)) as proxy,
        connect(proxy) as client,
    ):
        assert read_all(client) == SONG
    assert len(slept) >= 75
    assert 0.25 <= sum(slept) < 15


@pytest.mark.asyncio
async def test_pieces_that_wait_are_bounded_by_their_bytes_and_not_by_their_number():
    passed, delay_s = list[bytes](), 0.3
    reader, writer = asyncio.StreamReader(), AsyncMock()
    writer.write = passed.append
    reader.feed_data(bytes(1500))
    reader.feed_eof()
    began = time.monotonic()
    assert await Pump(reader, writer, Faults(delay_s=delay_s, split=1), lambda data: None).run()
    assert len(passed) == 1500
    assert time.monotonic() - began < 20 * delay_s  # by their number it would take 23


@pytest.mark.asyncio
async def test_no_more_is_read_ahead_of_a_delay_than_is_allowed(monkeypatch):
    monkeypatch.setattr("proxy.pump.MOST_DELAYED_BYTES", 4096)
    reader, writer, passed = asyncio.StreamReader(), AsyncMock(), list[bytes]()
    writer.write = passed.append
    reader.feed_data(bytes(3 * 4096))
    reader.feed_eof()
    pump = Pump(reader, writer, Faults(delay_s=0.01, split=1024), lambda data: None)
    most = 0

    def look(data):
        nonlocal most
        most = max(most, pump._delayed_bytes)

    pump._passed = look
    assert await pump.run()
    assert b"".join(passed) == bytes(3 * 4096)
    assert 0 < most <= 4096


def test_a_server_that_is_not_there_is_told_and_the_client_is_not_kept():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with FaultyProxy(port) as proxy, connect(proxy) as client:
        assert read_all(client) == b""
        assert proxy.wait_for(lambda: bool(proxy.troubles))
        assert proxy.troubles[0].startswith("no connection to the server: ")


def test_nor_is_one_that_no_host_can_be():
    with FaultyProxy(1, target="a..b") as proxy, connect(proxy) as client:
        assert read_all(client) == b""
        assert proxy.wait_for(lambda: bool(proxy.troubles))
        assert proxy.troubles == ["no connection to the server: no host can be called 'a..b'"]


def test_messages_are_seen_whatever_the_pieces_are():
    with (
        Peer(sends_song) as peer,
        FaultyProxy(peer.port, Faults(split=RANDOM)) as proxy,
        connect(proxy) as client,
    ):
        client.sendall(b"PLAY 1 END END")
        assert proxy.wait_for(lambda: any(s.message == "PLAY 1" for s in proxy.seen))
        assert read_all(client) == SONG
        audio = [s.audio_bytes for s in proxy.seen if s.sender == SERVER and s.audio_bytes]
        assert sum(audio) == 300_000


def test_a_fault_in_what_follows_does_not_end_the_connection(monkeypatch):
    from traces.following import Follower

    monkeypatch.setattr(Follower, "follow", lambda self, sender, data: 1 // 0)
    with Peer(sends_song) as peer, FaultyProxy(peer.port) as proxy, connect(proxy) as client:
        assert read_all(client) == SONG


@pytest.mark.parametrize("split", [None, 1])
def test_tls_is_passed_on_and_not_looked_into(split):
    hello = b"\x16\x03\x01" + random.Random(5).randbytes(300) + b"LIST END END"
    with (
        Peer(lambda peer, sock: peer.read_all(sock)) as server,
        FaultyProxy(server.port, Faults(split=split)) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), TIMEOUT_S) as client,
    ):
        client.sendall(hello)
        client.shutdown(socket.SHUT_WR)
        assert server.ended.wait(TIMEOUT_S)
        assert bytes(server.received) == hello
        assert proxy.troubles == ["speaks TLS: it is passed on, and what is inside is not seen"]
        assert proxy.seen == []
