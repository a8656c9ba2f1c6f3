"""The server's machine, held against RFC 2.4 and 2.7 and protocol.md 3, 6, 7 and 10.

Written by hand from those texts: a test made from a table cannot find a wrong table.
"""

from fsm.effects import (
    CloseAtBoundary,
    CloseWhenSent,
    SendClosing,
    SendNotFound,
    SendSetupReply,
    SendSongList,
    StartSong,
    StopSong,
)
from fsm.events import (
    ConnectionLost,
    DrainExpired,
    ListRequested,
    ListSent,
    PlayFromRequested,
    PlayRequested,
    RequestNotUnderstood,
    RequestsEnded,
    RequestTooLong,
    SetupRequested,
    ShutdownRequested,
    SongFailed,
    SongSent,
    StopRequested,
    TeardownRequested,
)
from fsm.server import ServerSession, ServerState

LIST, STOP = ListRequested(), StopRequested()
RFC_LIST, CLOSED_LIST = SendSongList(closes=False), SendSongList(closes=True)


def play(song_id: int) -> PlayRequested:
    return PlayRequested(song_id)


def fire(*events, session=None):
    """All effects of a session with songs 1, 2 and 3, in order, and the session."""
    session = session or ServerSession({1, 2, 3})
    return [effect for event in events for effect in session.handle(event)], session


def effects_of(*events):
    return fire(*events)[0]


def after_setup(*events):
    return effects_of(SetupRequested(("ends",)), *events)[1:]


def test_rfc_2_7_1_listing_playing_and_stopping():
    effects, session = fire(LIST, ListSent(), play(3), play(2), play(1), STOP, RequestsEnded())
    assert effects == [
        RFC_LIST,
        StartSong(3),
        StopSong(),
        StartSong(2),
        StopSong(),
        StartSong(1),
        StopSong(),
        CloseWhenSent(),
    ]
    assert session.state is ServerState.CLOSING


def test_rfc_2_7_2_an_unknown_song():
    assert effects_of(LIST, ListSent(), play(99)) == [RFC_LIST, SendNotFound()]


def test_rfc_2_4_1_list_during_a_song_goes_first_then_the_song_goes_on():
    effects, session = fire(play(1), LIST)
    assert effects == [StartSong(1), RFC_LIST]
    assert session.state is ServerState.LISTING_WHILE_STREAMING
    assert fire(ListSent(), session=session)[0] == []
    assert session.state is ServerState.STREAMING


def test_list_during_a_song_is_answered_once():
    effects = effects_of(play(1), LIST, ListSent(), SongSent())
    assert effects.count(RFC_LIST) == 1


def test_two_lists_are_answered_twice_and_then_the_song_goes_on():
    effects, session = fire(play(1), LIST, LIST, ListSent())
    assert effects.count(RFC_LIST) == 2
    assert session.state is ServerState.LISTING_WHILE_STREAMING
    fire(ListSent(), session=session)
    assert session.state is ServerState.STREAMING


def test_rfc_2_4_3_stop_without_a_song_has_no_effect():
    effects, session = fire(STOP, LIST, STOP, ListSent(), STOP)
    assert effects == [RFC_LIST]
    assert session.state is ServerState.IDLE


def test_rfc_2_4_3_stop_halts_the_song_and_nothing_is_answered():
    effects, session = fire(play(1), STOP)
    assert effects == [StartSong(1), StopSong()]
    assert session.state is ServerState.IDLE


def test_stop_during_a_list_stops_the_song_and_not_the_list():
    effects, session = fire(play(1), LIST, STOP)
    assert effects == [StartSong(1), RFC_LIST, StopSong()]
    assert session.state is ServerState.LISTING


def test_play_waits_for_the_list_before_it():
    _, session = fire(LIST, play(1))
    assert session.state is ServerState.LISTING_WHILE_STREAMING
    fire(ListSent(), session=session)
    assert session.state is ServerState.STREAMING


