"""The client's machines, spoken to as RFC 2.2, 2.5, 2.6, 2.7 and protocol.md 7 and 8 say.

Written by hand from those texts: a test made from a table cannot find a wrong table.
"""

import pytest

from fsm.client.conversation_table import ConversationState
from fsm.client.effects import (
    AppendAudio,
    Connect,
    DropBuffer,
    FinishBuffer,
    HangUp,
    RefillPlayer,
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
    NotFoundReceived,
    PlayedOut,
    RetryDue,
    SetupReceived,
    SetupUnanswered,
    SongWentQuiet,
    Undecodable,
)
from fsm.client.link_table import LinkState
from fsm.client.machines import ClientSession
from fsm.client.playback_table import PlaybackState
from fsm.events import ConnectionLost, ListRequested, PlayRequested, StopRequested
from fsm.words import Request

SONGS = (ListedSong(1, "NIN - 34 Ghosts IV"), ListedSong(2, "cinematrik - Revolve"))
LISTED, LIST_CLOSED = ListReceived(SONGS), ListReceived(())
CLOSED = AudioReceived(b"")
FULL = bytes(4096)


def audio(text: str) -> AudioReceived:
    return AudioReceived(text.encode())


class Talk:
    """A client, what it did, and short questions about it."""

    def __init__(self, *events, prebuffer=2, **options):
        self.client = ClientSession(prebuffer, **options)
        self.effects = []
        self(*events)

    def __call__(self, *events):
        self.latest = [effect for event in events for effect in self.client.handle(event)]
        self.effects += self.latest
        return self.latest

    def sent(self):
        """The requests that the latest events led to."""
        return [
            f"{e.request.value} {e.song_id}" if e.song_id else e.request.value
            for e in self.latest
            if isinstance(e, SendRequest)
        ]

    def heard(self):
        """All audio that reached the buffer since it was last dropped."""
        drops = [i for i, e in enumerate(self.effects) if isinstance(e, DropBuffer)]
        since = self.effects[drops[-1] :] if drops else self.effects
        return b"".join(e.data for e in since if isinstance(e, AppendAudio)).decode()

    def told(self):
        return [e.report for e in self.latest if isinstance(e, Tell)]


def closing_server(**options):
    """A client whose server has accepted SETUP ends."""
    return Talk(Connected(), LISTED, SetupReceived(("alfine/1", "ends")), **options)


def plain_server(**options):
    """A client that was told that its server is plain."""
    return Talk(Connected(), plain=True, **options)


# Greeting (protocol.md 7)


def test_it_greets_with_list_and_offers_ends_when_that_is_answered():
    talk = Talk(Connected())
    assert talk.sent() == ["LIST"]
    talk(LISTED)
    assert talk.sent() == ["SETUP"]
    assert not [e for e in talk.effects if isinstance(e, ShowSongs)], "nobody asked for a list"


@pytest.mark.parametrize("answer", [NotFoundReceived(), SetupUnanswered()])
def test_without_resp_101_the_server_is_plain(answer):
    talk = Talk(Connected(), LISTED, answer)
    assert talk.client.conversation.state is ConversationState.PLAIN


def test_a_server_that_accepts_something_else_is_plain():
    talk = Talk(Connected(), LISTED, SetupReceived(("other/2", "gzip")))
    assert talk.client.conversation.state is ConversationState.PLAIN


def test_a_product_called_ends_is_not_an_accepted_token():
    talk = Talk(Connected(), LISTED, SetupReceived(("ends",)))
    assert talk.client.conversation.state is ConversationState.PLAIN


def test_silence_is_counted_from_the_last_message_of_the_list():
    talk = Talk(Connected(), LISTED)
    talk(LISTED)
    assert StartTimer(SetupUnanswered(), 1.0) in talk.latest


def test_requests_wait_until_the_server_is_known():
    talk = Talk(Connected())
    talk(PlayRequested(1), ListRequested(), LISTED)
    assert talk.sent() == ["SETUP"]
    talk(SetupReceived(("alfine/1", "ends")))
    assert talk.sent() == ["PLAY 1", "LIST"]


def test_stop_takes_back_a_play_that_waits():
    talk = Talk(Connected())
    talk(PlayRequested(1), StopRequested(), PlayRequested(2), LISTED)
    talk(SetupReceived(("alfine/1", "ends")))
    assert talk.sent() == ["PLAY 2"]


def test_a_server_that_never_answers_is_hung_up_on():
    talk = Talk(Connected(), GreetingUnanswered())
    assert [type(e) for e in talk.latest if isinstance(e, HangUp)] == [HangUp]


