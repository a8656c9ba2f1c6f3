"""The conversation alone: what is requested when, and which request an answer belongs to."""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.conversation.owed_lists import PLAIN_HELPS, ListKind
from fsm.client.conversation.session import NO_LIST, ConversationSession
from fsm.client.conversation.table import (
    ANSWERED,
    ASKING,
    BREAKING,
    CLOSING_SERVER,
    FENCING,
    GIVING_UP,
    GREETING,
    LEAVING,
    OFFER_LOST,
    OFFERING,
    PASSING,
    PLAIN,
    PLAIN_LISTING,
    RENEWING,
    STOPPING,
    UNCONNECTED,
)
from fsm.client.effects import CancelTimer, SendRequest, StartTimer
from fsm.words import Request
from tests.fsm.driver import step
from verify import watched

ONE, TWO = on.ListedSong(1, "one"), on.ListedSong(2, "two")
CONNECTED, LOST, LEAVE = on.Connected(), on.ConnectionLost("cut"), on.InputEnded()
SERVER_CLOSED, NONSENSE = on.ServerClosed("it closed"), on.MessageNotUnderstood("HELO came")
WRITTEN = on.RequestWritten(Request.LIST)
LIST, STOP, PLAY, PLAY_2 = (
    on.ListRequested(),
    on.StopRequested(),
    internal.SongToRequest(1),
    internal.SongToRequest(2),
)
ABANDONED, NEEDED = internal.SongAbandoned(), internal.ListNeeded()
USEFUL = internal.ListUseful()
LISTED, LISTED_2, LIST_CLOSED = on.ListReceived((ONE,)), on.ListReceived((TWO,)), on.ListReceived()
ENDS, OTHER = on.SetupReceived(("alfine/1", "ends")), on.SetupReceived(("alfine/1",))
SHORT, FULL, CLOSED = on.AudioReceived(b"a"), on.AudioReceived(bytes(4096)), on.AudioReceived()
MIDDLE = on.AudioReceived(bytes(1000))
ERRO = on.NotFoundReceived()
LIST_QUIET, SONG_QUIET = on.ListWentQuiet(), on.SongWentQuiet()
SILENT = on.ServerSilent(10.0)
NO_GREETING, NO_SETUP, NO_FENCE = (
    on.GreetingUnanswered(),
    on.SetupUnanswered(),
    on.FenceUnanswered(),
)

_PLAIN = (CONNECTED, ERRO, LISTED, LIST_QUIET)
_FENCE = (*_PLAIN, PLAY, PLAY_2, WRITTEN)
WAYS = {
    UNCONNECTED: (),
    OFFER_LOST: (CONNECTED, LOST),
    OFFERING: (CONNECTED,),
    GREETING: (CONNECTED, ERRO),
    CLOSING_SERVER: (CONNECTED, ENDS),
    PLAIN: _PLAIN,
    PLAIN_LISTING: (*_PLAIN, LIST),
    ASKING: (*_PLAIN, PLAY, FULL, SONG_QUIET),
    ANSWERED: (*_PLAIN, PLAY, FULL, SONG_QUIET, LISTED),
    STOPPING: (*_PLAIN, PLAY, PLAY_2),
    FENCING: _FENCE,
    PASSING: (*_FENCE, LISTED),
    RENEWING: (*_FENCE, NO_FENCE),
    GIVING_UP: (CONNECTED, ERRO, NO_GREETING),
    BREAKING: (*_PLAIN, NONSENSE),
    LEAVING: (LEAVE,),
}
PLAIN_STATES, QUESTIONS = (PLAIN, PLAIN_LISTING), (ASKING, ANSWERED)
FENCES = (STOPPING, FENCING, PASSING)
SETTLED = (CLOSING_SERVER, *PLAIN_STATES, *QUESTIONS, *FENCES)
ENDED_BY_CLIENT = (RENEWING, GIVING_UP, BREAKING)
CONNECTED_STATES = (OFFERING, GREETING, *SETTLED)

LIST_ANSWERED = on.CommandAnswered(on.Command.LIST)
LIST_FAILED = [do.Tell(do.Report.LIST_FAILED), LIST_ANSWERED]
NOT_QUIET, LIST_NOT_AWAITED = CancelTimer(on.SongWentQuiet), CancelTimer(on.ListWentQuiet)
SETUP_ANSWERED, GREETED = CancelTimer(on.SetupUnanswered), CancelTimer(on.GreetingUnanswered)
GREETS = [SendRequest(Request.LIST, None, True), StartTimer(NO_GREETING, 10.0)]
OFFERS = [SendRequest(Request.SETUP, None, True), StartTimer(NO_SETUP, 1.0)]
QUIET_LIST = StartTimer(LIST_QUIET, 0.25)


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


def in_a_song(state):
    """A session in that state of a plain server, which sends song 1."""
    if state in QUESTIONS:
        return reached(state)
    return reached(PLAIN, PLAY, *([LIST] if state is PLAIN_LISTING else []))


def ended(end, state):
    """What the link is told: only a plain server's end can be the song's end (protocol.md 8)."""
    said = ENDED[end]
    return internal.ConnectionEnded(said.reason) if state is CLOSING_SERVER else said


def waits_behind(state, *events):
    """What has waited for the events that settle what is unsettled in that state."""
    settled = {
        UNCONNECTED: (CONNECTED, ENDS),
        OFFERING: (ENDS,),
        GREETING: (LISTED, LIST_QUIET),
        PLAIN_LISTING: (LIST_QUIET,),
        ASKING: (LISTED, LIST_QUIET),
        ANSWERED: (LIST_QUIET,),
        STOPPING: (WRITTEN, LISTED, LIST_QUIET),
        FENCING: (LISTED, LIST_QUIET),
        PASSING: (LIST_QUIET,),
        RENEWING: (LOST, CONNECTED, ENDS),
    }
    outcomes = after(state, *events, *settled[state])[0]
    return [e for e in outcomes if isinstance(e, on.ListRequested | internal.SongToRequest)]


# What kind of server it is (protocol.md 7)


def test_it_offers_ends_and_nothing_else():
    assert after(UNCONNECTED, CONNECTED) == (OFFERS, OFFERING)


def test_told_plain_it_requests_nothing_by_itself():
    session = reached(UNCONNECTED, plain=True)
    assert step(session, LIST, CONNECTED) == ([LIST, internal.ListWithheld()], PLAIN)
    assert step(session, NEEDED) == ([], PLAIN)
    assert step(session, USEFUL) == ([], PLAIN)


def test_a_server_that_accepts_ends_is_asked_for_what_waits_and_nothing_else():
    settled = [SETUP_ANSWERED, LIST, PLAY]
    session = reached(OFFERING, LIST, PLAY)
    assert step(session, ENDS) == (settled, CLOSING_SERVER)
    assert not session.waiting


FROM = on.SetupReceived(("alfine/1", "ends", "from"))
NAMED, OTHERWISE_NAMED = (
    on.SetupReceived(("alfine/1", "ends", f"library={name}")) for name in ("one", "two")
)
UNCHANGED = internal.ListUnchanged()


def test_a_server_that_accepts_offsets_is_known_to_before_anything_is_requested():
    known = [SETUP_ANSWERED, internal.FromAccepted(), PLAY]
    assert step(reached(OFFERING, PLAY), FROM) == (known, CLOSING_SERVER)
    known = [SETUP_ANSWERED, GREETED, internal.FromAccepted(), PLAY]
    session = reached(OFFERING, NO_SETUP, PLAY)
    assert step(session, FROM) == (known, CLOSING_SERVER)
    product = on.SetupReceived(("from", "ends"))
    assert step(reached(OFFERING), product) == ([SETUP_ANSWERED], CLOSING_SERVER)
    assert step(reached(OFFERING), on.SetupReceived(("alfine/1", "from")))[1] is GREETING


