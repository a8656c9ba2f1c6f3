"""The conversation alone: what is requested when, and which request an answer belongs to."""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.conversation import (
    CLOSING_SERVER,
    FENCING,
    GREETING,
    LEAVING,
    OFFERING,
    PLAIN,
    PLAIN_LISTING,
    UNCONNECTED,
    ConversationSession,
)
from fsm.client.effects import CancelTimer, SendRequest, StartTimer
from fsm.words import Request
from tests.fsm.driver import step

ONE, TWO = on.ListedSong(1, "one"), on.ListedSong(2, "two")
CONNECTED, LOST, LEAVE = on.Connected(), on.ConnectionLost("cut"), on.InputEnded()
LIST, STOP, PLAY, PLAY_2 = (
    on.ListRequested(),
    on.StopRequested(),
    internal.SongToRequest(1),
    internal.SongToRequest(2),
)
ABANDONED, NEEDED = internal.SongAbandoned(), internal.ListNeeded()
LISTED, LISTED_2, LIST_CLOSED = on.ListReceived((ONE,)), on.ListReceived((TWO,)), on.ListReceived()
ENDS, OTHER = on.SetupReceived(("alfine/1", "ends")), on.SetupReceived(("alfine/1",))
SHORT, FULL, CLOSED = on.AudioReceived(b"a"), on.AudioReceived(bytes(4096)), on.AudioReceived()
ERRO = on.NotFoundReceived()
LIST_QUIET, SONG_QUIET = on.ListWentQuiet(), on.SongWentQuiet()
NO_GREETING, NO_SETUP, NO_FENCE = (
    on.GreetingUnanswered(),
    on.SetupUnanswered(),
    on.FenceUnanswered(),
)

WAYS = {
    UNCONNECTED: (),
    GREETING: (CONNECTED,),
    OFFERING: (CONNECTED, LISTED),
    CLOSING_SERVER: (CONNECTED, LISTED, ENDS),
    PLAIN: (CONNECTED, LISTED, OTHER),
    PLAIN_LISTING: (CONNECTED, LISTED, OTHER, LIST),
    FENCING: (CONNECTED, LISTED, OTHER, PLAY, STOP, PLAY_2),
    LEAVING: (LEAVE,),
}
CONNECTED_STATES = (GREETING, OFFERING, CLOSING_SERVER, PLAIN, PLAIN_LISTING, FENCING)
PLAIN_STATES = (PLAIN, PLAIN_LISTING)

LIST_ANSWERED = on.CommandAnswered(on.Command.LIST)
LIST_FAILED = [do.Tell(do.Report.LIST_FAILED), LIST_ANSWERED]
NOT_QUIET = CancelTimer(on.SongWentQuiet)


def sends(request, song_id=None, paced=False):
    return SendRequest(request, song_id, paced)


def shown(*songs):
    return [internal.ListCompleted(songs), do.ShowSongs(songs), LIST_ANSWERED]


def waits_for_silence(seconds):
    return StartTimer(SONG_QUIET, seconds)


def reached(state, *events, **options):
    session = ConversationSession(**options)
    assert step(session, *WAYS[state])[1] is state
    step(session, *events)
    return session


def after(state, *events):
    """What comes of the last event in that state, and the state then."""
    return step(reached(state), *events)


def waits_behind(state, *events):
    """What has waited for the events that settle what is unsettled in that state."""
    settled = {
        UNCONNECTED: (CONNECTED, LISTED, ENDS),
        GREETING: (LISTED, ENDS),
        OFFERING: (ENDS,),
        FENCING: (LISTED, LIST_QUIET),
        PLAIN_LISTING: (LIST_QUIET,),
    }
    outcomes = after(state, *events, *settled[state])[0]
    return [e for e in outcomes if isinstance(e, on.ListRequested | internal.SongToRequest)]


# The greeting (protocol.md 7)


def test_it_greets_with_list():
    greeting = [sends(Request.LIST, paced=True), StartTimer(NO_GREETING, 10.0)]
    assert after(UNCONNECTED, CONNECTED) == (greeting, GREETING)


