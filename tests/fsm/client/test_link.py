"""The link alone: when it connects, for which song, and which audio goes on to the song."""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.link.session import LinkSession
from fsm.client.link.table import (
    CONNECTING,
    FINDING,
    OFFLINE,
    ONLINE,
    RECONNECTING,
    RESTING,
    SKIPPING,
    UNLISTED,
    WAITING,
)
from tests.fsm.driver import step

CONNECTED, FAILED, CUT = (
    on.Connected(),
    on.ConnectFailed("refused"),
    internal.ConnectionEnded("cut"),
)
CLOSED_IN_ORDER = internal.ConnectionEnded("it closed", in_order=True)
RENEWED, RESTED = internal.ConnectionRenewed(), internal.ConnectionRested()
UNUSABLE = internal.ConnectionUnusable("HELO came")
LIST, STOP, DUE = on.ListRequested(), on.StopRequested(), on.RetryDue()
WANTED, ABANDONED = internal.SongWanted(2), internal.SongAbandoned()
LISTED = internal.ListCompleted((on.ListedSong(1, "one"), on.ListedSong(2, "two")))
RENUMBERED = internal.ListCompleted((on.ListedSong(1, "two"), on.ListedSong(2, "three")))
WITHOUT_IT = internal.ListCompleted((on.ListedSong(2, "three"),))
ONE_IS_GONE = internal.NewId(1, "one", None)
NEW_IDS = internal.SongsRenumbered((ONE_IS_GONE, internal.NewId(2, "two", 1)))
BOTH_GONE = internal.SongsRenumbered((ONE_IS_GONE, internal.NewId(2, "two", None)))
CLOSED, REFUSED = internal.ServerClosedSong(), internal.ServerRefusedSong()
NOTHING_HELD = internal.SongInterrupted(2, 0, b"")
HELD = internal.SongInterrupted(2, 4, b"abcd")
_LOST_WITH_IT = (CONNECTED, LISTED, WANTED, CUT, HELD)
WAYS = {
    CONNECTING: (),
    ONLINE: (CONNECTED, LISTED),
    OFFLINE: (CONNECTED, LISTED, CUT),
    RESTING: (CONNECTED, LISTED, RESTED),
    UNLISTED: (CONNECTED, LISTED, CUT, LIST, CONNECTED),
    WAITING: _LOST_WITH_IT,
    RECONNECTING: (*_LOST_WITH_IT, DUE),
    FINDING: (*_LOST_WITH_IT, DUE, CONNECTED),
    SKIPPING: (*_LOST_WITH_IT, DUE, CONNECTED, LISTED),
}
"""Of song 2 four bytes are here where it has been interrupted."""

CONNECTED_STATES = (ONLINE, UNLISTED, FINDING, SKIPPING)
REQUEST_IT = [internal.SongToRequest(2)]
CONNECT, CANCEL_RETRY = do.Connect(), do.CancelTimer(on.RetryDue)
RECONNECTED = [do.Tell(do.Report.RECONNECTED), internal.ListNeeded()]
RETRYING = [
    do.ScheduleRetry(0.5),
    do.Tell(do.Report.RETRYING, 2),
    on.CommandAnswered(on.Command.PLAY),
]


def audio(data):
    return internal.AudioFromServer(data)


def reached(state, **options):
    session = LinkSession(**options)
    assert step(session, *WAYS[state])[1] is state
    return session


def after(state, *events):
    """What comes of the last event in that state, and the state then."""
    return step(reached(state), *events)


# The connection


def test_the_first_connection_needs_no_list():
    assert after(CONNECTING, CONNECTED) == ([], ONLINE)


def test_on_a_later_connection_ids_hold_only_when_a_list_has_come():
    assert after(OFFLINE, LIST, CONNECTED) == ([], UNLISTED)
    assert after(UNLISTED, LISTED) == ([], ONLINE)


def test_a_connection_that_cannot_be_made_is_told():
    failed = [do.Tell(do.Report.CONNECT_FAILED, detail="refused")]
    assert after(CONNECTING, FAILED) == (failed, OFFLINE)


def test_a_connection_that_is_lost_is_told():
    for state in CONNECTED_STATES:
        assert after(state, CUT) == ([do.Tell(do.Report.CONNECTION_LOST, detail="cut")], OFFLINE)


def test_a_connection_that_nobody_misses_is_not_told_to_be_gone():
    for state in CONNECTED_STATES:
        assert after(state, RESTED) == ([], RESTING)


