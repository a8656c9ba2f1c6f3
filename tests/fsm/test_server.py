"""The server's machine, state by state: what each event makes it send, and where it goes."""

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
from tests.fsm.driver import step

LIST, STOP, PLAY, UNKNOWN = (
    on.ListRequested(),
    on.StopRequested(),
    on.PlayRequested(1),
    on.PlayRequested(99),
)
ENDS, TEARDOWN = on.SetupRequested(("ends",)), on.TeardownRequested()
HELO, TOO_LONG, TIMED_OUT, REQUESTS_ENDED = (
    on.RequestNotUnderstood("HELO"),
    on.RequestTooLong(),
    on.RequestTimedOut(),
    on.RequestsEnded(),
)
LIST_SENT, SONG_SENT, SONG_FAILED = on.ListSent(), on.SongSent(), on.SongFailed("unreadable")
LOST, SHUTDOWN, EXPIRED = on.ConnectionLost("cut"), on.ShutdownRequested(), on.DrainExpired()
WAYS = {
    IDLE: (),
    LISTING: (LIST,),
    STREAMING: (PLAY,),
    LISTING_WHILE_STREAMING: (PLAY, LIST),
    FINISHING: (PLAY, REQUESTS_ENDED),
    DRAINING: (PLAY, SHUTDOWN),
    CLOSING: (REQUESTS_ENDED,),
    CLOSED: (LOST,),
}
SILENT, KEEP_PLAYING = (IDLE, LISTING), (STREAMING, LISTING_WHILE_STREAMING)
OPEN = (*SILENT, *KEEP_PLAYING)

SEND_LIST, START_SONG, STOP_SONG = do.SendSongList(closes=False), do.StartSong(1), do.StopSong()
NOT_FOUND, SETUP_REPLY = do.SendNotFound(), do.SendSetupReply(("alfine/1", "ends"))
CLOSE_WHEN_SENT, CLOSE_AT_BOUNDARY = do.CloseWhenSent(), do.CloseAtBoundary()


def reached(state):
    session = ServerSession({1, 2, 3})
    assert step(session, *WAYS[state])[1] is state
    return session


def after(state, *events):
    """What comes of the last event in that state, and the state then."""
    return step(reached(state), *events)


def after_setup(state, *events):
    """The same, where all that was requested is to be closed (protocol.md 7)."""
    session = ServerSession({1, 2, 3})
    step(session, ENDS, *WAYS[state])
    return step(session, *events)


def test_each_list_that_is_requested_is_sent_and_counted():
    assert after(IDLE, LIST) == ([SEND_LIST], LISTING)
    session = reached(LISTING)
    assert step(session, LIST) == ([SEND_LIST], LISTING)
    assert step(session, LIST_SENT) == ([], LISTING)
    assert step(session, LIST_SENT) == ([], IDLE)
    assert step(session, LIST, LIST_SENT) == ([], IDLE), "none of the first two is still counted"


def test_each_list_during_a_song_is_sent_and_counted():
    assert after(STREAMING, LIST) == ([SEND_LIST], LISTING_WHILE_STREAMING)
    session = reached(LISTING_WHILE_STREAMING)
    assert step(session, LIST) == ([SEND_LIST], LISTING_WHILE_STREAMING)
    assert step(session, LIST_SENT) == ([], LISTING_WHILE_STREAMING)
    assert step(session, LIST_SENT) == ([], STREAMING)
    assert step(session, LIST, LIST_SENT) == ([], STREAMING)


def test_play():
    assert after(IDLE, PLAY) == ([START_SONG], STREAMING)
    assert after(LISTING, PLAY) == ([START_SONG], LISTING_WHILE_STREAMING)
    for state in KEEP_PLAYING:
        assert after(state, PLAY) == ([STOP_SONG, START_SONG], state)


def test_play_of_a_song_that_is_not_there():
    for state in SILENT:
        assert after(state, UNKNOWN) == ([NOT_FOUND], state)
    assert after(STREAMING, UNKNOWN) == ([STOP_SONG, NOT_FOUND], IDLE)
    assert after(LISTING_WHILE_STREAMING, UNKNOWN) == ([STOP_SONG, NOT_FOUND], LISTING)


def test_a_song_ends_with_its_file():
    assert after(STREAMING, SONG_SENT) == ([], IDLE)
    assert after(STREAMING, SONG_FAILED) == ([NOT_FOUND], IDLE)
    assert after(LISTING_WHILE_STREAMING, SONG_FAILED) == ([NOT_FOUND], LISTING)


def test_stop():
    for state in SILENT:
        assert after(state, STOP) == ([], state)
    assert after(STREAMING, STOP) == ([STOP_SONG], IDLE)
    assert after(LISTING_WHILE_STREAMING, STOP) == ([STOP_SONG], LISTING)


def test_setup_is_answered_and_changes_nothing_else():
    for state in (*OPEN, DRAINING):
        assert after(state, ENDS) == ([SETUP_REPLY], state)


