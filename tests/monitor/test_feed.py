"""Samples for all who watch: full ones first, and none while nobody does."""

from __future__ import annotations

import asyncio
import json

import pytest

from monitor import feed as feeds
from monitor.feed import Feed, TooManyWatchers, watching

EMPTY = {
    "full": False,
    "dots": [],
    "gone": [],
    "counts": [[0]],
    "rows": [],
    "changes": [],
    "hidden": 0,
    "sent_bytes": 0,
    "measured_at": 0.0,
}


class FakeSource:
    """Each sample of changes has one dot more, while there are any in `coming`."""

    def __init__(self) -> None:
        self.coming: list[dict] = []
        self.begun = self.asked = self.ended = 0
        self.fault: Exception | None = None

    async def begin(self):
        self.begun += 1
        return {**EMPTY, "full": True, "dots": [("a", 0, 0)], "rows": [(4, 1)]}

    async def changes(self):
        self.asked += 1
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        return {**EMPTY, **(self.coming.pop(0) if self.coming else {})}

    def end(self):
        self.ended += 1


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(feeds, "PERIOD_S", 0.001)


async def following(messages):
    async with asyncio.timeout(30):
        return json.loads(await anext(messages))


@pytest.mark.asyncio
async def test_the_first_message_is_full_and_the_others_are_not():
    source = FakeSource()
    async with watching(Feed(source)) as messages:
        first = await following(messages)
        assert (first["full"], first["dots"]) == (True, [["a", 0, 0]])
        source.coming = [{"dots": [("b", 0, 1)]}, {}, {"gone": ["a"]}]
        assert (await following(messages))["dots"] == [["b", 0, 1]]
        assert (await following(messages))["gone"] == ["a"]  # nothing is sent of no change


@pytest.mark.asyncio
async def test_who_comes_later_gets_what_has_become_of_it():
    source = FakeSource()
    feed = Feed(source)
    async with watching(feed) as early:
        await following(early)
        source.coming = [{"dots": [("b", 0, 1)], "rows": [(4, 2), (7, 1)]}, {"gone": ["a"]}]
        await following(early)
        await following(early)
        async with watching(feed) as late:
            first = await following(late)
        assert (first["full"], first["dots"]) == (True, [["b", 0, 1]])
        assert first["rows"] == [[4, 2], [7, 1]]
    assert source.begun == 1


@pytest.mark.asyncio
async def test_nothing_is_sampled_while_nobody_watches():
    source = FakeSource()
    feed = Feed(source)
    async with watching(feed) as messages:
        await following(messages)
        assert source.ended == 0
    assert source.ended == 1
    asked = source.asked
    for _ in range(50):
        await asyncio.sleep(0)
    assert source.asked == asked
    async with watching(feed) as messages:
        await following(messages)
    assert (source.begun, source.ended) == (2, 2)


@pytest.mark.asyncio
async def test_who_is_behind_gets_one_full_sample():
    source = FakeSource()
    source.coming = [{"dots": [(f"n{n}", 0, 0)]} for n in range(200)]
    feed = Feed(source)
    async with watching(feed) as slow, watching(feed) as quick:
        await following(slow)
        dots = {name for name, *_ in (await following(quick))["dots"]}
        while len(dots) < 201:  # "a" is one more
            dots |= {name for name, *_ in (await following(quick))["dots"]}
        message = await following(slow)
        assert message["full"]
        assert {name for name, *_ in message["dots"]} == dots


@pytest.mark.asyncio
async def test_there_are_only_so_many_watchers():
    feed = Feed(FakeSource())
    opened = [feed.watch() for _ in range(feeds.MAX_WATCHERS)]
    for messages in opened:
        await following(messages)
    with pytest.raises(TooManyWatchers):
        await anext(feed.watch())
    await opened[0].aclose()
    another = feed.watch()
    await following(another)
    for messages in (*opened, another):
        await messages.aclose()


@pytest.mark.asyncio
async def test_a_fault_of_the_source_is_logged_and_the_next_sample_is_taken(caplog):
    source = FakeSource()
    async with watching(Feed(source)) as messages:
        await following(messages)
        source.fault = ValueError("odd")
        source.coming = [{"gone": ["a"]}]
        assert (await following(messages))["gone"] == ["a"]
    assert "no sample is taken" in caplog.text


@pytest.mark.asyncio
async def test_the_end_of_the_feed_ends_every_watch():
    feed = Feed(FakeSource())
    async with watching(feed) as messages:
        await following(messages)
        feed.stop()
        async with asyncio.timeout(30):
            assert [message async for message in messages] == []
