"""The whole client, held against RFC 2.2, 2.5, 2.6 and 2.7 and protocol.md 7 and 8.

Written by hand from those texts: a test made from a table cannot find a wrong table.
"""

import pytest

from fsm.client.conversation.table import ConversationState
from fsm.client.effects import (
    Buffer,
    CancelTimer,
    Connect,
    Disconnect,
    DropBuffers,
    FinishBuffer,
    RefillPlayer,
    ReopenBuffer,
    Report,
    ScheduleRetry,
    SendRequest,
    ShowSongs,
    StartPlayer,
    StartTimer,
    Tell,
)
from fsm.client.events import (
    AudioReceived,
    BufferRanDry,
    Connected,
    ConnectFailed,
    FenceUnanswered,
    GreetingUnanswered,
    InputEnded,
    ListedSong,
    ListReceived,
    ListWentQuiet,
    MessageNotUnderstood,
    NotFoundReceived,
    PlayedOut,
    RequestWritten,
    RetryDue,
    ServerClosed,
    SetupReceived,
    SetupUnanswered,
    SongMeasured,
    SongWentQuiet,
    TitlesNeeded,
    Undecodable,
)
from fsm.client.link.table import LinkState
from fsm.client.player import PlayerState
from fsm.client.queue.edits import Append
from fsm.client.requests import EditRequested
from fsm.client.song.table import SongState
from fsm.events import ConnectionLost, ListRequested, PlayRequested, StopRequested
from fsm.words import Request
from tests.fsm.driver import (
    CLOSED,
    ENDS_ACCEPTED,
    FROM_ACCEPTED,
    OTHER_LIBRARY,
    ClientDriver,
    audio,
    told_plain,
)

SONGS = (ListedSong(1, "NIN - 34 Ghosts IV"), ListedSong(2, "cinematrik - Revolve"))
LISTED, LIST_CLOSED = ListReceived(SONGS), ListReceived(())
FULL = bytes(4096)


def closing_server(**options):
    """A client whose server has accepted SETUP ends."""
    return ClientDriver(Connected(), ENDS_ACCEPTED, TitlesNeeded(), LISTED, LIST_CLOSED, **options)


def plain_server(**options):
    """A client whose server has refused SETUP, and sent the list by which it was greeted."""
    return ClientDriver(Connected(), NotFoundReceived(), LISTED, ListWentQuiet(), **options)


# Greeting (protocol.md 7)


def test_it_offers_ends_and_asks_for_no_list_before_one_is_needed():
    client = ClientDriver(Connected())
    assert client.sent() == ["SETUP"]
    client(ENDS_ACCEPTED)
    assert client.sent() == []
    client(PlayRequested(2), AudioReceived(FULL), AudioReceived(FULL))
    assert client.sent() == ["PLAY 2"], "a list would come in between the song's audio"
    client(CLOSED)
    assert client.sent() == ["LIST"], "the song is here"
    client(LISTED, LIST_CLOSED)
    assert client.session.link.songs == SONGS
    assert not client.did(ShowSongs), "the person requested no list"
    client(PlayRequested(1), AudioReceived(FULL), CLOSED)
    assert client.sent() == ["PLAY 1"], "the titles are known"


def test_a_title_that_is_needed_is_not_waited_for_until_the_song_is_here():
    client = ClientDriver(Connected(), ENDS_ACCEPTED, PlayRequested(2), AudioReceived(FULL))
    client(TitlesNeeded())
    assert client.sent() == ["LIST"]
    client(LISTED, LIST_CLOSED, AudioReceived(FULL), CLOSED)
    assert client.sent() == []


def behind_the_first_song():
    """A client that plays its first song, which is here, and has asked for the list behind it."""
    client = ClientDriver(Connected(), ENDS_ACCEPTED, PlayRequested(2), AudioReceived(FULL))
    client(CLOSED)
    assert client.sent() == ["LIST"]
    return client


@pytest.mark.parametrize("end", [ServerClosed("it closed"), ConnectionLost("reset")], ids=str)
@pytest.mark.parametrize("come", [(), (LISTED,)], ids=["nothing", "a part of it"])
def test_a_server_that_goes_behind_the_first_song_is_missed_when_it_is_needed_again(come, end):
    client = behind_the_first_song()
    client(*come, end)
    assert (client.told(), client.did(Connect), client.did(ScheduleRetry)) == ([], [], [])
    assert client.session.link.state is LinkState.RESTING
    client(PlayedOut())
    assert client.told() == [Report.SONG_PLAYED]
    client(TitlesNeeded())
    assert client.did(Connect) == [Connect()]
    client(Connected(), ENDS_ACCEPTED)
    assert client.sent() == ["SETUP", "LIST"]


