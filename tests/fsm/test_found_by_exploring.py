"""Exchanges that exploring found to go wrong once, each written down by hand."""

import pytest

from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.conversation_table import ConversationState
from fsm.client.effects import (
    CancelTimer,
    Report,
    ResumePlayer,
    SendRequest,
    ShowSongs,
    StartTimer,
    Tell,
)
from fsm.client.events import Command
from fsm.client.link_table import LinkState
from fsm.client.machines import ClientSession
from fsm.client.playback_table import PlaybackState
from fsm.words import Request

SONGS = (on.ListedSong(1, "one"), on.ListedSong(2, "two"))
RENUMBERED = (on.ListedSong(1, "two"), on.ListedSong(2, "one"))
LISTED, LIST_CLOSED = on.ListReceived(SONGS), on.ListReceived()
ENDS = on.SetupReceived(("alfine/1", "ends"))
ERRO, CLOSED = on.NotFoundReceived(), on.AudioReceived()
LOST = on.ConnectionLost("cut")
AUDIO = on.AudioReceived(b"audio")


class Client:
    """A client, and what it did last."""

    def __init__(self, *events, **options):
        self.session = ClientSession(**options)
        self(*events)

    def __call__(self, *events):
        self.effects = [effect for event in events for effect in self.session.handle(event)]
        return self

    def types(self, *commands):
        for command in commands:
            self(command if isinstance(command, on.Interrupted) else on.CommandEntered(*command))
        return self

    @property
    def sent(self):
        requests = [effect for effect in self.effects if isinstance(effect, SendRequest)]
        return [f"{r.request.value} {r.song_id or ''}".strip() for r in requests]

    @property
    def told(self):
        return {effect.report for effect in self.effects if isinstance(effect, Tell)}


LIST = (Command.LIST, on.ListRequested())
PLAY_1, PLAY_9 = ((Command.PLAY, on.PlayRequested(n)) for n in (1, 9))
STOP = (Command.LOCAL, on.StopRequested())
CTRL_C = on.Interrupted()


@pytest.fixture
def closing():
    """A client whose server closes its answers."""
    return Client(on.Connected(), LISTED, ENDS, prebuffer_msgs=2)


@pytest.fixture
def plain():
    """A client whose server is plain."""
    return Client(on.Connected(), LISTED, ERRO, prebuffer_msgs=2)


def test_a_song_that_waits_for_a_list_has_no_part_in_the_one_before(plain):
    plain.types(PLAY_9, CTRL_C, LIST, CTRL_C, PLAY_1)
    plain(ERRO)
    assert plain.session.playback.state is PlaybackState.REQUESTED
    plain(LISTED, on.ListWentQuiet())
    assert plain.sent == ["PLAY 1"]


def test_the_silence_of_the_song_before_does_not_end_the_one_that_waits(plain):
    plain.types(PLAY_1)(AUDIO).types(LIST, CTRL_C, PLAY_1)
    assert CancelTimer(on.SongWentQuiet) in plain.effects
    plain(LISTED, on.ListWentQuiet())
    assert plain.sent == ["STOP", "LIST"]


def test_the_404_of_a_stopped_song_is_not_the_answer_to_a_list(plain):
    plain.types(PLAY_9, CTRL_C, STOP)(on.CommandAnswered(Command.LOCAL)).types(LIST)
    plain(ERRO)
    assert plain.effects == []
    plain(LISTED, on.ListWentQuiet())
    assert ShowSongs(SONGS) in plain.effects


@pytest.mark.parametrize("listing", [False, True])
def test_after_the_404_of_a_stopped_song_nothing_more_of_it_is_feared(plain, listing):
    plain.types(PLAY_9, CTRL_C, STOP)(on.CommandAnswered(Command.LOCAL))
    if listing:
        plain.types(LIST)(ERRO, LISTED, on.ListWentQuiet())
    else:
        plain(ERRO)
    assert plain.types(PLAY_1).sent == ["PLAY 1"]


def test_a_server_that_knows_no_list_answers_with_404(plain):
    plain.types(LIST)(ERRO)
    assert ShowSongs(()) in plain.effects
    assert plain.session.conversation.state is ConversationState.PLAIN


def test_a_list_that_a_404_has_ended_is_not_waited_for(plain):
    plain.types(LIST)(LISTED, ERRO)
    assert CancelTimer(on.ListWentQuiet) in plain.effects


def test_a_list_that_comes_twice_at_once_is_shown_once(plain):
    plain.types(LIST)(LISTED, LISTED, on.ListWentQuiet())
    assert ShowSongs(SONGS) in plain.effects


