"""Exchanges that once went wrong and were found by exploring, each written down by hand."""

import pytest

from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.conversation.table import ConversationState
from fsm.client.effects import (
    CancelTimer,
    DropNextBuffer,
    Report,
    ResumePlayer,
    ShowSongs,
    StartTimer,
    Tell,
)
from fsm.client.events import Command
from fsm.client.link.table import LinkState
from fsm.client.player import PlayerState
from fsm.client.queue.edits import Append, Clear
from fsm.client.song.table import SongState
from fsm.words import Request
from tests.fsm.driver import CLOSED, ENDS_ACCEPTED, ClientDriver

SONGS = (on.ListedSong(1, "one"), on.ListedSong(2, "two"))
RENUMBERED = (on.ListedSong(1, "two"), on.ListedSong(2, "one"))
LISTED, LIST_CLOSED = on.ListReceived(SONGS), on.ListReceived()
ERRO, LIST_QUIET = on.NotFoundReceived(), on.ListWentQuiet()
LIST_WRITTEN = on.RequestWritten(Request.LIST)
LOST, DUE, CONNECTED = on.ConnectionLost("cut"), on.RetryDue(), on.Connected()
AUDIO = on.AudioReceived(b"audio")

LIST = on.CommandEntered(Command.LIST, on.ListRequested())
PLAY_1, PLAY_9 = (on.CommandEntered(Command.PLAY, on.PlayRequested(n)) for n in (1, 9))
STOP = (
    on.CommandEntered(Command.LOCAL, on.StopRequested()),
    on.CommandAnswered(Command.LOCAL),
)
CTRL_C = on.Interrupted()


@pytest.fixture
def closing():
    """A client whose server closes its answers."""
    return ClientDriver(CONNECTED, ENDS_ACCEPTED, on.TitlesNeeded(), LISTED, LIST_CLOSED)


@pytest.fixture
def plain():
    """A client whose server is plain."""
    return ClientDriver(CONNECTED, ERRO, LISTED, LIST_QUIET)


def test_a_song_that_waits_for_a_list_has_no_part_in_the_one_before(plain):
    plain(PLAY_9, CTRL_C, LIST, CTRL_C, PLAY_1)
    plain(ERRO)
    assert plain.session.song.state is SongState.REQUESTED
    plain(LISTED, LIST_QUIET)
    assert plain.sent() == ["PLAY 1"]


def test_the_silence_of_the_song_before_does_not_end_the_one_that_waits(plain):
    plain(PLAY_1, AUDIO)
    plain(LIST, CTRL_C, PLAY_1)
    assert CancelTimer(on.SongWentQuiet) in plain.latest
    plain(LISTED, LIST_QUIET)
    assert plain.sent() == ["STOP", "LIST"]


def test_the_404_of_a_stopped_song_is_not_the_answer_to_a_list(plain):
    plain(PLAY_9, CTRL_C, *STOP, LIST)
    assert plain(ERRO) == []
    plain(LISTED, LIST_QUIET)
    assert ShowSongs(SONGS) in plain.latest


@pytest.mark.parametrize("listing", [False, True])
def test_after_the_404_of_a_stopped_song_no_more_of_it_is_expected(plain, listing):
    plain(PLAY_9, CTRL_C, *STOP)
    if listing:
        plain(LIST, ERRO, LISTED, LIST_QUIET)
    else:
        plain(ERRO)
    plain(PLAY_1)
    assert plain.sent() == ["PLAY 1"]


def test_a_server_that_knows_no_list_answers_with_404(plain):
    plain(LIST, ERRO)
    assert ShowSongs(()) in plain.latest
    assert plain.session.conversation.state is ConversationState.PLAIN


def test_a_list_that_a_404_has_ended_is_not_waited_for(plain):
    plain(LIST)
    plain(LISTED, ERRO)
    assert CancelTimer(on.ListWentQuiet) in plain.latest


def test_a_list_that_comes_twice_at_once_is_shown_once(plain):
    plain(LIST, LISTED, LISTED, LIST_QUIET)
    assert plain.did(ShowSongs) == [ShowSongs(SONGS)]


def test_an_id_from_an_old_list_means_the_song_that_it_meant(closing):
    """The server has started anew and numbers its songs anew."""
    closing(LIST, LOST)
    closing(LIST, CONNECTED)
    closing(CTRL_C, PLAY_1)
    assert closing.sent() == []
    closing(ENDS_ACCEPTED, on.ListReceived(RENUMBERED), LIST_CLOSED)
    assert closing.sent() == ["LIST", "PLAY 2"]


def test_stopping_the_search_for_a_song_does_not_make_old_ids_new(closing):
    closing(PLAY_1, LOST, DUE, CONNECTED)
    assert closing.session.link.state is LinkState.FINDING
    closing(*STOP, PLAY_1)
    closing(ENDS_ACCEPTED, on.ListReceived(RENUMBERED), LIST_CLOSED)
    assert closing.sent() == ["LIST", "PLAY 2"]


