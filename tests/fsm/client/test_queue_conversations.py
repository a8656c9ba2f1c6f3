"""The whole client: the queue, next and prev, repeat, wait, and the song requested ahead.

Written by hand from docs/playing.md: one song's audio never reaches another's buffer, whatever a
person does meanwhile.
"""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.player import PlayerState
from fsm.client.queue.edits import Append, Clear, Shuffle
from fsm.client.queue.table import QueueState
from fsm.client.requests import Repeat
from fsm.client.song.table import SongState
from fsm.client.transport import TransportState
from fsm.words import Request
from tests.fsm.driver import (
    CLOSED,
    ENDS_ACCEPTED,
    LIST_CLOSED,
    LISTED,
    audio,
    closing_server,
    plain_server,
)

ONE_WHOLE = (on.PlayRequested(1), audio("1a"), audio("1b"), CLOSED)
END = on.PlayedOut()


def with_two_queued(**options):
    """Song 1 is whole and plays; 2 and 3 are queued, so 2 has been requested."""
    client = closing_server(**options)
    client(ask.EditRequested(Append((1, 2, 3))), audio("1a"), audio("1b"), CLOSED)
    return client


def shuffled(song_ids, seed):
    """The order in which these songs are queued after a shuffle."""
    client = closing_server()
    client(
        on.PlayRequested(9), ask.EditRequested(Append(song_ids)), ask.EditRequested(Shuffle(seed))
    )
    return client.session.queue.upcoming


def queue_of(client):
    queue = client.session.queue
    return queue.played, queue.current, queue.upcoming


# resume and toggle where nothing plays

GO_ON = pytest.mark.parametrize("go_on", [ask.ResumeRequested(), ask.ToggleRequested()])


@GO_ON
def test_resume_and_toggle_play_what_is_queued_where_nothing_plays(go_on):
    client = with_two_queued()
    client(on.StopRequested(), CLOSED)
    told = client(go_on)
    assert not [effect for effect in told if isinstance(effect, do.Tell)]
    assert client.sent()[-1] == "PLAY 2"
    assert queue_of(client) == ((1,), 2, (3,))
    assert client.session.transport.state is TransportState.RUNNING


@GO_ON
def test_resume_and_toggle_leave_the_queue_alone_where_a_song_plays(go_on):
    client = with_two_queued()
    client(ask.PauseRequested(), go_on)
    assert queue_of(client) == ((), 1, (2, 3))


@GO_ON
def test_resume_and_toggle_with_nothing_queued_say_that_nothing_plays(go_on):
    client = closing_server()
    client(*ONE_WHOLE, on.StopRequested())
    assert client(go_on) == [do.Tell(do.Report.NOTHING_PLAYS)]


# What is queued


def test_what_is_queued_while_nothing_plays_begins_at_once():
    client = closing_server()
    client(ask.EditRequested(Append((3, 4))))
    assert client.sent() == ["PLAY 3"]
    assert queue_of(client) == ((), 3, (4,))


def test_what_is_queued_while_a_song_arrives_waits_for_it():
    client = closing_server()
    client(on.PlayRequested(1), audio("1a"), ask.EditRequested(Append((2,))), audio("1b"))
    assert client.sent() == ["PLAY 1"]
    client(CLOSED)
    assert client.sent() == ["PLAY 2"]


def test_what_is_queued_when_the_song_is_whole_is_requested_at_once():
    client = closing_server()
    client(*ONE_WHOLE)
    client(ask.EditRequested(Append((2,))))
    assert client.sent() == ["PLAY 2"]
    assert not client.did(do.DropBuffers)


def test_a_song_that_is_played_leaves_the_queue_as_it_is():
    client = with_two_queued()
    client(on.PlayRequested(9))
    assert queue_of(client) == ((1,), 9, (2, 3))


def test_stop_leaves_the_queue_for_next():
    client = with_two_queued()
    client(on.StopRequested())
    assert client.session.queue.state is QueueState.IDLE
    client(ask.NextRequested())
    assert client.sent() == ["PLAY 2"]
    assert queue_of(client) == ((1,), 2, (3,))