def test_told_plain_it_sends_nothing_but_what_the_user_asks_for():
    talk = plain_server()
    assert talk.sent() == []
    talk(PlayRequested(1))
    assert talk.sent() == ["PLAY 1"]


# RFC 2.7.1 and 2.5


def test_rfc_2_7_1_with_ends():
    talk = closing_server()
    talk(ListRequested())
    assert talk.sent() == ["LIST"]
    talk(LISTED, LIST_CLOSED)
    assert ShowSongs(SONGS) in talk.latest
    talk(PlayRequested(2), audio("a"), audio("b"))
    assert talk.sent() == ["PLAY 2"]
    assert StartPlayer() in talk.latest
    talk(PlayRequested(1))
    assert talk.latest[0] == DropBuffer(), "the buffer is cleared before PLAY is sent (RFC 2.2)"
    assert talk.sent() == ["PLAY 1"]
    talk(StopRequested())
    assert talk.latest[0] == DropBuffer()
    assert talk.sent() == ["STOP"]


def test_rfc_2_5_2_playing_begins_with_the_500th_message():
    talk = closing_server(prebuffer=500)
    talk(PlayRequested(1), *[audio("x")] * 499)
    assert StartPlayer() not in talk.effects
    talk(audio("x"))
    assert StartPlayer() in talk.latest
    assert talk.client.playback.num_audio_msgs_recv == 500
    talk(audio("x"))
    assert StartPlayer() not in talk.latest


def test_a_song_shorter_than_the_count_is_played_when_it_is_whole():
    talk = closing_server(prebuffer=500)
    talk(PlayRequested(1), audio("x"), CLOSED)
    assert talk.latest.index(FinishBuffer()) < talk.latest.index(StartPlayer())
    talk(PlayedOut())
    assert Report.SONG_PLAYED in talk.told()
    assert talk.client.playback.state is PlaybackState.STOPPED


def test_rfc_2_5_3_not_found():
    talk = closing_server()
    talk(PlayRequested(99), NotFoundReceived())
    assert Report.SONG_NOT_FOUND in talk.told()
    assert talk.client.playback.state is PlaybackState.STOPPED


def test_rfc_2_6_1_late_audio_after_stop_is_dropped():
    talk = closing_server()
    talk(PlayRequested(1), audio("a"), StopRequested(), audio("late"))
    assert talk.heard() == ""
    talk(CLOSED, PlayRequested(2), audio("b"))
    assert talk.heard() == "b"


def test_late_audio_after_a_new_play_is_dropped_until_the_old_play_is_closed():
    talk = closing_server()
    talk(PlayRequested(1), audio("a"), PlayRequested(2), audio("late"), CLOSED, audio("b"))
    assert talk.heard() == "b"
    talk(CLOSED)
    assert talk.client.playback.state is PlaybackState.FINISHING


def test_two_songs_given_up_in_a_row_are_both_waited_for():
    talk = closing_server()
    talk(PlayRequested(1), PlayRequested(2), PlayRequested(1))
    talk(audio("1"), CLOSED, audio("2"), CLOSED, audio("1 again"))
    assert talk.heard() == "1 again"


def test_404_for_a_late_play_says_nothing_about_the_wanted_one():
    talk = closing_server()
    talk(PlayRequested(99), PlayRequested(1), NotFoundReceived())
    assert Report.SONG_NOT_FOUND not in talk.told()
    talk(audio("a"))
    assert talk.heard() == "a"


def test_404_in_the_middle_of_a_song_is_not_its_end():
    talk = closing_server()
    talk(PlayRequested(1), audio("a"), audio("b"), NotFoundReceived())
    assert talk.client.playback.state is PlaybackState.BREAKING_OFF
    talk(PlayedOut())
    assert talk.told() == [Report.SONG_CUT_OFF]


def test_an_empty_song_is_whole_at_once():
    talk = closing_server()
    talk(PlayRequested(1), CLOSED)
    assert FinishBuffer() in talk.latest


def test_lists_are_shown_each_when_it_is_closed():
    talk = closing_server()
    talk(ListRequested(), ListRequested(), LISTED, LIST_CLOSED, LIST_CLOSED)
    assert [e for e in talk.latest if isinstance(e, ShowSongs)] == [ShowSongs(SONGS), ShowSongs(())]


def test_underrun_goes_back_to_buffering_and_plays_on_with_enough():
    talk = closing_server(prebuffer=3)
    talk(PlayRequested(1), audio("a"), audio("b"), audio("c"))
    talk(BufferRanDry())
    assert talk.told() == [Report.UNDERRUN]
    talk(audio("d"), audio("e"))
    assert RefillPlayer() not in talk.latest
    talk(audio("f"))
    assert RefillPlayer() in talk.latest