def test_a_play_from_an_offset_is_sent_with_it():
    from_there = internal.SongToRequest(1, 4096)
    sent = [SendRequest(Request.PLAY, 1, offset=4096), internal.SongOpened()]
    assert after(CLOSING_SERVER, from_there) == (sent, CLOSING_SERVER)


def listed_by(setup, *events):
    """A conversation that has had a list of such a server, and is to another connection now."""
    session = reached(OFFERING, setup, NEEDED, LISTED, LIST_CLOSED, LOST)
    step(session, *events)
    return session


def test_a_list_that_is_still_the_servers_is_not_asked_for_again():
    session = listed_by(NAMED, NEEDED, CONNECTED)
    assert step(session, NAMED) == ([SETUP_ANSWERED, UNCHANGED], CLOSING_SERVER)
    assert step(session, NEEDED)[0] == [sends(Request.LIST)], "what is needed later is asked for"
    session = listed_by(NAMED, NEEDED, CONNECTED, LIST, PLAY)
    assert step(session, NAMED)[0] == [SETUP_ANSWERED, UNCHANGED, LIST, PLAY]
    session = listed_by(NAMED, CONNECTED, NAMED, LIST, LISTED, LIST_CLOSED, LOST, CONNECTED)
    assert UNCHANGED in step(session, NAMED)[0], "the list that came last is of that version too"
    both = on.SetupReceived((*NAMED.tokens, "from"))
    session = listed_by(NAMED, CONNECTED)
    assert step(session, both)[0] == [SETUP_ANSWERED, internal.FromAccepted(), UNCHANGED]


@pytest.mark.parametrize(
    ("before", "now"),
    [(NAMED, OTHERWISE_NAMED), (NAMED, ENDS), (ENDS, NAMED), (ENDS, ENDS)],
)
def test_a_list_that_may_be_another_now_is_asked_for(before, now):
    session = listed_by(before, NEEDED, CONNECTED)
    assert step(session, now) == ([SETUP_ANSWERED, NEEDED], CLOSING_SERVER)


def test_until_a_list_comes_ids_are_of_the_one_that_was_named_first():
    session = reached(OFFERING, NAMED, PLAY, LOST)
    step(session, NEEDED, CONNECTED)
    assert step(session, NAMED) == ([SETUP_ANSWERED, UNCHANGED], CLOSING_SERVER)
    step(session, LOST, NEEDED, CONNECTED)
    assert step(session, OTHERWISE_NAMED) == ([SETUP_ANSWERED, NEEDED], CLOSING_SERVER)
    step(session, LOST, NEEDED, CONNECTED)
    assert step(session, OTHERWISE_NAMED) == ([SETUP_ANSWERED, NEEDED], CLOSING_SERVER)


def test_a_list_that_is_needed_for_its_titles_is_asked_for_though_it_is_the_same():
    titles = internal.ListNeeded(for_titles=True)
    session = reached(OFFERING, NAMED, PLAY, LOST, NEEDED, titles, CONNECTED)
    assert step(session, NAMED)[0] == [SETUP_ANSWERED, UNCHANGED, titles]
    assert step(session, titles)[0] == [sends(Request.LIST)]
    assert step(session, titles)[0] == []


def test_a_list_belongs_to_the_server_that_sent_it():
    """Not to one whose list has not come, nor to a plain one, which names nothing."""
    session = listed_by(NAMED, CONNECTED, OTHERWISE_NAMED, LOST, CONNECTED)
    assert UNCHANGED in step(session, NAMED)[0]
    session = listed_by(NAMED, CONNECTED, OTHERWISE_NAMED, NEEDED, LISTED, LIST_CLOSED)
    step(session, LOST, CONNECTED)
    assert UNCHANGED not in step(session, NAMED)[0]
    plain = (CONNECTED, ERRO, LISTED, LIST_QUIET)
    session = listed_by(NAMED, *plain, LOST, CONNECTED)
    assert UNCHANGED not in step(session, NAMED)[0]
    session = reached(OFFERING, NO_SETUP, NAMED, LISTED, LIST_CLOSED, LOST, CONNECTED)
    assert UNCHANGED in step(session, NAMED)[0]
    not_closing = on.SetupReceived(("alfine/1", "library=one"))
    assert step(listed_by(NAMED, CONNECTED), not_closing)[1] is GREETING


def test_the_need_of_a_list_waits_behind_play_and_is_one():
    settled = [SETUP_ANSWERED, PLAY_2, NEEDED]
    for state in (UNCONNECTED, OFFERING):
        session = reached(state, NEEDED, NEEDED)
        assert session.waiting == (NEEDED,)
        assert session.list_coming
        step(session, *([CONNECTED] if state is UNCONNECTED else []), PLAY_2)
        assert step(session, ENDS) == (settled, CLOSING_SERVER)
        assert step(session, NEEDED) == ([sends(Request.LIST)], CLOSING_SERVER)
        assert step(session, NEEDED) == ([], CLOSING_SERVER)
    session = reached(OFFER_LOST)
    assert step(session, NEEDED) == ([], OFFER_LOST)
    assert session.waiting == (NEEDED,)
    assert session.list_coming


@pytest.mark.parametrize("ends", [(ERRO, LISTED, LIST_QUIET), (NO_SETUP, ERRO, ERRO)], ids=str)
def test_the_list_of_the_greeting_serves_whatever_needs_one(ends):
    session = reached(OFFERING, NEEDED)
    step(session, *ends)
    assert (session.state, session.waiting) == (PLAIN, ())
    for state in (GREETING, PLAIN_LISTING):
        assert after(state, NEEDED) == ([], state)


def test_a_need_of_a_list_ends_with_an_attempt_that_fails():
    for state in (UNCONNECTED, OFFER_LOST):
        session = reached(state, NEEDED)
        assert step(session, on.ConnectFailed("refused")) == ([], UNCONNECTED)
        assert not session.list_coming


def test_the_greeting_is_the_users_list_where_one_waits():
    """Only one of them: each list that was asked for is shown."""
    session = reached(OFFERING, LIST, PLAY, LIST)
    assert step(session, ERRO) == ([SETUP_ANSWERED, *GREETS], GREETING)
    assert session.waiting == (PLAY, LIST)
    began = step(session, LISTED, LIST_QUIET)
    assert began == ([*shown(ONE), PLAY, LIST], PLAIN)


def test_the_greeting_after_a_loss_is_the_users_list_where_one_waits():
    session = reached(OFFER_LOST)
    assert step(session, LIST, LIST) == ([], OFFER_LOST)
    assert step(session, CONNECTED) == (GREETS, GREETING)
    assert step(session, LISTED, LIST_QUIET) == ([*shown(ONE), LIST], PLAIN)


def test_a_list_behind_one_that_the_greeting_has_become_waits():
    session = reached(GREETING, LIST)
    assert step(session, LIST, PLAY) == ([], GREETING)
    assert session.waiting == (LIST, PLAY)
    assert session.lists == (ListKind.USERS,)
    assert step(session, ERRO) == ([GREETED, *shown(), LIST, PLAY], PLAIN)


def test_a_list_of_its_own_that_is_on_its_way_becomes_the_users():
    for state, ends in (
        (CLOSING_SERVER, (LISTED, LIST_CLOSED)),
        (GREETING, (LISTED, LIST_QUIET)),
        (PLAIN_LISTING, (LISTED, LIST_QUIET)),
    ):
        session = reached(GREETING, LISTED) if state is PLAIN_LISTING else reached(state)
        step(session, *([NEEDED] if state is CLOSING_SERVER else []))
        assert step(session, LIST) == ([], state)
        assert step(session, *ends)[0] == shown(ONE)


