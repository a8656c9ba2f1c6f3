"""The link alone: when it connects, for which song, and what of it goes on to the playback."""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.link import LinkSession
from fsm.client.link_table import (
    CONNECTING,
    FINDING,
    OFFLINE,
    ONLINE,
    RECONNECTING,
    SKIPPING,
    UNLISTED,
    WAITING,
)
from tests.fsm.talking import alone

CONNECTED, FAILED, CUT = on.Connected(), on.ConnectFailed("refused"), on.ConnectionLost("cut")
LIST, STOP, DUE = on.ListRequested(), on.StopRequested(), on.RetryDue()
CHOSEN, ABANDONED = internal.SongWanted(2), internal.SongAbandoned()
LISTED = internal.ListCompleted((on.ListedSong(1, "one"), on.ListedSong(2, "two")))
RENUMBERED = internal.ListCompleted((on.ListedSong(1, "two"), on.ListedSong(2, "three")))
WITHOUT_IT = internal.ListCompleted((on.ListedSong(2, "three"),))
CLOSED, DENIED = internal.ServerClosedSong(), internal.ServerRefusedSong()
NOTHING_HELD = internal.SongInterrupted(2, 0, b"")
HELD = internal.SongInterrupted(2, 4, b"abcd")
_LOST_WITH_IT = (CONNECTED, LISTED, CHOSEN, CUT, HELD)
WAYS = {
    CONNECTING: (),
    ONLINE: (CONNECTED, LISTED),
    OFFLINE: (CONNECTED, LISTED, CUT),
    UNLISTED: (CONNECTED, LISTED, CUT, LIST, CONNECTED),
    WAITING: _LOST_WITH_IT,
    RECONNECTING: (*_LOST_WITH_IT, DUE),
    FINDING: (*_LOST_WITH_IT, DUE, CONNECTED),
    SKIPPING: (*_LOST_WITH_IT, DUE, CONNECTED, LISTED),
}
"""Of song 2 four bytes are here where it has been interrupted."""

UP = (ONLINE, UNLISTED, FINDING, SKIPPING)
ASK_FOR_IT = [internal.SongToRequest(2)]
CONNECT, FORGET_RETRY = do.Connect(), do.CancelTimer(on.RetryDue)
RECONNECTED = [do.Tell(do.Report.RECONNECTED), internal.ListNeeded()]
RETRYING = [
    do.ScheduleRetry(0.5),
    do.Tell(do.Report.RETRYING, 2),
    on.CommandAnswered(on.Command.PLAY),
]


def passed(data):
    return internal.AudioFromServer(data)


def reached(state, **options):
    session = LinkSession(**options)
    assert alone(session, *WAYS[state])[1] is state
    return session


def after(state, *events):
    """What comes of the last event in that state, and the state then."""
    return alone(reached(state), *events)


# The connection


def test_the_first_connection_needs_no_list():
    assert after(CONNECTING, CONNECTED) == ([], ONLINE)


def test_on_a_later_one_numbers_hold_only_when_a_list_has_come():
    assert after(OFFLINE, LIST, CONNECTED) == ([], UNLISTED)
    assert after(UNLISTED, LISTED) == ([], ONLINE)


def test_a_connection_that_cannot_be_made_is_told():
    failed = [do.Tell(do.Report.CONNECT_FAILED, detail="refused")]
    assert after(CONNECTING, FAILED) == (failed, OFFLINE)


def test_a_connection_that_is_lost_is_told():
    for state in UP:
        assert after(state, CUT) == ([do.Tell(do.Report.CONNECTION_LOST, detail="cut")], OFFLINE)


def test_a_list_needs_a_connection():
    assert after(OFFLINE, LIST) == ([CONNECT], CONNECTING)
    assert after(WAITING, LIST) == ([FORGET_RETRY, CONNECT], RECONNECTING)
    for state in (CONNECTING, RECONNECTING, *UP):
        assert after(state, LIST) == ([], state)


# A song is chosen


def test_over_a_connection_a_song_is_asked_for_at_once():
    assert after(ONLINE, CHOSEN) == (ASK_FOR_IT, ONLINE)
    assert after(SKIPPING, CHOSEN) == (ASK_FOR_IT, ONLINE)


def test_where_numbers_may_be_others_a_list_is_needed_first():
    assert after(UNLISTED, CHOSEN) == ([internal.ListNeeded()], FINDING)
    assert after(FINDING, internal.SongWanted(1)) == ([], FINDING), "the list is on its way"


def test_without_a_connection_one_is_made_at_once():
    for state in (OFFLINE, WAITING):
        assert after(state, CHOSEN) == ([FORGET_RETRY, CONNECT], RECONNECTING)
    for state in (CONNECTING, RECONNECTING):
        assert after(state, CHOSEN) == ([], RECONNECTING)


@pytest.mark.parametrize("state", [CONNECTING, OFFLINE, WAITING, RECONNECTING])
def test_the_song_chosen_last_is_the_one_that_is_found(state):
    session = reached(state)
    alone(session, internal.SongWanted(1), CONNECTED)
    assert alone(session, LISTED) == ([internal.SongToRequest(1)], ONLINE)


@pytest.mark.parametrize("state", [UNLISTED, FINDING])
def test_also_where_it_is_chosen_before_the_list_comes(state):
    assert after(state, internal.SongWanted(1), LISTED) == ([internal.SongToRequest(1)], ONLINE)


