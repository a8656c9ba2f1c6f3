"""Volume and gain: samples are scaled exactly, a change is a ramp, another song is no change."""

from __future__ import annotations

import array
import random
from itertools import pairwise

import pytest

from audio.loudness import UNKNOWN, Gain, GainMode, Loudness, believable, factor
from audio.volume import UNITY, Volume, scaler, volume_of


def samples(pcm):
    return array.array("h", pcm)


def limited(sample):
    return max(-32768, min(32767, sample))


@pytest.mark.parametrize(
    "gain", [0, 2, 1000, 33_334, 65_534, 65_536, 65_538, 70_000, 131_072, 1 << 21, 1585 * UNITY]
)
def test_scaling_all_samples_at_once_equals_scaling_each(gain):
    edge = (0x8000 << 16) // gain if gain else 0
    edges = [-32768, -32767, -1, 0, 1, 32767]
    edges += [limited(sign * edge + near) for sign in (1, -1) for near in (-1, 0, 1)]
    values = edges + random.Random(1).choices(range(-32768, 32768), k=400)
    values += random.Random(2).choices(range(-40, 40), k=400)
    pcm = array.array("h", values).tobytes()
    assert list(samples(scaler(len(pcm), gain)(pcm))) == [limited(v * gain >> 16) for v in values]


def test_full_volume_returns_the_same_object():
    pcm = bytes(range(64))
    assert Volume().apply(pcm) is pcm


def test_the_volume_is_the_square_of_the_percentage():
    assert [volume_of(p) for p in (0, 50, 100, 101, -1)] == [0, 0.25, 1, 1, 0]


def test_a_change_is_a_ramp_over_one_block():
    volume = Volume()
    block = array.array("h", [10_000] * 2 * 882).tobytes()
    volume.apply(block)
    volume.set_percent(50)
    heard = samples(volume.apply(block) + volume.apply(block))[::2]
    steps = [a - b for a, b in pairwise(heard)]
    assert max(steps) < 20, "a jump of 7,500 would be a click"
    assert min(steps) >= 0
    assert set(heard[882:]) == {2500}


def test_at_0_percent_all_samples_are_0_and_the_way_back_is_a_ramp():
    volume = Volume()
    block = array.array("h", [10_000] * 2 * 882).tobytes()
    volume.set_percent(0)
    volume.apply(block)
    assert volume.apply(block).strip(b"\0") == b""
    volume.set_percent(100)
    heard = samples(volume.apply(block))
    assert 0 < heard[0] < 20
    assert heard[-1] == 10_000


def test_blocks_may_have_any_length():
    volume = Volume()
    volume.set_percent(30)
    for frames in (882, 270, 1, 882):
        assert len(volume.apply(bytes(frames * 4))) == frames * 4


# The gain of the songs' tags

HALF, DOUBLE = Gain(-6.0206), Gain(6.0206, peak=0.25)
BLOCK = array.array("h", [8_000] * 2 * 882).tobytes()


def test_a_song_begins_and_ends_with_its_own_gain_at_the_very_sample():
    volume = Volume()
    volume.set_mode(GainMode.TRACK)
    heard = [
        samples(volume.apply(BLOCK, Loudness(track=gain))) for gain in (HALF, DOUBLE, None, HALF)
    ]
    for block, level in zip(heard, (4_000, 16_000, 8_000, 4_000), strict=True):
        assert max(abs(sample - level) for sample in block) <= 1


@pytest.mark.parametrize("order", [("off", "track", "off"), ("track", "off", "track")])
def test_while_a_song_plays_a_change_of_the_gain_is_a_ramp(order):
    volume, song = Volume(), Loudness(track=HALF)
    heard = array.array("h")
    for mode in order:
        volume.set_mode(GainMode(mode))
        heard += samples(volume.apply(BLOCK, song))
    steps = [abs(a - b) for a, b in pairwise(heard[::2])]
    assert max(steps) < 20, "a jump of 4,000 would be a click"
    assert {heard[0], heard[-1]} == {{"off": 8_000, "track": 4_000}[order[0]]}


