"""How long a song sounds, beside mutagen, and what no content makes of it."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.mp3 import MP3

from songs.scan.duration import duration_of
from tests.songs.making import RATES, frame, make, xing


def duration(content: bytes) -> float | None:
    return duration_of(content[: 64 << 10], len(content))


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([1, 2, 3]), st.integers(1, 14), st.integers(0, 2), st.booleans(),
    st.integers(20, 60),
)  # fmt: skip
def test_of_constant_bitrate(version: int, kbit: int, rate: int, mono: bool, count: int) -> None:
    content = frame(version, kbit, rate, mono) * count
    samples = 1152 if version == 1 else 576
    exact = count * samples / RATES[version][rate]
    found = duration(content)
    assert found == pytest.approx(exact, abs=0.001)
    read: Any = make(MP3, fileobj=io.BytesIO(content))
    assert found == pytest.approx(read.info.length, rel=0.02, abs=0.03)


@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize("name", [b"Xing", b"Info"])
def test_of_a_song_that_says_it(name: bytes, mono: bool) -> None:
    content = xing(name, 1000, mono=mono) + frame(mono=mono) * 50
    assert duration(content) == pytest.approx(1000 * 1152 / 44100, abs=0.001)
    content = xing(name, 1000, mono=mono, lame=(576, 1000)) + frame(mono=mono) * 50
    assert duration(content) == pytest.approx((1000 * 1152 - 1576) / 44100, abs=0.001)
    read: Any = make(MP3, fileobj=io.BytesIO(content))
    assert duration(content) == pytest.approx(read.info.length, abs=0.001)


def test_of_a_header_that_does_not_say_it_the_frames_do() -> None:
    content = xing(b"Info", None) + frame() * 99
    assert duration(content) == pytest.approx(100 * 1152 / 44100, rel=0.001)
    assert duration(xing(b"Xing", 0) + frame() * 99) == pytest.approx(100 * 1152 / 44100, rel=0.001)


def test_vbri() -> None:
    first = frame()
    tag = b"VBRI" + bytes(6) + (9_000).to_bytes(4) + (500).to_bytes(4)
    content = first[:36] + tag + first[36 + len(tag) :] + frame() * 20
    assert duration(content) == pytest.approx(500 * 1152 / 44100, abs=0.001)


def test_of_variable_bitrate_without_a_header_it_is_estimated() -> None:
    content = (frame(kbit_index=5) + frame(kbit_index=14)) * 400
    assert duration(content) == pytest.approx(800 * 1152 / 44100, rel=0.02)


def test_behind_junk() -> None:
    content = b"\xff\xff junk \xff\xfb" + bytes(3000) + frame() * 100
    assert duration(content) == pytest.approx(100 * 1152 / 44100, rel=0.001)


@pytest.mark.parametrize("content", [b"", b"RIFF" * 1000, bytes(70_000), b"\xff" * 70_000])
def test_of_what_is_no_mp3_nothing_is_said(content: bytes) -> None:
    assert duration(content) is None


@given(st.binary(max_size=300), st.integers(0, 1 << 40))
def test_no_content_makes_it_raise(content: bytes, size: int) -> None:
    for begin in (content, frame()[:40] + content, xing(b"Xing", 5)[:50] + content):
        found = duration_of(begin, size)
        assert found is None or found > 0
