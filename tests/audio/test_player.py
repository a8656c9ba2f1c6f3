"""The player's thread with a fake output: which calls it makes, and in which order."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from audio import (
    AudioBuffer,
    NullOutput,
    OutputFailed,
    PlayedOut,
    Player,
    RanDry,
    Undecodable,
    WavOutput,
)
from audio.player import DRY_AT_S
from tests.audio.fake_output import WAIT_S, Card, Reports, decoded, played_out
from tests.audio.making import FRAME, as_buffer, mp3


def test_a_song_is_played_completely_and_reported(player_on, reports):
    card = Card()
    player_on(card).play(as_buffer(mp3()), 7)
    assert reports.next() == played_out(7, mp3())
    assert b"".join(card.writes) == decoded(mp3())
    # The drain precedes PlayedOut; the last drop follows it.
    assert card.calls[:2] == [("drop",), ("open", 44100)]
    assert card.names[card.names.index("drain") - 1] == "write"
    assert max(map(len, card.writes)) <= 44100 // 25 * FRAME


def test_consecutive_songs_are_written_into_the_wav_file_exactly(player_on, reports, tmp_path):
    output = WavOutput(tmp_path / "out.wav")
    player = player_on(output)
    for tag in (1, 2):
        player.play(as_buffer(mp3()), tag)
        assert type(reports.next()) is PlayedOut
    player.close()
    assert (tmp_path / "out.wav").read_bytes()[44:] == decoded(mp3()) * 2


def test_only_the_players_thread_calls_the_output(player_on, reports):
    card = Card(permits=3, needs_silence=True)
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    card.wait_for_writes(2)
    player.pause()
    player.stop()
    player.resume()
    card.permit(100)
    player.close()
    assert card.names[-1] == "close"
    assert card.threads == {"player"}
    assert player._thread.name == "player"


def test_stop_drops_before_anything_more_is_written(player_on, reports):
    card = Card(permits=4)
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    card.wait_for_writes(5)  # the thread waits in the fifth write
    player.stop()
    assert card.names[-1] == "write"
    card.permit(100)
    card.wait_for(lambda card: card.names[-1] == "drop")
    assert len(card.writes) == 5
    player.play(as_buffer(mp3(0.5)), 2)
    assert reports.next() == played_out(2, mp3(0.5)), "no report about the first song"


def test_play_replaces_the_present_song_at_once(player_on, reports):
    card = Card(permits=4)
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    card.wait_for_writes(5)
    player.play(as_buffer(mp3(0.5)), 2)
    card.permit(1000)
    assert reports.next() == played_out(2, mp3(0.5))
    assert b"".join(card.writes[5:]) == decoded(mp3(0.5))
    after = card.calls[[i for i, name in enumerate(card.names) if name == "write"][4] + 1]
    assert after == ("drop",)


def test_every_write_is_short_at_every_rate(player_on, reports):
    for rate_hz, limit in ((48000, 1920), (22050, 882), (8000, 320)):
        card = Card()
        player_on(card).play(as_buffer(mp3(1.0, rate_hz, kbits=32)), 1)
        assert type(reports.next()) is PlayedOut
        assert max(map(len, card.writes)) // FRAME == limit, "40 ms"


def test_a_dry_song_is_reported_once_and_waits_for_a_refill(player_on, reports):
    card, buffer, song = Card(), AudioBuffer(), mp3()
    player = player_on(card)
    buffer.append(song[:100])
    player.play(buffer, 1)
    assert reports.next() == RanDry(1)
    buffer.append(song[100:12_000])
    assert card.names == ["drop"], "arriving bytes do not start it"
    player.refilled()
    assert reports.next() == RanDry(1)
    buffer.append(song[12_000:])
    player.refilled()
    assert reports.next() == RanDry(1), "the song is not finished"
    buffer.finish()
    assert reports.next() == played_out(1, song)
    assert b"".join(card.writes) == decoded(song)
    assert reports.empty()


def test_a_refill_before_the_song_runs_dry_does_not_count(player_on, reports):
    card, buffer = Card(permits=3), AudioBuffer()
    player = player_on(card)
    buffer.append(mp3()[:12_000])
    player.play(buffer, 1)
    card.wait_for_writes(4)
    player.refilled()
    card.permit(1000)
    assert reports.next() == RanDry(1)
    buffer.append(mp3()[12_000:24_000])
    count = len(card.writes)
    player.refilled()
    assert reports.next() == RanDry(1)
    assert len(card.writes) > count


def test_a_dry_song_writes_silence_to_a_device_that_needs_it(player_on, reports):
    card, buffer, song = Card(needs_silence=True), AudioBuffer(), mp3()
    card.permits = 10_000
    buffer.append(song[:12_000])
    player_on(card).play(buffer, 1)
    assert reports.next() == RanDry(1)
    card.wait_for(lambda card: card.writes[-1] == bytes(1764 * FRAME))
    buffer.append(song[12_000:])
    buffer.finish()
    reports.next()
    silence = bytes(1764 * FRAME)
    assert b"".join(pcm for pcm in card.writes if pcm != silence) == decoded(song)


@pytest.mark.parametrize("needs_silence", [False, True])
def test_a_pause_loses_no_sample(player_on, reports, needs_silence):
    card = Card(permits=10, needs_silence=needs_silence)
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    card.wait_for_writes(11)
    player.pause()
    card.permit(3)
    if needs_silence:
        card.wait_for_writes(14)
    player.resume()
    card.permit(1000)
    assert reports.next() == played_out(1, mp3())
    silence = bytes(1764 * FRAME)
    pauses = [i for i, pcm in enumerate(card.writes) if i > 5 and pcm == silence]
    assert bool(pauses) == needs_silence
    assert b"".join(pcm for i, pcm in enumerate(card.writes) if i not in pauses) == decoded(mp3())


def test_after_stop_another_song_can_be_played(player_on, reports):
    card, buffer = Card(), AudioBuffer()
    player = player_on(card)
    player.play(buffer, 1)
    assert reports.next() == RanDry(1)
    player.stop()
    player.play(as_buffer(mp3(0.5)), 2)
    assert reports.next() == played_out(2, mp3(0.5))
    player.pause()
    player.play(as_buffer(mp3(0.5)), 3)
    player.resume()
    assert reports.next() == played_out(3, mp3(0.5))


def test_a_discarded_song_ends_without_a_report(player_on, reports):
    card, buffer = Card(), AudioBuffer()
    player = player_on(card)
    buffer.append(mp3()[:12_000])
    player.play(buffer, 1)
    assert reports.next() == RanDry(1)
    buffer.discard()
    card.wait_for(lambda card: card.names[-1] == "drop")
    assert reports.empty()
    assert "drain" not in card.names


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"RIFF\0\0\0\0WAVEfmt " + bytes(5000), "it is a WAV or other RIFF file, not an MP3"),
        ((b"\xff\xfb\x90\x64" + b"\xff" * 413) * 30, "none of it could be decoded"),
    ],
)
def test_an_undecodable_song_is_reported_and_the_next_song_plays(player_on, reports, data, reason):
    player = player_on(Card())
    player.play(as_buffer(data), 1)
    assert reports.next() == Undecodable(1, reason)
    player.play(as_buffer(mp3(0.5)), 2)
    assert reports.next() == played_out(2, mp3(0.5))


def test_a_buffer_that_cannot_be_read_is_reported(player_on, reports, monkeypatch):
    def fail(self, offset, n):
        raise OSError("the disk is gone")

    monkeypatch.setattr(AudioBuffer, "read_at", fail)
    player_on(Card()).play(as_buffer(mp3(0.5)), 1)
    assert reports.next() == Undecodable(1, "the disk is gone")


@pytest.mark.parametrize("call", ["open", "write", "drain"])
def test_an_output_that_fails_is_reported_and_the_next_song_tries_it_again(
    player_on, reports, call
):
    card = Card()
    card.fails_on = call
    player = player_on(card)
    player.play(as_buffer(mp3(0.5)), 1)
    assert reports.next() == OutputFailed(1, "the cable is out")
    card.fails_on = ""
    player.play(as_buffer(mp3(0.5)), 2)
    assert reports.next() == played_out(2, mp3(0.5))


def test_a_drop_that_fails_is_reported(player_on, reports):
    card = Card(permits=2)
    player = player_on(card)
    player.play(as_buffer(mp3(0.5)), 1)
    card.wait_for_writes(3)
    card.fails_on = "drop"
    player.stop()
    card.permit(1)
    assert reports.next() == OutputFailed(1, "the cable is out")


def test_an_owner_that_raises_does_not_end_the_thread(caplog):
    seen = Reports()

    def owner(report):
        seen.put(report)
        raise RuntimeError("the owner's fault")

    player = Player(Card(), owner)
    player.play(as_buffer(mp3(0.5)), 1)
    assert type(seen.next()) is PlayedOut
    player.close()
    assert "the owner's fault" in caplog.text


def test_the_owner_may_call_the_player_from_a_report(reports):
    card = Card()

    def owner(report):
        reports.put(report)
        if report == played_out(1, mp3(0.5)):
            player.play(as_buffer(mp3(0.5)), 2)

    player = Player(card, owner)
    player.play(as_buffer(mp3(0.5)), 1)
    assert [reports.next().tag for _ in range(2)] == [1, 2]
    player.close()


def test_a_change_of_rate_within_a_song_drains_the_first_part(player_on, reports):
    card = Card()
    player_on(card).play(as_buffer(mp3(0.5) + mp3(0.5, rate_hz=48000)), 1)
    assert type(reports.next()) is PlayedOut
    calls = [call for call in card.calls if call[0] not in ("write", "drop")]
    assert calls == [("open", 44100), ("drain",), ("open", 48000), ("drain",)]


def test_the_position_is_that_of_the_listener(player_on, reports):
    card = Card()
    player = player_on(card)
    player.play(as_buffer(mp3()), 5)
    assert type(reports.next()) is PlayedOut
    assert player.position_s(5) == pytest.approx(len(decoded(mp3())) / FRAME / 44100)
    assert player.position_s(4) == 0.0


def test_the_latency_is_subtracted_from_the_position(player_on, reports):
    card = Card(permits=10)
    card.latency_s = 0.1
    player = player_on(card)
    player.play(as_buffer(mp3()), 5)
    card.wait_for_writes(11)
    written = sum(map(len, card.writes[:10])) // FRAME
    assert player.position_s(5) == pytest.approx(written / 44100 - 0.1)


def test_close_interrupts_a_write_of_an_hour(reports):
    class SlowOutput(NullOutput):
        def write(self, pcm):
            super().write(bytes(FRAME * 44100 * 3600))

    player = Player(SlowOutput(), reports.put)
    player.play(as_buffer(mp3()), 1)
    player.close()
    assert not player._thread.is_alive()
    player.close()
    player.stop()
    player.play(as_buffer(mp3()), 2)


def test_many_commands_from_several_threads_leave_a_working_player(player_on, reports):
    card = Card()
    player = player_on(card)

    def send_commands(first):
        for tag in range(first, first + 100):
            player.play(as_buffer(mp3(0.5)), tag)
            player.pause()
            player.resume()
            player.refilled()
            player.stop()

    threads = [threading.Thread(target=send_commands, args=(i * 1000,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    player.play(as_buffer(mp3(0.5)), 99_999)
    while (report := reports.next()).tag != 99_999:
        assert not isinstance(report, Undecodable | OutputFailed)
    assert report == played_out(99_999, mp3(0.5))


def test_the_thread_switch_interval_is_shortened(player_on):
    player_on(Card())
    assert sys.getswitchinterval() == pytest.approx(0.001)


def test_neither_stop_nor_play_ends_a_pause(player_on, reports):
    card = Card(needs_silence=True)
    player = player_on(card)
    player.pause()
    player.play(as_buffer(mp3(0.5)), 1)
    player.stop()
    player.play(as_buffer(mp3(0.5)), 2)
    assert reports.empty()
    player.resume()
    assert reports.next() == played_out(2, mp3(0.5))


class LateCard(Card):
    """A device that holds so much of what was written."""

    latency_s = 0.0


def test_a_song_is_not_dry_as_long_as_the_device_has_something_to_play(player_on, reports):
    card, buffer, song = LateCard(), AudioBuffer(), mp3()
    card.latency_s = 1000.0
    player = player_on(card)
    buffer.append(song[:4_000])
    player.play(buffer, 1)
    card.wait_for(lambda card: card.writes)
    for at in range(4_000, len(song), 4_000):
        here = len(card.writes)
        buffer.append(song[at : at + 4_000])
        card.wait_for(lambda card, here=here: len(card.writes) > here)
    buffer.finish()
    assert reports.next() == played_out(1, song), "and nothing before"
    assert b"".join(card.writes) == decoded(song)


def test_a_song_is_dry_when_the_device_has_nothing_more_to_play(player_on, reports):
    card, buffer = LateCard(), AudioBuffer()
    card.latency_s = 0.2
    player = player_on(card)
    buffer.append(mp3()[:4_000])
    began_s = time.monotonic()
    player.play(buffer, 1)
    assert reports.next() == RanDry(1)
    assert time.monotonic() - began_s >= 0.2 - DRY_AT_S


@pytest.mark.parametrize("order", ["stop", "pause", "seek", "discard"])
def test_an_order_is_obeyed_while_the_device_plays_what_it_has(player_on, order):
    card, buffer = LateCard(needs_silence=True), AudioBuffer()
    card.latency_s = 1000.0
    player = player_on(card)
    buffer.append(mp3()[:4_000])
    player.play(buffer, 1)
    music = decoded(mp3()[:4_000])
    card.wait_for(lambda card: len(b"".join(card.writes)) >= len(music) - 1152 * FRAME)
    drops, before = card.names.count("drop"), len(card.writes)
    orders = {
        "stop": player.stop,
        "pause": player.pause,
        "seek": lambda: player.seek(1, 0.0),
        "discard": buffer.discard,
    }
    orders[order]()
    if order == "pause":
        card.wait_for(lambda card: card.writes[-1] == bytes(1764 * FRAME))
    else:
        card.wait_for(lambda card: card.names.count("drop") > drops)
    if order == "seek":
        card.wait_for(lambda card: card.writes[before:][:1] == card.writes[:1])
