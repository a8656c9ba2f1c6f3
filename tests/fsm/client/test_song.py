"""The song machine alone, as the present song and as the next one: from PLAY to its last sample."""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.effects import Buffer, Report
from fsm.client.requests import Measure
from fsm.client.song.session import SongSession
from fsm.client.song.table import (
    AWAITING,
    BROKEN,
    COLLECTING,
    ENOUGH,
    OPENED,
    REQUESTED,
    SOUGHT,
    SUPPOSED,
    UNWANTED,
    WHOLE,
)
from tests.fsm.driver import step

A, B, C, D = (internal.SongAudio(data) for data in (b"a", b"b", b"c", b"d"))
SONG_OPENED = internal.SongOpened()
COMPLETED, WENT_QUIET = internal.SongCompleted(), internal.SongCompleted(said=False)
REFUSED, LOST = internal.SongRefused(), internal.SongLost("it has changed")
CUT, RENEWED = internal.ConnectionEnded("reset"), internal.ConnectionRenewed()
ENDED_THERE = internal.SongEndedThere()
DRY, FAR = on.BufferRanDry(), on.PlaceNotHere(needed_bytes=5, from_bytes=4)
PLAY, NEXT_KNOWN = on.PlayRequested(1), internal.NextSongKnown(2)

WAYS = {
    UNWANTED: (),
    REQUESTED: (PLAY,),
    OPENED: (PLAY, SONG_OPENED),
    COLLECTING: (PLAY, SONG_OPENED, A),
    AWAITING: (PLAY, SONG_OPENED, A, B, FAR),
    ENOUGH: (PLAY, SONG_OPENED, A, B),
    WHOLE: (PLAY, SONG_OPENED, A, B, COMPLETED),
    SUPPOSED: (PLAY, SONG_OPENED, A, B, WENT_QUIET),
    BROKEN: (PLAY, SONG_OPENED, A, B, LOST),
}
"""To each state of the present song, song 1. Two messages are enough to play."""

WAYS_OF_NEXT = {
    UNWANTED: (),
    REQUESTED: (NEXT_KNOWN,),
    OPENED: (NEXT_KNOWN, SONG_OPENED),
    COLLECTING: (NEXT_KNOWN, SONG_OPENED, A),
    AWAITING: (NEXT_KNOWN, SONG_OPENED, A, B, FAR),
    ENOUGH: (NEXT_KNOWN, SONG_OPENED, A, B),
    WHOLE: (NEXT_KNOWN, SONG_OPENED, A, B, COMPLETED),
    SUPPOSED: (NEXT_KNOWN, SONG_OPENED, A, B, WENT_QUIET),
    BROKEN: (NEXT_KNOWN, SONG_OPENED, A, B, LOST),
}
"""To each state of the next song, song 2. In a client nobody seeks a place in it."""

AFTER_UNDERRUN = (PLAY, SONG_OPENED, A, B, DRY)
NOTHING_YET, ARRIVING, KNOWN = (REQUESTED, OPENED), (COLLECTING, AWAITING, ENOUGH), (WHOLE, BROKEN)
HERE = (*KNOWN, SUPPOSED)
PLAY_ANSWERED = on.CommandAnswered(on.Command.PLAY)
READY, FINISHED = internal.SongReady(1), internal.SongReady(1, finished=True)
ABANDONED, WHOLE_HERE = internal.SongAbandoned(), internal.SongWhole()
NEXT_READY, NEXT_FAILED = internal.NextSongReady(), internal.NextSongFailed()
OVER, UNPLAYABLE = internal.SongOver(), internal.SongUnplayable()
FINISH, FINISH_NEXT = do.FinishBuffer(Buffer.PRESENT), do.FinishBuffer(Buffer.NEXT)


def append(data):
    return do.AppendAudio(Buffer.PRESENT, data)


def append_next(data):
    return do.AppendAudio(Buffer.NEXT, data)


def tell(report, reason="", song_id=1):
    return do.Tell(report, song_id, reason)


def tell_next(report, reason=""):
    return tell(report, reason, song_id=2)


ARRIVES, PLAYS_NEXT = tell(Report.SONG_ARRIVING), tell_next(Report.SONG_PLAYING)


def present(state, prebuffer_msgs=2):
    session = SongSession(prebuffer_msgs)
    assert step(session, *WAYS[state])[1] is state
    return session


def following(state, prebuffer_msgs=2):
    session = SongSession(prebuffer_msgs, Buffer.NEXT)
    assert step(session, *WAYS_OF_NEXT[state])[1] is state
    return session


def after(state, *events):
    """What comes of the last event in that state of the present song, and the state then."""
    return step(present(state), *events)


def after_next(state, *events):
    """What comes of the last event in that state of the next song, and the state then."""
    return step(following(state), *events)


def holds_nothing(session):
    """All that a song session keeps of its song is forgotten."""
    return (
        session.num_audio_msgs_recv,
        session.held_bytes,
        session.counted_from_msgs,
        session.counted_from_bytes,
        session.needed_bytes,
        session.tail,
        session.lost_because,
        session.last_bytes,
        session.shortest_bytes,
        session.measure,
    ) == (0, 0, 0, 0, 0, b"", "", 0, 4096, None)


# A song is chosen, or none (RFC 2.2)


@pytest.mark.parametrize("chosen", [on.PlayRequested(2), internal.SongTurnCame(2)], ids=str)
def test_the_buffers_are_cleared_before_a_song_is_requested(chosen):
    for state in WAYS:
        session = present(state)
        assert step(session, chosen) == ([do.DropBuffers(), internal.SongWanted(2)], REQUESTED)
        assert holds_nothing(session)
        assert session.song_id == 2


def test_stop_clears_the_buffers_in_every_state():
    for state in WAYS:
        session = present(state)
        assert step(session, on.StopRequested()) == ([do.DropBuffers(), PLAY_ANSWERED], UNWANTED)
        assert holds_nothing(session)
        assert session.song_id is None


