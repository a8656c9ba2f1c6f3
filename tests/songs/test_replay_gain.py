"""What a tag says of a song's loudness is read as mutagen writes it, and nothing does harm."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen import id3

from songs.tags.replay_gain import ReplayGain, replay_gain_in
from songs.tags.source import TagSource
from tests.songs.making import make, raw_id3v2, synchsafe, text_frame

FIELDS = ("track_gain", "track_peak", "album_gain", "album_peak")
TEXTS = ("-7.03 dB", "0.988547", "+2.5 dB", "1.25")
NUMBERS = (-7.03, 0.988547, 2.5, 1.25)


def read(tag):
    return replay_gain_in(TagSource(io.BytesIO(tag), len(tag)))


def written(*frames, version=4):
    tags = make(id3.ID3)
    for frame in frames:
        tags.add(frame)
    out = io.BytesIO()
    tags.save(out, v2_version=version)
    return out.getvalue()


def text(name, value, encoding=3):
    return make(id3.TXXX, encoding=encoding, desc=name, text=[value])


def rva2(name, gain, peak):
    return make(id3.RVA2, desc=name, channel=1, gain=gain, peak=peak)


def user_text(name, value, version=3):
    """A TXXX frame by hand."""
    data = b"\0" + name.encode() + b"\0" + value
    if version == 2:
        return b"TXX" + len(data).to_bytes(3, "big") + data
    return b"TXXX" + len(data).to_bytes(4, "big") + b"\0\0" + data


@pytest.mark.parametrize(("version", "encoding"), [(3, 0), (3, 1), (4, 0), (4, 1), (4, 2), (4, 3)])
@pytest.mark.parametrize("name", [str.lower, str.upper])
def test_texts_are_read_in_every_encoding(version, encoding, name):
    frames = [
        text(name(f"replaygain_{field}"), value, encoding)
        for field, value in zip(FIELDS, TEXTS, strict=True)
    ]
    assert read(written(*frames, version=version)) == NUMBERS


def test_texts_are_read_in_version_2_behind_a_picture_and_in_an_unsynchronised_tag():
    picture = b"PIC" + (9_000).to_bytes(3, "big") + bytes(9_000)
    body = picture + user_text("replaygain_track_gain", b"-3 dB", version=2)
    assert read(raw_id3v2(body, version=2)) == ReplayGain(track_gain=-3.0)
    noise = b"APIC" + (300).to_bytes(4, "big") + b"\0\0" + b"\xff\0" * 150
    body = noise + user_text("replaygain_track_gain", b"-4 dB")
    stuffed = body.replace(b"\xff", b"\xff\0")
    assert read(raw_id3v2(stuffed, flags=0x80)) == ReplayGain(track_gain=-4.0)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (b"-7.03 dB", -7.03),
        (b" +7.03dB ", 7.03),
        (b"7", 7.0),
        (b"-7,5 db", -7.5),
        (b"-.5 dB", None),
        (b"", None),
        (b"nan dB", None),
        (b"inf", None),
        (b"1e9 dB", None),
        (b"-7.03 dB and more", None),
        ("٣ dB".encode(), None),
        (b"9" * 4000, None),
        (b"1\0002", None),
    ],
)
def test_only_a_plain_number_counts(value, number):
    tag = raw_id3v2(user_text("replaygain_track_gain", value))
    assert read(tag).track_gain == number


@pytest.mark.parametrize(
    ("name", "side"),
    [("track", "track"), ("", "track"), ("mix", "track"), ("Album", "album"), ("user", "album")],
)
def test_rva2_is_read_and_its_name_says_for_what(name, side):
    found = read(written(rva2(name, -5.5, 0.75)))
    assert getattr(found, f"{side}_gain") == pytest.approx(-5.5)
    assert getattr(found, f"{side}_peak") == pytest.approx(0.75, abs=1e-4)
    assert sum(value is not None for value in found) == 2


def test_texts_go_before_rva2_each_with_its_own_peak():
    both = written(
        text("replaygain_track_gain", "-1 dB"), rva2("track", -2, 0.5), rva2("album", -3, 0.25)
    )
    found = read(both)
    assert found[:3] == (-1.0, None, -3.0)
    assert found.album_peak == pytest.approx(0.25, abs=1e-4)


def test_other_channels_of_rva2_are_passed_over():
    body = b"track\0" + bytes([2, 4, 0, 16, 1, 1]) + bytes([1, 0xFE, 0, 0])
    frame = b"RVA2" + synchsafe(len(body)) + b"\0\0" + body
    assert read(raw_id3v2(frame, version=4)) == ReplayGain(track_gain=-1.0)


@pytest.mark.parametrize(
    "tag",
    [
        b"",
        b"ID3",
        raw_id3v2(b""),
        raw_id3v2(text_frame(b"TIT2", "title")),
        raw_id3v2(b"RVA2" + bytes(6)),
        raw_id3v2(user_text("replaygain_track_gain", b"-1 dB" + b" " * 5_000)),
        raw_id3v2(user_text("replaygain_loudness", b"-1 dB")),
        raw_id3v2(user_text("replaygain_track_gain", b"-1 dB"), claimed=2**28 - 1)[:30],
    ],
)
def test_where_there_is_nothing_nothing_is_read(tag):
    assert read(tag) == ReplayGain()


FRAME_NAMES = st.sampled_from([b"TXXX", b"RVA2", b"APIC"])
PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"\0", b"track\0\1", b"\0replaygain_track_gain\0", b"-1 dB", b"\xff"]),
)


@given(st.sampled_from([2, 3, 4]), st.integers(0, 255), st.lists(st.tuples(FRAME_NAMES, PIECES)))
def test_no_content_makes_it_raise(version, flags, frames):
    body = b"".join(
        name + len(data).to_bytes(4, "big") + bytes((0, flags & 0x0F)) + data
        for name, data in frames
    )
    found = read(raw_id3v2(body, version=version, flags=flags & 0xC0))
    assert all(number is None or number == number for number in found)
