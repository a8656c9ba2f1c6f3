"""The volume: samples are scaled exactly, and a change is a ramp."""

from __future__ import annotations

import array
import random
from itertools import pairwise

import pytest

from audio.volume import UNITY, Volume, gain_of, scaler


def samples(pcm):
    return array.array("h", pcm)


@pytest.mark.parametrize("gain", [0, 2, 1000, 33_334, 65_534])
def test_scaling_all_samples_at_once_equals_scaling_each(gain):
    edges = [-32768, -32767, -1, 0, 1, 32767]
    values = edges + random.Random(1).choices(range(-32768, 32768), k=400)
    pcm = array.array("h", values).tobytes()
    assert list(samples(scaler(len(pcm), gain)(pcm))) == [v * gain >> 16 for v in values]


def test_full_volume_returns_the_same_object():
    pcm = bytes(range(64))
    assert Volume().apply(pcm) is pcm


def test_the_gain_is_the_square_of_the_percentage():
    assert [gain_of(p) for p in (0, 50, 100, 101, -1)] == [0, UNITY // 4, UNITY, UNITY, 0]


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