def test_a_number_from_an_old_list_means_the_song_that_it_meant(closing):
    """The server has started anew and numbers its songs anew."""
    closing.types(LIST)(LOST)
    closing.types(LIST)(on.Connected()).types(CTRL_C, PLAY_1)
    assert closing.sent == []
    closing(on.ListReceived(RENUMBERED), ENDS)
    assert closing.sent == ["SETUP", "LIST", "PLAY 2"]


def test_stopping_the_search_for_a_song_does_not_make_old_numbers_new(closing):
    closing.types(PLAY_1)(LOST, on.RetryDue(), on.Connected())
    assert closing.session.link.state is LinkState.FINDING
    closing.types(STOP)(on.CommandAnswered(Command.LOCAL)).types(PLAY_1)
    closing(on.ListReceived(RENUMBERED), ENDS)
    assert closing.sent == ["SETUP", "PLAY 2"]


def test_the_first_connection_of_a_client_told_plain_needs_no_list():
    told = Client(on.Connected(), plain=True).types(PLAY_1)
    assert told.sent == ["PLAY 1"]


def test_a_buffer_without_room_ends_a_song_that_has_not_begun_to_play(closing):
    closing.types(PLAY_1)(AUDIO, on.OutputFailed("no room"))
    assert Report.OUTPUT_FAILED in closing.told
    assert closing.sent == ["STOP"]


def test_a_line_that_was_read_already_does_nothing_when_the_person_has_left(closing):
    closing(on.InputEnded()).types(PLAY_1)
    assert closing.effects == []


def test_a_connection_that_comes_when_the_person_has_left_is_not_used(closing):
    closing.types(PLAY_1)(LOST, on.RetryDue(), on.InputEnded(), on.Connected())
    assert closing.sent == []


def test_a_song_that_has_changed_is_stopped_at_once(closing):
    closing.types(PLAY_1)(AUDIO, LOST, on.RetryDue(), on.Connected(), LISTED, ENDS)
    assert closing.sent == ["LIST", "SETUP", "PLAY 1"]
    closing(on.AudioReceived(b"other"))
    assert closing.sent == ["STOP"]


def test_audio_behind_the_end_of_a_song_does_not_make_it_less_whole(closing):
    closing.types(PLAY_1)(AUDIO, CLOSED, AUDIO)
    assert Report.SONG_PLAYED in closing(on.PlayedOut()).told


def test_a_list_that_comes_while_a_song_is_skipped_is_kept(closing):
    closing.types(PLAY_1)(AUDIO, LOST, on.RetryDue(), on.Connected(), LISTED, ENDS)
    longer = (*SONGS, on.ListedSong(3, "three"))
    closing.types(LIST)(on.ListReceived(longer), LIST_CLOSED)
    assert closing.session.link.state is LinkState.SKIPPING
    assert closing.session.link.songs == longer


def test_a_fence_is_passed_when_its_list_is_quiet(plain):
    plain.types(PLAY_1)(AUDIO).types(PLAY_1)
    plain(LISTED)
    assert StartTimer(on.ListWentQuiet(), 0.25) in plain.effects


@pytest.mark.parametrize("listing", [False, True])
def test_a_plain_server_is_listened_to_after_every_audio_message(plain, listing):
    plain.types(PLAY_1, CTRL_C, *([LIST] if listing else []))
    plain(on.AudioReceived(bytes(4096)))
    assert StartTimer(on.SongWentQuiet(), 2.0) in plain.effects
    plain(AUDIO)
    assert StartTimer(on.SongWentQuiet(), 0.25) in plain.effects
    assert Request.STOP.value not in plain.sent


def test_a_song_ahead_is_stopped_when_there_is_nothing_to_play_it_on(closing):
    closing.types(PLAY_1)(AUDIO, CLOSED, ask.QueueRequested((2,)))
    assert closing.sent == ["PLAY 2"]
    assert closing(on.OutputFailed("no room")).sent == ["STOP"]


def test_a_song_ahead_is_not_connected_for_when_there_is_nothing_to_play_it_on(closing):
    closing.types(PLAY_1)(AUDIO, CLOSED, ask.QueueRequested((2,)), LOST)
    assert closing.session.link.state is LinkState.WAITING
    closing(on.OutputFailed("no room"))
    assert closing.session.link.state is LinkState.OFFLINE


def test_a_device_that_went_with_a_stopped_song_does_not_silence_the_next(closing):
    closing.types(PLAY_1)(AUDIO, AUDIO).types(STOP)
    assert ResumePlayer() in closing(on.DeviceLost("unplugged")).effects