@pytest.mark.parametrize("end", [ServerClosed("it closed"), ConnectionLost("reset")], ids=str)
@pytest.mark.parametrize("need", [TitlesNeeded(), ListRequested()], ids=str)
def test_a_server_that_goes_behind_the_first_song_is_missed_by_who_waits_for_the_list(need, end):
    client = behind_the_first_song()
    client(need)
    assert client.sent() == []
    client(end)
    assert client.told()[-1:] == [Report.CONNECTION_LOST]
    assert client.session.link.state is LinkState.OFFLINE


def test_a_song_that_is_not_sent_whole_is_followed_by_no_list():
    client = ClientDriver(Connected(), ENDS_ACCEPTED, PlayRequested(2), AudioReceived(FULL))
    client(NotFoundReceived())
    assert client.sent() == []
    client(PlayRequested(1), StopRequested(), CLOSED)
    assert client.sent() == ["PLAY 1", "STOP"]


def test_a_list_that_the_person_requests_is_asked_for_once():
    client = ClientDriver(Connected(), ENDS_ACCEPTED)
    client(ListRequested())
    assert client.sent() == ["LIST"]
    client(PlayRequested(2))
    assert client.sent() == ["PLAY 2"]
    client(LISTED, LIST_CLOSED)
    assert client.did(ShowSongs) == [ShowSongs(SONGS)]


def test_a_list_of_the_clients_own_that_is_on_its_way_is_shown_to_the_person():
    client = ClientDriver(Connected(), ENDS_ACCEPTED, TitlesNeeded())
    client(LISTED, ListRequested())
    assert client.sent() == []
    client(LIST_CLOSED)
    assert client.did(ShowSongs) == [ShowSongs(SONGS)]
    client(ListRequested())
    assert client.sent() == ["LIST"]


def test_what_a_server_says_of_its_songs_besides_comes_with_the_list():
    client = ClientDriver(Connected(), SetupReceived(("alfine/1", "ends", "tags")), ListRequested())
    fields = tuple((("ar", f"artist {song.song_id}"),) for song in SONGS)
    for song, known in zip(SONGS, fields, strict=True):
        client(ListReceived((song,), (known,)))
    client(LIST_CLOSED)
    assert client.did(ShowSongs) == [ShowSongs(SONGS, fields)]
    assert (client.session.link.songs, client.session.link.fields) == (SONGS, fields)
    client(ListRequested(), LISTED, LIST_CLOSED)
    assert client.did(ShowSongs) == [ShowSongs(SONGS)], "a list without fields has none"
    assert client.session.link.fields == ()


def test_a_song_that_is_listed_twice_keeps_what_was_said_of_it_first():
    client = ClientDriver(Connected(), SetupReceived(("alfine/1", "ends", "tags")), ListRequested())
    client(ListReceived(SONGS[:1], ((("al", "first"),),)))
    client(ListReceived(SONGS, ((("al", "second"),), ())), LIST_CLOSED)
    assert client.did(ShowSongs) == [ShowSongs(SONGS, ((("al", "first"),), ()))]


def test_a_server_that_accepts_tags_without_ends_is_plain():
    client = ClientDriver(Connected(), SetupReceived(("alfine/1", "tags")))
    assert client.sent() == ["SETUP", "LIST"]


@pytest.mark.parametrize("before", [(), (NotFoundReceived(),), (NotFoundReceived(), LISTED)])
def test_the_list_of_the_greeting_answers_a_list_that_was_requested_meanwhile(before):
    client = ClientDriver(Connected())
    after = (NotFoundReceived(), LISTED, ListWentQuiet())[len(before) :]
    client(*before)
    client(ListRequested(), *after)
    assert [e.request for e in client.effects if isinstance(e, SendRequest)] == [
        Request.SETUP,
        Request.LIST,
    ]
    assert [e for e in client.effects if isinstance(e, ShowSongs)] == [ShowSongs(SONGS)]


def test_a_title_that_is_needed_takes_a_list_once():
    client = ClientDriver(Connected())
    client(TitlesNeeded(), TitlesNeeded())
    assert client.session.list_coming
    client(ENDS_ACCEPTED)
    assert client.sent() == ["LIST"]
    client(TitlesNeeded())
    assert client.sent() == []
    client(LISTED, LIST_CLOSED)
    assert not client.session.list_coming
    client(TitlesNeeded())
    assert client.sent() == []


def test_a_title_that_is_needed_takes_a_connection_where_the_server_has_closed_it():
    client = ClientDriver(Connected(), ENDS_ACCEPTED, ServerClosed("it closed"))
    client(TitlesNeeded())
    assert client.did(Connect) == [Connect()]
    client(Connected(), ENDS_ACCEPTED)
    assert client.sent() == ["SETUP", "LIST"]


def test_a_title_is_needed_in_vain_where_there_is_no_connection_to_be_had():
    client = ClientDriver(ConnectFailed("refused"), TitlesNeeded())
    assert client.session.list_coming
    client(ConnectFailed("refused"))
    assert not client.session.list_coming


NOT_ACCEPTED = [
    NotFoundReceived(),
    SetupUnanswered(),
    SetupReceived(("other/2", "gzip")),
    SetupReceived(("ends",)),  # a product called ends is not an accepted token
]


