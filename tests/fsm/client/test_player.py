"""The player's machine alone: when it is started, waits, goes on, and plays from another place."""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.effects import Report
from fsm.client.player import DRY, QUEUED, RUNNING, SILENT, PlayerSession
from fsm.client.requests import Measure
from tests.fsm.driver import step

READY, FINISHED = internal.SongReady(1), internal.SongReady(1, finished=True)
NEXT_READY, SHORT = internal.NextSongReady(), internal.SongShort()
SOUGHT = internal.SeekWanted(-10.0, Measure.FROM_HERE)
SEEK = do.SeekPlayer(-10.0, Measure.FROM_HERE)
WAYS = {
    SILENT: (),
    RUNNING: (READY,),
    DRY: (READY, SHORT),
    QUEUED: (READY, NEXT_READY),
}
PLAYS = do.Tell(Report.SONG_PLAYING, 1)
BEGUN = [do.StartPlayer(), PLAYS]
SONG_ENDS = (on.PlayedOut(), on.Undecodable("noise"), internal.SongSkipped())


def reached(state):
    session = PlayerSession()
    assert step(session, *WAYS[state])[1] is state
    return session


def after(state, *events):
    """What comes of the last event in that state, and the state then."""
    return step(reached(state), *events)


def begins_at_the_start(session):
    """The next song that is ready is played from its start."""
    return step(session, READY)[0] == BEGUN


# Enough to play (RFC 2.5.2)


@pytest.mark.parametrize("ready", [READY, FINISHED], ids=str)
def test_a_song_of_which_there_is_enough_is_played(ready):
    assert after(SILENT, ready) == (BEGUN, RUNNING)


def test_a_player_that_waits_goes_on_when_there_is_enough_again():
    again = do.Tell(Report.PLAYING_AGAIN, 1)
    assert after(DRY, READY) == ([do.RefillPlayer(), again], RUNNING)


def test_when_nothing_more_comes_it_goes_on_without_a_word():
    assert after(DRY, FINISHED) == ([do.RefillPlayer()], RUNNING)


def test_a_song_of_which_there_is_too_little_is_waited_for():
    for state in (RUNNING, DRY):
        assert after(state, SHORT) == ([], DRY)


def test_the_player_goes_on_into_the_next_song_by_itself():
    assert after(RUNNING, NEXT_READY) == ([do.QueueNextSong()], QUEUED)


@pytest.mark.parametrize("end", SONG_ENDS, ids=str)
def test_at_the_end_of_a_song_it_has_gone_on_or_is_silent(end):
    assert after(QUEUED, end) == ([], RUNNING)
    assert after(RUNNING, end) == ([], SILENT)


def test_a_song_that_cannot_be_decoded_may_be_one_that_is_waited_for():
    assert after(DRY, on.Undecodable("noise")) == ([], SILENT)


def test_the_player_need_not_go_on_into_a_song_that_is_dropped():
    for state in (RUNNING, QUEUED):
        session = reached(state)
        assert step(session, internal.NextSongDropped()) == ([], RUNNING)
        assert step(session, on.PlayedOut()) == ([], SILENT)


@pytest.mark.parametrize(
    "event",
    [
        on.PlayRequested(2),
        internal.SongTurnCame(2),
        on.StopRequested(),
        on.OutputFailed("no room"),
    ],
    ids=str,
)
def test_what_clears_the_buffers_silences_the_player(event):
    for state in WAYS:
        session = reached(state)
        assert step(session, event) == ([], SILENT)
        assert begins_at_the_start(session)


# Another place in the song


def test_a_place_is_sought_at_once_while_the_player_runs():
    for state in (RUNNING, QUEUED):
        assert after(state, SOUGHT) == ([SEEK], state)


def test_a_player_that_waits_plays_on_from_another_place():
    assert after(DRY, SOUGHT) == ([SEEK, internal.PlayerMoved()], RUNNING)


@pytest.mark.parametrize("ready", [READY, FINISHED], ids=str)
def test_a_place_that_is_sought_early_is_where_playing_begins(ready):
    session = reached(SILENT)
    step(session, internal.SeekWanted(0.5, Measure.FRACTION))
    seek = do.SeekPlayer(0.5, Measure.FRACTION)
    assert step(session, ready) == ([do.StartPlayer(), seek, PLAYS], RUNNING)


