"""The queue alone: what is played, what follows it, and what has been requested ahead."""

import random

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.queue.edits import Append, Clear, Insert, Load, Move, Remove, Restore, Shuffle, Undo
from fsm.client.queue.gone import GONE
from fsm.client.queue.session import QueueSession
from fsm.client.queue.table import AHEAD, CURRENT, IDLE, WHOLE
from fsm.client.requests import Measure, Repeat
from tests.fsm.driver import step

WHOLE_SONG, OVER, UNPLAYABLE = internal.SongWhole(), internal.SongOver(), internal.SongUnplayable()
NEXT_FAILED, NEXT_DROPPED = internal.NextSongFailed(), internal.NextSongDropped()
NEXT, PREV, CLEAR = ask.NextRequested(), ask.PrevRequested(), ask.EditRequested(Clear())
SHUFFLE = ask.EditRequested(Shuffle(3))
OFF, ONE, ALL = (ask.RepeatRequested(repeat) for repeat in Repeat)
NOTHING_FOLLOWS = [do.Tell(do.Report.NOTHING_FOLLOWS)]
NOTHING_BEFORE = [do.Tell(do.Report.NOTHING_BEFORE)]
UNDO, TAKE_BACK = ask.UndoRequested(), ask.EditRequested(Undo())
WAIT_ENDS = on.CommandAnswered(on.Command.WAIT)


def play(song_id):
    return on.PlayRequested(song_id)


def queue(*song_ids):
    return edit(Append(song_ids))


def edit(change):
    return ask.EditRequested(change)


ALONE = {
    IDLE: (),
    CURRENT: (play(1),),
    WHOLE: (play(1), WHOLE_SONG),
    AHEAD: (play(1), WHOLE_SONG, ONE),
}
"""Nothing is queued, and nothing was played before. What is ahead is song 1 again."""

QUEUED = {
    IDLE: (play(1), queue(2, 3), on.StopRequested()),
    CURRENT: (play(1), queue(2, 3)),
    WHOLE: (play(1), queue(2, 3), ONE, WHOLE_SONG, NEXT_FAILED),
    AHEAD: (play(1), queue(2, 3), WHOLE_SONG),
}
"""2 and 3 are queued. In WHOLE song 1 was to be repeated, and did not come."""


def reached(ways, state):
    session = QueueSession()
    assert step(session, *ways[state])[1] is state
    return session


def songs(session):
    return session.played, session.current, session.upcoming


# What a person plays and stops


def test_a_song_that_is_chosen_is_played_and_leaves_the_queue_as_it_is():
    for state in QUEUED:
        session = reached(QUEUED, state)
        assert step(session, play(9)) == ([], CURRENT)
        assert songs(session) == ((1,), 9, (2, 3))
        assert session.ahead is None


@pytest.mark.parametrize("end", [on.StopRequested(), on.OutputFailed("no room")], ids=str)
def test_stop_and_a_failed_output_end_the_song_and_a_wait_for_it(end):
    assert step(reached(QUEUED, IDLE), end) == ([], IDLE)
    for state in (CURRENT, WHOLE, AHEAD):
        session = reached(QUEUED, state)
        assert step(session, end) == ([WAIT_ENDS], IDLE)
        assert songs(session) == ((1,), None, (2, 3))
        assert session.ahead is None


def test_a_wait_lasts_while_something_is_played():
    assert step(reached(QUEUED, IDLE), on.WaitRequested()) == ([WAIT_ENDS], IDLE)
    for state in (CURRENT, WHOLE, AHEAD):
        assert step(reached(QUEUED, state), on.WaitRequested()) == ([], state)


# The song ends


def test_behind_the_last_song_nothing_is_played():
    for state in (CURRENT, WHOLE):
        session = reached(ALONE, state)
        assert step(session, OVER) == ([WAIT_ENDS, internal.NothingFollows()], IDLE)
        assert songs(session) == ((1,), None, ())