@pytest.mark.parametrize("answer", NOT_ACCEPTED, ids=str)
def test_a_server_that_does_not_accept_ends_is_plain_and_asked_for_a_list(answer):
    client = ClientDriver(Connected())
    client(answer)
    assert client.sent() == ["LIST"]
    client(LISTED, ListWentQuiet())
    assert client.session.conversation.state is ConversationState.PLAIN
    assert client.session.link.songs == SONGS
    assert not client.did(ShowSongs), "the person requested no list"


def test_a_setup_that_is_accepted_late_closes_the_list_that_was_asked_for_since():
    client = ClientDriver(Connected(), SetupUnanswered(), PlayRequested(1))
    client(ENDS_ACCEPTED)
    assert client.session.conversation.state is ConversationState.CLOSING_SERVER
    assert client.sent() == ["PLAY 1"]
    client(LISTED, LIST_CLOSED, audio("a"), audio("b"), CLOSED, PlayedOut())
    assert client.told() == [Report.SONG_ARRIVING, Report.SONG_PLAYING, Report.SONG_PLAYED]


def test_a_server_that_hangs_up_on_setup_is_connected_to_again_and_offered_nothing():
    client = ClientDriver(Connected(), PlayRequested(1))
    client(ServerClosed("it closed"))
    assert Connect() in client.latest
    client(Connected())
    assert client.sent() == ["LIST"]
    client(LISTED, ListWentQuiet())
    assert client.sent() == ["PLAY 1"]
    assert Report.CONNECTION_LOST not in [e.report for e in client.effects if isinstance(e, Tell)]


def test_requests_wait_until_the_server_is_known():
    client = ClientDriver(Connected())
    client(PlayRequested(1), ListRequested())
    assert client.sent() == []
    client(ENDS_ACCEPTED)
    assert client.sent() == ["PLAY 1", "LIST"], "the person's list is the client's too"


def test_stop_takes_back_a_play_that_waits():
    client = ClientDriver(Connected())
    client(PlayRequested(1), StopRequested(), PlayRequested(2))
    client(ENDS_ACCEPTED)
    assert client.sent() == ["PLAY 2"]
    client(AudioReceived(FULL), CLOSED, LISTED, LIST_CLOSED)
    assert client.session.link.title == SONGS[1].title


def test_a_server_that_never_answers_is_disconnected():
    client = ClientDriver(Connected(), SetupUnanswered(), GreetingUnanswered())
    assert len(client.did(Disconnect)) == 1


def test_told_plain_it_sends_nothing_but_what_the_user_requests():
    client = told_plain()
    assert client.sent() == []
    client(PlayRequested(1), TitlesNeeded())
    assert client.sent() == ["PLAY 1"]
    client(AudioReceived(FULL), audio("end"), SongWentQuiet())
    assert client.sent() == []
    client(ListRequested())
    assert client.sent() == ["LIST"]


def test_told_plain_a_song_is_taken_for_whole_by_silence_alone_and_told_as_a_guess():
    client = told_plain()
    client(PlayRequested(1))
    assert StartTimer(SongWentQuiet(), 10.0) in client.latest
    client(AudioReceived(FULL))
    assert StartTimer(SongWentQuiet(), 2.0) in client.latest
    client(audio("end"))
    assert StartTimer(SongWentQuiet(), 0.25) in client.latest
    client(SongWentQuiet())
    assert client.states == (SongState.SUPPOSED, PlayerState.RUNNING)
    client(PlayedOut())
    assert client.told() == [Report.SONG_PROBABLY_PLAYED]


def test_told_plain_audio_that_comes_later_takes_the_guess_back():
    client = told_plain()
    client(PlayRequested(1), AudioReceived(FULL), SongWentQuiet(), AudioReceived(FULL))
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)
    assert len(client.buffer) == 2 * len(FULL)


def test_told_plain_a_song_that_goes_on_after_all_can_be_stopped():
    client = told_plain()
    client(PlayRequested(1), AudioReceived(FULL), audio("end"), SongWentQuiet())
    client(AudioReceived(FULL))
    client(StopRequested())
    assert client.sent() == ["STOP"]
    assert CancelTimer(SongWentQuiet) in client.latest


def test_told_plain_so_can_one_that_goes_on_before_a_list():
    client = told_plain()
    client(PlayRequested(1), AudioReceived(FULL), audio("end"), SongWentQuiet())
    client(ListRequested(), AudioReceived(FULL))
    client(StopRequested())
    assert client.sent() == ["STOP"]


def test_told_plain_no_audio_at_all_is_told_after_10_s():
    client = told_plain()
    client(PlayRequested(1), SongWentQuiet())
    assert client.did(Tell) == [Tell(Report.SONG_CUT_OFF, 1, "no audio came")]