def test_told_plain_it_requests_nothing_by_itself():
    session = reached(UNCONNECTED, plain=True)
    assert step(session, LIST, CONNECTED) == ([LIST], PLAIN)


@pytest.mark.parametrize("answer", [LISTED, ERRO], ids=str)
def test_when_the_greeting_is_answered_it_offers_ends(answer):
    offer = [
        CancelTimer(on.GreetingUnanswered),
        sends(Request.SETUP, paced=True),
        StartTimer(NO_SETUP, 1.0),
    ]
    assert after(GREETING, answer) == (offer, OFFERING)


def test_more_of_the_list_is_no_silence():
    assert after(OFFERING, LISTED_2) == ([StartTimer(NO_SETUP, 1.0)], OFFERING)


@pytest.mark.parametrize(
    ("state", "requested"), [(OFFERING, ()), (CLOSING_SERVER, (LIST,)), (PLAIN_LISTING, ())]
)
def test_a_list_without_an_end_is_no_list(state, requested):
    session = reached(state, *requested)
    session.collected = ((ONE,),) * 20_000
    assert step(session, LISTED_2) == ([], state), "no timer is started again"
    assert len(session.collected) == 20_000


@pytest.mark.parametrize(
    ("answer", "state"),
    [(ENDS, CLOSING_SERVER), (OTHER, PLAIN), (ERRO, PLAIN), (NO_SETUP, PLAIN)],
    ids=str,
)
def test_the_answer_to_setup_says_that_the_list_is_whole_and_what_server_it_is(answer, state):
    settled = [CancelTimer(on.SetupUnanswered), internal.ListCompleted((ONE, TWO))]
    assert after(OFFERING, LISTED_2, answer) == (settled, state)


def test_a_server_that_does_not_answer_is_disconnected():
    (disconnect,), state = after(GREETING, NO_GREETING)
    assert isinstance(disconnect, do.Disconnect)
    assert disconnect.reason
    assert state is GREETING, "until the connection is gone"


def test_before_anything_is_requested_no_audio_is_wanted():
    for state in (GREETING, OFFERING):
        assert after(state, SHORT) == ([], state)


def test_an_answer_to_setup_that_was_not_sent_changes_nothing():
    for state in (GREETING, CLOSING_SERVER, PLAIN, PLAIN_LISTING, FENCING):
        for answer in (ENDS, OTHER):
            assert after(state, answer) == ([], state)


# Requests that wait


@pytest.mark.parametrize("state", [UNCONNECTED, GREETING, OFFERING, FENCING, PLAIN_LISTING])
def test_lists_wait_until_they_can_be_answered(state):
    waited = [PLAY_2] if state is FENCING else []
    assert after(state, LIST)[1] is state
    assert waits_behind(state, LIST) == [*waited, LIST]


@pytest.mark.parametrize("state", [GREETING, OFFERING, FENCING, PLAIN_LISTING])
def test_the_song_requested_last_waits_until_it_can_be_answered(state):
    assert after(state, PLAY)[1] is state
    assert waits_behind(state, PLAY, PLAY_2) == [PLAY_2]
    assert waits_behind(state, PLAY_2, LIST, PLAY) == [LIST, PLAY]


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
@pytest.mark.parametrize("state", [GREETING, OFFERING, FENCING, PLAIN_LISTING])
def test_a_song_that_waits_is_taken_back(state, end):
    assert after(state, PLAY, end)[1] is state
    assert waits_behind(state, PLAY, end) == []
    assert waits_behind(state, LIST, PLAY, end) == [LIST]


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
def test_before_anything_is_requested_nothing_is_sent_to_stop_it(end):
    for state in (UNCONNECTED, GREETING, OFFERING, FENCING):
        assert after(state, end) == ([], state)


def test_lists_that_wait_for_a_connection_fail_with_it():
    failed = on.ConnectFailed("refused")
    assert after(UNCONNECTED, LIST, failed) == (LIST_FAILED, UNCONNECTED)
    assert after(UNCONNECTED, failed) == ([], UNCONNECTED)
    outcomes = after(UNCONNECTED, LIST, failed, CONNECTED, LISTED, ENDS)[0]
    assert LIST not in outcomes, "it has been answered"


