"""The whole client: a pause after a time, and nothing behind a song, where a person wants to sleep.

Written by hand from docs/playing.md 13.
"""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.queue.edits import Append
from fsm.client.queue.table import QueueState
from fsm.client.requests import Repeat
from fsm.client.song.table import SongState
from fsm.client.transport import TransportState
from fsm.words import Request
from tests.fsm.driver import CLOSED, audio, closing_server

LATER, AFTER_SONG = ask.SleepRequested(1800.0), ask.SleepAfterSongRequested()
AWAKE, DUE, END = ask.StayAwakeRequested(), on.SleepDue(), on.PlayedOut()
ONE_WHOLE = (on.PlayRequested(1), audio("1a"), audio("1b"), CLOSED)
WAIT = on.CommandEntered(on.Command.WAIT, on.WaitRequested())


def playing(*queued):
    """Song 1 is whole and plays, and these songs are queued; the first has been requested."""
    client = closing_server()
    client(*ONE_WHOLE, *([ask.EditRequested(Append(queued))] if queued else []))
    return client


def states(client):
    return client.session.queue.state, client.session.transport.state


# After a time


def test_it_pauses_when_the_time_is_over_and_says_so():
    client = playing(2)
    client(LATER)
    assert client.latest == [do.StartTimer(on.SleepDue(), 1800.0)]
    client(DUE)
    assert client.did(do.PausePlayer) and client.told() == [do.Report.ASLEEP]
    assert client.session.transport.state is TransportState.PAUSED
    client(ask.ResumeRequested())
    assert client.did(do.ResumePlayer)


def test_a_wait_ends_with_it():
    client = playing()
    client(WAIT, LATER)
    assert not client.did(do.ShowPrompt)
    client(DUE)
    assert client.did(do.ShowPrompt)


def test_where_nothing_plays_nothing_happens():
    client = closing_server()
    client(LATER, DUE)
    assert client.latest == [do.StartTimer(on.SleepDue(), 1800.0)]
    assert client.session.transport.state is TransportState.IDLE


@pytest.mark.parametrize("silent", [ask.PauseRequested(), on.DeviceLost("unplugged")])
def test_what_is_silent_already_stays_as_it_is(silent):
    client = playing()
    client(silent)
    before = states(client)
    assert client(DUE) == [] and states(client) == before


def test_who_stays_awake_is_not_paused():
    client = playing()
    client(LATER, AWAKE)
    assert do.CancelTimer(on.SleepDue) in client.latest


# After the song


def test_nothing_follows_the_song():
    client = playing(2, 3)
    assert client.session.queue.state is QueueState.AHEAD
    client(AFTER_SONG)
    assert client.did(do.DropNextBuffer) and client.sent() == ["STOP"]
    assert client.session.queue.state is QueueState.WHOLE
    assert client.session.next_song.state is SongState.UNWANTED
    client(END)
    assert do.Report.ASLEEP in client.told() and client.sent() == []
    assert states(client) == (QueueState.IDLE, TransportState.IDLE)
    assert client.session.queue.upcoming == (2, 3)
    assert client.session.queue.played == (1,)


def test_nothing_is_requested_ahead_when_the_song_becomes_whole():
    client = closing_server()
    client(on.PlayRequested(1), audio("1a"), AFTER_SONG, ask.EditRequested(Append((2,))))
    client(audio("1b"), CLOSED)
    assert client.sent() == [] and client.session.queue.state is QueueState.WHOLE
    client(ask.EditRequested(Append((3,))))
    assert client.sent() == [] and client.session.queue.state is QueueState.WHOLE


@pytest.mark.parametrize("repeat", [Repeat.ONE, Repeat.ALL])
def test_nor_is_anything_repeated(repeat):
    client = playing()
    client(ask.RepeatRequested(repeat), AFTER_SONG)
    assert client.session.queue.state is QueueState.WHOLE
    client(END)
    assert client.sent() == [] and client.session.queue.state is QueueState.IDLE