def test_play_of_an_unknown_song_ends_the_song_that_was_sent():
    effects, session = fire(play(1), play(99))
    assert effects == [StartSong(1), StopSong(), SendNotFound()]
    assert session.state is ServerState.IDLE


def test_what_is_not_understood_is_answered_404_and_the_song_goes_on():
    effects, session = fire(play(1), RequestNotUnderstood("HELO"))
    assert effects == [StartSong(1), SendNotFound()]
    assert session.state is ServerState.STREAMING


def test_a_request_without_end_is_answered_404_and_the_connection_closed():
    effects, session = fire(RequestTooLong(), LIST, play(1))
    assert effects == [SendNotFound(), CloseWhenSent()]
    assert session.state is ServerState.CLOSING


def test_a_file_that_fails_is_answered_404_also_for_a_peer_without_ends():
    effects, session = fire(play(1), SongFailed("gone"))
    assert effects == [StartSong(1), SendNotFound()]
    assert session.state is ServerState.IDLE


def test_a_client_that_shuts_down_its_side_still_gets_its_song():
    effects, session = fire(play(1), RequestsEnded())
    assert effects == [StartSong(1)]
    assert session.state is ServerState.FINISHING
    assert fire(SongSent(), session=session)[0] == [CloseWhenSent()]


def test_a_client_that_shuts_down_its_side_still_gets_its_list_and_song():
    effects, session = fire(play(1), LIST, RequestsEnded(), ListSent(), SongSent())
    assert effects == [StartSong(1), RFC_LIST, CloseWhenSent()]
    assert session.state is ServerState.CLOSING


def test_a_lost_connection_drops_the_song():
    effects, session = fire(play(1), ConnectionLost())
    assert effects == [StartSong(1), StopSong()]
    assert session.state is ServerState.CLOSED


# protocol.md 7


def test_setup_is_answered_with_the_product_and_what_was_accepted():
    assert effects_of(SetupRequested(("ends",))) == [SendSetupReply(("alfine/1", "ends"))]
    assert effects_of(SetupRequested(("other", "ends"))) == [SendSetupReply(("alfine/1", "ends"))]
    assert effects_of(SetupRequested(("other",))) == [SendSetupReply(("alfine/1",))]


def test_setup_of_something_else_does_not_take_ends_back():
    assert after_setup(SetupRequested(("other",)), LIST)[1:] == [CLOSED_LIST]


def test_every_list_and_play_after_setup_is_closed_once():
    assert after_setup(LIST, ListSent(), play(1), SongSent()) == [
        CLOSED_LIST,
        StartSong(1),
        SendClosing(),
    ]


def test_a_song_cut_short_is_closed_before_anything_that_follows():
    assert after_setup(play(1), play(2), STOP) == [
        StartSong(1),
        StopSong(),
        SendClosing(),
        StartSong(2),
        StopSong(),
        SendClosing(),
    ]


def test_an_unknown_song_during_a_song_closes_both():
    assert after_setup(play(1), play(99)) == [
        StartSong(1),
        StopSong(),
        SendClosing(),
        SendNotFound(),
    ]


def test_a_song_that_fails_is_closed_by_404_alone():
    assert after_setup(play(1), SongFailed("truncated")) == [StartSong(1), SendNotFound()]


def test_what_was_requested_before_setup_is_not_closed():
    effects, session = fire(play(1), LIST, SetupRequested(("ends",)), ListSent(), STOP)
    assert SendClosing() not in effects
    assert RFC_LIST in effects
    assert fire(play(2), SongSent(), session=session)[0] == [StartSong(2), SendClosing()]


def test_teardown_sends_nothing_more():
    assert after_setup(play(1), LIST, TeardownRequested(), ListSent()) == [
        StartSong(1),
        CLOSED_LIST,
        StopSong(),
        CloseAtBoundary(),
    ]
    assert effects_of(TeardownRequested()) == [CloseAtBoundary()]


