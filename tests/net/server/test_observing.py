"""An observer of the server sees every step of every connection's machine."""

import asyncio

import pytest

from fsm import effects as do
from fsm import events as on
from fsm.server import CLOSED, IDLE, LISTING, SERVER
from fsm.table import Step
from net.server.accepting.server import StreamingServer
from net.server.accepting.sockets import listen
from net.server.limits import Limits
from net.server.songs.spool_cache import SpoolCache
from songs import Library


@pytest.mark.asyncio
async def test_every_step_is_seen_with_the_connection_that_took_it(tmp_path):
    steps, gone = [], asyncio.Event()

    def observe(step):
        steps.append(step)
        if step.after is CLOSED:
            gone.set()

    library = Library(tmp_path)
    library.scan()
    spools = SpoolCache(library, tmp_path, 1 << 20, 10)
    server = StreamingServer(library, Limits(), spools, observe=observe)
    [[listener]] = listen(["127.0.0.1"], 0, Limits())
    server.start([listener])
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    try:
        async with asyncio.timeout(20):
            writer.write(b"LIST END END")
            await reader.readuntil(b" END END")
            writer.transport.abort()
            await gone.wait()
    finally:
        server.stop()
    name = steps[0].machine
    assert name.startswith("#1 127.0.0.1:")
    [asked] = SERVER.group(IDLE, on.ListRequested)
    [sent, _] = SERVER.group(LISTING, on.ListSent)
    assert steps[:2] == [
        Step(name, on.ListRequested(), IDLE, LISTING, (do.SendSongList(closes=False),), asked),
        Step(name, on.ListSent(), LISTING, IDLE, (), sent),
    ]
    assert isinstance(steps[-1].event, on.ConnectionLost)