def test_a_connection_that_is_made_anew_is_made_at_once_and_not_told():
    for state in CONNECTED_STATES:
        assert after(state, RENEWED) == ([CONNECT], CONNECTING)
    session = reached(ONLINE)
    step(session, WANTED, RENEWED)
    assert step(session, NOTHING_HELD) == ([], RECONNECTING)
    assert step(session, CONNECTED) == ([internal.ListNeeded()], FINDING)
    assert step(session, LISTED) == (REQUEST_IT, ONLINE)


def test_a_song_goes_on_over_a_connection_that_was_made_anew():
    session = reached(ONLINE)
    step(session, WANTED, RENEWED, HELD, CONNECTED)
    assert step(session, LISTED) == (REQUEST_IT, SKIPPING)
    resumed = [do.Tell(do.Report.SONG_RESUMED, 2), internal.SongAudio(b"e")]
    assert step(session, audio(b"abcde")) == (resumed, ONLINE)


def test_over_a_connection_that_is_of_no_use_nothing_is_tried_again():
    gone = [do.Tell(do.Report.CONNECTION_LOST, detail="HELO came"), internal.SongLost("HELO came")]
    for state in CONNECTED_STATES:
        session = reached(state)
        assert step(session, UNUSABLE) == (gone, OFFLINE)
        assert session.is_loss_told


def test_that_there_is_a_connection_again_is_told_where_its_loss_was():
    session = reached(OFFLINE)
    assert step(session, WANTED, CONNECTED) == (RECONNECTED, FINDING)
    assert not session.is_loss_told
    session = reached(CONNECTING)
    assert step(session, FAILED, WANTED, CONNECTED) == (RECONNECTED, FINDING)
    assert after(OFFLINE, LIST, CONNECTED, RESTED, WANTED, CONNECTED) == (
        [internal.ListNeeded()],
        FINDING,
    )
    assert after(RESTING, WANTED, CONNECTED) == ([internal.ListNeeded()], FINDING)
    session = reached(CONNECTING)
    assert step(session, FAILED, LIST, CONNECTED, RESTED, WANTED, CONNECTED)[0] == [
        internal.ListNeeded()
    ]


def test_a_list_needs_a_connection():
    assert after(OFFLINE, LIST) == ([CONNECT], CONNECTING)
    assert after(RESTING, LIST) == ([CONNECT], CONNECTING)
    assert after(WAITING, LIST) == ([CANCEL_RETRY, CONNECT], RECONNECTING)
    for state in (CONNECTING, RECONNECTING, *CONNECTED_STATES):
        assert after(state, LIST) == ([], state)


# A title is needed

TITLES, NEED = on.TitlesNeeded(), [internal.ListNeeded(for_titles=True)]


def test_a_title_takes_a_list_where_none_has_come():
    fresh = LinkSession()
    assert step(fresh, TITLES) == (NEED, CONNECTING)
    assert step(fresh, CONNECTED, TITLES) == (NEED, ONLINE)
    assert step(fresh, WANTED, CUT, NOTHING_HELD, TITLES) == (
        [CANCEL_RETRY, CONNECT, *NEED],
        RECONNECTING,
    )
    assert step(fresh, TITLES) == (NEED, RECONNECTING)
    for end, ended in ((CUT, OFFLINE), (RESTED, RESTING)):
        session = LinkSession()
        assert step(session, CONNECTED, end)[1] is ended
        assert step(session, TITLES) == ([CONNECT, *NEED], CONNECTING)


def test_a_title_takes_no_list_where_one_has_come_or_is_on_its_way():
    for state in WAYS:
        assert after(state, TITLES) == (NEED if state is CONNECTING else [], state)


def test_a_title_takes_no_list_over_a_connection_that_is_made_anew():
    assert after(ONLINE, RENEWED, TITLES) == ([], CONNECTING)


def test_the_list_that_has_the_titles_is_of_use_when_the_first_song_is_whole():
    session = LinkSession()
    assert step(session, CONNECTED, WANTED) == (REQUEST_IT, ONLINE)
    assert step(session, CLOSED)[0][-1:] == [internal.ListUseful()]
    assert step(session, WANTED) == (REQUEST_IT, ONLINE)
    step(session, LISTED)
    assert session.title == "two"
    assert internal.ListUseful() not in step(session, CLOSED)[0]


# A song that no list has named says itself what it is called

NAMED = on.SongNamed("two")
_UNLISTED = (CONNECTED, WANTED, audio(b"abcd"), NAMED, CUT, HELD, DUE, CONNECTED)


