"""The whole client, held against RFC 2.2, 2.5, 2.6 and 2.7 and protocol.md 7 and 8.

Written by hand from those texts: a test made from a table cannot find a wrong table.
"""

import pytest

from fsm.client.conversation import ConversationState
from fsm.client.effects import (
    Buffer,
    Connect,
    Disconnect,
    DropBuffers,
    FinishBuffer,
    RefillPlayer,
    Report,
    ScheduleRetry,
    SendRequest,
    ShowSongs,
    StartPlayer,
    StartTimer,
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
    NotFoundReceived,
    PlayedOut,
    RetryDue,
    SetupReceived,
    SetupUnanswered,
    SongWentQuiet,
    Undecodable,
)
from fsm.client.link import LinkState
from fsm.client.player import PlayerState
from fsm.client.song import SongState
from fsm.events import ConnectionLost, ListRequested, PlayRequested, StopRequested
from fsm.words import Request
from tests.fsm.driver import CLOSED, ENDS_ACCEPTED, ClientDriver, audio, plain_server

SONGS = (ListedSong(1, "NIN - 34 Ghosts IV"), ListedSong(2, "cinematrik - Revolve"))
LISTED, LIST_CLOSED = ListReceived(SONGS), ListReceived(())
FULL = bytes(4096)


def closing_server(**options):
    """A client whose server has accepted SETUP ends."""
    return ClientDriver(Connected(), LISTED, ENDS_ACCEPTED, **options)


# Greeting (protocol.md 7)


def test_it_greets_with_list_and_offers_ends_when_that_is_answered():
    client = ClientDriver(Connected())
    assert client.sent() == ["LIST"]
    client(LISTED)
    assert client.sent() == ["SETUP"]
    assert not [e for e in client.effects if isinstance(e, ShowSongs)], (
        "the person requested no list"
    )


@pytest.mark.parametrize("answer", [NotFoundReceived(), SetupUnanswered()])
def test_without_resp_101_the_server_is_plain(answer):
    client = ClientDriver(Connected(), LISTED, answer)
    assert client.session.conversation.state is ConversationState.PLAIN


def test_a_server_that_accepts_something_else_is_plain():
    client = ClientDriver(Connected(), LISTED, SetupReceived(("other/2", "gzip")))
    assert client.session.conversation.state is ConversationState.PLAIN


def test_a_product_called_ends_is_not_an_accepted_token():
    client = ClientDriver(Connected(), LISTED, SetupReceived(("ends",)))
    assert client.session.conversation.state is ConversationState.PLAIN


def test_silence_is_counted_from_the_last_message_of_the_list():
    client = ClientDriver(Connected(), LISTED)
    client(LISTED)
    assert StartTimer(SetupUnanswered(), 1.0) in client.latest


def test_requests_wait_until_the_server_is_known():
    client = ClientDriver(Connected())
    client(PlayRequested(1), ListRequested(), LISTED)
    assert client.sent() == ["SETUP"]
    client(ENDS_ACCEPTED)
    assert client.sent() == ["PLAY 1", "LIST"]


def test_stop_takes_back_a_play_that_waits():
    client = ClientDriver(Connected())
    client(PlayRequested(1), StopRequested(), PlayRequested(2), LISTED)
    client(ENDS_ACCEPTED)
    assert client.sent() == ["PLAY 2"]


def test_a_server_that_never_answers_is_disconnected():
    client = ClientDriver(Connected(), GreetingUnanswered())
    assert len(client.did(Disconnect)) == 1


def test_told_plain_it_sends_nothing_but_what_the_user_requests():
    client = plain_server()
    assert client.sent() == []
    client(PlayRequested(1))
    assert client.sent() == ["PLAY 1"]


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


def test_an_empty_song_is_whole_at_once():
    client = closing_server()
    client(PlayRequested(1), CLOSED)
    assert FinishBuffer(Buffer.PRESENT) in client.latest


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


def test_plain_song_ends_with_silence_after_a_short_message_or_two_seconds():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL))
    assert StartTimer(SongWentQuiet(), 2.0) in client.latest
    client(audio("short"))
    assert StartTimer(SongWentQuiet(), 0.25) in client.latest
    client(SongWentQuiet())
    assert FinishBuffer(Buffer.PRESENT) in client.latest


