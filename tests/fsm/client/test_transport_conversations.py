"""The whole client: pause, seek, volume, a device that goes away, the measured prebuffer."""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.effects import Buffer
from fsm.client.player import PlayerState
from fsm.client.queue.edits import Append
from fsm.client.requests import Measure
from fsm.client.song.table import SongState
from fsm.client.transport import TransportState
from tests.fsm.driver import (
    CLOSED,
    ENDS_ACCEPTED,
    FROM_ACCEPTED,
    LIST_CLOSED,
    LISTED,
    ClientDriver,
    audio,
    closing_server,
)

PLAYING = (on.PlayRequested(1), audio("a"), audio("b"))


def playing(**options):
    client = closing_server(**options)
    client(*PLAYING)
    return client


# pause and resume


def test_a_pause_silences_the_player_and_the_song_arrives_on():
    client = playing()
    assert client(ask.PauseRequested()) == [do.PausePlayer()]
    client(audio("c"), CLOSED)
    assert client.buffer == b"abc"
    assert client(ask.ResumeRequested()) == [do.ResumePlayer()]


def test_a_second_pause_or_resume_does_nothing():
    client = playing()
    assert client(ask.ResumeRequested()) == []
    client(ask.PauseRequested())
    assert client(ask.PauseRequested()) == []


@pytest.mark.parametrize(
    "command", [ask.PauseRequested(), ask.ResumeRequested(), ask.ToggleRequested()]
)
def test_with_nothing_played_that_is_told(command):
    assert closing_server()(command) == [do.Tell(do.Report.NOTHING_PLAYS)]
    client = playing()
    client(CLOSED, on.PlayedOut())
    assert client(command) == [do.Tell(do.Report.NOTHING_PLAYS)]


def test_a_song_may_be_paused_before_it_is_heard():
    client = closing_server()
    client(on.PlayRequested(1), audio("a"), ask.PauseRequested(), audio("b"))
    assert client.did(do.PausePlayer)
    assert client.did(do.StartPlayer)
    assert not client.did(do.ResumePlayer)


@pytest.mark.parametrize(
    "chosen", [on.PlayRequested(2), ask.NextRequested(), ask.PrevRequested()], ids=str
)
def test_a_song_that_a_person_chooses_ends_the_pause(chosen):
    client = closing_server()
    client(ask.EditRequested(Append((3, 4, 5))), ask.NextRequested(), ask.PauseRequested())
    client(chosen)
    assert client.did(do.ResumePlayer)
    assert client.session.transport.state is TransportState.RUNNING


def test_a_song_that_follows_by_itself_does_not():
    client = closing_server()
    client(ask.EditRequested(Append((1, 2))), ask.PauseRequested())
    client(on.NotFoundReceived())
    assert client.sent() == ["PLAY 2"]
    assert client.session.transport.state is TransportState.PAUSED
    assert not client.did(do.ResumePlayer)


def test_stop_ends_a_pause():
    client = playing()
    client(ask.PauseRequested(), on.StopRequested())
    assert client.did(do.ResumePlayer)
    assert client.session.transport.state is TransportState.IDLE


# volume


@pytest.mark.parametrize(
    ("requested", "volume"), [(0, 0), (80, 80), (100, 100), (130, 100), (-5, 0)]
)
def test_the_volume_is_0_to_100_at_any_time(requested, volume):
    client = closing_server()
    assert client(ask.VolumeRequested(requested)) == [do.SetVolume(volume)]
    assert client.session.transport.volume == volume


def test_the_gain_is_kept():
    client = closing_server()
    assert client(ask.GainRequested(ask.Gain.ALBUM)) == [do.SetGain(ask.Gain.ALBUM)]
    assert client.session.transport.gain is ask.Gain.ALBUM


# seek


def test_a_seek_goes_to_the_player():
    client = playing()
    assert client(ask.SeekRequested(90.0)) == [do.SeekPlayer(90.0, Measure.FROM_START)]
    client(CLOSED)
    part = ask.SeekRequested(0.5, Measure.FRACTION)
    assert client(part) == [do.SeekPlayer(0.5, Measure.FRACTION)]


def test_a_seek_before_there_is_enough_to_play_is_where_it_begins():
    client = closing_server(prebuffer=3)
    client(on.PlayRequested(1), ask.SeekRequested(5.0), audio("a"), audio("b"))
    assert not client.did(do.SeekPlayer)
    client(audio("c"))
    sound = [e for e in client.latest if isinstance(e, do.StartPlayer | do.SeekPlayer)]
    assert sound == [do.StartPlayer(), do.SeekPlayer(5.0, Measure.FROM_START)]


def test_a_place_is_sought_in_that_song_only():
    client = closing_server()
    client(on.PlayRequested(1), ask.SeekRequested(5.0), on.PlayRequested(2))
    client(CLOSED, audio("a"), audio("b"))
    assert client.did(do.StartPlayer)
    assert not client.did(do.SeekPlayer)