@pytest.mark.parametrize("answer", [ENDS, OTHER, ERRO, NO_SETUP], ids=str)
def test_what_waits_is_taken_up_behind_the_list_of_the_greeting(answer):
    settled = [CancelTimer(on.SetupUnanswered), internal.ListCompleted((ONE,)), LIST, PLAY]
    assert after(OFFERING, LIST, PLAY, answer)[0] == settled


def test_what_waits_is_taken_up_behind_the_list_of_a_plain_server():
    assert after(PLAIN_LISTING, LISTED, PLAY, LIST_QUIET) == ([*shown(ONE), PLAY], PLAIN)


# Lists


def test_a_closing_server_is_sent_list_at_once_and_closes_each_list():
    assert after(CLOSING_SERVER, LIST) == ([sends(Request.LIST)], CLOSING_SERVER)
    session = reached(CLOSING_SERVER, LIST)
    assert step(session, LISTED) == ([], CLOSING_SERVER)
    assert step(session, LISTED_2) == ([], CLOSING_SERVER)
    assert step(session, LIST_CLOSED) == (shown(ONE, TWO), CLOSING_SERVER)
    assert step(session, LIST_CLOSED) == ([], CLOSING_SERVER), "no other was requested"


def test_a_list_that_was_not_requested_is_no_part_of_the_next():
    session = reached(CLOSING_SERVER)
    assert step(session, LISTED) == ([], CLOSING_SERVER)
    assert step(session, LIST, LISTED_2, LIST_CLOSED) == (shown(TWO), CLOSING_SERVER)


def test_a_plain_servers_list_ends_with_silence():
    session = reached(PLAIN)
    assert step(session, LIST) == ([sends(Request.LIST, paced=True)], PLAIN_LISTING)
    assert step(session, LISTED) == ([StartTimer(LIST_QUIET, 0.25)], PLAIN_LISTING)
    assert step(session, LIST_QUIET) == (shown(ONE), PLAIN)


def test_a_plain_servers_list_also_ends_with_404():
    ended = [CancelTimer(on.ListWentQuiet), *shown(ONE), LIST]
    assert after(PLAIN_LISTING, LISTED, LIST, ERRO) == (ended, PLAIN)


def test_a_plain_server_may_send_a_list_again():
    assert after(PLAIN, LISTED) == ([], PLAIN)


def test_the_link_has_a_list_of_its_own():
    session = reached(PLAIN)
    assert step(session, NEEDED) == ([sends(Request.LIST, paced=True)], PLAIN_LISTING)
    assert step(session, LISTED, LIST_QUIET) == ([internal.ListCompleted((ONE,))], PLAIN)


def test_a_list_that_is_on_its_way_is_the_links_too():
    for state in (GREETING, OFFERING, PLAIN_LISTING):
        assert after(state, NEEDED) == ([], state)


# A song from a server that closes its answers


def test_a_song_begins_when_all_before_it_are_closed():
    session = reached(CLOSING_SERVER)
    opened = [sends(Request.PLAY, 1), internal.SongOpened()]
    assert step(session, PLAY) == (opened, CLOSING_SERVER)
    assert step(session, PLAY_2) == ([sends(Request.PLAY, 2)], CLOSING_SERVER)
    assert step(session, SHORT) == ([internal.AudioFromServer(b"a")], CLOSING_SERVER)
    assert step(session, CLOSED) == ([internal.SongOpened()], CLOSING_SERVER)
    assert step(session, CLOSED) == ([internal.ServerClosedSong()], CLOSING_SERVER)
    assert step(session, CLOSED) == ([], CLOSING_SERVER), "no song is open"


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
def test_a_song_that_is_stopped_is_closed_all_the_same(end):
    session = reached(CLOSING_SERVER, PLAY)
    assert step(session, end) == ([sends(Request.STOP)], CLOSING_SERVER)
    assert step(session, CLOSED) == ([], CLOSING_SERVER)
    assert step(session, end, PLAY_2)[0][1:] == [internal.SongOpened()], "nothing was open"


