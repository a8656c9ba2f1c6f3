"""The server's machine in each of its states: what it sends, what it still hears, how it ends."""

import pytest

from fsm import effects as do
from fsm import events as on
from fsm.server import (
    CLOSED,
    CLOSING,
    DRAINING,
    FINISHING,
    IDLE,
    LISTING,
    LISTING_WHILE_STREAMING,
    STREAMING,
    ServerSession,
)
from tests.fsm.talking import alone

LIST, STOP, PLAY, UNKNOWN = (
    on.ListRequested(),
    on.StopRequested(),
    on.PlayRequested(1),
    on.PlayRequested(99),
)
ENDS, TEARDOWN = on.SetupRequested(("ends",)), on.TeardownRequested()
HELO, TOO_LONG, NO_MORE = on.RequestNotUnderstood("HELO"), on.RequestTooLong(), on.RequestsEnded()
SENT, ENDED, FAILED = on.ListSent(), on.SongSent(), on.SongFailed("unreadable")
LOST, SHUTDOWN, EXPIRED = on.ConnectionLost("cut"), on.ShutdownRequested(), on.DrainExpired()
WAYS = {
    IDLE: (),
    LISTING: (LIST,),
    STREAMING: (PLAY,),
    LISTING_WHILE_STREAMING: (PLAY, LIST),
    FINISHING: (PLAY, NO_MORE),
    DRAINING: (PLAY, SHUTDOWN),
    CLOSING: (NO_MORE,),
    CLOSED: (LOST,),
}
SILENT, SINGING = (IDLE, LISTING), (STREAMING, LISTING_WHILE_STREAMING)
OPEN = (*SILENT, *SINGING)

A_LIST, START, CUT = do.SendSongList(closes=False), do.StartSong(1), do.StopSong()
NOT_FOUND, SETUP_REPLY = do.SendNotFound(), do.SendSetupReply(("alfine/1", "ends"))
CLOSE_LATER, CLOSE_NOW = do.CloseWhenSent(), do.CloseAtBoundary()


def reached(state):
    session = ServerSession({1, 2, 3})
    assert alone(session, *WAYS[state])[1] is state
    return session


def after(state, *events):
    """What comes of the last event in that state, and the state then."""
    return alone(reached(state), *events)


def test_each_list_that_is_asked_for_is_sent_and_counted():
    assert after(IDLE, LIST) == ([A_LIST], LISTING)
    session = reached(LISTING)
    assert alone(session, LIST) == ([A_LIST], LISTING)
    assert alone(session, SENT) == ([], LISTING)
    assert alone(session, SENT) == ([], IDLE)
    assert alone(session, LIST, SENT) == ([], IDLE), "none of the first two is still counted"


def test_each_list_during_a_song_is_sent_and_counted():
    assert after(STREAMING, LIST) == ([A_LIST], LISTING_WHILE_STREAMING)
    session = reached(LISTING_WHILE_STREAMING)
    assert alone(session, LIST) == ([A_LIST], LISTING_WHILE_STREAMING)
    assert alone(session, SENT) == ([], LISTING_WHILE_STREAMING)
    assert alone(session, SENT) == ([], STREAMING)
    assert alone(session, LIST, SENT) == ([], STREAMING)


def test_play():
    assert after(IDLE, PLAY) == ([START], STREAMING)
    assert after(LISTING, PLAY) == ([START], LISTING_WHILE_STREAMING)
    for state in SINGING:
        assert after(state, PLAY) == ([CUT, START], state)


def test_play_of_a_song_that_is_not_there():
    for state in SILENT:
        assert after(state, UNKNOWN) == ([NOT_FOUND], state)
    assert after(STREAMING, UNKNOWN) == ([CUT, NOT_FOUND], IDLE)
    assert after(LISTING_WHILE_STREAMING, UNKNOWN) == ([CUT, NOT_FOUND], LISTING)


def test_a_song_is_over_when_its_file_is():
    assert after(STREAMING, ENDED) == ([], IDLE)
    assert after(STREAMING, FAILED) == ([NOT_FOUND], IDLE)
    assert after(LISTING_WHILE_STREAMING, FAILED) == ([NOT_FOUND], LISTING)