def unlisted(*events):
    """A link that finds song 2 again, of which four bytes and a name are here and no list."""
    session = LinkSession()
    assert step(session, *_UNLISTED, *events)[1] is FINDING
    return session


def test_it_is_found_by_the_title_in_its_own_tag():
    session = unlisted()
    moved = internal.SongsRenumbered((internal.NewId(2, "two", 1),))
    assert step(session, RENUMBERED) == ([moved, internal.SongToRequest(1)], SKIPPING)
    assert session.title == "two"
    assert step(unlisted(), LISTED) == (REQUEST_IT, SKIPPING), "the same ID goes before others"
    both = internal.ListCompleted((on.ListedSong(1, "two"), on.ListedSong(2, "two")))
    assert step(unlisted(), both) == (REQUEST_IT, SKIPPING)


def test_what_the_server_lists_otherwise_is_asked_for_by_its_id_and_known_by_its_bytes():
    for again, outcomes in (
        (b"abcd", [do.Tell(do.Report.SONG_RESUMED, 2)]),
        (b"efgh", [ABANDONED, internal.SongLost("the song has changed on the server")]),
    ):
        session = unlisted()
        assert step(session, WITHOUT_IT) == (REQUEST_IT, SKIPPING)
        assert step(session, audio(again)) == (outcomes, ONLINE)


def test_what_is_neither_listed_by_its_title_nor_by_its_id_is_gone():
    other = internal.ListCompleted((on.ListedSong(1, "one"),))
    gone = internal.SongLost("the song is no longer on the server")
    assert step(unlisted(), other) == ([gone], ONLINE)


def test_a_title_takes_a_list_also_while_a_song_is_found_again_without_one():
    unchanged = internal.ListUnchanged()
    assert step(unlisted(), TITLES) == (NEED, FINDING)
    assert step(unlisted(), unchanged, TITLES) == (NEED, SKIPPING)
    assert step(unlisted(), STOP, TITLES) == (NEED, UNLISTED)


def test_a_name_changes_nothing_else():
    for state in WAYS:
        assert after(state, NAMED) == ([], state)


def test_the_name_of_one_song_is_not_the_next_ones():
    session = LinkSession()
    step(session, CONNECTED, internal.SongWanted(1), NAMED, WANTED, CUT, NOTHING_HELD)
    assert step(session, DUE, CONNECTED, RENUMBERED) == (REQUEST_IT, ONLINE)
    assert session.title == "three", "of the song that has its ID there"


# No list is asked for

WITHHELD = internal.ListWithheld()


def test_without_a_list_a_song_that_has_not_begun_is_whatever_has_its_id():
    session = reached(FINDING)
    step(session, WANTED)
    assert step(session, WITHHELD) == (REQUEST_IT, ONLINE)
    assert (session.songs, session.title, session.is_listed) == ((), None, False)


def test_without_a_list_ids_hold_over_a_connection_that_the_client_has_made_anew():
    session = reached(ONLINE)
    step(session, WANTED, RENEWED, NOTHING_HELD, CONNECTED)
    assert step(session, WITHHELD) == (REQUEST_IT, ONLINE)
    assert (session.songs, session.title) == (LISTED.songs, "two")
    step(session, RENEWED, STOP, CONNECTED)
    assert step(session, WITHHELD) == ([], ONLINE)
    assert session.songs == LISTED.songs


@pytest.mark.parametrize("end", [CUT, RESTED, UNUSABLE], ids=str)
def test_without_a_list_ids_do_not_hold_over_a_connection_that_has_ended(end):
    for state in CONNECTED_STATES:
        session = reached(state)
        step(session, end, LIST, CONNECTED)
        assert step(session, WITHHELD) == ([], ONLINE)
        assert (session.songs, session.is_listed) == ((), False)


@pytest.mark.parametrize("end", [CUT, RESTED, UNUSABLE], ids=str)
def test_a_connection_that_was_made_anew_may_end_as_well(end):
    for owed in (True, False):
        session = reached(ONLINE)
        step(session, WANTED, RENEWED, *([NOTHING_HELD] if owed else [STOP]), CONNECTED)
        assert session.state is (FINDING if owed else UNLISTED)
        step(session, end, LIST, CONNECTED, WITHHELD)
        assert session.songs == ()