@pytest.mark.parametrize(
    "before",
    [
        (AudioReceived(FULL),),
        (AudioReceived(FULL), SongWentQuiet()),
        (AudioReceived(FULL), audio("end"), SongWentQuiet()),
        (AudioReceived(FULL), StopRequested()),
    ],
)
def test_told_plain_another_song_takes_another_connection(before):
    client = told_plain()
    client(PlayRequested(1), *before)
    client(PlayRequested(2))
    assert client.sent() == []
    assert len(client.did(Disconnect)) == 1
    client(audio("late"), ConnectionLost("it is made anew"))
    assert client.did(Connect) == [Connect()]
    client(Connected())
    assert client.sent() == ["PLAY 2"]
    client(audio("b"))
    assert client.buffer == b"b"
    assert client.session.song.song_id == 2


def test_told_plain_a_song_that_was_refused_leaves_nothing_on_its_way():
    client = told_plain()
    client(PlayRequested(1), NotFoundReceived())
    client(PlayRequested(2))
    assert client.sent() == ["PLAY 2"]


def test_told_plain_a_song_goes_on_by_its_id_and_what_is_here():
    client = told_plain()
    client(ListRequested(), LISTED, ListWentQuiet())
    client(PlayRequested(1), audio("ab"), audio("cd"))
    client(ConnectionLost(), RetryDue(), Connected())
    assert client.sent() == ["PLAY 1"]
    assert client.session.link.songs == (), "another server may be there now"
    client(audio("ab"), audio("cdef"))
    assert client.buffer == b"abcdef"


def test_told_plain_titles_hold_over_a_connection_that_the_client_has_made_anew():
    client = told_plain()
    client(ListRequested(), LISTED, ListWentQuiet(), PlayRequested(1), audio("a"))
    client(PlayRequested(2), ConnectionLost("it is made anew"), Connected())
    assert client.sent() == ["PLAY 2"]
    assert client.session.link.songs == SONGS


def test_told_plain_titles_do_not_hold_over_a_connection_that_was_lost():
    client = told_plain()
    client(ListRequested(), LISTED, ListWentQuiet(), ServerClosed("it closed"))
    client(PlayRequested(1), Connected())
    assert client.sent() == ["PLAY 1"]
    assert client.session.link.songs == ()


def test_told_plain_a_song_of_which_less_comes_again_is_not_said_to_have_changed():
    client = told_plain()
    client(PlayRequested(1), audio("ab"), audio("cd"), ConnectionLost(), RetryDue(), Connected())
    client(audio("ab"), SongWentQuiet(), PlayedOut())
    assert client.did(Tell) == [Tell(Report.SONG_CUT_OFF, 1, "the server sends no more of it")]


# RFC 2.7.1 and 2.5


def test_rfc_2_7_1_with_ends():
    client = closing_server()
    client(ListRequested())
    assert client.sent() == ["LIST"]
    client(LISTED, LIST_CLOSED)
    assert ShowSongs(SONGS) in client.latest
    client(PlayRequested(2), audio("a"), audio("b"))
    assert client.sent() == ["PLAY 2"]
    assert StartPlayer() in client.latest
    client(PlayRequested(1))
    assert client.latest[0] == DropBuffers(), "the buffer is cleared before PLAY is sent (RFC 2.2)"
    assert client.sent() == ["PLAY 1"]
    client(StopRequested())
    assert client.latest[0] == DropBuffers()
    assert client.sent() == ["STOP"]


def test_rfc_2_5_2_playing_begins_with_the_500th_message():
    client = closing_server(prebuffer=500)
    client(PlayRequested(1), *[audio("x")] * 499)
    assert StartPlayer() not in client.effects
    client(audio("x"))
    assert StartPlayer() in client.latest
    assert client.session.song.num_audio_msgs_recv == 500
    client(audio("x"))
    assert StartPlayer() not in client.latest


def test_a_song_shorter_than_the_count_is_played_when_it_is_whole():
    client = closing_server(prebuffer=500)
    client(PlayRequested(1), audio("x"), CLOSED)
    assert client.latest.index(FinishBuffer(Buffer.PRESENT)) < client.latest.index(StartPlayer())
    client(PlayedOut())
    assert Report.SONG_PLAYED in client.told()
    assert client.states == (SongState.UNWANTED, PlayerState.SILENT)


def test_rfc_2_5_3_not_found():
    client = closing_server()
    client(PlayRequested(99), NotFoundReceived())
    assert Report.SONG_NOT_FOUND in client.told()
    assert client.states == (SongState.UNWANTED, PlayerState.SILENT)


def test_rfc_2_6_1_late_audio_after_stop_is_dropped():
    client = closing_server()
    client(PlayRequested(1), audio("a"), StopRequested(), audio("late"))
    assert client.buffer == b""
    client(CLOSED, PlayRequested(2), audio("b"))
    assert client.buffer == b"b"


