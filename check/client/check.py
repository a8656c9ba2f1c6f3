"""Checks a client: looks at it first, then tries its cases, some of them in one running client.

To start a client may take a second of CPU time. So one that has passed a case, and lists songs as
before, is used for others. A case that is not kept there is tried again in a client of its own, and
only that counts: no case is blamed for what another has left behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from check.case import MUST, Case, Outcome, Verdict, broken, kept, skipped
from check.client.judgements import ALIVE, LIST_SENT, SENT, judge, judge_forms, probe
from check.client.options import Facts, Options
from check.client.session import Session
from check.client.trial import SHOWN, NotDone, Script, Trial
from check.printed import printed
from check.run import run

_SETUP_S = 0.7
"""How long a client may take to begin with SETUP."""


_SURVEY = Case("1-1", "The client lists songs", MUST, "", "list", SHOWN)


class NeverConnected(Exception):
    """The command has not connected. The text says how it went, in printable ASCII."""


class ClientCheck:
    """One command, and what is known of it. Made by `begin`; to be closed."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._idle: list[Session] = []
        self._tty = False
        self._how_it_went = ""
        self._undone: set[str] = set()
        """What clients of their own did not do, in words: it is not tried twice again."""
        self.facts = Facts()

    @classmethod
    async def begin(cls, options: Options) -> ClientCheck:
        """Look at the client. Raises NeverConnected; OSError: the command cannot be run."""
        check = cls(options)
        for tty in (False, True) if options.tty is None else (options.tty,):
            await check._look(tty)
            if check.facts.shows:
                break
        if not check.facts.connects:
            await check.close()
            raise NeverConnected(check._how_it_went)
        return check

    async def _look(self, tty: bool) -> None:
        """Survey the client on a terminal or a pipe; keep it if it does more there than before."""
        session = Session(self._options, self._options.plain, tty)
        try:
            facts = await _survey(session)
            self._how_it_went = self._how_it_went or _how_it_went(session)
        except BaseException:
            await session.close()
            raise
        better = facts.merit > self.facts.merit
        for other in [*self._idle] if better else [session]:
            await other.close()
        if better:
            self.facts, self._idle, self._tty = facts, [session], tty

    def described(self) -> dict[str, object]:
        """Return what is known of the client, and what was chosen, in plain values."""
        offers = self.facts.offers
        return {
            "offers": None if offers is None else [printed(word.encode()) for word in offers],
            "plain": self._options.plain,
            "tty": self._tty,
            "connections": self._options.at_once,
        }

    async def verdicts(self, cases: Sequence[Case]) -> AsyncIterator[Verdict]:
        """Try the cases; yield their verdicts in their order."""
        async for verdict in run(cases, self.perform, self._options.at_once):
            yield verdict

    async def close(self) -> None:
        """End the clients that still run."""
        await asyncio.gather(*(session.close() for session in self._idle))
        self._idle.clear()

    async def perform(self, case: Case) -> Verdict:
        """Return the verdict on one case, within a bounded time."""
        if reason := self._missing(case):
            return skipped(case, reason)
        script = Script.of(case)
        plain = self._options.plain or script.plain
        used = None if script.new else self._take_idle(plain)
        if used is not None:
            verdict = await self._try_in_used(case, script, used)
            if verdict.outcome is Outcome.PASSED or verdict.reason in self._undone:
                return verdict
        verdict = await self._try_in_new(case, script, plain)
        if verdict.outcome is Outcome.SKIPPED:
            self._undone.add(verdict.reason)
        return verdict

    def _missing(self, case: Case) -> str:
        if not self.facts.lists and LIST_SENT not in case.expects and "list" in case.sends.split():
            return "the client does not send LIST when that is typed"
        for need in case.needs.split():
            if need == "tty" and not self._tty:
                return "the client has no terminal; with --tty it has"
            if need in ("setup", "ends") and self.facts.offers is None:
                return "the client does not send SETUP"
            if need == "ends" and "ends" not in (self.facts.offers or ()):
                return "the client does not ask for ends"
            if need in ("setup", "ends") and self._options.plain:
                return "the server is played as one that knows only the RFC (--plain)"
        return ""

    def _take_idle(self, plain: bool) -> Session | None:
        # To a client that sends no SETUP both kinds of server are the same.
        either = self.facts.offers is None
        for session in self._idle:
            if either or session.plain == plain:
                self._idle.remove(session)
                return session
        return None

    async def _try_in_used(self, case: Case, script: Script, session: Session) -> Verdict:
        session.begin(script.answers)
        return await self._try(Trial(case, script, session, self.facts))

    async def _try_in_new(self, case: Case, script: Script, plain: bool) -> Verdict:
        session = Session(self._options, plain, self._tty)
        fault = "started for this case, it did not connect"
        try:
            connected = await session.start(script.answers)
        except OSError as error:
            connected, fault = False, f"it could not be started: {error.strerror}"
        except BaseException:
            await session.close()
            raise
        if connected:
            return await self._try(Trial(case, script, session, self.facts))
        await session.close()
        return broken(case, session.exchange(), fault)

    async def _try(self, trial: Trial) -> Verdict:
        """Try a case; the client is kept for others if it passes and is in order, or ended."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        in_order = False
        try:
            verdict = await self._within_its_time(trial)
            verdict = replace(verdict, seconds=loop.time() - began)
            in_order = verdict.outcome is Outcome.PASSED and await _usable(trial)
        finally:
            if in_order:
                self._idle.append(trial.session)
            else:
                await trial.session.close()
        return verdict

    async def _within_its_time(self, trial: Trial) -> Verdict:
        try:
            async with asyncio.timeout(self._options.case_s):
                return await _verdict(trial)
        except TimeoutError:
            late = f"the case was not over after {self._options.case_s:g} s"
            return broken(trial.case, trial.session.exchange(), late)


async def _survey(session: Session) -> Facts:
    """Start a client, and find out whether it connects, and what it does when `list` is typed."""
    if not await session.start({}):
        return Facts()
    await session.news.until(lambda: session.over or bool(session.stage.journal.requests), _SETUP_S)
    seen = Facts(connects=True, lists=True, shows=True)
    trial = Trial(_SURVEY, Script.of(_SURVEY), session, seen)
    try:
        await trial.carry_out()
    except NotDone:
        return Facts(session.stage.offers, connects=True)
    return Facts(session.stage.offers, connects=True, lists=True, shows=trial.shown)


async def _verdict(trial: Trial) -> Verdict:
    case, session = trial.case, trial.session
    try:
        await trial.carry_out()
    except NotDone as error:
        if trial.undone is not None and f"{trial.undone.value}{SENT}" not in trial.expected:
            if reason := session.crash() or session.ending() or await judge_forms(trial):
                return broken(case, session.exchange(), reason)
            return skipped(case, str(error))
    reason = await judge(trial)
    if reason:
        return broken(case, session.exchange(), reason)
    return kept(case, session.exchange())


async def _usable(trial: Trial) -> bool:
    """The client can be used for other cases: it is in order, and answers as before."""
    session = trial.session
    if session.over or trial.script.last:
        return False
    try:
        async with asyncio.timeout(session.options.timeout_s):
            if (connection := session.listener.now) is not None:
                await connection.halt()
    except TimeoutError:  # it does not read
        return False
    if ALIVE in trial.expected:
        return True
    return not await probe(trial)


def _how_it_went(session: Session) -> str:
    how = session.ending() or f"it ran for {session.options.start_s:g} s"
    lines = [line for line in session.printed().splitlines() if line.strip()]
    return f'{how}; it printed "{printed(lines[-1])}"' if lines else f"{how} and printed nothing"