def test_a_song_that_has_failed_is_left_out():
    for state in (CURRENT, WHOLE):
        session = reached(ALONE, state)
        assert step(session, UNPLAYABLE) == ([WAIT_ENDS, internal.NothingFollows()], IDLE)
        assert songs(session) == ((), None, ())


def test_behind_a_song_that_has_failed_the_queue_goes_on():
    for state in (CURRENT, WHOLE):
        session = reached(QUEUED, state)
        assert step(session, UNPLAYABLE) == ([internal.SongTurnCame(2)], CURRENT)
        assert songs(session) == ((), 2, (3,))
    session = reached(QUEUED, AHEAD)
    assert step(session, UNPLAYABLE) == ([], CURRENT)
    assert songs(session) == ((), 2, (3,))
    assert session.ahead is None


def test_a_song_that_is_repeated_and_fails_is_not_requested_again():
    for repeat in (ONE, ALL):
        session = QueueSession()
        step(session, repeat, play(1))
        assert step(session, UNPLAYABLE) == ([WAIT_ENDS, internal.NothingFollows()], IDLE)


def test_a_song_that_is_repeated_is_requested_again_when_it_was_never_whole():
    session = reached(QUEUED, CURRENT)
    assert step(session, ONE, OVER) == ([internal.SongTurnCame(1)], CURRENT)
    assert songs(session) == ((), 1, (2, 3))


def test_the_next_in_the_queue_follows_by_itself():
    session = reached(QUEUED, CURRENT)
    assert step(session, OVER) == ([internal.SongTurnCame(2)], CURRENT)
    assert songs(session) == ((1,), 2, (3,))


def test_a_song_to_be_repeated_that_did_not_come_ahead_is_requested_at_its_end():
    session = reached(QUEUED, WHOLE)
    assert step(session, OVER) == ([internal.SongTurnCame(1)], CURRENT)
    assert songs(session) == ((), 1, (2, 3))
    session = QueueSession()
    assert step(session, ALL, play(1), WHOLE_SONG, NEXT_FAILED)[1] is WHOLE
    assert step(session, OVER) == ([internal.SongTurnCame(1)], CURRENT)
    assert songs(session) == ((), 1, ())


def test_a_song_that_is_ahead_takes_its_turn_by_itself():
    session = reached(QUEUED, AHEAD)
    assert step(session, OVER) == ([], CURRENT)
    assert songs(session) == ((1,), 2, (3,))


def test_a_song_that_is_ahead_of_itself_is_played_again():
    session = reached(ALONE, AHEAD)
    assert step(session, OVER) == ([], CURRENT)
    assert songs(session) == ((), 1, ())
    assert session.ahead is None


# The song is whole


def test_when_the_song_is_whole_the_next_is_requested():
    assert step(reached(QUEUED, CURRENT), WHOLE_SONG) == ([internal.NextSongKnown(2)], AHEAD)
    assert step(reached(ALONE, CURRENT), WHOLE_SONG) == ([], WHOLE)


def test_a_next_song_that_does_not_come_is_left_out():
    session = reached(QUEUED, AHEAD)
    assert step(session, NEXT_FAILED) == ([internal.NextSongKnown(3)], AHEAD)
    assert step(session, NEXT_FAILED) == ([], WHOLE)
    assert songs(session) == ((), 1, ())


# next and prev


def test_next_goes_to_the_song_that_is_on_its_way():
    session = reached(QUEUED, AHEAD)
    assert step(session, NEXT) == ([internal.SongSkipped()], CURRENT)
    assert songs(session) == ((1,), 2, (3,))


def test_next_requests_what_is_queued_if_it_is_not_on_its_way():
    for state in (IDLE, CURRENT, WHOLE):
        session = reached(QUEUED, state)
        assert step(session, NEXT) == ([internal.SongTurnCame(2, asked=True)], CURRENT)
        assert songs(session) == ((1,), 2, (3,))