def test_underrun_ends_when_the_song_is_whole():
    talk = closing_server(prebuffer=2)
    talk(PlayRequested(1), audio("a"), audio("b"), BufferRanDry(), audio("c"), CLOSED)
    assert talk.latest[-2:] == [FinishBuffer(), RefillPlayer()]


def test_what_cannot_be_decoded_is_told_and_stopped():
    talk = closing_server(prebuffer=1)
    talk(PlayRequested(1), audio("a"), Undecodable("it is a WAV"))
    assert talk.sent()[-1] == "STOP"
    assert Report.SONG_UNDECODABLE in talk.told()
    talk(audio("late"), CLOSED, PlayRequested(2), audio("b"))
    assert talk.heard() == "b"


def test_quitting_tears_down():
    talk = closing_server()
    talk(InputEnded())
    assert talk.sent() == ["TEARDOWN"]
    talk = plain_server()
    talk(InputEnded())
    assert talk.sent() == []


# Plain servers (protocol.md 8)


def test_plain_list_ends_with_250_ms_of_silence():
    talk = plain_server()
    talk(ListRequested(), LISTED)
    assert StartTimer(ListWentQuiet(), 0.25) in talk.latest
    talk(ListReceived((ListedSong(3, "three"),)), ListWentQuiet())
    assert ShowSongs((*SONGS, ListedSong(3, "three"))) in talk.latest


def test_plain_requests_are_paced():
    talk = plain_server()
    talk(ListRequested(), PlayRequested(1))
    assert all(e.paced for e in talk.effects if isinstance(e, SendRequest))


def test_plain_list_a_second_time_is_not_shown():
    talk = plain_server()
    talk(ListRequested(), LISTED, ListWentQuiet())
    talk(LISTED)
    assert not [e for e in talk.latest if isinstance(e, ShowSongs)]


def test_plain_song_ends_with_silence_after_a_short_message_or_two_seconds():
    talk = plain_server()
    talk(PlayRequested(1), AudioReceived(FULL))
    assert StartTimer(SongWentQuiet(), 2.0) in talk.latest
    talk(audio("short"))
    assert StartTimer(SongWentQuiet(), 0.25) in talk.latest
    talk(SongWentQuiet())
    assert FinishBuffer() in talk.latest


def test_plain_switch_goes_through_a_fence():
    talk = plain_server()
    talk(PlayRequested(1), AudioReceived(FULL))
    talk(PlayRequested(2))
    assert talk.sent() == ["STOP", "LIST"]
    talk(audio("late"), LISTED, audio("later"), ListWentQuiet())
    assert talk.sent() == ["PLAY 2"]
    assert not [e for e in talk.effects if isinstance(e, ShowSongs)], "the fence is not printed"
    talk(audio("b"))
    assert talk.heard() == "b"


def test_plain_fence_without_an_answer_is_passed_after_a_second():
    talk = plain_server()
    talk(PlayRequested(1), AudioReceived(FULL), PlayRequested(2))
    assert StartTimer(FenceUnanswered(), 1.0) in talk.latest
    talk(FenceUnanswered())
    assert talk.sent() == ["PLAY 2"]


def test_plain_stop_during_the_fence_takes_the_song_back():
    talk = plain_server()
    talk(PlayRequested(1), AudioReceived(FULL), PlayRequested(2), StopRequested())
    talk(LISTED, ListWentQuiet())
    assert talk.sent() == []


def test_plain_song_that_ended_needs_no_fence():
    talk = plain_server()
    talk(PlayRequested(1), audio("short"), SongWentQuiet())
    talk(PlayRequested(2))
    assert talk.sent() == ["PLAY 2"]


def test_plain_play_waits_for_a_list_that_is_being_sent():
    talk = plain_server()
    talk(ListRequested(), PlayRequested(1), LISTED)
    assert "PLAY 1" not in talk.sent()
    talk(ListWentQuiet())
    assert talk.sent() == ["PLAY 1"]


# A connection that ends in a song (protocol.md 7)


def lost_in_a_song():
    talk = closing_server()
    talk(PlayRequested(1), audio("abc"), audio("def"), ConnectionLost("reset"))
    return talk


