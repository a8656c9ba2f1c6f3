"""What counts as heard: that it sounded, and not that it was sought in."""

import pytest

from cli.playing.remembering.listening import Listening
from cli.words.moment import Activity, SongName, Status

PLAYING, PAUSED, STOPPED = Activity.PLAYING, Activity.PAUSED, Activity.STOPPED


class Listener:
    """Looks at one moment after the other."""

    def __init__(self):
        self.listening = Listening()
        self.now_s = 1000.0
        self.turn = 1

    def __call__(self, passed_s, activity=PLAYING, song_id=1, duration_s=200.0):
        self.now_s += passed_s
        status = Status(activity, song_id, f"song {song_id}", duration_s=duration_s)
        if activity is STOPPED:
            status = Status()
        return self.listening.look(self.turn, status, self.now_s)


@pytest.fixture
def look():
    return Listener()


def test_half_a_minute_is_enough_and_is_told_once(look):
    assert [look(0), look(29.9)] == [None, None]
    assert look(0.2) == SongName(1, "song 1")
    assert [look(100), look(100)] == [None, None]


@pytest.mark.parametrize("duration_s", [20.0, 59.0])
def test_of_a_shorter_song_half_is_enough(look, duration_s):
    look(0, duration_s=duration_s)
    assert look(duration_s / 2 - 0.1, duration_s=duration_s) is None
    assert look(0.2, duration_s=duration_s) == SongName(1, "song 1")


def test_what_is_silent_is_not_heard(look):
    look(0)
    look(20, PAUSED)
    assert look(500) is None
    assert look(9) is None
    assert look(1.1) == SongName(1, "song 1")


def test_a_song_that_ends_between_two_looks_is_heard(look):
    look(0, duration_s=4.0)
    look.turn += 1
    assert look(4.0, song_id=2) == SongName(1, "song 1")
    assert look(29.0, song_id=2) is None


def test_a_song_that_is_left_early_is_not_heard(look):
    look(0)
    look.turn += 1
    assert look(10, song_id=2) is None
    assert look(25, STOPPED) is None


def test_a_song_that_follows_itself_is_heard_again(look):
    look(0)
    assert look(40)
    look.turn += 1
    assert look(1) is None
    assert look(40) == SongName(1, "song 1")


def test_how_long_it_takes_is_known_while_it_sounds(look):
    assert look.listening.due_s is None
    look(0)
    assert look.listening.due_s == pytest.approx(30.0)
    look(12)
    assert look.listening.due_s == pytest.approx(18.0)
    look(0, PAUSED)
    assert look.listening.due_s is None
    look(0)
    look(20)
    assert look.listening.due_s is None


def test_before_anything_plays_nothing_is_heard(look):
    assert [look(0, STOPPED), look(100, STOPPED)] == [None, None]
