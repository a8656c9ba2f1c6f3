"""What follows what: the queue, next and prev, and the song that is asked for ahead.

Written by hand: one song's audio never reaches another's buffer, whatever a person does meanwhile.
"""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.ahead_table import AheadState
from fsm.client.playback_table import PlaybackState
from fsm.client.queue import shuffled
from fsm.client.queue_table import QueueState
from fsm.client.requests import Repeat
from fsm.words import Request
from tests.fsm.talking import CLOSED, LISTED, Talk, audio

ONE_WHOLE = (on.PlayRequested(1), audio("1a"), audio("1b"), CLOSED)
END = on.PlayedOut()


def with_two_queued(**options):
    """Song 1 is whole and plays; 2 and 3 are queued, so 2 has been asked for."""
    talk = Talk(**options)
    talk(ask.QueueRequested((1, 2, 3)), audio("1a"), audio("1b"), CLOSED)
    return talk


def queue_of(talk):
    queue = talk.client.queue
    return queue.played, queue.current, queue.upcoming


# What is queued


def test_what_is_queued_while_nothing_plays_begins_at_once():
    talk = Talk()
    talk(ask.QueueRequested((3, 4)))
    assert talk.sent() == ["PLAY 3"]
    assert queue_of(talk) == ((), 3, (4,))


def test_what_is_queued_while_a_song_arrives_waits_for_it():
    talk = Talk()
    talk(on.PlayRequested(1), audio("1a"), ask.QueueRequested((2,)), audio("1b"))
    assert talk.sent() == ["PLAY 1"]
    talk(CLOSED)
    assert talk.sent() == ["PLAY 2"]


def test_what_is_queued_when_the_song_is_whole_is_asked_for_at_once():
    talk = Talk()
    talk(*ONE_WHOLE)
    talk(ask.QueueRequested((2,)))
    assert talk.sent() == ["PLAY 2"]
    assert not talk.did(do.DropBuffer)


def test_a_song_that_is_played_leaves_the_queue_as_it_is():
    talk = with_two_queued()
    talk(on.PlayRequested(9))
    assert queue_of(talk) == ((1,), 9, (2, 3))


def test_stop_leaves_the_queue_for_next():
    talk = with_two_queued()
    talk(on.StopRequested())
    assert talk.client.queue.state is QueueState.IDLE
    talk(ask.NextRequested())
    assert talk.sent() == ["PLAY 2"]
    assert queue_of(talk) == ((1,), 2, (3,))


def test_clear_forgets_what_is_to_come_and_what_was():
    talk = with_two_queued()
    talk(ask.ClearRequested())
    assert queue_of(talk) == ((), 1, ())
    assert talk.sent() == ["STOP"], "song 2 is on its way"
    assert talk.did(do.DropNextBuffer)
    assert not talk.did(do.DropBuffer)
    talk(audio("2 late"), CLOSED)
    assert talk.buffer == b"1a1b"
    talk(END)
    assert talk.client.queue.state is QueueState.IDLE


def test_shuffle_is_told_its_chance_and_leaves_a_song_that_is_on_its_way():
    talk = with_two_queued()
    talk(ask.QueueRequested((4, 5, 6, 7, 8)), ask.ShuffleRequested(seed=11))
    assert talk.client.queue.upcoming == (2, *shuffled((3, 4, 5, 6, 7, 8), 11))
    assert not talk.did(do.SendRequest)


def test_every_order_can_come_of_a_shuffle():
    orders = {shuffled((1, 2, 3), seed) for seed in range(200)}
    assert len(orders) == 6
    assert shuffled((1, 2, 3), 5) == shuffled((1, 2, 3), 5)


@pytest.mark.parametrize("asked", [ask.NextRequested(), ask.ShuffleRequested(1)])
def test_with_nothing_queued_there_is_nothing_next(asked):
    talk = Talk()
    assert talk(asked) == [do.Tell(do.Report.NOTHING_FOLLOWS)]
    talk(*ONE_WHOLE)
    assert talk(asked) == [do.Tell(do.Report.NOTHING_FOLLOWS)]
    assert talk.client.playback.state is PlaybackState.FINISHING


# The song asked for ahead