@pytest.mark.parametrize("answer", [OTHER, ERRO], ids=str)
def test_a_server_that_does_not_accept_it_is_greeted_with_list(answer):
    session = reached(OFFERING)
    assert step(session, answer) == ([SETUP_ANSWERED, *GREETS], GREETING)
    assert session.lists == (ListKind.OWN,)
    assert not session.setup_open


def test_a_server_that_is_silent_is_greeted_with_list():
    session = reached(OFFERING)
    assert step(session, NO_SETUP) == (GREETS, GREETING)
    assert session.lists == (ListKind.OWN,)
    assert session.setup_open, "it may still be answered"


@pytest.mark.parametrize("answer", [LISTED, FULL, NONSENSE], ids=str)
def test_a_server_that_answers_setup_with_anything_else_is_connected_to_anew(answer):
    anew = [SETUP_ANSWERED, do.Disconnect("it is made anew")]
    session = reached(OFFERING, PLAY, LIST)
    assert step(session, answer) == (anew, RENEWING)
    assert session.waiting == (LIST,), "the link asks for the song again"
    assert step(session, LOST) == ([internal.ConnectionRenewed()], UNCONNECTED)
    assert step(session, CONNECTED) == (GREETS, GREETING), "it is offered nothing"


@pytest.mark.parametrize(("end", "state"), [(LOST, OFFER_LOST), (SERVER_CLOSED, UNCONNECTED)])
def test_a_server_that_hangs_up_on_setup_is_connected_to_anew(end, state):
    session = reached(OFFERING, PLAY, LIST)
    anew = [SETUP_ANSWERED, internal.ConnectionRenewed()]
    assert step(session, end) == (anew, state)
    assert session.waiting == (LIST,), "the link asks for the song again"
    assert step(session, CONNECTED) == (GREETS, GREETING), "it is offered nothing"
    assert session.offer_declined, "nor over a connection that the client makes anew itself"


@pytest.mark.parametrize("end", [LOST, SERVER_CLOSED], ids=str)
@pytest.mark.parametrize("second_end", [LOST, SERVER_CLOSED], ids=str)
def test_it_is_offered_setup_again_when_that_connection_has_ended_too(end, second_end):
    session = reached(OFFERING, end, CONNECTED)
    assert step(session, second_end)[1] is UNCONNECTED
    assert step(session, CONNECTED) == (OFFERS, OFFERING)


def test_a_server_that_was_away_after_a_loss_is_offered_setup_again():
    """It has been started anew: the loss says nothing of what it understands."""
    session = reached(OFFER_LOST)
    assert step(session, on.ConnectFailed("refused"), CONNECTED) == (OFFERS, OFFERING)
    assert step(session, PLAY, ENDS) == ([SETUP_ANSWERED, PLAY], CLOSING_SERVER)


def test_a_server_that_closed_on_setup_and_was_away_is_offered_nothing():
    """SETUP may be what it ends at: it would end at each, and never be heard."""
    session = reached(OFFERING, SERVER_CLOSED)
    step(session, on.ConnectFailed("refused"))
    assert step(session, CONNECTED) == (GREETS, GREETING)


def test_a_setup_that_is_accepted_late_is_accepted():
    session = reached(OFFERING, NO_SETUP, PLAY)
    settled = [SETUP_ANSWERED, GREETED, PLAY]
    assert step(session, ENDS) == (settled, CLOSING_SERVER)
    assert session.lists == (ListKind.OWN,), "the list that was asked for since is closed"
    assert step(session, LISTED) == ([], CLOSING_SERVER)
    assert step(session, LIST_CLOSED) == ([internal.ListCompleted((ONE,))], CLOSING_SERVER)


# Told to be plain it asks nothing


def told(*events):
    session = ConversationSession(plain=True)
    step(session, CONNECTED, *events)
    return session


def test_told_plain_silence_alone_ends_a_song():
    supposed = [internal.ServerClosedSong(said=False)]
    for last, open_still in ((FULL, True), (SHORT, False)):
        session = told(PLAY, FULL, last)
        assert step(session, SONG_QUIET) == (supposed, PLAIN)
        assert (session.supposed, session.wanted_open) == (True, False)
        assert session.play_open == open_still
        again = [internal.AudioFromServer(FULL.data), waits_for_silence(2.0)]
        assert step(session, FULL) == (again, PLAIN)
        assert (session.supposed, session.wanted_open) == (False, True)


def test_told_plain_another_song_needs_another_connection():
    anew = [NOT_QUIET, do.Disconnect("it is made anew")]
    session = told(PLAY, FULL)
    assert step(session, PLAY_2) == (anew, RENEWING)
    assert not session.wanted_open


# ... and accepted when the server has been taken for plain

KEPT = internal.SetupAccepted()
UNSURE = (CONNECTED, NO_SETUP, LISTED, LIST_QUIET)
"""The list of the greeting was answered before SETUP, and not closed."""
NO_SONG_TIMER = [SETUP_ANSWERED, NOT_QUIET]


def unsure(*events):
    session = ConversationSession()
    step(session, *UNSURE, *events)
    return session


def accept(session):
    assert step(session, ENDS) == ([KEPT], PLAIN)
    return step(session, KEPT)


def test_what_was_asked_for_before_a_late_acceptance_is_closed():
    session = unsure(PLAY, FULL)
    assert accept(session) == (NO_SONG_TIMER, CLOSING_SERVER)
    assert (session.wanted_open, session.late_songs) == (True, 0)
    assert not (session.audio_coming or session.play_open or session.setup_open)
    assert session.lists == (ListKind.OLD,)
    assert step(session, FULL) == ([internal.AudioFromServer(FULL.data)], CLOSING_SERVER)
    assert step(session, CLOSED) == ([internal.ServerClosedSong()], CLOSING_SERVER)


def test_what_was_taken_for_whole_by_silence_is_open_again():
    for end in ((FULL, SONG_QUIET, LISTED, LIST_QUIET), (SHORT, SONG_QUIET, LISTED, LIST_QUIET)):
        session = unsure(PLAY, *end)
        assert accept(session) == ([SETUP_ANSWERED], CLOSING_SERVER)
        assert (session.wanted_open, session.late_songs, session.supposed) == (True, 0, False)
        assert not session.play_open
        assert session.lists == (ListKind.OLD,)
        assert step(session, SHORT) == ([internal.AudioFromServer(b"a")], CLOSING_SERVER)
        assert step(session, CLOSED) == ([internal.ServerClosedSong()], CLOSING_SERVER)


def test_a_song_that_was_closed_before_the_acceptance_is_whole():
    for end in ((), (SONG_QUIET, LISTED, LIST_QUIET)):
        session = unsure(PLAY, FULL, CLOSED, *end)
        closed = [*NO_SONG_TIMER, internal.ServerClosedSong()]
        assert accept(session) == (closed, CLOSING_SERVER)
        assert session.lists == (ListKind.OLD,)
        assert not session.setup_open
        assert (session.wanted_open, session.supposed, session.late_songs) == (False, False, 0)
        assert not session.audio_coming


@pytest.mark.parametrize("state", [PLAIN, PLAIN_LISTING, ASKING, ANSWERED], ids=str)
def test_an_empty_audio_message_may_be_a_closing_one_wherever_it_comes(state):
    ways = {
        PLAIN: (),
        PLAIN_LISTING: (LIST,),
        ASKING: (SONG_QUIET,),
        ANSWERED: (SONG_QUIET, LISTED),
    }
    session = unsure(PLAY, FULL, *ways[state])
    assert step(session, CLOSED) == ([], state)
    assert session.closing_seen
    session = ConversationSession()
    step(session, *_PLAIN, PLAY, FULL, *ways[state], CLOSED)
    assert not session.closing_seen, "SETUP was refused"
    session = unsure(*([LIST] if state is PLAIN_LISTING else []), CLOSED)
    assert not session.closing_seen, "no song is on its way"