def test_late_audio_after_a_new_play_is_dropped_until_the_old_play_is_closed():
    client = closing_server()
    client(PlayRequested(1), audio("a"), PlayRequested(2), audio("late"), CLOSED, audio("b"))
    assert client.buffer == b"b"
    client(CLOSED)
    assert client.states == (SongState.WHOLE, PlayerState.RUNNING)


def test_two_abandoned_songs_are_both_closed_before_the_wanted_one():
    client = closing_server()
    client(PlayRequested(1), PlayRequested(2), PlayRequested(1))
    client(audio("1"), CLOSED, audio("2"), CLOSED, audio("1 again"))
    assert client.buffer == b"1 again"


def test_404_for_a_late_play_says_nothing_about_the_wanted_one():
    client = closing_server()
    client(PlayRequested(99), PlayRequested(1), NotFoundReceived())
    assert Report.SONG_NOT_FOUND not in client.told()
    client(audio("a"))
    assert client.buffer == b"a"


def test_404_in_the_middle_of_a_song_is_not_its_end():
    client = closing_server()
    client(PlayRequested(1), audio("a"), audio("b"), NotFoundReceived())
    assert client.states == (SongState.BROKEN, PlayerState.RUNNING)
    client(PlayedOut())
    assert client.told() == [Report.SONG_CUT_OFF]


def test_of_an_empty_song_it_is_said_that_no_audio_came():
    client = closing_server()
    client(PlayRequested(1), CLOSED)
    assert client.did(Tell) == [Tell(Report.SONG_CUT_OFF, 1, "no audio came")]
    assert client.states == (SongState.UNWANTED, PlayerState.SILENT)


def test_lists_are_shown_each_when_it_is_closed():
    client = closing_server()
    client(ListRequested(), ListRequested(), LISTED, LIST_CLOSED, LIST_CLOSED)
    assert [e for e in client.latest if isinstance(e, ShowSongs)] == [
        ShowSongs(SONGS),
        ShowSongs(()),
    ]


def test_after_an_underrun_it_plays_on_when_there_is_enough_again():
    client = closing_server(prebuffer=3)
    client(PlayRequested(1), audio("a"), audio("b"), audio("c"))
    client(BufferRanDry())
    assert client.told() == [Report.UNDERRUN]
    client(audio("d"), audio("e"))
    assert RefillPlayer() not in client.latest
    client(audio("f"))
    assert RefillPlayer() in client.latest


def test_underrun_ends_when_the_song_is_whole():
    client = closing_server(prebuffer=2)
    client(PlayRequested(1), audio("a"), audio("b"), BufferRanDry(), audio("c"), CLOSED)
    assert client.latest[-2:] == [FinishBuffer(Buffer.PRESENT), RefillPlayer()]


def test_what_cannot_be_decoded_is_told_and_stopped():
    client = closing_server(prebuffer=1)
    client(PlayRequested(1), audio("a"), Undecodable("it is a WAV"))
    assert client.sent()[-1] == "STOP"
    assert Report.SONG_UNDECODABLE in client.told()
    client(audio("late"), CLOSED, PlayRequested(2), audio("b"))
    assert client.buffer == b"b"


def test_quitting_tears_down():
    client = closing_server()
    client(InputEnded())
    assert client.sent() == ["TEARDOWN"]
    client = plain_server()
    client(InputEnded())
    assert client.sent() == []


# Plain servers (protocol.md 8)


def test_plain_list_ends_with_250_ms_of_silence():
    client = plain_server()
    client(ListRequested(), LISTED)
    assert StartTimer(ListWentQuiet(), 0.25) in client.latest
    client(ListReceived((ListedSong(3, "three"),)), ListWentQuiet())
    assert ShowSongs((*SONGS, ListedSong(3, "three"))) in client.latest


def test_plain_requests_are_paced():
    client = plain_server()
    client(ListRequested(), PlayRequested(1))
    assert all(e.paced for e in client.effects if isinstance(e, SendRequest))


def test_plain_list_a_second_time_is_not_shown():
    client = plain_server()
    client(ListRequested(), LISTED, ListWentQuiet())
    client(LISTED)
    assert not [e for e in client.latest if isinstance(e, ShowSongs)]


def test_plain_song_is_taken_for_whole_when_a_list_is_answered_and_nothing_follows():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL))
    assert StartTimer(SongWentQuiet(), 2.0) in client.latest
    client(audio("short"))
    assert StartTimer(SongWentQuiet(), 0.25) in client.latest
    client(SongWentQuiet())
    assert client.sent() == ["LIST"]
    assert not client.did(FinishBuffer), "silence proves nothing"
    client(LISTED)
    assert not client.did(FinishBuffer)
    client(ListWentQuiet())
    assert client.did(FinishBuffer) == [FinishBuffer(Buffer.PRESENT)]
    assert not client.did(ShowSongs), "the question is not printed"
    client(PlayedOut())
    assert client.told() == [Report.SONG_PROBABLY_PLAYED]


def taken_for_whole():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL), AudioReceived(FULL), SongWentQuiet())
    client(LISTED, ListWentQuiet())
    assert client.states == (SongState.SUPPOSED, PlayerState.RUNNING)
    return client


