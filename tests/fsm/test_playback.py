"""The playback alone: one song from its first audio to its last sample, and all that befalls it."""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.internal_events import Stage
from fsm.client.playback import PlaybackSession
from fsm.client.playback_table import (
    AWAITING,
    BREAKING_OFF,
    BUFFERING,
    FINISHING,
    PLAYING,
    REQUESTED,
    STARVED,
    STOPPED,
)
from fsm.client.requests import Measure
from tests.fsm.talking import alone

A, B, C, D = (internal.SongAudio(data) for data in (b"a", b"b", b"c", b"d"))
OPENED, COMPLETED, REFUSED = internal.SongOpened(), internal.SongCompleted(), internal.SongRefused()
LOST, CUT = internal.SongLost("it has changed"), on.ConnectionLost("reset")
DRY, FAR = on.BufferRanDry(), on.PlaceNotHere(needed_bytes=5)
WAYS = {
    STOPPED: (),
    REQUESTED: (on.PlayRequested(1),),
    BUFFERING: (on.PlayRequested(1), OPENED, A),
    PLAYING: (on.PlayRequested(1), OPENED, A, B),
    STARVED: (on.PlayRequested(1), OPENED, A, B, DRY),
    AWAITING: (on.PlayRequested(1), OPENED, A, B, FAR),
    FINISHING: (on.PlayRequested(1), OPENED, A, B, COMPLETED),
    BREAKING_OFF: (on.PlayRequested(1), OPENED, A, B, LOST),
}
"""Two messages are enough to play."""

WAITING, ENDING = (STARVED, AWAITING), (FINISHING, BREAKING_OFF)
PLAY_ANSWERED = on.CommandAnswered(on.Command.PLAY)


def tell(report, reason="", song_id=1):
    return do.Tell(report, song_id, reason)


ARRIVING, PLAYS = tell(do.Report.SONG_ARRIVING), tell(do.Report.SONG_PLAYING)


def reached(state):
    session = PlaybackSession(prebuffer_msgs=2)
    assert alone(session, *WAYS[state])[1] is state
    return session


def after(state, *events):
    """What comes of the last event in that state, and the state then."""
    return alone(reached(state), *events)


def just_opened(*events):
    """What comes of the last event when not a byte of the song is here."""
    return after(REQUESTED, OPENED, *events)


# A song is chosen, and no longer wanted (RFC 2.2)


@pytest.mark.parametrize("chosen", [on.PlayRequested(2), internal.SongTurnCame(2)], ids=str)
def test_the_buffer_is_cleared_before_a_song_is_asked_for(chosen):
    for state in WAYS:
        session = reached(state)
        assert alone(session, chosen) == ([do.DropBuffer(), internal.SongWanted(2)], REQUESTED)
        assert (session.num_audio_msgs_recv, session.held_bytes, session.tail) == (0, 0, b"")


def test_stop_clears_the_buffer_whenever_it_comes():
    for state in WAYS:
        assert after(state, on.StopRequested()) == ([do.DropBuffer(), PLAY_ANSWERED], STOPPED)


# Whose audio it is


def test_audio_is_late_until_the_song_is_opened():
    assert after(STOPPED, A) == ([], STOPPED)
    assert after(REQUESTED, A) == ([], REQUESTED)
    assert after(REQUESTED, OPENED) == ([], BUFFERING)


def test_audio_behind_the_end_of_the_song_is_not_its_own():
    for state in ENDING:
        assert after(state, C) == ([], state)


def test_a_connection_made_anew_opens_the_song_again_and_nothing_is_lost():
    for state in (BUFFERING, PLAYING, *WAITING):
        assert after(state, OPENED) == ([], state)


# Enough to play (RFC 2.5.2)


def test_the_first_audio_answers_play():
    assert just_opened(A) == ([do.AppendAudio(b"a"), ARRIVING, PLAY_ANSWERED], BUFFERING)


def test_playing_begins_with_as_many_messages_as_are_enough():
    session = PlaybackSession(prebuffer_msgs=3)
    assert alone(session, on.PlayRequested(1), OPENED, A, B) == ([do.AppendAudio(b"b")], BUFFERING)
    assert alone(session, C) == ([do.AppendAudio(b"c"), do.StartPlayer(), PLAYS], PLAYING)
    assert alone(session, D) == ([do.AppendAudio(b"d")], PLAYING)


def test_playing_begins_with_the_first_message_if_one_is_enough():
    session = PlaybackSession(prebuffer_msgs=1)
    begun = [do.AppendAudio(b"a"), ARRIVING, PLAY_ANSWERED, do.StartPlayer(), PLAYS]
    assert alone(session, on.PlayRequested(1), OPENED, A) == (begun, PLAYING)


