"""A program of its own that announces one server: what it gets to say comes on its standard input.

So nothing that strangers send to it costs the server a moment, and what is announced is withdrawn
even where the server is killed. A line of JSON is an Announcement; the end of the input is the end.
On the same socket it answers a line when it is announced, or why not.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from discovery import addresses
from discovery.network import NoNetwork, multicast
from discovery.record import SERVICE, Announcement

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

LOOK_S = 5.0
"""So often it looks whether the machine has other addresses than before."""
LISTEN_S = 1.5
"""So long it listens which names others have, before it takes one."""
UPDATE_S = 6.0
"""Between two updates: RFC 6762 8.4 allows ten in a minute."""
ANNOUNCED, FAILED = "announced ", "failed "
"""Begin its answers."""

Tell = Callable[[str], None]


class Wanted:
    """What is to be announced now: None once it is over."""

    def __init__(self, first: Announcement | None = None) -> None:
        self.announcement = first
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Wanted {self.announcement}>"

    def set(self, announcement: Announcement | None) -> None:
        """Want this from now on."""
        self.announcement = announcement
        self._changed.set()

    async def change(self, timeout_s: float) -> None:
        """Wait for the next one, at most so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), timeout_s)
        self._changed.clear()

    async def end(self, timeout_s: float) -> None:
        """Wait until it is over, at most so long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while self.announcement is not None and (left_s := until - loop.time()) > 0:
            await self.change(left_s)


async def announce(wanted: Wanted, tell: Tell) -> None:
    """Announce what is wanted until it is over, wherever this machine has addresses meanwhile."""
    while (wanted_now := wanted.announcement) is not None:
        reached_at = addresses.announced(wanted_now.listening, addresses.own())
        try:
            async with multicast(reached_at) as network:
                await _announce_at(reached_at, network, wanted, tell)
        except NoNetwork as error:
            tell(f"{FAILED}{error}")
            await wanted.end(LOOK_S)


async def _announce_at(
    reached_at: tuple[str, ...], network: AsyncZeroconf, wanted: Wanted, tell: Tell
) -> None:
    """Announce what is wanted until it is over, or the machine has other addresses."""
    if (told := wanted.announcement) is None:
        return
    await _hear_of_others(network)
    # A host name of its own: the machine's may be announced by another program.
    host = f"alfine-{secrets.token_hex(4)}.local."
    first = _service(told, told.name, host, reached_at)
    await (await network.async_register_service(first, allow_name_change=True))
    tell(f"{ANNOUNCED}{first.name.removesuffix(f'.{SERVICE}')}")
    while (now := wanted.announcement) is not None:
        if addresses.announced(now.listening, addresses.own()) != reached_at:
            return
        if now == told:
            await wanted.change(LOOK_S)
            continue
        name = first.name.removesuffix(f".{SERVICE}")
        await (await network.async_update_service(_service(now, name, host, reached_at)))
        told = now
        await wanted.end(UPDATE_S)


async def _hear_of_others(network: AsyncZeroconf) -> None:
    """Have zeroconf know who else is there, on this machine too.

    When it takes a name it asks itself, but for an answer to this machine alone, which may reach
    another program that shares the port.
    """
    from zeroconf import DNSQuestionType
    from zeroconf.asyncio import AsyncServiceBrowser

    browser = AsyncServiceBrowser(
        network.zeroconf, SERVICE, handlers=[_ignore], question_type=DNSQuestionType.QM
    )
    await asyncio.sleep(LISTEN_S)
    await browser.async_cancel()


def _ignore(**change: object) -> None:
    """Do nothing: zeroconf keeps what comes."""


def _service(
    said: Announcement, name: str, host: str, reached_at: tuple[str, ...]
) -> AsyncServiceInfo:
    from zeroconf.asyncio import AsyncServiceInfo

    return AsyncServiceInfo(
        SERVICE,
        f"{name}.{SERVICE}",
        port=said.port,
        properties=said.text(),
        server=host,
        parsed_addresses=list(reached_at),
    )


def encoded(announcement: Announcement) -> bytes:
    """Return the line for an announcement."""
    names = Announcement.__match_args__
    return json.dumps({name: getattr(announcement, name) for name in names}).encode() + b"\n"


def decoded(line: bytes) -> Announcement:
    """Return the announcement of a line."""
    given = json.loads(line)
    return Announcement(**{**given, "listening": tuple(given["listening"])})


async def _follow(reader: asyncio.StreamReader, wanted: Wanted) -> None:
    while line := await reader.readline():
        wanted.set(decoded(line))
    wanted.set(None)


async def _run(channel: socket.socket) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=channel)

    def tell(text: str) -> None:
        writer.write(f"{text}\n".encode())

    wanted = Wanted(decoded(await reader.readline()))
    following = asyncio.create_task(_follow(reader, wanted))
    await announce(wanted, tell)
    await following
    writer.close()


def main() -> None:
    """Announce what comes on the standard input, a socket. Its end is the end; no signal is."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    asyncio.run(_run(socket.socket(fileno=0)))
