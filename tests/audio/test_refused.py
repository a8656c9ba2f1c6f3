"""A frame that cannot be decoded is silence, so that what is behind it keeps its time."""

from __future__ import annotations

import itertools

import pytest

from audio import Decoder, FrameIndex
from audio.mp3.structure import parse_header
from tests.audio.making import FRAME, as_buffer, independent_frames, mp3, mpg123, worst_difference
from tests.needs import needs_program

FRAME_BYTES = 1152 * FRAME


def decoded(data: bytes) -> tuple[bytes, int]:
    decoder = Decoder(as_buffer(data))
    return b"".join(pcm for _, pcm in decoder), decoder.refused_frames


def refused(frame: bytes) -> bytes:
    """The frame with a block type that is reserved."""
    return frame[:4] + b"\xff" * 32 + frame[36:]


@pytest.mark.parametrize(
    "numbers", [range(20, 21), range(20, 60), range(3), range(30, 70, 2), range(70, 78)]
)
def test_refused_frames_are_silent_and_the_others_keep_their_place(numbers):
    frames = independent_frames(mp3())
    whole, none = decoded(b"".join(frames))
    assert none == 0
    pcm, count = decoded(b"".join(refused(f) if n in numbers else f for n, f in enumerate(frames)))
    assert len(pcm) == len(whole)
    assert count == len(numbers)
    for n in range(len(frames)):
        mine, right = (p[n * FRAME_BYTES : (n + 1) * FRAME_BYTES] for p in (pcm, whole))
        if n in numbers:
            assert not any(mine)
        elif not {n - 1, n - 2} & set(numbers):
            assert mine == right, "only the frames behind a refused one may differ: they overlap"


@needs_program("mpg123")
@pytest.mark.parametrize("cut", [0, 417 * 9, 417 * 9 + 300])
def test_a_song_without_its_beginning_has_the_samples_of_mpg123(cut, tmp_path):
    path = tmp_path / "song.mp3"
    path.write_bytes(mp3(channels=1, kbits=32)[cut:])
    pcm, _ = decoded(path.read_bytes())
    expected = mpg123(path)
    assert len(pcm) == len(expected)
    assert worst_difference(pcm[8 * FRAME_BYTES :], expected[8 * FRAME_BYTES :]) <= 1


def test_a_song_of_nothing_but_refused_frames_has_no_sound_at_all():
    frames = independent_frames(mp3())
    assert decoded(b"".join(map(refused, frames))) == (b"", len(frames))


@pytest.mark.parametrize("seconds", [0.3, 0.5, 0.6, 1.0, 1.4, 1.6])
def test_a_seek_past_refused_frames_is_exact(seconds):
    frames = independent_frames(mp3())
    song = b"".join(refused(f) if 20 <= n < 50 else f for n, f in enumerate(frames))
    start, (whole, _) = FrameIndex(as_buffer(song)).start_at(seconds), decoded(song)
    assert start is not None
    pcm = b"".join(block for _, block in Decoder(as_buffer(song), start))
    expected = whole[round(seconds * 44100) * FRAME :]
    assert len(pcm) == len(expected)
    # From within them the frames behind lack what overlaps from the last one before them.
    inexact = 2 if 20 <= seconds * 44100 / 1152 < 50 else 0
    exact_bytes = (len(frames) - 50 - inexact) * FRAME_BYTES
    assert pcm[-exact_bytes:] == expected[-exact_bytes:]


def test_libmad_takes_every_frame_for_as_long_as_its_header_says():
    """A frame that libmad took for longer or shorter would cost the music behind it."""
    for second, third in itertools.product((*b"\xe3\xf3\xfb\xf5\xfd\xf7\xff",), range(0x10, 0xF0)):
        header = parse_header(bytes([0xFF, second, third, 0xC0]))
        if header is None or third & 1:
            continue
        frame = bytes([0xFF, second, third, 0xC0]) + bytes(header.frame_bytes - 4)
        decoder = Decoder(as_buffer(frame * 7))
        pcm = b"".join(block for _, block in decoder)
        assert len(pcm) == (7 * header.samples * FRAME if decoder.refused_frames < 7 else 0)
        # Mono of more than 192 kbit/s is forbidden in Layer II.
        assert decoder.refused_frames == 0 or (header.layer == 2 and header.bitrate > 192_000)
