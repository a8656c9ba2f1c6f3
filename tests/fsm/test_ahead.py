"""The song ahead, alone: how far it has come, whatever happens to it or to the present one."""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.ahead import AheadSession
from fsm.client.ahead_table import BROKEN, COLLECTING, NOTHING, READY, REQUESTED, WHOLE
from fsm.client.internal_events import Stage
from tests.fsm.talking import alone

A, B, C = (internal.SongAudio(data) for data in (b"a", b"b", b"c"))
WANTED, OPENED, COMPLETED = (
    internal.NextSongKnown(2),
    internal.SongOpened(),
    internal.SongCompleted(),
)
REFUSED, LOST = internal.SongRefused(), internal.SongLost("it has changed")
WAYS = {
    NOTHING: (),
    REQUESTED: (WANTED,),
    COLLECTING: (WANTED, OPENED, A),
    READY: (WANTED, OPENED, A, B),
    WHOLE: (WANTED, OPENED, A, B, COMPLETED),
    BROKEN: (WANTED, OPENED, A, LOST),
}
OWED = (REQUESTED, COLLECTING, READY)
HELD = {REQUESTED: b"", COLLECTING: b"a", READY: b"ab", WHOLE: b"ab", BROKEN: b"a"}
STAGES = {
    REQUESTED: Stage.REQUESTED,
    COLLECTING: Stage.COLLECTED,
    READY: Stage.READY,
    WHOLE: Stage.WHOLE,
    BROKEN: Stage.BROKEN,
}


def reached(state):
    session = AheadSession(prebuffer_msgs=2)
    assert alone(session, *WAYS[state])[1] is state
    return session


def after(state, *events):
    """What comes of the last event in that state, and the state then."""
    return alone(reached(state), *events)


# It is asked for, and arrives


def test_a_song_that_follows_is_asked_for():
    assert after(NOTHING, WANTED) == ([internal.SongWanted(2)], REQUESTED)


def test_what_arrives_before_its_own_audio_is_none_of_it():
    assert after(REQUESTED, A) == ([], REQUESTED)
    assert after(REQUESTED, OPENED) == ([], COLLECTING)


def test_its_audio_goes_into_a_buffer_of_its_own():
    assert after(REQUESTED, OPENED, A) == ([do.AppendNextAudio(b"a")], COLLECTING)
    assert after(READY, C) == ([do.AppendNextAudio(b"c")], READY)


def test_with_enough_of_it_the_player_may_go_on_into_it():
    assert after(COLLECTING, B) == ([do.AppendNextAudio(b"b"), do.QueueNextSong()], READY)


def test_a_short_song_is_enough_when_it_is_whole():
    assert after(COLLECTING, COMPLETED) == ([do.FinishNextBuffer(), do.QueueNextSong()], WHOLE)
    assert after(READY, COMPLETED) == ([do.FinishNextBuffer()], WHOLE)


@pytest.mark.parametrize("state", [WHOLE, BROKEN])
def test_behind_its_end_nothing_more_is_its_audio(state):
    assert after(state, C) == ([], state)


def test_a_connection_made_anew_opens_it_again_and_nothing_is_lost():
    for state in (COLLECTING, READY):
        assert after(state, OPENED) == ([], state)


def test_how_fast_audio_arrives_is_noted_whenever_it_is_measured():
    fast = on.FlowMeasured(1e9, 1.0, 1)
    for state in WAYS:
        session = AheadSession(prebuffer_msgs=2)
        assert alone(session, *WAYS[state], fast) == ([], state)
        assert session.flow == fast


def test_with_a_measurement_enough_is_what_the_flow_needs():
    session = AheadSession(prebuffer_msgs=None)
    alone(session, WANTED, OPENED)
    assert alone(session, internal.SongAudio(bytes(110)))[1] is COLLECTING
    alone(session, on.FlowMeasured(1e9, 100.0, 5_000))
    assert alone(session, A)[1] is READY, "1 s of music is 100 bytes"