def test_a_song_that_is_not_wanted_any_more_is_a_late_one():
    session = unsure(PLAY, FULL, STOP)
    accept(session)
    assert session.late_songs == 1
    assert step(session, PLAY_2) == ([sends(Request.PLAY, 2)], CLOSING_SERVER)
    assert step(session, CLOSED) == ([internal.SongOpened()], CLOSING_SERVER)
    for over in ((ERRO,), (STOP, CLOSED), (STOP, ERRO)):
        session = unsure(PLAY, *over)
        accept(session)
        assert session.late_songs == 0


def test_a_new_song_has_not_been_closed_by_what_closed_the_one_before():
    session = unsure(PLAY, FULL, CLOSED, STOP, PLAY_2, WRITTEN, LISTED, LIST_QUIET, PLAY_2)
    accept(session)
    assert (session.wanted_open, session.state) == (True, CLOSING_SERVER)


def test_a_list_that_silence_has_ended_is_closed_and_of_no_use():
    session = unsure(ENDS, KEPT)
    assert not session.list_coming
    assert step(session, on.ServerSilent(10.0)) == ([], CLOSING_SERVER)
    assert step(session, LIST) == ([sends(Request.LIST)], CLOSING_SERVER)
    assert step(session, LISTED, LIST_CLOSED, LISTED_2) == ([], CLOSING_SERVER)
    assert step(session, LIST_CLOSED) == (shown(TWO), CLOSING_SERVER)
    assert step(unsure(ENDS, KEPT), SERVER_CLOSED)[0][-1] == internal.ConnectionRested()


@pytest.mark.parametrize(
    "way",
    [
        (CONNECTED, NO_SETUP, LISTED, LIST_CLOSED, LIST_QUIET),
        (*UNSURE, LIST_CLOSED),
        (*UNSURE, LIST, LISTED, LIST_CLOSED, LIST_QUIET),
        (*UNSURE, PLAY, FULL, SONG_QUIET, LISTED, LIST_CLOSED, LIST_QUIET),
        (*UNSURE, PLAY, FULL, SONG_QUIET, LIST_CLOSED, LIST_QUIET),
        (*UNSURE, PLAY, PLAY_2, WRITTEN, LISTED, LIST_CLOSED, LIST_QUIET),
        (*UNSURE, PLAY, PLAY_2, WRITTEN, LIST_CLOSED, LIST_QUIET),
    ],
    ids=len,
)
def test_a_list_that_was_closed_is_over(way):
    session = ConversationSession()
    step(session, *way, ENDS, KEPT)
    assert (session.state, session.lists) == (CLOSING_SERVER, ())


@pytest.mark.parametrize(
    "way",
    [
        (LIST, LISTED),
        (PLAY, FULL, SONG_QUIET, LISTED),
        (PLAY, FULL, SONG_QUIET),
        (PLAY, PLAY_2),
        (PLAY, PLAY_2, WRITTEN),
        (PLAY, PLAY_2, WRITTEN, LISTED),
    ],
    ids=len,
)
def test_while_a_list_is_on_its_way_the_acceptance_waits(way):
    session = unsure(*way)
    state = session.state
    assert step(session, ENDS, ENDS, OTHER) == ([], state)
    assert session.waiting.count(ENDS) == 1
    rest = (*([WRITTEN] if state is STOPPING else []), LISTED, LIST_QUIET)
    outcomes = step(session, *rest)[0]
    assert KEPT in outcomes
    assert step(session, KEPT)[1] is CLOSING_SERVER


def test_an_acceptance_comes_before_what_else_has_waited():
    session = unsure(LIST, PLAY, LIST, ENDS, LISTED)
    assert step(session, LIST_QUIET)[0][-3:] == [KEPT, PLAY, LIST]


def test_an_acceptance_ends_with_its_connection():
    session = unsure(PLAY, PLAY_2, WRITTEN, ENDS, NO_FENCE, LOST)
    assert (session.state, session.waiting) == (UNCONNECTED, ())


def test_what_was_refused_or_never_offered_cannot_be_accepted():
    for state in (PLAIN, PLAIN_LISTING, *QUESTIONS, *FENCES, CLOSING_SERVER):
        session = reached(state)
        waiting = session.waiting
        assert step(session, ENDS) == ([], state)
        assert session.waiting == waiting
        assert step(session, OTHER) == ([], state)
    assert step(unsure(), OTHER) == ([], PLAIN)
    session = ConversationSession(plain=True)
    assert step(session, CONNECTED, ENDS) == ([], PLAIN)


@pytest.mark.parametrize("answer", [OTHER, ERRO], ids=str)
def test_a_setup_that_is_refused_late_is_no_answer_to_list(answer):
    session = reached(OFFERING, NO_SETUP)
    assert step(session, answer) == ([SETUP_ANSWERED], GREETING)
    assert not session.setup_open


def test_the_list_of_the_greeting_says_that_the_server_speaks_this_protocol():
    session = reached(OFFERING, NO_SETUP, LIST)
    began = [GREETED, QUIET_LIST]
    assert step(session, LISTED) == (began, PLAIN_LISTING)
    assert session.setup_open, "it may still be accepted"
    assert step(session, LISTED_2, LIST_QUIET) == (shown(ONE, TWO), PLAIN)


def test_a_server_that_knows_no_list_is_a_plain_one():
    assert after(GREETING, LIST, ERRO) == ([GREETED, *shown()], PLAIN)
    assert after(GREETING, ERRO) == ([GREETED, internal.ListCompleted(())], PLAIN)


def test_a_server_that_does_not_answer_is_disconnected():
    session = reached(GREETING)
    assert step(session, NO_GREETING) == ([do.Disconnect(f"{NO_LIST}; {PLAIN_HELPS}")], GIVING_UP)
    ended = [internal.ConnectionEnded("cut")]
    assert step(session, LOST) == (ended, UNCONNECTED)


def test_before_anything_is_requested_no_audio_is_wanted():
    assert after(GREETING, SHORT) == ([], GREETING)


def test_an_answer_to_setup_that_was_not_sent_changes_nothing():
    for state in SETTLED:
        for answer in (ENDS, OTHER):
            assert after(state, answer) == ([], state)


# Requests that wait

_WAITS_ALREADY = {STOPPING: [PLAY_2], FENCING: [PLAY_2], PASSING: [PLAY_2]}


@pytest.mark.parametrize(
    "state",
    [UNCONNECTED, OFFERING, PLAIN_LISTING, *QUESTIONS, *FENCES, RENEWING],
)
def test_lists_wait_until_they_can_be_answered(state):
    assert after(state, LIST) == ([], state)
    assert waits_behind(state, LIST) == [*_WAITS_ALREADY.get(state, []), LIST]


@pytest.mark.parametrize("state", [OFFERING, GREETING, PLAIN_LISTING, *FENCES])
def test_the_song_requested_last_waits_until_it_can_be_answered(state):
    assert after(state, PLAY)[1] is state
    assert waits_behind(state, PLAY, PLAY_2) == [PLAY_2]
    lists = [] if state is GREETING else [LIST]
    assert waits_behind(state, PLAY_2, LIST, PLAY) == [*lists, PLAY]


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
@pytest.mark.parametrize("state", [OFFERING, GREETING, PLAIN_LISTING, *FENCES])
def test_a_song_that_waits_is_taken_back(state, end):
    assert after(state, PLAY, end)[1] is state
    assert waits_behind(state, PLAY, end) == []
    assert waits_behind(state, LIST, PLAY, end) == ([] if state is GREETING else [LIST])


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
def test_before_anything_is_requested_nothing_is_sent_to_stop_it(end):
    unasked = (UNCONNECTED, OFFER_LOST, OFFERING, GREETING, CLOSING_SERVER)
    for state in (*unasked, *FENCES, *ENDED_BY_CLIENT):
        assert after(state, end) == ([], state)


