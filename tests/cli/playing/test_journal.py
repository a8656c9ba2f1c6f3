"""`why` says in sentences what the machines went through."""

from datetime import datetime
from types import SimpleNamespace

import pytest

from cli.playing.journal import Journal
from cli.playing.snapshot import Snapshots
from cli.words.moment import Activity, Status
from fsm.client import events as on
from fsm.client.machines import ClientSession
from fsm.client.queue.edits import Append
from fsm.client.requests import (
    EditRequested,
    PauseRequested,
    SeekRequested,
    ToggleRequested,
    VolumeRequested,
)

SONGS = (on.ListedSong(3, "grapes"),)
MESSAGE = on.AudioReceived(bytes(4096))


class Clocks:
    """A wall clock and a monotonic clock that only a test advances."""

    def __init__(self):
        self.now_s = 0.0

    def wall(self):
        return datetime.fromtimestamp(self.now_s)

    def monotonic(self):
        return self.now_s


def silence():
    """Return a stand-in for Sound of which nothing has been decoded."""
    index = SimpleNamespace(
        duration_s=None, exact=False, bytes_per_s=0, variable=False, received_fraction=None
    )
    return SimpleNamespace(index=index, position_s=0.0, gain=None, device="")


class Client:
    """A client's machines and their journal, connected to a server that closes its answers."""

    def __init__(self, *more_accepted):
        self.clocks = Clocks()
        self.clocks.now_s = datetime(2024, 5, 1, 12, 3, 0).timestamp()
        self.journal = Journal(self.clocks.wall, self.clocks.monotonic)
        self.session = ClientSession(prebuffer_msgs=2, observe=self.journal.observe)
        self.snapshots = Snapshots(self.session, silence(), self.journal.chosen)
        self.fire(on.Connected(), on.SetupReceived(("alfine/1", "ends", *more_accepted)))
        self.fire(on.ListReceived(SONGS), on.ListReceived(()))

    def fire(self, *events):
        for event in events:
            self.session.handle(event)

    def why(self):
        return self.journal.why(self.snapshots.take(), SONGS)


@pytest.fixture
def client():
    return Client()


def test_before_any_request(client):
    assert client.why()[0].startswith("Nothing has been asked for yet")


def test_a_song_that_ends_before_a_place_is_not_said_to_be_missing():
    client = Client("tags", "from")
    client.fire(on.PlayRequested(3), EditRequested(Append((9,))), MESSAGE, MESSAGE)
    client.fire(SeekRequested(6000.0), on.PlaceNotHere(99_000, 98_000, 1), on.AudioReceived(b""))
    client.fire(on.NotFoundReceived())
    told = "3. grapes ends before that place, and goes on where it was"
    assert client.why()[-1] == f"12:03:00  {told}"
    assert "404" not in " ".join(client.why())


def test_stop_and_the_audio_that_came_too_late(client):
    client.fire(on.PlayRequested(3), MESSAGE, MESSAGE)
    client.clocks.now_s += 7
    client.fire(on.StopRequested())
    client.clocks.now_s += 0.084
    client.fire(*[MESSAGE] * 37)
    assert client.why()[0] == ("Silent: STOP at 12:03:07; 37 late messages dropped in 84 ms.")


def test_waiting_for_enough(client):
    client.fire(on.PlayRequested(3), MESSAGE)
    assert client.why()[0].startswith("It waits for enough audio; 1 of 2 messages are here")


def test_playing(client):
    client.fire(on.PlayRequested(3), MESSAGE, MESSAGE)
    first, *rest = client.why()
    assert first.startswith("It plays, at 0:00, volume 100 %")
    assert rest[-1].endswith("3. grapes began 0.0 s later, with 2 messages here")


def test_the_volume_is_a_reason(client):
    client.fire(on.PlayRequested(3), MESSAGE, MESSAGE, VolumeRequested(0))
    assert "volume is 0" in client.why()[0]


def test_a_pause(client):
    client.fire(on.PlayRequested(3), MESSAGE, MESSAGE, PauseRequested())
    assert client.why()[0].startswith("Paused at 0:00")


def test_a_toggle_is_told_as_what_it_did(client):
    client.fire(on.PlayRequested(3), MESSAGE, MESSAGE, ToggleRequested())
    assert client.why()[-1] == "12:03:00  you paused"
    client.fire(ToggleRequested())
    assert client.why()[-1] == "12:03:00  you went on"


def test_not_found(client):
    client.fire(on.PlayRequested(9), on.NotFoundReceived())
    assert client.why()[0].startswith("Silent: the server does not have song 9 (404) at 12:03:00")


def test_a_queued_song_that_does_not_exist_is_named_by_its_own_id(client):
    client.fire(
        EditRequested(Append((3, 9))),
        MESSAGE,
        MESSAGE,
        on.AudioReceived(b""),
        on.NotFoundReceived(),
    )
    facts = [line[10:] for line in client.why()[1:]]
    assert facts == [
        "connected",
        "you asked for 3. grapes",
        "3. grapes began 0.0 s later, with 2 messages here",
        "the server does not have song 9 (404)",
    ]


def test_what_changes_nothing_is_no_reason(client):
    client.fire(on.PlayRequested(9), on.NotFoundReceived())
    client.fire(on.StopRequested(), PauseRequested(), SeekRequested(5.0))
    assert "404" in client.why()[0]
    assert "404" in client.why()[-1]


def test_a_buffer_that_ran_dry(client):
    client.fire(on.PlayRequested(3), MESSAGE, MESSAGE, on.BufferRanDry())
    assert client.why()[0].startswith("The buffer ran dry")


def test_a_lost_connection_and_attempts_that_are_counted(client):
    client.fire(on.PlayRequested(3), MESSAGE, MESSAGE, on.ConnectionLost("it was closed"))
    for _ in range(3):
        client.fire(on.RetryDue(), on.ConnectFailed("nobody listens"))
    lines = client.why()
    assert "there is no connection to the server" in lines[0]
    assert lines[-1].endswith("there was no connection to be had: nobody listens (3 times)")


def test_undecodable(client):
    client.fire(on.PlayRequested(3), MESSAGE, MESSAGE, on.Undecodable("it is {no} MP3"))
    assert client.why()[0].startswith("Silent: 3. grapes could not be decoded: it is (no) MP3")


def test_a_status_alone_is_enough_for_an_answer():
    assert Journal().why(Status())


def test_when_the_song_starts_is_said_only_until_it_does(client, monkeypatch):
    now_s = [0.0]
    monkeypatch.setattr("cli.playing.snapshot.time.monotonic", lambda: now_s[0])
    client.fire(on.PlayRequested(3))
    client.snapshots.take()
    now_s[0] = 1.0
    client.fire(MESSAGE)
    assert client.snapshots.take().starts_in_s == 1.0
    client.fire(MESSAGE)
    status = client.snapshots.take()
    assert (status.activity, status.starts_in_s) == (Activity.PLAYING, None)