def test_the_next_song_is_asked_for_when_this_one_is_whole_and_goes_into_its_own_buffer():
    talk = with_two_queued()
    assert "PLAY 2" in talk.sent()
    talk(audio("2a"))
    assert (talk.buffer, talk.next_buffer) == (b"1a1b", b"2a")
    assert not talk.did(do.QueueNextSong), "there is not enough of it yet"
    talk(audio("2b"))
    assert talk.did(do.QueueNextSong)
    talk(END)
    assert talk.buffer == b"2a2b"
    assert talk.client.playback.state is PlaybackState.PLAYING
    assert not talk.did(do.StartPlayer), "the player has gone on by itself"
    assert talk.told() == [do.Report.SONG_PLAYED, do.Report.SONG_PLAYING]
    talk(audio("2c"), CLOSED)
    assert talk.buffer == b"2a2b2c"
    assert talk.sent() == ["PLAY 3"]


def test_a_next_song_that_is_whole_has_the_one_after_it_asked_for():
    talk = with_two_queued()
    talk(audio("2a"), CLOSED)
    assert talk.did(do.QueueNextSong)
    assert talk.sent() == [], "one song ahead is enough"
    talk(END)
    assert talk.sent() == ["PLAY 3"]
    assert talk.client.playback.state is PlaybackState.FINISHING
    talk(audio("3a"), CLOSED, END, END)
    assert talk.client.playback.state is PlaybackState.STOPPED
    assert queue_of(talk) == ((1, 2, 3), 0, ())


def test_a_next_song_of_which_there_is_too_little_is_buffered_first():
    talk = with_two_queued(prebuffer=2)
    talk(audio("2a"), END)
    assert talk.client.playback.state is PlaybackState.BUFFERING
    talk(audio("2b"))
    assert talk.did(do.StartPlayer)
    assert talk.buffer == b"2a2b"


def test_a_next_song_that_has_not_begun_to_arrive_is_waited_for():
    talk = with_two_queued()
    talk(END)
    assert talk.client.playback.state is PlaybackState.BUFFERING
    talk(audio("2a"), audio("2b"))
    assert talk.did(do.StartPlayer)
    assert talk.buffer == b"2a2b"


def test_nothing_is_asked_for_ahead_from_a_plain_server():
    """Silence does not prove that a song is whole, and what is left of it would be cut off."""
    talk = Talk()
    talk.client = type(talk.client)(2, plain=True)
    talk(on.Connected(), ask.QueueRequested((1, 2)), audio("1a"), audio("1b"))
    talk(on.SongWentQuiet())
    assert talk.sent() == []
    talk(END)
    assert "PLAY 2" in talk.sent()


def test_404_for_the_next_song_is_told_and_the_one_after_it_is_asked_for():
    talk = with_two_queued()
    talk(on.NotFoundReceived())
    assert talk.told() == [do.Report.SONG_NOT_FOUND]
    assert talk.sent() == ["PLAY 3"]
    talk(audio("3a"), CLOSED, END)
    assert talk.buffer == b"3a"
    assert queue_of(talk) == ((1,), 3, ())


def test_404_for_the_last_song_ends_the_queue():
    talk = Talk()
    talk(ask.QueueRequested((1, 2)), audio("1a"), CLOSED, on.NotFoundReceived())
    assert talk.client.queue.state is QueueState.WHOLE
    talk(END)
    assert talk.client.queue.state is QueueState.IDLE


def test_a_next_song_that_is_cut_off_is_played_as_far_as_it_came():
    talk = with_two_queued()
    talk(audio("2a"), on.NotFoundReceived())
    assert talk.did(do.QueueNextSong)
    talk(END)
    assert talk.client.playback.state is PlaybackState.BREAKING_OFF
    talk(END)
    assert do.Report.SONG_CUT_OFF in talk.told()
    assert talk.sent() == ["PLAY 3"]


def test_a_connection_lost_in_the_next_song_is_mended_while_this_one_plays():
    talk = with_two_queued()
    talk(audio("2a"), on.ConnectionLost("reset"), on.RetryDue(), on.Connected(), LISTED)
    talk(on.SetupReceived(("alfine/1", "ends")))
    assert talk.sent() == ["PLAY 2"]
    talk(audio("2a2b"), CLOSED)
    assert (talk.buffer, talk.next_buffer) == (b"1a1b", b"2a2b")