def test_404_is_the_answer_to_the_oldest_play():
    session = reached(CLOSING_SERVER, PLAY, PLAY_2)
    assert step(session, ERRO) == ([internal.SongOpened()], CLOSING_SERVER)
    assert step(session, ERRO) == ([internal.ServerRefusedSong()], CLOSING_SERVER)
    assert step(session, ERRO) == ([], CLOSING_SERVER)


@pytest.mark.parametrize("closing", [CLOSED, ERRO], ids=str)
def test_a_song_begins_when_each_one_before_it_is_closed(closing):
    session = reached(CLOSING_SERVER, PLAY, PLAY_2, PLAY)
    assert step(session, closing) == ([], CLOSING_SERVER)
    assert step(session, closing) == ([internal.SongOpened()], CLOSING_SERVER)
    session = reached(CLOSING_SERVER, PLAY, PLAY_2, STOP)
    assert step(session, closing) == ([], CLOSING_SERVER)
    assert step(session, closing) == ([], CLOSING_SERVER)
    opened = [sends(Request.PLAY, 1), internal.SongOpened()]
    assert step(session, PLAY) == (opened, CLOSING_SERVER), "nothing is open any more"


# A song from a plain server (protocol.md 8)


def test_a_song_is_requested_and_its_end_expected():
    begun = [sends(Request.PLAY, 1, paced=True), internal.SongOpened(), waits_for_silence(2.0)]
    assert after(PLAIN, PLAY) == (begun, PLAIN)


@pytest.mark.parametrize("requested", [(), (LIST,)])
def test_silence_behind_a_short_message_ends_it_sooner(requested):
    state = PLAIN_LISTING if requested else PLAIN
    session = reached(PLAIN, PLAY, *requested)
    assert step(session, FULL) == (
        [internal.AudioFromServer(FULL.data), waits_for_silence(2.0)],
        state,
    )
    assert step(session, SHORT) == (
        [internal.AudioFromServer(b"a"), waits_for_silence(0.25)],
        state,
    )
    assert step(session, SONG_QUIET) == ([internal.ServerClosedSong(said=False)], state)
    assert step(session, SHORT) == ([internal.AudioFromServer(b"a")], state), (
        "the song is not open any more"
    )


@pytest.mark.parametrize("requested", [(), (LIST,)])
def test_an_empty_audio_message_is_part_of_the_song_and_no_audio(requested):
    state = PLAIN_LISTING if requested else PLAIN
    session = reached(PLAIN, PLAY, *requested)
    assert step(session, CLOSED) == ([waits_for_silence(0.25)], state)
    assert step(session, SONG_QUIET, CLOSED) == ([], state), "the song is not open any more"


@pytest.mark.parametrize("requested", [(), (LIST,)])
@pytest.mark.parametrize("end", [SONG_QUIET, ERRO], ids=str)
def test_a_song_that_has_ended_is_not_open_any_more(end, requested):
    session = reached(PLAIN, PLAY, FULL, *requested, end)
    state = PLAIN_LISTING if requested else PLAIN
    assert step(session, SHORT) == ([internal.AudioFromServer(b"a")], state), "no timer"


@pytest.mark.parametrize("requested", [(), (LIST,)])
def test_behind_silence_after_a_short_message_nothing_more_comes(requested):
    answered = (LIST_QUIET,) if requested else ()
    session = reached(PLAIN, PLAY, SHORT, *requested)
    ended = [internal.ServerClosedSong(said=False)]
    assert step(session, SONG_QUIET) == (ended, PLAIN_LISTING if requested else PLAIN)
    assert step(session, *answered, PLAY_2)[1] is PLAIN