# The server ends: songs may end first, and nothing new begins


def draining(*events):
    """What follows when the server is told to end in the middle of song 1, and then this."""
    effects, session = fire(play(1), ShutdownRequested(), *events)
    assert effects[:1] == [StartSong(1)]
    return effects[1:], session.state


def test_an_idle_connection_is_closed_when_the_server_ends():
    for before in ((), (LIST,)):
        effects, session = fire(*before, ShutdownRequested())
        assert effects[-1] == CloseWhenSent()
        assert session.state is ServerState.CLOSING
        assert fire(ShutdownRequested(), session=session)[0] == []
        assert session.state is ServerState.CLOSING


def test_a_song_ends_first_then_the_connection():
    assert draining() == ([], ServerState.DRAINING)
    assert draining(SongSent()) == ([CloseWhenSent()], ServerState.CLOSING)
    assert draining(SongFailed()) == ([SendNotFound(), CloseWhenSent()], ServerState.CLOSING)


def test_a_list_and_its_song_end_first():
    _, session = fire(play(1), LIST, ShutdownRequested())
    assert session.state is ServerState.DRAINING
    assert fire(ListSent(), SongSent(), session=session)[0] == [CloseWhenSent()]


def test_requests_while_the_server_ends():
    assert draining(LIST, ListSent()) == ([RFC_LIST], ServerState.DRAINING)
    assert draining(RequestNotUnderstood()) == ([SendNotFound()], ServerState.DRAINING)
    assert draining(SetupRequested())[1] is ServerState.DRAINING
    assert draining(STOP) == ([StopSong(), CloseWhenSent()], ServerState.CLOSING)
    cut = [StopSong(), SendNotFound(), CloseWhenSent()]
    assert draining(play(9)) == (cut, ServerState.CLOSING), "there is no such song"
    assert draining(RequestTooLong()) == (cut, ServerState.CLOSING)
    assert draining(TeardownRequested()) == ([StopSong(), CloseAtBoundary()], ServerState.CLOSING)
    assert draining(RequestsEnded()) == ([], ServerState.FINISHING)
    assert draining(ConnectionLost()) == ([StopSong()], ServerState.CLOSED)


def test_a_song_that_is_chosen_while_the_server_ends_is_not_refused():
    """The connection ends without an answer, and the client asks the next server for it."""
    assert draining(play(2)) == ([StopSong(), CloseWhenSent()], ServerState.CLOSING)
    effects, session = fire(SETUP_ALL, play(1), ShutdownRequested(), at(2, 5))
    assert effects[2:] == [StopSong(), SendClosing(), CloseWhenSent()]
    assert session.state is ServerState.CLOSING


def test_when_the_time_to_drain_is_over_the_song_is_cut_and_not_closed():
    at_once = ([StopSong(), CloseAtBoundary()], ServerState.CLOSING)
    assert draining(DrainExpired()) == at_once
    assert draining(RequestsEnded(), DrainExpired()) == at_once
    effects, session = fire(LIST, ShutdownRequested(), DrainExpired())
    assert effects[-1] == CloseAtBoundary()
    assert session.state is ServerState.CLOSING


def test_a_client_that_has_shut_down_its_side_is_finished_by_the_end_of_the_server_too():
    effects, session = fire(play(1), RequestsEnded(), ShutdownRequested())
    assert session.state is ServerState.FINISHING
    assert effects == [StartSong(1)]


# protocol.md 10


SETUP_ALL = SetupRequested(("ends", "tags", "from"))


def at(song_id: int, offset: int) -> PlayFromRequested:
    return PlayFromRequested(song_id, offset)


def after_all(*events):
    return effects_of(SETUP_ALL, *events)[1:]


