"""A song whose file cannot be read to its end is never taken for whole."""

from __future__ import annotations

import asyncio
import errno
import os
import threading

import pytest

from net.framing import frame
from net.server.accepting.server import StreamingServer
from net.server.accepting.sockets import listen
from net.server.limits import Limits
from net.server.songs import framer
from net.server.songs.spool_cache import SpoolCache
from songs import Library
from tests.needs import needs_program
from tests.net.server.conftest import song_bytes
from tests.peers.facts import without_facts
from tests.peers.plain_client import PlainClient

NOT_FOUND = b"ERRO 404 END END"
LIST = b"RESP 100 END 1. 1 END 2. 2 END END"
SETUP, ACCEPTED = b"SETUP ends END END", b"RESP 101 END alfine/1 ends END END"
SONG_CLOSED = b"RESP 200 END  END END"
GOOD_READS = 4


@pytest.fixture
def disk(monkeypatch):
    """Reads after the first slice wait for `break_down` and then fail, until `repaired` is set."""

    class Disk:
        break_down, repaired = threading.Event(), False

    read = os.pread

    def pread(fd, count, offset):
        if offset >= GOOD_READS * framer.READ_BYTES and not Disk.repaired:
            assert Disk.break_down.wait(30)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(fd, count, offset)

    monkeypatch.setattr("songs.folder.folder.os.pread", pread)
    return Disk


@pytest.mark.asyncio
async def test_every_listener_gets_404(music, tmp_path, disk, caplog):
    library = Library(music)
    library.scan()
    spool_cache = SpoolCache(library, tmp_path, 1 << 30, 100)
    server = StreamingServer(library, Limits(), spool_cache)
    [[listener]] = listen(["127.0.0.1"], 0, Limits())
    port = listener.getsockname()[1]
    server.start([listener])
    try:
        async with asyncio.timeout(30):
            await _listen_until_it_fails(port, disk)
    finally:
        server.stop()
    errors = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]
    assert len(errors) == 4
    assert all("song 1 cannot be sent: Input/output error" in message for message in errors)


async def _listen_until_it_fails(port, disk):
    begun, _ = frame(song_bytes(1)[: GOOD_READS * framer.READ_BYTES], last=False)
    listeners = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    for number, (reader, writer) in enumerate(listeners):
        if number:  # the first one knows only the RFC
            writer.write(SETUP)
            assert without_facts(await reader.readuntil(b" END END")) == ACCEPTED
        writer.write(b"PLAY 1 END END")
        assert await reader.readexactly(len(begun)) == begun
    disk.break_down.set()
    for reader, writer in listeners:
        assert await reader.readexactly(len(NOT_FOUND)) == NOT_FOUND
        writer.write(b"LIST END END")
        assert await reader.readexactly(len(LIST)) == LIST
    # A later PLAY fails in the same way; once the disk is repaired it does not.
    reader, writer = listeners[0]
    writer.write(b"PLAY 1 END END")
    assert await reader.readexactly(len(begun)) == begun
    assert await reader.readexactly(len(NOT_FOUND)) == NOT_FOUND
    disk.repaired = True
    whole, _ = frame(song_bytes(1))
    writer.write(b"PLAY 1 END END")
    assert await reader.readexactly(len(whole)) == whole
    for _, writer in listeners:
        writer.close()


@needs_program("strace")
def test_a_read_that_the_kernel_fails(serve, music, loop_name):
    """strace injects the error into the running server, for one of the two songs."""
    failing = ("strace", "-D", "-f", "-qq", "-o", "/dev/null", "-P", str(music / "1.mp3"))
    inject = ("-e", "trace=pread64", "-e", "inject=pread64:error=EIO:when=20+")
    server = serve(music, "--loop", loop_name, prefix=(*failing, *inject))
    with PlainClient(server.port, seconds=30) as client:
        client.send(SETUP)
        client.next()
        client.play(1)
        messages = client.until(lambda message: message.raw in (SONG_CLOSED, NOT_FOUND))
        assert messages[-1].raw == NOT_FOUND
        audio = b"".join(message.data for message in messages[:-1])
        assert 0 < len(audio) < len(song_bytes(1))
        assert song_bytes(1).startswith(audio)
        server.wait_for("song 1 cannot be sent: Input/output error")
        client.play(2)
        messages = client.until(lambda message: message.raw in (SONG_CLOSED, NOT_FOUND))
        assert messages[-1].raw == SONG_CLOSED
        assert b"".join(message.data for message in messages[:-1]) == song_bytes(2)