def test_plain_audio_that_comes_later_takes_it_back():
    client = taken_for_whole()
    client(audio("rest"))
    assert ReopenBuffer() in client.latest
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)
    client(SongWentQuiet(), LISTED, ListWentQuiet(), PlayedOut())
    assert client.told() == [Report.SONG_PROBABLY_PLAYED]


def test_plain_song_of_which_more_comes_when_it_has_been_heard_is_cut_off():
    client = taken_for_whole()
    client(audio("rest"), PlayedOut())
    assert client.told() == [Report.SONG_CUT_OFF]
    assert client.sent() == ["STOP"]


def test_plain_song_that_goes_on_after_a_short_message_can_be_stopped():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL), audio("end"), SongWentQuiet())
    client(LISTED, ListWentQuiet(), audio("x"))
    client(StopRequested())
    assert client.sent() == ["STOP"]


@pytest.mark.parametrize(
    ("song_bytes", "report"),
    [(8192, Report.SONG_PLAYED), (8193, Report.SONG_CUT_OFF), (None, Report.SONG_PROBABLY_PLAYED)],
)
def test_plain_song_that_says_how_long_it_is_needs_no_guess(song_bytes, report):
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL), SongMeasured(9.0, song_bytes))
    client(AudioReceived(FULL), SongWentQuiet(), LISTED, ListWentQuiet(), PlayedOut())
    assert client.told()[-1] is report


def test_plain_server_that_closes_after_each_song_is_not_asked_for_ever():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL), audio("end"), ServerClosed("it closed"))
    client(RetryDue(), Connected(), NotFoundReceived(), LISTED, ListWentQuiet())
    assert client.sent() == ["SETUP", "LIST", "PLAY 1"]
    client(AudioReceived(FULL), audio("end"), ServerClosed("it closed"))
    assert client.session.link.state is LinkState.RESTING
    client(PlayedOut())
    assert client.told() == [Report.SONG_PROBABLY_PLAYED]


def test_plain_bytes_that_are_no_message_cut_the_song_off_and_nothing_is_tried_again():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL), AudioReceived(FULL))
    client(MessageNotUnderstood("HELO came"))
    assert client.did(Disconnect) == [Disconnect("HELO came")]
    client(ConnectionLost("HELO came"))
    assert not client.did(ScheduleRetry)
    client(PlayedOut())
    assert client.told()[-1] is Report.SONG_CUT_OFF


def test_a_connection_that_is_closed_in_order_and_owes_nothing_is_not_told():
    for client in (closing_server(), plain_server()):
        assert client(ServerClosed("it closed")) != []
        assert client.told() == []
        assert client.session.link.state is LinkState.RESTING
        assert Connect() in client(ListRequested())


LIST_WRITTEN = RequestWritten(Request.LIST)


def test_plain_switch_goes_through_a_fence():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL))
    client(PlayRequested(2))
    assert client.sent() == ["STOP", "LIST"]
    client(audio("late"), LIST_WRITTEN, audio("later"), LISTED, ListWentQuiet())
    assert client.sent() == ["PLAY 2"]
    assert not [e for e in client.effects if isinstance(e, ShowSongs)], "the fence is not printed"
    client(audio("b"))
    assert client.buffer == b"b"


def test_plain_fence_without_an_answer_is_not_passed():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL))
    client(PlayRequested(2))
    assert not client.did(StartTimer), "its LIST has not left"
    client(LIST_WRITTEN)
    assert StartTimer(FenceUnanswered(), 1.0) in client.latest
    client(FenceUnanswered())
    assert client.sent() == []
    assert len(client.did(Disconnect)) == 1
    client(ConnectionLost("it is made anew"))
    assert client.told() == []
    assert client.did(Connect) == [Connect()]
    client(Connected(), NotFoundReceived())
    assert client.sent() == ["SETUP", "LIST"]
    client(LISTED, ListWentQuiet())
    assert client.sent() == ["PLAY 2"]
    client(audio("b"))
    assert client.buffer == b"b"


def test_plain_stop_during_the_fence_takes_the_song_back():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL), PlayRequested(2), StopRequested())
    client(LIST_WRITTEN, LISTED, ListWentQuiet())
    assert client.sent() == []


def test_plain_song_that_ended_is_not_stopped_before_the_next():
    client = plain_server()
    client(PlayRequested(1), audio("short"), SongWentQuiet(), LISTED, ListWentQuiet())
    client(PlayRequested(2))
    assert client.sent() == ["LIST"]
    client(LIST_WRITTEN, LISTED, ListWentQuiet())
    assert client.sent() == ["PLAY 2"]


def test_plain_play_waits_for_a_list_that_is_being_sent():
    client = plain_server()
    client(ListRequested(), PlayRequested(1), LISTED)
    assert "PLAY 1" not in client.sent()
    client(ListWentQuiet())
    assert client.sent() == ["PLAY 1"]


