"""What is told of a song has its title, from the list or from the song itself."""

import json

import pytest

from cli.playing.journal import Journal
from cli.playing.notices import Notices
from cli.playing.reports import TITLE_WAIT_S, Reports
from cli.usage import FAILED, OK
from cli.words.formatters.json_lines import JsonFormatter
from cli.words.formatters.plain import Formatter
from cli.words.moment import Status
from fsm.client import events as on
from fsm.client.effects import ShowSongs, Tell
from fsm.client.machines import ClientSession
from fsm.client.queue.edits import Append, Insert
from fsm.client.requests import EditRequested

SONGS = (on.ListedSong(1, "one"), on.ListedSong(2, "two"))
THREE = on.ListedSong(3, "three")
ENDS = on.SetupReceived(("alfine/1", "ends"))
LISTED, LIST_CLOSED = on.ListReceived(SONGS), on.ListReceived()
FULL, CLOSED = on.AudioReceived(bytes(4096)), on.AudioReceived()


class Timer:
    """Calls when the test says that the time is over."""

    def __init__(self, seconds, act):
        self.seconds, self.expire, self.cancelled = seconds, act, False

    def cancel(self):
        self.cancelled = True


class Client:
    """A client's machines, and the lines that are printed."""

    def __init__(self, formatter=None):
        journal, formatter = Journal(), formatter or Formatter("host:1")
        self.timers = []
        self.lines = []
        self.session = ClientSession(prebuffer_msgs=2, observe=journal.observe)
        notices = Notices(True, self.lines.append, "no sound card")
        self.own_title = None
        self.reports = Reports(
            self.session,
            journal.chosen,
            formatter,
            notices,
            lambda: self.own_title,
            lambda text, error: self.lines.append(text),
            lambda seconds, act: self.timers.append(Timer(seconds, act)) or self.timers[-1],
        )

    def __call__(self, *events):
        """Do with events what the program does; return the lines that were printed of them."""
        self.lines.clear()
        for event in events:
            for effect in self.session.handle(event):
                if isinstance(effect, Tell):
                    self.reports.tell(effect)
                elif isinstance(effect, ShowSongs):
                    self.reports.show(effect.songs, Status())
            self.reports.settle()
        return list(self.lines)


@pytest.fixture
def client():
    client = Client()
    client(on.Connected(), ENDS, on.PlayRequested(2), on.TitlesNeeded())
    return client


def test_the_beginning_of_a_song_is_told_with_the_title_in_its_own_tag():
    client = Client()
    client(on.Connected(), ENDS, on.PlayRequested(2))
    client.own_title = "its own"
    assert client(FULL, on.SongNamed("its own")) == ["buffering 2. its own"]
    assert client(FULL, FULL)[-1] == "playing 2. its own"
    assert client(CLOSED, LISTED, LIST_CLOSED, on.PlayedOut()) == ["played 2. two"]


def test_a_song_that_nothing_names_is_told_by_its_id():
    client = Client()
    client(on.Connected(), ENDS, on.PlayRequested(2))
    assert client(FULL) == ["buffering song 2"]
    assert client(FULL)[-1] == "playing song 2"


def test_where_a_list_is_on_its_way_the_beginning_is_told_when_that_is_here(client):
    assert client(FULL, FULL) == ["no sound card"]
    assert client(LISTED) == []
    assert client(LIST_CLOSED) == ["buffering 2. two", "playing 2. two"]
    assert client(CLOSED, on.PlayedOut()) == ["played 2. two"]


def test_it_is_told_behind_the_list_that_the_person_has_asked_for(client):
    client(FULL, on.ListRequested())
    assert client(LISTED, LIST_CLOSED) == ["1. one\n2. two", "buffering 2. two"]


def test_it_is_told_without_a_title_where_the_list_has_none():
    client = Client()
    client(on.Connected(), ENDS, on.PlayRequested(9), on.TitlesNeeded())
    assert client(FULL) == []
    assert client(LISTED, LIST_CLOSED) == ["buffering song 9"]


def test_whatever_else_is_told_comes_behind_it(client):
    client(FULL, FULL)
    assert client(on.BufferRanDry()) == [
        "buffering song 2",
        "playing song 2",
        "the buffer ran dry: waiting until there is enough of song 2 again",
    ]


def test_it_is_told_when_the_list_will_not_come(client):
    client(FULL)
    lines = client(on.ConnectionLost("it was cut"))
    assert lines[0] == "buffering song 2"


