"""The server's listening sockets and its connections, of one process (RFC 2.3)."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from fsm.events import DrainExpired, ShutdownRequested
from fsm.table import Observer
from net.observing import BytesObserver, ServerObserver
from net.server.accepting.addresses import Crowded, counted_as, counted_by_name, is_own, unmapped
from net.server.accepting.introductions import Introductions
from net.server.accepting.proxy_header import Unnamed
from net.server.accepting.refused import Refused
from net.server.client_socket import ClientSocket
from net.server.connections.connection import Connection
from net.server.counters import Counters, Seen
from net.server.limits import Limits, tune
from net.server.observed_socket import ObservedSocket
from net.server.securing import Handshake, Newcomer, Securing
from net.server.songs.song_list import RequestRescan, SongList
from net.server.songs.spool_cache import SpoolCache
from net.server.turns import Share, Turns
from net.wire import NOT_FOUND
from songs import Library

log = logging.getLogger("alfine.server")

SWEEP_BATCH = 500
ACCEPT_BATCH = 16
ACCEPT_PAUSE_S = 1.0
CLOSING_S = 5.0
NEWCOMER_S = 1.0
"""A client that came or said something so recently, and has had no song yet, may still be about to
ask for one when the server ends. Closed before its SETUP is answered, it would take the server for
plain (protocol.md 7)."""


class StreamingServer:
    """All connections of one process.

    spools: the server's own from here on. request_rescan: called for every LIST. tag: stands before
    each connection's number in the log. observe: called with every step of every connection's
    machine. observer: looks on at their bytes. securing: the clients speak TLS. To be created in a
    running event loop.
    """

    def __init__(
        self,
        library: Library,
        limits: Limits,
        spools: SpoolCache,
        request_rescan: RequestRescan = lambda ready: False,
        tag: str = "",
        observe: Observer | None = None,
        observer: ServerObserver | None = None,
        securing: Securing | None = None,
    ) -> None:
        self._limits = limits
        self._library = library
        self.spools = spools
        self.counters = Counters()
        self._observer, self._observe, self._securing = observer, observe, securing
        # Bound once, since each bound method of its own would take 64 bytes of every connection.
        self._connect = partial(
            Connection,
            library=library,
            limits=limits,
            spools=spools,
            song_list=SongList(library, request_rescan),
            counters=self.counters,
            on_close=self._on_close,
            observe=observe,
        )
        self._tag = tag
        self._numbers = itertools.count(1)
        self._loop = asyncio.get_running_loop()
        self._listeners: list[socket.socket] = []
        self._connections: dict[Connection, str] = {}
        """Each with the address, or the name, that its client is counted under."""
        self._handshakes: dict[Handshake, Newcomer] = {}
        self._introductions = Introductions(
            limits.proxies, limits.clients, limits.request_s, self._admit_or_refuse
        )
        self._turns = Turns()
        self._shares: dict[str, Share] = {}
        """By address, as `counted_as` has it, or by name: of those that have connections."""
        self._refused = Refused()
        self._sweeping: asyncio.Task[None] | None = None
        self._empty = asyncio.Event()
        """There is no connection."""
        self._empty.set()

    def __repr__(self) -> str:
        listeners, connections = len(self._listeners), len(self._connections)
        return f"<StreamingServer {listeners} listeners, {connections} connections, {self.spools}>"

    def newest_first(self) -> Iterator[Seen]:
        """Yield what may be told of each connection, the one that came last first."""
        return (connection.seen for connection in reversed(self._connections))

    def title(self, song_id: int) -> str:
        """Return a song's title, as its file's tags have it; "" for one that has gone."""
        song = self._library.get(song_id)
        return song.title if song is not None else ""

    def start(self, listeners: Sequence[socket.socket]) -> None:
        """Accept connections. listeners: sockets that listen already, the server's from here on."""
        self._listeners = list(listeners)
        self._resume_accepting()
        self._sweeping = asyncio.create_task(self._sweep_for_ever())

    @property
    def limits(self) -> Limits:
        """The limits of those that connect now."""
        return self._limits

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._connections) + len(self._handshakes)

    def adopt(self, limits: Limits) -> None:
        """Have other limits for those that connect from now on; all count towards their number."""
        self._limits = limits
        self._connect = partial(self._connect, limits=limits)
        self._introductions.adopt(limits.proxies, limits.clients, limits.request_s)
        self.spools.adopt(limits.cache_bytes)
        if self._securing is not None:
            self._securing.adopt(limits)
        for listener in self._listeners:
            tune(listener, limits)
            listener.listen(limits.backlog)

    async def drain(self, leave_waiting: bool = False) -> None:
        """Accept no more; let newcomers ask, and songs end within `drain_s`; then close at the ends
        of messages.

        leave_waiting: those that wait to be accepted are another's, who listens there too.
        """
        for listener in () if leave_waiting else self._listeners:
            # Those in the backlog, where Linux has one more, get an orderly close, not a reset.
            self._accept(listener, self._limits.backlog + 1)
        self._close_listeners()
        told = self._connections.keys() - self._newcomers()
        self._shut_down(told)
        await self._let_newcomers_ask(min(NEWCOMER_S, self._limits.drain_s))
        self._introductions.close()
        for handshake in list(self._handshakes):
            handshake.shut_down()
        self._shut_down(self._connections.keys() - told)
        if await self._wait_until_empty(self._limits.drain_s):
            return
        log.info("%d songs or answers did not end in time", len(self._connections))
        for connection in list(self._connections):
            connection.deliver(DrainExpired())
        await self._wait_until_empty(CLOSING_S)

    def _newcomers(self) -> set[Connection]:
        """Return who may have been about to ask when the server was told to end."""
        since = time.monotonic() - NEWCOMER_S
        return {each for each in self._connections if each.is_new(since)}

    async def _let_newcomers_ask(self, timeout_s: float) -> None:
        if self._introductions:  # whose they are, and whether they ask, is not known yet
            await asyncio.sleep(timeout_s)
        elif self._handshakes or self._newcomers():
            await self._wait_until_empty(timeout_s)

    def _shut_down(self, connections: Iterable[Connection]) -> None:
        for connection in connections:
            connection.deliver(ShutdownRequested())

    def stop(self) -> None:
        """Close everything at once."""
        self._close_listeners()
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._introductions.close()
        for handshake in list(self._handshakes):
            handshake.shut_down()
        for connection in list(self._connections):
            connection.close("the server stops", at_once=True)
        self._refused.close()
        self.spools.close()

    async def _wait_until_empty(self, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    # Accepting

    def _resume_accepting(self) -> None:
        for listener in self._listeners:
            self._loop.add_reader(listener.fileno(), self._accept, listener)

    def _pause_accepting(self) -> None:
        for listener in self._listeners:
            self._loop.remove_reader(listener.fileno())

    def _close_listeners(self) -> None:
        self._pause_accepting()
        for listener in self._listeners:
            listener.close()
        self._listeners = []

    def _accept(self, listener: socket.socket, most: int = ACCEPT_BATCH) -> None:
        for _ in range(most):
            try:
                sock, peer = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # Out of descriptors or memory: to try again at once would only use CPU.
                log.error("cannot accept a connection: %s", error.strerror)
                self._pause_accepting()
                self._loop.call_later(ACCEPT_PAUSE_S, self._resume_accepting)
                return
            sock.setblocking(False)
            self._introductions.take(sock, (unmapped(peer[0]), *peer[1:]))

    def _admit_or_refuse(
        self, sock: socket.socket, peer: tuple[str, int], unnamed: Unnamed | None
    ) -> None:
        key = counted_as(peer[0])
        share = self._shares.get(key) or Share(self._turns)
        full = len(self._connections) + len(self._handshakes) >= self._limits.clients
        if full or (
            share.connections >= self._limits.per_address and _is_limited(sock, peer, unnamed)
        ):
            self.counters.refusals["clients" if full else "per-address"] += 1
            self._refuse(sock, peer)
            return
        self._count(key, share)
        address = f"{peer[0]}:{peer[1]}"
        name = f"{self._tag}#{next(self._numbers)} {address}"
        who = Newcomer(name, address, key, quiet=unnamed is Unnamed.PROXY)
        if self._securing is None:
            self._begin(ClientSocket(fileno=sock.detach()), who)
        else:
            self._begin_handshake(self._securing, sock, who)

    def _refuse(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        refusal = NOT_FOUND if self._securing is None else self._securing.refusal
        sent = self._refused.refuse(sock, refusal)
        if sent and self._observer is not None and self._securing is None:
            self._observer.refused(f"{peer[0]}:{peer[1]}", NOT_FOUND[:sent])

    def _begin(self, sock: ClientSocket, who: Newcomer) -> None:
        self.counters.accepted += 1
        if self._observer is not None:
            sock = self._observed(sock, self._observer.accepted(who.name, who.address))
        connection = self._connect(sock, who.name, self._shares[who.key], quiet=who.quiet)
        self._connections[connection] = who.key

    def _observed(self, sock: ClientSocket, observer: BytesObserver) -> ClientSocket:
        if self._securing is not None:
            return self._securing.observed(sock, observer)
        observed = ObservedSocket(fileno=sock.detach())
        observed.observer = observer
        return observed

    def _count(self, key: str, share: Share) -> None:
        self._shares[key] = share
        share.connections += 1
        self._empty.clear()

    def _discount(self, key: str) -> None:
        share = self._shares[key]
        share.connections -= 1
        if not share.connections:
            del self._shares[key]
        if not (self._connections or self._handshakes):
            self._empty.set()

    def _on_close(self, connection: Connection) -> None:
        key = self._connections.pop(connection)
        self.counters.sent_bytes += connection.seen.sent_bytes
        self._discount(key)

    # Handshakes

    def _begin_handshake(self, securing: Securing, sock: socket.socket, who: Newcomer) -> None:
        try:
            handshake = securing.begin(
                sock,
                who,
                self._shares[who.key],
                Crowded(self._shares, self._limits.per_address),
                self._on_admitted,
                self._on_handshake_closed,
                self._observe,
            )
        except OSError:
            self._discount(who.key)
            return
        self._handshakes[handshake] = who

    def _on_admitted(self, handshake: Handshake, sock: ClientSocket, client: str) -> None:
        who = self._handshakes.pop(handshake)
        if client:
            named = counted_by_name(client)
            self._count(named, self._shares.get(named) or Share(self._turns))
            self._discount(who.key)
            who = who._replace(key=named, name=f"{who.name} {client}")
        self._begin(sock, who)

    def _on_handshake_closed(self, handshake: Handshake) -> None:
        if handshake in self._handshakes:  # else a fault ended it, when the client was in already
            self._discount(self._handshakes.pop(handshake).key)

    # Time limits

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._limits.sweep_s)
            self._refused.sweep(time.monotonic())
            self._introductions.sweep(time.monotonic())
            swept: list[Handshake | Connection] = [*self._handshakes, *self._connections]
            for number, each in enumerate(swept):
                try:
                    each.sweep(time.monotonic())
                except Exception:
                    log.exception("a fault in the server while looking for time-outs")
                if number % SWEEP_BATCH == SWEEP_BATCH - 1:
                    await asyncio.sleep(0)


def _is_limited(sock: socket.socket, peer: tuple[str, int], unnamed: Unnamed | None) -> bool:
    """Return whether an address is limited: this host's own is not, unless a client's that a proxy
    on this host cannot name is behind it.
    """
    return unnamed is Unnamed.CLIENT or not is_own(sock, peer[0])