def test_it_holds_once():
    client = playing(2)
    client(AFTER_SONG, CLOSED, END, ask.NextRequested(), audio("2a"), audio("2b"), CLOSED)
    client(ask.EditRequested(Append((3,))))
    assert client.sent() == ["PLAY 3"]


def test_a_song_that_cannot_be_played_is_the_last_as_well():
    client = closing_server()
    client(on.PlayRequested(9), ask.EditRequested(Append((2,))), AFTER_SONG)
    client(on.NotFoundReceived())
    assert client.sent() == [] and do.Report.ASLEEP in client.told()
    assert states(client) == (QueueState.IDLE, TransportState.IDLE)
    assert client.session.queue.played == ()
    client(ask.NextRequested(), audio("2a"), audio("2b"), CLOSED)
    client(ask.EditRequested(Append((3,))))
    assert client.sent() == ["PLAY 3"]


def test_a_wait_ends_with_the_song():
    client = playing(2)
    client(WAIT, AFTER_SONG)
    assert not client.did(do.ShowPrompt)
    client(END)
    assert client.did(do.ShowPrompt)


@pytest.mark.parametrize("ended", [on.StopRequested(), on.OutputFailed("no device")])
def test_what_ends_the_song_forgets_it(ended):
    client = playing()
    client(AFTER_SONG, ended, *ONE_WHOLE, ask.EditRequested(Append((2,))))
    assert client.sent()[-1] == "PLAY 2"


def test_another_song_is_the_last_one_then():
    client = playing(2, 3)
    client(AFTER_SONG, CLOSED, ask.NextRequested())
    assert client.sent()[-1] == "PLAY 2"
    client(audio("2a"), audio("2b"), CLOSED, END)
    assert client.session.queue.state is QueueState.IDLE
    assert client.session.queue.upcoming == (3,)


@pytest.mark.parametrize("awake", [AWAKE, LATER])
def test_who_stays_awake_hears_what_follows(awake):
    client = playing(2)
    client(AFTER_SONG)
    client(awake)
    assert client.sent() == ["PLAY 2"]
    assert client.session.queue.state is QueueState.AHEAD
    client(awake)
    assert client.sent() == [] and client.session.queue.state is QueueState.AHEAD


@pytest.mark.parametrize("awake", [AWAKE, LATER])
def test_and_what_is_queued_later(awake):
    client = playing()
    client(AFTER_SONG, awake)
    assert client.session.queue.state is QueueState.WHOLE
    client(ask.EditRequested(Append((2,))))
    assert client.sent() == ["PLAY 2"]


def test_and_what_is_queued_while_the_song_arrives():
    client = closing_server()
    client(on.PlayRequested(1), audio("1a"), ask.EditRequested(Append((2,))), AFTER_SONG, AWAKE)
    client(audio("1b"), CLOSED)
    assert client.sent() == ["PLAY 2"]


def test_it_takes_the_place_of_the_time():
    client = playing()
    client(LATER, AFTER_SONG)
    assert client.latest[-1] == do.CancelTimer(on.SleepDue)
    client(ask.PauseRequested(), LATER, AFTER_SONG)
    assert client.latest[-1] == do.CancelTimer(on.SleepDue)


def test_without_a_song_it_is_refused_and_the_time_counts_on():
    client = closing_server()
    client(LATER)
    assert client(AFTER_SONG) == [do.Tell(do.Report.NOTHING_PLAYS)]
    client(*ONE_WHOLE, ask.EditRequested(Append((2,))))
    assert client.sent()[-1] == "PLAY 2"


def test_a_server_is_asked_for_nothing_by_it():
    client = playing()
    client(LATER, AFTER_SONG, AWAKE, DUE)
    assert not [
        e for e in client.latest if isinstance(e, do.SendRequest) and e.request is Request.PLAY
    ]