def test_stop_forgets_a_song_that_was_over():
    session = present(WHOLE)
    step(session, on.PlayedOut(), on.StopRequested())
    assert holds_nothing(session)
    assert session.song_id is None


@pytest.mark.parametrize(
    "command", [on.PlayRequested(9), internal.SongTurnCame(9), on.StopRequested()], ids=str
)
def test_what_clears_the_buffers_forgets_the_next_song(command):
    for state in WAYS_OF_NEXT:
        session = following(state)
        assert step(session, command) == ([], UNWANTED)
        assert holds_nothing(session)
        assert session.song_id is None


# The next song is requested ahead, and no longer wanted


def test_the_next_song_is_requested():
    assert after_next(UNWANTED, NEXT_KNOWN) == ([internal.SongWanted(2)], REQUESTED)


def test_a_next_song_that_is_owed_is_dropped_and_stopped():
    for state in (*NOTHING_YET, *ARRIVING):
        session = following(state)
        dropped = [do.DropNextBuffer(), ABANDONED]
        assert step(session, internal.NextSongDropped()) == (dropped, UNWANTED)
        assert holds_nothing(session)
        assert session.song_id is None


def test_a_next_song_of_which_nothing_more_will_come_is_only_dropped():
    for state in HERE:
        session = following(state)
        assert step(session, internal.NextSongDropped()) == ([do.DropNextBuffer()], UNWANTED)
        assert holds_nothing(session)
        assert session.song_id is None


# Whose audio it is


def test_audio_is_late_until_the_song_is_opened():
    assert after(UNWANTED, A) == ([], UNWANTED)
    assert after(REQUESTED, A) == ([], REQUESTED)
    assert after(REQUESTED, SONG_OPENED) == ([], OPENED)
    assert after_next(UNWANTED, A) == ([], UNWANTED)
    assert after_next(REQUESTED, A) == ([], REQUESTED)
    assert after_next(REQUESTED, SONG_OPENED) == ([], OPENED)


def test_audio_behind_the_end_of_a_song_is_not_its_own():
    for state in KNOWN:
        assert after(state, C) == ([], state)
        assert after_next(state, C) == ([], state)


def test_a_new_connection_opens_the_song_again_and_nothing_is_lost():
    for state in (OPENED, *ARRIVING):
        session = present(state)
        held = session.held_bytes
        assert step(session, SONG_OPENED) == ([], state)
        assert session.held_bytes == held
    for state in (OPENED, *ARRIVING):
        session = following(state)
        held = session.held_bytes
        assert step(session, SONG_OPENED) == ([], state)
        assert session.held_bytes == held


@pytest.mark.parametrize("event", [SONG_OPENED, COMPLETED, REFUSED, LOST], ids=str)
def test_what_comes_behind_a_song_that_is_here_is_the_next_songs(event):
    for state in KNOWN if event is COMPLETED else HERE:
        session = present(state)
        why = session.lost_because
        assert step(session, event) == ([], state)
        assert session.lost_because == why
        assert after_next(state, event) == ([], state)


def test_a_song_that_seemed_to_be_here_is_when_the_server_says_so():
    assert after(SUPPOSED, COMPLETED) == ([internal.SongWhole()], WHOLE)
    assert after_next(SUPPOSED, COMPLETED) == ([], WHOLE)
    for said in (after, after_next):
        assert said(SUPPOSED, WENT_QUIET) == ([], SUPPOSED)


@pytest.mark.parametrize("event", [SONG_OPENED, A, COMPLETED, REFUSED, LOST, CUT], ids=str)
def test_without_a_next_song_all_that_comes_is_the_present_songs(event):
    assert after_next(UNWANTED, event) == ([], UNWANTED)
    assert after(UNWANTED, event) == ([], UNWANTED)


# Enough to play (RFC 2.5.2)


def test_the_first_audio_answers_play():
    assert after(OPENED, A) == ([append(b"a"), ARRIVES, PLAY_ANSWERED], COLLECTING)


def test_the_song_is_ready_with_as_many_messages_as_are_enough():
    session = present(OPENED, prebuffer_msgs=3)
    assert step(session, A, B) == ([append(b"b")], COLLECTING)
    assert step(session, C) == ([append(b"c"), READY], ENOUGH)
    assert step(session, D) == ([append(b"d")], ENOUGH)
    assert (session.num_audio_msgs_recv, session.held_bytes, session.tail) == (4, 4, b"abcd")


def test_the_song_is_ready_with_the_first_message_if_one_is_enough():
    begun = [append(b"a"), ARRIVES, READY, PLAY_ANSWERED]
    assert step(present(OPENED, prebuffer_msgs=1), A) == (begun, ENOUGH)


def test_after_an_underrun_it_is_ready_when_as_much_has_come_again():
    session = present(ENOUGH)
    assert step(session, DRY) == ([tell(Report.UNDERRUN), internal.SongShort()], COLLECTING)
    assert step(session, C) == ([append(b"c")], COLLECTING)
    assert step(session, D) == ([append(b"d"), READY], ENOUGH)


def test_a_player_that_runs_dry_at_the_end_of_a_song_is_no_underrun():
    for state in HERE:
        assert after(state, DRY) == ([], state)


def test_the_next_song_goes_into_a_buffer_of_its_own():
    assert after_next(OPENED, A) == ([append_next(b"a")], COLLECTING)
    assert after_next(ENOUGH, C) == ([append_next(b"c")], ENOUGH)


def test_of_the_next_song_too_enough_is_as_many_messages():
    session = following(OPENED, prebuffer_msgs=3)
    assert step(session, A, B) == ([append_next(b"b")], COLLECTING)
    assert step(session, C) == ([append_next(b"c"), NEXT_READY], ENOUGH)
    begun = [append_next(b"a"), NEXT_READY]
    assert step(following(OPENED, prebuffer_msgs=1), A) == (begun, ENOUGH)