def test_a_song_taken_over_in_the_middle_of_its_loss_goes_on():
    talk = with_two_queued()
    talk(audio("2a"), audio("2b"), on.ConnectionLost("reset"), END)
    assert talk.client.playback.state is PlaybackState.PLAYING
    talk(on.RetryDue(), on.Connected(), LISTED, on.SetupReceived(("alfine/1", "ends")))
    talk(audio("2a2b2c"), CLOSED)
    assert talk.buffer == b"2a2b2c"


def test_a_song_that_cannot_be_decoded_is_left_for_the_next():
    talk = with_two_queued()
    talk(audio("2a"), audio("2b"), on.Undecodable("it is a WAV"))
    assert do.Report.SONG_UNDECODABLE in talk.told()
    assert talk.client.playback.state is PlaybackState.PLAYING
    assert queue_of(talk) == ((), 2, (3,)), "what has failed is not gone back to"


# Nobody's audio gets into another's buffer


@pytest.mark.parametrize("arrived", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "command", [on.PlayRequested(9), ask.PrevRequested(), on.StopRequested()], ids=str
)
def test_the_next_song_is_dropped_with_this_one(arrived, command):
    talk = with_two_queued()
    talk.client.queue.played = (9,)
    talk(*[audio(f"2{letter}") for letter in "abc"[:arrived]])
    talk(command)
    assert talk.did(do.DropBuffer)
    assert talk.client.ahead.state is AheadState.NOTHING
    talk(audio("2 late"), CLOSED)
    assert (talk.buffer, talk.next_buffer) == (b"", b"")
    talk(audio("9a"), CLOSED)
    wanted = b"" if isinstance(command, on.StopRequested) else b"9a"
    assert (talk.buffer, talk.next_buffer) == (wanted, b"")


@pytest.mark.parametrize("arrived", [0, 1, 2])
def test_next_takes_the_song_that_is_on_its_way_and_asks_for_nothing_again(arrived):
    talk = with_two_queued()
    talk(*[audio(f"2{letter}") for letter in "ab"[:arrived]])
    talk(ask.NextRequested())
    assert talk.did(do.SkipSong)
    assert talk.sent() == []
    states = (PlaybackState.BUFFERING, PlaybackState.BUFFERING, PlaybackState.PLAYING)
    assert talk.client.playback.state is states[arrived]
    talk(*[audio(f"2{letter}") for letter in "abc"[arrived:]], CLOSED)
    assert talk.buffer == b"2a2b2c"
    assert queue_of(talk) == ((1,), 2, (3,))


def test_next_in_the_middle_of_a_song_drops_the_rest_of_it():
    talk = Talk()
    talk(ask.QueueRequested((1, 2)), audio("1a"), audio("1b"))
    talk(ask.NextRequested())
    assert talk.sent() == ["PLAY 2"]
    talk(audio("1 late"), CLOSED, audio("2a"), CLOSED)
    assert talk.buffer == b"2a"


def test_the_end_of_a_song_that_was_skipped_at_that_moment_ends_no_other():
    """The player's report carries the song's number, so it is not delivered at all."""
    talk = with_two_queued()
    talk(audio("2a"), CLOSED, ask.NextRequested(), audio("3a"), CLOSED)
    assert (talk.buffer, talk.next_buffer) == (b"2a", b"3a")


# prev


def test_prev_goes_back_and_next_forward_again():
    talk = with_two_queued()
    talk(audio("2a"), CLOSED, END, ask.PrevRequested())
    assert queue_of(talk) == ((), 1, (2, 3))
    assert "PLAY 1" in talk.sent()
    talk(ask.NextRequested())
    assert queue_of(talk) == ((1,), 2, (3,))


def test_prev_in_the_first_song_starts_it_over():
    talk = with_two_queued()
    talk(ask.PrevRequested())
    assert talk.latest == [do.SeekPlayer(0.0, ask.Measure.FROM_START)]


