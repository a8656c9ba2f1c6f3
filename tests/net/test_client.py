"""The client's connection, with a server that the test plays."""

import asyncio
import contextlib
import socket
import struct

import pytest

from fsm.client.effects import Connect, Disconnect, DisconnectForGood, SendRequest
from fsm.client.events import (
    Connected,
    ConnectFailed,
    ListReceived,
    MessageNotUnderstood,
    NotFoundReceived,
    RequestWritten,
    ServerClosed,
    ServerSilent,
)
from fsm.events import ConnectionLost
from fsm.words import Request
from net import client as clients
from net.client import ServerConnection
from net.wire import NOT_FOUND

LIST, STOP = SendRequest(Request.LIST, paced=True), SendRequest(Request.STOP, paced=True)


class Peer:
    """One accepted connection, and the events of the client at its other end."""

    def __init__(self):
        self.accepted = asyncio.Queue()
        self.events = asyncio.Queue()
        self.remarks = []

    async def next_event(self):
        async with asyncio.timeout(10):
            return await self.events.get()


@contextlib.asynccontextmanager
async def connected(told_plain=False):
    """A connection that has delivered Connected; the peer has `reader` and `writer`."""
    peer = Peer()
    server = await asyncio.start_server(lambda *both: peer.accepted.put_nowait(both), "127.0.0.1")
    async with server:
        port = server.sockets[0].getsockname()[1]
        connection = ServerConnection(
            "127.0.0.1", port, peer.events.put_nowait, peer.remarks.append, told_plain
        )
        connection.perform(Connect())
        assert await peer.next_event() == Connected()
        peer.reader, peer.writer = await peer.accepted.get()
        try:
            yield connection, peer
        finally:
            await connection.close()
            peer.writer.close()


@pytest.mark.asyncio
async def test_requests_go_out_and_responses_come_in():
    async with connected() as (connection, peer):
        connection.perform(SendRequest(Request.LIST))
        assert await peer.reader.readexactly(12) == b"LIST END END"
        peer.writer.write(b"RESP 100 END  END")
        peer.writer.write(b" END")
        assert await peer.next_event() == ListReceived(())
        assert repr(connection).endswith(" connected>")


@pytest.mark.asyncio
async def test_requests_of_one_moment_leave_together():
    async with connected() as (connection, peer):
        connection.perform(SendRequest(Request.PLAY, 2))
        connection.perform(SendRequest(Request.LIST))
        assert await peer.reader.read(1000) == b"PLAY 2 END ENDLIST END END"
        connection.perform(SendRequest(Request.STOP))
        await connection.close()
        assert await peer.reader.read() == b"STOP END END"


@pytest.mark.asyncio
async def test_who_has_said_plain_is_not_advised_to():
    for told_plain, advice in (
        (True, "alfine does not speak that dialect"),
        (False, "try --plain"),
    ):
        async with connected(told_plain) as (_, peer):
            peer.writer.write(b"hello, client")
            event = await peer.next_event()
            assert isinstance(event, MessageNotUnderstood)
            assert event.reason.startswith(
                f"'hello, client' came, which is no message of RFC 9999: {advice}"
            )


@pytest.mark.asyncio
async def test_paced_requests_are_apart():
    async with connected() as (connection, peer):
        loop = asyncio.get_running_loop()
        began = loop.time()
        connection.perform(LIST)
        connection.perform(STOP)
        assert await peer.reader.readexactly(12) == b"LIST END END"
        assert await peer.reader.readexactly(12) == b"STOP END END"
        assert loop.time() - began > 0.9 * clients.PLAIN_GAP_S
        assert await peer.next_event() == RequestWritten(Request.LIST)
        assert await peer.next_event() == RequestWritten(Request.STOP)


@pytest.mark.asyncio
async def test_no_request_overtakes_a_paced_one():
    async with connected() as (connection, peer):
        connection.perform(LIST)
        connection.perform(STOP)
        connection.perform(SendRequest(Request.PLAY, 2))
        assert await peer.reader.readexactly(38) == b"LIST END ENDSTOP END ENDPLAY 2 END END"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("sent", "in_order", "reason"),
    [
        (b"", True, "closed without an answer: is it an alfine server?"),
        (b"ERRO 404 END END", True, "the server closed it"),
        (b"HTTP/1.1 400", False, "'HTTP/1.1 400' came, which is HTTP and not RFC 9999"),
        (
            b"ERRO 404 END ENDhello",
            False,
            "'hello' came, which is no message of RFC 9999: try --plain",
        ),
        (b"RESP 100 END 1. a END", False, "'RESP 100 END 1. a END' came and ended in one END"),
        (b"RESP 200 END audio", False, "the server closed it in the middle of a message"),
    ],
)
async def test_the_end_of_a_connection_is_explained(sent, in_order, reason):
    async with connected() as (connection, peer):
        peer.writer.write(sent)
        peer.writer.close()
        while not isinstance(event := await peer.next_event(), ConnectionLost | ServerClosed):
            pass
        assert isinstance(event, ServerClosed) == in_order
        assert event.reason.startswith(reason)
        connection.perform(SendRequest(Request.LIST))  # does nothing


