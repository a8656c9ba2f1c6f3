"""The client's timers: one a class of events, replaced and cancelled."""

import asyncio
import random

from cli.playing.timers import Timers
from fsm.client.events import RetryDue, SetupUnanswered


def test_a_retry_is_due_after_a_random_part_of_the_delay(monkeypatch):
    drawn = []
    monkeypatch.setattr(random, "uniform", lambda *limits: drawn.append(limits) or 0.0)

    async def run():
        fired = asyncio.Queue()
        Timers(fired.put_nowait).start_within(RetryDue(), 8.0)
        assert await fired.get() == RetryDue()

    asyncio.run(run())
    assert drawn == [(0.0, 8.0)]


def test_a_timer_that_was_replaced_or_cancelled_does_not_fire():
    async def run():
        fired = asyncio.Queue()
        timers = Timers(fired.put_nowait)
        timers.start(RetryDue(), 0.0)
        timers.start(RetryDue(), 3600.0)
        timers.start(SetupUnanswered(), 0.0)
        assert await fired.get() == SetupUnanswered()
        assert 3000.0 < timers.left_s(RetryDue) <= 3600.0
        timers.cancel(RetryDue)
        assert timers.left_s(RetryDue) is None
        assert fired.empty()

    asyncio.run(run())
