"""Runs the check of a server in the test's own process, and says what came of it."""

import asyncio

from check.case import Outcome, select
from check.server.cases import CASES
from check.server.check import ServerCheck
from check.server.facts import Options

PATIENCE_S = 20.0
"""How long a good server may take on a busy machine; nothing waits so long for one."""


async def verdicts(port, only=(), **options):
    """The verdicts on the server at this port, by the numbers of the cases."""
    server = await ServerCheck.begin("127.0.0.1", port, Options(**options))
    found = [verdict async for verdict in server.verdicts(select(CASES, only))]
    return {verdict.case.number: verdict for verdict in found}


def check(port, only=(), **options):
    """The same, for a server that does not run in this thread."""
    return asyncio.run(verdicts(port, only, **options))


def check_all(ports, only=(), **options):
    """The same for many servers at once, by what each port is called in `ports`."""

    async def all_of_them():
        return await asyncio.gather(*(verdicts(port, only, **options) for port in ports.values()))

    return dict(zip(ports, asyncio.run(all_of_them()), strict=True))


def numbers(found, outcome):
    """The cases with this outcome."""
    return {number for number, verdict in found.items() if verdict.outcome is outcome}


def failed(found):
    return numbers(found, Outcome.FAILED)


def warned(found):
    return numbers(found, Outcome.WARNED)


def skipped(found):
    return numbers(found, Outcome.SKIPPED)


def why(found):
    """What a failing test prints: each verdict that is none of passed and skipped."""
    return {
        number: (verdict.reason, verdict.exchange)
        for number, verdict in found.items()
        if verdict.outcome in (Outcome.FAILED, Outcome.WARNED)
    }