@pytest.mark.asyncio
@pytest.mark.parametrize("answered", [False, True])
async def test_a_reset_before_any_answer_is_explained_like_a_close(answered):
    async with connected() as (_, peer):
        if answered:
            peer.writer.write(NOT_FOUND)
            assert await peer.next_event() == NotFoundReceived()
        peer.writer.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        peer.writer.transport.abort()
        event = await peer.next_event()
        assert isinstance(event, ConnectionLost)
        hint = " without an answer: is it an alfine server? Check the port"
        assert event.reason.startswith("Connection reset by peer" + hint * (not answered))


@pytest.mark.asyncio
async def test_silence_is_reported_again_and_again_and_is_no_loss(monkeypatch):
    monkeypatch.setattr(clients, "SILENCE_S", 0.02)
    async with connected() as (_, peer):
        assert [await peer.next_event() for _ in range(3)] == [ServerSilent(0.02)] * 3
        peer.writer.write(b"RESP 100 END  END END")
        while (event := await peer.next_event()) == ServerSilent(0.02):
            pass
        assert event == ListReceived(())


@pytest.mark.asyncio
async def test_the_reason_to_disconnect_is_the_reason_of_the_loss():
    async with connected() as (connection, peer):
        connection.perform(SendRequest(Request.TEARDOWN))
        connection.perform(Disconnect("no answer"))
        assert await peer.next_event() == ConnectionLost("no answer")
        assert await peer.reader.read() == b"TEARDOWN END END"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("begun", "reason"),
    [
        (b"RESP 100 END 1. a END", "one END, not END END"),
        (b"RESP 100 END 1. a", "'RESP 100 END 1. a' came, and no END END behind it"),
        (b"RES", "'RES' came, and no END END behind it"),
        (b"", "no answer"),
    ],
)
async def test_no_answer_is_the_reason_only_where_nothing_has_begun(begun, reason):
    async with connected() as (connection, peer):
        peer.writer.write(b"ERRO 404 END END" + begun)
        assert await peer.next_event() == NotFoundReceived()
        connection.perform(Disconnect("no answer"))
        event = await peer.next_event()
        assert reason in event.reason


@pytest.mark.asyncio
async def test_a_reason_that_is_no_missing_answer_stands():
    async with connected() as (connection, peer):
        peer.writer.write(b"ERRO 404 END END" + b"RESP 100 END 1. a")
        assert await peer.next_event() == NotFoundReceived()
        connection.perform(Disconnect("too long", answer_awaited=False))
        assert await peer.next_event() == ConnectionLost("too long")


@pytest.mark.asyncio
async def test_what_was_whole_before_a_fault_is_delivered():
    async with connected() as (_, peer):
        peer.writer.write(b"ERRO 404 END END" + b"RESP 100 END  END END" + b"RESP nonsense")
        assert await peer.next_event() == NotFoundReceived()
        assert await peer.next_event() == ListReceived(())
        fault = await peer.next_event()
        assert isinstance(fault, MessageNotUnderstood)
        assert await peer.next_event() == ConnectionLost(fault.reason)


@pytest.mark.asyncio
async def test_a_code_that_is_ignored_is_told_once():
    unknown = b"RESP 150 END hello END END"
    async with connected() as (connection, peer):
        peer.writer.write(unknown * 2 + NOT_FOUND)
        assert await peer.next_event() == NotFoundReceived()
        # Not even over the next connection.
        peer.writer.close()
        assert isinstance(await peer.next_event(), ServerClosed)
        connection.perform(Connect())
        assert await peer.next_event() == Connected()
        peer.reader, peer.writer = await peer.accepted.get()
        peer.writer.write(unknown + NOT_FOUND)
        peer.writer.close()
        assert await peer.next_event() == NotFoundReceived()
        assert isinstance(await peer.next_event(), ServerClosed)
        assert peer.remarks == ["the server sent RESP 150, which RFC 9999 does not have: ignored"]


@pytest.mark.asyncio
async def test_a_client_that_leaves_gets_no_event():
    async with connected() as (connection, peer):
        connection.perform(DisconnectForGood())
        assert await peer.reader.read() == b""
        await connection.close()
        assert peer.events.empty()


@pytest.mark.asyncio
async def test_a_port_where_nobody_listens():
    server = await asyncio.start_server(lambda *both: None, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    events = asyncio.Queue()
    connection = ServerConnection("127.0.0.1", port, events.put_nowait)
    connection.perform(Connect())
    async with asyncio.timeout(10):
        failed = await events.get()
    assert isinstance(failed, ConnectFailed)
    assert failed.reason.startswith("nobody listens there")
    await connection.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("host", ["a..b", "x" * 70, ".home"])
async def test_a_name_that_no_host_can_have(host):
    events = asyncio.Queue()
    connection = ServerConnection(host, 1, events.put_nowait)
    connection.perform(Connect())
    async with asyncio.timeout(10):
        failed = await events.get()
    assert isinstance(failed, ConnectFailed)
    assert failed.reason.startswith(f"no host is called {host}: ")
    await connection.close()
