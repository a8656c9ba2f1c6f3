"""Carries out one case with a client: its steps in order, then its judgements.

`sends` holds words, one a step:

| word | what is done |
|---|---|
| `list`, `play:3`, `stop`, `quit` | that is typed, and its request waited for |
| `LIST=…`, `PLAY=…`, `STOP=…`, `SETUP=…` | how requests are answered (`check.client.answers`) |
| `new`, `last` | it needs a client of its own; the client is not used for another case |
| `plain` | the server knows only the RFC |
| `send=…` | an answer that nothing has asked for |
| `settle` | until the song has been sent |
| `watch` | a while in which requests and connections are counted |
| `close`, `reset` | the connection is closed, or reset |
| `refuse`, `closing` | from here on, connections are refused, or closed as they come |
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise

from check.case import Case
from check.client.answers import list_answer
from check.client.options import Facts
from check.client.requests import Kind
from check.client.session import Session

MOMENT_S = 0.25
"""Behind the last step, so that a client that crashes has done so."""
SETTLE_S = 10.0
SHOWN = "the whole list is printed"
TYPED = {"list": Kind.LIST, "play": Kind.PLAY, "stop": Kind.STOP}


@dataclass(frozen=True, slots=True)
class Script:
    """A row's `sends`, taken apart."""

    steps: tuple[str, ...]
    answers: dict[str, str]
    new: bool
    last: bool
    plain: bool

    @classmethod
    def of(cls, case: Case) -> Script:
        """Read a row's words."""
        words = case.sends.split()
        answers = dict(w.split("=", 1) for w in words if w[0].isupper())
        flags = ("new", "last", "plain")
        steps = tuple(w for w in words if not w[0].isupper() and w not in flags)
        return cls(steps, answers, *(flag in words for flag in flags))


class NotDone(Exception):
    """What was typed was not done, so that the rest of the case cannot be tried."""


class Trial:
    """What a case has come to, for its judgements.

    undone: the request that was typed and did not come. shown: the list that was typed first has
    been printed. flood: what came too often, "" for nothing.
    """

    def __init__(self, case: Case, script: Script, session: Session, facts: Facts) -> None:
        self.case, self.session, self.facts = case, session, facts
        self.script = script
        self.expected = tuple(case.expects.split("; "))
        self.undone: Kind | None = None
        self.shown = False
        self.flood = ""

    async def carry_out(self) -> None:
        """Take all steps. Raises NotDone: something that was typed was not done."""
        for step, following in pairwise((*self.script.steps, "")):
            await self._take(step, following)
        await self.session.pause(MOMENT_S)

    async def _take(self, step: str, following: str) -> None:
        name, _, rest = step.partition(":")
        if name in TYPED:
            await self._type(step, TYPED[name], int(rest) if rest else None)
            if name == "list" and self.facts.shows:
                await self._list_shown(following)
        elif step.startswith("send="):
            if (connection := self.session.listener.now) is not None:
                await connection.send_unasked(step.removeprefix("send="))
        else:
            await STEPS[step](self)

    async def _type(self, step: str, kind: Kind, song_id: int | None) -> None:
        session = self.session
        before = len(session.stage.journal.of(kind))
        await session.type(step)
        if kind is Kind.STOP and not self._stop_is_due():
            await session.pause(MOMENT_S)
        elif not await session.requested(kind, before, song_id):
            self.undone = kind
            raise NotDone(f"{kind.value} was not sent")
        elif kind is Kind.PLAY:
            await session.under_way()

    async def _list_shown(self, following: str) -> None:
        """Wait for the list on the screen, if that is judged, or before something else is typed."""
        stage = self.session.stage
        judged = SHOWN in self.expected
        if judged or following.partition(":")[0] in (*TYPED, "quit"):
            marks = list_answer(stage.answers["LIST"], stage.nonce).marks
            self.shown = await self.session.shows(marks, self.session.typed_place)

    def _stop_is_due(self) -> bool:
        """A song is under way; without one a client may send STOP or not."""
        connection = self.session.listener.now
        return connection is not None and connection.arriving

    async def _watch(self) -> None:
        session, journal = self.session, self.session.stage.journal
        requests, connections = journal.request_count, journal.reconnections
        await session.pause(session.options.watch_s)
        most = session.options.watch_s * session.options.rate_hz
        for name, count in (
            ("requests", journal.request_count - requests),
            ("connections", journal.reconnections - connections),
        ):
            if count > most:
                self.flood = f"{count} {name} came in {session.options.watch_s:g} s"

    async def _close(self) -> None:
        if (connection := self.session.listener.now) is not None:
            self.session.stage.journal.did("closed the connection")
            connection.close()

    async def _reset(self) -> None:
        if (connection := self.session.listener.now) is not None:
            connection.reset()

    async def _refuse(self) -> None:
        self.session.stage.journal.did("listened no more")
        self.session.listener.refuse()
        await self._close()

    async def _closing(self) -> None:
        self.session.stage.closes_at_once = True
        await self._close()

    async def _settle(self) -> None:
        await self.session.settle(SETTLE_S)

    async def _quit(self) -> None:
        await self.session.type("quit")
        self.session.process.end_input()


STEPS: dict[str, Callable[[Trial], Awaitable[None]]] = {
    "watch": Trial._watch,
    "close": Trial._close,
    "reset": Trial._reset,
    "refuse": Trial._refuse,
    "closing": Trial._closing,
    "settle": Trial._settle,
    "quit": Trial._quit,
}
