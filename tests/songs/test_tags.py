"""Reading of tags: the standards, their common violations, and hostile files."""

import io
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songs.tags import Reading, read_tags
from songs.tags.found import Tags
from songs.tags.id3v2 import MAX_TAG_BYTES
from songs.tags.text import LATIN_1, MAX_TEXT_BYTES
from tests.songs.making import FRAME, apev2, id3v1, id3v2, raw_id3v2, synchsafe, text_frame


class Names(NamedTuple):
    artist: str = ""
    title: str = ""


BOTH = Names("NIN", "34 Ghosts IV")
FRAMES = text_frame(b"TIT2", "34 Ghosts IV") + text_frame(b"TPE1", "NIN")


def tags_of(content: bytes, encoding: str = LATIN_1) -> Tags:
    return read_tags(io.BytesIO(content), len(content), encoding).tags


def names_of(content: bytes, encoding: str = LATIN_1) -> Names:
    return Names(*tags_of(content, encoding)[:2])


@pytest.mark.parametrize("version", [3, 4])
def test_id3v2(version: int) -> None:
    assert names_of(id3v2(*BOTH, version=version) + FRAME) == BOTH


def test_id3v2_2() -> None:
    body = b"TT2\0\0\x05\0Echo" + b"TP1\0\0\x04\0ABC"
    assert names_of(raw_id3v2(body, version=2)) == Names("ABC", "Echo")


def test_id3v1() -> None:
    assert names_of(FRAME + id3v1(*BOTH)) == BOTH


@pytest.mark.parametrize("behind", [b"", id3v1("N", "34")])
def test_apev2_is_preferred_to_the_shorter_names_of_id3v1(behind: bytes) -> None:
    assert names_of(FRAME + apev2(*BOTH) + behind) == BOTH


def test_id3v2_comes_first_and_others_fill_its_gaps() -> None:
    assert names_of(id3v2(None, "34 Ghosts IV") + FRAME + apev2("NIN", "Other")) == BOTH
    assert names_of(id3v2(*BOTH) + FRAME + id3v1("Other", "Other")) == BOTH


def test_without_a_tag_the_names_are_empty() -> None:
    assert names_of(FRAME) == names_of(b"") == names_of(b"I") == Names()


def test_several_artists_are_joined() -> None:
    assert names_of(id3v2("A\0B", "Title")).artist == "A, B"


@pytest.mark.parametrize("version", [3, 4])
def test_a_huge_picture_before_the_names_is_skipped(version: int) -> None:
    assert names_of(id3v2(*BOTH, version=version, picture_bytes=12 << 20) + FRAME) == BOTH
    picture = b"APIC" + (synchsafe(5 << 20) if version == 4 else (5 << 20).to_bytes(4, "big"))
    tag = raw_id3v2(picture + b"\0\0" + bytes(5 << 20) + FRAMES, version=version)
    tracemalloc.start()
    assert names_of(tag) == BOTH
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 12 << 20  # the test's own copy, and little more


def test_id3v2_4_with_plain_sizes_as_old_itunes_wrote_them() -> None:
    long_frame = text_frame(b"TALB", "x" * 300)
    assert names_of(raw_id3v2(long_frame + FRAMES, version=4)) == BOTH


def test_unsynchronised_tags() -> None:
    body = text_frame(b"TIT2", "\xff\x00\xe0") + text_frame(b"TPE1", "NIN")
    stuffed = body.replace(b"\xff\x00", b"\xff\x00\x00").replace(b"\xff\xe0", b"\xff\x00\xe0")
    assert names_of(raw_id3v2(stuffed, flags=0x80)).artist == "NIN"


@pytest.mark.parametrize("version", [3, 4])
def test_extended_header(version: int) -> None:
    extended = b"\0\0\0\x06" + bytes(6) if version == 3 else b"\0\0\0\x06\x01\x00"
    assert names_of(raw_id3v2(extended + FRAMES, version=version, flags=0x40)) == BOTH
    assert (
        names_of(raw_id3v2(FRAMES, version=version, flags=0x40)) == BOTH
    )  # the flag is set without such a header