def test_stop():
    for state in SILENT:
        assert after(state, STOP) == ([], state)
    assert after(STREAMING, STOP) == ([CUT], IDLE)
    assert after(LISTING_WHILE_STREAMING, STOP) == ([CUT], LISTING)


def test_setup_is_answered_and_changes_nothing_else():
    for state in (*OPEN, DRAINING):
        assert after(state, ENDS) == ([SETUP_REPLY], state)


def test_teardown_ends_everything_at_the_next_boundary():
    for state in SILENT:
        assert after(state, TEARDOWN) == ([CLOSE_NOW], CLOSING)
    for state in (*SINGING, DRAINING):
        assert after(state, TEARDOWN) == ([CUT, CLOSE_NOW], CLOSING)


def test_what_is_no_request_is_answered_and_changes_nothing_else():
    for state in (*OPEN, DRAINING):
        assert after(state, HELO) == ([NOT_FOUND], state)


def test_a_request_without_an_end_ends_the_connection():
    for state in SILENT:
        assert after(state, TOO_LONG) == ([NOT_FOUND, CLOSE_LATER], CLOSING)
    for state in (*SINGING, DRAINING):
        assert after(state, TOO_LONG) == ([CUT, NOT_FOUND, CLOSE_LATER], CLOSING)


def test_who_can_ask_for_nothing_more_gets_what_was_asked_for():
    for state in SILENT:
        assert after(state, NO_MORE) == ([CLOSE_LATER], CLOSING)
    for state in (*SINGING, DRAINING):
        assert after(state, NO_MORE) == ([], FINISHING)
    assert after(FINISHING, SENT) == ([], FINISHING)
    assert after(FINISHING, ENDED) == ([CLOSE_LATER], CLOSING)
    assert after(FINISHING, FAILED) == ([NOT_FOUND, CLOSE_LATER], CLOSING)


def test_when_the_server_ends_songs_may_end_first():
    for state in SILENT:
        assert after(state, SHUTDOWN) == ([CLOSE_LATER], CLOSING)
    for state in SINGING:
        assert after(state, SHUTDOWN) == ([], DRAINING)
    for state in (FINISHING, CLOSING):
        assert after(state, SHUTDOWN) == ([], state)
    assert after(DRAINING, ENDED) == ([CLOSE_LATER], CLOSING)
    assert after(DRAINING, FAILED) == ([NOT_FOUND, CLOSE_LATER], CLOSING)


def test_when_the_server_ends_nothing_new_begins():
    assert after(DRAINING, LIST) == ([A_LIST], DRAINING)
    assert after(DRAINING, STOP) == ([CUT, CLOSE_LATER], CLOSING)
    assert after(DRAINING, PLAY) == ([CUT, NOT_FOUND, CLOSE_LATER], CLOSING)


def test_lists_are_counted_while_the_server_ends():
    session = reached(DRAINING)
    assert alone(session, LIST, LIST, SENT) == ([], DRAINING)
    assert session.lists_waiting == 1


def test_when_time_is_up_songs_are_cut():
    for state in (FINISHING, DRAINING):
        assert after(state, EXPIRED) == ([CUT, CLOSE_NOW], CLOSING)
    assert after(CLOSING, EXPIRED) == ([CLOSE_NOW], CLOSING)


@pytest.mark.parametrize(
    "request_", [LIST, PLAY, STOP, ENDS, TEARDOWN, HELO, TOO_LONG, NO_MORE, SENT], ids=str
)
def test_what_is_asked_when_the_connection_is_closing_does_not_count(request_):
    assert after(CLOSING, request_) == ([], CLOSING)


def test_a_connection_that_is_gone_takes_its_song_with_it():
    for state in (*SILENT, CLOSING):
        assert after(state, LOST) == ([], CLOSED)
    for state in (*SINGING, FINISHING, DRAINING):
        assert after(state, LOST) == ([CUT], CLOSED)
