"""The server's listening sockets, its connections, and what these share (RFC 2.3)."""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import logging
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence

from net.server.connection import Connection
from net.server.limits import Limits
from net.server.song_list import EncodedList
from net.server.spool_cache import SpoolCache
from net.wire import NOT_FOUND
from songs import Library

log = logging.getLogger("alfine.server")

SWEPT_AT_ONCE = 500
ACCEPTED_AT_ONCE = 64
ACCEPT_PAUSE_S = 1.0
REFUSALS_S = 1.0
MAX_REFUSED = 64
"""Sockets that were refused and are kept for a moment, lest a close takes the refusal with it."""
CLOSING_S = 5.0

AskForSongs = Callable[[Callable[[], None]], bool]
"""Called for every LIST; True if its argument will be called when the songs are up to date."""


class StreamingServer:
    """All connections of one process.

    listeners: sockets that listen already. tag: before each connection's number in the log.
    """

    def __init__(
        self,
        library: Library,
        limits: Limits,
        spools: SpoolCache,
        ask_for_songs: AskForSongs = lambda ready: False,
        tag: str = "",
    ) -> None:
        self.library, self.limits, self.spools = library, limits, spools
        self.loop = asyncio.get_running_loop()
        self._ask_for_songs = ask_for_songs
        self._tag = tag
        self._numbers = itertools.count(1)
        self._listeners: list[socket.socket] = []
        self._connections: dict[Connection, str] = {}
        self._from_address: Counter[str] = Counter()
        self._refused: deque[socket.socket] = deque()
        self._refusals = 0
        self._refusals_told_at = time.monotonic()
        self._listing = EncodedList(library.songs)
        self._sweeping: asyncio.Task[None] | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    # What connections ask of it

    def listing(self, ready: Callable[[], None]) -> EncodedList | None:
        """Return the list of now; None if `ready` will be called when it is there."""
        if self._ask_for_songs(ready):
            return None
        if self._listing.songs is not self.library.songs:
            self._listing = EncodedList(self.library.songs)
        return self._listing

    def forget(self, connection: Connection) -> None:
        """The connection is gone."""
        address = self._connections.pop(connection)
        self._from_address[address] -= 1
        if not self._from_address[address]:
            del self._from_address[address]
        if not self._connections:
            self._empty.set()

    # From start to end

    def start(self, listeners: Sequence[socket.socket]) -> None:
        """Accept what comes to these sockets, which are the server's own from here on."""
        self._listeners = list(listeners)
        self._accept_on()
        self._sweeping = asyncio.create_task(self._sweep_for_ever())

    async def drain(self) -> None:
        """Accept no more; let songs end, for as long as the limits say; then close everything."""
        for listener in self._listeners:
            self._accept(listener)  # who waits there is not reset, but told
        self._stop_accepting()
        for connection in list(self._connections):
            connection.shut_down()
        if await self._emptied(self.limits.drain_s):
            return
        log.info("%d songs or answers did not end in time", len(self._connections))
        for connection in list(self._connections):
            connection.drain_expired()
        await self._emptied(CLOSING_S)

    def stop(self) -> None:
        """End at once."""
        self._stop_accepting()
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in list(self._connections):
            connection.lose("the server stops", at_once=True)
        self._close_refused()
        self.spools.close()

    async def _emptied(self, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    # Accepting

    def _accept_on(self) -> None:
        for listener in self._listeners:
            self.loop.add_reader(listener.fileno(), self._accept, listener)

    def _accept_off(self) -> None:
        for listener in self._listeners:
            self.loop.remove_reader(listener.fileno())

    def _stop_accepting(self) -> None:
        self._accept_off()
        for listener in self._listeners:
            listener.close()
        self._listeners = []

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                sock, peer = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # Out of descriptors or memory: to try again at once would only burn time.
                log.error("cannot accept a connection: %s", error.strerror)
                self._accept_off()
                self.loop.call_later(ACCEPT_PAUSE_S, self._accept_on)
                return
            sock.setblocking(False)
            self._admit(sock, peer)

    def _admit(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        address = peer[0]
        crowded = self._from_address[address] >= self.limits.per_address
        if len(self._connections) >= self.limits.clients or (crowded and not _is_local(address)):
            self._refuse(sock)
            return
        self._from_address[address] += 1
        self._empty.clear()
        name = f"{self._tag}#{next(self._numbers)} {address}:{peer[1]}"
        self._connections[Connection(self, name, sock)] = address

    def _refuse(self, sock: socket.socket) -> None:
        self._refusals += 1
        try:
            sock.send(NOT_FOUND)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            sock.close()
            return
        self._refused.append(sock)
        if len(self._refused) > MAX_REFUSED:
            self._refused.popleft().close()

    def _tell_refusals(self, now: float) -> None:
        """Once a second, however many there were."""
        if now - self._refusals_told_at < REFUSALS_S:
            return
        self._refusals_told_at = now
        self._close_refused()
        if self._refusals:
            log.warning("refused %d: there are clients enough", self._refusals)
            self._refusals = 0

    def _close_refused(self) -> None:
        while self._refused:
            self._refused.popleft().close()

    # Time

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self.limits.sweep_s)
            self._tell_refusals(time.monotonic())
            for number, connection in enumerate(list(self._connections)):
                try:
                    connection.sweep(time.monotonic())
                except Exception:
                    log.exception("a fault in the server while looking for time-outs")
                if number % SWEPT_AT_ONCE == SWEPT_AT_ONCE - 1:
                    await asyncio.sleep(0)


def _is_local(address: str) -> bool:
    plain = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(plain, "ipv4_mapped", None)
    return (mapped or plain).is_loopback
