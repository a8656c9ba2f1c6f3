"""One connection through the proxy: both directions, the faults, and what is seen of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from typing import Protocol

from proxy.faults import Faults
from proxy.pump import Pump
from traces.following import Follower, Seen
from traces.recorder import CLIENT, SERVER

log = logging.getLogger("alfine.proxy")

_HANDSHAKE = b"\x16\x03"
"""How TLS begins: the type of the record, the major version."""
BUFFERED_BYTES = 64 * 1024
"""What waits here for a peer that does not take it: beyond that its partner is not read from."""


class Watcher(Protocol):
    """Is shown what passes. connection: its number, from 1."""

    def opened(self, connection: int, address: str) -> None:
        """A client has connected."""

    def passed(self, connection: int, sender: str, data: bytes, seen: list[Seen]) -> None:
        """These bytes have gone on, and these messages are whole with them."""

    def trouble(self, connection: int, text: str) -> None:
        """The proxy has done something, or something has befallen it; in words."""

    def closed(self, connection: int) -> None:
        """Both sides of the connection are closed."""


class Relay:
    """One connection through the proxy.

    reached: the place of the fault has been reached. go_on: set it to let a held connection go on.
    over: nothing is forwarded any more.
    """

    def __init__(self, number: int, faults: Faults, watcher: Watcher) -> None:
        self.number, self.faults = number, faults
        self._watcher = watcher
        self._follower: Follower | None = Follower()
        self.reached, self.go_on, self.over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.passed_bytes = {CLIENT: 0, SERVER: 0}
        self._begin = b""
        """The first bytes of the client, however they are split."""

    def __repr__(self) -> str:
        passed = self.passed_bytes
        return f"<Relay #{self.number}: {passed[CLIENT]} bytes sent, {passed[SERVER]} received>"

    async def run(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Forward until both sides have ended, one is lost, or a fault ends it."""
        for _, writer in (client, server):
            writer.transport.set_write_buffer_limits(BUFFERED_BYTES)
        requests = Pump(client[0], server[1], self.faults, lambda data: self._pass(CLIENT, data))
        responses = Pump(server[0], client[1], self.faults, lambda data: self._pass(SERVER, data))
        tasks = [
            asyncio.create_task(self._requests(requests, server[1])),
            asyncio.create_task(self._responses(responses, client[1])),
        ]
        try:
            async with asyncio.timeout(self.faults.drop_after_s) as life:
                await _all_or_first_fault(tasks)
        except (OSError, _Ends) as end:
            if life.expired():
                self.tell("dropped", with_place=True)
            elif isinstance(end, ConnectionResetError):
                _reset(client[1])
                _reset(server[1])
        finally:
            self.over.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _requests(self, pump: Pump, server: asyncio.StreamWriter) -> None:
        if await pump.run():
            server.write_eof()

    async def _responses(self, pump: Pump, client: asyncio.StreamWriter) -> None:
        place = self.faults.place
        if place is not None:
            if await pump.run(place):
                client.write_eof()
                return
            await self._inject(client)
        if await pump.run():
            client.write_eof()

    async def _inject(self, client: asyncio.StreamWriter) -> None:
        """Do what was planned for this place. Raises _Ends."""
        self.reached.set()
        if self.faults.hold_after is not None:
            self.tell("held", with_place=True)
            await self.go_on.wait()
        elif self.faults.stall_after is not None:
            self.tell("stalled", with_place=True)
            await asyncio.Event().wait()
        elif self.faults.reset_after is not None:
            self.tell("reset", with_place=True)
            _reset(client)
            raise _Ends
        else:
            self.tell("cut", with_place=True)
            raise _Ends

    def _pass(self, sender: str, data: bytes) -> None:
        self.passed_bytes[sender] += len(data)
        self._watcher.passed(self.number, sender, data, self._follow(sender, data))

    def _follow(self, sender: str, data: bytes) -> list[Seen]:
        if sender == CLIENT and len(self._begin) < len(_HANDSHAKE):
            self._begin += data[: len(_HANDSHAKE)]
            if self._begin.startswith(_HANDSHAKE):
                self.tell("speaks TLS: it is passed on, and what is inside is not seen")
                self._follower = None
        if self._follower is None:
            return []
        try:
            return self._follower.follow(sender, data)
        except Exception:
            # What is seen is not worth a connection: the bytes go on.
            log.exception("#%d is not followed any more: a fault in the proxy", self.number)
            self._follower = None
            return []

    def tell(self, text: str, with_place: bool = False) -> None:
        """Tell the watcher what was done. with_place: and where in the server's bytes."""
        if with_place:
            inside = self._follower is not None and self._follower.in_response
            where = "in the middle of a message" if inside else "between two messages"
            text = f"{text} after {self.passed_bytes[SERVER]} bytes of the server, {where}"
        self._watcher.trouble(self.number, text)


class _Ends(Exception):
    """A fault has ended the connection."""


async def _all_or_first_fault(tasks: list[asyncio.Task[None]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Have the connection end in a reset, and not in order."""
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