def test_lists_that_wait_for_a_connection_fail_with_it():
    failed = on.ConnectFailed("refused")
    for state in (UNCONNECTED, OFFER_LOST):
        assert after(state, LIST, failed) == (LIST_FAILED, UNCONNECTED)
        assert after(state, failed) == ([], UNCONNECTED)
        outcomes = after(state, LIST, failed, CONNECTED, ENDS)[0]
        assert LIST not in outcomes, "it has been answered"


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
    assert step(session, LISTED) == ([QUIET_LIST], PLAIN_LISTING)
    assert step(session, LISTED_2) == ([QUIET_LIST], PLAIN_LISTING)
    assert step(session, LIST_QUIET) == (shown(ONE, TWO), PLAIN)


def test_a_plain_servers_list_also_ends_with_404():
    ended = [LIST_NOT_AWAITED, *shown(ONE), LIST]
    assert after(PLAIN_LISTING, LISTED, LIST, ERRO) == (ended, PLAIN)


def test_a_plain_server_may_send_a_list_again():
    assert after(PLAIN, LISTED) == ([], PLAIN)


def test_the_link_has_a_list_of_its_own():
    session = reached(CLOSING_SERVER)
    assert step(session, NEEDED) == ([sends(Request.LIST)], CLOSING_SERVER)
    assert step(session, LISTED, LIST_CLOSED) == ([internal.ListCompleted((ONE,))], CLOSING_SERVER)
    assert after(PLAIN, NEEDED) == ([], PLAIN), "the list of the greeting has come"


def test_a_list_that_is_on_its_way_is_the_links_too():
    for state in (OFFERING, GREETING, PLAIN_LISTING):
        assert after(state, NEEDED) == ([], state)
    assert after(CLOSING_SERVER, LIST, NEEDED) == ([], CLOSING_SERVER)
    assert after(CLOSING_SERVER, NEEDED) == ([sends(Request.LIST)], CLOSING_SERVER)


# A list for which nobody waits


def test_a_list_that_would_be_of_use_is_asked_for_once_and_handed_on():
    session = reached(CLOSING_SERVER)
    assert step(session, USEFUL) == ([sends(Request.LIST)], CLOSING_SERVER)
    assert session.list_coming
    assert step(session, USEFUL) == ([], CLOSING_SERVER)
    assert step(session, LISTED, LIST_CLOSED) == ([internal.ListCompleted((ONE,))], CLOSING_SERVER)
    assert not session.list_coming
    assert after(PLAIN, USEFUL) == ([], PLAIN), "the list of the greeting has come"


@pytest.mark.parametrize("asked", [LIST, NEEDED], ids=str)
def test_a_list_that_is_on_its_way_already_is_of_use_and_awaited_as_before(asked):
    session = reached(CLOSING_SERVER, asked)
    lists = session.lists
    assert step(session, USEFUL) == ([], CLOSING_SERVER)
    assert session.lists == lists


@pytest.mark.parametrize("end", [LOST, SERVER_CLOSED], ids=str)
@pytest.mark.parametrize("come", [(), (LISTED,)], ids=["nothing", "a part of it"])
def test_a_connection_that_owes_a_list_for_which_nobody_waits_is_missed_by_nobody(come, end):
    said, session = said_at_the_end(CLOSING_SERVER, USEFUL, *come, end)
    assert said == [internal.ConnectionRested()]
    assert_fresh(session)
    assert step(session, CONNECTED, ENDS) == ([SETUP_ANSWERED], CLOSING_SERVER), "nor asked again"


@pytest.mark.parametrize("end", [LOST, SERVER_CLOSED], ids=str)
def test_a_connection_that_owes_a_song_besides_is_missed(end):
    said, session = said_at_the_end(CLOSING_SERVER, USEFUL, PLAY, end)
    assert said == [ended(end, CLOSING_SERVER)]
    assert_fresh(session)


@pytest.mark.parametrize("end", [LOST, SERVER_CLOSED], ids=str)
def test_a_list_for_which_nobody_waits_is_awaited_when_it_is_needed(end):
    session = reached(CLOSING_SERVER, USEFUL)
    assert step(session, NEEDED) == ([], CLOSING_SERVER)
    assert session.lists == (ListKind.OWN,)
    assert step(session, NEEDED) == ([], CLOSING_SERVER)
    said = said_at_the_end(CLOSING_SERVER, USEFUL, NEEDED, end)[0]
    assert said == [ended(end, CLOSING_SERVER)]
    assert after(CLOSING_SERVER, USEFUL, NEEDED, LISTED, LIST_CLOSED)[0] == [
        internal.ListCompleted((ONE,))
    ]


@pytest.mark.parametrize("end", [LOST, SERVER_CLOSED], ids=str)
def test_a_list_for_which_nobody_waits_is_the_users_when_he_asks_for_one(end):
    session = reached(CLOSING_SERVER, USEFUL)
    assert step(session, LIST) == ([], CLOSING_SERVER)
    assert step(session, LISTED, LIST_CLOSED)[0] == shown(ONE)
    said = said_at_the_end(CLOSING_SERVER, USEFUL, LIST, end)[0]
    assert said == [*LIST_FAILED, ended(end, CLOSING_SERVER)]


def test_a_server_that_is_silent_is_not_given_up_over_a_list_for_which_nobody_waits():
    assert after(CLOSING_SERVER, USEFUL, SILENT) == ([], CLOSING_SERVER)
    for needs in (NEEDED, LIST, PLAY):
        assert after(CLOSING_SERVER, USEFUL, needs, SILENT) == ([DISCONNECT], GIVING_UP)


# A song from a server that closes its answers


def test_a_song_begins_when_all_before_it_are_closed():
    session = reached(CLOSING_SERVER)
    opened = [sends(Request.PLAY, 1), internal.SongOpened()]
    assert step(session, PLAY) == (opened, CLOSING_SERVER)
    assert step(session, PLAY_2) == ([sends(Request.PLAY, 2)], CLOSING_SERVER)
    assert step(session, SHORT) == ([], CLOSING_SERVER), "it is of the song before"
    assert step(session, CLOSED) == ([internal.SongOpened()], CLOSING_SERVER)
    assert step(session, SHORT) == ([internal.AudioFromServer(b"a")], CLOSING_SERVER)
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
def test_silence_behind_a_message_shorter_than_all_before_it_is_noticed_sooner(requested):
    state = PLAIN_LISTING if requested else PLAIN
    session = reached(PLAIN, PLAY, *requested)
    for message, silence_s in ((FULL, 2.0), (MIDDLE, 0.25), (MIDDLE, 2.0), (SHORT, 0.25)):
        heard = [internal.AudioFromServer(message.data), waits_for_silence(silence_s)]
        assert step(session, message) == (heard, state)


@pytest.mark.parametrize("requested", [(), (LIST,)])
def test_an_empty_audio_message_is_part_of_the_song_and_no_audio(requested):
    state = PLAIN_LISTING if requested else PLAIN
    session = reached(PLAIN, PLAY, *requested)
    assert step(session, CLOSED) == ([waits_for_silence(0.25)], state)


def test_each_song_is_measured_anew():
    session = reached(PLAIN, PLAY, SHORT, SONG_QUIET, LISTED, LIST_QUIET, PLAY_2, WRITTEN)
    step(session, LISTED, LIST_QUIET, PLAY_2)
    heard = [internal.AudioFromServer(MIDDLE.data), waits_for_silence(0.25)]
    assert step(session, MIDDLE) == (heard, PLAIN)
    assert session.shortest_bytes == len(MIDDLE.data)