def test_next_leaves_a_song_that_would_be_repeated():
    session = reached(QUEUED, CURRENT)
    assert step(session, ONE, WHOLE_SONG) == ([internal.NextSongKnown(1)], AHEAD)
    assert step(session, NEXT) == ([internal.SongTurnCame(2, asked=True)], CURRENT)
    assert session.ahead is None


def test_with_an_empty_queue_there_is_no_next():
    for state in ALONE:
        assert step(reached(ALONE, state), NEXT) == (NOTHING_FOLLOWS, state)


GO_ON = (ask.ResumeRequested(), ask.ToggleRequested())


def test_resume_and_toggle_begin_with_what_is_queued_where_nothing_is_played():
    for go_on in GO_ON:
        session = reached(QUEUED, IDLE)
        assert step(session, go_on) == ([internal.SongTurnCame(2, asked=True)], CURRENT)
        assert songs(session) == ((1,), 2, (3,))
        assert step(reached(ALONE, IDLE), go_on) == ([do.Tell(do.Report.NOTHING_PLAYS)], IDLE)


def test_resume_and_toggle_are_the_transports_where_a_song_is_played():
    for go_on in GO_ON:
        for state in (CURRENT, WHOLE, AHEAD):
            session = reached(QUEUED, state)
            assert step(session, go_on) == ([], state)
            assert songs(session) == ((), 1, (2, 3))


def test_prev_goes_back_and_this_song_comes_after_it_again():
    for state in (CURRENT, WHOLE, AHEAD):
        session = QueueSession()
        assert step(session, play(8), on.StopRequested(), *QUEUED[state])[1] is state
        assert step(session, PREV) == ([internal.SongTurnCame(8, asked=True)], CURRENT)
        assert songs(session) == ((), 8, (1, 2, 3))


def test_prev_after_stop_plays_the_stopped_song_again():
    session = reached(QUEUED, IDLE)
    assert step(session, PREV) == ([internal.SongTurnCame(1, asked=True)], CURRENT)
    assert songs(session) == ((), 1, (2, 3))


def test_prev_in_the_first_song_starts_it_over():
    assert step(reached(ALONE, IDLE), PREV) == (NOTHING_BEFORE, IDLE)
    for state in (CURRENT, WHOLE, AHEAD):
        assert step(reached(ALONE, state), PREV) == (
            [internal.SeekWanted(0.0, Measure.FROM_START)],
            state,
        )


# What is queued


def test_what_is_queued_begins_if_nothing_plays():
    session = reached(ALONE, IDLE)
    assert step(session, queue(5, 6)) == ([internal.SongTurnCame(5, asked=True)], CURRENT)
    assert songs(session) == ((), 5, (6,))


def test_what_is_queued_waits_for_a_song_that_arrives():
    session = reached(QUEUED, CURRENT)
    assert step(session, queue(5, 6)) == ([], CURRENT)
    assert session.upcoming == (2, 3, 5, 6)


def test_what_is_queued_behind_a_whole_song_is_requested():
    assert step(reached(ALONE, WHOLE), queue(5, 6)) == ([internal.NextSongKnown(5)], AHEAD)


def test_what_is_queued_behind_a_song_that_is_ahead_waits():
    session = reached(QUEUED, AHEAD)
    assert step(session, queue(5)) == ([], AHEAD)
    assert session.upcoming == (2, 3, 5)


def test_what_is_queued_comes_before_a_new_round():
    session = QueueSession()
    assert step(session, ALL, play(1), WHOLE_SONG) == ([internal.NextSongKnown(1)], AHEAD)
    assert step(session, queue(5)) == ([NEXT_DROPPED, internal.NextSongKnown(5)], AHEAD)


def test_clear_forgets_what_is_to_come_and_what_was():
    for state in (IDLE, CURRENT, WHOLE):
        session = reached(QUEUED, state)
        assert step(session, CLEAR) == ([], state)
        assert (session.played, session.upcoming) == ((), ())