def test_clear_forgets_what_is_to_come_and_what_was():
    client = with_two_queued()
    client(ask.EditRequested(Clear()))
    assert queue_of(client) == ((), 1, ())
    assert client.sent() == ["STOP"], "song 2 is on its way"
    assert client.did(do.DropNextBuffer)
    assert not client.did(do.DropBuffers)
    client(audio("2 late"), CLOSED)
    assert client.buffer == b"1a1b"
    client(END)
    assert client.session.queue.state is QueueState.IDLE


def test_shuffle_goes_by_its_seed_and_leaves_a_song_that_is_on_its_way():
    client = with_two_queued()
    client(ask.EditRequested(Append((4, 5, 6, 7, 8))), ask.EditRequested(Shuffle(seed=11)))
    assert client.session.queue.upcoming == (2, *shuffled((3, 4, 5, 6, 7, 8), 11))
    assert not client.did(do.SendRequest)


def test_every_order_can_come_of_a_shuffle_and_always_the_same_one_of_a_seed():
    orders = [shuffled((1, 2, 3), seed) for seed in range(200)]
    assert len(set(orders)) == 6
    assert [shuffled((1, 2, 3), seed) for seed in range(200)] == orders


@pytest.mark.parametrize("command", [ask.NextRequested(), ask.EditRequested(Shuffle(1))])
def test_with_nothing_queued_there_is_nothing_next(command):
    client = closing_server()
    assert client(command) == [do.Tell(do.Report.NOTHING_FOLLOWS)]
    client(*ONE_WHOLE)
    assert client(command) == [do.Tell(do.Report.NOTHING_FOLLOWS)]
    assert client.states == (SongState.WHOLE, PlayerState.RUNNING)


# The song requested ahead


def test_the_next_song_is_requested_when_this_one_is_whole_and_goes_into_its_own_buffer():
    client = with_two_queued()
    assert "PLAY 2" in client.sent()
    client(audio("2a"))
    assert (client.buffer, client.next_buffer) == (b"1a1b", b"2a")
    assert not client.did(do.QueueNextSong), "there is not enough of it yet"
    client(audio("2b"))
    assert client.did(do.QueueNextSong)
    client(END)
    assert client.buffer == b"2a2b"
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)
    assert not client.did(do.StartPlayer), "the player has gone on by itself"
    assert client.told() == [do.Report.SONG_PLAYED, do.Report.SONG_PLAYING]
    client(audio("2c"), CLOSED)
    assert client.buffer == b"2a2b2c"
    assert client.sent() == ["PLAY 3"]


def test_a_next_song_that_is_whole_has_the_one_after_it_requested():
    client = with_two_queued()
    client(audio("2a"), CLOSED)
    assert client.did(do.QueueNextSong)
    assert client.sent() == [], "one song ahead is enough"
    client(END)
    assert client.sent() == ["PLAY 3"]
    assert client.states == (SongState.WHOLE, PlayerState.RUNNING)
    client(audio("3a"), CLOSED, END, END)
    assert client.states == (SongState.UNWANTED, PlayerState.SILENT)
    assert queue_of(client) == ((1, 2, 3), None, ())


def test_a_next_song_of_which_there_is_too_little_is_buffered_first():
    client = with_two_queued(prebuffer=2)
    client(audio("2a"), END)
    assert client.states == (SongState.COLLECTING, PlayerState.SILENT)
    client(audio("2b"))
    assert client.did(do.StartPlayer)
    assert client.buffer == b"2a2b"


def test_a_next_song_that_has_not_begun_to_arrive_is_waited_for():
    client = with_two_queued()
    client(END)
    assert client.states == (SongState.OPENED, PlayerState.SILENT)
    client(audio("2a"), audio("2b"))
    assert client.did(do.StartPlayer)
    assert client.buffer == b"2a2b"