def test_prev_of_nothing_is_nothing():
    talk = Talk()
    assert talk(ask.PrevRequested()) == [do.Tell(do.Report.NOTHING_FOLLOWS)]


# repeat


def test_repeat_all_begins_again():
    talk = Talk()
    talk(ask.RepeatRequested(Repeat.ALL), ask.QueueRequested((1, 2)))
    talk(audio("1a"), CLOSED, audio("2a"), CLOSED)
    talk(END)
    assert talk.sent() == ["PLAY 1"]
    talk(audio("1a"), CLOSED)
    talk(END)
    assert queue_of(talk) == ((), 1, (2,))
    assert talk.sent() == ["PLAY 2"]


def test_repeat_one_plays_it_again_and_next_leaves_it():
    talk = Talk()
    talk(ask.RepeatRequested(Repeat.ONE), ask.QueueRequested((1, 2)))
    talk(audio("1a"), CLOSED)
    assert "PLAY 1" in talk.sent()
    talk(audio("1a"), CLOSED, END)
    assert queue_of(talk) == ((), 1, (2,))
    talk(ask.NextRequested())
    assert "PLAY 2" in talk.sent()
    assert queue_of(talk) == ((1,), 2, ())


def test_repeat_one_is_heard_when_another_song_is_on_its_way():
    talk = with_two_queued()
    talk(audio("2a"), ask.RepeatRequested(Repeat.ONE))
    assert talk.sent() == ["STOP", "PLAY 1"]
    talk(audio("2 late"), CLOSED, audio("1a"), CLOSED)
    assert (talk.buffer, talk.next_buffer) == (b"1a1b", b"1a")


def test_repeat_off_drops_what_would_have_come():
    talk = Talk()
    talk(ask.RepeatRequested(Repeat.ALL), *ONE_WHOLE)
    assert talk.sent()[-1:] == ["PLAY 1"]
    talk(ask.RepeatRequested(Repeat.OFF))
    assert talk.sent() == ["STOP"]
    talk(audio("late"), CLOSED, END)
    assert talk.client.queue.state is QueueState.IDLE


@pytest.mark.parametrize("repeat", [Repeat.ONE, Repeat.ALL])
def test_songs_that_fail_are_not_tried_for_ever(repeat):
    talk = Talk()
    talk(ask.RepeatRequested(repeat), ask.QueueRequested((1, 2, 3)))
    for _ in range(20):
        if not talk.client.queue.current:
            break
        talk(on.NotFoundReceived())
    assert talk.client.queue.state is QueueState.IDLE
    assert len([e for e in talk.effects if e == do.SendRequest(Request.PLAY, 1)]) == 1


@pytest.mark.parametrize("repeat", [Repeat.ONE, Repeat.ALL])
def test_a_song_that_fails_when_it_is_repeated_is_not_tried_for_ever(repeat):
    talk = Talk()
    talk(ask.RepeatRequested(repeat), *ONE_WHOLE)
    for _ in range(20):
        talk(on.NotFoundReceived())
    talk(END, on.NotFoundReceived())
    assert talk.client.queue.state is QueueState.IDLE


# wait


def asked_to_wait(talk):
    return talk(on.CommandEntered(on.Command.WAIT, on.WaitRequested()))


def test_wait_lasts_until_the_queue_has_run_out():
    talk = with_two_queued()
    asked_to_wait(talk)
    talk(audio("2a"), CLOSED, END, audio("3a"), CLOSED, END)
    assert not any(isinstance(e, do.ShowPrompt) for e in talk.effects)
    talk(END)
    assert talk.did(do.ShowPrompt)


def test_wait_for_nothing_ends_at_once():
    assert do.ShowPrompt() in asked_to_wait(Talk())


@pytest.mark.parametrize("event", [ask.PauseRequested(), on.DeviceLost("gone")])
def test_wait_for_what_is_silent_ends_at_once(event):
    talk = with_two_queued()
    talk(event)
    assert do.ShowPrompt() in asked_to_wait(talk)


def test_a_device_that_goes_ends_a_wait():
    talk = with_two_queued()
    asked_to_wait(talk)
    talk(on.DeviceLost("gone"))
    assert talk.did(do.ShowPrompt)