def test_clear_drops_the_song_that_is_ahead():
    session = reached(QUEUED, AHEAD)
    assert step(session, CLEAR) == ([NEXT_DROPPED], WHOLE)
    assert songs(session) == ((), 1, ())


def test_what_is_cleared_leaves_this_song_to_repeat():
    session = reached(QUEUED, AHEAD)
    step(session, ALL)
    assert step(session, CLEAR) == ([NEXT_DROPPED, internal.NextSongKnown(1)], AHEAD)
    assert songs(session) == ((), 1, ())


def test_what_is_cleared_leaves_a_song_that_is_ahead_of_itself():
    session = reached(QUEUED, AHEAD)
    step(session, ONE)
    assert session.ahead == 1
    assert step(session, CLEAR) == ([], AHEAD)
    assert (songs(session), session.ahead) == (((), 1, ()), 1)


def test_shuffle_leaves_the_song_that_is_ahead_where_it_is():
    for state in QUEUED:
        session = reached(QUEUED, state)
        session.upcoming = (2, 3, 4, 5, 6)
        assert step(session, SHUFFLE) == ([], state)
        fixed = (2,) if state is AHEAD else ()
        rest = [song_id for song_id in (2, 3, 4, 5, 6) if song_id not in fixed]
        random.Random(3).shuffle(rest)
        assert session.upcoming == (*fixed, *rest) != (2, 3, 4, 5, 6)


def test_with_an_empty_queue_there_is_nothing_to_shuffle():
    for state in ALONE:
        assert step(reached(ALONE, state), SHUFFLE) == (NOTHING_FOLLOWS, state)


def test_what_is_inserted_comes_next():
    session = reached(QUEUED, IDLE)
    assert step(session, edit(Insert((5, 6)))) == ([internal.SongTurnCame(5, asked=True)], CURRENT)
    assert session.upcoming == (6, 2, 3)
    assert step(reached(QUEUED, CURRENT), edit(Insert((5, 6)))) == ([], CURRENT)
    session = reached(ALONE, WHOLE)
    assert step(session, edit(Insert((5, 6)))) == ([internal.NextSongKnown(5)], AHEAD)
    session = reached(QUEUED, AHEAD)
    outcomes = [NEXT_DROPPED, internal.NextSongKnown(5)]
    assert step(session, edit(Insert((5, 6)))) == (outcomes, AHEAD)
    assert songs(session) == ((), 1, (5, 6, 2, 3))


def test_a_song_that_is_ahead_and_removed_gives_way_to_the_next():
    session = reached(QUEUED, AHEAD)
    outcomes = [NEXT_DROPPED, internal.NextSongKnown(3)]
    assert step(session, edit(Remove((1,)))) == (outcomes, AHEAD)
    assert step(session, edit(Remove((1,)))) == ([NEXT_DROPPED], WHOLE)
    assert songs(session) == ((), 1, ())


def test_an_edit_behind_the_song_that_is_ahead_leaves_it_on_its_way():
    session = reached(QUEUED, AHEAD)
    assert step(session, edit(Remove((2,)))) == ([], AHEAD)
    assert songs(session) == ((), 1, (2,))


def test_a_song_that_is_moved_to_the_front_is_requested():
    session = reached(QUEUED, AHEAD)
    outcomes = [NEXT_DROPPED, internal.NextSongKnown(3)]
    assert step(session, edit(Move(2, 1))) == (outcomes, AHEAD)
    assert session.upcoming == (3, 2)


def test_an_edit_while_nothing_plays_starts_nothing():
    for change in (Remove((1,)), Move(1, 2), Clear(), Shuffle(1), Restore((4, 5), (6,))):
        session = reached(QUEUED, IDLE)
        assert step(session, edit(change)) == ([], IDLE)
        assert session.current is None


