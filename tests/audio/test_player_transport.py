"""The player: songs without a gap, seek, volume, and the loss of a device."""

from __future__ import annotations

import array
import threading
import time

import pytest

from audio import (
    AudioBuffer,
    Decoder,
    DeviceLost,
    FrameIndex,
    OutputError,
    PlaceNotHere,
    PlayedOut,
    RanDry,
    Undecodable,
    WavOutput,
)
from audio.orders import Orders
from audio.playing_song import PlayingSong
from tests.audio.making import FRAME, as_buffer, mp3, music, with_gapless_tag, worst_difference
from tests.audio.test_player import WAIT_S, Card, player_on, reports

__all__ = ["player_on", "reports"]


def decoded(data, seconds=0.0):
    buffer = as_buffer(data)
    start = FrameIndex(buffer).start_at(seconds)
    return b"".join(pcm for _, pcm in Decoder(buffer, start))


def count(data):
    return len(decoded(data)) // FRAME


def wait_until(condition):
    end_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.001)


# Without a gap


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
    assert reports.next() == PlayedOut(1, count(mp3(0.5)))
    assert reports.next() == PlayedOut(2, count(mp3(1.0)))
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
    assert reports.next() == PlayedOut(2, count(mp3(0.5)))


def test_after_a_song_that_cannot_be_decoded_the_next_one_begins(player_on, reports):
    player = player_on(Card())
    player.play(as_buffer(b""), 1)
    player.queue_next(as_buffer(mp3(0.5)), 2)
    assert reports.next() == Undecodable(1, "it is empty")
    assert reports.next() == PlayedOut(2, count(mp3(0.5)))


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
    assert reports.next() == PlayedOut(3, count(mp3(1.0)))
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
    assert reports.next() == PlayedOut(2, count(mp3(1.0)))
    assert b"".join(card.writes[5:]) == decoded(mp3(1.0))


def test_a_song_is_dropped_whether_it_is_the_next_or_has_begun(player_on, reports):
    card = Card(permits=4)
    player = player_on(card)
    player.play(as_buffer(mp3(0.5)), 1)
    player.queue_next(as_buffer(mp3()), 2)
    card.wait_for_writes(5)
    player.drop(2)
    card.permit(1000)
    assert reports.next() == PlayedOut(1, count(mp3(0.5)))
    card.permits = 0
    player.queue_next(as_buffer(mp3()), 3)
    card.wait_for(lambda card: card.names[-1] == "write")
    player.drop(3)
    card.permit(1)
    card.wait_for(lambda card: card.names[-1] == "drop")


# Seek


def test_a_seek_is_exact_to_the_sample(player_on, reports):
    card = Card(permits=10)
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    card.wait_for_writes(11)
    player.seek(1, 1.25)
    card.permit(1000)
    rest = decoded(mp3(), 1.25)
    assert rest == decoded(mp3())[round(1.25 * 44100) * FRAME :]
    assert reports.next() == PlayedOut(
        1, sum(map(len, card.writes[:11])) // FRAME + len(rest) // FRAME
    )
    assert b"".join(card.writes[11:]) == rest
    last = [i for i, name in enumerate(card.names) if name == "write"][10]
    assert card.names[last + 1 : last + 3] == ["drop", "open"], "the queued samples are dropped"
    assert player.position_s(1) == pytest.approx(count(mp3()) / 44100)


def test_a_seek_in_a_pause_takes_effect_after_it(player_on, reports):
    card = Card(permits=10)
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    card.wait_for_writes(11)
    player.pause()
    player.seek(1, 0.5)
    card.permit(1000)
    wait_until(lambda: player.position_s(1) == 0.5)
    player.resume()
    assert type(reports.next()) is PlayedOut
    assert b"".join(card.writes[11:]) == decoded(mp3(), 0.5)


def test_of_two_seeks_in_a_pause_the_last_one_counts(player_on, reports):
    card = Card()
    player = player_on(card)
    player.pause()
    player.play(as_buffer(mp3()), 1)
    player.seek(1, 99.0)
    player.seek(1, 1.5)
    player.resume()
    assert type(reports.next()) is PlayedOut
    assert b"".join(card.writes) == decoded(mp3(), 1.5)


class SlowDrain(Card):
    """A device that takes time to play out, until it is interrupted."""

    def __init__(self):
        super().__init__()
        self.draining = threading.Event()
        self.interrupted = threading.Event()

    def interrupt(self):
        self.interrupted.set()

    def drain(self):
        self.draining.set()
        assert self.interrupted.wait(WAIT_S)

    def drop(self):
        self.interrupted.clear()
        super().drop()


def test_a_seek_during_the_drain_goes_back_and_the_song_is_reported_once(player_on, reports):
    card = SlowDrain()
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    assert card.draining.wait(WAIT_S)
    card.draining.clear()
    written = len(card.writes)
    player.seek(1, 1.5)
    assert card.draining.wait(WAIT_S)
    assert reports.empty()
    assert b"".join(card.writes[written:]) == decoded(mp3(), 1.5)
    card.interrupted.set()
    assert type(reports.next()) is PlayedOut


