"""The print of a sound: the same under all tags, and no other sound's."""

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songs.scan.prints import (
    BEGIN_BYTES,
    PRINT_BYTES,
    has_grown,
    is_same_sound,
    parts_of,
    print_of,
    sound_extent,
)
from songs.tags import TagSource
from tests.songs.making import apev2, frame, id3v1, id3v2, raw_id3v2, xing

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


def music(count: int, seed: int = 2) -> bytes:
    """Return frames that sound: no two are the same."""
    noise = random.Random(seed)
    frames = (bytearray(frame()) for _ in range(count))
    return b"".join(bytes(each[:4]) + noise.randbytes(len(each) - 4) for each in frames)


@pytest.mark.parametrize("count", [2, 90, 157, 200, 300, 400, 700])
def test_the_frame_that_tells_of_the_song_does_not_matter(count: int) -> None:
    """Programs that write tags write it anew, of another size, or leave it out."""
    sounding = music(count)
    vbri = bytearray(frame(kbit_index=14))
    vbri[36:40] = b"VBRI"
    firsts = [
        xing(b"Info", count),
        xing(b"Xing", count, lame=(576, 1000)),
        xing(b"Info", None) + b"",
        bytes(vbri),
        b"",
        b"junk" + xing(b"Info", count),
    ]
    prints = [printed(front + first + sounding) for first in firsts for front in FRONTS]
    assert all(is_same_sound(one, other) for one in prints for other in prints)
    assert len({parts_of(each)[0] for each in prints}) == len(firsts)
    others = [music(count, seed=3), sounding[: len(frame()) * (count - 1)], sounding + b"x"]
    for other in others:
        assert not is_same_sound(printed(firsts[0] + other), prints[0])


def test_files_of_such_a_frame_alone_are_told_apart() -> None:
    assert not is_same_sound(printed(xing(b"Info", 1)), printed(xing(b"Info", 2)))


def test_all_of_the_print_is_read_within_what_was_always_read() -> None:
    class Counted(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    content = id3v2("A", "T", picture_bytes=100_000) + xing(b"Info", 3000) + music(3000)
    file = Counted(content)
    source = TagSource(file, len(content))
    start, end = sound_extent(source)
    before = file.count
    print_of(source, start, end)
    assert file.count - before <= 192 << 10


def test_the_first_part_is_what_catalogues_have_had_always() -> None:
    found = parts_of(printed(id3v2("A", "T") + SOUND))[0].hex()
    assert found == "00000000000493e075d033699ef94fd4ec330c2fce99db7fa80dc8183fd6617f"


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
