"""Pause, seek, volume and a device that goes away, as a person drives them."""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.playback_table import PlaybackState
from fsm.client.requests import Measure
from fsm.client.transport import TransportState
from tests.fsm.talking import CLOSED, LISTED, Talk, audio

PLAYING = (on.PlayRequested(1), audio("a"), audio("b"))


def playing(**options):
    talk = Talk(**options)
    talk(*PLAYING)
    return talk


# pause and resume


def test_a_pause_is_for_the_ears_and_the_song_arrives_on():
    talk = playing()
    assert talk(ask.PauseRequested()) == [do.PausePlayer()]
    talk(audio("c"), CLOSED)
    assert talk.buffer == b"abc"
    assert talk(ask.ResumeRequested()) == [do.ResumePlayer()]


def test_each_is_needed_once():
    talk = playing()
    assert talk(ask.ResumeRequested()) == []
    talk(ask.PauseRequested())
    assert talk(ask.PauseRequested()) == []


@pytest.mark.parametrize("command", [ask.PauseRequested(), ask.ResumeRequested()])
def test_with_nothing_played_it_is_said(command):
    assert Talk()(command) == [do.Tell(do.Report.NOTHING_PLAYS)]
    talk = playing()
    talk(CLOSED, on.PlayedOut())
    assert talk(command) == [do.Tell(do.Report.NOTHING_PLAYS)]


def test_a_song_may_be_paused_before_it_is_heard():
    talk = Talk()
    talk(on.PlayRequested(1), audio("a"), ask.PauseRequested(), audio("b"))
    assert talk.did(do.PausePlayer)
    assert talk.did(do.StartPlayer)
    assert not talk.did(do.ResumePlayer)


@pytest.mark.parametrize(
    "chosen", [on.PlayRequested(2), ask.NextRequested(), ask.PrevRequested()], ids=str
)
def test_a_song_that_a_person_chooses_ends_the_pause(chosen):
    talk = Talk()
    talk(ask.QueueRequested((3, 4, 5)), ask.NextRequested(), ask.PauseRequested())
    talk(chosen)
    assert talk.did(do.ResumePlayer)
    assert talk.client.transport.state is TransportState.RUNNING


def test_a_song_that_follows_by_itself_does_not():
    talk = Talk()
    talk(ask.QueueRequested((1, 2)), ask.PauseRequested())
    talk(on.NotFoundReceived())
    assert talk.sent() == ["PLAY 2"]
    assert talk.client.transport.state is TransportState.PAUSED
    assert not talk.did(do.ResumePlayer)


def test_stop_ends_a_pause():
    talk = playing()
    talk(ask.PauseRequested(), on.StopRequested())
    assert talk.did(do.ResumePlayer)
    assert talk.client.transport.state is TransportState.IDLE


# volume


@pytest.mark.parametrize(("asked", "got"), [(0, 0), (80, 80), (100, 100), (130, 100), (-5, 0)])
def test_the_volume_is_0_to_100_at_any_time(asked, got):
    talk = Talk()
    assert talk(ask.VolumeRequested(asked)) == [do.SetVolume(got)]
    assert talk.client.transport.volume == got


# seek


def test_a_seek_goes_to_the_player():
    talk = playing()
    assert talk(ask.SeekRequested(90.0)) == [do.SeekPlayer(90.0, Measure.FROM_START)]
    talk(CLOSED)
    part = ask.SeekRequested(0.5, Measure.FRACTION)
    assert talk(part) == [do.SeekPlayer(0.5, Measure.FRACTION)]


def test_a_seek_before_there_is_enough_to_play_is_where_it_begins():
    talk = Talk(prebuffer=3)
    talk(on.PlayRequested(1), ask.SeekRequested(5.0), audio("a"), audio("b"))
    assert not talk.did(do.SeekPlayer)
    talk(audio("c"))
    sound = [e for e in talk.latest if isinstance(e, do.StartPlayer | do.SeekPlayer)]
    assert sound == [do.StartPlayer(), do.SeekPlayer(5.0, Measure.FROM_START)]


def test_it_is_for_that_song_only():
    talk = Talk()
    talk(on.PlayRequested(1), ask.SeekRequested(5.0), on.PlayRequested(2))
    talk(CLOSED, audio("a"), audio("b"))
    assert talk.did(do.StartPlayer)
    assert not talk.did(do.SeekPlayer)


def test_a_place_that_has_yet_to_arrive_is_waited_for_like_any_audio():
    talk = playing(prebuffer=2)
    talk(ask.SeekRequested(60.0), on.PlaceNotHere(needed_bytes=5))
    assert talk.client.playback.state is PlaybackState.AWAITING
    talk(audio("c"), audio("d"))
    assert talk.client.playback.state is PlaybackState.AWAITING
    talk(audio("e"))
    assert talk.client.playback.state is PlaybackState.STARVED, "the place is here, but no more"
    talk(audio("f"), audio("g"))
    assert talk.did(do.RefillPlayer)
    assert talk.client.playback.state is PlaybackState.PLAYING


