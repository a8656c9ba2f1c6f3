"""No address takes more of a turn of the event loop than its share, and none is forgotten."""

import asyncio

import pytest

from net.server import turns as module
from net.server.turns import Share, Turns


@pytest.fixture
def clock(monkeypatch):
    """The time that acts take is what the test says."""

    class Clock:
        now = 0.0

        def perf_counter(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(module, "TURN_S", 4.0)
    monkeypatch.setattr(module.time, "perf_counter", clock.perf_counter)
    return clock


def act(clock, done, name, takes_s):
    def do():
        clock.now += takes_s
        done.append(name)

    return do


def run(coroutine):
    asyncio.run(coroutine())


def test_within_its_share_everything_is_done_at_once(clock):
    async def use():
        share, done = Share(Turns()), []
        for number in range(10):
            assert share.run(act(clock, done, number, module.TURN_S / 20))
        assert done == list(range(10))

    run(use)


def test_beyond_it_the_rest_comes_in_later_turns_in_its_order(clock):
    async def use():
        turns, done = Turns(), []
        share = Share(turns)
        acts = [act(clock, done, number, module.TURN_S) for number in range(5)]
        assert [share.run(each) for each in acts] == [True] + [False] * 4
        assert not share.run(acts[1]), "it is put off already, and is done once"
        counts = []
        while len(done) < 5:
            await asyncio.sleep(0)
            counts.append(len(done))
        assert done == [0, 1, 2, 3, 4]
        assert counts == [2, 3, 4, 5], "one a turn"
        await asyncio.sleep(0)
        assert share.run(act(clock, done, 5, 0.0))

    run(use)


def test_an_address_does_not_wait_for_what_another_has_put_off(clock):
    async def use():
        turns, done = Turns(), []
        flood, other = Share(turns), Share(turns)
        for number in range(1000):
            flood.run(act(clock, done, number, module.TURN_S / 4))
        assert done == [0, 1, 2, 3]
        assert other.run(act(clock, done, "other", 0.0))
        await asyncio.sleep(0)
        # What the flood may use is halved, as there were two.
        assert done == [0, 1, 2, 3, "other", 4, 5]
        assert other.run(act(clock, done, "again", 0.0))

    run(use)


def test_many_addresses_each_come_to_their_turn(clock):
    async def use():
        turns, done = Turns(), []
        shares = [Share(turns) for _ in range(100)]
        for _ in range(3):
            for number, share in enumerate(shares):
                share.run(act(clock, done, number, module.TURN_S))
        for _ in range(4):
            await asyncio.sleep(0)
        assert sorted(done) == sorted([*range(100)] * 3)

    run(use)


def test_what_a_failing_test_prints():
    async def use():
        turns = Turns()
        assert (repr(turns), repr(Share(turns))) == (
            "<Turns 0, 0 addresses, 0 waiting>",
            "<Share of 0 connections, 0 acts put off>",
        )

    run(use)