def test_the_measured_flow_is_kept_in_every_state():
    fast = on.FlowMeasured(1e9, 1.0, 1)
    for session in (*map(present, WAYS), *map(following, WAYS_OF_NEXT)):
        state = session.state
        assert step(session, fast) == ([], state)
        assert session.flow == fast


@pytest.mark.parametrize("reached", [present, following])
def test_with_a_measurement_enough_is_what_the_flow_needs(reached):
    session = reached(OPENED, prebuffer_msgs=None)
    assert step(session, internal.SongAudio(bytes(110)))[1] is COLLECTING
    step(session, on.FlowMeasured(1e9, 100.0, 5_000))
    assert step(session, A)[1] is ENOUGH, "1 s of music is 100 bytes"


# Another place in the song


def test_a_place_is_sought_by_the_player():
    seek = ask.SeekRequested(-10.0, Measure.FROM_HERE)
    for state in WAYS:
        if state is not UNWANTED:
            wanted = internal.SeekWanted(-10.0, Measure.FROM_HERE)
            assert after(state, seek) == ([wanted], state)


def test_without_a_song_there_is_no_place_to_seek():
    nothing = [do.Tell(Report.NOTHING_PLAYS)]
    assert after(UNWANTED, ask.SeekRequested(1.0)) == (nothing, UNWANTED)


def test_a_place_that_has_yet_to_arrive_is_waited_for():
    farther = on.PlaceNotHere(needed_bytes=99, from_bytes=98)
    for state in ARRIVING:
        session = present(state)
        assert step(session, farther) == ([internal.SongShort()], AWAITING)
        assert session.needed_bytes == 99
    for state in HERE:
        assert after(state, FAR) == ([], state), "nothing more will come"


def test_when_the_place_is_here_what_comes_behind_it_has_to_be_enough():
    session = present(AWAITING)
    assert step(session, C, D) == ([append(b"d")], AWAITING)
    assert step(session, C) == ([append(b"c")], COLLECTING)
    assert step(session, C) == ([append(b"c")], COLLECTING)
    assert step(session, C) == ([append(b"c"), READY], ENOUGH)


def test_a_player_that_plays_from_another_place_waits_no_longer():
    moved = internal.PlayerMoved()
    assert after(AWAITING, moved) == ([], ENOUGH)
    assert step(SongSession(2), *AFTER_UNDERRUN, moved) == ([], ENOUGH)
    for state in (ENOUGH, *HERE):
        assert after(state, moved) == ([], state)


# All of it is here


def test_a_song_shorter_than_the_count_is_ready_when_it_is_whole():
    finished = [FINISH, FINISHED, PLAY_ANSWERED, WHOLE_HERE]
    assert after(COLLECTING, COMPLETED) == (finished, WHOLE)


def test_a_song_that_is_whole_is_played_out():
    assert after(ENOUGH, COMPLETED) == ([FINISH, WHOLE_HERE], WHOLE)


def test_a_player_that_waits_plays_out_a_song_that_is_whole():
    finished = [FINISH, FINISHED, PLAY_ANSWERED, WHOLE_HERE]
    assert after(AWAITING, COMPLETED) == (finished, WHOLE)
    assert step(SongSession(2), *AFTER_UNDERRUN, COMPLETED) == (finished, WHOLE)


def test_a_song_that_only_went_quiet_lets_no_song_be_requested_ahead():
    assert after(ENOUGH, WENT_QUIET) == ([FINISH], SUPPOSED)
    for state in (COLLECTING, AWAITING):
        assert after(state, WENT_QUIET) == ([FINISH, FINISHED, PLAY_ANSWERED], SUPPOSED)


@pytest.mark.parametrize("event", [WENT_QUIET, ENDED_THERE], ids=str)
def test_a_song_of_which_nothing_came_is_not_taken_for_an_empty_one(event):
    report = tell(Report.SONG_CUT_OFF, "no audio came")
    ended = [do.LeaveSong(), report, PLAY_ANSWERED, UNPLAYABLE]
    for state in (REQUESTED, OPENED) if event is ENDED_THERE else (OPENED,):
        assert after(state, event) == (ended, UNWANTED)


def says(song_bytes, playable=True):
    return on.SongMeasured(playable, song_bytes)


@pytest.mark.parametrize("event", [WENT_QUIET, ENDED_THERE], ids=str)
@pytest.mark.parametrize("said_bytes", [1, 2])
def test_a_song_that_is_as_long_as_its_header_says_is_whole(event, said_bytes):
    finished = [FINISH, FINISHED, PLAY_ANSWERED, WHOLE_HERE]
    assert after(COLLECTING, says(1), event) == (finished, WHOLE)
    assert after(AWAITING, says(said_bytes), event) == (finished, WHOLE)
    assert after(ENOUGH, says(said_bytes), event) == ([FINISH, WHOLE_HERE], WHOLE)


@pytest.mark.parametrize("event", [WENT_QUIET, ENDED_THERE], ids=str)
def test_a_song_that_is_shorter_than_its_header_says_is_cut_off(event):
    report = tell(Report.SONG_CUT_OFF, "the server sent no more of it")
    ended = [do.LeaveSong(), report, PLAY_ANSWERED, OVER]
    for state in (COLLECTING, AWAITING):
        session = present(state)
        assert step(session, says(3), event) == ([FINISH, FINISHED, PLAY_ANSWERED], BROKEN)
        assert step(session, on.PlayedOut()) == (ended, UNWANTED)
    session = present(ENOUGH)
    assert step(session, says(3), event) == ([FINISH], BROKEN)
    assert step(session, on.PlayedOut()) == (ended, UNWANTED)


def test_the_servers_word_counts_more_than_the_header():
    assert after(ENOUGH, says(99), COMPLETED) == ([FINISH, WHOLE_HERE], WHOLE)


@pytest.mark.parametrize("song_bytes", [None, 1])
def test_what_the_song_says_is_kept_while_it_is_owed(song_bytes):
    for state in (*NOTHING_YET, *ARRIVING):
        for session in (present(state), following(state)):
            assert step(session, says(song_bytes)) == ([], state)
            assert session.measure == says(song_bytes)
    for state in (UNWANTED, *HERE):
        for session in (present(state), following(state)):
            assert step(session, says(song_bytes)) == ([], state)
            assert session.measure is None


