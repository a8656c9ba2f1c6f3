"""When the directory is looked at again, and who waits for that."""

import asyncio
import time

import pytest

from net.server import rescan as rescans
from net.server.rescan import Rescan
from songs import MusicDirError, ScanReport


class FakeLibrary:
    def __init__(self, cost_s=0.0, error=None):
        self.cost_s, self.error, self.scans = cost_s, error, 0

    def scan(self):
        time.sleep(self.cost_s)
        self.scans += 1
        if self.error:
            raise self.error
        return ScanReport(0, [], [])


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(rescans, "MIN_PAUSE_S", 0.0)
    monkeypatch.setattr(rescans, "MAX_WAIT_S", 0.05)


def requested(rescan, seconds):
    """Ask once and wait: whether one has to wait, and whether one was called."""

    async def ask():
        calls = []
        waits = rescan.request(lambda: calls.append(1))
        await asyncio.sleep(seconds)
        return waits, len(calls)

    return asyncio.run(ask())


def test_a_cheap_look_is_waited_for():
    library = FakeLibrary()
    assert requested(Rescan(library, 0.0), 0.2) == (True, 1)
    assert library.scans == 1


def test_who_is_told_asks_again_and_is_not_made_to_wait_again(monkeypatch):
    monkeypatch.setattr(rescans, "MIN_PAUSE_S", 0.01)
    answers = []

    async def ask():
        rescan = Rescan(FakeLibrary(), 0.0)
        rescan._ended_at -= 1
        called = asyncio.Event()

        def ready():
            answers.append(rescan.request(called.set))
            called.set()

        answers.append(rescan.request(ready))
        await called.wait()

    asyncio.run(ask())
    assert answers == [True, False]


def test_a_costly_look_is_not():
    library = FakeLibrary()
    rescan = Rescan(library, 0.06)
    rescan._ended_at -= 10
    assert requested(rescan, 0.2) == (False, 0)
    assert library.scans == 1


def test_a_look_that_is_suddenly_slow_is_not_waited_for_to_its_end():
    library = FakeLibrary(cost_s=0.5)
    began = time.monotonic()

    async def ask():
        called = asyncio.Event()
        rescan = Rescan(library, 0.0)
        assert rescan.request(called.set)
        await called.wait()
        assert library.scans == 0
        assert not rescan.request(called.set)

    asyncio.run(ask())
    assert time.monotonic() - began < 30


def test_it_is_not_time_yet(monkeypatch):
    monkeypatch.setattr(rescans, "MIN_PAUSE_S", 100.0)
    library = FakeLibrary()
    assert requested(Rescan(library, 0.0), 0.05) == (False, 0)
    assert library.scans == 0


def test_at_most_a_twentieth_of_the_time():
    rescan = Rescan(FakeLibrary(), 3.0)
    assert not rescan.due(rescan._ended_at + 59)
    assert rescan.due(rescan._ended_at + 61)


@pytest.mark.parametrize("error", [MusicDirError("it has gone"), RuntimeError("a fault")])
def test_songs_stay_if_the_directory_cannot_be_read(error):
    library = FakeLibrary(error=error)
    assert requested(Rescan(library, 0.0), 0.2) == (True, 1)
