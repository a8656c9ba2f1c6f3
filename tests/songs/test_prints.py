"""The print of a sound: the same under all tags, and no other sound's."""

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songs.scan.prints import BEGIN_BYTES, PRINT_BYTES, has_grown, print_of, sound_extent
from songs.tags import TagSource
from tests.songs.making import apev2, id3v1, id3v2, raw_id3v2

SOUND = random.Random(1).randbytes(300_000)


def printed(content: bytes) -> bytes:
    source = TagSource(io.BytesIO(content), len(content))
    return print_of(source, *sound_extent(source))


def lyrics3(text: bytes) -> bytes:
    body = b"LYRICSBEGINEAR%05d%s" % (len(text), text)
    return body + b"%06dLYRICS200" % len(body)


FRONTS = [
    b"",
    id3v2("A", "T"),
    id3v2("A", "T", version=3, picture_bytes=200_000),
    id3v2("A", "T") * 2,
    raw_id3v2(bytes(50), version=4, flags=0x10) + b"3DI" + bytes(7),
]
APE = apev2("A", "T")
BACKS = [
    b"",
    id3v1("A", "T"),
    APE,
    APE + id3v1("A", "T"),
    apev2("A" * 90_000, "T"),
    lyrics3(b"x" * 99) + id3v1("A", "T"),
    b"LYRICSBEGIN la la LYRICSEND" + id3v1("A", "T"),
    b"TAG+" + bytes(223) + id3v1("A", "T"),
    APE + lyrics3(b"x") + id3v1("A", "T"),
]


@pytest.mark.parametrize("length", [1, 1000, 65_536, 65_537, 131_072, 200_000, 300_000])
def test_tags_do_not_matter(length: int) -> None:
    sound = SOUND[:length]
    expected = printed(sound)
    assert len(expected) == PRINT_BYTES
    for front in FRONTS:
        for back in BACKS:
            assert printed(front + sound + back) == expected, (front[:20], back[:20])


def test_an_ape_tag_in_front() -> None:
    assert printed(APE + SOUND) == printed(SOUND)


@pytest.mark.parametrize("at", [0, 65_535, 150_000, 299_999])
def test_a_byte_in_a_piece_matters(at: int) -> None:
    changed = SOUND[:at] + bytes([SOUND[at] ^ 1]) + SOUND[at + 1 :]
    assert printed(changed) != printed(SOUND)


def test_the_length_matters() -> None:
    assert printed(bytes(500_000)) != printed(bytes(500_001))


def test_files_of_tags_alone_are_told_apart() -> None:
    one, other = id3v2("A", "T"), id3v2("A", "U")
    assert printed(one) != printed(other)
    assert len(printed(one)) == PRINT_BYTES


@pytest.mark.parametrize(
    "tag",
    [
        raw_id3v2(b"", claimed=1 << 20),
        b"APETAGEX\xd0\7\0\0\xff\xff\xff\x7f" + bytes(12) + b"\xa0" + bytes(11),
        b"999999LYRICS200",
        b"000000LYRICS200",
        b"LYRICSEND",
        b"3DI\4\0\0\x7f\x7f\x7f\x7f",
    ],
)
def test_a_tag_that_is_longer_than_the_file_is_none(tag: bytes) -> None:
    for content in (tag + SOUND[:500], SOUND[:500] + tag):
        source = TagSource(io.BytesIO(content), len(content))
        start, end = sound_extent(source)
        assert 0 <= start <= end <= len(content)
        assert len(printed(content)) == PRINT_BYTES


def test_what_has_grown() -> None:
    whole, part, little = (printed(SOUND[:n]) for n in (300_000, 100_000, BEGIN_BYTES - 1))
    assert has_grown(part, whole)
    assert has_grown(whole, part), "it may be shorter: it was preallocated"
    assert not has_grown(little, whole)
    assert not has_grown(b"", whole)
    assert not has_grown(printed(b"x" + SOUND), whole)


@given(
    st.lists(
        st.sampled_from(
            [
                b"TAG",
                b"ID3\3\0\0\0\0\0\5",
                b"APETAGEX",
                b"LYRICS200",
                b"3DI",
                b"LYRICSEND",
                bytes(32),
                b"\xff" * 128,
            ]
        ),
        max_size=12,
    ).map(b"".join)
)
def test_no_content_makes_it_raise(content: bytes) -> None:
    if content:
        assert len(printed(content)) == PRINT_BYTES
