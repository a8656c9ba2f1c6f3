"""A socket over TLS has the verbs of one in clear, whatever OpenSSL holds back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import select
import socket
import ssl
import tempfile
import threading
import time

import pytest

from fsm.events import SongSent
from net.framing import audio_message, chunks
from net.server.client_socket import ClientSocket
from net.server.connections.outgoing import Outgoing, Wait
from net.server.songs.framer import Position, Slice, Source, short_ends
from net.server.songs.spool import Spool, Work
from net.server.tls.socket import RECORD_BYTES, ObservedTlsSocket, TlsSocket
from net.tls.contexts import KeyPair, server_context
from net.wire import NOT_FOUND
from songs.folder.folder import FolderSong
from tests.tls.wire import TIMEOUT_S

BATCH = 1 << 18


@pytest.fixture
def pair(certificates, context):
    """The server's socket, whose handshake is over, and the client's; with small buffers."""
    key = certificates.server.with_suffix(".key")
    serving = server_context(KeyPair(certificates.server, key))
    serving.sslsocket_class = TlsSocket
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.settimeout(TIMEOUT_S)
        raw.connect(listener.getsockname())
        accepted, _ = listener.accept()
    ours = serving.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
    shaking = threading.Thread(target=ours.shake_hands)
    shaking.start()
    its = context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False)
    shaking.join(TIMEOUT_S)
    ours.setblocking(False)
    with ours, its:
        yield ours, its


def fill(ours: TlsSocket, data: bytes = b"x" * RECORD_BYTES) -> int:
    """Send until there is no room; return how many bytes were taken."""
    taken = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            taken += ours.send(data)
    return taken


def some(its: ssl.SSLSocket) -> bytes:
    """What the client can read now; b"" for nothing yet."""
    its.setblocking(False)
    try:
        return its.recv(1 << 16)
    except ssl.SSLWantReadError:
        select.select([its], [], [], 0.01)
        return b""


def read(ours: TlsSocket, its: ssl.SSLSocket, count: int) -> bytes:
    """Have the client read so much, and what was begun sent meanwhile."""
    received, end = b"", time.monotonic() + TIMEOUT_S
    while len(received) < count and time.monotonic() < end:
        with contextlib.suppress(BlockingIOError):
            ours.flush()
        received += some(its)
    return received


def read_alone(its: ssl.SSLSocket, count: int) -> bytes:
    """Have the client read so much; somebody else has the rest sent."""
    received = b""
    while len(received) < count:
        received += its.recv(1 << 16)
    return received


def test_it_is_a_clients_socket(pair):
    ours, _ = pair
    assert isinstance(ours, ClientSocket)
    assert ours.version() == "TLSv1.3"
    assert not ours.in_kernel or os.path.exists("/proc/net/tls_stat")


def test_what_counts_as_sent_arrives_whatever_is_sent_next(pair):
    """OpenSSL has begun with it, and would take nothing else; the caller need not know."""
    ours, its = pair
    taken = fill(ours)
    assert ours.unsent
    with pytest.raises(BlockingIOError):
        ours.send(b"something else")
    got = read(ours, its, taken)
    ours.flush()
    assert not ours.unsent
    assert ours.send(b"something else") == 14
    assert (got, read(ours, its, 14)) == (b"x" * taken, b"something else")


def test_the_end_waits_for_what_counts_as_sent(pair):
    ours, its = pair
    taken = fill(ours)
    with pytest.raises(BlockingIOError):
        ours.shutdown(socket.SHUT_WR)
    read(ours, its, taken)
    ours.shutdown(socket.SHUT_WR)
    its.settimeout(TIMEOUT_S)
    assert its.recv(10) == b"", "an end of TLS, and not only of TCP"
    socket.socket.send(its, b"late")
    ours.settimeout(TIMEOUT_S)
    assert ours.recv(10) == b"late", "it is read as it comes, to be discarded"


def test_messages_stay_whole_and_in_order_where_there_is_no_room(pair, tmp_path):
    """As in clear: an answer goes between two messages of a song, wherever OpenSSL has stopped."""
    ours, its = pair
    rng = random.Random(7)
    song = rng.randbytes(600_000)
    framed = b"".join(audio_message(chunk) for chunk in chunks(song))
    file = tempfile.TemporaryFile(dir=tmp_path, buffering=0)  # noqa: SIM115
    spool = Spool(1, Source(FolderSong(os.open(tmp_path, os.O_RDONLY))), file)
    spool.users = 1
    spool._write([framed])
    spool.apply(Work(Slice([framed], short_ends(framed), Position(), True)))
    outgoing = Outgoing(ours)
    outgoing.start_song().spool = spool
    received, answers = b"", 0
    while (step := outgoing.step(rng.choice((1000, 5000, BATCH)))) != SongSent():
        if step is Wait.ROOM:
            if rng.random() < 0.3:
                outgoing.send(NOT_FOUND)
                answers += 1
            received += some(its)
    while outgoing.step(BATCH) is not Wait.WORK:
        received += some(its)
    while True:
        try:
            ours.shutdown(socket.SHUT_WR)
            break
        except BlockingIOError:
            received += some(its)
    its.settimeout(TIMEOUT_S)
    while data := its.recv(1 << 16):
        received += data
    assert answers > 3
    assert received.count(NOT_FOUND) == answers
    assert received.replace(NOT_FOUND, b"") == framed
    spool.close()


def test_what_is_observed_is_not_encrypted(pair, tmp_path):
    class Observer:
        heard = b""

        def received(self, data):
            self.heard += b"<" + data

        def sent(self, data):
            self.heard += b">" + data

    ours, its = pair
    ours.__class__ = ObservedTlsSocket
    ours.observer = observer = Observer()
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    its.send(b"question")
    ours.setblocking(True)
    assert ours.recv(100) == b"question"
    ours.send(b"answer")
    fd = os.open(path, os.O_RDONLY)
    assert ours.send_file(fd, 3, 4) == 4
    os.close(fd)
    assert observer.heard == b"<question>answer>3456"
    assert read(ours, its, 10) == b"answer3456"


def test_a_file_that_has_become_shorter_sends_nothing(pair, tmp_path):
    ours, _ = pair
    with open(tmp_path / "file", "w+b") as file:
        assert ours.send_file(file.fileno(), 5, 100) == 0


@pytest.mark.asyncio
async def test_the_loop_calls_for_what_openssl_has_decrypted(pair):
    """A record is read whole; of what is left of it the kernel knows nothing."""
    ours, its = pair
    its.sendall(b"r" * 5000)
    interest, got, done = ours.interest(0), [], asyncio.Event()

    def on_readable():
        with contextlib.suppress(BlockingIOError):
            got.append(ours.recv(256))
        interest.read(True, on_readable)
        if sum(map(len, got)) == 5000:
            done.set()

    interest.read(True, on_readable)
    async with asyncio.timeout(TIMEOUT_S):
        await done.wait()
    assert max(map(len, got)) == 256
    interest.read(False, on_readable)


@pytest.mark.asyncio
async def test_the_loop_sends_what_was_begun_although_there_is_nothing_to_send(pair):
    ours, its = pair
    taken = fill(ours)
    interest, called = ours.interest(0), asyncio.Event()

    def on_writable():
        called.set()
        interest.write(False, on_writable)

    interest.write(False, on_writable)
    assert interest.writing, "the client has not got everything"
    reading = asyncio.get_running_loop().run_in_executor(None, read_alone, its, taken)
    async with asyncio.timeout(TIMEOUT_S):
        await called.wait()
    assert await reading == b"x" * taken
    assert not interest.writing


@pytest.mark.asyncio
async def test_what_was_begun_ends_with_the_connection(pair):
    """It is not tried for ever on a socket that takes nothing more."""
    ours, its = pair
    fill(ours)
    interest, called = ours.interest(0), asyncio.Event()
    its.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    its.close()

    def on_writable():
        called.set()
        interest.write(False, on_writable)

    interest.write(False, on_writable)
    async with asyncio.timeout(TIMEOUT_S):
        await called.wait()
    assert not ours.unsent
    assert not interest.writing


@pytest.mark.asyncio
async def test_what_has_to_be_sent_before_more_can_be_read_is_waited_for(pair, monkeypatch):
    """As the answer to a new key is, of a client that reads nothing; the loop does not spin."""
    ours, _ = pair
    blocked = True
    tried = []

    def recv(sock, buflen, flags=0):
        tried.append(blocked)
        if blocked:
            raise ssl.SSLWantWriteError
        return b"at last"

    monkeypatch.setattr(ssl.SSLSocket, "recv", recv)
    interest, got, room = ours.interest(0), [], asyncio.Event()

    def on_readable():
        with contextlib.suppress(BlockingIOError):
            got.append(ours.recv(256))
        watch()

    def on_writable():
        room.set()
        watch()

    def watch():
        interest.read(not got, on_readable)
        interest.write(False, on_writable)

    watch()
    on_readable()
    assert tried == [True]
    assert (interest.reading, interest.writing) == (False, True)
    blocked = False
    async with asyncio.timeout(TIMEOUT_S):
        await room.wait()
    assert got == [b"at last"]
    assert (interest.reading, interest.writing) == (False, False)


@pytest.mark.asyncio
async def test_a_socket_that_is_closed_is_not_looked_at(pair):
    """An event loop that still does ends the process (uvloop), or calls the wrong one."""
    ours, _ = pair
    fill(ours)
    interest = ours.interest(0)

    def called():
        interest.write(False, called)

    interest.read(True, called)
    interest.write(False, called)
    assert (interest.reading, interest.writing) == (True, True), "what was begun has to go"
    interest.stop()
    loop = asyncio.get_running_loop()
    assert (interest.reading, interest.writing) == (False, False)
    assert not loop.remove_reader(ours.fileno())
    assert not loop.remove_writer(ours.fileno())