LONG, SHORTER = internal.SongAudio(b"long"), internal.SongAudio(b"c")


def test_a_song_that_a_server_has_ended_in_order_may_end_behind_a_short_message():
    report = tell(Report.SONG_PROBABLY_PLAYED)
    ended = [do.LeaveSong(), report, PLAY_ANSWERED, OVER]
    session = present(OPENED, prebuffer_msgs=3)
    step(session, LONG, SHORTER)
    assert step(session, ENDED_THERE) == ([FINISH, FINISHED, PLAY_ANSWERED], SUPPOSED)
    assert step(session, on.PlayedOut()) == (ended, UNWANTED)
    session = present(OPENED)
    assert step(session, LONG, SHORTER, ENDED_THERE) == ([FINISH], SUPPOSED)
    session = present(OPENED)
    step(session, LONG, SHORTER, FAR)
    assert step(session, ENDED_THERE) == ([FINISH, FINISHED, PLAY_ANSWERED], SUPPOSED)


@pytest.mark.parametrize("arrived", [(LONG, LONG), (SHORTER, LONG)], ids=str)
def test_behind_a_message_like_those_before_it_the_song_is_cut_off(arrived):
    session = present(OPENED)
    assert step(session, *arrived, ENDED_THERE) == ([FINISH], BROKEN)
    assert session.lost_because == "the server sent no more of it"
    session = present(OPENED, prebuffer_msgs=3)
    finished = [FINISH, FINISHED, PLAY_ANSWERED]
    assert step(session, *arrived, ENDED_THERE) == (finished, BROKEN)
    assert session.lost_because == "the server sent no more of it"


def test_where_no_song_is_owed_none_has_ended():
    for state in (UNWANTED, *HERE):
        assert after(state, ENDED_THERE) == ([], state)
        assert after_next(state, ENDED_THERE) == ([], state)


# ... and more of it comes after all


def test_audio_that_comes_later_takes_back_that_the_song_is_whole():
    session = present(SUPPOSED)
    assert step(session, C) == ([do.ReopenBuffer(), append(b"c")], ENOUGH)
    assert (session.num_audio_msgs_recv, session.held_bytes, session.tail) == (3, 3, b"abc")


def test_where_the_player_has_come_to_its_end_before_that_is_known_the_song_is_cut_off():
    report = tell(Report.SONG_CUT_OFF, "more of it came after the server had been silent")
    ended = [ABANDONED, do.LeaveSong(), report, PLAY_ANSWERED, OVER]
    for state in ARRIVING:
        assert after(state, on.PlayedOut()) == (ended, UNWANTED)


def test_a_song_that_was_only_taken_for_whole_is_told_as_that():
    report = tell(Report.SONG_PROBABLY_PLAYED)
    ended = [do.LeaveSong(), report, PLAY_ANSWERED, OVER]
    assert after(SUPPOSED, on.PlayedOut()) == (ended, UNWANTED)


# The next song, from a plain server


def test_a_next_song_that_only_went_quiet_is_only_taken_for_whole():
    for state in (COLLECTING, AWAITING):
        assert after_next(state, WENT_QUIET) == ([FINISH_NEXT, NEXT_READY], SUPPOSED)
    assert after_next(ENOUGH, WENT_QUIET) == ([FINISH_NEXT], SUPPOSED)


@pytest.mark.parametrize("event", [WENT_QUIET, ENDED_THERE], ids=str)
def test_a_next_song_is_as_long_as_its_header_says_or_cut_off(event):
    for state in (COLLECTING, AWAITING):
        assert after_next(state, says(1), event) == ([FINISH_NEXT, NEXT_READY], WHOLE)
        session = following(state)
        assert step(session, says(9), event) == ([FINISH_NEXT, NEXT_READY], BROKEN)
        assert session.lost_because == "the server sent no more of it"
    assert after_next(ENOUGH, says(2), event) == ([FINISH_NEXT], WHOLE)
    session = following(ENOUGH)
    assert step(session, says(9), event) == ([FINISH_NEXT], BROKEN)
    assert session.lost_because == "the server sent no more of it"


def test_a_next_song_that_a_server_has_ended_in_order_may_end_behind_a_short_message():
    session = following(OPENED, prebuffer_msgs=3)
    assert step(session, LONG, SHORTER, ENDED_THERE) == ([FINISH_NEXT, NEXT_READY], SUPPOSED)
    session = following(OPENED)
    assert step(session, LONG, SHORTER, ENDED_THERE) == ([FINISH_NEXT], SUPPOSED)
    session = following(OPENED)
    step(session, LONG, SHORTER, FAR)
    assert step(session, ENDED_THERE) == ([FINISH_NEXT, NEXT_READY], SUPPOSED)
    session = following(OPENED)
    assert step(session, LONG, LONG, ENDED_THERE) == ([FINISH_NEXT], BROKEN)
    session = following(OPENED, prebuffer_msgs=3)
    assert step(session, LONG, LONG, ENDED_THERE) == ([FINISH_NEXT, NEXT_READY], BROKEN)
    assert session.lost_because == "the server sent no more of it"


@pytest.mark.parametrize("event", [WENT_QUIET, ENDED_THERE], ids=str)
def test_a_next_song_of_which_nothing_came_fails(event):
    report = tell_next(Report.SONG_CUT_OFF, "no audio came")
    for state in (REQUESTED, OPENED) if event is ENDED_THERE else (OPENED,):
        session = following(state)
        failed = [do.DropNextBuffer(), report, NEXT_FAILED]
        assert step(session, event) == (failed, UNWANTED)
        assert holds_nothing(session)
        assert session.song_id is None


def test_a_next_song_of_which_more_comes_after_all_is_cut_off():
    """Its buffer has been finished, and the player may have gone on into it."""
    session = following(SUPPOSED)
    assert step(session, C) == ([ABANDONED], BROKEN)
    assert session.lost_because == "more of it came after the server had been silent"