def test_without_an_open_song_audio_changes_nothing():
    for state in PLAIN_STATES:
        for message in (SHORT, FULL, CLOSED):
            assert after(state, message) == ([], state)


# Its silence proves nothing: it is asked by LIST


def test_a_server_that_is_silent_in_a_song_is_asked():
    assert after(PLAIN, PLAY, FULL, SONG_QUIET) == ([sends(Request.LIST, paced=True)], ASKING)
    assert after(PLAIN, PLAY, SONG_QUIET) == ([sends(Request.LIST, paced=True)], ASKING)
    assert reached(ASKING).lists == (), "the list is not shown"


def test_while_a_list_is_being_sent_it_is_not_asked():
    session = reached(PLAIN, PLAY, FULL, LIST)
    assert step(session, SONG_QUIET) == ([waits_for_silence(0.25)], PLAIN_LISTING)


@pytest.mark.parametrize("more", [FULL, SHORT], ids=["full", "short"])
def test_audio_before_the_answer_is_the_songs(more):
    session = reached(ASKING)
    assert step(session, more) == ([internal.AudioFromServer(more.data)], ASKING)
    assert session.short_audio == (more is SHORT)
    assert step(session, CLOSED) == ([], ASKING)


def test_when_it_answers_the_song_may_still_go_on():
    session = reached(ASKING)
    for message in (LISTED, LISTED_2, LIST_CLOSED):
        assert step(session, message) == ([QUIET_LIST], ANSWERED)
    assert step(session, CLOSED) == ([], ANSWERED)
    step(session, LIST)
    goes_on = [LIST_NOT_AWAITED, internal.AudioFromServer(FULL.data), waits_for_silence(2.0), LIST]
    assert step(session, FULL) == (goes_on, PLAIN)


def test_with_no_audio_behind_the_answer_the_song_is_taken_for_whole():
    session = reached(ANSWERED, LIST)
    assert step(session, LIST_QUIET) == ([internal.ServerClosedSong(said=False), LIST], PLAIN)
    assert not session.wanted_open
    assert session.play_open, "the server may still be sending it"


@pytest.mark.parametrize("requested", [(), (LIST,)])
def test_audio_that_comes_later_takes_that_back(requested):
    session = reached(ANSWERED, LIST_QUIET, *requested)
    state = PLAIN_LISTING if requested else PLAIN
    assert step(session, CLOSED) == ([], state)
    assert not session.wanted_open, "an empty message is no audio"
    back = [internal.AudioFromServer(FULL.data), waits_for_silence(2.0)]
    assert step(session, FULL) == (back, state)
    assert (session.wanted_open, session.supposed) == (True, False)


def test_behind_silence_after_a_short_message_the_server_sends_no_song():
    session = reached(PLAIN, PLAY, FULL, SHORT, SONG_QUIET, LISTED, LIST)
    assert step(session, LIST_QUIET) == ([internal.ServerClosedSong(said=False), LIST], PLAIN)
    assert (session.wanted_open, session.play_open) == (False, False)
    fence = [sends(Request.LIST, paced=True)]
    assert step(session, PLAY_2) == (fence, STOPPING), "no STOP where nothing is open"
    assert session.waiting == (PLAY_2,)


def test_a_short_message_before_the_answer_counts_too():
    session = reached(ASKING, SHORT, LISTED, LIST_QUIET)
    assert not session.play_open


def test_behind_silence_after_a_full_message_the_song_is_stopped_before_the_next():
    fence = [NOT_QUIET, sends(Request.STOP, paced=True), sends(Request.LIST, paced=True)]
    session = reached(ANSWERED, LIST_QUIET)
    assert step(session, PLAY_2) == (fence, STOPPING)
    assert not session.supposed


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
@pytest.mark.parametrize("state", [*PLAIN_STATES, *QUESTIONS])
def test_stop_is_sent_and_a_song_that_waits_forgotten(state, end):
    stop = [NOT_QUIET, sends(Request.STOP, paced=True)]
    session = in_a_song(state)
    assert step(session, end) == (stop, state)
    assert not session.wanted_open
    assert step(session, SHORT) == ([], state), "it is nobody's"
    assert step(session, end) == ([], state), "nothing is open any more"


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
def test_a_stop_takes_back_a_song_that_waits_where_nothing_is_open(end):
    assert after(PLAIN, end) == ([], PLAIN)
    assert waits_behind(PLAIN_LISTING, PLAY, end) == []
    assert waits_behind(ANSWERED, STOP, PLAY, end) == []


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
def test_a_song_that_was_taken_for_whole_and_stopped_does_not_go_on(end):
    session = reached(ANSWERED, LIST_QUIET)
    assert step(session, end) == ([NOT_QUIET, sends(Request.STOP, paced=True)], PLAIN)
    assert step(session, FULL) == ([], PLAIN)


@pytest.mark.parametrize("end", [STOP, ABANDONED], ids=str)
def test_a_song_that_ended_short_and_is_stopped_does_not_go_on_either(end):
    session = reached(PLAIN, PLAY, FULL, SHORT, SONG_QUIET, LISTED, LIST_QUIET)
    assert step(session, end) == ([], PLAIN), "the server sends no song that could be stopped"
    assert step(session, FULL) == ([], PLAIN)


def test_when_a_stopped_song_is_quiet_what_waits_is_taken_up():
    session = reached(ANSWERED, STOP, PLAY_2)
    assert step(session, LIST_QUIET) == ([PLAY_2], PLAIN)
    assert not session.supposed


def test_a_song_that_is_wanted_in_the_middle_of_a_question_needs_a_new_connection():
    anew = [do.Disconnect("it is made anew")]
    session = reached(ASKING)
    assert step(session, PLAY_2) == (anew, RENEWING)
    assert not session.wanted_open
    assert step(session, LOST) == ([internal.ConnectionRenewed()], UNCONNECTED)


def test_a_song_that_is_wanted_behind_an_answer_waits_until_it_is_quiet():
    session = reached(ANSWERED)
    assert step(session, PLAY_2) == ([NOT_QUIET], ANSWERED)
    assert step(session, FULL) == ([], ANSWERED), "it is the old song's"
    assert step(session, LIST_QUIET) == ([PLAY_2], PLAIN)
    assert step(session, PLAY_2)[1] is STOPPING


@pytest.mark.parametrize("state", PLAIN_STATES)
def test_404_is_the_wanted_songs_if_one_is_open(state):
    session = in_a_song(state)
    assert step(session, ERRO) == ([NOT_QUIET, internal.ServerRefusedSong()], state)
    assert step(session, SHORT) == ([], state)
    step(session, *([LIST_QUIET] if state is PLAIN_LISTING else []))
    assert step(session, PLAY_2)[1] is PLAIN, "nothing more comes of it"


@pytest.mark.parametrize("state", QUESTIONS)
def test_404_in_a_question_is_the_wanted_songs_if_one_is_open(state):
    session = reached(state)
    assert step(session, ERRO) == ([internal.ServerRefusedSong()], state)
    assert step(session, ERRO) == ([], state)
    assert step(session, *([LISTED] if state is ASKING else []), LIST_QUIET) == ([], PLAIN)
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
    assert step(session, SHORT) == ([], PLAIN_LISTING), "it is nobody's"


# The fence (protocol.md 8)


def test_while_old_audio_may_come_the_next_song_needs_a_fence():
    fence = [NOT_QUIET, sends(Request.STOP, paced=True), sends(Request.LIST, paced=True)]
    session = reached(PLAIN)
    assert step(session, PLAY, PLAY_2) == (fence, STOPPING)
    assert not session.wanted_open, "the new song has not been requested yet"
    assert not session.play_open, "it has been told to stop"


