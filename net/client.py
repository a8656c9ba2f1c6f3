"""The client's socket: sends requests, delivers responses, and reports a lost connection.

It knows when a connection is lost; what that means is the machines' decision.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from errno import ECONNREFUSED
from typing import TYPE_CHECKING, assert_never

from fsm.client.effects import Connect, Disconnect, DisconnectForGood, SendRequest, WireEffect
from fsm.client.events import (
    Connected,
    ConnectFailed,
    MessageNotUnderstood,
    RequestWritten,
    ServerClosed,
    ServerSilent,
)
from fsm.events import ConnectionLost, Event
from net.dialects import WireError
from net.observing import ClientObserver
from net.responses import MAX_UNKNOWN_CODES, ResponseDecoder
from net.tls.words import TlsFailed, seen_by_client
from net.wire import NOT_FOUND, encode_request

if TYPE_CHECKING:
    from net.tls.trust import Trust

CONNECT_TIMEOUT_S = 5.0
SILENCE_S = 10.0
CLOSE_TIMEOUT_S = 1.0
RESET_UNANSWERED = (
    "without an answer: is it an alfine server? Check the port, or try later if it is full"
)
CLOSED_UNANSWERED = f"closed {RESET_UNANSWERED}"
REFUSED = (
    "the server does not let this client in: the certificate of --tls-cert is not among those that "
    "may come in, or has connections enough"
)
PLAIN_GAP_S = 0.1
"""Between two requests to a server that takes one recv for one request (protocol.md 8)."""
RECEIVE_BYTES = 256 * 1024
Open = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


def opener(trust: Trust | None) -> Open:
    """Return what connects: in clear, or over TLS with a server that is trusted."""
    return asyncio.open_connection if trust is None else trust.open


class ServerConnection:
    """At most one connection to one server at a time.

    deliver: called with each event, in the event loop. remark: called with one line for a person
    about what the server sent and the client ignores, once for each kind. told_plain: the user has
    said that the server is plain, and need not be advised to. observer: looks on at what is
    received and sent. open_connection: connects, as that of asyncio does; over TLS, `Trust.open`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        deliver: Callable[[Event], None],
        remark: Callable[[str], None] = lambda text: None,
        told_plain: bool = False,
        observer: ClientObserver | None = None,
        open_connection: Open = asyncio.open_connection,
    ) -> None:
        self._open = open_connection
        self.host, self.port = host, port
        self._told_plain = told_plain
        self._deliver, self._remark, self._observer = deliver, remark, observer
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._paced: asyncio.Queue[SendRequest] = asyncio.Queue()
        self._unwritten = b""
        """Requests of this moment, which leave together."""
        self._disconnected: Disconnect | None = None
        """How the client has disconnected, if it has."""
        self._told_codes: set[str] = set()

    def __repr__(self) -> str:
        state = "connected" if self._writer is not None else "not connected"
        return f"<ServerConnection {self.host}:{self.port} {state}>"

    def perform(self, effect: WireEffect) -> None:
        """Perform one of the effects on the connection."""
        match effect:
            case SendRequest():
                self.send(effect)
            case Connect():
                self.connect()
            case Disconnect():
                self._disconnected = effect
                self._close()
            case DisconnectForGood():
                self._deliver = lambda event: None
                self._close()
            case _:
                assert_never(effect)

    def connect(self) -> None:
        """Try to connect. Connected or ConnectFailed follows; after Connected, ConnectionLost."""
        self._disconnected = None
        if self._observer is not None:
            self._observer.connecting()
        self._task = asyncio.create_task(self._run())

    def send(self, request: SendRequest) -> None:
        """Send a request, a paced one at least 100 ms after the one before it.

        Others of the same moment leave in one segment: a server that reads LIST together with the
        PLAY before it answers it before the song is on its way. None overtakes a paced one. Does
        nothing without a connection.
        """
        if self._writer is None:
            return
        if request.paced or not self._paced.empty():
            self._paced.put_nowait(request)
            return
        if not self._unwritten:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unwritten += encode_request(request)

    def _flush(self) -> None:
        unwritten, self._unwritten = self._unwritten, b""
        if self._writer is not None and unwritten:
            self._write(self._writer, unwritten)

    def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self._observer is not None:
            self._observer.sent(data)
        writer.write(data)

    def _close(self) -> None:
        """Close once everything is sent."""
        self._flush()
        if self._writer is not None:
            self._writer.close()

    async def close(self) -> None:
        """Send what was given to `send`, for at most 1 s; close, and deliver nothing more."""
        self._deliver = lambda event: None
        self._close()
        if self._writer is not None:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self._writer.wait_closed()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        """Connect, and deliver what comes until the connection ends."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                reader, self._writer = await self._open(self.host, self.port)
        except (OSError, TimeoutError, ValueError) as error:
            self._deliver(ConnectFailed(self._explain(error)))
            return
        # So `drain` waits until the kernel has everything.
        self._writer.transport.set_write_buffer_limits(0)
        if self._observer is not None:
            host, port = self._writer.get_extra_info("sockname")[:2]
            self._observer.connected(f"{host}:{port}")
        self._paced, self._unwritten = asyncio.Queue(), b""
        pacing = asyncio.create_task(self._send_paced(self._writer))
        try:
            self._deliver(Connected())
            end = await self._deliver_responses(reader)
        finally:
            pacing.cancel()
            self._writer.transport.abort()
            self._writer = None
        self._deliver(end)

    async def _deliver_responses(
        self, reader: asyncio.StreamReader
    ) -> ConnectionLost | ServerClosed:
        """Deliver every response until the connection ends; return how it did."""
        decoder = ResponseDecoder()
        answered = refused = False
        while True:
            try:
                data = await self._receive(reader)
                events = decoder.feed(data)
            except WireError as error:
                self._deliver_all(error.events)
                reason = error.advice(self._told_plain)
                self._deliver(MessageNotUnderstood(reason))
                return ConnectionLost(reason)
            except OSError as error:
                if self._disconnected is not None:
                    return ConnectionLost(self._disconnected.reason)
                reason = error.strerror or type(error).__name__
                if words := seen_by_client(error):
                    return ConnectionLost(words)
                return ConnectionLost(reason if answered else f"{reason} {RESET_UNANSWERED}")
            if not data:
                if refused and self._over_tls and self._disconnected is None:
                    return ServerClosed(REFUSED)
                return self._explain_end(decoder, answered)
            refused = not answered and data == NOT_FOUND
            answered = True
            self._deliver_all(events)
            self._remark_on(decoder.take_unknown_codes())

    @property
    def _over_tls(self) -> bool:
        return self._writer is not None and bool(self._writer.get_extra_info("ssl_object"))

    def _deliver_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self._deliver(event)

    def _remark_on(self, codes: list[str]) -> None:
        """Tell of codes that are ignored, each once over all connections."""
        for code in codes:
            if code not in self._told_codes and len(self._told_codes) < MAX_UNKNOWN_CODES:
                self._told_codes.add(code)
                self._remark(f"the server sent RESP {code}, which RFC 9999 does not have: ignored")

    def _explain_end(
        self, decoder: ResponseDecoder, answered: bool
    ) -> ConnectionLost | ServerClosed:
        """Return how the server has ended the connection, as far as what came over it can tell."""
        left = self._disconnected
        error = decoder.unended(gave_up=left is not None)
        if error and (left is None or left.answer_awaited):
            return ConnectionLost(str(error))
        if left is not None:
            return ConnectionLost(left.reason)
        if decoder.in_message:
            return ConnectionLost("the server closed it in the middle of a message")
        if not answered:
            return ServerClosed(CLOSED_UNANSWERED)
        return ServerClosed("the server closed it")

    async def _receive(self, reader: asyncio.StreamReader) -> bytes:
        """Return what comes next; b"" at the end. After each 10 s of nothing, say so."""
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    data = await reader.read(RECEIVE_BYTES)
            except TimeoutError:
                self._deliver(ServerSilent(SILENCE_S))
                continue
            if self._observer is not None:
                self._observer.received(data)
            return data

    async def _send_paced(self, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await self._paced.get()
            self._write(writer, encode_request(request))
            await writer.drain()
            self._deliver(RequestWritten(request.request))
            await asyncio.sleep(PLAIN_GAP_S)

    def _explain(self, error: Exception) -> str:
        """Return why connecting failed, and what to do.

        A ValueError says it itself: a name that none can have, a file of TLS that has gone.
        """
        match error:
            case TlsFailed():
                return str(error)
            case ConnectionRefusedError():
                return "nobody listens there: start the server (alfine server), or check the port"
            case socket.gaierror() | UnicodeError():
                return f"no host is called {self.host}: check the name, or use its address"
            case TimeoutError():
                return f"no answer within {CONNECT_TIMEOUT_S:.0f} s: check the address"
            case OSError(strerror=str(reason)):
                return f"{reason}: check the address and the network"
        # For a name with several addresses, asyncio joins the errors of all attempts in one text.
        if numbers := {int(n) for n in re.findall(r"\[Errno (\d+)\]", str(error))}:
            number = ECONNREFUSED if ECONNREFUSED in numbers else min(numbers)
            return self._explain(OSError(number, os.strerror(number)))
        return str(error) or type(error).__name__