# A connection that ends in a song (protocol.md 7)


def lost_in_a_song():
    client = closing_server()
    client(PlayRequested(1), audio("abc"), audio("def"), ConnectionLost("reset"))
    return client


def test_it_plays_on_and_tries_again():
    client = lost_in_a_song()
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)
    assert ScheduleRetry(0.5) in client.latest
    client(RetryDue())
    assert Connect() in client.latest
    pauses = []
    for _ in range(8):
        client(ConnectFailed("refused"))
        pauses += [e.longest_s for e in client.latest if isinstance(e, ScheduleRetry)]
        client(RetryDue())
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_it_finds_the_song_by_its_title_and_goes_on_behind_what_it_has():
    client = lost_in_a_song()
    renumbered = ListReceived((ListedSong(1, "new"), ListedSong(7, SONGS[0].title)))
    client(RetryDue(), Connected(), ENDS_ACCEPTED, renumbered, LIST_CLOSED)
    assert client.sent() == ["SETUP", "LIST", "PLAY 7"]
    client(audio("ab"), audio("cdefghi"), CLOSED)
    assert client.buffer == b"abcdefghi"
    assert FinishBuffer(Buffer.PRESENT) in client.latest


@pytest.mark.parametrize("again", [("abc", "dXf"), ("abcdXfgh",), ("Xb", "cdef")])
def test_a_song_that_has_changed_does_not_go_on(again):
    client = lost_in_a_song()
    client(RetryDue(), Connected(), ENDS_ACCEPTED, LISTED, LIST_CLOSED)
    client(*map(audio, again))
    assert client.buffer == b"abcdef"
    assert client.states == (SongState.BROKEN, PlayerState.RUNNING)
    assert client.sent() == ["STOP"]
    client(PlayedOut())
    assert client.told() == [Report.SONG_CUT_OFF]


def test_a_song_that_has_become_shorter_has_changed():
    client = lost_in_a_song()
    client(RetryDue(), Connected(), ENDS_ACCEPTED, LISTED, LIST_CLOSED)
    client(audio("abc"), CLOSED)
    assert client.states == (SongState.BROKEN, PlayerState.RUNNING)


def test_a_song_that_has_gone_does_not_go_on():
    client = lost_in_a_song()
    another = ListReceived((ListedSong(1, "another"),))
    client(RetryDue(), Connected(), NotFoundReceived(), another, ListWentQuiet())
    assert client.states == (SongState.BROKEN, PlayerState.RUNNING)
    assert client.session.link.state is LinkState.ONLINE


def test_stop_ends_the_attempts():
    client = lost_in_a_song()
    client(StopRequested())
    assert client.session.link.state is LinkState.OFFLINE
    assert client.states == (SongState.UNWANTED, PlayerState.SILENT)


def test_a_song_that_is_whole_needs_no_connection():
    client = closing_server()
    client(PlayRequested(1), audio("abc"), CLOSED, ConnectionLost())
    assert client.session.link.state is LinkState.OFFLINE
    client(PlayedOut())
    assert Report.SONG_PLAYED in client.told()


def test_the_connection_is_lost_again_while_skipping():
    client = lost_in_a_song()
    client(RetryDue(), Connected(), ENDS_ACCEPTED, LISTED, LIST_CLOSED, audio("ab"))
    client(ConnectionLost(), RetryDue(), Connected(), ENDS_ACCEPTED, LISTED, LIST_CLOSED)
    client(audio("abcdefg"), CLOSED)
    assert client.buffer == b"abcdefg"


def test_a_script_gives_up_after_its_retries():
    client = closing_server(max_retries=1)
    client(
        PlayRequested(1), audio("a"), audio("b"), ConnectionLost(), RetryDue(), ConnectFailed("no")
    )
    assert client.session.link.state is LinkState.OFFLINE
    assert client.states == (SongState.BROKEN, PlayerState.RUNNING)


def test_a_command_without_a_connection_makes_one():
    client = closing_server()
    client(ConnectionLost())
    client(ListRequested())
    assert Connect() in client.latest
    client(Connected(), ENDS_ACCEPTED, LISTED, LIST_CLOSED)
    assert client.sent() == ["SETUP", "LIST"]


def test_a_song_chosen_without_a_connection_is_found_by_its_title():
    client = closing_server()
    client(ConnectionLost(), PlayRequested(2), Connected())
    client(ENDS_ACCEPTED, ListReceived((ListedSong(9, SONGS[1].title),)), LIST_CLOSED)
    assert client.sent() == ["LIST", "PLAY 9"]
    client(audio("a"))
    assert client.buffer == b"a"


def test_plain_song_goes_on_after_a_list_of_the_clients_own():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL))
    client(ConnectionLost(), RetryDue(), Connected(), NotFoundReceived())
    assert client.sent() == ["SETUP", "LIST"]
    client(LISTED, ListWentQuiet())
    assert client.sent() == ["PLAY 1"]
    assert not [e for e in client.effects if isinstance(e, ShowSongs)]
    client(AudioReceived(FULL), audio("rest"))
    assert client.session.song.held_bytes == 4100


