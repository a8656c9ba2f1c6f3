"""Carries out one case for a server: its steps on the wire, then the verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from check.case import Case, Exchange, Verdict, broken, kept, skipped
from check.server import needs
from check.server.conversation import Conversation
from check.server.facts import Facts
from check.server.judgements import JUDGEMENTS
from check.server.matching import Matcher
from check.server.steps import IN_WORDS, Action, Send, steps
from check.server.wire import Address, Wire

WHERE = ", where "
ON_THE_OTHER = "||"


class Trial:
    """One case, while it is tried.

    A row's `expects` may have two sequences, for the first connection and for another.
    """

    def __init__(self, case: Case, addresses: Sequence[Address], facts: Facts) -> None:
        self._case, self._addresses, self._facts = case, addresses, facts
        sequence, _, where = case.expects.partition(WHERE)
        self._expected = [[part] for part in sequence.split(ON_THE_OTHER)]
        if case.allows:
            self._expected[0].append(case.allows)
        self._judge = JUDGEMENTS[where] if where else None
        limit_s = facts.options.case_s + (facts.options.request_s or 0)
        self._deadline = asyncio.get_running_loop().time() + limit_s
        self._open: list[Conversation] = []
        self._stack = AsyncExitStack()

    async def verdict(self) -> Verdict:
        """Try the case within its time."""
        began = asyncio.get_running_loop().time()
        fault = ""
        async with self._stack:
            try:
                await self._take_steps()
                fault = next(filter(None, (each.fault() for each in self._open)), "")
            except OSError as error:
                fault = f"no connection: {error.strerror or error}"
        if not fault and self._judge is not None:
            fault = self._judge(self._open[0].messages, self._facts)
        seconds = asyncio.get_running_loop().time() - began
        if fault:
            return broken(self._case, self._exchange(), fault, seconds)
        return kept(self._case, self._exchange(), self._allowed(), seconds)

    async def _take_steps(self) -> None:
        now, bytewise = await self._connection(0), False
        todo = steps(self._case.sends, self._facts)
        for number, step in enumerate(todo):
            if any(each.wrong is not None for each in self._open):
                return
            match step:
                case Send(data):
                    await now.send(data, bytewise=bytewise)
                    if number < len(todo) - 1:
                        await now.message(self._facts.gap_s)
                case Action.OTHER:
                    now = await self._connection(1)
                case Action.FIRST:
                    now = await self._connection(0)
                case action:
                    now.note(IN_WORDS[action])
                    await self._act(now, action)
            bytewise = step is Action.BYTEWISE
        for each in self._open:
            await each.until(lambda each=each: each.over)  # type: ignore[misc]  # its type is that of each

    async def _act(self, now: Conversation, action: Action) -> None:
        facts = self._facts
        match action:
            case Action.GAP:
                await now.for_a_while(facts.gap_s)
            case Action.QUIET:
                await now.silence(facts.quiet_s)
            case Action.PAUSE:
                await asyncio.sleep(facts.options.pause_s)
            case Action.SONG:
                assert facts.song is not None, "the row needs a song"
                size = len(facts.song.audio)
                await now.until(lambda: now.wrong is not None or now.audio_bytes >= size)
            case Action.HALF_CLOSE:
                now.shut_down_sending()
            case Action.RESET:
                now.reset()
            case Action.END:
                wait_s = (facts.options.request_s or 0) + facts.options.timeout_s
                await now.until(lambda: now.over, wait_s)

    async def _connection(self, number: int) -> Conversation:
        while len(self._open) <= number:
            options = self._facts.options
            wire = await Wire.connect(
                self._addresses, options.timeout_s, options.tls, options.header
            )
            self._stack.callback(wire.close)
            expected = self._expected[len(self._open)]
            matchers = [Matcher(sequence, self._facts) for sequence in expected]
            closes = "ends" in self._case.needs.split()
            one = Conversation(wire, matchers, options.timeout_s, self._deadline, closes)
            self._open.append(one)
        return self._open[number]

    def _allowed(self) -> str:
        """Return which of the allowed behaviours it was; "" if it is the expected one."""
        accepted = [matcher.accepted for matcher in self._open[0].matchers]
        first = accepted.index(True)
        return f"allowed as well: {self._expected[0][first]}" if first else ""

    def _exchange(self) -> Exchange:
        names = ("",) if len(self._open) < 2 else ("first: ", "other: ")
        each = [one.exchange(name) for one, name in zip(self._open, names, strict=False)]
        return Exchange(
            tuple(line for one in each for line in one.sent),
            tuple(line for one in each for line in one.came),
        )


async def perform(case: Case, addresses: Sequence[Address], facts: Facts) -> Verdict:
    """Return the verdict on one case, within a bounded time."""
    if reason := needs.missing(case, facts):
        return skipped(case, reason)
    if facts.mute:
        return broken(case, Exchange(), "no request has been answered, or the answer has no end")
    return await Trial(case, addresses, facts).verdict()