def test_nothing_is_requested_ahead_from_a_plain_server():
    """Silence does not prove that a song is whole, and what is left of it would be cut off."""
    client = plain_server()
    client(ask.EditRequested(Append((1, 2))), audio("1a"), audio("1b"))
    client(on.SongWentQuiet())
    assert client.sent() == ["LIST"]
    client(LISTED, on.ListWentQuiet())
    assert client.sent() == []
    client(END)
    assert client.told()[0] is do.Report.SONG_PROBABLY_PLAYED
    assert client.sent() == ["STOP", "LIST"], "what may still come of song 1 is fenced off"
    client(on.RequestWritten(Request.LIST), LISTED, on.ListWentQuiet())
    assert "PLAY 2" in client.sent()


def test_404_for_the_next_song_is_told_and_the_one_after_it_is_requested():
    client = with_two_queued()
    client(on.NotFoundReceived())
    assert client.told() == [do.Report.SONG_NOT_FOUND]
    assert client.sent() == ["PLAY 3"]
    client(audio("3a"), CLOSED, END)
    assert client.buffer == b"3a"
    assert queue_of(client) == ((1,), 3, ())


def test_404_for_the_last_song_ends_the_queue():
    client = closing_server()
    client(ask.EditRequested(Append((1, 2))), audio("1a"), CLOSED, on.NotFoundReceived())
    assert client.session.queue.state is QueueState.WHOLE
    client(END)
    assert client.session.queue.state is QueueState.IDLE


def test_a_next_song_that_is_cut_off_is_played_as_far_as_it_came():
    client = with_two_queued()
    client(audio("2a"), on.NotFoundReceived())
    assert client.did(do.QueueNextSong)
    client(END)
    assert client.states == (SongState.BROKEN, PlayerState.RUNNING)
    client(END)
    assert do.Report.SONG_CUT_OFF in client.told()
    assert client.sent() == ["PLAY 3"]


def test_a_connection_lost_in_the_next_song_is_made_again_while_this_one_plays():
    client = with_two_queued()
    client(audio("2a"), on.ConnectionLost("reset"), on.RetryDue(), on.Connected(), ENDS_ACCEPTED)
    client(LISTED, LIST_CLOSED)
    assert client.sent() == ["PLAY 2"]
    client(audio("2a2b"), CLOSED)
    assert (client.buffer, client.next_buffer) == (b"1a1b", b"2a2b")


def test_a_song_taken_over_in_the_middle_of_its_loss_goes_on():
    client = with_two_queued()
    client(audio("2a"), audio("2b"), on.ConnectionLost("reset"), END)
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)
    client(on.RetryDue(), on.Connected(), ENDS_ACCEPTED, LISTED, LIST_CLOSED)
    client(audio("2a2b2c"), CLOSED)
    assert client.buffer == b"2a2b2c"


def test_a_song_that_cannot_be_decoded_is_left_for_the_next():
    client = with_two_queued()
    client(audio("2a"), audio("2b"), on.Undecodable("it is a WAV"))
    assert do.Report.SONG_UNDECODABLE in client.told()
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)
    assert queue_of(client) == ((), 2, (3,)), "what has failed is not gone back to"


# No song's audio gets into another's buffer


@pytest.mark.parametrize("arrived", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "command", [on.PlayRequested(9), ask.PrevRequested(), on.StopRequested()], ids=str
)
def test_the_next_song_is_dropped_with_this_one(arrived, command):
    client = with_two_queued()
    client.session.queue.played = (9,)
    client(*[audio(f"2{letter}") for letter in "abc"[:arrived]])
    client(command)
    assert client.did(do.DropBuffers)
    assert client.session.next_song.state is SongState.UNWANTED
    client(audio("2 late"), CLOSED)
    assert (client.buffer, client.next_buffer) == (b"", b"")
    client(audio("9a"), CLOSED)
    wanted = b"" if isinstance(command, on.StopRequested) else b"9a"
    assert (client.buffer, client.next_buffer) == (wanted, b"")


@pytest.mark.parametrize("arrived", [0, 1, 2])
def test_next_takes_the_song_that_is_on_its_way_and_requests_nothing_again(arrived):
    client = with_two_queued()
    client(*[audio(f"2{letter}") for letter in "ab"[:arrived]])
    client(ask.NextRequested())
    assert client.did(do.SkipSong)
    assert client.sent() == []
    states = (
        (SongState.OPENED, PlayerState.SILENT),
        (SongState.COLLECTING, PlayerState.SILENT),
        (SongState.ENOUGH, PlayerState.RUNNING),
    )
    assert client.states == states[arrived]
    client(*[audio(f"2{letter}") for letter in "abc"[arrived:]], CLOSED)
    assert client.buffer == b"2a2b2c"
    assert queue_of(client) == ((1,), 2, (3,))