def test_a_queue_that_is_loaded_begins_if_nothing_plays():
    session = reached(QUEUED, IDLE)
    assert step(session, edit(Load((5, 6)))) == ([internal.SongTurnCame(5, asked=True)], CURRENT)
    assert songs(session) == ((), 5, (6,))
    session = reached(QUEUED, AHEAD)
    outcomes = [NEXT_DROPPED, internal.NextSongKnown(5)]
    assert step(session, edit(Load((5, 6)))) == (outcomes, AHEAD)


def test_what_is_restored_waits_for_a_word():
    session = QueueSession()
    assert step(session, edit(Restore((4, 5), (6,)))) == ([], IDLE)
    assert songs(session) == ((6,), None, (4, 5))
    assert step(session, NEXT) == ([internal.SongTurnCame(4, asked=True)], CURRENT)


def test_all_songs_are_queued_in_another_order_where_nothing_is():
    everything = edit(Shuffle(3, (1, 2, 3, 4, 5)))
    session = reached(ALONE, IDLE)
    [turn], state = step(session, everything)
    assert state is CURRENT
    assert (turn.song_id, *session.upcoming) != (1, 2, 3, 4, 5)
    assert sorted((turn.song_id, *session.upcoming)) == [1, 2, 3, 4, 5]
    session = reached(QUEUED, CURRENT)
    assert step(session, everything) == ([], CURRENT)
    assert sorted(session.upcoming) == [2, 3]


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (Remove((1, 3)), "it has 2 songs, and no number 3"),
        (Move(1, 7), "it has 2 songs, and no number 7"),
        (Move(0, 1), "it has 2 songs, and no number 0"),
    ],
    ids=str,
)
def test_a_position_that_is_not_in_the_queue_is_told_and_nothing_changes(change, missing):
    for state in QUEUED:
        session = reached(QUEUED, state)
        before = songs(session)
        told = [do.Tell(do.Report.NO_POSITION, detail=missing)]
        assert step(session, edit(change)) == (told, state)
        assert songs(session) == before


def test_a_song_to_be_repeated_that_has_failed_is_not_asked_for_by_an_edit():
    session = reached(QUEUED, WHOLE)
    assert step(session, queue(5)) == ([], WHOLE)
    session = reached(QUEUED, WHOLE)
    assert step(session, edit(Remove((1,)))) == ([], WHOLE)


# Taking a change back


def test_a_change_is_taken_back_and_said_and_the_song_ahead_is_the_right_one():
    session = reached(QUEUED, AHEAD)
    step(session, edit(Remove((1,))))
    told = do.Tell(do.Report.TAKEN_BACK, detail="1 song removed")
    assert step(session, UNDO) == ([told, TAKE_BACK], AHEAD)
    assert step(session, TAKE_BACK) == ([NEXT_DROPPED, internal.NextSongKnown(2)], AHEAD)
    assert songs(session) == ((), 1, (2, 3))


def test_in_every_state_the_machine_asks_itself_to_take_the_last_change_back_if_there_is_one():
    told = do.Tell(do.Report.TAKEN_BACK, detail="2 songs queued")
    for state in QUEUED:
        assert step(reached(QUEUED, state), UNDO) == ([told, TAKE_BACK], state)
    for state in ALONE:
        nothing = [do.Tell(do.Report.NOTHING_TO_UNDO)]
        assert step(reached(ALONE, state), UNDO) == (nothing, state)


def test_a_change_that_is_taken_back_starts_nothing():
    session = reached(QUEUED, IDLE)
    assert step(session, CLEAR, UNDO, TAKE_BACK) == ([], IDLE)
    assert songs(session) == ((1,), None, (2, 3))


def test_changes_are_taken_back_one_by_one_until_none_is_left():
    session = QueueSession()
    step(session, play(1), queue(2), queue(3), edit(Shuffle(3)), edit(Insert((4,))))
    for upcoming in ((3, 2), (2, 3), (2,), ()):
        step(session, UNDO, TAKE_BACK)
        assert session.upcoming == upcoming
    assert step(session, UNDO) == ([do.Tell(do.Report.NOTHING_TO_UNDO)], CURRENT)