def test_a_place_that_has_yet_to_arrive_is_waited_for_like_any_audio():
    client = playing(prebuffer=2)
    client(ask.SeekRequested(60.0), on.PlaceNotHere(5, 4))
    assert client.states == (SongState.AWAITING, PlayerState.DRY)
    client(audio("c"), audio("d"))
    assert client.states == (SongState.AWAITING, PlayerState.DRY)
    client(audio("e"))
    assert client.states == (SongState.COLLECTING, PlayerState.DRY), (
        "the place is here, but no more"
    )
    client(audio("f"), audio("g"))
    assert client.did(do.RefillPlayer)
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)


def test_the_end_of_the_song_ends_the_waiting():
    client = playing()
    client(ask.SeekRequested(60.0), on.PlaceNotHere(99, 98), audio("c"), CLOSED)
    assert client.latest[-2:] == [do.FinishBuffer(Buffer.PRESENT), do.RefillPlayer()]


def test_a_connection_lost_while_waiting_is_made_again():
    client = playing()
    client(ask.SeekRequested(60.0), on.PlaceNotHere(4, 3), on.ConnectionLost())
    client(on.RetryDue(), on.Connected(), ENDS_ACCEPTED, LISTED, LIST_CLOSED)
    client(audio("abcd"))
    assert client.buffer == b"abcd"
    assert client.states == (SongState.COLLECTING, PlayerState.DRY)


def test_a_seek_back_ends_the_waiting():
    client = playing()
    client(ask.SeekRequested(60.0), on.PlaceNotHere(99, 98), ask.SeekRequested(0.0))
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)


def test_with_nothing_played_there_is_nothing_to_seek_in():
    assert closing_server()(ask.SeekRequested(1.0)) == [do.Tell(do.Report.NOTHING_PLAYS)]


# The device


def test_a_device_that_goes_away_is_a_pause_with_one_line_and_resume_goes_on():
    client = playing()
    client(on.DeviceLost("it was unplugged"))
    assert client.told() == [do.Report.DEVICE_LOST]
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)
    client(audio("c"), CLOSED)
    assert client.buffer == b"abc"
    assert client(ask.ResumeRequested()) == [do.ResumePlayer()]
    client(on.PlayedOut())
    assert do.Report.SONG_PLAYED in client.told()


def test_if_there_is_no_other_device_that_is_told_again():
    client = playing()
    client(on.DeviceLost("unplugged"), ask.ResumeRequested(), on.DeviceLost("there is none"))
    assert client.told() == [do.Report.DEVICE_LOST, do.Report.DEVICE_LOST]
    assert client.session.transport.state is TransportState.DEVICE_LOST


def test_an_output_that_is_gone_for_good_ends_song_and_queue():
    client = closing_server()
    client(ask.EditRequested(Append((1, 2))), audio("a"), audio("b"))
    client(on.OutputFailed("the disk is full"))
    assert client.told() == [do.Report.OUTPUT_FAILED]
    assert client.sent() == ["STOP"]
    assert client.states == (SongState.UNWANTED, PlayerState.SILENT)
    assert client.session.queue.upcoming == (2,)


# As much as the measured flow needs


def flow(arrival, song=40_000, total=9_600_000):
    return on.FlowMeasured(arrival, song, total)


def messages_until_it_plays(*measured, most=3000):
    client = closing_server(prebuffer=None)
    client(on.PlayRequested(1))
    for count in range(1, most):
        client(*measured, on.AudioReceived(bytes(4096)))
        if client.did(do.StartPlayer):
            return count
    return None


def test_from_a_fast_server_playing_begins_after_a_moment_of_music():
    assert 0.9 < messages_until_it_plays(flow(1_250_000)) * 4096 / 40_000 < 1.2


def test_from_a_server_that_is_faster_than_the_music_a_little_is_enough():
    assert 0.3 < messages_until_it_plays(flow(62_500)) * 4096 / 40_000 < 0.5


def test_from_a_server_that_is_hardly_faster_than_the_music_more_is_buffered():
    fast, slow = (messages_until_it_plays(flow(rate)) for rate in (62_500, 52_000))
    assert fast < slow < 10


def test_no_music_is_waited_for_that_takes_longer_than_it_is_worth():
    for rate in (62_500, 125_000, 250_000, 1_250_000):
        held = messages_until_it_plays(flow(rate)) * 4096
        assert held / rate < 0.25


def test_from_a_server_that_is_too_slow_the_rest_arrives_in_time():
    count = messages_until_it_plays(flow(30_000))
    held, rate, song, total = count * 4096, 0.8 * 30_000, 40_000, 9_600_000
    # In the time in which the rest arrives no more is played than is here by then.
    assert song * (total - held) / rate <= total
    assert held < total


def test_without_a_measurement_it_does_not_begin_before_the_song_is_whole():
    assert messages_until_it_plays() is None
    client = closing_server(prebuffer=None)
    client(on.PlayRequested(1), audio("a"), CLOSED)
    assert client.did(do.StartPlayer)


def test_after_an_underrun_only_what_came_since_counts():
    client = closing_server(prebuffer=None)
    client(on.PlayRequested(1), flow(60_000), *[on.AudioReceived(bytes(4096))] * 100)
    assert client.did(do.StartPlayer)
    client(on.BufferRanDry(), flow(60_000), on.AudioReceived(bytes(4096)))
    assert not client.did(do.RefillPlayer)
    client(*[on.AudioReceived(bytes(4096))] * 30)
    assert client.did(do.RefillPlayer)