def test_requests_are_the_words_of_the_rfc():
    assert [r.value for r in Request] == ["LIST", "PLAY", "STOP", "SETUP", "TEARDOWN"]


def test_the_next_song_of_a_plain_server_is_not_asked_for_by_who_has_gone():
    """The last sample of a song is reported when the person has left already."""
    client = plain_server(prebuffer=1)
    client(ListRequested(), ListReceived(SONGS), ListWentQuiet())
    client(PlayRequested(1), EditRequested(Append((2,))), audio("x" * 4096), audio("y"))
    client(SongWentQuiet(), ListReceived(SONGS), ListWentQuiet())
    client(InputEnded())
    client(PlayedOut())
    assert not client.did(SendRequest)
    assert client.session.conversation.state is ConversationState.LEAVING


# A server that sends songs from any byte on, and names its list (protocol.md 7 and 10)


def interrupted_late(*known):
    """A client of such a server, which has lost it when 5000 bytes of song 2 were here."""
    client = ClientDriver(Connected(), FROM_ACCEPTED, *known)
    client(PlayRequested(2), AudioReceived(b"a" * 4096), AudioReceived(b"b" * 904))
    client(ConnectionLost(), RetryDue(), Connected())
    assert client.sent() == ["SETUP"]
    return client


LIST_CAME = (TitlesNeeded(), LISTED, LIST_CLOSED)


@pytest.mark.parametrize("known", [LIST_CAME, ()], ids=["listed", "no list has come"])
def test_no_list_comes_again_and_the_song_goes_on_where_it_was_interrupted(known):
    client = interrupted_late(*known)
    client(FROM_ACCEPTED)
    assert client.sent() == ["PLAY 2 904"]
    assert not client.session.list_coming
    client(AudioReceived(b"a" * 3192 + b"b" * 904))
    assert client.told() == [Report.SONG_RESUMED]
    client(AudioReceived(b"c" * 100), CLOSED)
    assert client.buffer == b"a" * 4096 + b"b" * 904 + b"c" * 100
    assert client.session.song.state is SongState.WHOLE
    assert client.sent() == ([] if known else ["LIST"])


def test_a_title_that_is_needed_meanwhile_takes_a_list_though_the_ids_hold():
    client = interrupted_late()
    client(TitlesNeeded(), FROM_ACCEPTED)
    assert sorted(client.sent()) == ["LIST", "PLAY 2 904"]
    client(LISTED, LIST_CLOSED)
    assert client.session.link.title == SONGS[1].title


def test_with_another_list_a_song_without_a_title_is_asked_for_by_its_id_and_known_by_its_bytes():
    for again, told in ((b"a" * 3192 + b"b" * 904, [Report.SONG_RESUMED]), (b"x" * 4096, [])):
        client = interrupted_late()
        client(OTHER_LIBRARY)
        assert client.sent() == ["LIST"]
        client(LISTED, LIST_CLOSED)
        assert client.sent() == ["PLAY 2 904"]
        client(AudioReceived(again))
        assert client.told() == told
        broken = client.session.song.state is SongState.BROKEN
        assert broken is not bool(told), "another song has that ID"
        assert client.session.link.title == SONGS[1].title


def test_with_another_list_the_song_is_found_by_its_title():
    client = interrupted_late(*LIST_CAME)
    client(OTHER_LIBRARY)
    assert client.sent() == ["LIST"]
    client(ListReceived((ListedSong(7, SONGS[1].title),)), LIST_CLOSED)
    assert client.sent() == ["PLAY 7 904"]


def test_a_list_that_was_kept_is_the_same_as_one_that_came():
    client = interrupted_late(*LIST_CAME)
    client(FROM_ACCEPTED)
    assert client.session.link.songs == SONGS
    client(ListRequested())
    assert client.sent() == ["LIST"], "a person who asks for a list is sent one"


def test_between_two_songs_a_connection_that_is_made_anew_asks_for_nothing():
    client = ClientDriver(Connected(), FROM_ACCEPTED, TitlesNeeded(), LISTED, LIST_CLOSED)
    client(ServerClosed(), PlayRequested(1), Connected(), FROM_ACCEPTED)
    assert client.sent() == ["SETUP", "PLAY 1"]


def test_a_server_that_is_killed_while_setup_is_unanswered_and_comes_again_closes_its_answers():
    client = ClientDriver(Connected(), PlayRequested(1), ConnectionLost("reset"))
    client(ConnectFailed("refused"), RetryDue(), Connected())
    assert client.sent()[-1] == "SETUP", "nothing of the kind was said by the one that is there now"
    client(FROM_ACCEPTED, LISTED, LIST_CLOSED)
    assert client.sent()[-1] == "PLAY 1"
    assert client.session.conversation.state is ConversationState.CLOSING_SERVER