# It will never be whole


@pytest.mark.parametrize("end", [REFUSED, LOST], ids=str)
def test_of_a_song_that_nothing_has_come_of_nothing_is_left(end):
    report = do.Report.SONG_CUT_OFF if end is LOST else do.Report.SONG_NOT_FOUND
    reason = "it has changed" if end is LOST else ""
    failed = [do.DropNextBuffer(), do.Tell(report, 2, reason), internal.AheadFailed()]
    assert after(REQUESTED, end) == (failed, NOTHING)
    assert after(NOTHING, WANTED, OPENED, end) == (failed, NOTHING)


@pytest.mark.parametrize("end", [REFUSED, LOST], ids=str)
def test_what_has_come_of_it_will_be_played(end):
    assert after(COLLECTING, end) == ([do.FinishNextBuffer(), do.QueueNextSong()], BROKEN)
    assert after(READY, end) == ([do.FinishNextBuffer()], BROKEN)


def test_a_lost_connection_is_told_what_of_it_is_here():
    for state in OWED:
        held = HELD[state]
        interrupted = internal.SongInterrupted(2, len(held), held)
        assert after(state, on.ConnectionLost("reset")) == ([interrupted], state)


def test_a_song_for_which_nothing_is_owed_needs_no_connection():
    for state in (NOTHING, WHOLE, BROKEN):
        assert after(state, on.ConnectionLost("reset")) == ([], state)


# It is not wanted any more


def test_a_song_that_is_still_owed_is_stopped_and_thrown_away():
    for state in OWED:
        dropped = [do.DropNextBuffer(), internal.SongAbandoned()]
        assert after(state, internal.AheadDropped()) == (dropped, NOTHING)


def test_a_song_of_which_nothing_more_will_come_is_only_thrown_away():
    for state in (WHOLE, BROKEN):
        assert after(state, internal.AheadDropped()) == ([do.DropNextBuffer()], NOTHING)


@pytest.mark.parametrize(
    "command",
    [
        on.PlayRequested(9),
        internal.SongTurnCame(9),
        on.StopRequested(),
    ],
    ids=str,
)
def test_what_clears_the_whole_buffer_clears_it_too(command):
    for state in WAYS:
        session = reached(state)
        assert alone(session, command) == ([], NOTHING)
        assert (session.song_id, session.msgs, session.held_bytes, session.tail) == (0, 0, 0, b"")


def test_without_an_output_nothing_more_of_it_need_come():
    failed = on.OutputFailed("the disk is full")
    for state in OWED:
        assert after(state, failed) == ([do.DropNextBuffer(), internal.SongAbandoned()], NOTHING)
    for state in (NOTHING, WHOLE, BROKEN):
        session = reached(state)
        assert alone(session, failed) == ([], NOTHING)
        assert session.song_id == 0


# Its turn has come


@pytest.mark.parametrize(
    "turn", [on.PlayedOut(), on.Undecodable("it is a WAV"), internal.SongSkipped()], ids=str
)
def test_when_the_present_song_is_over_it_hands_over_all_it_knows(turn):
    for state, stage in STAGES.items():
        held = HELD[state]
        reason = "it has changed" if state is BROKEN else ""
        began = internal.AheadBegan(2, stage, len(held), len(held), held, reason)
        assert after(state, turn) == ([began], NOTHING)


def test_a_song_that_was_not_found_half_way_says_no_reason():
    began = internal.AheadBegan(2, Stage.BROKEN, 1, 1, b"a", "")
    assert after(COLLECTING, REFUSED, on.PlayedOut()) == ([began], NOTHING)


# No song is ahead


@pytest.mark.parametrize(
    "event",
    [OPENED, A, COMPLETED, REFUSED, LOST, on.PlayedOut(), on.Undecodable("noise")],
    ids=str,
)
def test_with_no_song_ahead_all_that_happens_is_the_present_ones(event):
    assert after(NOTHING, event) == ([], NOTHING)
