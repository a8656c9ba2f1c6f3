"""Clients who connect just before the server ends: what they ask for is still sent."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from net.server.accepting import server as accepting
from net.server.accepting.server import ACCEPT_BATCH, StreamingServer
from net.server.accepting.sockets import listen
from net.server.limits import Limits
from net.server.songs.spool_cache import SpoolCache
from songs import Library

pytestmark = pytest.mark.asyncio
LIMITS = Limits()
PROXIED = replace(LIMITS, proxies=(ipaddress.ip_network("127.0.0.1"),))
HEADER = b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 12345\r\n"
SETUP, PLAY = b"SETUP ends END END", b"PLAY 1 END END"
SONG = b"RESP 200 END a song END ENDRESP 200 END  END END"
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """No test needs a quick machine: newcomers have all the time."""
    monkeypatch.setattr(accepting, "NEWCOMER_S", 2 * PATIENCE_S)


@asynccontextmanager
async def serving(folder, limits=LIMITS):
    """Yield a server, and where it listens; it ends at once, whatever it was to wait for."""
    (folder / "1.mp3").write_bytes(b"a song")
    library = Library(folder)
    library.scan()
    server = StreamingServer(library, limits, SpoolCache(library, folder, 1 << 20, 100))
    [[listener]] = listen(["127.0.0.1"], 0, limits)
    server.start([listener])
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield server, listener.getsockname()
    finally:
        server.stop()


async def draining(server: StreamingServer) -> asyncio.Task[None]:
    """Have a server end; return when it accepts nobody any more."""
    task = asyncio.create_task(server.drain())
    while server._listeners:
        await asyncio.sleep(0)
    return task


async def greeted(address):
    reader, writer = await asyncio.open_connection(*address)
    writer.write(SETUP)
    assert (await reader.readuntil(b" END END")).startswith(b"RESP 101 ")
    return reader, writer


async def test_one_who_has_connected_and_asks_only_then_hears_the_song(tmp_path):
    async with serving(tmp_path) as (server, address):
        reader, writer = await asyncio.open_connection(*address)
        while not server.clients:
            await asyncio.sleep(0)
        ending = await draining(server)
        writer.write(SETUP)
        assert (await reader.readuntil(b" END END")).startswith(b"RESP 101 "), "else it is plain"
        writer.write(PLAY)
        assert await reader.readexactly(len(SONG)) == SONG
        writer.close()
        await ending


async def test_one_whom_a_proxy_has_not_named_yet_hears_the_song(tmp_path):
    async with serving(tmp_path, PROXIED) as (server, address):
        reader, writer = await asyncio.open_connection(*address)
        while not server._introductions:
            await asyncio.sleep(0)
        ending = await draining(server)
        writer.write(HEADER + SETUP + PLAY)
        assert (await reader.readuntil(b" END END")).startswith(b"RESP 101 ")
        assert await reader.readexactly(len(SONG)) == SONG
        ending.cancel()


async def test_all_who_wait_to_be_accepted_hear_the_song(tmp_path):
    """However many there are: where the listening socket is closed first, they are reset."""
    async with serving(tmp_path) as (server, address):
        waiting = [socket.create_connection(address) for _ in range(3 * ACCEPT_BATCH)]
        for sock in waiting:
            sock.sendall(SETUP + PLAY)
        assert not server.clients
        ending = await draining(server)
        for sock in waiting:
            reader, writer = await asyncio.open_connection(sock=sock)
            await reader.readuntil(b" END END")
            assert await reader.readexactly(len(SONG)) == SONG
            writer.close()
        await ending


async def test_who_has_had_a_song_is_no_newcomer(tmp_path):
    async with serving(tmp_path) as (server, address):
        reader, writer = await greeted(address)
        writer.write(PLAY)
        assert await reader.readexactly(len(SONG)) == SONG
        newcomer, _ = await greeted(address)
        ending = await draining(server)
        assert await reader.read() == b""
        assert not ending.done()
        ending.cancel()
        assert not newcomer.at_eof()


async def test_newcomers_who_ask_for_nothing_do_not_hold_a_server_up(tmp_path, monkeypatch):
    async with serving(tmp_path) as (server, address):
        reader, _ = await greeted(address)
        monkeypatch.setattr(accepting, "NEWCOMER_S", 0.05)
        await server.drain()
        assert await reader.read() == b""


async def test_nobody_is_a_newcomer_where_songs_may_not_end_either(tmp_path):
    async with serving(tmp_path, replace(LIMITS, drain_s=0.0)) as (server, address):
        reader, _ = await greeted(address)
        await server.drain()
        assert await reader.read() == b""