def test_what_can_be_heard_of_it_counts_as_well():
    session = present(COLLECTING)
    step(session, says(None, playable=False))
    assert step(session, B) == ([append(b"b")], COLLECTING)
    step(session, says(None, playable=True))
    assert step(session, C) == ([append(b"c"), READY], ENOUGH)


def test_a_next_song_shorter_than_the_count_is_ready_when_it_is_whole():
    for state in (COLLECTING, AWAITING):
        assert after_next(state, COMPLETED) == ([FINISH_NEXT, NEXT_READY], WHOLE)
    assert after_next(ENOUGH, COMPLETED) == ([FINISH_NEXT], WHOLE)


def test_when_it_has_been_heard_it_is_over():
    played = [do.LeaveSong(), tell(Report.SONG_PLAYED), PLAY_ANSWERED, OVER]
    assert after(WHOLE, on.PlayedOut()) == (played, UNWANTED)


def test_a_song_that_is_skipped_is_left_for_the_next():
    assert after(WHOLE, internal.SongSkipped()) == ([do.SkipSong()], UNWANTED)


# The rest of it will not come


def test_a_song_that_is_not_there_is_told():
    ended = [do.LeaveSong(), tell(Report.SONG_NOT_FOUND), PLAY_ANSWERED, UNPLAYABLE]
    for state in NOTHING_YET:
        assert after(state, REFUSED) == (ended, UNWANTED)


def test_a_song_of_which_nothing_is_here_and_nothing_comes_is_told():
    report = tell(Report.SONG_CUT_OFF, "it has changed")
    ended = [do.LeaveSong(), report, PLAY_ANSWERED, UNPLAYABLE]
    for state in NOTHING_YET:
        assert after(state, LOST) == (ended, UNWANTED)


@pytest.mark.parametrize(("end", "reason"), [(REFUSED, ""), (LOST, "it has changed")])
def test_what_is_here_of_a_song_that_breaks_off_is_played(end, reason):
    finished = [FINISH, FINISHED, PLAY_ANSWERED]
    report = tell(Report.SONG_CUT_OFF, reason)
    ended = [do.LeaveSong(), report, PLAY_ANSWERED, OVER]
    for state in (COLLECTING, AWAITING):
        session = present(state)
        assert step(session, end) == (finished, BROKEN)
        assert step(session, on.PlayedOut()) == (ended, UNWANTED)
    session = present(ENOUGH)
    assert step(session, end) == ([FINISH], BROKEN)
    assert step(session, on.PlayedOut()) == (ended, UNWANTED)


@pytest.mark.parametrize(
    ("end", "report"),
    [
        (REFUSED, tell_next(Report.SONG_NOT_FOUND)),
        (LOST, tell_next(Report.SONG_CUT_OFF, "it has changed")),
    ],
)
def test_of_a_next_song_that_nothing_has_come_of_nothing_is_left(end, report):
    for state in NOTHING_YET:
        session = following(state)
        failed = [do.DropNextBuffer(), report, NEXT_FAILED]
        assert step(session, end) == (failed, UNWANTED)
        assert holds_nothing(session)
        assert session.song_id is None


@pytest.mark.parametrize(("end", "reason"), [(REFUSED, ""), (LOST, "it has changed")])
def test_what_has_come_of_a_next_song_that_breaks_off_will_be_played(end, reason):
    for state in (COLLECTING, AWAITING):
        session = following(state)
        assert step(session, end) == ([FINISH_NEXT, NEXT_READY], BROKEN)
        assert session.lost_because == reason
    session = following(ENOUGH)
    assert step(session, end) == ([FINISH_NEXT], BROKEN)
    assert session.lost_because == reason


NO_ROOM = "there is no room for the rest of the song: no space left"


def test_a_next_song_for_which_there_is_no_room_breaks_off():
    full = on.NextBufferFull("no space left")
    for state, more in ((COLLECTING, [NEXT_READY]), (ENOUGH, [])):
        session = following(state)
        assert step(session, full) == ([ABANDONED, FINISH_NEXT, *more], BROKEN)
        assert session.lost_because == NO_ROOM
    for state in HERE:
        session = following(state)
        assert step(session, full) == ([], BROKEN)
        assert session.lost_because == NO_ROOM


def test_a_song_for_which_there_is_no_room_is_played_as_far_as_it_is_here():
    full = on.BufferFull("no space left")
    for state in (COLLECTING, AWAITING, ENOUGH):
        session = present(state)
        more = [] if state is ENOUGH else [FINISHED, PLAY_ANSWERED]
        assert step(session, full) == ([ABANDONED, FINISH, *more], BROKEN)
        cut_off = [do.LeaveSong(), tell(Report.SONG_CUT_OFF, NO_ROOM), PLAY_ANSWERED, OVER]
        assert step(session, A) == ([], BROKEN)
        assert step(session, on.PlayedOut()) == (cut_off, UNWANTED)
    for state in HERE:
        session = present(state)
        assert step(session, full) == ([], BROKEN)
        assert session.lost_because == NO_ROOM


def test_a_song_that_is_cut_off_can_be_skipped():
    assert after(BROKEN, internal.SongSkipped()) == ([do.SkipSong()], UNWANTED)


@pytest.mark.parametrize("event", [COMPLETED, WENT_QUIET], ids=str)
def test_of_a_song_that_ends_before_it_begins_no_audio_came(event):
    nothing = tell(Report.SONG_CUT_OFF, "no audio came")
    unplayable = [do.LeaveSong(), nothing, PLAY_ANSWERED, internal.SongUnplayable()]
    assert after(OPENED, event) == (unplayable, UNWANTED)
    outcomes, state = after_next(OPENED, event)
    assert (outcomes[0], outcomes[-1], state) == (
        do.DropNextBuffer(),
        internal.NextSongFailed(),
        UNWANTED,
    )


# The connection has gone (protocol.md 7)


