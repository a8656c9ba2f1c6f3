"""When the file for the next start is written, and what is in it."""

from dataclasses import replace

import pytest

from cli.memory.kept import Kept
from cli.memory.memory import LeftOff, Memory
from cli.memory.saved import Saved, SavedFile
from cli.playing.remembering.leaving import PLACE_S, Leaving
from cli.words.moment import Activity, Status
from fsm.client.events import ListedSong

SONGS = (ListedSong(0, "zero"), ListedSong(1, "one"), ListedSong(2, "two"))
PLAYING = Status(
    Activity.PLAYING, 1, "one", 10.0, queue=(2, 0), volume=60, gain="track", repeat="all"
)
STOPPED = Status()


class Leaver:
    """One client's file, and what it does moment after moment."""

    def __init__(self, folder):
        self.memory = Memory("server:1")
        self.memory.version = "ab"
        self.file = SavedFile("server:1", folder)
        self.leaving = Leaving(self.memory, self.file)
        self.leaving.begin(STOPPED, ())
        self.now_s = 0.0

    def __call__(self, status, after_s=0.0, played=(), songs=SONGS, begins_at_s=0.0, is_last=False):
        """Look, and write what is to be written; return whether anything was."""
        self.now_s += after_s
        job = self.leaving.look(status, played, songs, begins_at_s, self.now_s, is_last)
        if job is not None:
            job()
        return job is not None

    @property
    def size(self):
        return self.file.path.stat().st_size


@pytest.fixture
def look(tmp_path):
    return Leaver(tmp_path)


def test_a_client_that_does_nothing_writes_nothing(look):
    assert not look(STOPPED) and not look(STOPPED, 100)
    assert look.file.read() is None


def test_all_of_it_is_written_at_a_change(look):
    assert look(PLAYING, played=(0, 7))
    assert look.file.read() == Saved(
        Kept("one", 1),
        10.0,
        (Kept("two", 2), Kept("zero", 0)),
        (Kept("zero", 0), Kept("", 7)),
        60,
        "all",
        "ab",
        "track",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"volume": 50},
        {"gain": "album"},
        {"repeat": "off"},
        {"queue": (2,)},
        {"song_id": 2, "title": "two"},
    ],
)
def test_each_change_is_written(look, change):
    look(PLAYING)
    assert not look(PLAYING)
    assert look(replace(PLAYING, **change))


def test_the_place_is_appended_now_and_then_while_it_sounds(look):
    look(PLAYING)
    size = look.size
    written = [look(replace(PLAYING, position_s=10.0 + n), 1.0) for n in range(1, 11)]
    assert sum(written) == 10 / PLACE_S
    assert look.size - size < 200
    assert look.file.read().position_s == 20.0


def test_the_place_at_the_end_is_written_however_soon_it_comes(look):
    look(PLAYING)
    there = replace(PLAYING, position_s=13.5)
    assert not look(there, 3.5)
    assert look(there, is_last=True)
    assert look.file.read().position_s == 13.5
    assert not look(there, is_last=True)


def test_the_place_where_it_falls_silent_or_is_sought_is_written_at_once(look):
    look(PLAYING)
    assert look(replace(PLAYING, position_s=90.0), 0.1)
    assert look.file.read().position_s == 90.0
    paused = replace(PLAYING, activity=Activity.PAUSED, position_s=91.0)
    look(paused, 1.0)
    assert look(replace(paused, position_s=91.2), 1.0)
    assert not look(replace(paused, position_s=91.2), 100.0)
    assert look.file.read().position_s == 91.2


def test_a_song_that_is_still_asked_for_keeps_the_place_where_it_is_to_begin(look):
    asking = Status(Activity.REQUESTED, 1, "one")
    assert look(asking, begins_at_s=83.0)
    assert look.file.read().position_s == 83.0


def test_what_was_left_stays_until_something_plays(look):
    look.memory.left_off = LeftOff(1, "one", 83.0)
    look.leaving.begin(replace(STOPPED, queue=(2,)), ())
    assert not look(replace(STOPPED, queue=(2,)))
    assert look(replace(STOPPED, queue=(2,), volume=50))
    assert look.file.read()[:3] == (Kept("one", 1), 83.0, (Kept("two", 2),))
    look.memory.left_off = None
    assert look(STOPPED)
    assert look.file.read().song is None


def test_a_song_is_called_as_it_was_before_where_no_list_has_come(look):
    look.leaving.titles = {1: "one", 2: "two"}
    look(replace(PLAYING, title=None), songs=())
    assert look.file.read().song == Kept("one", 1)
    assert look.file.read().upcoming == (Kept("two", 2), Kept("", 0))


def test_a_file_that_is_gone_is_written_anew(look):
    look(PLAYING)
    look.file.path.unlink()
    look(replace(PLAYING, position_s=15.0), PLACE_S)
    look(replace(PLAYING, position_s=15.1), 0.1)
    assert look.file.read().position_s == 15.1


def test_titles_are_written_when_they_are_known(look):
    look(replace(PLAYING, title=None), songs=())
    assert look.file.read().song == Kept("", 1)
    assert not look(replace(PLAYING, title=None), songs=())
    assert look(replace(PLAYING, title=None))
    assert look.file.read()[:3] == (Kept("one", 1), 10.0, (Kept("two", 2), Kept("zero", 0)))
    assert not look(PLAYING)