def test_the_place_sought_last_counts():
    start = internal.SeekWanted(0.0, Measure.FROM_START)
    seek = do.SeekPlayer(0.0, Measure.FROM_START)
    assert after(SILENT, SOUGHT, start, READY)[0] == [do.StartPlayer(), seek, PLAYS]


@pytest.mark.parametrize(
    "event",
    [
        on.PlayRequested(2),
        internal.SongTurnCame(2),
        on.StopRequested(),
        on.OutputFailed("no room"),
    ],
    ids=str,
)
def test_the_place_is_that_songs_alone(event):
    for way in WAYS.values():
        session = reached(SILENT)
        assert step(session, SOUGHT, *way, event)[1] is SILENT
        assert begins_at_the_start(session)


@pytest.mark.parametrize("end", SONG_ENDS, ids=str)
def test_the_next_song_begins_at_its_start(end):
    session = reached(SILENT)
    step(session, SOUGHT, READY, end)
    assert begins_at_the_start(session)
    session = reached(SILENT)
    step(session, SOUGHT, READY, SHORT, on.Undecodable("noise"))
    assert begins_at_the_start(session)


# A place of which nothing is here (protocol.md 10)

THERE = internal.PlaceWanted(1, 4096)


def from_start(seconds):
    return internal.SeekWanted(seconds, Measure.FROM_START)


def test_a_player_that_has_begun_waits_for_what_is_asked_for():
    for state in (RUNNING, DRY, QUEUED):
        assert after(state, THERE) == ([], DRY)
    assert after(SILENT, THERE) == ([], SILENT)
    assert after(SILENT, SHORT) == ([], SILENT)
    assert after(RUNNING, READY) == ([], RUNNING), "it has been sent to a place that is here"


def test_a_place_that_the_song_does_not_have_is_not_where_playing_begins():
    back = internal.PlaceWanted(1, 0, back=True)
    session = reached(SILENT)
    assert step(session, from_start(6000.0), back)[1] is SILENT
    assert begins_at_the_start(session)
    session = reached(SILENT)
    assert step(session, from_start(60.0), THERE) == ([], SILENT)
    begun = [do.StartPlayer(), do.SeekPlayer(60.0, Measure.FROM_START), PLAYS]
    assert step(session, READY) == (begun, RUNNING), "what it has is asked for, to begin there"


def test_before_there_is_enough_a_place_is_found():
    session = reached(SILENT)
    found = [do.FindPlace(60.0, Measure.FROM_START)]
    assert step(session, from_start(60.0)) == (found, SILENT)
    begun = [do.StartPlayer(), do.SeekPlayer(60.0, Measure.FROM_START), PLAYS]
    assert step(session, READY) == (begun, RUNNING)


def test_a_song_may_begin_at_another_place():
    for state in WAYS:
        session = reached(state)
        found = [do.FindPlace(42.5, Measure.FROM_START)]
        assert step(session, on.PlayRequested(1, 42.5)) == (found, SILENT)
        begun = [do.StartPlayer(), do.SeekPlayer(42.5, Measure.FROM_START), PLAYS]
        assert step(session, READY) == (begun, RUNNING)
        session = reached(state)
        step(session, on.PlayRequested(1, 42.5))
        assert step(session, on.PlayRequested(1)) == ([], SILENT)
        assert begins_at_the_start(session)


def test_places_that_are_counted_from_here_count_from_the_last_one():
    session = reached(SILENT)
    for place, sum_s in ((SOUGHT, 0.0), (from_start(60.0), 60.0), (SOUGHT, 50.0), (SOUGHT, 40.0)):
        found = [do.FindPlace(sum_s, Measure.FROM_START)]
        assert step(session, place) == (found, SILENT)
    half = internal.SeekWanted(0.5, Measure.FRACTION)
    for place in (half, SOUGHT, SOUGHT):
        assert step(session, place)[0] == [do.FindPlace(0.5, Measure.FRACTION)]
    sought = [do.SeekPlayer(0.5, Measure.FRACTION), do.SeekPlayer(-20.0, Measure.FROM_HERE)]
    assert step(session, READY)[0] == [do.StartPlayer(), *sought, PLAYS]