def test_the_first_connection_of_a_client_told_plain_needs_no_list():
    told = ClientDriver(CONNECTED, plain=True)
    told(PLAY_1)
    assert told.sent() == ["PLAY 1"]


def test_a_buffer_without_room_plays_out_a_song_that_has_not_begun_to_play(closing):
    closing(PLAY_1)
    closing(AUDIO, on.BufferFull("the disk is full"))
    assert closing.sent() == ["STOP"]
    assert closing.session.player.state is PlayerState.RUNNING
    closing(AUDIO, CLOSED, on.PlayedOut())
    because = "there is no room for the rest of the song: the disk is full"
    assert closing.did(Tell) == [Tell(Report.SONG_CUT_OFF, 1, because)]


def test_a_line_that_was_read_already_does_nothing_when_the_person_has_left(closing):
    closing(on.InputEnded())
    assert closing(PLAY_1) == []


def test_a_connection_that_comes_when_the_person_has_left_is_not_used(closing):
    closing(PLAY_1)
    closing(LOST, DUE, on.InputEnded(), CONNECTED)
    assert closing.sent() == []


def test_a_song_that_has_changed_is_stopped_at_once(closing):
    closing(PLAY_1)
    closing(AUDIO, LOST, DUE, CONNECTED, ENDS_ACCEPTED, LISTED, LIST_CLOSED)
    assert closing.sent() == ["SETUP", "LIST", "PLAY 1"]
    closing(on.AudioReceived(b"other"))
    assert closing.sent() == ["STOP"]


def test_audio_behind_the_end_of_a_song_does_not_make_it_less_whole(closing):
    closing(PLAY_1, AUDIO, CLOSED, AUDIO)
    closing(on.PlayedOut())
    assert Report.SONG_PLAYED in closing.told()


def test_a_list_that_comes_while_a_song_is_skipped_is_kept(closing):
    closing(PLAY_1, AUDIO, LOST, DUE, CONNECTED, ENDS_ACCEPTED, LISTED, LIST_CLOSED)
    longer = (*SONGS, on.ListedSong(3, "three"))
    closing(LIST, on.ListReceived(longer), LIST_CLOSED)
    assert closing.session.link.state is LinkState.SKIPPING
    assert closing.session.link.songs == longer


def test_a_fence_is_passed_when_its_list_is_quiet(plain):
    plain(PLAY_1, AUDIO, CTRL_C, PLAY_1, LIST_WRITTEN)
    plain(LISTED)
    assert StartTimer(on.ListWentQuiet(), 0.25) in plain.latest


@pytest.mark.parametrize("listing", [False, True])
def test_after_every_audio_message_of_a_plain_server_silence_is_expected(plain, listing):
    plain(PLAY_1, CTRL_C, *([LIST] if listing else []))
    plain(on.AudioReceived(bytes(4096)))
    assert StartTimer(on.SongWentQuiet(), 2.0) in plain.latest
    plain(AUDIO)
    assert StartTimer(on.SongWentQuiet(), 0.25) in plain.latest
    assert "STOP" not in plain.sent()


def test_a_song_ahead_is_stopped_when_there_is_nothing_to_play_it_on(closing):
    closing(PLAY_1)
    closing(AUDIO, CLOSED, ask.EditRequested(Append((2,))))
    assert closing.sent() == ["PLAY 2"]
    closing(on.OutputFailed("no room"))
    assert closing.sent() == ["STOP"]


def test_a_song_ahead_is_not_connected_for_when_there_is_nothing_to_play_it_on(closing):
    closing(PLAY_1)
    closing(AUDIO, CLOSED, ask.EditRequested(Append((2,))), LOST)
    assert closing.session.link.state is LinkState.WAITING
    closing(on.OutputFailed("no room"))
    assert closing.session.link.state is LinkState.OFFLINE


def test_a_device_that_went_with_a_stopped_song_does_not_silence_the_next(closing):
    closing(PLAY_1, AUDIO, AUDIO, *STOP)
    assert ResumePlayer() in closing(on.DeviceLost("unplugged"))


def test_a_song_ahead_may_be_dropped_while_a_fence_is_passed(closing):
    """The server that closes its answers is started anew as one that does not."""
    closing(PLAY_1, AUDIO, CLOSED, ask.EditRequested(Append((2,))))
    closing(LOST, DUE, CONNECTED, ERRO, LISTED, LIST_QUIET)
    closing(ask.EditRequested(Clear()), ask.EditRequested(Append((1,))))
    assert closing.session.conversation.state is ConversationState.STOPPING
    assert closing(ask.EditRequested(Clear())) == [DropNextBuffer()]
    closing(LIST_WRITTEN, LISTED, LIST_QUIET)
    assert closing.sent() == []
