"""What is told names the song that is heard, also when the server has other IDs by now."""

import json

import pytest

from cli.playing.journal import Journal
from cli.playing.snapshot import Snapshots
from cli.words.formatters.json_lines import JsonFormatter
from cli.words.formatters.plain import Formatter
from fsm.client import events as on
from fsm.client.effects import Tell
from fsm.client.machines import ClientSession
from fsm.client.queue.edits import Append
from fsm.client.requests import EditRequested
from tests.cli.playing.test_journal import silence

BEFORE = (on.ListedSong(1, "one"), on.ListedSong(2, "two"), on.ListedSong(3, "three"))
AFTER = (on.ListedSong(1, "new"), on.ListedSong(2, "one"), on.ListedSong(3, "two"))
ENDS = on.SetupReceived(("alfine/1", "ends"))
FULL, CLOSED = on.AudioReceived(bytes(4096)), on.AudioReceived()


class Client:
    """A client's machines, and what they tell: as text, and as the song in JSON."""

    def __init__(self, plain=False):
        self.journal = Journal()
        self.session = ClientSession(2, plain, observe=self.journal.observe)
        self.snapshots = Snapshots(self.session, silence(), self.journal.chosen)
        self.told, self.named = [], []

    def fire(self, *events):
        for event in events:
            for effect in self.session.handle(event):
                if isinstance(effect, Tell):
                    self._tell(effect)

    def _tell(self, tell):
        song, songs = self.journal.chosen.take_told(tell), self.session.link.songs
        self.told.append(Formatter("host:1").report(tell, song, songs))
        named = json.loads(JsonFormatter("host:1").report(tell, song, songs))["song"]
        self.named.append(tuple(named.values()) if named else None)

    def connect(self, songs):
        self.fire(on.Connected(), ENDS, on.TitlesNeeded())
        self.fire(on.ListReceived(songs), on.ListReceived(()))

    def restart_server(self, songs):
        self.fire(on.ConnectionLost("it was closed"), on.RetryDue())
        self.connect(songs)


@pytest.fixture
def client():
    client = Client()
    client.connect(BEFORE)
    return client


def test_a_song_that_has_another_id_now_keeps_its_title(client):
    client.fire(on.PlayRequested(1), FULL)
    client.restart_server(AFTER)
    status = client.snapshots.take()
    assert (status.song_id, status.title) == (2, "one")
    client.fire(FULL, FULL, FULL, CLOSED, on.PlayedOut())
    assert client.told[-3:] == [
        "2. one goes on where it was interrupted",
        "playing 2. one",
        "played 2. one",
    ]
    assert client.named[-3:] == [(2, "one")] * 3
    assert client.journal.why(client.snapshots.take(), AFTER)[-1].endswith("2. one ended")


def test_so_does_the_next_song(client):
    client.fire(EditRequested(Append((1, 2))), FULL, FULL, CLOSED, FULL)
    client.restart_server(AFTER)
    assert client.snapshots.take().title == "one"
    client.fire(on.PlayedOut())
    assert client.told[-1] == "played 2. one"
    status = client.snapshots.take()
    assert (status.song_id, status.title) == (3, "two")
    client.fire(FULL, FULL, CLOSED, on.PlayedOut())
    assert client.told[-1] == "played 3. two"


def test_what_has_happened_keeps_the_name_that_it_had(client):
    client.fire(on.PlayRequested(1), FULL, FULL, CLOSED, on.PlayedOut())
    client.fire(on.ConnectionLost("it was closed"), on.ListRequested())
    client.connect(AFTER)
    said = client.journal.why(client.snapshots.take(), AFTER)
    assert said[0].startswith("Silent: 1. one ended at ")


def test_a_song_that_is_gone_is_not_offered_by_the_id_of_another(client):
    client.fire(on.PlayRequested(3), FULL, FULL)
    client.restart_server(AFTER)
    client.fire(on.PlayedOut())
    assert client.told[-1] == (
        "3. three was cut off before its end: the song is no longer on the server"
    )


def test_two_songs_of_one_id_in_one_moment_are_told_apart(client):
    client.fire(on.PlayRequested(1), FULL, FULL, CLOSED)
    client.fire(on.ConnectionLost("it was closed"), on.ListRequested())
    client.connect(AFTER)
    client.fire(EditRequested(Append((1,))), on.PlayedOut(), FULL, FULL)
    assert "played 2. one" in client.told
    assert client.told[-1] == "playing 1. new"


def test_a_title_that_was_not_known_is_taken_from_the_first_list():
    client = Client()
    client.session = ClientSession(prebuffer_msgs=2, plain=True, observe=client.journal.observe)
    client.snapshots = Snapshots(client.session, silence(), client.journal.chosen)
    client.fire(on.Connected(), on.PlayRequested(1), FULL, FULL)
    assert client.told[0] == "buffering song 1"
    client.fire(on.ListRequested(), on.ListReceived(BEFORE), on.ListWentQuiet())
    assert client.snapshots.take().title == "one"


def told_plain():
    client = Client(plain=True)
    client.fire(on.Connected(), on.ListRequested(), on.ListReceived(BEFORE), on.ListWentQuiet())
    return client


LOST = (on.ConnectionLost("it was closed"), on.RetryDue(), on.Connected())


def test_told_plain_an_id_has_no_title_over_another_connection():
    """Nobody asks for a list that would say whether the song is the same."""
    client = told_plain()
    client.fire(on.PlayRequested(1), *LOST, FULL)
    assert client.told[-1] == "buffering song 1"
    client.fire(on.StopRequested(), on.PlayRequested(2), *LOST[::2], FULL)
    assert client.told[-1] == "buffering song 2"


def test_told_plain_a_song_that_has_begun_keeps_its_title():
    client = told_plain()
    client.fire(on.PlayRequested(1), FULL, *LOST, FULL, FULL, on.SongWentQuiet(), on.PlayedOut())
    assert client.told[-1] == "played 1. one, as far as the server says"
    client.fire(on.PlayRequested(2), *LOST[::2], FULL)
    assert client.told[-1] == "buffering song 2"


def test_what_is_queued_is_the_song_that_was_queued(client):
    client.fire(EditRequested(Append((1, 2, 3))), FULL)
    client.restart_server(AFTER)
    assert client.told[-1] == "no longer on the server, and left out: three"
    assert client.snapshots.take().queue == (3,)
    client.fire(FULL, FULL, CLOSED, on.PlayedOut(), FULL, FULL)
    assert client.named[-1] == (3, "two")


def test_a_song_that_no_list_has_named_is_called_by_its_own_tag_then_by_the_list():
    client = Client()
    client.fire(on.Connected(), ENDS, on.PlayRequested(2), FULL)
    assert client.snapshots.take().title is None
    client.fire(on.SongNamed("its own"))
    assert client.snapshots.take().title == "its own"
    client.fire(CLOSED, on.ListReceived(BEFORE), on.ListReceived(()))
    assert client.snapshots.take().title == "two"


def test_the_song_ahead_is_called_by_its_own_tag_too():
    client = Client()
    client.fire(on.Connected(), ENDS, on.PlayRequested(2), EditRequested(Append((3,))))
    client.fire(FULL, on.SongNamed("first"), CLOSED, FULL, on.SongNamed("second"))
    assert client.snapshots.take().title == "first"
    client.fire(on.PlayedOut())
    assert client.snapshots.take().title == "second"


def test_a_song_that_was_left_is_called_as_it_was_then():
    client = Client()
    client.journal.chosen.remember({2: "as it was"})
    client.fire(on.Connected(), ENDS, on.PlayRequested(2))
    assert client.snapshots.take().title == "as it was"
