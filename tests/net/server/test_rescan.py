"""When the directory is scanned again, and which LIST waits for that."""

import asyncio
import gc
import threading

import pytest

from net.server.songs import rescan as rescans
from net.server.songs.rescan import Rescan
from songs import MusicDirError, ScanReport
from songs.folder import Folder

PATIENCE_S = 30.0


class FakeLibrary:
    """Its scans end at once, except between `hold` and `let_go`."""

    store = Folder(".")

    def __init__(self, error=None):
        self.error, self.scans, self._go_on = error, 0, threading.Event()
        self._go_on.set()

    def hold(self):
        self._go_on.clear()

    def let_go(self):
        self._go_on.set()

    def scan(self):
        assert self._go_on.wait(PATIENCE_S)
        self.scans += 1
        if self.error:
            raise self.error
        return ScanReport(0, [], [])


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    """Each LIST may begin a scan, and waits for a fast one as long as it takes."""
    monkeypatch.setattr(rescans, "MIN_PAUSE_S", 0.0)
    monkeypatch.setattr(rescans, "MAX_WAIT_S", PATIENCE_S)


def requested(rescan):
    """Request once, and wait until nothing is scanned; return the answer, and how often `ready` was
    called."""

    async def request_once():
        calls = []
        waits = rescan.request(lambda: calls.append(1))
        if rescan._task is not None:
            await rescan._task
        return waits, len(calls)

    return asyncio.run(request_once())


def test_a_list_waits_for_a_cheap_scan():
    library = FakeLibrary()
    assert requested(Rescan(library, 0.0)) == (True, 1)
    assert library.scans == 1


def test_a_list_that_has_waited_does_not_wait_again(monkeypatch):
    answers = []

    async def request_once():
        library = FakeLibrary()
        rescan = Rescan(library, 0.0)
        called = asyncio.Event()

        def ready():
            answers.append(rescan.request(called.set))
            called.set()

        library.hold()
        answers.append(rescan.request(ready))
        monkeypatch.setattr(rescans, "MIN_PAUSE_S", 1e6)  # from here on no scan may begin
        library.let_go()
        await called.wait()

    asyncio.run(request_once())
    assert answers == [True, False]


def test_a_list_does_not_wait_for_a_costly_scan():
    library = FakeLibrary()
    rescan = Rescan(library, 0.06)
    rescan._ended_at -= 10
    assert requested(rescan) == (False, 0)
    assert library.scans == 1


def test_a_list_does_not_wait_for_the_end_of_a_scan_that_is_suddenly_slow(monkeypatch):
    monkeypatch.setattr(rescans, "MAX_WAIT_S", 0.05)
    library = FakeLibrary()

    async def request_twice():
        called = asyncio.Event()
        rescan = Rescan(library, 0.0)
        library.hold()
        assert rescan.request(called.set)
        await called.wait()
        assert library.scans == 0
        assert not rescan.request(called.set)
        library.let_go()

    asyncio.run(request_twice())


def test_no_scan_before_its_time(monkeypatch):
    monkeypatch.setattr(rescans, "MIN_PAUSE_S", 100.0)
    library = FakeLibrary()
    assert requested(Rescan(library, 0.0)) == (False, 0)
    assert library.scans == 0


def test_scans_take_at_most_a_twentieth_of_the_time():
    rescan = Rescan(FakeLibrary(), 3.0)
    assert not rescan.due(rescan._ended_at + 59)
    assert rescan.due(rescan._ended_at + 61)


@pytest.mark.parametrize("error", [MusicDirError("it has gone"), RuntimeError("a fault")])
def test_songs_stay_if_the_directory_cannot_be_read(error):
    library = FakeLibrary(error=error)
    assert requested(Rescan(library, 0.0)) == (True, 1)


def test_where_no_thread_can_be_had_a_later_list_scans(monkeypatch, caplog):
    def none_to_scan(thread):
        if thread.name.startswith("asyncio_"):
            raise RuntimeError("can't start new thread")
        start(thread)

    start, library = threading.Thread.start, FakeLibrary()
    rescan = Rescan(library, 0.0)
    rescan._ended_at -= 10
    before = rescan._ended_at
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_to_scan)
        assert requested(rescan) == (True, 1)
    gc.collect()
    assert caplog.messages == ["the music is not looked at now: can't start new thread"]
    assert library.scans == 0
    assert rescan._ended_at > before + 9, "not with each LIST"
    assert requested(rescan) == (True, 1)
    assert library.scans == 1