def test_what_was_played_and_cleared_comes_back_before_what_was_played_since():
    session = QueueSession()
    step(session, play(1), play(2), queue(3), CLEAR, play(4), UNDO, TAKE_BACK)
    assert songs(session) == ((1, 2), 4, (3,))


def test_a_song_that_failed_ahead_does_not_come_back():
    session = reached(QUEUED, AHEAD)
    step(session, queue(4), NEXT_FAILED, UNDO, TAKE_BACK)
    assert session.upcoming == (3,)


def test_the_song_that_prev_has_left_comes_back_after_a_change_is_taken_back():
    session = QueueSession()
    step(session, play(1), play(2), queue(3), CLEAR, play(4), play(5), PREV)
    assert songs(session) == ((2,), 4, (5,))
    step(session, UNDO, TAKE_BACK)
    assert songs(session) == ((1, 2), 4, (5, 3))


def test_a_round_that_has_begun_goes_on_behind_what_is_taken_back():
    session = QueueSession()
    step(session, ALL, play(1), play(2), queue(3), edit(Remove((1,))), OVER)
    assert songs(session) == ((), 1, (2,))
    step(session, UNDO, TAKE_BACK)
    assert songs(session) == ((), 1, (3, 2))


def test_a_change_that_is_taken_back_has_the_ids_of_now():
    session = QueueSession()
    step(session, play(9), play(1), queue(2, 3), CLEAR, renumbered(i=7, b=5, c=None))
    step(session, UNDO, TAKE_BACK)
    assert songs(session) == ((7,), 1, (5,))


# repeat


def test_repeat_is_noted_until_the_song_is_whole():
    for state in (IDLE, CURRENT):
        session = reached(ALONE, state)
        assert step(session, ONE) == ([], state)
        assert session.repeat is Repeat.ONE


@pytest.mark.parametrize("repeat", [ONE, ALL], ids=str)
def test_a_whole_song_that_is_to_be_repeated_is_requested_again(repeat):
    session = reached(ALONE, WHOLE)
    assert step(session, repeat) == ([internal.NextSongKnown(1)], AHEAD)
    assert session.repeat is repeat.repeat


def test_without_a_song_to_follow_a_whole_one_nothing_is_requested():
    session = reached(QUEUED, WHOLE)
    assert step(session, CLEAR, OFF) == ([], WHOLE)
    assert session.repeat is Repeat.OFF


def test_the_song_that_is_ahead_is_another_if_another_is_to_follow():
    session = reached(QUEUED, AHEAD)
    assert step(session, ALL) == ([], AHEAD), "2 follows all the same"
    assert step(session, ONE) == ([NEXT_DROPPED, internal.NextSongKnown(1)], AHEAD)
    assert session.repeat is Repeat.ONE


def test_when_nothing_is_repeated_any_more_nothing_is_ahead():
    session = reached(ALONE, AHEAD)
    assert step(session, OFF) == ([NEXT_DROPPED], WHOLE)
    assert session.repeat is Repeat.OFF


# The server has been started again, and has other IDs


def renumbered(**new_ids):
    """Each song by its letter: a=3 says that song 1, called a, is 3 now."""
    return internal.SongsRenumbered(
        tuple(internal.NewId(ord(title) - 96, title, new_id) for title, new_id in new_ids.items())
    )


def gone(titles):
    return do.Tell(do.Report.SONGS_GONE, detail=titles)


def test_every_song_takes_the_id_that_it_has_now():
    for state in QUEUED:
        session = reached(QUEUED, state)
        played, current, upcoming = songs(session)
        ahead = session.ahead
        new = {1: 2, 2: 3, 3: 1, None: None}
        assert step(session, renumbered(a=2, b=3, c=1)) == ([], state)
        assert songs(session) == (
            tuple(new[i] for i in played),
            new[current],
            tuple(new[i] for i in upcoming),
        )
        assert session.ahead == new[ahead]


