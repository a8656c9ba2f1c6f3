"""Seeks servers in the local network for a moment. What strangers answer is bounded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from discovery import addresses
from discovery.network import multicast
from discovery.record import SERVICE, Found, read
from fsm.frozen import dataclass

if TYPE_CHECKING:
    from zeroconf import Zeroconf

MAX_FOUND = 100
"""Servers that are looked up; of more only the number is told."""
MAX_COUNTED = 10_000
LOOK_S = 2.0
ANSWERED_S = 1.4
"""All have answered by then: whoever has just told everybody does so again after a second, and an
answer may wait for 0.12 s (RFC 6762 6)."""
QUIET_S = 0.2
"""No more come if nothing new has come for so long."""
PAUSE_S = 0.02
"""Several that answer at once are looked at together."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, by name. more: how many others there are, which were not looked up."""

    servers: tuple[Found, ...]
    more: int


async def find(seconds: float, whole: bool = False) -> Findings:
    """Seek servers for so long, or until no more answer. Raises NoNetwork.

    whole: seek for the whole time, for those that answer late.
    """
    from zeroconf import DNSQuestionType
    from zeroconf.asyncio import AsyncServiceBrowser

    async with multicast(addresses.own()) as network:
        seeking = Seeking(network.zeroconf)
        # What is sent to this machine alone may reach another program that shares the port.
        browser = AsyncServiceBrowser(
            network.zeroconf,
            SERVICE,
            handlers=[seeking.on_change],
            question_type=DNSQuestionType.QM,
        )
        try:
            await seeking.until_settled(seconds, whole)
        finally:
            await browser.async_cancel()
            seeking.end()
        return seeking.findings()


class Seeking:
    """What is found so far. Names that nobody could connect to by now stay out of the findings."""

    def __init__(self, zeroconf: Zeroconf) -> None:
        self._zeroconf = zeroconf
        self._found: dict[str, Found | None] = {}
        """By the name in DNS; None while the rest is asked for."""
        self._more: set[str] = set()
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._news = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Seeking, {len(self._found)} found, {len(self._asking)} asked>"

    def on_change(self, zeroconf: Any, service_type: str, name: str, state_change: Any) -> None:
        """Note that a server has come, has changed or has gone. zeroconf calls it."""
        from zeroconf import ServiceStateChange

        if state_change is ServiceStateChange.Removed:
            self._found.pop(name, None)
            self._more.discard(name)
        elif name in self._found or len(self._found) < MAX_FOUND:
            self._found.setdefault(name, None)
            if name not in self._asking:
                self._asking[name] = asyncio.create_task(self._ask(name))
        elif len(self._more) < MAX_COUNTED:
            self._more.add(name)
        self._news.set()

    async def _ask(self, name: str) -> None:
        """Ask for the rest, unless it has come already."""
        from zeroconf import Error, IPVersion
        from zeroconf.asyncio import AsyncServiceInfo

        try:
            await asyncio.sleep(PAUSE_S)
            info = AsyncServiceInfo(SERVICE, name)
            if not await info.async_request(self._zeroconf, 10_000):
                return
            reached_at = info.parsed_scoped_addresses(IPVersion.All)
            label = name.removesuffix(f".{SERVICE}")
            if name in self._found:
                self._found[name] = read(label, reached_at, info.port, info.properties)
        except (Error, OSError, ValueError, UnicodeError):
            pass  # a stranger's name or record that DNS-SD does not have
        finally:
            self._asking.pop(name, None)
            self._news.set()

    async def until_settled(self, seconds: float, whole: bool) -> None:
        """Wait so long; unless whole, only until something was found and no more comes."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while (passed_s := loop.time() - began) < seconds:
            wait_s = seconds - passed_s
            if not whole and any(self._found.values()) and not self._asking:
                wait_s = min(wait_s, max(ANSWERED_S - passed_s, QUIET_S))
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), wait_s)
            except TimeoutError:
                return

    def end(self) -> None:
        """Ask no more."""
        for task in list(self._asking.values()):
            task.cancel()

    def findings(self) -> Findings:
        """Return what is found, sorted by name and address."""
        found = [each for each in self._found.values() if each is not None]
        found.sort(key=lambda each: (each.name.casefold(), each.addresses, each.port))
        return Findings(tuple(found), len(self._more))
