"""When the directory is scanned again, and which LIST waits for that."""

import asyncio
import time

import pytest

from net.server.songs import rescan as rescans
from net.server.songs.rescan import Rescan
from songs import MusicDirError, ScanReport
from songs.folder import Folder


class FakeLibrary:
    store = Folder(".")

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
    """Request once and wait so long; return the answer, and how often `ready` was called."""

    async def request_once():
        calls = []
        waits = rescan.request(lambda: calls.append(1))
        await asyncio.sleep(seconds)
        return waits, len(calls)

    return asyncio.run(request_once())


def test_a_list_waits_for_a_cheap_scan():
    library = FakeLibrary()
    assert requested(Rescan(library, 0.0), 0.2) == (True, 1)
    assert library.scans == 1


def test_a_list_that_has_waited_does_not_wait_again(monkeypatch):
    monkeypatch.setattr(rescans, "MIN_PAUSE_S", 0.01)
    answers = []

    async def request_once():
        rescan = Rescan(FakeLibrary(), 0.0)
        rescan._ended_at -= 1
        called = asyncio.Event()

        def ready():
            answers.append(rescan.request(called.set))
            called.set()

        answers.append(rescan.request(ready))
        await called.wait()

    asyncio.run(request_once())
    assert answers == [True, False]


def test_a_list_does_not_wait_for_a_costly_scan():
    library = FakeLibrary()
    rescan = Rescan(library, 0.06)
    rescan._ended_at -= 10
    assert requested(rescan, 0.2) == (False, 0)
    assert library.scans == 1


def test_a_list_does_not_wait_for_the_end_of_a_scan_that_is_suddenly_slow():
    library = FakeLibrary(cost_s=0.5)
    began = time.monotonic()

    async def request_once():
        called = asyncio.Event()
        rescan = Rescan(library, 0.0)
        assert rescan.request(called.set)
        await called.wait()
        assert library.scans == 0
        assert not rescan.request(called.set)

    asyncio.run(request_once())
    assert time.monotonic() - began < 30


def test_no_scan_before_its_time(monkeypatch):
    monkeypatch.setattr(rescans, "MIN_PAUSE_S", 100.0)
    library = FakeLibrary()
    assert requested(Rescan(library, 0.0), 0.05) == (False, 0)
    assert library.scans == 0


def test_scans_take_at_most_a_twentieth_of_the_time():
    rescan = Rescan(FakeLibrary(), 3.0)
    assert not rescan.due(rescan._ended_at + 59)
    assert rescan.due(rescan._ended_at + 61)


@pytest.mark.parametrize("error", [MusicDirError("it has gone"), RuntimeError("a fault")])
def test_songs_stay_if_the_directory_cannot_be_read(error):
    library = FakeLibrary(error=error)
    assert requested(Rescan(library, 0.0), 0.2) == (True, 1)