def test_songs_that_are_gone_are_left_out_and_told_in_one_line():
    session = reached(QUEUED, IDLE)
    assert step(session, renumbered(a=None, b=None)) == ([gone("a, b")], IDLE)
    assert songs(session) == ((), None, (3,))
    session = QueueSession()
    step(session, play(9), queue(1, 2, 3, 4, 5))
    assert step(session, renumbered(a=None, b=None, c=None, d=None, e=None)) == (
        [gone("a, b, c and 2 more")],
        CURRENT,
    )
    assert songs(session) == ((), 9, ())


def test_a_queued_song_that_is_gone_is_left_out_whatever_plays():
    for state in QUEUED:
        session = reached(QUEUED, state)
        assert step(session, renumbered(c=None)) == ([gone("c")], state)
        assert session.upcoming == (2,)


def test_a_song_that_nobody_holds_is_not_told_to_be_gone():
    session = reached(QUEUED, CURRENT)
    assert step(session, renumbered(d=None)) == ([], CURRENT)
    assert songs(session) == ((), 1, (2, 3))


def test_the_song_that_plays_plays_on_and_is_not_requested_again():
    for repeat in (ONE, ALL):
        session = QueueSession()
        step(session, play(1), repeat)
        assert step(session, renumbered(a=None)) == ([], CURRENT)
        assert step(session, WHOLE_SONG) == ([], WHOLE)
        outcomes, state = step(session, OVER)
        assert (state, songs(session)) == (IDLE, ((), None, ()))
        assert internal.NothingFollows() in outcomes


def test_behind_a_song_that_is_gone_the_queue_goes_on():
    session = QueueSession()
    step(session, play(1), queue(2), ONE, renumbered(a=None))
    assert step(session, WHOLE_SONG) == ([internal.NextSongKnown(2)], AHEAD)
    assert step(session, OVER) == ([], CURRENT)
    assert songs(session) == ((), 2, ())


def test_prev_from_a_song_that_is_gone_leaves_it_behind():
    session = QueueSession()
    step(session, play(1), play(2), renumbered(b=None))
    assert step(session, PREV) == ([internal.SongTurnCame(1, asked=True)], CURRENT)
    assert songs(session) == ((), 1, ())


def test_a_song_ahead_that_is_gone_is_played_if_it_is_here():
    session = reached(QUEUED, AHEAD)
    assert step(session, renumbered(b=None)) == ([], AHEAD)
    assert step(session, OVER) == ([], CURRENT)
    assert songs(session) == ((1,), GONE, (3,))
    assert step(session, ONE, WHOLE_SONG) == ([internal.NextSongKnown(3)], AHEAD)


@pytest.mark.parametrize(
    "dropped",
    [play(7), on.StopRequested(), PREV, CLEAR, NEXT_FAILED, on.OutputFailed("gone"), ONE],
    ids=str,
)
def test_a_song_ahead_that_is_gone_is_not_requested_again(dropped):
    session = QueueSession()
    step(session, play(8), play(1), queue(2, 3), WHOLE_SONG, renumbered(b=None))
    assert session.ahead == GONE
    step(session, dropped)
    assert GONE not in (*session.upcoming, *session.played, session.current, session.ahead)


def test_a_song_ahead_of_a_round_that_is_gone_is_left_out_of_the_next():
    session = QueueSession()
    step(session, play(1), play(2), ALL, WHOLE_SONG)
    assert session.ahead == 1
    step(session, renumbered(a=None), OVER)
    assert songs(session) == ((2,), GONE, ())
    assert step(session, WHOLE_SONG) == ([internal.NextSongKnown(2)], AHEAD)


def test_two_songs_that_are_gone_are_not_one():
    session = QueueSession()
    step(session, play(1), queue(2), ALL, WHOLE_SONG, renumbered(a=None, b=None))
    assert (session.current, session.ahead) == (GONE, GONE)
    assert step(session, CLEAR)[0] == [NEXT_DROPPED]