def test_the_end_of_the_song_ends_the_waiting():
    talk = playing()
    talk(ask.SeekRequested(60.0), on.PlaceNotHere(needed_bytes=99), audio("c"), CLOSED)
    assert talk.latest[-2:] == [do.FinishBuffer(), do.RefillPlayer()]


def test_a_connection_lost_while_waiting_is_mended():
    talk = playing()
    talk(ask.SeekRequested(60.0), on.PlaceNotHere(needed_bytes=4), on.ConnectionLost())
    talk(on.RetryDue(), on.Connected(), LISTED, on.SetupReceived(("alfine/1", "ends")))
    talk(audio("abcd"))
    assert talk.buffer == b"abcd"
    assert talk.client.playback.state is PlaybackState.STARVED


def test_a_seek_back_ends_the_waiting():
    talk = playing()
    talk(ask.SeekRequested(60.0), on.PlaceNotHere(needed_bytes=99), ask.SeekRequested(0.0))
    assert talk.client.playback.state is PlaybackState.PLAYING


def test_with_nothing_played_there_is_nothing_to_seek_in():
    assert Talk()(ask.SeekRequested(1.0)) == [do.Tell(do.Report.NOTHING_PLAYS)]


# The device


def test_a_device_that_goes_away_is_a_pause_with_one_line_and_resume_goes_on():
    talk = playing()
    talk(on.DeviceLost("it was unplugged"))
    assert talk.told() == [do.Report.DEVICE_LOST]
    assert talk.client.playback.state is PlaybackState.PLAYING
    talk(audio("c"), CLOSED)
    assert talk.buffer == b"abc"
    assert talk(ask.ResumeRequested()) == [do.ResumePlayer()]
    talk(on.PlayedOut())
    assert do.Report.SONG_PLAYED in talk.told()


def test_if_there_is_no_other_it_is_said_again():
    talk = playing()
    talk(on.DeviceLost("unplugged"), ask.ResumeRequested(), on.DeviceLost("there is none"))
    assert talk.told() == [do.Report.DEVICE_LOST, do.Report.DEVICE_LOST]
    assert talk.client.transport.state is TransportState.DEVICE_LOST


def test_an_output_that_is_gone_for_good_ends_song_and_queue():
    talk = Talk()
    talk(ask.QueueRequested((1, 2)), audio("a"), audio("b"))
    talk(on.OutputFailed("the disk is full"))
    assert talk.told() == [do.Report.OUTPUT_FAILED]
    assert talk.sent() == ["STOP"]
    assert talk.client.playback.state is PlaybackState.STOPPED
    assert talk.client.queue.upcoming == (2,)


# As much as the flow needs


def flow(arrival, song=40_000, total=9_600_000):
    return on.FlowMeasured(arrival, song, total)


def messages_until_it_plays(*measured, most=3000):
    talk = Talk(prebuffer=None)
    talk(on.PlayRequested(1))
    for count in range(1, most):
        talk(*measured, on.AudioReceived(bytes(4096)))
        if talk.did(do.StartPlayer):
            return count
    return None


def test_from_a_fast_server_playing_begins_after_a_moment_of_music():
    assert 0.9 < messages_until_it_plays(flow(1_250_000)) * 4096 / 40_000 < 1.2


def test_from_a_server_that_is_hardly_faster_than_the_music_there_is_more_in_store():
    fast, slow = (messages_until_it_plays(flow(rate)) for rate in (250_000, 60_000))
    assert fast < slow < 500


def test_from_a_server_that_is_too_slow_the_rest_arrives_in_time():
    count = messages_until_it_plays(flow(30_000))
    held, rate, song, total = count * 4096, 0.8 * 30_000, 40_000, 9_600_000
    # In the time in which the rest arrives no more is played than is here by then.
    assert song * (total - held) / rate <= total
    assert held < total


def test_without_a_measurement_it_does_not_begin_before_the_song_is_whole():
    assert messages_until_it_plays() is None
    talk = Talk(prebuffer=None)
    talk(on.PlayRequested(1), audio("a"), CLOSED)
    assert talk.did(do.StartPlayer)


def test_after_an_underrun_only_what_came_since_counts():
    talk = Talk(prebuffer=None)
    talk(on.PlayRequested(1), flow(60_000), *[on.AudioReceived(bytes(4096))] * 100)
    assert talk.did(do.StartPlayer)
    talk(on.BufferRanDry(), flow(60_000), on.AudioReceived(bytes(4096)))
    assert not talk.did(do.RefillPlayer)
    talk(*[on.AudioReceived(bytes(4096))] * 30)
    assert talk.did(do.RefillPlayer)
