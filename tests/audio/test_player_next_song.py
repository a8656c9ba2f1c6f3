"""The player: the next song follows without a gap, or is skipped to, or dropped."""

from __future__ import annotations

import pytest

from audio import FrameIndex, PlayedOut, Undecodable, WavOutput
from tests.audio.fake_output import Card, decoded, played_out
from tests.audio.making import FRAME, as_buffer, mp3, music, with_gapless_tag, worst_difference


def test_two_songs_cut_from_one_recording_are_joined_without_a_gap(player_on, reports, tmp_path):
    whole, cut = music(2.0), FRAME * 31_337
    parts = [with_gapless_tag(*encoded(whole[:cut])), with_gapless_tag(*encoded(whole[cut:]))]
    output = WavOutput(tmp_path / "out.wav")
    player = player_on(output)
    player.pause()  # so that the first has not ended when the second is queued
    player.play(as_buffer(parts[0]), 1)
    player.queue_next(as_buffer(parts[1]), 2)
    player.resume()
    assert [type(reports.next()) for _ in range(2)] == [PlayedOut, PlayedOut]
    player.close()
    heard = (tmp_path / "out.wav").read_bytes()[44:]
    assert len(heard) == len(whole)
    assert heard == decoded(parts[0]) + decoded(parts[1])
    joint = slice(cut - FRAME * 200, cut + FRAME * 200)
    assert worst_difference(heard[joint], whole[joint]) < 3000, "no jump between the songs"


def encoded(pcm):
    """An MP3 of these samples, and the numbers of samples added before and behind them."""
    import lameenc

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_in_sample_rate(44100)
    encoder.set_channels(2)
    encoder.set_bit_rate(192)
    song = bytes(encoder.encode(pcm) + encoder.flush())
    delay = 576
    frames = FrameIndex(as_buffer(song))
    frames.extend()
    assert frames.duration_s is not None
    return song, delay, round(frames.duration_s * 44100) - delay - len(pcm) // FRAME


def test_the_stream_stays_open_and_each_song_is_reported(player_on, reports):
    card = Card()
    player = player_on(card)
    player.pause()  # so that the first has not ended when the second is queued
    player.play(as_buffer(mp3(0.5)), 1)
    player.queue_next(as_buffer(mp3(1.0)), 2)
    player.resume()
    assert reports.next() == played_out(1, mp3(0.5))
    assert reports.next() == played_out(2, mp3(1.0))
    assert b"".join(card.writes) == decoded(mp3(0.5)) + decoded(mp3(1.0))
    assert [name for name in card.names if name not in ("write", "drop")] == ["open", "drain"]


def test_before_a_song_of_another_rate_the_output_is_drained(player_on, reports):
    card = Card()
    player = player_on(card)
    player.pause()  # so that the first has not ended when the second is queued
    player.play(as_buffer(mp3(0.5)), 1)
    player.queue_next(as_buffer(mp3(0.5, rate_hz=48000)), 2)
    player.resume()
    assert [reports.next().tag for _ in range(2)] == [1, 2]
    calls = [call for call in card.calls if call[0] not in ("write", "drop")]
    assert calls == [("open", 44100), ("drain",), ("open", 48000), ("drain",)]


def test_a_song_that_is_queued_in_silence_begins(player_on, reports):
    player = player_on(Card())
    player.play(as_buffer(mp3(0.5)), 1)
    assert reports.next().tag == 1
    player.queue_next(as_buffer(mp3(0.5)), 2)
    assert reports.next() == played_out(2, mp3(0.5))


def test_after_a_song_that_cannot_be_decoded_the_next_one_begins(player_on, reports):
    player = player_on(Card())
    player.play(as_buffer(b""), 1)
    player.queue_next(as_buffer(mp3(0.5)), 2)
    assert reports.next() == Undecodable(1, "it is empty")
    assert reports.next() == played_out(2, mp3(0.5))


@pytest.mark.parametrize("command", ["stop", "play"])
def test_stop_and_play_drop_the_queued_song_too(player_on, reports, command):
    card = Card(permits=4)
    player = player_on(card)
    player.play(as_buffer(mp3(0.5)), 1)
    player.queue_next(as_buffer(mp3()), 2)
    card.wait_for_writes(5)
    if command == "stop":
        player.stop()
    player.play(as_buffer(mp3(1.0)), 3)
    card.permit(1000)
    assert reports.next() == played_out(3, mp3(1.0))
    assert b"".join(card.writes[5:]) == decoded(mp3(1.0))


def test_skip_acts_at_once_and_only_on_the_song_it_names(player_on, reports):
    card = Card(permits=4)
    player = player_on(card)
    player.play(as_buffer(mp3(0.5)), 1)
    player.queue_next(as_buffer(mp3(1.0)), 2)
    card.wait_for_writes(5)
    player.skip(7)
    player.skip(1)
    player.skip(1)
    card.permit(1000)
    assert reports.next() == played_out(2, mp3(1.0))
    assert b"".join(card.writes[5:]) == decoded(mp3(1.0))


def test_a_song_is_dropped_whether_it_is_the_next_or_has_begun(player_on, reports):
    card = Card(permits=4)
    player = player_on(card)
    player.play(as_buffer(mp3(0.5)), 1)
    player.queue_next(as_buffer(mp3()), 2)
    card.wait_for_writes(5)
    player.drop(2)
    card.permit(1000)
    assert reports.next() == played_out(1, mp3(0.5))
    card.permits = 0
    player.queue_next(as_buffer(mp3()), 3)
    card.wait_for(lambda card: card.names[-1] == "write")
    player.drop(3)
    card.permit(1)
    card.wait_for(lambda card: card.names[-1] == "drop")