@pytest.mark.parametrize("state", [UNLISTED, SKIPPING])
def test_by_the_list_that_has_come_last(state):
    longer = internal.ListCompleted((*LISTED.songs, on.ListedSong(7, "seven")))
    session = reached(state)
    assert alone(session, longer)[0] == []
    alone(session, internal.SongWanted(7), CUT, internal.SongInterrupted(7, 0, b""), DUE, CONNECTED)
    moved = internal.ListCompleted((on.ListedSong(7, "six"), on.ListedSong(8, "seven")))
    assert alone(session, moved) == ([internal.SongToRequest(8)], ONLINE)


# ... and no longer wanted


def test_stop_ends_the_attempts_and_the_search():
    for state in (CONNECTING, UNLISTED, OFFLINE, ONLINE):
        assert after(state, STOP) == ([], state)


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
def test_a_song_that_is_no_longer_wanted_is_not_owed(end):
    assert after(ONLINE, end) == ([], ONLINE)
    assert after(WAITING, end) == ([FORGET_RETRY], OFFLINE)
    assert after(RECONNECTING, end) == ([], CONNECTING)
    assert after(FINDING, end) == ([], UNLISTED)
    assert after(SKIPPING, end) == ([], ONLINE)


# It arrives


def test_what_arrives_is_the_playbacks():
    assert after(ONLINE, passed(b"abc")) == ([internal.SongAudio(b"abc")], ONLINE)
    for said in (True, False):
        assert after(ONLINE, internal.ServerClosedSong(said)) == (
            [internal.SongCompleted(said)],
            ONLINE,
        )
    assert after(ONLINE, DENIED) == ([internal.SongRefused()], ONLINE)


def test_before_the_song_has_been_asked_for_no_audio_is_its_own():
    for state in (UNLISTED, FINDING):
        assert after(state, passed(b"abc")) == ([], state)


# It is interrupted


def test_an_interrupted_song_is_tried_for_again():
    assert after(OFFLINE, CHOSEN, CONNECTED, LISTED, CUT, HELD) == (RETRYING, WAITING)
    assert after(WAITING, DUE) == ([CONNECT], RECONNECTING)
    assert after(RECONNECTING, CONNECTED) == (RECONNECTED, FINDING)


def test_each_pause_is_twice_as_long_until_some_audio_has_come():
    session = reached(RECONNECTING)
    for longest_s in (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
        effects, state = alone(session, FAILED)
        assert effects[0] == do.ScheduleRetry(longest_s)
        assert effects[1] == do.Tell(do.Report.RETRYING, 2, "refused")
        assert state is WAITING
        alone(session, DUE)
    alone(session, CONNECTED, LISTED, passed(b"abcde"), CUT)
    assert alone(session, HELD) == (RETRYING, WAITING)


def test_with_no_attempt_left_the_song_is_lost():
    lost = internal.SongLost("the connection was lost")
    session = reached(ONLINE, max_retries=0)
    gave_up = [do.Tell(do.Report.CONNECT_FAILED), lost]
    assert alone(session, CHOSEN, CUT, HELD) == (gave_up, OFFLINE)
    session = reached(RECONNECTING, max_retries=1)
    gave_up = [do.Tell(do.Report.CONNECT_FAILED, detail="refused"), lost]
    assert alone(session, FAILED) == (gave_up, OFFLINE)


# It is found again


def test_it_is_found_by_its_title():
    assert after(FINDING, RENUMBERED) == ([internal.SongToRequest(1)], SKIPPING)


def test_a_song_of_which_nothing_is_here_begins_anew():
    assert after(OFFLINE, CHOSEN, CONNECTED, RENUMBERED) == ([internal.SongToRequest(1)], ONLINE)


def test_a_song_that_is_not_on_the_list_any_more_is_lost():
    gone = [internal.SongLost("the song is no longer on the server")]
    assert after(FINDING, WITHOUT_IT) == (gone, ONLINE)
    assert after(SKIPPING, DENIED) == (gone, ONLINE)


def test_what_comes_again_is_skipped_and_what_is_new_goes_on():
    session = reached(SKIPPING)
    assert alone(session, passed(b"abc")) == ([], SKIPPING)
    resumed = do.Tell(do.Report.SONG_RESUMED, 2)
    assert alone(session, passed(b"def")) == ([resumed, internal.SongAudio(b"ef")], ONLINE)
    assert after(SKIPPING, passed(b"abcd")) == ([resumed], ONLINE)


def test_a_song_that_is_another_now_is_stopped():
    changed = internal.SongLost("the song has changed on the server")
    assert after(SKIPPING, passed(b"abX"), passed(b"def")) == ([ABANDONED, changed], ONLINE)
    assert after(SKIPPING, passed(b"abc"), CLOSED) == ([changed], ONLINE), "it is shorter now"


def test_a_list_that_comes_meanwhile_changes_nothing():
    assert after(SKIPPING, RENUMBERED) == ([], SKIPPING)
    assert after(ONLINE, RENUMBERED) == ([], ONLINE)


def test_only_the_last_4_kib_are_compared():
    session = reached(ONLINE)
    held = internal.SongInterrupted(2, 6000, b"y" * 4096)
    alone(session, CHOSEN, CUT, held, DUE, CONNECTED, LISTED)
    again = [passed(b"?" * 1904), passed(b"y" * 4095), passed(b"yz")]
    resumed = do.Tell(do.Report.SONG_RESUMED, 2)
    assert alone(session, *again) == ([resumed, internal.SongAudio(b"z")], ONLINE)
