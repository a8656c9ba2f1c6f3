"""The server as the learner sees it: for each word a new connection, an answer to each letter."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from aalpy.base import SUL

from check.learning.answers import GONE, answer
from check.learning.letters import Asks, Letter
from check.server.facts import Facts
from check.server.messages import Kind, StrictReader
from check.server.wire import Address, Wire
from fsm.words import ENDS

QUIET_S = 0.1
"""Silence behind an answer that shows that no more comes. Below 60 ms, delayed acknowledgements
make states of their own."""
CLOSED_QUIET_S = 0.02
"""... where all that was requested has been closed: what comes then is wrong, and comes at once."""
CLOSED = (Asks.LIST, Asks.SONG, Asks.UNKNOWN, Asks.ERROR)
"""What is asked for by a request that has an answer of its own, or is closed."""
MAX_BYTES = 64 << 20
MAX_WORDS = 3000
LISTS = (Kind.LIST, Kind.LIST_CLOSING, Kind.EMPTY_LIST)


class NotTheSameTwice(Exception):
    """The server has answered the same letters in two ways, or has no end of states."""


class Asked(SUL):  # type: ignore[misc]  # AALpy has no types
    """One server. loop: in which it is asked, while the learner waits."""

    def __init__(
        self, addresses: Sequence[Address], facts: Facts, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__()
        self._addresses, self._facts, self._loop = addresses, facts, loop
        self.connections = 0
        self._known: dict[tuple[Letter, ...], str] = {}
        self._wire: Wire | None = None

    def pre(self) -> None:
        """Connect. Raises OSError, NotTheSameTwice."""
        if self.connections >= MAX_WORDS:
            raise NotTheSameTwice(f"no machine was found on {self.connections} connections")
        self.connections += 1
        options = self._facts.options
        connecting = Wire.connect(self._addresses, options.timeout_s, options.tls)
        self._wire = self._loop.run_until_complete(connecting)
        self._reader, self._ends, self._gone = StrictReader(), False, False
        self._said: tuple[Letter, ...] = ()

    def post(self) -> None:
        """Disconnect at once, whatever is on its way."""
        if self._wire is not None:
            self._wire.reset()
            self._wire = None

    def step(self, letter: Letter | None) -> str:
        """Say a letter and return what was answered."""
        if letter is None or self._gone:
            return GONE
        came = self._loop.run_until_complete(self._say(letter))
        self._said = (*self._said, letter)
        before = self._known.setdefault(self._said, came)
        if before != came:
            words = ", ".join(map(str, self._said))
            raise NotTheSameTwice(f"{words}: once {before}, once {came}")
        return came

    async def _say(self, letter: Letter) -> str:
        self._kinds: list[Kind] = []
        self._audio_bytes = 0
        first, *others = letter.requests
        await self._send(first.data)
        for other in others:
            await self._until(lambda: self._audio_bytes > 0 or self._count(Kind.ERROR) > 0)
            await self._send(other.data)
        await self._until(lambda: self._answered(letter))
        if self._ends and letter.count(*CLOSED):
            await self._until(lambda: False, CLOSED_QUIET_S)
        else:
            await self._until(lambda: False, QUIET_S)
            await self._fence()
        return answer(self._kinds, 0 < self._audio_bytes < letter.audio_bytes)

    async def _fence(self) -> None:
        """Ask for an error, if that is answered: what comes before it was still to come."""
        if self._facts.error_request is None or self._gone:
            return
        before = self._count(Kind.ERROR)
        await self._send(self._facts.error_request)
        await self._until(lambda: self._count(Kind.ERROR) > before)
        errors = [at for at, kind in enumerate(self._kinds) if kind is Kind.ERROR]
        if len(errors) > before:
            del self._kinds[errors[before]]

    async def _send(self, data: bytes) -> None:
        assert self._wire is not None
        with contextlib.suppress(OSError):  # the end is found by reading
            await self._wire.send(data, self._facts.options.timeout_s)

    async def _until(self, condition: Callable[[], bool], silence_s: float | None = None) -> None:
        """Receive until the condition holds, or the server is silent."""
        assert self._wire is not None
        wait_s = self._facts.options.timeout_s if silence_s is None else silence_s
        received = 0
        while not self._gone and not condition() and received < MAX_BYTES:
            data = await self._wire.receive(wait_s)
            if data is None:
                return
            received += len(data)
            self._take(data)

    def _take(self, data: bytes) -> None:
        for message in self._reader.feed(data):
            self._kinds.append(message.kind)
            self._audio_bytes += len(message.payload) if message.kind is Kind.AUDIO else 0
            if message.kind is Kind.SETUP:
                self._ends = ENDS.encode() in message.payload.split()
        if not data:
            self._kinds.append(Kind.END)
            self._gone = True

    def _count(self, *kinds: Kind) -> int:
        return sum(kind in kinds for kind in self._kinds)

    def _answered(self, letter: Letter) -> bool:
        """Return whether all has come that any server owes for this letter."""
        errors = letter.count(Asks.UNKNOWN, Asks.ERROR)
        if self._count(Kind.SETUP, Kind.ERROR) < letter.count(Asks.SETUP) + errors:
            return False
        if letter.count(Asks.GOODBYE):
            return False  # the end of the connection is to come
        lists, songs = letter.count(Asks.LIST), letter.count(Asks.SONG)
        if self._ends:
            closed = self._count(Kind.LIST_CLOSING, Kind.EMPTY_LIST) >= lists
            return closed and self._count(Kind.CLOSING, Kind.ERROR) >= songs + errors
        listed = self._count(*LISTS) >= lists * max(1, len(self._facts.list_messages))
        return listed and self._has_audio(letter)

    def _has_audio(self, letter: Letter) -> bool:
        """Return whether there is as much audio as a server without closing messages owes."""
        last = letter.requests[-1]
        owed = letter.audio_bytes if last.asks in (Asks.SONG, Asks.LIST) else 0
        if len(letter.requests) > 1 and last.asks is Asks.SONG:
            owed = last.audio_bytes  # and what has come of the one before
        return self._audio_bytes >= owed or self._count(Kind.ERROR) > 0
