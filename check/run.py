"""Carries out cases, a few at a time, and hands the verdicts on in the order of the cases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from check.case import Case, Verdict

Perform = Callable[[Case], Awaitable[Verdict]]
"""Carries out one case within a bounded time, whatever the peer does."""


async def run(cases: Sequence[Case], perform: Perform, at_once: int) -> AsyncIterator[Verdict]:
    """Yield each case's verdict, in the order of the cases, as soon as it and those before are in.

    at_once: how many cases may be under way. When the caller goes away, what is under way ends.
    """
    free = asyncio.Semaphore(at_once)

    async def one(case: Case) -> Verdict:
        async with free:
            return await perform(case)

    tasks = [asyncio.ensure_future(one(case)) for case in cases]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