def test_a_song_that_is_asked_for_again_from_a_place_on_is_not_whole_any_more():
    there = internal.PlaceWanted(1, 4096)
    for ways in (ALONE, QUEUED):
        for state in (CURRENT, WHOLE, AHEAD):
            session = reached(ways, state)
            before = songs(session)
            assert step(session, there) == ([], CURRENT)
            assert (songs(session), session.ahead) == (before, None)
    session = reached(QUEUED, AHEAD)
    step(session, there)
    assert step(session, WHOLE_SONG) == ([internal.NextSongKnown(2)], AHEAD)
    session = reached(QUEUED, AHEAD)
    gone = internal.SongsRenumbered((internal.NewId(2, "two", None),))
    step(session, gone, there)
    assert session.upcoming == (3,), "what is gone cannot be requested again"


# Sleep

AFTER_SONG, AWAKE, LATER = (
    ask.SleepAfterSongRequested(),
    ask.StayAwakeRequested(),
    ask.SleepRequested(60.0),
)
ASLEEP = do.Tell(do.Report.ASLEEP, detail="next plays what is queued")


def last(state):
    """A queue in this state, whose present song is the last."""
    session = reached(QUEUED, state)
    step(session, AFTER_SONG)
    return session


def test_sleep_lets_nothing_follow_the_song():
    for state in (CURRENT, WHOLE):
        session = reached(QUEUED, state)
        assert step(session, AFTER_SONG) == ([], state)
        assert session.is_last
    session = reached(QUEUED, AHEAD)
    assert step(session, AFTER_SONG) == ([NEXT_DROPPED], WHOLE)
    assert session.is_last and session.ahead is None and session.upcoming == (2, 3)
    session = reached(QUEUED, IDLE)
    assert step(session, AFTER_SONG) == ([], IDLE)
    assert not session.is_last


def test_a_song_that_is_the_last_asks_for_none_ahead():
    session = last(CURRENT)
    assert step(session, WHOLE_SONG) == ([], WHOLE)
    assert step(session, queue(4)) == ([], WHOLE)
    assert step(session, ALL) == ([], WHOLE)
    assert step(session, ONE) == ([], WHOLE)


@pytest.mark.parametrize(("end", "played"), [(OVER, (1,)), (UNPLAYABLE, ())], ids=str)
def test_behind_the_last_song_it_sleeps_once(end, played):
    for state in (CURRENT, WHOLE):
        session = last(state)
        assert step(session, end) == ([ASLEEP, WAIT_ENDS, internal.NothingFollows()], IDLE)
        assert songs(session) == (played, None, (2, 3))
        assert not session.is_last


@pytest.mark.parametrize("end", [on.StopRequested(), on.OutputFailed("no room")], ids=str)
def test_who_stops_wants_no_more_of_sleep(end):
    for state in (CURRENT, WHOLE, AHEAD):
        session = last(state)
        assert step(session, end) == ([WAIT_ENDS], IDLE)
        assert not session.is_last


@pytest.mark.parametrize("awake", [AWAKE, LATER], ids=str)
def test_who_stays_awake_hears_what_follows(awake):
    session = last(CURRENT)
    assert step(session, awake) == ([], CURRENT)
    assert not session.is_last
    session = last(AHEAD)
    assert step(session, awake) == ([internal.NextSongKnown(2)], AHEAD)
    assert not session.is_last and session.ahead == 2
    session = reached(ALONE, WHOLE)
    assert step(session, AFTER_SONG, awake) == ([], WHOLE)
    assert not session.is_last
    for state in (IDLE, AHEAD):
        session = reached(QUEUED, state)
        assert step(session, awake) == ([], state)


def test_a_person_goes_on_to_the_next_song_all_the_same():
    session = last(CURRENT)
    assert step(session, NEXT) == ([internal.SongTurnCame(2, asked=True)], CURRENT)
    assert session.is_last