@pytest.mark.parametrize("end", [CUT, RENEWED], ids=str)
def test_the_link_is_told_what_of_the_song_is_here(end):
    held = {REQUESTED: b"", OPENED: b"", COLLECTING: b"a", AWAITING: b"ab", ENOUGH: b"ab"}
    for state, data in held.items():
        interrupted = internal.SongInterrupted(1, len(data), data)
        assert after(state, end) == ([interrupted], state)
    for state, data in held.items():
        interrupted = internal.SongInterrupted(2, len(data), data)
        assert after_next(state, end) == ([interrupted], state)


@pytest.mark.parametrize("end", [CUT, RENEWED], ids=str)
def test_a_song_that_is_not_owed_needs_no_connection(end):
    for state in (UNWANTED, *HERE):
        assert after(state, end) == ([], state)
        assert after_next(state, end) == ([], state)


def test_of_a_long_song_4_kib_are_enough_to_know_it_again():
    session = present(COLLECTING)
    step(session, internal.SongAudio(b"x" * 4096), internal.SongAudio(b"y" * 1000))
    tail = b"x" * 3096 + b"y" * 1000
    assert step(session, CUT)[0] == [internal.SongInterrupted(1, 5097, tail)]


# The player fails


def test_a_song_that_cannot_be_decoded_is_over():
    report = tell(Report.SONG_UNDECODABLE, "noise")
    ended = [do.LeaveSong(), report, PLAY_ANSWERED, UNPLAYABLE]
    for state in HERE:
        assert after(state, on.Undecodable("noise")) == (ended, UNWANTED)
    for state in ARRIVING:
        assert after(state, on.Undecodable("noise")) == ([ABANDONED, *ended], UNWANTED)


def test_without_an_output_there_is_no_song():
    failed = on.OutputFailed("no room")
    ended = [do.DropBuffers(), tell(Report.OUTPUT_FAILED, "no room"), PLAY_ANSWERED]
    assert after(UNWANTED, failed) == ([], UNWANTED)
    for state in HERE:
        assert after(state, failed) == (ended, UNWANTED)
    for state in (*NOTHING_YET, *ARRIVING):
        assert after(state, failed) == ([ABANDONED, *ended], UNWANTED)


def test_without_an_output_nothing_more_of_the_next_song_is_needed():
    failed = on.OutputFailed("no room")
    assert after_next(UNWANTED, failed) == ([], UNWANTED)
    for state in WAYS_OF_NEXT:
        session = following(state)
        owed = state not in (UNWANTED, *HERE)
        stopped = [do.DropNextBuffer(), ABANDONED] if owed else []
        assert step(session, failed) == (stopped, UNWANTED)
        assert holds_nothing(session)
        assert session.song_id is None


# The song before it is over: the next song is the present one


def taken_over(state):
    """A present session that is what the next one was, and the next session."""
    session, next_session = present(UNWANTED), following(state)
    session.take_over(next_session)
    return session, next_session


def test_the_present_session_takes_over_all_that_is_known_of_the_next_song():
    for state in WAYS_OF_NEXT:
        session, next_session = taken_over(state)
        held = following(state)
        assert session.state is state
        for name in ("song_id", "num_audio_msgs_recv", "held_bytes", "tail", "lost_because"):
            assert getattr(session, name) == getattr(held, name), name
        assert session.buffer is Buffer.PRESENT
        assert next_session.state is UNWANTED
        assert holds_nothing(next_session)
        assert next_session.song_id is None
        assert next_session.buffer is Buffer.NEXT


def test_each_session_keeps_the_flow_that_it_was_told():
    session, next_session = present(UNWANTED), following(COLLECTING)
    flow, other = on.FlowMeasured(1.0, 1.0), on.FlowMeasured(2.0, 1.0)
    step(session, flow)
    step(next_session, other)
    session.take_over(next_session)
    assert (session.flow, next_session.flow) == (flow, other)


@pytest.mark.parametrize("state", [UNWANTED, REQUESTED, OPENED, COLLECTING, AWAITING])
def test_a_song_of_which_there_is_too_little_begins_like_any_other(state):
    session, _ = taken_over(state)
    assert step(session, internal.SongBegan()) == ([], state)


@pytest.mark.parametrize(
    ("state", "more"), [(ENOUGH, []), (WHOLE, [WHOLE_HERE]), (SUPPOSED, []), (BROKEN, [])], ids=str
)
def test_into_a_song_that_was_ready_the_player_has_gone_by_itself(state, more):
    session, _ = taken_over(state)
    assert step(session, internal.SongBegan()) == ([PLAYS_NEXT, *more], state)


def test_it_goes_on_with_what_is_here_of_it():
    session, _ = taken_over(COLLECTING)
    step(session, internal.SongBegan())
    assert step(session, CUT) == ([internal.SongInterrupted(2, 1, b"a")], COLLECTING)
    ready = [append(b"b"), internal.SongReady(2)]
    assert step(session, B) == (ready, ENOUGH), "it is the second message"


@pytest.mark.parametrize(("end", "reason"), [(REFUSED, ""), (LOST, "it has changed")])
def test_a_next_song_that_broke_off_says_why_when_it_has_been_heard(end, reason):
    session, next_session = present(UNWANTED), following(COLLECTING)
    step(next_session, end)
    session.take_over(next_session)
    step(session, internal.SongBegan())
    report = tell_next(Report.SONG_CUT_OFF, reason)
    ended = [do.LeaveSong(), report, PLAY_ANSWERED, OVER]
    assert step(session, on.PlayedOut()) == (ended, UNWANTED)


# The server has been started again, and has other IDs

NEW_IDS = internal.SongsRenumbered(
    (internal.NewId(1, "one", 2), internal.NewId(2, "two", 1), internal.NewId(3, "three", None))
)


def test_the_song_takes_the_id_that_it_has_now():
    for state in WAYS:
        session = present(state)
        assert step(session, NEW_IDS) == ([], state)
        assert session.song_id == (None if state is UNWANTED else 2)
    for state in WAYS_OF_NEXT:
        session = following(state)
        assert step(session, NEW_IDS) == ([], state)
        assert session.song_id == (None if state is UNWANTED else 1)


