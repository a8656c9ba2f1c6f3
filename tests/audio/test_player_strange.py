"""The player with damaged songs, and with an output that is not real time."""

from __future__ import annotations

import pytest

from audio import AudioBuffer, Decoder, FrameIndex, FramesRefused, PlayedOut, Undecodable, WavOutput
from audio.playing_song import PlayingSong
from tests.audio.fake_output import Card, decoded, played_out
from tests.audio.making import FRAME, as_buffer, frames_of, independent_frames, mp3

JUNK = b"\xff\xfb\x90\x64" * 300_000


def refused(frame: bytes) -> bytes:
    """The frame with a block type that is reserved."""
    return frame[:4] + b"\xff" * 32 + frame[36:]


def fast_card() -> Card:
    card = Card()
    card.real_time = False
    return card


def decodable(data: bytes) -> bytes:
    """The samples of a song of which so much has arrived."""
    buffer, pcm = AudioBuffer(), b""
    buffer.append(data)
    decoder = Decoder(buffer)
    while decoder.ready():
        block = decoder.next_block()
        assert block is not None
        pcm += block[1]
    return pcm


def test_where_nobody_listens_a_song_that_arrives_slowly_never_runs_dry(player_on, reports):
    card, buffer, song = fast_card(), AudioBuffer(), mp3()
    player_on(card).play(buffer, 1)
    for at in range(0, len(song), 4096):
        buffer.append(song[at : at + 4096])
        here = len(decodable(song[: at + 4096]))
        card.wait_for(lambda card, here=here: sum(map(len, card.writes)) >= here)
    buffer.finish()
    assert reports.next() == played_out(1, song)
    assert b"".join(card.writes) == decoded(song)


def test_there_stop_seek_and_the_next_song_end_the_wait_for_more(player_on, reports):
    card, buffer, song = fast_card(), AudioBuffer(), mp3()
    player = player_on(card)
    buffer.append(song[:12_000])
    player.play(buffer, 1)
    here = len(decodable(song[:12_000]))
    card.wait_for(lambda card: sum(map(len, card.writes)) == here)
    player.seek(1, 0.25)
    card.wait_for(lambda card: sum(map(len, card.writes)) == 2 * here - 11025 * FRAME)
    player.stop()
    card.wait_for(lambda card: card.names[-1] == "drop")
    buffer.append(song[12_000:])
    player.play(as_buffer(song), 2)
    assert reports.next() == played_out(2, song)


def test_a_wav_file_is_such_an_output_and_a_card_is_none(tmp_path):
    assert not WavOutput(tmp_path / "out.wav").real_time
    assert Card().real_time


@pytest.mark.parametrize(("numbers", "told"), [(range(5, 15), 0), (range(5, 16), 11)])
def test_refused_frames_are_reported_once_if_they_are_more_than_a_few(
    numbers, told, player_on, reports
):
    frames = independent_frames(mp3())
    song = b"".join(refused(f) if n in numbers else f for n, f in enumerate(frames))
    player_on(Card()).play(as_buffer(song), 4)
    if told:
        assert reports.next() == FramesRefused(4, told, pytest.approx(told * 1152 / 44100))
    assert reports.next() == PlayedOut(4, len(frames) * 1152)


def test_refused_frames_before_a_seek_count_too(player_on, reports):
    frames = independent_frames(mp3())
    song = b"".join(refused(f) if n < 20 else f for n, f in enumerate(frames))
    card = Card(permits=40)
    player = player_on(card)
    player.play(as_buffer(song), 4)
    card.wait_for_writes(41)
    player.seek(4, 1.9)
    card.permit(1000)
    assert reports.next() == FramesRefused(4, 20, pytest.approx(20 * 1152 / 44100))
    assert isinstance(reports.next(), PlayedOut)


def test_a_song_of_nothing_but_refused_frames_is_told_to_be_undecodable(player_on, reports):
    player = player_on(Card())
    player.play(as_buffer(b"".join(map(refused, independent_frames(mp3())))), 1)
    assert reports.next() == Undecodable(1, "none of it could be decoded")


def test_junk_is_searched_in_steps_between_which_orders_are_taken():
    buffer = AudioBuffer()
    buffer.append(mp3(0.3) + JUNK)
    song = PlayingSong(1, buffer, FrameIndex(buffer))
    assert song.decode()
    steps = 0
    while not song.decode() and song.searching:
        steps += 1
    assert steps > len(JUNK) // (80 * 1024)


def test_a_song_with_junk_in_it_is_played_to_its_end(player_on, reports):
    song = mp3(0.3) + JUNK + mp3(0.3)
    player_on(Card()).play(as_buffer(song), 1)
    assert reports.next() == played_out(1, song)


def test_a_seek_behind_junk_that_has_not_been_searched_is_exact(player_on, reports):
    frames = frames_of(mp3())
    song = b"".join(frames[:20]) + JUNK + b"".join(frames[20:])
    card = Card(permits=1)
    player = player_on(card)
    player.play(as_buffer(song), 1)
    card.wait_for_writes(2)
    player.seek(1, 1.5)
    card.permit(1000)
    assert isinstance(reports.next(), PlayedOut), "the place is here, only not yet found"
    rest = b"".join(card.writes[2:])
    index = FrameIndex(as_buffer(song))
    while not index.complete:
        index.extend()
    start = index.start_at(1.5)
    assert start is not None
    assert rest == b"".join(pcm for _, pcm in Decoder(as_buffer(song), start))