@pytest.mark.parametrize("requested", [(), (LIST,)])
def test_behind_silence_after_a_full_message_more_may_come(requested):
    answered = (LIST_QUIET,) if requested else ()
    session = reached(PLAIN, PLAY, FULL, *requested)
    ended = [internal.ServerClosedSong(said=False)]
    assert step(session, SONG_QUIET) == (ended, PLAIN_LISTING if requested else PLAIN)
    assert step(session, *answered, PLAY_2)[1] is FENCING


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
@pytest.mark.parametrize("state", PLAIN_STATES)
def test_stop_is_sent_and_a_song_that_waits_forgotten(state, end):
    stop = [NOT_QUIET, sends(Request.STOP, paced=True)]
    session = reached(PLAIN, PLAY, *([LIST] if state is PLAIN_LISTING else []))
    assert step(session, end) == (stop, state)
    assert step(session, SHORT) == ([internal.AudioFromServer(b"a")], state)


@pytest.mark.parametrize("state", PLAIN_STATES)
def test_404_is_the_wanted_songs_if_one_is_open(state):
    session = reached(PLAIN, PLAY, *([LIST] if state is PLAIN_LISTING else []))
    assert step(session, ERRO) == ([NOT_QUIET, internal.ServerRefusedSong()], state)
    step(session, *([LIST_QUIET] if state is PLAIN_LISTING else []))
    assert step(session, PLAY_2)[1] is PLAIN, "nothing more comes of it"


@pytest.mark.parametrize("state", PLAIN_STATES)
def test_404_of_a_song_that_was_stopped_says_that_nothing_more_comes_of_it(state):
    session = reached(PLAIN, PLAY, STOP, *([LIST] if state is PLAIN_LISTING else []))
    assert step(session, ERRO) == ([], state)
    step(session, *([LIST_QUIET] if state is PLAIN_LISTING else []))
    assert step(session, PLAY_2)[1] is PLAIN


def test_404_in_answer_to_nothing_changes_nothing():
    assert after(PLAIN, ERRO) == ([], PLAIN)


def test_a_song_behind_a_list_ends_the_one_before_at_once():
    session = reached(PLAIN, PLAY, LIST)
    assert step(session, PLAY_2) == ([NOT_QUIET], PLAIN_LISTING)
    assert step(session, SHORT) == ([internal.AudioFromServer(b"a")], PLAIN_LISTING)


# The fence (protocol.md 8)


def test_while_old_audio_may_come_the_next_song_needs_a_fence():
    fence = [
        NOT_QUIET,
        sends(Request.STOP, paced=True),
        sends(Request.LIST, paced=True),
        StartTimer(NO_FENCE, 1.0),
    ]
    session = reached(PLAIN)
    assert step(session, PLAY, PLAY_2) == (fence, FENCING)
    assert not session.wanted_open, "the new song has not been requested yet"


def test_behind_the_answer_to_the_fence_all_audio_is_the_new_songs():
    quiet = [CancelTimer(on.FenceUnanswered), StartTimer(LIST_QUIET, 0.25)]
    assert after(FENCING, LISTED) == (quiet, FENCING)
    for passed in (LIST_QUIET, NO_FENCE):
        session = reached(FENCING)
        assert step(session, passed) == ([PLAY_2], PLAIN)
        assert step(session, PLAY_2)[1] is PLAIN


def test_what_comes_before_the_answer_to_the_fence_is_no_songs():
    assert after(FENCING, ERRO) == ([], FENCING)
    late = [internal.AudioFromServer(b"a")]
    assert after(FENCING, SHORT) == (late, FENCING), "the song machine drops it"
    assert after(FENCING, CLOSED) == ([], FENCING)


# The connection ends


TIMERS_STOPPED = {
    CancelTimer(timer)
    for timer in (
        on.ListWentQuiet,
        on.SongWentQuiet,
        on.GreetingUnanswered,
        on.SetupUnanswered,
        on.FenceUnanswered,
    )
}


@pytest.mark.parametrize("state", CONNECTED_STATES)
def test_a_lost_connection_answers_nothing(state):
    session = reached(state)
    outcomes, now = step(session, LIST, LOST)
    assert now is UNCONNECTED
    assert outcomes[:2] == LIST_FAILED
    assert len(outcomes) == 7
    assert set(outcomes[2:]) == TIMERS_STOPPED
    assert step(session, CONNECTED)[0][0] == sends(Request.LIST, paced=True)
    assert session.lists == (False,)


