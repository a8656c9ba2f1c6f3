"""Parsing of MP3s: headers, tags, VBR tags; finding the first frame; naming what is no MP3."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio import NotMp3
from audio.mp3.frames import FrameReader
from audio.mp3.structure import parse_header, parse_vbr_tag, tag_bytes
from tests.audio.making import (
    ape,
    as_buffer,
    false_frames,
    frames_of,
    id3v1,
    id3v2,
    lame_extension,
    lame_gain,
    mp3,
    tag_frame,
    vbri,
    with_gapless_tag,
    xing,
)


@pytest.mark.parametrize(
    ("head", "version", "layer", "bitrate", "rate_hz", "channels", "frame_bytes", "samples"),
    [
        ("fffb9064", 1, 3, 128000, 44100, 2, 417, 1152),
        ("fffb9264", 1, 3, 128000, 44100, 2, 418, 1152),
        ("fffbe8c4", 1, 3, 320000, 32000, 1, 1440, 1152),
        ("fff384c4", 2, 3, 64000, 24000, 1, 192, 576),
        ("ffe328c0", 25, 3, 16000, 8000, 1, 144, 576),
        ("fffb0000", 1, 3, 0, 44100, 2, 0, 1152),
        ("fffd9000", 1, 2, 160000, 44100, 2, 522, 1152),
        ("ffff9000", 1, 1, 288000, 44100, 2, 312, 384),
    ],
)
def test_headers(head, version, layer, bitrate, rate_hz, channels, frame_bytes, samples):
    header = parse_header(bytes.fromhex(head))
    assert header is not None
    assert (header.version, header.layer, header.bitrate) == (version, layer, bitrate)
    assert (header.rate_hz, header.channels) == (rate_hz, channels)
    assert (header.frame_bytes, header.samples) == (frame_bytes, samples)


@pytest.mark.parametrize(
    "head",
    ["", "fffb90", "fefb9064", "ffdb9064", "ffeb9064", "fff99064", "fffbf064", "fffb9c64"],
)
def test_bytes_that_are_no_header(head):
    assert parse_header(bytes.fromhex(head)) is None


def test_every_frame_of_a_song_has_a_header():
    frames = frames_of(mp3(0.5))
    assert b"".join(frames) == mp3(0.5)
    assert len(frames) == 21  # 0.5 s are 19.1 frames; delay and padding are the rest


def test_sizes_of_tags():
    assert tag_bytes(id3v2(bytes(300_000))[:32]) == 300_010
    assert tag_bytes(id3v2(bytes(10), footer=True)) == 30
    assert tag_bytes(ape(bytes(500))) == 564
    assert tag_bytes(ape(b"")[32:]) == 32
    assert tag_bytes(id3v1()) == 128
    assert tag_bytes(b"ID3\x04\0\0\xff\0\0\0") == 0
    assert tag_bytes(b"") == tag_bytes(b"ID3") == tag_bytes(b"APETAGEX") == 0


@pytest.mark.parametrize("encoder", [b"LAME3.100", b"Lavc59.37", b"Mystery"])
@pytest.mark.parametrize(("rate_hz", "channels"), [(44100, 2), (44100, 1), (22050, 2), (24000, 1)])
def test_a_gapless_tag_is_parsed(encoder, rate_hz, channels):
    body = xing(77, 12345, b"Xing") + lame_extension(576, 1234, encoder)
    tag = parse_vbr_tag(tag_frame(mp3(0.3, rate_hz, channels, 64), body))
    assert tag is not None
    assert (tag.kind, tag.frames, tag.audio_bytes) == ("Xing", 77, 12345)
    assert (tag.delay, tag.padding) == (576, 1234)
    assert len(tag.toc) == 100
    assert tag.toc[50] == 128


PEAK = (1 << 22).to_bytes(4, "big")
"""Half of full scale."""


@pytest.mark.parametrize(
    ("gains", "expected"),
    [
        (bytes(8), ((None, None), (None, None))),
        (PEAK + lame_gain(-7.3) + bytes(2), ((-7.3, 0.5), (None, None))),
        (PEAK + lame_gain(-7.3) + lame_gain(51.1, which=2), ((-7.3, 0.5), (51.1, 0.5))),
        (bytes(4) + bytes(2) + lame_gain(4, which=2), ((None, None), (4.0, None))),
        (bytes(4) + lame_gain(4, by_whom=0) + lame_gain(4, which=7), ((None, None), (None, None))),
    ],
)
def test_the_gains_that_an_encoder_wrote_are_parsed(gains, expected):
    tag = parse_vbr_tag(with_gapless_tag(mp3(0.3), gains=gains))
    assert tag.gains == expected


@pytest.mark.parametrize(
    ("encoder", "more_db"),
    [(b"LAME3.94", 6), (b"LAME3.89b", 6), (b"LAME3.95", 0), (b"LAME3.100", 0), (b"Lavc", 0)],
)
def test_an_old_encoder_aimed_at_less(encoder, more_db):
    gains = bytes(4) + lame_gain(-7) + bytes(2)
    extension = lame_extension(576, 1105, encoder, gains)
    tag = parse_vbr_tag(tag_frame(mp3(0.3), xing(77, 12345) + extension))
    assert tag.gains[0] == (-7 + more_db, None)


def test_a_tag_without_an_extension():
    tag = parse_vbr_tag(tag_frame(mp3(0.3), xing(77, 12345) + lame_extension(5, 6, b"")))
    assert tag is not None
    assert (tag.kind, tag.delay, tag.padding) == ("Info", None, None)


def test_a_tag_with_no_fields():
    tag = parse_vbr_tag(tag_frame(mp3(0.3), b"Xing" + bytes(4)))
    assert tag is not None
    assert (tag.frames, tag.audio_bytes, tag.toc, tag.delay) == (None, None, (), None)


def test_a_vbri_tag_is_parsed():
    tag = parse_vbr_tag(tag_frame(mp3(0.3), vbri(700, 99_000, [1000, 2000]), at=36))
    assert tag is not None
    assert (tag.kind, tag.frames, tag.audio_bytes) == ("VBRI", 700, 99_000)
    assert tag.toc == (3000, 6000)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_tag_raises(noise, cut):
    whole = tag_frame(mp3(0.3), xing(77, 12345) + lame_extension(5, 6))
    parse_vbr_tag(whole[:cut])
    parse_vbr_tag(whole[:36] + b"Xing" + noise)
    parse_vbr_tag(whole[:36] + b"VBRI" + noise)
    tag_bytes(noise)
    parse_header(noise)


@pytest.mark.parametrize(
    ("front", "offset"),
    [
        (b"", 0),
        (id3v2(false_frames(100_000)), 100_010),
        (id3v2(b"a" * 100) + id3v2(b"b" * 7, footer=True), 137),
        (id3v2(b"a") + bytes(5000), 5011),
        (random.Random(5).randbytes(40_000), 40_000),
        (b"\xff\xfb\x90\x64" + bytes(60), 64),
    ],
)
def test_the_first_frame_is_found(front, offset):
    song = mp3(0.3)
    reader = FrameReader(as_buffer(front + with_gapless_tag(song)))
    assert first_frame(reader) == frames_of(song)[0]
    tag_frame_bytes = len(with_gapless_tag(song)) - len(song)
    assert reader.offset == offset + tag_frame_bytes + len(frames_of(song)[0])
    assert reader.tag is not None
    assert reader.tag.delay == 576


def test_a_song_of_one_frame_is_an_mp3():
    (frame, *_) = frames_of(mp3(0.3))
    assert FrameReader(as_buffer(frame)).poll() == frame
    assert FrameReader(as_buffer(frame + id3v1())).poll() == frame


def first_frame(reader: FrameReader) -> bytes | None:
    """The first frame of a whole song, searched for in as many steps as it takes."""
    frame = reader.poll()
    while frame is None and reader.searching:
        frame = reader.poll()
    return frame


def layer_2(frames: int) -> bytes:
    return (b"\xff\xfd\x80\x00" + bytes(413)) * frames


def free_format() -> bytes:
    return (b"\xff\xfb\x00\x00" + bytes(1000)) * 4


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (id3v2(b"a" * 50), "nothing behind its tags"),
        (b"RIFF\x24\0\0\0WAVEfmt " + false_frames(9000), "WAV"),
        (id3v2(b"x") + b"OggS" + bytes(900), "Ogg"),
        (b"fLaC" + bytes(900), "FLAC"),
        (b"\0\0\0\x20ftypM4A " + bytes(900), "MP4"),
        (b"\n<!DOCTYPE html><html>404</html>", "web page"),
        (b"404 not found\r\n" * 900, "text"),
        ("Käse\n".encode() * 500, "text"),
        (b"\xff\xf1\x50\x80" + bytes(900), "AAC"),
        (layer_2(1), "no MP3 sound"),
        (bytes(99) + layer_2(2) + bytes(99), "no MP3 sound"),
        (free_format(), "free format"),
        (bytes(200_000), "no MP3 sound"),
        (random.Random(8).randbytes(500_000), "no MP3 sound"),
        (mp3(0.3)[:300], "no MP3 sound"),
    ],
)
def test_the_error_names_what_is_no_mp3(data, reason):
    with pytest.raises(NotMp3, match=reason):
        first_frame(FrameReader(as_buffer(data)))


@given(st.binary(max_size=3000))
def test_any_bytes_raise_nothing_else(data):
    reader = FrameReader(as_buffer(data))
    with contextlib.suppress(NotMp3):
        while reader.poll():
            pass
