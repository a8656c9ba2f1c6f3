"""How long a song sounds, beside mutagen, and what no content makes of it."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.mp3 import MP3

from songs.scan.duration import duration_of
from tests.songs.making import make

RATES = {1: (44100, 48000, 32000), 2: (22050, 24000, 16000), 3: (11025, 12000, 8000)}


def frame(
    version: int = 1, kbit_index: int = 9, rate_index: int = 0, mono: bool = False, padding: int = 0
) -> bytes:
    """Return a silent frame of Layer III. version: 1, 2, or 3 for MPEG 2.5."""
    bits = {1: 0b11111011, 2: 0b11110011, 3: 0b11100011}[version]
    second = kbit_index << 4 | rate_index << 2 | padding << 1
    low = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
    high = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    kbits = (high if version == 1 else low)[kbit_index]
    size = (144 if version == 1 else 72) * kbits * 1000 // RATES[version][rate_index] + padding
    return bytes((0xFF, bits, second, 0xC0 if mono else 0)).ljust(size, b"\0")


def xing(
    name: bytes, frames: int | None, *, mono: bool = False, lame: tuple[int, int] = ()
) -> bytes:
    """Return a first frame that says how many follow."""
    tag = name + (0 if frames is None else 1).to_bytes(4)
    tag += b"" if frames is None else frames.to_bytes(4)
    if lame:
        tag += b"LAME3.100".ljust(21, b"\0") + (lame[0] << 12 | lame[1]).to_bytes(3)
    first = frame(mono=mono)
    at = 4 + (17 if mono else 32)
    return first[:at] + tag + first[at + len(tag) :]


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
