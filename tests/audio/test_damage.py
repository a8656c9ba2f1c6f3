"""Damaged songs, decoded in a process of their own: a fault of libmad would crash it."""

from __future__ import annotations

import subprocess
import sys

import pytest

MUTATIONS = """
import faulthandler, random, sys
from hypothesis import HealthCheck, given, settings, strategies as st
from audio import AudioBuffer, Decoder, NotMp3
from tests.audio.making import id3v2, mp3, with_gapless_tag
faulthandler.enable()
songs = [mp3(0.3), with_gapless_tag(mp3(0.3, vbr_quality=0)), id3v2(bytes(300)) + mp3(0.3, 24000)]
kinds = st.sampled_from(["set", "insert", "cut", "swap"])
places = st.tuples(kinds, st.floats(0, 1), st.integers(1, 600), st.binary(min_size=1, max_size=8))

def mutate(song, changes):
    for kind, place, n, data in changes:
        at = int(place * len(song))
        if kind == "set": song = song[:at] + data + song[at + len(data):]
        if kind == "insert": song = song[:at] + data * n + song[at:]
        if kind == "cut": song = song[:at] + song[at + n:]
        if kind == "swap": song = song[at:] + song[:at]
    return song

@settings(max_examples=int(sys.argv[1]), deadline=None, database=None, derandomize=True,
          suppress_health_check=list(HealthCheck))
@given(st.sampled_from(songs), st.lists(places, min_size=1, max_size=12), st.integers(1, 5000))
def decode(song, changes, step):
    song = mutate(song, changes)
    buffer = AudioBuffer()
    decoder, blocks = Decoder(buffer), 0
    try:
        for at in range(0, len(song), step):
            buffer.append(song[at:at + step])
            while decoder.ready() and (block := decoder.next_block()):
                blocks += 1
                assert len(block[1]) <= 4608
                assert blocks < len(song) / 24 + 10, "the decoder does not end"
        buffer.finish()
        for rate, pcm in decoder: assert type(pcm) is bytes and len(pcm) % 4 == 0 and rate > 0
    except NotMp3 as error:
        assert str(error)

decode()
print("alive")
"""


@pytest.mark.parametrize("examples", [400])
def test_no_damage_crashes_the_decoder(examples):
    run = subprocess.run(
        [sys.executable, "-c", MUTATIONS, str(examples)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.stdout.strip() == "alive", run.stderr