def test_next_in_the_middle_of_a_song_drops_the_rest_of_it():
    client = closing_server()
    client(ask.EditRequested(Append((1, 2))), audio("1a"), audio("1b"))
    client(ask.NextRequested())
    assert client.sent() == ["PLAY 2"]
    client(audio("1 late"), CLOSED, audio("2a"), CLOSED)
    assert client.buffer == b"2a"


def test_the_next_song_begins_in_the_place_of_one_that_was_skipped():
    client = with_two_queued()
    client(audio("2a"), CLOSED, ask.NextRequested(), audio("3a"), CLOSED)
    assert (client.buffer, client.next_buffer) == (b"2a", b"3a")


# prev


def test_prev_goes_back_and_next_forward_again():
    client = with_two_queued()
    client(audio("2a"), CLOSED, END, ask.PrevRequested())
    assert queue_of(client) == ((), 1, (2, 3))
    assert "PLAY 1" in client.sent()
    client(ask.NextRequested())
    assert queue_of(client) == ((1,), 2, (3,))


def test_prev_in_the_first_song_starts_it_over():
    client = with_two_queued()
    client(ask.PrevRequested())
    assert client.latest == [do.SeekPlayer(0.0, ask.Measure.FROM_START)]


def test_without_a_song_before_it_prev_says_so():
    client = closing_server()
    assert client(ask.PrevRequested()) == [do.Tell(do.Report.NOTHING_BEFORE)]


# repeat


def test_repeat_all_begins_again():
    client = closing_server()
    client(ask.RepeatRequested(Repeat.ALL), ask.EditRequested(Append((1, 2))))
    client(audio("1a"), CLOSED, audio("2a"), CLOSED)
    client(END)
    assert client.sent() == ["PLAY 1"]
    client(audio("1a"), CLOSED)
    client(END)
    assert queue_of(client) == ((), 1, (2,))
    assert client.sent() == ["PLAY 2"]


def test_repeat_one_plays_it_again_and_next_leaves_it():
    client = closing_server()
    client(ask.RepeatRequested(Repeat.ONE), ask.EditRequested(Append((1, 2))))
    client(audio("1a"), CLOSED)
    assert "PLAY 1" in client.sent()
    client(audio("1a"), CLOSED, END)
    assert queue_of(client) == ((), 1, (2,))
    client(ask.NextRequested())
    assert "PLAY 2" in client.sent()
    assert queue_of(client) == ((1,), 2, ())


def test_repeat_one_counts_when_another_song_is_on_its_way():
    client = with_two_queued()
    client(audio("2a"), ask.RepeatRequested(Repeat.ONE))
    assert client.sent() == ["STOP", "PLAY 1"]
    client(audio("2 late"), CLOSED, audio("1a"), CLOSED)
    assert (client.buffer, client.next_buffer) == (b"1a1b", b"1a")


def test_repeat_off_drops_what_would_have_come():
    client = closing_server()
    client(ask.RepeatRequested(Repeat.ALL), *ONE_WHOLE)
    assert client.sent()[-1:] == ["PLAY 1"]
    client(ask.RepeatRequested(Repeat.OFF))
    assert client.sent() == ["STOP"]
    client(audio("late"), CLOSED, END)
    assert client.session.queue.state is QueueState.IDLE


@pytest.mark.parametrize("repeat", [Repeat.ONE, Repeat.ALL])
def test_songs_that_fail_are_not_tried_for_ever(repeat):
    client = closing_server()
    client(ask.RepeatRequested(repeat), ask.EditRequested(Append((1, 2, 3))))
    for _ in range(20):
        if not client.session.queue.current:
            break
        client(on.NotFoundReceived())
    assert client.session.queue.state is QueueState.IDLE
    assert len([e for e in client.effects if e == do.SendRequest(Request.PLAY, 1)]) == 1