def test_the_clock_of_the_fence_begins_when_its_list_has_been_written():
    assert after(STOPPING, on.RequestWritten(Request.STOP)) == ([], STOPPING)
    assert after(STOPPING, WRITTEN) == ([StartTimer(NO_FENCE, 1.0)], FENCING)


def test_audio_sets_the_clock_of_the_fence_back():
    for message in (FULL, CLOSED):
        assert after(FENCING, message) == ([StartTimer(NO_FENCE, 1.0)], FENCING)


def test_behind_the_answer_to_the_fence_all_audio_is_the_new_songs():
    session = reached(FENCING)
    quiet = [CancelTimer(on.FenceUnanswered), QUIET_LIST]
    assert step(session, LISTED) == (quiet, PASSING)
    assert step(session, LISTED_2) == ([QUIET_LIST], PASSING)
    assert step(session, CLOSED) == ([], PASSING), "an empty message is no audio"
    assert step(session, LIST_QUIET) == ([PLAY_2], PLAIN)
    begun = [sends(Request.PLAY, 2, paced=True), internal.SongOpened(), waits_for_silence(2.0)]
    assert step(session, PLAY_2) == (begun, PLAIN)


def test_true_silence_makes_the_connection_anew():
    session = reached(FENCING, LIST)
    assert step(session, NO_FENCE) == ([do.Disconnect("it is made anew")], RENEWING)
    assert session.waiting == (LIST,), "the link asks for the song again"
    assert step(session, LOST) == ([internal.ConnectionRenewed()], UNCONNECTED)
    assert after(RENEWING, SERVER_CLOSED) == ([internal.ConnectionRenewed()], UNCONNECTED)


def test_audio_behind_the_answer_makes_the_connection_anew():
    session = reached(PASSING, LIST)
    anew = [LIST_NOT_AWAITED, do.Disconnect("it is made anew")]
    assert step(session, FULL) == (anew, RENEWING)
    assert session.waiting == (LIST,)


@pytest.mark.parametrize("end", [LOST, SERVER_CLOSED], ids=str)
def test_a_new_connection_needs_no_fence(end):
    """Whatever was open over the old one is not open over this one."""
    for told_plain in (True, False):
        by_fence = (PLAY, PLAY_2, *(() if told_plain else (WRITTEN, NO_FENCE)))
        for way in (by_fence, (PLAY, SONG_QUIET, PLAY_2)):
            session = ConversationSession(plain=told_plain)
            greeted = () if told_plain else (ERRO, LISTED, LIST_QUIET)
            step(session, CONNECTED, *greeted, *way)
            assert session.state is RENEWING
            step(session, end, CONNECTED, *greeted)
            begun = [
                sends(Request.PLAY, 2, paced=True),
                internal.SongOpened(),
                waits_for_silence(10.0 if told_plain else 2.0),
            ]
            assert step(session, STOP) == ([], PLAIN)
            assert step(session, PLAY_2) == (begun, PLAIN)


def test_what_comes_before_the_answer_to_the_fence_is_no_songs():
    for state in FENCES:
        assert after(state, ERRO) == ([], state)
    for message in (SHORT, CLOSED, LISTED):
        assert after(STOPPING, message) == ([], STOPPING)


def test_that_a_request_is_written_matters_to_a_fence_only():
    for state in (OFFERING, GREETING, *SETTLED, *ENDED_BY_CLIENT):
        if state is not STOPPING:
            assert after(state, WRITTEN) == ([], state)


# What is no message (protocol.md 8)


def test_bytes_that_are_no_message_end_the_connection_for_good():
    garbled = do.Disconnect("HELO came")
    for state in (GREETING, *SETTLED):
        session = reached(state)
        outcomes, now = step(session, NONSENSE)
        assert now is BREAKING
        assert outcomes[-1] == garbled
        assert set(outcomes[:-1]) == TIMERS_STOPPED
        assert len(outcomes) == len(TIMERS_STOPPED) + 1


@pytest.mark.parametrize("end", [on.ConnectionLost("HELO came"), on.ServerClosed("HELO came")])
def test_the_link_is_told_that_the_connection_is_of_no_use(end):
    unusable = internal.ConnectionUnusable("HELO came")
    session = reached(BREAKING)
    assert step(session, end) == ([unusable], UNCONNECTED)
    session = reached(BREAKING, LIST)
    assert step(session, end) == ([*LIST_FAILED, unusable], UNCONNECTED)
    assert not session.waiting


def test_while_the_client_closes_the_connection_nothing_that_comes_matters():
    late = (
        LISTED, FULL, CLOSED, ERRO, ENDS, NONSENSE, LIST_QUIET, SONG_QUIET, NO_GREETING, NO_SETUP,
        NO_FENCE, NEEDED, SILENT, PLAY, STOP, ABANDONED, WRITTEN,
    )  # fmt: skip
    for state in ENDED_BY_CLIENT:
        session = reached(state)
        for event in late:
            assert step(session, event) == ([], state), event
        assert session.waiting == ()


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
ENDED = {
    LOST: internal.ConnectionEnded("cut"),
    SERVER_CLOSED: internal.ConnectionEnded("it closed", in_order=True),
}


def said_at_the_end(state, *events):
    """What is said of the connection's end, which stops all timers, and the session."""
    session = reached(state)
    outcomes, now = step(session, *events)
    assert now is UNCONNECTED
    stopped = outcomes[-len(TIMERS_STOPPED) :]
    if isinstance(outcomes[-1], internal.ConnectionRested):
        # The timers are stopped before anybody hears of it.
        stopped, said = outcomes[-1 - len(TIMERS_STOPPED) : -1], [outcomes[-1]]
    else:
        said = outcomes[: -len(TIMERS_STOPPED)]
        assert internal.ConnectionRested() not in said
    assert set(stopped) == TIMERS_STOPPED
    assert len(outcomes) == len(TIMERS_STOPPED) + len(said)
    return said, session


@pytest.mark.parametrize("end", [LOST, SERVER_CLOSED], ids=str)
@pytest.mark.parametrize("state", [GREETING, *SETTLED])
def test_a_lost_connection_answers_nothing(state, end):
    said, session = said_at_the_end(state, LIST, end)
    assert said == [*LIST_FAILED, ended(end, state)]
    assert step(session, CONNECTED) == (OFFERS, OFFERING)
    assert session.lists == ()


@pytest.mark.parametrize("end", [LOST, SERVER_CLOSED], ids=str)
@pytest.mark.parametrize("state", [GREETING, *(s for s in SETTLED if s is not PLAIN_LISTING)])
def test_a_lost_connection_over_which_no_list_was_requested_fails_no_list(state, end):
    # A song is open, or a list of the client's own.
    requested = {CLOSING_SERVER: (PLAY,), PLAIN: (PLAY,)}.get(state, ())
    assert said_at_the_end(state, *requested, end)[0] == [ended(end, state)]


@pytest.mark.parametrize("end", [LOST, SERVER_CLOSED], ids=str)
def test_the_links_own_list_is_not_told_to_have_failed(end):
    for state, need in ((CLOSING_SERVER, [NEEDED]), (GREETING, []), (PLAIN_LISTING, [])):
        session = reached(GREETING, LISTED) if state is PLAIN_LISTING else reached(state, *need)
        said, *timers = step(session, end)[0]
        assert said == ended(end, state)
        assert set(timers) == TIMERS_STOPPED
        assert (session.lists, session.collected) == ((), ())


