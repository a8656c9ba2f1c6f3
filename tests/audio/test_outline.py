"""A part of a song, which begins at any byte: where it is in the song, and what it sounds like."""

from __future__ import annotations

import random
from collections import ChainMap

import pytest

from audio import AudioBuffer, Decoder, FrameIndex
from audio.mp3.outline import Outline
from audio.mp3.structure import parse_header
from tests.audio.making import (
    FRAME,
    Made,
    as_buffer,
    frames_of,
    id3v1,
    id3v2,
    mp3,
    tag_frame,
    vbri,
    with_gapless_tag,
    xing,
)

SECONDS = 12.0
BEGINNING = 24_000
"""So many bytes are here when a place is sought."""
CONSTANT = Made(
    {
        "128 kbit/s": lambda: mp3(SECONDS),
        "320 kbit/s": lambda: mp3(SECONDS, kbits=320),
        "MPEG-2": lambda: mp3(SECONDS, rate_hz=22050, kbits=32),
        "48 kHz": lambda: mp3(SECONDS, rate_hz=48000),
        "tags around it": lambda: id3v2(bytes(5000)) + mp3(SECONDS) + id3v1(),
        "gapless": lambda: id3v2(b"title") + with_gapless_tag(mp3(SECONDS)),
    }
)


def with_table(song: bytes) -> bytes:
    """The song of variable bit rate with the table that an encoder writes in front of it."""
    frames = frames_of(song)
    tagged = tag_frame(song, xing(len(frames), len(song), kind=b"Xing"))
    offsets = [sum(map(len, frames[: len(frames) * part // 100])) for part in range(100)]
    table = bytes(min(255, offset * 256 // len(song)) for offset in offsets)
    at = tagged.index(b"Xing") + 16
    return tagged[:at] + table + tagged[at + 100 :] + song


def with_segments(song: bytes) -> bytes:
    frames = frames_of(song)
    each = [frames[at : at + 10] for at in range(0, len(frames), 10)]
    thirds = [sum(map(len, segment)) // 3 for segment in each]
    return tag_frame(song, vbri(len(frames), len(song), thirds), at=36) + song


VARIABLE = Made(
    {
        "Xing": lambda: with_table(mp3(SECONDS, vbr_quality=2)),
        "VBRI": lambda: with_segments(mp3(SECONDS, vbr_quality=2)),
        "no tag": lambda: mp3(SECONDS, vbr_quality=2),
    }
)


def decoded(source: AudioBuffer, index: FrameIndex, seconds: float) -> bytes:
    start = index.start_at(seconds)
    assert start is not None
    return b"".join(pcm for _, pcm in Decoder(source, start))


def outline_of(song: bytes) -> Outline:
    buffer = AudioBuffer()
    buffer.append(song[:BEGINNING])
    index = FrameIndex(buffer)
    index.extend()
    assert index.outline is not None
    return index.outline


def part_of(song: bytes, first: int) -> tuple[AudioBuffer, FrameIndex]:
    """The song from this byte on, and an index that knows its beginning."""
    buffer = AudioBuffer(first_offset=first)
    buffer.append(song[first:])
    buffer.finish()
    index = FrameIndex(buffer, outline_of(song), first)
    index.extend()
    return buffer, index


def whole_of(song: bytes) -> tuple[AudioBuffer, FrameIndex]:
    buffer = as_buffer(song)
    index = FrameIndex(buffer)
    index.extend()
    return buffer, index


@pytest.mark.parametrize("kind", CONSTANT)
def test_at_a_constant_bit_rate_a_part_sounds_as_in_the_whole_song(kind):
    song = CONSTANT[kind]
    outline, whole = outline_of(song), whole_of(song)
    assert outline.exact
    for seconds in (4.0, *(random.Random(1).uniform(4.0, 11.0) for _ in range(8))):
        first = outline.from_offset(seconds)
        assert 0 < first < len(song)
        part = part_of(song, first)
        assert decoded(*part, seconds) == decoded(*whole, seconds)
        assert part[1].duration_s == pytest.approx(whole[1].duration_s)
        assert part[1].music_offset == whole[1].music_offset
        assert not part[1].begins_after(seconds)


@pytest.mark.parametrize("kind", VARIABLE)
def test_at_a_variable_bit_rate_a_part_is_music_of_about_that_place(kind):
    song = VARIABLE[kind]
    outline, (buffer, index) = outline_of(song), whole_of(song)
    assert not outline.exact
    whole = decoded(buffer, index, 0.0)
    for seconds in (4.0, 6.5, 9.0):
        part = part_of(song, outline.from_offset(seconds))
        heard = decoded(*part, seconds)
        at = whole.find(heard[FRAME * 1152 : FRAME * 4608])
        assert at >= 0
        heard_s = at / FRAME / 44100 - 1152 / 44100
        assert abs(heard_s - seconds) < (1.0 if kind == "no tag" else 0.5)
        if kind != "no tag":
            assert part[1].duration_s == pytest.approx(index.duration_s, abs=0.03)


@pytest.mark.parametrize("kind", [*CONSTANT, *VARIABLE])
def test_a_frame_is_counted_where_its_place_is_asked_for(kind):
    """Otherwise what is asked for would begin behind its place, and be asked for again."""
    song = ChainMap(CONSTANT, VARIABLE)[kind]
    outline = outline_of(song)
    for tenth in range(30, 119):
        seconds = tenth / 10
        if (first := outline.from_offset(seconds)) == 0:
            continue
        _, index = part_of(song, first)
        assert index.start_at(seconds) is not None
        assert not index.begins_after(seconds)


def test_near_the_start_a_song_is_asked_for_from_its_first_byte():
    for song in (*CONSTANT.values(), *VARIABLE.values()):
        outline = outline_of(song)
        assert outline.from_offset(0.0) == 0
        assert outline.from_offset(0.1) == 0
        assert outline.frame_at(0) == 1, "no frame of a part is the song's first"


def test_a_place_before_a_part_is_not_here_however_much_has_come():
    song = CONSTANT["128 kbit/s"]
    _, index = part_of(song, outline_of(song).from_offset(8.0))
    for seconds in (0.0, 5.0, 6.5):
        assert index.start_at(seconds) is None
        assert index.begins_after(seconds)
        assert index.from_bytes(seconds) < index.from_bytes(8.0)
    start = index.start_at(7.5)
    assert start is not None, "a little before it it begins at its first frame"
    assert not index.begins_after(7.5)
    assert index.start_at(99.0) is not None, "behind the end is the end"


def test_a_part_without_a_frame_is_empty_and_where_its_rate_says():
    song = CONSTANT["tags around it"]
    _, index = part_of(song, len(song) - 100)
    assert index.empty
    assert index.start_at(11.0) is None
    assert index.bytes_per_s == pytest.approx(16_000)
    assert not index.begins_after(1.0)
    arriving = AudioBuffer(first_offset=50_000)
    index = FrameIndex(arriving, outline_of(song), 50_000)
    index.extend()
    assert not index.empty
    assert index.decodable_s == 0.0
    assert index.header == parse_header(frames_of(mp3(SECONDS))[0])


def test_music_that_looks_like_a_frame_is_none():
    """A part may begin in the middle of a frame that holds the header of another."""
    frames = frames_of(mp3(SECONDS, kbits=320))
    false = frames[50][:4]
    frames[100] = frames[100][:300] + false + frames[100][304:]
    song = b"".join(frames)
    first = sum(map(len, frames[:100])) + 300
    buffer = AudioBuffer(first_offset=first)
    buffer.append(song[first:])
    buffer.finish()
    index = FrameIndex(buffer, outline_of(song), first)
    index.extend()
    assert index.complete
    start = index.start_at(101 * 1152 / 44100)
    assert start is not None
    assert start.offset == sum(map(len, frames[:101]))


def test_a_buffer_may_begin_in_the_middle_of_a_song():
    buffer = AudioBuffer(memory_limit_bytes=4, max_bytes=8, first_offset=100)
    buffer.append(b"abcdef")
    assert [buffer.readable(offset) for offset in (0, 99, 100, 103, 106, 200)] == [0, 0, 6, 3, 0, 0]
    assert buffer.read_at(100, 2) == b"ab"
    assert buffer.read_at(104, 9) == b"ef"
    assert buffer.received_bytes == 6
    buffer.finish()
    assert buffer.read_at(50, 1) == b""