def test_plain_switch_goes_through_a_fence():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL))
    client(PlayRequested(2))
    assert client.sent() == ["STOP", "LIST"]
    client(audio("late"), LISTED, audio("later"), ListWentQuiet())
    assert client.sent() == ["PLAY 2"]
    assert not [e for e in client.effects if isinstance(e, ShowSongs)], "the fence is not printed"
    client(audio("b"))
    assert client.buffer == b"b"


def test_plain_fence_without_an_answer_is_passed_after_a_second():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL), PlayRequested(2))
    assert StartTimer(FenceUnanswered(), 1.0) in client.latest
    client(FenceUnanswered())
    assert client.sent() == ["PLAY 2"]


def test_plain_stop_during_the_fence_takes_the_song_back():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL), PlayRequested(2), StopRequested())
    client(LISTED, ListWentQuiet())
    assert client.sent() == []


def test_plain_song_that_ended_needs_no_fence():
    client = plain_server()
    client(PlayRequested(1), audio("short"), SongWentQuiet())
    client(PlayRequested(2))
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
    client(RetryDue(), Connected(), renumbered, ENDS_ACCEPTED)
    assert client.sent() == ["LIST", "SETUP", "PLAY 7"]
    client(audio("ab"), audio("cdefghi"), CLOSED)
    assert client.buffer == b"abcdefghi"
    assert FinishBuffer(Buffer.PRESENT) in client.latest


@pytest.mark.parametrize("again", [("abc", "dXf"), ("abcdXfgh",), ("Xb", "cdef")])
def test_a_song_that_has_changed_does_not_go_on(again):
    client = lost_in_a_song()
    client(RetryDue(), Connected(), LISTED, ENDS_ACCEPTED)
    client(*map(audio, again))
    assert client.buffer == b"abcdef"
    assert client.states == (SongState.BROKEN, PlayerState.RUNNING)
    assert client.sent() == ["STOP"]
    client(PlayedOut())
    assert client.told() == [Report.SONG_CUT_OFF]


def test_a_song_that_has_become_shorter_has_changed():
    client = lost_in_a_song()
    client(RetryDue(), Connected(), LISTED, ENDS_ACCEPTED)
    client(audio("abc"), CLOSED)
    assert client.states == (SongState.BROKEN, PlayerState.RUNNING)


def test_a_song_that_has_gone_does_not_go_on():
    client = lost_in_a_song()
    client(RetryDue(), Connected(), ListReceived((ListedSong(1, "another"),)), NotFoundReceived())
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
    client(RetryDue(), Connected(), LISTED, ENDS_ACCEPTED, audio("ab"))
    client(ConnectionLost(), RetryDue(), Connected(), LISTED, ENDS_ACCEPTED)
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
    client(Connected(), LISTED, ENDS_ACCEPTED)
    assert client.sent() == ["LIST", "SETUP", "LIST"]


def test_a_song_chosen_without_a_connection_is_found_by_its_title():
    client = closing_server()
    client(ConnectionLost(), PlayRequested(2), Connected())
    client(ListReceived((ListedSong(9, SONGS[1].title),)), ENDS_ACCEPTED)
    assert client.sent() == ["SETUP", "PLAY 9"]
    client(audio("a"))
    assert client.buffer == b"a"


def test_plain_song_goes_on_after_a_list_of_the_clients_own():
    client = plain_server()
    client(PlayRequested(1), AudioReceived(FULL))
    client(ConnectionLost(), RetryDue(), Connected())
    assert client.sent() == ["LIST"]
    client(LISTED, ListWentQuiet())
    assert client.sent() == ["PLAY 1"]
    assert not [e for e in client.effects if isinstance(e, ShowSongs)]
    client(AudioReceived(FULL), audio("rest"))
    assert client.session.song.held_bytes == 4100


def test_requests_are_the_words_of_the_rfc():
    assert [r.value for r in Request] == ["LIST", "PLAY", "STOP", "SETUP", "TEARDOWN"]