def test_teardown_ends_everything_at_the_next_boundary():
    for state in SILENT:
        assert after(state, TEARDOWN) == ([CLOSE_AT_BOUNDARY], CLOSING)
    for state in (*KEEP_PLAYING, DRAINING):
        assert after(state, TEARDOWN) == ([STOP_SONG, CLOSE_AT_BOUNDARY], CLOSING)


def test_what_is_no_request_is_answered_and_changes_nothing_else():
    for state in (*OPEN, DRAINING):
        assert after(state, HELO) == ([NOT_FOUND], state)


@pytest.mark.parametrize("without_end", [TOO_LONG, TIMED_OUT])
def test_a_request_without_an_end_ends_the_connection(without_end):
    for state in SILENT:
        assert after(state, without_end) == ([NOT_FOUND, CLOSE_WHEN_SENT], CLOSING)
    for state in (*KEEP_PLAYING, DRAINING):
        assert after(state, without_end) == ([STOP_SONG, NOT_FOUND, CLOSE_WHEN_SENT], CLOSING)


def test_after_the_requests_have_ended_what_was_requested_is_sent():
    for state in SILENT:
        assert after(state, REQUESTS_ENDED) == ([CLOSE_WHEN_SENT], CLOSING)
    for state in (*KEEP_PLAYING, DRAINING):
        assert after(state, REQUESTS_ENDED) == ([], FINISHING)
    assert after(FINISHING, LIST_SENT) == ([], FINISHING)
    assert after(FINISHING, SONG_SENT) == ([CLOSE_WHEN_SENT], CLOSING)
    assert after(FINISHING, SONG_FAILED) == ([NOT_FOUND, CLOSE_WHEN_SENT], CLOSING)


def test_when_the_server_ends_songs_may_end_first():
    for state in SILENT:
        assert after(state, SHUTDOWN) == ([CLOSE_WHEN_SENT], CLOSING)
    for state in KEEP_PLAYING:
        assert after(state, SHUTDOWN) == ([], DRAINING)
    for state in (FINISHING, CLOSING):
        assert after(state, SHUTDOWN) == ([], state)
    assert after(DRAINING, SONG_SENT) == ([CLOSE_WHEN_SENT], CLOSING)
    assert after(DRAINING, SONG_FAILED) == ([NOT_FOUND, CLOSE_WHEN_SENT], CLOSING)


def test_when_the_server_ends_nothing_new_begins():
    assert after(DRAINING, LIST) == ([SEND_LIST], DRAINING)
    assert after(DRAINING, STOP) == ([STOP_SONG, CLOSE_WHEN_SENT], CLOSING)
    assert after(DRAINING, UNKNOWN) == ([STOP_SONG, NOT_FOUND, CLOSE_WHEN_SENT], CLOSING)
    assert after(DRAINING, PLAY) == ([STOP_SONG, CLOSE_WHEN_SENT], CLOSING), "another server has it"


def test_lists_are_counted_while_the_server_ends():
    session = reached(DRAINING)
    assert step(session, LIST, LIST, LIST_SENT) == ([], DRAINING)
    assert session.lists_waiting == 1


def test_when_time_is_up_songs_are_cut():
    for state in (FINISHING, DRAINING):
        assert after(state, EXPIRED) == ([STOP_SONG, CLOSE_AT_BOUNDARY], CLOSING)
    assert after(CLOSING, EXPIRED) == ([CLOSE_AT_BOUNDARY], CLOSING)


@pytest.mark.parametrize(
    "request_",
    [LIST, PLAY, STOP, ENDS, TEARDOWN, HELO, TOO_LONG, TIMED_OUT, REQUESTS_ENDED, LIST_SENT],
    ids=str,
)
def test_a_request_while_the_connection_closes_is_ignored(request_):
    assert after(CLOSING, request_) == ([], CLOSING)


def test_a_lost_connection_stops_its_song():
    for state in (*SILENT, CLOSING):
        assert after(state, LOST) == ([], CLOSED)
    for state in (*KEEP_PLAYING, FINISHING, DRAINING):
        assert after(state, LOST) == ([STOP_SONG], CLOSED)


# PLAY from an offset (protocol.md 10)

FROM = on.SetupRequested(("ends", "from"))
PLAY_AT, UNKNOWN_AT, START_SONG_AT = (
    on.PlayFromRequested(1, 5),
    on.PlayFromRequested(99, 5),
    do.StartSong(1, 5),
)


def after_from(state, *events):
    session = ServerSession({1, 2, 3})
    step(session, *WAYS[state])
    # Asked for late, so that the song of before has no closing message.
    step(session, FROM)
    return step(session, *events)