def test_the_volume_changes_in_a_ramp_where_another_song_begins_too():
    volume = Volume()
    volume.set_mode(GainMode.TRACK)
    volume.apply(BLOCK, Loudness(track=HALF))
    volume.set_percent(50)
    heard = samples(volume.apply(BLOCK, Loudness(track=DOUBLE)))[::2]
    assert abs(heard[0] - 16_000) < 20
    assert abs(heard[-1] - 4_000) <= 1


def test_what_is_set_before_anything_is_heard_is_there_from_the_first_sample():
    volume = Volume()
    volume.set_percent(50)
    assert set(samples(volume.apply(BLOCK))) == {2_000}
    volume.set_percent(100)
    volume.begin()
    assert set(samples(volume.apply(BLOCK))) == {8_000}


@pytest.mark.parametrize(
    ("volume", "gain", "expected"),
    [
        (1.0, None, 1.0),
        (0.25, None, 0.25),
        (1.0, Gain(-20), 0.1),
        (0.5, Gain(-20), 0.05),
        (1.0, Gain(20, peak=0.05), 10),
        (1.0, Gain(20, peak=0.2), 5),
        (0.1, Gain(20, peak=0.2), 1),
        (1.0, Gain(20), 1),
        (0.05, Gain(20), 0.5),
        (1.0, Gain(-1, peak=2.0), 0.5),
        (0.0, Gain(20, peak=0.1), 0),
    ],
)
def test_volume_and_gain_together_raise_no_peak_above_full_scale(volume, gain, expected):
    assert factor(volume, gain) == pytest.approx(expected)


def test_a_peak_that_is_a_lie_clips_and_does_not_turn_around():
    volume = Volume()
    volume.set_mode(GainMode.TRACK)
    liar = Loudness(track=Gain(64.0, peak=0.0001))
    loud = array.array("h", [30_000, -30_000, 25, -25] * 400)
    heard = samples(volume.apply(loud.tobytes(), liar))
    assert list(heard) == [32_767, -32_768] * 800


def test_the_gain_that_is_said_is_the_one_that_is_applied():
    volume = Volume()
    for mode, loudness, expected in [
        ("off", Loudness(track=HALF), None),
        ("track", UNKNOWN, None),
        ("track", Loudness(track=HALF), -6.0206),
        ("track", Loudness(track=Gain(6.0, peak=1.0)), 0.0),
    ]:
        volume.set_mode(GainMode(mode))
        volume.apply(BLOCK, loudness)
        assert volume.applied.mode.value == mode
        db = volume.applied.db
        assert db == (expected if expected is None else pytest.approx(expected))
    volume.set_percent(0)
    volume.apply(BLOCK, Loudness(track=HALF))
    assert volume.applied.db == HALF.db


@pytest.mark.parametrize(
    ("mode", "track", "album", "expected"),
    [
        ("off", HALF, DOUBLE, None),
        ("track", HALF, DOUBLE, HALF),
        ("album", HALF, DOUBLE, DOUBLE),
        ("track", None, DOUBLE, DOUBLE),
        ("album", HALF, None, HALF),
        ("album", None, None, None),
    ],
)
def test_a_gain_that_is_missing_is_replaced_by_the_other(mode, track, album, expected):
    assert Loudness(track, album).gain(GainMode(mode)) == expected


@pytest.mark.parametrize("db", [None, float("nan"), float("inf"), float("-inf"), 1e9, -64.1, 64.1])
def test_a_gain_that_is_nonsense_is_none(db):
    assert believable(db, 0.5) is None


@pytest.mark.parametrize("peak", [None, 0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_a_peak_that_is_nonsense_is_none(peak):
    assert believable(-3.0, peak) == Gain(-3.0)