@pytest.mark.parametrize("content", [id3v2(*BOTH), raw_id3v2(FRAMES), id3v1(*BOTH), apev2(*BOTH)])
def test_a_truncated_tag_has_whole_names_or_none(content: bytes) -> None:
    for end in range(len(content)):
        artist, title = names_of(content[:end])
        assert artist in ("", BOTH.artist)
        assert title in ("", BOTH.title)


@given(st.binary(max_size=300), st.sampled_from([2, 3, 4]), st.integers(0, 255))
def test_no_bytes_raise(body: bytes, version: int, flags: int) -> None:
    names_of(raw_id3v2(body, version=version, flags=flags))
    names_of(raw_id3v2(FRAMES + body, version=version, flags=flags, claimed=2**28 - 1))
    names_of(body + b"APETAGEX" + body)
    names_of(body + b"TAG" + body)


@given(st.integers(0, 400), st.integers(0, 255))
def test_no_wrong_byte_in_a_tag_raises(position: int, value: int) -> None:
    content = bytearray(id3v2(*BOTH) + FRAME + apev2(*BOTH) + id3v1(*BOTH))
    content[position % len(content)] = value
    names_of(bytes(content))


def test_a_tag_over_the_limit_is_not_read_and_that_is_said() -> None:
    content = raw_id3v2(FRAMES, claimed=MAX_TAG_BYTES + 1)
    reading = read_tags(io.BytesIO(content), len(content))
    assert reading == Reading(Tags(), "its ID3 tag claims to be larger than 64 MiB")
    assert names_of(raw_id3v2(FRAMES, claimed=MAX_TAG_BYTES)) == BOTH


def many_names(frames: int) -> bytes:
    """Return a tag of so many artist frames, each of 9,000 names that no other has."""
    return raw_id3v2(
        b"".join(
            text_frame(b"TPE1", "\0".join(f"{frame:x}.{n:x}" for n in range(9000)))
            for frame in range(frames)
        )
    )


def bomb() -> bytes:
    size = 60 << 20  # as much as can be compressed into a frame below the limit
    data = size.to_bytes(4, "big") + zlib.compress(bytes(size), 9)
    assert len(data) < 64 << 10
    return raw_id3v2(b"TIT2" + len(data).to_bytes(4, "big") + b"\0\x80" + data)


HEAVY: dict[str, Callable[[], bytes]] = {
    "60 MiB, compressed": bomb,
    "a million tiny frames": lambda: raw_id3v2(b"TXXX\0\0\0\x01\0\0\0" * (8 << 17)),
    "a million empty frames": lambda: raw_id3v2(b"TXXX\0\0\0\0\0\0" * (8 << 17)),
    "endless title": lambda: raw_id3v2(b"TIT2\0\x80\0\0\0\0" + bytes(8 << 20)),
    "all stuffing": lambda: raw_id3v2(b"\xff\0" * (4 << 20), flags=0x80),
    "60 MiB of stuffing in a picture": lambda: raw_id3v2(
        b"APIC" + (30 << 20).to_bytes(4) + b"\0\0" + b"\xff\0" * (30 << 20), flags=0x80
    ),
    "100,000 artists": lambda: many_names(12),
    "1000 artists of one letter": lambda: raw_id3v2(b"TPE1\0\0\0\x02\0\0\0A" * 1000),
    "no UTF-8": lambda: raw_id3v2(b"TPE1\0\0\x20\0\0\0\3" + b"\xff" * 8191),
    "endless lyrics": lambda: b"EAR00000" * 100_000 + b"LYRICS200",
    "nothing but APE footers": lambda: b"APETAGEX" * (1 << 20),
    "endless key": lambda: (
        bytes(8)
        + b"k" * (8 << 20)
        + b"APETAGEX\xd0\x07\0\0"
        + (8 << 20).to_bytes(4, "little")
        + b"\x01\0\0\0"
        + bytes(12)
    ),
}
"""Made by who tries them: some are as large as their names say."""


@pytest.mark.parametrize("kind", HEAVY)
def test_no_tag_takes_long_or_much_memory(kind: str) -> None:
    content = HEAVY[kind]()
    tracemalloc.start()
    start = time.process_time()
    names = names_of(content)
    seconds = time.process_time() - start
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert names.title == ""
    assert len(names.artist) < 3 * MAX_TEXT_BYTES
    assert seconds < 2  # mutagen alone needs many minutes for the tiny frames
    assert peak_bytes < 48 << 20
