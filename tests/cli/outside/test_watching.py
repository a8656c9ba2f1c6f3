"""A status that follows from the last one is no change; everything else is one."""

import asyncio
from dataclasses import replace

import pytest

from cli.outside import watching
from cli.outside.watching import StatusWatch
from cli.playing.changes import Changes
from cli.words.moment import Activity, Status

PLAYING = Status(Activity.PLAYING, 3, "grapes", position_s=10.0, duration_s=99.0, bitrate_kbps=128)


class Watched:
    """A watch of a status that only a test changes. seen: (activity, moved) of each change."""

    def __init__(self, monkeypatch, status):
        self.now_s, self.status, self.seen = 100.0, status, []
        monkeypatch.setattr(watching.time, "monotonic", lambda: self.now_s)
        self.watch = StatusWatch(lambda: self.status, Changes().watch())
        self.watch.listen(lambda status, moved: self.seen.append((status.activity.value, moved)))

    def becomes(self, after_s=0.0, **values):
        self.now_s += after_s
        self.status = replace(self.status, **values)
        self.watch.look()
        seen, self.seen = self.seen, []
        return seen


@pytest.fixture
def watched(monkeypatch):
    return Watched(monkeypatch, PLAYING)


def test_what_changes_by_itself_is_no_change(watched):
    assert watched.becomes() == []
    assert watched.becomes(5.0, position_s=15.2, received_bytes=9, received=0.5) == []
    assert watched.becomes(5.0, position_s=19.9, bitrate_kbps=131, buffered_msgs=7) == []
    assert watched.becomes(500.0, position_s=99.0) == [], "it has been heard to its end"


def test_another_place_is_a_change_and_a_move(watched):
    assert watched.becomes(position_s=40.0) == [("playing", True)]
    assert watched.becomes(1.0, position_s=41.0) == []
    assert watched.becomes(activity=Activity.PAUSED) == [("paused", False)]
    assert watched.becomes(60.0) == [], "while it is paused the place stays"
    assert watched.becomes(position_s=30.0) == [("paused", True)]


def test_another_song_is_a_change_and_no_move(watched):
    assert watched.becomes(song_id=4, title="other", position_s=0.0) == [("playing", False)]
    assert watched.becomes(activity=Activity.STOPPED, position_s=0.0) == [("stopped", False)]


@pytest.mark.parametrize(
    "change", [{"volume": 1}, {"queue": (1,)}, {"repeat": "all"}, {"online": False}]
)
def test_everything_else_is_a_change(watched, change):
    assert watched.becomes(**change) == [("playing", False)]


def test_since_when_it_plays_or_does_not(watched):
    assert watched.watch.since_s() is None
    watched.becomes(activity=Activity.PAUSED)
    watched.now_s += 7.0
    assert watched.watch.since_s() == 7.0
    watched.becomes(activity=Activity.BUFFERING)
    watched.becomes(1.0, activity=Activity.PLAYING)
    assert watched.watch.since_s() == 1.0, "what is on its way to be heard plays"


def test_a_listener_that_is_forgotten_is_not_called(watched):
    other = []
    listener = lambda status, moved: other.append(status)  # noqa: E731
    watched.watch.listen(listener)
    watched.becomes(volume=5)
    watched.watch.forget(listener)
    watched.becomes(volume=6)
    assert len(other) == 1


@pytest.mark.asyncio
async def test_a_duration_that_no_event_tells_is_found(monkeypatch):
    monkeypatch.setattr(watching, "RECHECK_S", 0.01)
    monkeypatch.setattr(watching, "MIN_INTERVAL_S", 0.0)
    statuses = iter([replace(PLAYING, duration_s=None)] * 3 + [PLAYING] * 1000)
    watch = StatusWatch(lambda: next(statuses), Changes().watch())
    known = asyncio.Event()
    watch.listen(lambda status, moved: status.duration_s and known.set())
    task = asyncio.create_task(watch.run())
    await asyncio.wait_for(known.wait(), 30)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