# A place that is asked for (protocol.md 10)


def playing_from():
    """A client whose server sends songs from any byte on; song 1 plays, and song 2 follows it."""
    client = ClientDriver(on.Connected(), FROM_ACCEPTED, on.TitlesNeeded(), LISTED, LIST_CLOSED)
    client(on.PlayRequested(1), ask.EditRequested(Append((2,))), audio("ab"), audio("cd"))
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)
    return client


def test_a_place_that_is_not_here_is_asked_for_and_nothing_between():
    client = playing_from()
    client(ask.SeekRequested(60.0), on.PlaceNotHere(9100, 9000))
    assert client.sent() == ["PLAY 1 9000"]
    assert client.states == (SongState.SOUGHT, PlayerState.DRY)
    client(audio("ef"), CLOSED)
    assert client.buffer == b""
    client(audio("yz"), audio("zz"))
    assert client.did(do.RefillPlayer)
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)
    client(CLOSED)
    assert client.buffer == b"yzzz"
    assert client.sent() == ["PLAY 2"]


def test_a_song_that_ends_before_a_place_goes_on_where_it_was():
    client = playing_from()
    client(ask.SeekRequested(6000.0), on.PlaceNotHere(9_000_100, 9_000_000, 2), CLOSED)
    assert client.sent() == ["PLAY 1 9000000"]
    client(on.NotFoundReceived())
    assert client.sent() == ["PLAY 1 2"]
    assert client.told() == [do.Report.SONG_ENDS_BEFORE]
    assert client.states == (SongState.COLLECTING, PlayerState.DRY)
    client(audio("cd"), audio("ef"))
    assert client.states == (SongState.ENOUGH, PlayerState.RUNNING)
    client(CLOSED)
    assert client.buffer == b"cdef"
    assert client.sent() == ["PLAY 2"], "and the next one follows"


def test_a_song_that_ends_before_the_place_where_it_was_to_begin_begins_at_its_start():
    client = ClientDriver(on.Connected(), FROM_ACCEPTED, on.TitlesNeeded(), LISTED, LIST_CLOSED)
    client(on.PlayRequested(1, 6000.0), audio("ab"), on.PlaceNotHere(9_000_100, 9_000_000))
    assert client.sent() == ["PLAY 1", "PLAY 1 9000000"]
    client(CLOSED, on.NotFoundReceived(), audio("ab"), audio("cd"))
    assert client.sent() == ["PLAY 1"]
    started = [e for e in client.effects if isinstance(e, do.StartPlayer | do.SeekPlayer)]
    assert started == [do.StartPlayer()]


def test_behind_a_place_the_next_song_comes_when_the_present_one_is_whole():
    client = playing_from()
    client(ask.SeekRequested(60.0), on.PlaceNotHere(9100, 9000), CLOSED, audio("yz"), CLOSED)
    assert client.sent() == ["PLAY 1 9000", "PLAY 2"]
    client(audio("B1"), audio("B2"))
    assert client.session.player.state is PlayerState.QUEUED
    client(ask.SeekRequested(0.0), on.PlaceNotHere(1, 0))
    assert client.sent() == ["PLAY 1"]
    assert client.did(do.DropNextBuffer)
    assert client.states == (SongState.SOUGHT, PlayerState.DRY)
    client(audio("B3"), CLOSED, audio("ab"), audio("cd"), CLOSED)
    assert client.buffer == b"abcd"
    assert client.next_buffer == b""
    assert client.sent() == ["PLAY 2"]


def test_a_place_that_is_asked_for_survives_a_loss():
    client = playing_from()
    client(ask.SeekRequested(60.0), on.PlaceNotHere(9100, 9000), on.ConnectionLost())
    client(on.RetryDue(), on.Connected(), FROM_ACCEPTED)
    assert client.sent() == ["SETUP", "PLAY 1 9000"]
    client(audio("yz"), on.ConnectionLost(), on.RetryDue(), on.Connected(), ENDS_ACCEPTED)
    client(LISTED, LIST_CLOSED)
    assert client.sent() == ["PLAY 1"]
    client(on.AudioReceived(bytes(9000) + b"yz" + b"!"))
    assert client.buffer == b"yz!"


def test_a_song_may_begin_in_its_middle():
    client = ClientDriver(on.Connected(), FROM_ACCEPTED, on.TitlesNeeded(), LISTED, LIST_CLOSED)
    client(on.PlayRequested(1, 60.0))
    assert client.did(do.FindPlace) == [do.FindPlace(60.0, Measure.FROM_START)]
    client(audio("ab"), on.PlaceNotHere(9100, 9000))
    assert client.sent() == ["PLAY 1 9000"]
    client(CLOSED, audio("yz"), audio("zz"))
    started = [e for e in client.effects if isinstance(e, do.StartPlayer | do.SeekPlayer)]
    assert started == [do.StartPlayer(), do.SeekPlayer(60.0, Measure.FROM_START)]