@pytest.mark.parametrize("owed", [True, False])
def test_without_a_list_ids_do_not_hold_over_an_attempt_that_has_failed(owed):
    session = reached(ONLINE, max_retries=1)
    step(session, WANTED, RENEWED, *([NOTHING_HELD] if owed else []), FAILED)
    step(session, *([DUE] if owed else [LIST]), CONNECTED, WITHHELD)
    assert (session.state, session.songs) == (ONLINE, ())
    session = reached(ONLINE, max_retries=0)
    step(session, WANTED, RENEWED, NOTHING_HELD, FAILED, LIST, CONNECTED, WITHHELD)
    assert session.songs == ()


def test_without_a_list_a_song_that_has_begun_goes_on_by_what_is_here():
    session = reached(FINDING)
    assert step(session, WITHHELD) == (REQUEST_IT, SKIPPING)
    assert session.songs == ()
    resumed = [do.Tell(do.Report.SONG_RESUMED, 2), internal.SongAudio(b"e")]
    assert step(session, audio(b"abcde")) == (resumed, ONLINE)


def test_a_list_ends_the_doubt():
    session = reached(UNLISTED)
    step(session, LISTED, RENEWED, CONNECTED, WITHHELD)
    assert session.songs == LISTED.songs
    session = reached(UNLISTED)
    step(session, WITHHELD, LISTED, RENEWED, CONNECTED, WITHHELD)
    assert session.songs == LISTED.songs
    assert step(LinkSession(), CONNECTED, WITHHELD) == ([], ONLINE)


# A song is wanted


def test_over_a_connection_a_song_is_requested_at_once():
    for state in (ONLINE, SKIPPING):
        assert after(state, WANTED) == (REQUEST_IT, ONLINE)
        assert after(state, internal.SongWanted(1)) == ([internal.SongToRequest(1)], ONLINE)


def test_where_ids_may_have_changed_a_list_is_needed_first():
    assert after(UNLISTED, WANTED) == ([internal.ListNeeded()], FINDING)
    assert after(FINDING, internal.SongWanted(1)) == ([], FINDING), "the list is on its way"


def test_without_a_connection_one_is_made_at_once():
    assert after(OFFLINE, WANTED) == ([CONNECT], RECONNECTING)
    assert after(RESTING, WANTED) == ([CONNECT], RECONNECTING)
    assert after(WAITING, WANTED) == ([CANCEL_RETRY, CONNECT], RECONNECTING)
    for state in (CONNECTING, RECONNECTING):
        assert after(state, WANTED) == ([], RECONNECTING)


@pytest.mark.parametrize("state", [CONNECTING, OFFLINE, RESTING, WAITING, RECONNECTING])
def test_the_song_wanted_last_is_the_one_that_is_found(state):
    session = reached(state)
    step(session, internal.SongWanted(1), CONNECTED)
    assert step(session, LISTED) == ([internal.SongToRequest(1)], ONLINE)


@pytest.mark.parametrize("state", [UNLISTED, FINDING])
def test_a_song_that_is_wanted_before_the_list_comes_is_found(state):
    assert after(state, internal.SongWanted(1), LISTED) == ([internal.SongToRequest(1)], ONLINE)


@pytest.mark.parametrize("state", [UNLISTED, SKIPPING])
def test_a_song_is_found_by_the_list_that_has_come_last(state):
    longer = internal.ListCompleted((*LISTED.songs, on.ListedSong(7, "seven")))
    session = reached(state)
    assert step(session, longer)[0] == []
    step(session, internal.SongWanted(7), CUT, internal.SongInterrupted(7, 0, b""), DUE, CONNECTED)
    moved = internal.ListCompleted((on.ListedSong(7, "six"), on.ListedSong(8, "seven")))
    assert step(session, moved) == (
        [
            internal.SongsRenumbered(
                (
                    ONE_IS_GONE,
                    internal.NewId(2, "two", None),
                    internal.NewId(7, "seven", 8),
                )
            ),
            internal.SongToRequest(8),
        ],
        ONLINE,
    )


# ... and no longer wanted


def test_stop_ends_the_attempts_and_the_search():
    for state in (CONNECTING, UNLISTED, OFFLINE, RESTING, ONLINE):
        assert after(state, STOP) == ([], state)


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
def test_a_song_that_is_no_longer_wanted_is_not_owed(end):
    assert after(ONLINE, end) == ([], ONLINE)
    assert after(WAITING, end) == ([CANCEL_RETRY], OFFLINE)
    assert after(RECONNECTING, end) == ([], CONNECTING)
    assert after(FINDING, end) == ([], UNLISTED)
    assert after(SKIPPING, end) == ([], ONLINE)


# It arrives