def test_after_an_underrun_it_goes_on_when_there_is_enough_again():
    underrun, again = tell(do.Report.UNDERRUN), tell(do.Report.PLAYING_AGAIN)
    session = reached(PLAYING)
    assert alone(session, DRY) == ([underrun], STARVED)
    assert alone(session, C) == ([do.AppendAudio(b"c")], STARVED)
    assert alone(session, D) == ([do.AppendAudio(b"d"), do.RefillPlayer(), again], PLAYING)


def test_a_player_that_runs_dry_at_the_end_of_a_song_is_not_starved():
    for state in ENDING:
        assert after(state, DRY) == ([], state)


def test_how_fast_audio_arrives_is_noted_whenever_it_is_measured():
    fast = on.FlowMeasured(1e9, 1.0, 1)
    for state in WAYS:
        session = reached(state)
        assert alone(session, fast) == ([], state)
        assert session.flow == fast


# Another place in the song

PLACES = [
    (ask.SeekRequested(-10.0, Measure.FROM_HERE), do.SeekPlayer(-10.0, Measure.FROM_HERE)),
    (internal.RestartRequested(), do.SeekPlayer(0.0, Measure.FROM_START)),
]


@pytest.mark.parametrize(("sought", "effect"), PLACES)
def test_a_place_is_the_players_business_once_it_runs(sought, effect):
    for state in (PLAYING, *WAITING):
        assert after(state, sought) == ([effect], PLAYING)
    for state in ENDING:
        assert after(state, sought) == ([effect], state)


@pytest.mark.parametrize(("sought", "effect"), PLACES)
def test_a_place_that_is_sought_early_is_where_playing_begins(sought, effect):
    for state in (REQUESTED, BUFFERING):
        assert after(state, sought) == ([], state)
    assert after(BUFFERING, sought, B)[0][1:] == [do.StartPlayer(), effect, PLAYS]
    _, *begun = after(REQUESTED, sought, OPENED, COMPLETED)[0]
    assert begun[1:] == [do.StartPlayer(), effect, PLAYS, PLAY_ANSWERED]


def test_with_nothing_played_there_is_no_place_to_seek():
    nothing = [do.Tell(do.Report.NOTHING_PLAYS)]
    assert after(STOPPED, ask.SeekRequested(1.0)) == (nothing, STOPPED)


def test_a_place_that_has_yet_to_arrive_is_waited_for():
    farther = on.PlaceNotHere(needed_bytes=99)
    for state in (PLAYING, *WAITING):
        session = reached(state)
        assert alone(session, farther) == ([], AWAITING)
        assert session.needed_bytes == 99
    for state in ENDING:
        assert after(state, FAR) == ([], state), "nothing more will come"


def test_when_the_place_is_here_what_comes_behind_it_has_to_be_enough():
    session = reached(AWAITING)
    assert alone(session, C, D) == ([do.AppendAudio(b"d")], AWAITING)
    assert alone(session, C) == ([do.AppendAudio(b"c")], STARVED)
    assert alone(session, C)[1] is STARVED
    assert alone(session, C)[1] is PLAYING


# The song is whole


def test_a_song_shorter_than_the_count_is_played_when_it_is_whole():
    played = [do.FinishBuffer(), internal.SongWhole(), do.StartPlayer(), PLAYS, PLAY_ANSWERED]
    assert after(BUFFERING, COMPLETED) == (played, FINISHING)


def test_a_song_that_is_whole_is_played_out():
    assert after(PLAYING, COMPLETED) == ([do.FinishBuffer(), internal.SongWhole()], FINISHING)
    for state in WAITING:
        finished = [do.FinishBuffer(), internal.SongWhole(), do.RefillPlayer()]
        assert after(state, COMPLETED) == (finished, FINISHING)


def test_a_song_that_only_went_quiet_lets_nothing_be_asked_for_ahead():
    assert after(PLAYING, internal.SongCompleted(said=False)) == ([do.FinishBuffer()], FINISHING)


def test_when_it_has_been_heard_it_is_over():
    played = [do.LeaveSong(), tell(do.Report.SONG_PLAYED), PLAY_ANSWERED, internal.SongOver(True)]
    assert after(FINISHING, on.PlayedOut()) == (played, STOPPED)


@pytest.mark.parametrize("event", [OPENED, COMPLETED, REFUSED, LOST], ids=str)
def test_what_arrives_behind_a_whole_song_is_the_next_ones(event):
    assert after(FINISHING, event) == ([], FINISHING)


# The next song takes its place (fsm.ahead)


def test_who_skips_a_song_leaves_it_for_the_next():
    assert after(FINISHING, internal.SongSkipped()) == ([do.SkipSong()], STOPPED)


@pytest.mark.parametrize(
    ("stage", "state"), [(Stage.REQUESTED, REQUESTED), (Stage.COLLECTED, BUFFERING)]
)
def test_a_next_song_of_which_there_is_too_little_begins_like_any_other(stage, state):
    session = reached(STOPPED)
    assert alone(session, internal.AheadBegan(2, stage)) == ([], state)
    assert alone(session, CUT)[0] == [internal.SongInterrupted(2, 0, b"")]