@pytest.mark.parametrize(
    ("state", "answered"),
    [
        (CLOSING_SERVER, ()),
        (CLOSING_SERVER, (PLAY, CLOSED, LIST, LIST_CLOSED)),
        (CLOSING_SERVER, (PLAY, STOP, CLOSED)),
        (PLAIN, ()),
        (PLAIN, (PLAY, ERRO)),
        (PLAIN, (PLAY, FULL, STOP)),
        (ANSWERED, (LIST_QUIET,)),
        (ASKING, (STOP,)),
        (ANSWERED, (STOP,)),
        (STOPPING, (STOP,)),
        (FENCING, (STOP,)),
        (PASSING, (STOP,)),
    ],
)
def test_a_connection_that_is_closed_in_order_and_owes_nothing_is_missed_by_nobody(state, answered):
    said, session = said_at_the_end(state, *answered, SERVER_CLOSED)
    assert said == [internal.ConnectionRested()]
    assert_fresh(session)
    assert said_at_the_end(state, *answered, LOST)[0] == [ENDED[LOST]], "that is no order"


def test_a_song_that_nobody_wants_is_owed_until_it_is_closed():
    said = said_at_the_end(CLOSING_SERVER, PLAY, STOP, SERVER_CLOSED)[0]
    assert said == [ended(SERVER_CLOSED, CLOSING_SERVER)]


@pytest.mark.parametrize("end", [LOST, SERVER_CLOSED], ids=str)
def test_a_server_that_was_given_up_is_lost(end):
    session = reached(GIVING_UP)
    assert step(session, end) == ([internal.ConnectionEnded(end.reason)], UNCONNECTED)
    assert_fresh(session)
    session = reached(GIVING_UP, LIST)
    failed = [*LIST_FAILED, internal.ConnectionEnded(end.reason)]
    assert step(session, end) == (failed, UNCONNECTED)
    assert_fresh(session)


def test_what_a_server_did_not_bear_is_forgotten_with_its_next_connection():
    session = reached(OFFERING, LOST, CONNECTED, ENDS, LIST_CLOSED)
    assert (session.state, session.offer_declined) == (CLOSING_SERVER, True)
    assert step(session, SERVER_CLOSED)[0][-1] == internal.ConnectionRested()
    assert_fresh(session)


@pytest.mark.parametrize("end", [LOST, SERVER_CLOSED], ids=str)
@pytest.mark.parametrize("listed", [(), (LIST,)])
@pytest.mark.parametrize(
    ("state", "requested"),
    [
        (GREETING, (PLAY,)),
        (CLOSING_SERVER, (PLAY, PLAY_2)),
        (PLAIN, (PLAY, SHORT)),
        (PLAIN, (PLAY, NEEDED)),
        (PLAIN_LISTING, (PLAY,)),
        (ASKING, ()),
        (ANSWERED, ()),
        (ANSWERED, (LIST_QUIET, PLAY_2)),
        (STOPPING, ()),
        (FENCING, ()),
        (PASSING, ()),
        (PLAIN, (PLAY, FULL, NONSENSE)),
    ],
)
def test_of_a_lost_connection_nothing_is_left(state, requested, listed, end):
    assert_fresh(reached(state, *requested, *listed, end))


def assert_fresh(session):
    """Nothing is left but the version of the list that came."""
    fresh = ConversationSession()
    for name in watched.slots(session):
        assert name == "known_library" or getattr(session, name) == getattr(fresh, name), name


# A server that is silent (protocol.md 7)

DISCONNECT = do.Disconnect("nothing came for 10 s")


@pytest.mark.parametrize(
    "requested", [(LIST,), (LIST, LISTED), (PLAY,), (PLAY, SHORT), (PLAY, STOP)], ids=str
)
def test_a_closing_server_that_owes_an_answer_is_disconnected(requested):
    assert after(CLOSING_SERVER, *requested, SILENT) == ([DISCONNECT], GIVING_UP)


@pytest.mark.parametrize(
    "requested", [(), (LIST, LIST_CLOSED), (PLAY, CLOSED), (PLAY, STOP, CLOSED)], ids=str
)
def test_a_closing_server_that_owes_nothing_may_be_silent(requested):
    assert after(CLOSING_SERVER, *requested, SILENT) == ([], CLOSING_SERVER)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (PLAIN_LISTING, do.Disconnect(f"{NO_LIST}; {PLAIN_HELPS}")),
        (ASKING, DISCONNECT),
        (STOPPING, DISCONNECT),
    ],
)
def test_a_plain_server_that_owes_an_answer_is_disconnected(state, reason):
    outcomes, now = after(state, SILENT)
    assert now is GIVING_UP
    assert outcomes[-1] == reason
    assert set(outcomes[:-1]) == TIMERS_STOPPED
    assert len(outcomes) == len(TIMERS_STOPPED) + 1


def test_what_has_a_timer_of_its_own_is_not_disconnected_for_silence():
    for state in (OFFERING, GREETING, ANSWERED, FENCING, PASSING):
        assert after(state, SILENT) == ([], state)


def test_a_plain_server_that_does_not_answer_list_may_have_no_songs():
    assert "has no songs, or it is no alfine server" in NO_LIST
    assert after(GREETING, NO_GREETING)[0] == [do.Disconnect(f"{NO_LIST}; {PLAIN_HELPS}")]


def test_a_plain_servers_silence_ends_no_connection():
    assert after(PLAIN, PLAY, FULL, SILENT) == ([], PLAIN)


# The person leaves


def test_teardown_is_sent_where_it_is_understood():
    teardown = [sends(Request.TEARDOWN), do.DisconnectForGood()]
    assert after(CLOSING_SERVER, LEAVE) == (teardown, LEAVING)
    for state in (UNCONNECTED, OFFER_LOST):
        assert after(state, LEAVE) == ([], LEAVING)
    for state in (OFFERING, GREETING, *SETTLED[1:], *ENDED_BY_CLIENT):
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
        SERVER_CLOSED,
        NONSENSE,
        WRITTEN,
        SILENT,
        ABANDONED,
        NEEDED,
        USEFUL,
        LEAVE,
    ],
    ids=str,
)
def test_whatever_comes_when_the_person_has_left_changes_nothing(late):
    assert after(LEAVING, late) == ([], LEAVING)


# A list without end


SMALL = 1000
"""Of memory, for a list of a test."""


@pytest.mark.parametrize("state", [CLOSING_SERVER, PLAIN_LISTING])
def test_a_list_is_kept_only_as_far_as_it_fits_and_its_server_is_disconnected(state):
    session = reached(state, *([LIST] if state is CLOSING_SERVER else []), max_list_bytes=SMALL)
    message = on.ListReceived((ONE, TWO))
    for kept in (1, 2, 3):
        assert step(session, message) == ([QUIET_LIST] * (state is PLAIN_LISTING), state)
        assert len(session.collected) == kept
    outcomes, now = step(session, message)
    endless = do.Disconnect(
        "its list is longer than 0 MiB: --plain plays without a list", answer_awaited=False
    )
    assert (outcomes[-1], now) == (endless, BREAKING)
    assert set(outcomes[:-1]) == (TIMERS_STOPPED if state is PLAIN_LISTING else set())
    assert len(session.collected) == 3


def test_what_is_said_of_songs_counts_as_well():
    session = reached(CLOSING_SERVER, LIST, max_list_bytes=SMALL)
    message = on.ListReceived((ONE,), ((("al", "x" * SMALL),),))
    _, now = step(session, message)
    assert (now, session.collected) == (BREAKING, ())


def test_each_list_may_be_as_long_as_the_one_before():
    session = reached(CLOSING_SERVER, max_list_bytes=SMALL)
    for _ in range(3):
        step(session, LIST, *[on.ListReceived((ONE, TWO))] * 3)
        assert step(session, LIST_CLOSED)[0] == shown(ONE, TWO)


def test_a_list_that_is_not_owed_is_ignored_however_long():
    session = reached(CLOSING_SERVER, max_list_bytes=SMALL)
    assert step(session, *[on.ListReceived((ONE, TWO))] * 9) == ([], CLOSING_SERVER)