def test_play_from_an_offset():
    assert after_from(IDLE, PLAY_AT) == ([START_SONG_AT], STREAMING)
    assert after_from(LISTING, PLAY_AT) == ([START_SONG_AT], LISTING_WHILE_STREAMING)
    for state in KEEP_PLAYING:
        assert after_from(state, PLAY_AT) == ([STOP_SONG, START_SONG_AT], state)
        assert after_from(state, PLAY_AT, STOP)[0] == [STOP_SONG, do.SendClosing()]


def test_a_song_that_is_sought_in_is_closed_before_it_begins_elsewhere():
    for state in KEEP_PLAYING:
        session = ServerSession({1, 2, 3})
        step(session, FROM, *WAYS[state])
        expected = [STOP_SONG, do.SendClosing(), START_SONG_AT]
        assert step(session, PLAY_AT) == (expected, state)


def test_play_from_an_offset_of_a_song_that_is_not_there():
    for state in SILENT:
        assert after_from(state, UNKNOWN_AT) == ([NOT_FOUND], state)
    assert after_from(STREAMING, UNKNOWN_AT) == ([STOP_SONG, NOT_FOUND], IDLE)
    assert after_from(LISTING_WHILE_STREAMING, UNKNOWN_AT) == ([STOP_SONG, NOT_FOUND], LISTING)


def test_an_offset_that_nobody_has_asked_for_is_not_understood():
    for state in (*OPEN, DRAINING):
        for request in (PLAY_AT, UNKNOWN_AT):
            assert after(state, request) == ([NOT_FOUND], state)
            assert after_setup(state, request) == ([NOT_FOUND], state)


def test_when_the_server_ends_no_song_begins_at_an_offset():
    assert after_from(DRAINING, PLAY_AT) == ([STOP_SONG, CLOSE_WHEN_SENT], CLOSING)
    ending = [STOP_SONG, NOT_FOUND, CLOSE_WHEN_SENT]
    assert after_from(DRAINING, UNKNOWN_AT) == (ending, CLOSING)
    for request in (PLAY_AT, UNKNOWN_AT):
        assert after(CLOSING, request) == ([], CLOSING)


# After SETUP ends (protocol.md 7): a song is closed before whatever follows it

CLOSE_SONG = do.SendClosing()


def test_a_song_that_another_takes_the_place_of_is_closed_first():
    for state in KEEP_PLAYING:
        assert after_setup(state, PLAY) == ([STOP_SONG, CLOSE_SONG, START_SONG], state)
    unknown = [STOP_SONG, CLOSE_SONG, NOT_FOUND]
    assert after_setup(STREAMING, UNKNOWN) == (unknown, IDLE)
    assert after_setup(LISTING_WHILE_STREAMING, UNKNOWN) == (unknown, LISTING)
    ending = [STOP_SONG, CLOSE_SONG, CLOSE_WHEN_SENT]
    assert after_setup(DRAINING, PLAY) == (ending, CLOSING)
    ending = [STOP_SONG, CLOSE_SONG, NOT_FOUND, CLOSE_WHEN_SENT]
    assert after_setup(DRAINING, UNKNOWN) == (ending, CLOSING)


def test_a_song_that_is_stopped_is_closed():
    assert after_setup(STREAMING, STOP) == ([STOP_SONG, CLOSE_SONG], IDLE)
    assert after_setup(LISTING_WHILE_STREAMING, STOP) == ([STOP_SONG, CLOSE_SONG], LISTING)
    ending = [STOP_SONG, CLOSE_SONG, CLOSE_WHEN_SENT]
    assert after_setup(DRAINING, STOP) == (ending, CLOSING)


def test_a_song_that_has_been_sent_is_closed():
    assert after_setup(STREAMING, SONG_SENT) == ([CLOSE_SONG], IDLE)
    for state in (FINISHING, DRAINING):
        assert after_setup(state, SONG_SENT) == ([CLOSE_SONG, CLOSE_WHEN_SENT], CLOSING)


def test_a_song_that_a_request_without_an_end_cuts_is_closed():
    ending = [STOP_SONG, CLOSE_SONG, NOT_FOUND, CLOSE_WHEN_SENT]
    for state in (*KEEP_PLAYING, DRAINING):
        assert after_setup(state, TOO_LONG) == (ending, CLOSING)
        assert after_setup(state, TIMED_OUT) == (ending, CLOSING)


def test_a_song_that_fails_or_is_cut_for_good_has_no_closing_message():
    assert after_setup(STREAMING, SONG_FAILED) == ([NOT_FOUND], IDLE)
    for state in (*KEEP_PLAYING, DRAINING):
        assert after_setup(state, TEARDOWN) == ([STOP_SONG, CLOSE_AT_BOUNDARY], CLOSING)
    for state in (FINISHING, DRAINING):
        assert after_setup(state, EXPIRED) == ([STOP_SONG, CLOSE_AT_BOUNDARY], CLOSING)
    for state in (*KEEP_PLAYING, FINISHING, DRAINING):
        assert after_setup(state, LOST) == ([STOP_SONG], CLOSED)