def test_a_song_that_is_gone_keeps_the_id_that_it_had():
    session = present(ENOUGH)
    step(session, internal.SongsRenumbered((internal.NewId(1, "one", None),)))
    assert session.song_id == 1


# A place of which nothing is here, and a server that sends songs from any byte on (protocol.md 10)

FROM, CONNECTED = internal.FromAccepted(), on.Connected()
WANTED_THERE = [do.MoveBuffer(4), internal.PlaceWanted(1, 4)]
BACK = on.PlaceNotHere(needed_bytes=2, from_bytes=1)


def sought(*events):
    """The present song, which has been asked for from its byte 4 on."""
    session = present(ENOUGH)
    step(session, FROM, FAR)
    assert session.state is SOUGHT
    step(session, *events)
    return session


@pytest.mark.parametrize("state", [COLLECTING, AWAITING, ENOUGH])
def test_a_place_that_is_not_here_is_asked_for(state):
    session = present(state)
    assert step(session, FROM, FAR) == (WANTED_THERE, SOUGHT)
    assert (session.base_bytes, session.held_bytes, session.tail) == (4, 4, b"")
    session = present(state)
    step(session, FROM, CUT)
    assert step(session, FAR) == (WANTED_THERE, SOUGHT), "also where there is no connection"


@pytest.mark.parametrize("state", [UNWANTED, *WAYS])
def test_over_each_connection_offsets_have_to_be_accepted_anew(state):
    session = present(state)
    assert step(session, FROM) == ([], state)
    assert session.plays_from
    assert step(session, CONNECTED) == ([], state)
    assert not session.plays_from


def test_what_a_server_understands_is_not_a_songs_own():
    session = present(UNWANTED)
    step(session, FROM)
    session.take_over(following(ENOUGH))
    assert session.plays_from
    step(session, PLAY)
    assert session.plays_from


def test_what_is_asked_for_from_there_on_begins_there():
    session = sought()
    assert (session.base_bytes, session.held_bytes, session.tail) == (4, 4, b"")
    assert step(session, A) == ([], SOUGHT), "what belongs to the request before is late"
    assert step(session, SONG_OPENED) == ([], COLLECTING)
    assert step(session, C) == ([append(b"c")], COLLECTING)
    assert step(session, D) == ([append(b"d"), READY], ENOUGH)
    assert (session.held_bytes, session.tail) == (6, b"cd")
    finished = [FINISH, WHOLE_HERE]
    assert step(session, COMPLETED) == (finished, WHOLE)


def test_enough_is_counted_from_there_on():
    session = SongSession(None)
    step(
        session,
        PLAY,
        SONG_OPENED,
        FROM,
        on.FlowMeasured(1e6, 100.0, 0),
        internal.SongAudio(bytes(9)),
    )
    step(session, on.PlaceNotHere(1001, 1000), SONG_OPENED)
    assert session.state is COLLECTING
    assert (session.counted_from_bytes, session.counted_from_msgs) == (1000, 0)
    assert session.num_audio_msgs_recv == 0, "what was here is thrown away"
    assert step(session, internal.SongAudio(bytes(99)))[1] is COLLECTING
    assert step(session, internal.SongAudio(bytes(9)))[1] is ENOUGH


def test_while_it_is_asked_for_another_place_may_be_sought():
    other = on.PlaceNotHere(needed_bytes=9, from_bytes=8)
    again = [do.MoveBuffer(8), internal.PlaceWanted(1, 8)]
    session = sought()
    assert step(session, other) == (again, SOUGHT)
    assert (session.base_bytes, session.held_bytes, session.counted_from_bytes) == (8, 8, 8)
    assert step(sought(), FAR) == ([internal.SongShort()], SOUGHT), "it is asked for already"
    assert step(sought(), internal.PlayerMoved()) == ([], SOUGHT)


def test_what_begins_at_that_place_is_not_asked_for_again():
    session = sought(SONG_OPENED, C, D, internal.SongAudio(b"e"))
    assert session.state is ENOUGH
    assert step(session, FAR) == ([internal.SongShort()], COLLECTING)
    assert step(session, A)[1] is COLLECTING, "it counts again"
    assert step(session, B) == ([append(b"b"), READY], ENOUGH)


ENDS_BEFORE = do.Tell(do.Report.SONG_ENDS_BEFORE, 1)
BEHIND_THE_END = on.PlaceNotHere(needed_bytes=99, from_bytes=98, back_bytes=1)
GONE_BACK = [ENDS_BEFORE, do.MoveBufferBack(1), internal.PlaceWanted(1, 1, back=True)]


def behind_the_end(*events):
    """The present song, of which 2 bytes are here, asked for from its byte 98 on."""
    session = present(ENOUGH)
    step(session, FROM, BEHIND_THE_END, *events)
    return session


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ((), SOUGHT),
        ((SONG_OPENED,), COLLECTING),
        ((SONG_OPENED, CONNECTED, on.PlaceNotHere(999, 998)), AWAITING),
        ((SONG_OPENED, internal.PlayerMoved()), ENOUGH),
    ],
)
def test_a_song_that_ends_before_a_place_goes_on_where_it_was(events, state):
    session = behind_the_end(*events)
    assert session.state is state
    assert step(session, REFUSED) == (GONE_BACK, SOUGHT)
    assert (session.base_bytes, session.held_bytes, session.tail) == (1, 1, b"")
    assert step(session, SONG_OPENED, B)[1] is COLLECTING
    assert step(session, C)[1] is ENOUGH


def test_of_several_places_that_it_does_not_have_the_last_leads_back_too():
    session = behind_the_end(on.PlaceNotHere(999, 998, 1), SONG_OPENED)
    assert step(session, REFUSED) == (GONE_BACK, SOUGHT)
    session = behind_the_end(on.PlaceNotHere(50, 49, 1), SONG_OPENED)
    assert step(session, REFUSED) == (GONE_BACK, SOUGHT)