@pytest.mark.parametrize(
    ("stage", "state", "more"),
    [
        (Stage.READY, PLAYING, []),
        (Stage.WHOLE, FINISHING, [internal.SongWhole()]),
        (Stage.BROKEN, BREAKING_OFF, []),
    ],
)
def test_into_a_next_song_the_player_has_gone_by_itself(stage, state, more):
    plays = tell(do.Report.SONG_PLAYING, song_id=2)
    assert after(STOPPED, internal.AheadBegan(2, stage, 3, 3, b"xyz")) == ([plays, *more], state)


def test_it_goes_on_with_all_that_is_known_of_the_next_song():
    session = reached(STOPPED)
    alone(session, internal.AheadBegan(2, Stage.COLLECTED, 1, 4, b"wxyz"))
    assert alone(session, CUT) == ([internal.SongInterrupted(2, 4, b"wxyz")], BUFFERING)
    assert alone(session, A)[1] is PLAYING, "it is the second message"


def test_a_next_song_that_broke_off_says_why_when_it_has_been_heard():
    session = reached(STOPPED)
    alone(session, internal.AheadBegan(2, Stage.BROKEN, 1, 1, b"x", "it has changed"))
    cut_off = tell(do.Report.SONG_CUT_OFF, "it has changed", song_id=2)
    assert cut_off in alone(session, on.PlayedOut())[0]


# The song will never be whole


def test_a_song_that_is_not_there_is_told():
    ended = [
        do.LeaveSong(),
        tell(do.Report.SONG_NOT_FOUND),
        PLAY_ANSWERED,
        internal.SongOver(False),
    ]
    assert just_opened(REFUSED) == (ended, STOPPED)


def test_a_song_of_which_nothing_is_here_and_nothing_comes_is_told():
    report = tell(do.Report.SONG_CUT_OFF, "it has changed")
    ended = [do.LeaveSong(), report, PLAY_ANSWERED, internal.SongOver(False)]
    assert after(REQUESTED, LOST) == (ended, STOPPED)
    assert just_opened(LOST) == (ended, STOPPED)


@pytest.mark.parametrize(("end", "reason"), [(REFUSED, ""), (LOST, "it has changed")])
def test_what_is_here_of_a_song_that_breaks_off_is_played(end, reason):
    played = [do.FinishBuffer(), do.StartPlayer(), PLAYS, PLAY_ANSWERED]
    assert after(BUFFERING, end) == (played, BREAKING_OFF)
    assert after(PLAYING, end) == ([do.FinishBuffer()], BREAKING_OFF)
    for state in WAITING:
        assert after(state, end) == ([do.FinishBuffer(), do.RefillPlayer()], BREAKING_OFF)
    report = tell(do.Report.SONG_CUT_OFF, reason)
    ended = [do.LeaveSong(), report, PLAY_ANSWERED, internal.SongOver(True)]
    assert after(PLAYING, end, on.PlayedOut()) == (ended, STOPPED)


# The connection has gone (protocol.md 7)


def test_a_lost_connection_is_told_what_of_the_song_is_here():
    held = {REQUESTED: b"", BUFFERING: b"a", PLAYING: b"ab", STARVED: b"ab", AWAITING: b"ab"}
    for state, audio in held.items():
        interrupted = internal.SongInterrupted(1, len(audio), audio)
        assert after(state, CUT) == ([interrupted], state)


def test_a_song_that_owes_nothing_needs_no_connection():
    for state in (STOPPED, *ENDING):
        assert after(state, CUT) == ([], state)


def test_of_a_long_song_4_kib_are_enough_to_know_it_again():
    session = reached(BUFFERING)
    alone(session, internal.SongAudio(b"x" * 4096), internal.SongAudio(b"y" * 1000))
    tail = b"x" * 3096 + b"y" * 1000
    assert alone(session, CUT)[0] == [internal.SongInterrupted(1, 5097, tail)]


# The player fails


def test_a_song_that_cannot_be_decoded_is_over():
    report = tell(do.Report.SONG_UNDECODABLE, "noise")
    ended = [do.LeaveSong(), report, PLAY_ANSWERED, internal.SongOver(False)]
    for state in ENDING:
        assert after(state, on.Undecodable("noise")) == (ended, STOPPED)
    for state in (PLAYING, *WAITING):
        assert after(state, on.Undecodable("noise")) == (
            [internal.SongAbandoned(), *ended],
            STOPPED,
        )


def test_without_an_output_there_is_no_song():
    ended = [do.DropBuffer(), tell(do.Report.OUTPUT_FAILED, "no room"), PLAY_ANSWERED]
    for state in ENDING:
        assert after(state, on.OutputFailed("no room")) == (ended, STOPPED)
    for state in (BUFFERING, PLAYING, *WAITING):
        stopped = [internal.SongAbandoned(), *ended]
        assert after(state, on.OutputFailed("no room")) == (stopped, STOPPED)