def test_it_plays_on_and_tries_again():
    talk = lost_in_a_song()
    assert talk.client.playback.state is PlaybackState.PLAYING
    assert ScheduleRetry(0.5) in talk.latest
    talk(RetryDue())
    assert Connect() in talk.latest
    pauses = []
    for _ in range(8):
        talk(ConnectFailed("refused"))
        pauses += [e.longest_s for e in talk.latest if isinstance(e, ScheduleRetry)]
        talk(RetryDue())
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_it_finds_the_song_by_its_title_and_goes_on_behind_what_it_has():
    talk = lost_in_a_song()
    renumbered = ListReceived((ListedSong(1, "new"), ListedSong(7, SONGS[0].title)))
    talk(RetryDue(), Connected(), renumbered, SetupReceived(("alfine/1", "ends")))
    assert talk.sent() == ["LIST", "SETUP", "PLAY 7"]
    talk(audio("ab"), audio("cdefghi"), CLOSED)
    assert talk.heard() == "abcdefghi"
    assert FinishBuffer() in talk.latest


@pytest.mark.parametrize("again", [("abc", "dXf"), ("abcdXfgh",), ("Xb", "cdef")])
def test_a_song_that_has_changed_is_not_gone_on_with(again):
    talk = lost_in_a_song()
    talk(RetryDue(), Connected(), LISTED, SetupReceived(("alfine/1", "ends")))
    talk(*map(audio, again))
    assert talk.heard() == "abcdef"
    assert talk.client.playback.state is PlaybackState.BREAKING_OFF
    assert talk.sent() == ["STOP"]
    talk(PlayedOut())
    assert talk.told() == [Report.SONG_CUT_OFF]


def test_a_song_that_has_become_shorter_has_changed():
    talk = lost_in_a_song()
    talk(RetryDue(), Connected(), LISTED, SetupReceived(("alfine/1", "ends")))
    talk(audio("abc"), CLOSED)
    assert talk.client.playback.state is PlaybackState.BREAKING_OFF


def test_a_song_that_has_gone_is_not_gone_on_with():
    talk = lost_in_a_song()
    talk(RetryDue(), Connected(), ListReceived((ListedSong(1, "another"),)), NotFoundReceived())
    assert talk.client.playback.state is PlaybackState.BREAKING_OFF
    assert talk.client.link.state is LinkState.ONLINE


def test_stop_ends_the_attempts():
    talk = lost_in_a_song()
    talk(StopRequested())
    assert talk.client.link.state is LinkState.OFFLINE
    assert talk.client.playback.state is PlaybackState.STOPPED


def test_a_song_that_is_whole_needs_no_connection():
    talk = closing_server()
    talk(PlayRequested(1), audio("abc"), CLOSED, ConnectionLost())
    assert talk.client.link.state is LinkState.OFFLINE
    talk(PlayedOut())
    assert Report.SONG_PLAYED in talk.told()


def test_the_connection_is_lost_again_while_skipping():
    talk = lost_in_a_song()
    talk(RetryDue(), Connected(), LISTED, SetupReceived(("alfine/1", "ends")), audio("ab"))
    talk(ConnectionLost(), RetryDue(), Connected(), LISTED, SetupReceived(("alfine/1", "ends")))
    talk(audio("abcdefg"), CLOSED)
    assert talk.heard() == "abcdefg"


def test_a_script_gives_up_after_its_retries():
    talk = closing_server(max_retries=1)
    talk(
        PlayRequested(1), audio("a"), audio("b"), ConnectionLost(), RetryDue(), ConnectFailed("no")
    )
    assert talk.client.link.state is LinkState.OFFLINE
    assert talk.client.playback.state is PlaybackState.BREAKING_OFF


def test_a_command_without_a_connection_makes_one():
    talk = closing_server()
    talk(ConnectionLost())
    talk(ListRequested())
    assert Connect() in talk.latest
    talk(Connected(), LISTED, SetupReceived(("alfine/1", "ends")))
    assert talk.sent() == ["LIST", "SETUP", "LIST"]


def test_a_song_chosen_without_a_connection_is_found_by_its_title():
    talk = closing_server()
    talk(ConnectionLost(), PlayRequested(2), Connected())
    talk(ListReceived((ListedSong(9, SONGS[1].title),)), SetupReceived(("alfine/1", "ends")))
    assert talk.sent() == ["SETUP", "PLAY 9"]
    talk(audio("a"))
    assert talk.heard() == "a"


def test_plain_song_is_gone_on_with_after_a_list_of_the_clients_own():
    talk = plain_server()
    talk(PlayRequested(1), AudioReceived(FULL))
    talk(ConnectionLost(), RetryDue(), Connected())
    assert talk.sent() == ["LIST"]
    talk(LISTED, ListWentQuiet())
    assert talk.sent() == ["PLAY 1"]
    assert not [e for e in talk.effects if isinstance(e, ShowSongs)]
    talk(AudioReceived(FULL), audio("rest"))
    assert talk.client.playback.held_bytes == 4100


def test_requests_are_the_words_of_the_rfc():
    assert [r.value for r in Request] == ["LIST", "PLAY", "STOP", "SETUP", "TEARDOWN"]