LIST_AWAITED = (PLAIN_LISTING,)


@pytest.mark.parametrize("state", [s for s in CONNECTED_STATES if s not in LIST_AWAITED])
def test_a_lost_connection_over_which_no_list_was_requested_fails_no_list(state):
    outcomes, now = after(state, LOST)
    assert now is UNCONNECTED
    assert len(outcomes) == 5
    assert set(outcomes) == TIMERS_STOPPED


def test_the_links_own_list_is_not_told_to_have_failed():
    outcomes, now = after(PLAIN, NEEDED, LOST)
    assert now is UNCONNECTED
    assert len(outcomes) == 5
    assert set(outcomes) == TIMERS_STOPPED


@pytest.mark.parametrize("listed", [(), (LIST,)])
@pytest.mark.parametrize(
    ("state", "requested"),
    [
        (GREETING, (PLAY,)),
        (OFFERING, (LISTED_2, PLAY)),
        (CLOSING_SERVER, (PLAY, PLAY_2)),
        (PLAIN, (PLAY, SHORT)),
        (PLAIN, (PLAY, NEEDED)),
        (PLAIN_LISTING, (PLAY,)),
        (FENCING, ()),
    ],
)
def test_of_a_lost_connection_nothing_is_left(state, requested, listed):
    session, fresh = reached(state, *requested, *listed, LOST), ConversationSession()
    for name in ConversationSession.__slots__:
        assert getattr(session, name) == getattr(fresh, name), name


# A server that is silent (protocol.md 7)

SILENT = on.ServerSilent(10.0)
DISCONNECT = [do.Disconnect("nothing came for 10 s")]


@pytest.mark.parametrize(
    "requested", [(LIST,), (LIST, LISTED), (PLAY,), (PLAY, SHORT), (PLAY, STOP)], ids=str
)
def test_a_closing_server_that_owes_an_answer_is_disconnected(requested):
    assert after(CLOSING_SERVER, *requested, SILENT) == (DISCONNECT, CLOSING_SERVER)


@pytest.mark.parametrize(
    "requested", [(), (LIST, LIST_CLOSED), (PLAY, CLOSED), (PLAY, STOP, CLOSED)], ids=str
)
def test_a_closing_server_that_owes_nothing_may_be_silent(requested):
    assert after(CLOSING_SERVER, *requested, SILENT) == ([], CLOSING_SERVER)


def test_a_server_that_owes_a_list_or_an_answer_to_setup_is_disconnected():
    for state in (OFFERING, PLAIN_LISTING):
        assert after(state, SILENT) == (DISCONNECT, state)


def test_the_greeting_has_a_timer_of_its_own():
    assert after(GREETING, SILENT) == ([], GREETING)


def test_a_plain_servers_silence_ends_a_song_and_no_connection():
    assert after(PLAIN, PLAY, FULL, SILENT) == ([], PLAIN)
    assert after(FENCING, SILENT) == ([], FENCING)


# The person leaves


def test_teardown_is_sent_where_it_is_understood():
    teardown = [sends(Request.TEARDOWN), do.DisconnectForGood()]
    assert after(CLOSING_SERVER, LEAVE) == (teardown, LEAVING)
    assert after(UNCONNECTED, LEAVE) == ([], LEAVING)
    for state in (GREETING, OFFERING, PLAIN, PLAIN_LISTING, FENCING):
        assert after(state, LEAVE) == ([do.DisconnectForGood()], LEAVING)


@pytest.mark.parametrize(
    "late",
    [
        LISTED,
        SHORT,
        ERRO,
        ENDS,
        LIST_QUIET,
        SONG_QUIET,
        NO_GREETING,
        NO_SETUP,
        NO_FENCE,
        CONNECTED,
        on.ConnectFailed("refused"),
        LOST,
        SILENT,
        ABANDONED,
        NEEDED,
        LEAVE,
    ],
    ids=str,
)
def test_whatever_comes_when_the_person_has_left_changes_nothing(late):
    assert after(LEAVING, late) == ([], LEAVING)
