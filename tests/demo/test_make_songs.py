"""The demo's songs: two seconds of each are measured."""

from __future__ import annotations

import cmath
import math
from array import array
from typing import Any

import pytest
from mutagen.mp3 import MP3

from demo.instruments import RATE_HZ, electric_piano, frequency_hz, pipe, plucked
from demo.make_songs import PEAK, make_songs, render
from demo.pieces import PIECES

SECONDS = 2.0


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    return make_songs(tmp_path_factory.mktemp("songs"), SECONDS)


def loudness(samples) -> float:
    return math.sqrt(sum(x * x for x in samples) / len(samples))


def test_three_songs_with_tags_in_three_encodings(songs):
    found: list[Any] = [MP3(song) for song in songs]
    assert len({str(song["TIT2"]) for song in found}) == 3
    assert all(song["TPE1"] and song["TALB"] for song in found)
    assert [song.info.channels for song in found] == [2, 2, 2]
    assert [song.info.sample_rate for song in found] == [RATE_HZ] * 3
    assert found[0].info.bitrate == 128_000
    assert found[2].info.bitrate == 320_000


def test_the_second_song_has_frames_of_different_bit_rates(songs):
    data = songs[1].read_bytes()
    # The upper four bits of a frame's third byte are the index of the bit rate.
    rates = {data[at + 2] >> 4 for at in range(len(data) - 2) if data[at : at + 2] == b"\xff\xfb"}
    assert len(rates) > 1


@pytest.mark.parametrize("make", PIECES)
def test_a_piece_is_loud_enough_and_neither_clips_nor_falls_silent(make):
    pcm = array("h", render(make(), SECONDS))
    left, right = pcm[0::2], pcm[1::2]
    assert len(left) == len(right) == int(SECONDS * RATE_HZ)
    assert left != right
    assert 0.3 * 32767 < max(map(abs, pcm)) <= PEAK * 32767
    tenth = RATE_HZ // 10
    # Without the fade-out, which takes half of so short a piece.
    for start in range(0, len(left) // 2, tenth):
        assert loudness(left[start : start + tenth]) > 0.02 * 32767


def test_a_piece_ends_in_silence():
    pcm = array("h", render(PIECES[0](), SECONDS))
    assert max(map(abs, pcm[-100:])) < 0.002 * 32767


def test_the_same_call_gives_the_same_bytes(songs, tmp_path):
    again = make_songs(tmp_path, SECONDS, PIECES[:1])
    assert again[0].read_bytes() == songs[0].read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [again[0].name]


@pytest.mark.parametrize("instrument", [plucked, electric_piano, pipe])
@pytest.mark.parametrize("note", [45, 69, 83])
def test_an_instrument_is_in_tune(instrument, note):
    wave = instrument(frequency_hz(note), 1.0)

    def power(cents: float) -> float:
        step = -2j * math.pi * frequency_hz(note) * 2 ** (cents / 1200) / RATE_HZ
        return abs(sum(x * cmath.exp(step * n) for n, x in enumerate(wave)))

    # The string may be a little flat or sharp. 40 cents would be audible.
    assert power(0) > power(-40)
    assert power(0) > power(40)


def test_an_a_is_440_hz():
    assert frequency_hz(69) == 440
    assert frequency_hz(57) == pytest.approx(220)