def test_what_arrives_is_the_songs():
    assert after(ONLINE, audio(b"abc")) == ([internal.SongAudio(b"abc")], ONLINE)
    for said in (True, False):
        assert after(ONLINE, internal.ServerClosedSong(said)) == (
            [internal.SongCompleted(said)],
            ONLINE,
        )
    assert after(ONLINE, REFUSED) == ([internal.SongRefused()], ONLINE)


def test_before_the_song_has_been_requested_no_audio_is_its_own():
    for state in (UNLISTED, FINDING):
        assert after(state, audio(b"abc")) == ([], state)


# It is interrupted


def test_for_an_interrupted_song_it_connects_again():
    assert after(OFFLINE, WANTED, CONNECTED, LISTED, CUT, HELD) == (RETRYING, WAITING)
    assert after(WAITING, DUE) == ([CONNECT], RECONNECTING)
    assert after(RECONNECTING, CONNECTED) == (RECONNECTED, FINDING)


def test_each_pause_is_twice_as_long_until_some_audio_has_come():
    session = reached(RECONNECTING)
    for longest_s in (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
        told = do.Tell(do.Report.RETRYING, 2, "refused")
        again = [do.ScheduleRetry(longest_s), told, on.CommandAnswered(on.Command.PLAY)]
        assert step(session, FAILED) == (again, WAITING)
        step(session, DUE)
    step(session, CONNECTED, LISTED, audio(b"abcde"), CUT)
    assert step(session, HELD) == (RETRYING, WAITING)


def test_new_audio_counts_the_attempts_from_the_first_again():
    session = reached(RECONNECTING)
    step(session, FAILED, DUE, FAILED, DUE, CONNECTED, LISTED, audio(b"abcde"), CUT)
    assert step(session, HELD) == (RETRYING, WAITING)


@pytest.mark.parametrize("arrives", [(), (audio(b"ab"),), (audio(b"abcd"),)], ids=str)
def test_audio_that_is_here_already_is_no_progress(arrives):
    session = reached(RECONNECTING, max_retries=2)
    step(session, CONNECTED, LISTED, *arrives, CUT)
    assert step(session, HELD)[0][0] == do.ScheduleRetry(1.0)
    step(session, DUE, CONNECTED, LISTED, *arrives, CUT)
    told = do.Tell(do.Report.NO_RETRIES_LEFT, 2, "cut")
    gave_up = [told, internal.SongLost("the connection was lost")]
    assert step(session, HELD) == (gave_up, OFFLINE)


def test_a_song_that_is_wanted_again_has_all_its_attempts():
    session = reached(RECONNECTING)
    step(session, FAILED, WANTED, CONNECTED, LISTED, CUT)
    assert step(session, NOTHING_HELD) == (RETRYING, WAITING)


@pytest.mark.parametrize("again", [b"abcd", b"ab"])
def test_a_server_that_closes_in_order_twice_at_the_same_byte_has_no_more_of_the_song(again):
    session = reached(ONLINE)
    step(session, WANTED, CLOSED_IN_ORDER)
    assert step(session, HELD) == (RETRYING, WAITING)
    step(session, DUE, CONNECTED, LISTED, audio(again), CLOSED_IN_ORDER)
    assert step(session, HELD) == ([internal.SongEndedThere()], RESTING)


@pytest.mark.parametrize(
    ("first", "second", "held"),
    [
        (CUT, CLOSED_IN_ORDER, HELD),
        (CLOSED_IN_ORDER, CUT, HELD),
        (CLOSED_IN_ORDER, CLOSED_IN_ORDER, internal.SongInterrupted(2, 5, b"abcde")),
    ],
    ids=str,
)
def test_a_song_has_not_ended_where_a_connection_was_cut_or_more_came(first, second, held):
    session = reached(ONLINE)
    step(session, WANTED, first, HELD, DUE, CONNECTED, LISTED, audio(b"abcd"), second)
    assert step(session, held)[1] is WAITING


def test_a_song_has_not_ended_where_it_was_not_requested_again():
    session = reached(ONLINE)
    step(session, WANTED, CLOSED_IN_ORDER, HELD, DUE, CONNECTED, CLOSED_IN_ORDER)
    assert step(session, HELD)[1] is WAITING


def test_a_song_that_is_wanted_again_has_ended_nowhere():
    session = reached(ONLINE)
    step(session, WANTED, CLOSED_IN_ORDER, NOTHING_HELD, WANTED, CONNECTED, LISTED, CLOSED_IN_ORDER)
    assert step(session, NOTHING_HELD) == (RETRYING, WAITING)


def test_audio_of_a_song_that_begins_anew_counts_the_attempts_from_the_first_again():
    session = reached(ONLINE)
    step(session, WANTED, CUT, NOTHING_HELD, DUE, FAILED, DUE, CONNECTED, LISTED, audio(b"a"), CUT)
    assert step(session, HELD) == (RETRYING, WAITING)


def test_with_no_attempt_left_the_song_is_lost():
    lost = internal.SongLost("the connection was lost")
    session = reached(ONLINE, max_retries=0)
    gave_up = [do.Tell(do.Report.NO_RETRIES_LEFT, 2, "cut"), lost]
    assert step(session, WANTED, CUT, HELD) == (gave_up, OFFLINE)
    session = reached(RECONNECTING, max_retries=1)
    gave_up = [do.Tell(do.Report.CONNECT_FAILED, detail="refused"), lost]
    assert step(session, FAILED) == (gave_up, OFFLINE)


# It is found again


def test_it_is_found_by_its_title():
    session = reached(FINDING)
    assert step(session, RENUMBERED) == ([NEW_IDS, internal.SongToRequest(1)], SKIPPING)
    assert session.songs == RENUMBERED.songs


def test_a_song_that_was_wanted_before_the_first_list_has_its_title_from_that():
    session = reached(CONNECTING)
    step(session, CONNECTED, WANTED, LISTED, CUT, HELD, DUE, CONNECTED)
    assert step(session, RENUMBERED) == ([NEW_IDS, internal.SongToRequest(1)], SKIPPING)


def listing(*songs):
    return internal.ListCompleted(tuple(on.ListedSong(*song) for song in songs))


def new_ids(before, after, state=UNLISTED):
    """What is told of a list after a loss, where none of the listed songs is owed."""
    session = LinkSession()
    step(session, CONNECTED, listing(*before), CUT, LIST, CONNECTED)
    assert session.state is state
    outcomes, now = step(session, listing(*after))
    assert now is ONLINE
    return [tuple(new) for outcome in outcomes for new in outcome.new_ids]


def test_over_a_new_connection_songs_are_known_again_by_their_titles():
    before = ((1, "one"), (2, "two"), (3, "three"))
    assert new_ids(before, before) == []
    assert new_ids(before, ((1, "new"), *before[1:], (4, "one"))) == [(1, "one", 4)]
    assert new_ids(before, ((1, "two"), (2, "one"), (3, "three"))) == [
        (1, "one", 2),
        (2, "two", 1),
    ]
    assert new_ids(before, ((1, "one"), (2, "three"))) == [(2, "two", None), (3, "three", 2)]
    assert new_ids(((0, "one"), (1, "two")), ((0, "two"), (1, "one"))) == [
        (0, "one", 1),
        (1, "two", 0),
    ]


def test_a_title_that_two_songs_have_says_nothing():
    twice = ((1, "one"), (2, "one"), (3, "two"))
    assert new_ids(twice, ((1, "two"), (2, "one"), (3, "one"))) == [(1, "one", None), (3, "two", 1)]
    assert new_ids(twice, ((1, "one"), (3, "two"))) == [(2, "one", None)]
    assert new_ids(((1, "one"), (2, "two")), ((2, "one"), (3, "one"))) == [
        (1, "one", None),
        (2, "two", None),
    ]
    assert new_ids(((None, "one"), (2, "two")), ((5, "one"),)) == [(2, "two", None)]


def test_the_song_that_is_owed_has_the_id_that_is_requested():
    """Also where its title is not the only one of that name: its audio is compared."""
    session = reached(FINDING)
    twice = listing((1, "one"), (4, "two"), (5, "two"))
    found = internal.SongsRenumbered((internal.NewId(2, "two", 4),))
    assert step(session, twice) == ([found, internal.SongToRequest(4)], SKIPPING)


def test_while_the_connection_lasts_ids_are_those_of_the_list():
    assert after(ONLINE, RENUMBERED) == ([], ONLINE)
    assert after(SKIPPING, RENUMBERED) == ([], SKIPPING)


def test_a_song_of_which_nothing_is_here_begins_anew():
    session = reached(OFFLINE)
    begun = [NEW_IDS, internal.SongToRequest(1)]
    assert step(session, WANTED, CONNECTED, RENUMBERED) == (begun, ONLINE)
    assert session.songs == RENUMBERED.songs


def test_a_song_that_is_not_on_the_list_any_more_is_lost():
    gone = [internal.SongLost("the song is no longer on the server")]
    session = reached(FINDING)
    assert step(session, WITHOUT_IT) == ([BOTH_GONE, *gone], ONLINE)
    assert session.songs == WITHOUT_IT.songs
    assert after(SKIPPING, REFUSED) == (gone, ONLINE)


def test_what_comes_again_is_skipped_and_what_is_new_goes_on():
    session = reached(SKIPPING)
    assert step(session, audio(b"abc")) == ([], SKIPPING)
    resumed = do.Tell(do.Report.SONG_RESUMED, 2)
    assert step(session, audio(b"def")) == ([resumed, internal.SongAudio(b"ef")], ONLINE)
    assert after(SKIPPING, audio(b"abcd")) == ([resumed], ONLINE)


def test_a_song_that_is_another_now_is_stopped():
    changed = internal.SongLost("the song has changed on the server")
    assert after(SKIPPING, audio(b"abX"), audio(b"def")) == ([ABANDONED, changed], ONLINE)
    assert after(SKIPPING, audio(b"abc"), CLOSED) == ([changed], ONLINE), "it is shorter now"


def test_a_list_that_comes_meanwhile_changes_nothing():
    assert after(SKIPPING, RENUMBERED) == ([], SKIPPING)
    assert after(ONLINE, RENUMBERED) == ([], ONLINE)


# ... from the bytes on that are compared

FROM, UNCHANGED = internal.FromAccepted(), internal.ListUnchanged()
LONG = b"x" * 2000 + b"y" * 4096
LONG_HELD = internal.SongInterrupted(2, len(LONG), LONG[-4096:])
RESUMED = do.Tell(do.Report.SONG_RESUMED, 2)


def interrupted(*events, held=LONG_HELD):
    """A link that is to find a song of which so much is here, after these events."""
    session = LinkSession()
    assert step(session, CONNECTED, LISTED, WANTED, CUT, held, DUE, CONNECTED)[1] is FINDING
    step(session, *events)
    return session


@pytest.mark.parametrize("found", [LISTED, UNCHANGED], ids=str)
def test_a_song_is_requested_from_the_bytes_on_that_are_compared(found):
    session = interrupted(FROM)
    assert step(session, found) == ([internal.SongToRequest(2, 2000)], SKIPPING)
    assert step(session, audio(b"y" * 4000)) == ([], SKIPPING)
    assert step(session, audio(b"y" * 96 + b"z")) == (
        [RESUMED, internal.SongAudio(b"z")],
        ONLINE,
    )


@pytest.mark.parametrize("found", [LISTED, UNCHANGED], ids=str)
def test_a_song_of_which_little_is_here_is_requested_from_its_start(found):
    session = interrupted(FROM, held=HELD)
    assert step(session, found) == (REQUEST_IT, SKIPPING)
    assert step(session, audio(b"abcde"))[0] == [RESUMED, internal.SongAudio(b"e")]


def test_a_song_of_which_nothing_is_here_is_requested_as_it_is():
    assert step(interrupted(FROM, held=NOTHING_HELD), UNCHANGED) == (REQUEST_IT, ONLINE)


def test_over_each_connection_it_has_to_be_accepted_anew():
    session = interrupted(FROM, CUT, LONG_HELD, DUE, CONNECTED)
    assert step(session, LISTED) == (REQUEST_IT, SKIPPING)
    session = interrupted(FROM, RENEWED, LONG_HELD, CONNECTED)
    assert step(session, UNCHANGED) == (REQUEST_IT, SKIPPING)
    for ways in ((CUT, LIST, CONNECTED), (RENEWED, CONNECTED)):
        session = LinkSession()
        step(session, CONNECTED, FROM, *ways, WANTED, CUT, LONG_HELD, DUE, CONNECTED)
        assert not session.plays_from
    for listed in ((), (LISTED,)):
        session = LinkSession()
        step(session, CONNECTED, *listed, FROM, CUT, LIST, CONNECTED)
        assert not session.plays_from


def test_what_is_requested_from_a_byte_is_another_song_where_that_differs():
    changed = internal.SongLost("the song has changed on the server")
    for other, before in ((audio(b"y" * 4095 + b"x"), [ABANDONED]), (CLOSED, []), (REFUSED, [])):
        session = interrupted(FROM)
        step(session, UNCHANGED)
        assert step(session, other) == ([*before, changed], ONLINE)


def test_a_song_that_begins_anew_is_refused_as_ever():
    session = interrupted(FROM, held=HELD)
    step(session, UNCHANGED)
    assert step(session, REFUSED)[0] == [internal.SongLost("the song is no longer on the server")]


def test_where_the_list_is_the_same_ids_hold():
    for state in (ONLINE, UNLISTED):
        assert after(state, UNCHANGED) == ([], ONLINE)
    assert after(FINDING, UNCHANGED) == (REQUEST_IT, SKIPPING)
    for state in (ONLINE, UNLISTED, FINDING):
        session = reached(state)
        assert step(session, FROM) == ([], state)
        assert session.plays_from


def test_only_the_last_4_kib_are_compared():
    session = reached(ONLINE)
    held = internal.SongInterrupted(2, 6000, b"y" * 4096)
    step(session, WANTED, CUT, held, DUE, CONNECTED, LISTED)
    again = [audio(b"?" * 1904), audio(b"y" * 4095), audio(b"yz")]
    resumed = do.Tell(do.Report.SONG_RESUMED, 2)
    assert step(session, *again) == ([resumed, internal.SongAudio(b"z")], ONLINE)


# A place in the song (protocol.md 10)

THERE = internal.PlaceWanted(2, 9000)
FROM_THERE = [internal.SongToRequest(2, 9000)]


def test_over_a_connection_a_place_is_requested_at_once():
    for state in (ONLINE, SKIPPING):
        session = reached(ONLINE) if state is ONLINE else interrupted(FROM, UNCHANGED)
        session.plays_from = True
        assert session.state is state
        assert step(session, THERE) == (FROM_THERE, ONLINE)
        assert step(session, audio(b"there"))[0] == [internal.SongAudio(b"there")]
        assert step(session, CLOSED)[0] == [internal.SongCompleted()]


def test_without_offsets_the_song_comes_from_its_start():
    for state in (ONLINE, SKIPPING):
        session = reached(state)
        assert step(session, THERE) == (REQUEST_IT, SKIPPING)
        assert step(session, audio(bytes(8999))) == ([], SKIPPING)
        assert step(session, audio(b"?there"))[0] == [RESUMED, internal.SongAudio(b"there")]
        assert after(state, internal.PlaceWanted(2, 0)) == (REQUEST_IT, ONLINE)
        other = internal.PlaceWanted(1, 9000)
        assert after(state, other) == ([internal.SongToRequest(1)], SKIPPING)


def test_for_a_place_it_connects_and_finds_the_song_as_for_a_song():
    assert after(UNLISTED, THERE) == ([internal.ListNeeded()], FINDING)
    assert after(FINDING, THERE) == ([], FINDING)
    assert after(WAITING, THERE) == ([CANCEL_RETRY, CONNECT], RECONNECTING)
    for state in (OFFLINE, RESTING):
        assert after(state, THERE) == ([CONNECT], RECONNECTING)
    for state in (CONNECTING, RECONNECTING):
        assert after(state, THERE) == ([], RECONNECTING)
    for state in (OFFLINE, RESTING, WAITING, CONNECTING, RECONNECTING):
        session = reached(state)
        step(session, THERE, CONNECTED, FROM)
        assert step(session, LISTED) == (FROM_THERE, ONLINE)
        assert step(session, REFUSED) == ([internal.SongRefused()], ONLINE)
        session = reached(state)
        step(session, THERE, CONNECTED)
        assert step(session, LISTED) == (REQUEST_IT, SKIPPING)
    for state in (UNLISTED, FINDING):
        session = reached(state)
        step(session, FROM, THERE)
        assert step(session, UNCHANGED) == (FROM_THERE, ONLINE)


@pytest.mark.parametrize(
    "state", [CONNECTING, ONLINE, UNLISTED, OFFLINE, RESTING, FINDING, SKIPPING]
)
def test_a_place_is_of_the_song_that_it_names(state):
    """The song that was requested last may be the next one."""
    session = reached(state)
    step(session, internal.SongWanted(1), THERE)
    assert (session.song_id, session.held_bytes, session.tail) == (2, 9000, b"")
    assert session.title == ("two" if session.songs else None)


def test_a_place_that_is_wanted_has_all_its_attempts():
    session = reached(RECONNECTING)
    step(session, FAILED, THERE, CONNECTED, LISTED, CUT)
    assert step(session, internal.SongInterrupted(2, 9000, b"")) == (RETRYING, WAITING)
    session = reached(ONLINE)
    step(session, WANTED, CLOSED_IN_ORDER, HELD, THERE, CONNECTED, LISTED, CLOSED_IN_ORDER)
    assert step(session, HELD)[1] is WAITING, "it has ended nowhere"