@pytest.mark.parametrize("repeat", [Repeat.ONE, Repeat.ALL])
def test_a_song_that_fails_when_it_is_repeated_is_not_tried_for_ever(repeat):
    client = closing_server()
    client(ask.RepeatRequested(repeat), *ONE_WHOLE)
    for _ in range(20):
        client(on.NotFoundReceived())
    client(END, on.NotFoundReceived())
    assert client.session.queue.state is QueueState.IDLE


# wait


def enter_wait(client):
    return client(on.CommandEntered(on.Command.WAIT, on.WaitRequested()))


def test_wait_lasts_until_the_queue_has_run_out():
    client = with_two_queued()
    enter_wait(client)
    client(audio("2a"), CLOSED, END, audio("3a"), CLOSED, END)
    assert not any(isinstance(e, do.ShowPrompt) for e in client.effects)
    client(END)
    assert client.did(do.ShowPrompt)


def test_wait_for_nothing_ends_at_once():
    assert do.ShowPrompt() in enter_wait(closing_server())


@pytest.mark.parametrize("event", [ask.PauseRequested(), on.DeviceLost("gone")])
def test_wait_for_what_is_silent_ends_at_once(event):
    client = with_two_queued()
    client(event)
    assert do.ShowPrompt() in enter_wait(client)


def test_a_device_that_goes_ends_a_wait():
    client = with_two_queued()
    enter_wait(client)
    client(on.DeviceLost("gone"))
    assert client.did(do.ShowPrompt)


# A server that has been started again with other files

RENUMBERED = on.ListReceived(
    tuple(on.ListedSong(n, f"song {old}") for n, old in enumerate((7, 3, 1, 2), 1))
)
AGAIN = (on.ConnectionLost("cut"), on.RetryDue(), on.Connected(), ENDS_ACCEPTED)


def test_over_a_new_connection_the_queue_is_that_of_the_same_songs():
    client = closing_server()
    client(ask.EditRequested(Append((1, 2, 9))), audio("1a"))
    client(*AGAIN, RENUMBERED, LIST_CLOSED)
    assert client.sent() == ["SETUP", "LIST", "PLAY 3"]
    assert do.Tell(do.Report.SONGS_GONE, detail="song 9") in client.latest
    assert queue_of(client) == ((), 3, (4,))
    client(audio("1a"), audio("1b"), CLOSED)
    assert client.sent() == ["PLAY 4"]
    client(audio("2a"), audio("2b"), END)
    assert client.session.song.song_id == 4
    client(CLOSED, ask.PrevRequested())
    assert client.sent() == ["PLAY 3"]


def test_over_a_new_connection_the_song_ahead_is_the_same_song():
    client = with_two_queued()
    client(*AGAIN, RENUMBERED, LIST_CLOSED)
    assert client.sent() == ["SETUP", "LIST", "PLAY 4"]
    client(audio("2a"), audio("2b"), CLOSED, END)
    assert client.sent() == ["PLAY 2"]
    assert queue_of(client) == ((3,), 4, (2,))


def test_over_a_new_connection_a_song_that_is_repeated_is_the_same_song():
    client = closing_server()
    client(on.PlayRequested(1), ask.RepeatRequested(Repeat.ALL), audio("1a"))
    client(*AGAIN, RENUMBERED, LIST_CLOSED)
    client(audio("1a"), audio("1b"), CLOSED)
    assert client.sent() == ["PLAY 3"]


def test_over_a_new_connection_a_song_ahead_that_is_gone_is_left_out():
    client = closing_server()
    client(ask.EditRequested(Append((1, 9, 2))), audio("1a"), audio("1b"), CLOSED)
    assert client.sent() == ["PLAY 1", "PLAY 9"]
    client(*AGAIN, RENUMBERED, LIST_CLOSED)
    assert client.sent() == ["SETUP", "LIST", "PLAY 4"]
    assert do.Report.SONG_CUT_OFF in client.told()
    assert do.Report.SONGS_GONE not in client.told(), "it is told once"
    assert queue_of(client) == ((), 3, (4,))
