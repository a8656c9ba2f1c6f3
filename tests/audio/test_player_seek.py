"""The player: seeks."""

from __future__ import annotations

import threading
import time

import pytest

from audio import AudioBuffer, FrameIndex, PlaceNotHere, PlayedOut, RanDry
from audio.orders import Orders
from audio.playing_song import PlayingSong
from tests.audio.fake_output import WAIT_S, Card, decoded
from tests.audio.making import FRAME, as_buffer, mp3


def wait_until(condition):
    end_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.001)


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
    assert player.position_s(1) == pytest.approx(len(decoded(mp3())) // FRAME / 44100)


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
    orders.take()
    orders.seek(1, 20.0, 1)
    orders.seek(1, 30.0, 2)
    match step:
        case "advance":
            orders.advance(one)
        case "end":
            orders.end(one)
        case "drop":
            orders.drop(1)
    order = orders.take()
    assert (order.song, order.seek) == ((two, None) if step == "drop" else (one, (30.0, 2)))
    assert orders.take().seek is None


def test_a_seek_is_taken_with_the_song_that_it_is_for():
    """What is taken once is never waited for: the player rests until the orders change again."""
    orders = Orders(lambda: None)
    song = PlayingSong(1, AudioBuffer(), FrameIndex(AudioBuffer()))
    orders.play(song)
    orders.seek(1, 20.0, 1)
    order = orders.take()
    assert (order.song, order.seek) == (song, (20.0, 1))
    assert orders.take().seek is None


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