@pytest.mark.parametrize("step", ["advance", "end", "drop"])
def test_a_seek_is_never_applied_to_the_song_that_follows(step):
    orders = Orders(lambda: None)
    one, two = (PlayingSong(tag, AudioBuffer(), FrameIndex(AudioBuffer())) for tag in (1, 2))
    orders.play(one)
    orders.queue_next(two)
    orders.take(one)
    orders.seek(1, 30.0)
    match step:
        case "advance":
            orders.advance(one)
        case "end":
            orders.end(one)
        case "drop":
            orders.drop(1)
    order = orders.take(one)
    assert (order.song, order.seek_s) == ((two, None) if step == "drop" else (one, 30.0))
    assert orders.take(two).seek_s is None


def test_a_seek_behind_the_end_goes_to_the_end(player_on, reports):
    player = player_on(Card())
    player.pause()
    player.play(as_buffer(mp3()), 1)
    player.seek(1, 99.0)
    player.resume()
    assert reports.next() == PlayedOut(1, 0)


def test_a_seek_that_names_another_song_is_ignored(player_on, reports):
    card = Card()
    player = player_on(card)
    player.pause()
    player.play(as_buffer(mp3(0.5)), 2)
    player.seek(1, 0.25)
    player.resume()
    assert reports.next().tag == 2
    assert b"".join(card.writes) == decoded(mp3(0.5))


def test_a_seek_to_a_place_that_has_not_arrived_waits_in_silence(player_on, reports):
    card, song, buffer = Card(needs_silence=True), mp3(), AudioBuffer()
    buffer.append(song[: len(song) // 3])
    player = player_on(card)
    player.pause()
    player.play(buffer, 1)
    player.seek(1, 1.5)
    player.resume()
    report = reports.next()
    assert isinstance(report, PlaceNotHere)
    assert report.needed_bytes == pytest.approx(len(song) * 0.75, rel=0.03)
    buffer.append(song[len(song) // 3 : report.needed_bytes // 2])
    player.refilled()
    assert isinstance(reports.next(), PlaceNotHere), "it was too early"
    buffer.append(song[report.needed_bytes // 2 :])
    buffer.finish()
    assert type(reports.next()) is PlayedOut
    assert b"".join(card.writes) == decoded(song, 1.5)


def test_a_seek_ends_the_wait_of_a_dry_song_and_reports_count_the_seeks(player_on, reports):
    card, song, buffer = Card(), mp3(), AudioBuffer()
    buffer.append(song[: len(song) // 2])
    player = player_on(card)
    player.play(buffer, 1)
    assert reports.next() == RanDry(1, 0)
    player.seek(1, 0.25)
    assert reports.next() == RanDry(1, 1)


# Volume


def test_the_volume_changes_within_a_song_without_a_click(player_on, reports):
    card = Card(permits=20)
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    card.wait_for_writes(21)
    player.set_volume(50)
    card.permit(1000)
    assert type(reports.next()) is PlayedOut
    full, heard = (array.array("h", pcm) for pcm in (decoded(mp3()), b"".join(card.writes)))
    assert len(heard) == len(full)
    changed = sum(map(len, card.writes[:21])) // 2
    settled = changed + len(card.writes[21]) // 2
    assert heard[:changed] == full[:changed]
    assert heard[settled:] == array.array("h", [s >> 2 for s in full[settled:]])
    between = zip(full[changed:settled], heard[changed:settled], strict=True)
    gains = [h / f for f, h in between if abs(f) > 2000]
    assert all(0.24 < gain <= 1.0 for gain in gains)
    assert all(abs(a - b) < 0.05 for a, b in zip(gains, gains[2:], strict=False))


# Loss of the device


class Plug(Card):
    """A device that can be unplugged."""

    replaceable = True

    def __init__(self, **options):
        super().__init__(**options)
        self.gone_after = 1_000_000
        self.recoveries = 0
        self.others = True

    def write(self, pcm):
        if len(self.writes) >= self.gone_after:
            raise OutputError("it was pulled out")
        super().write(pcm)

    def recover(self):
        self.record("recover")
        if not self.others:
            raise OutputError("there is no other")
        self.gone_after = 1_000_000


def test_the_loss_of_the_device_pauses_and_loses_no_sample(player_on, reports):
    card = Plug()
    card.gone_after = 30
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    assert reports.next() == DeviceLost(1, "it was pulled out")
    assert len(card.writes) == 30
    place = player.position_s(1)
    assert place == pytest.approx(sum(map(len, card.writes)) / FRAME / 44100)
    player.resume()
    assert reports.next() == PlayedOut(1, count(mp3()))
    assert b"".join(card.writes) == decoded(mp3())
    lost = card.names.index("recover")
    assert card.names[lost - 1 : lost + 2] == ["drop", "recover", "open"]


def test_without_another_device_the_pause_goes_on(player_on, reports):
    card = Plug()
    card.gone_after, card.others = 30, False
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    assert type(reports.next()) is DeviceLost
    player.resume()
    assert reports.next() == DeviceLost(1, "there is no other")
    card.others = True
    player.seek(1, 1.0)
    player.resume()
    reports.next()
    assert b"".join(card.writes[30:]) == decoded(mp3(), 1.0)


def test_neither_stop_nor_play_ends_a_pause(player_on, reports):
    card = Card(needs_silence=True)
    player = player_on(card)
    player.pause()
    player.play(as_buffer(mp3(0.5)), 1)
    player.stop()
    player.play(as_buffer(mp3(0.5)), 2)
    assert reports.empty()
    player.resume()
    assert reports.next() == PlayedOut(2, count(mp3(0.5)))
