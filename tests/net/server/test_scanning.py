"""Scans in a thread: one at a time, another after it where one is asked for, all of them joined."""

from __future__ import annotations

import signal
import threading

import pytest

from net.server.processes.scanning import Scanning
from tests.net.server.conftest import TIMEOUT_S, eventually


class Scans:
    """What is scanned: each scan begins, and ends when it is let go."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Semaphore(0), threading.Semaphore(0)
        self.ended, self.at_once, self._at_work = 0, 0, 0

    def scan(self) -> None:
        self._at_work += 1
        self.at_once = max(self.at_once, self._at_work)
        self.begun.release()
        assert self.may_end.acquire(timeout=TIMEOUT_S)
        self._at_work -= 1
        self.ended += 1

    def await_begin(self) -> None:
        assert self.begun.acquire(timeout=TIMEOUT_S)


@pytest.fixture
def scans():
    return Scans()


def idle(scanning: Scanning) -> bool:
    return eventually(lambda: "idle" in repr(scanning))


def test_a_request_while_a_scan_is_at_work_is_served_by_it(scans):
    scanning = Scanning(scans.scan)
    scanning.request()
    scans.await_begin()
    scanning.request()
    scans.may_end.release()
    assert idle(scanning)
    assert scans.ended == 1
    scanning.request()
    scans.await_begin()
    scans.may_end.release()
    assert idle(scanning)
    assert scans.ended == 2


def test_what_may_be_new_is_looked_at_once_more_and_not_beside(scans):
    scanning = Scanning(scans.scan)
    scanning.request(anew=True)
    scans.await_begin()
    for _ in range(3):
        scanning.request(anew=True)
    scanning.request()
    scans.may_end.release()
    scans.await_begin()
    scans.may_end.release()
    assert idle(scanning)
    assert (scans.ended, scans.at_once) == (2, 1)


def test_the_end_waits_for_the_scan_that_began_first(scans):
    scanning = Scanning(scans.scan)
    scanning.request()
    scans.await_begin()
    scanning.request(anew=True)
    joining = threading.Thread(target=scanning.join, args=(TIMEOUT_S,))
    joining.start()
    # Once the end is awaited, no further scan is begun.
    assert eventually(lambda: "at work" in repr(scanning))
    assert joining.is_alive()
    scans.may_end.release()
    joining.join(TIMEOUT_S)
    assert not joining.is_alive()
    assert idle(scanning)
    assert scans.ended == 1


def test_an_end_without_a_scan_waits_for_nothing(scans):
    scanning = Scanning(scans.scan)
    scanning.join(TIMEOUT_S)
    assert scans.ended == 0


def test_the_end_waits_no_longer_than_it_is_told(scans):
    scanning = Scanning(scans.scan)
    scanning.request()
    scans.await_begin()
    scanning.join(0.01)
    assert scans.ended == 0
    scans.may_end.release()
    assert idle(scanning)


def test_where_no_thread_can_be_had_the_next_request_scans(scans, monkeypatch, caplog):
    scanning = Scanning(scans.scan)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        scanning.request()
    assert caplog.messages == ["the music is not looked at now: can't start new thread"]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == blocked
    scanning.join(TIMEOUT_S)
    scanning.request()
    scans.await_begin()
    scans.may_end.release()
    assert idle(scanning)


def no_thread(thread):
    raise RuntimeError("can't start new thread")