def test_tags_and_from_are_accepted_together_with_ends_only():
    assert effects_of(SETUP_ALL) == [
        SendSetupReply(("alfine/1", "ends", "tags", "from"), tags=True)
    ]
    assert effects_of(SetupRequested(("from", "x", "ends"))) == [
        SendSetupReply(("alfine/1", "ends", "from"))
    ]
    assert effects_of(SetupRequested(("tags", "from"))) == [SendSetupReply(("alfine/1",))]
    # Not even where `ends` has been accepted before.
    assert after_setup(SetupRequested(("tags", "from")), LIST, at(1, 5)) == [
        SendSetupReply(("alfine/1",)),
        CLOSED_LIST,
        SendNotFound(),
    ]


def test_lists_have_fields_from_then_on_and_not_before():
    effects, session = fire(LIST, SETUP_ALL, LIST)
    assert effects[0] == RFC_LIST
    assert effects[2] == SendSongList(closes=True, tags=True)
    # What was accepted stays in force, and the version that is named is of such a list.
    effects, _ = fire(SetupRequested(("ends",)), LIST, session=session)
    assert effects == [
        SendSetupReply(("alfine/1", "ends"), tags=True),
        SendSongList(closes=True, tags=True),
    ]


def test_play_from_an_offset():
    assert after_all(at(2, 4096), SongSent()) == [StartSong(2, 4096), SendClosing()]
    assert after_all(at(2, 0)) == [StartSong(2, 0)]


def test_play_from_an_offset_during_a_list():
    effects, session = fire(SETUP_ALL, LIST, at(1, 9))
    assert effects[1:] == [SendSongList(closes=True, tags=True), StartSong(1, 9)]
    assert session.state is ServerState.LISTING_WHILE_STREAMING


def test_a_seek_closes_the_song_that_was_sent_and_starts_it_elsewhere():
    effects = after_all(play(1), at(1, 100_000), at(1, 0), STOP)
    assert effects == [
        StartSong(1),
        StopSong(),
        SendClosing(),
        StartSong(1, 100_000),
        StopSong(),
        SendClosing(),
        StartSong(1, 0),
        StopSong(),
        SendClosing(),
    ]


def test_an_offset_beyond_the_end_is_404_which_closes_the_play():
    effects, session = fire(SETUP_ALL, at(1, 9_999_999_999), SongFailed("it has fewer bytes"))
    assert effects[1:] == [StartSong(1, 9_999_999_999), SendNotFound()]
    assert session.state is ServerState.IDLE


def test_play_of_an_unknown_song_from_an_offset_is_as_any_of_an_unknown_song():
    assert after_all(at(99, 5)) == [SendNotFound()]
    assert after_all(play(1), at(99, 5)) == [
        StartSong(1),
        StopSong(),
        SendClosing(),
        SendNotFound(),
    ]
    effects, session = fire(SETUP_ALL, play(1), LIST, at(99, 5))
    assert effects[-3:] == [StopSong(), SendClosing(), SendNotFound()]
    assert session.state is ServerState.LISTING


def test_without_from_an_offset_is_not_understood_and_changes_nothing_else():
    for before in ((), (SetupRequested(("ends",)),), (SetupRequested(("ends", "tags")),)):
        effects, session = fire(*before, play(1), at(1, 5))
        assert effects[-2:] == [StartSong(1), SendNotFound()]
        assert session.state is ServerState.STREAMING
        effects, session = fire(*before, at(1, 5))
        assert effects[-1] == SendNotFound()
        assert session.state is ServerState.IDLE


def test_when_the_server_ends_nothing_is_begun_at_an_offset_either():
    effects, session = fire(SETUP_ALL, play(1), ShutdownRequested(), at(9, 5))
    assert effects[2:] == [StopSong(), SendClosing(), SendNotFound(), CloseWhenSent()]
    assert session.state is ServerState.CLOSING
    effects, session = fire(play(1), ShutdownRequested(), at(2, 5))
    assert effects[1:] == [SendNotFound()]
    assert session.state is ServerState.DRAINING