def test_a_song_that_follows_is_told_when_it_begins_though_no_list_has_come():
    client = Client()
    client(on.Connected(), ENDS, on.PlayRequested(1), EditRequested(Append((2, 3))))
    assert client(FULL, FULL, CLOSED) == ["buffering song 1", "no sound card", "playing song 1"]
    assert client.session.list_coming
    assert client(FULL, FULL, CLOSED) == []
    assert client(on.PlayedOut()) == ["played song 1", "playing song 2"]
    assert client.session.list_coming
    client.own_title = "its own"
    assert client(FULL, FULL, on.PlayedOut())[-1] == "playing 3. its own"
    assert client(LISTED, LIST_CLOSED) == []


def test_the_title_of_the_first_song_is_not_awaited_for_ever():
    client = Client()
    client(on.Connected(), ENDS, on.PlayRequested(2))
    assert client(FULL, CLOSED) == ["buffering song 2", "no sound card"]
    (timer,) = client.timers
    assert timer.seconds == TITLE_WAIT_S
    timer.expire()
    assert client.lines[-1] == "playing song 2"
    assert client(LISTED, LIST_CLOSED) == []


def test_that_a_song_is_played_is_not_told_after_it_was_stopped():
    client = Client()
    client(on.Connected(), ENDS, on.PlayRequested(2))
    client(FULL, CLOSED)
    assert client(on.StopRequested()) == ["playing song 2"]
    assert client.session.list_coming
    (timer,) = client.timers
    assert timer.cancelled


def test_nothing_is_timed_any_more_when_the_title_has_come(client):
    client(FULL, FULL)
    (timer,) = client.timers
    assert not timer.cancelled
    client(LISTED, LIST_CLOSED)
    assert timer.cancelled


LOST = on.ConnectionLost("it was cut")
OTHERS = on.ListReceived((on.ListedSong(1, "other"), on.ListedSong(4, "four")))


def all_gone(client):
    """Play three songs of a list that the server has no more: another one serves there now."""
    client(on.Connected(), ENDS, on.ListRequested(), on.ListReceived((*SONGS, THREE)), LIST_CLOSED)
    client(LOST, on.PlayRequested(1), EditRequested(Insert((2, 3))))
    return client(on.Connected(), ENDS, OTHERS, LIST_CLOSED)


def test_songs_that_are_gone_with_the_one_that_is_lost_are_one_line():
    client = Client()
    assert all_gone(client)[-1:] == [
        "1. one was cut off before its end: the song is no longer on the server; "
        "left out as well: two, three"
    ]
    assert not any("left out:" in line for line in client.lines)
    assert client.reports.worst_code == FAILED


def test_for_programs_each_report_is_a_line_of_its_own():
    events = [json.loads(line) for line in all_gone(Client(JsonFormatter("host:1")))]
    told = [(event["event"], event["detail"]) for event in events[-2:]]
    assert told == [
        ("songs_gone", "two, three"),
        ("song_cut_off", "the song is no longer on the server"),
    ]


def test_songs_that_are_gone_are_told_at_once_where_the_song_itself_is_there():
    client = Client()
    client(on.Connected(), ENDS, on.ListRequested(), on.ListReceived((*SONGS, THREE)), LIST_CLOSED)
    client(LOST, on.PlayRequested(1), EditRequested(Insert((2, 3))))
    one = on.ListReceived(SONGS[:1])
    assert client(on.Connected(), ENDS, one, LIST_CLOSED)[-1] == (
        "no longer on the server, and left out: two, three"
    )


def test_where_the_titles_are_known_nothing_waits(client):
    client(LISTED, LIST_CLOSED, FULL, CLOSED, on.PlayedOut())
    client(on.PlayRequested(1), on.ListRequested())
    assert client(FULL) == ["buffering 1. one"]


def test_only_a_failure_fails(client):
    client(FULL, LISTED, LIST_CLOSED)
    assert client.reports.worst_code == OK
    client(on.PlayRequested(9), CLOSED, on.NotFoundReceived())
    assert client.reports.worst_code == FAILED


def test_a_list_is_shown_by_the_words_that_it_was_asked_for_by(client):
    client.reports.expect_list("list", "tw")
    assert client(on.ListRequested(), LISTED, LIST_CLOSED) == ["2. two"]
    assert client(on.ListRequested(), LISTED, LIST_CLOSED) == ["1. one\n2. two"]


def test_a_list_that_failed_takes_its_words_with_it(client):
    client.reports.expect_list("list", "tw")
    client(on.ListRequested(), on.ConnectionLost("it was cut"), on.ListRequested(), on.Connected())
    assert "1. one\n2. two" in client(ENDS, LISTED, LIST_CLOSED)