def test_a_song_that_is_refused_where_it_was_heard_is_cut_off():
    session = behind_the_end(SONG_OPENED, REFUSED, SONG_OPENED)
    assert step(session, REFUSED) == ([FINISH, FINISHED, PLAY_ANSWERED], BROKEN)


def test_a_song_that_is_refused_from_what_was_here_is_cut_off():
    session = sought(SONG_OPENED, C, D, on.PlaceNotHere(2, 1, 1), SONG_OPENED)
    assert step(session, REFUSED) == ([FINISH, FINISHED, PLAY_ANSWERED], BROKEN)


def test_a_song_that_is_refused_when_some_of_it_has_come_is_cut_off():
    session = behind_the_end(SONG_OPENED, C)
    assert step(session, REFUSED) == ([FINISH, FINISHED, PLAY_ANSWERED], BROKEN)


def test_a_place_before_what_is_here_is_asked_for():
    whole = (SONG_OPENED, C, D, COMPLETED)
    lost = (SONG_OPENED, C, D, LOST)
    asked = [do.MoveBuffer(1), internal.PlaceWanted(1, 1)]
    for events in (
        (SONG_OPENED, C),
        (SONG_OPENED, C, D),
        whole,
        lost,
        (SONG_OPENED, C, D, WENT_QUIET),
    ):
        session = sought(*events)
        assert step(session, BACK) == (asked, SOUGHT)
        assert (session.base_bytes, session.held_bytes, session.tail) == (1, 1, b"")
        assert step(sought(*events, CONNECTED), BACK) == (asked, SOUGHT)
    for events in (whole, lost):
        farther = on.PlaceNotHere(needed_bytes=99, from_bytes=98)
        assert step(sought(*events), farther)[0] == [], "what is behind the end does not come"


def test_without_offsets_a_place_behind_what_is_here_is_waited_for():
    session = sought(SONG_OPENED, C, CONNECTED)
    farther = on.PlaceNotHere(needed_bytes=99, from_bytes=98)
    assert step(session, farther) == ([internal.SongShort()], AWAITING)


@pytest.mark.parametrize("end", [CUT, RENEWED], ids=str)
def test_a_song_that_is_asked_for_from_there_on_may_be_interrupted(end):
    assert step(sought(), end) == ([internal.SongInterrupted(1, 4, b"")], SOUGHT)
    assert step(sought(SONG_OPENED, C), end)[0] == [internal.SongInterrupted(1, 5, b"c")]


def test_what_was_asked_for_from_there_on_may_not_come():
    here = (SONG_OPENED, C, D, BACK)
    for events, end, reason in ((here, REFUSED, ""), ((), LOST, LOST.reason)):
        session = sought(*events)
        assert step(session, end) == ([FINISH, FINISHED, PLAY_ANSWERED], BROKEN)
        assert session.lost_because == reason
    undecodable = step(sought(), on.Undecodable("noise"))
    assert undecodable == (
        [
            ABANDONED,
            do.LeaveSong(),
            tell(Report.SONG_UNDECODABLE, "noise"),
            PLAY_ANSWERED,
            UNPLAYABLE,
        ],
        UNWANTED,
    )
    gone = step(sought(), on.OutputFailed("unplugged"))
    told = tell(Report.OUTPUT_FAILED, "unplugged")
    assert gone == ([ABANDONED, do.DropBuffers(), told, PLAY_ANSWERED], UNWANTED)


def test_a_song_that_is_asked_for_from_there_on_is_measured_sought_in_and_stopped():
    measured = on.SongMeasured(playable=False)
    session = sought(measured)
    assert session.measure == measured
    assert step(session, ask.SeekRequested(1.0)) == (
        [internal.SeekWanted(1.0, Measure.FROM_START)],
        SOUGHT,
    )
    assert step(session, internal.SongsRenumbered((internal.NewId(1, "one", 7),)))[1] is SOUGHT
    assert session.song_id == 7
    flow = on.FlowMeasured(1.0, 1.0)
    assert step(session, flow)[1] is SOUGHT
    assert session.flow == flow
    stopped = [do.DropBuffers(), PLAY_ANSWERED]
    assert step(session, on.StopRequested()) == (stopped, UNWANTED)
    assert (session.base_bytes, session.held_bytes) == (0, 0)


@pytest.mark.parametrize("chosen", [on.PlayRequested(3), internal.SongTurnCame(3)], ids=str)
def test_a_song_that_is_chosen_meanwhile_begins_anew(chosen):
    session = sought()
    wanted = [do.DropBuffers(), internal.SongWanted(3)]
    assert step(session, chosen) == (wanted, REQUESTED)
    assert (session.song_id, session.base_bytes, session.held_bytes) == (3, 0, 0)


def test_what_the_server_understands_is_noted_while_a_place_is_asked_for():
    session = sought(CONNECTED)
    assert (session.state, session.plays_from) == (SOUGHT, False)
    assert step(session, FROM) == ([], SOUGHT)
    assert session.plays_from


@pytest.mark.parametrize("way", [(A,), (A, B, FAR)], ids=["collecting", "awaiting"])
def test_at_a_place_where_it_begins_it_counts_again(way):
    session = present(OPENED)
    step(session, *way)
    begins_there = on.PlaceNotHere(needed_bytes=1, from_bytes=0)
    assert step(session, begins_there) == ([internal.SongShort()], COLLECTING)
    assert step(session, C)[1] is COLLECTING
    assert step(session, D) == ([append(b"d"), READY], ENOUGH)


@pytest.mark.parametrize("state", WAYS_OF_NEXT)
def test_the_next_song_is_forgotten_when_the_present_one_is_asked_for_again(state):
    dropped = [] if state is UNWANTED else [do.DropNextBuffer()]
    session = following(state)
    assert step(session, internal.PlaceWanted(1, 4)) == (dropped, UNWANTED)
    assert session.song_id is None
