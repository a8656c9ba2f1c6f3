"""Our reader beside mutagen: on tags as mutagen writes them, both read the same."""

import io
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen import id3
from mutagen._constants import GENRES as GENRES_OF_MUTAGEN
from mutagen.apev2 import APEv2

from songs.tags import read_tags
from songs.tags.genres import genre_name, genre_numbered
from songs.titles import clean
from tests.songs.making import FRAME, make, raw_id3v2, synchsafe

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), min_size=1, max_size=40
).filter(lambda text: text.strip() == text)
LATIN = st.text(st.characters(max_codepoint=0xFF, exclude_categories=("Cc", "Cf")), min_size=1)
OTHERS = st.lists(st.sampled_from(["TSRC", "TCOM", "COMM", "APIC", "TXXX"]), unique=True)
NAMES = st.one_of(st.just(""), TEXT)
GENRES = st.sampled_from(
    ["Rock", "17", "(17)", "(17)(18)", "(4)Eurodisco", "(RX)", "Folk, World", ""]
)


def other(name: str) -> Any:
    kind = getattr(id3, name)
    if name == "APIC":
        return make(kind, encoding=0, mime="image/png", type=3, desc="", data=b"\xff\xfb" * 5000)
    if name in ("COMM", "TXXX"):
        return make(kind, encoding=3, desc="d", text=["x" * 300])
    return make(kind, encoding=1, text=["other"])


@given(
    st.sampled_from([3, 4]),
    st.sampled_from([1, 3]),
    st.lists(TEXT, min_size=1, max_size=3),
    TEXT,
    st.integers(1, 999),
    OTHERS,
)
def test_id3v2(
    version: int, encoding: int, artists: list[str], title: str, track: int, others: list[str]
) -> None:
    tags: Any = make(id3.ID3)
    for name in others:
        tags.add(other(name))
    tags.add(make(id3.TPE1, encoding=encoding, text=artists))
    tags.add(make(id3.TIT2, encoding=encoding, text=[title]))
    tags.add(make(id3.TRCK, encoding=0, text=[f"{track}/999"]))
    if version == 3:
        tags.update_to_v23()
    out = io.BytesIO()
    tags.save(out, v2_version=version)
    content = out.getvalue() + FRAME
    read: Any = make(id3.ID3, fileobj=io.BytesIO(content), translate=False)
    ours = read_tags(io.BytesIO(content), len(content)).tags
    assert ours.artist == clean(", ".join(read["TPE1"].text))
    assert ours.title == clean(read["TIT2"].text[0])
    assert ours.track == track


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([3, 4]), NAMES, NAMES, st.integers(1, 9999), st.integers(1, 99), GENRES)
def test_what_more_there_is(
    version: int, album: str, album_artist: str, year: int, disc: int, genre: str
) -> None:
    tags: Any = make(id3.ID3)
    tags.add(make(id3.TALB, encoding=1, text=[album]))
    tags.add(make(id3.TPE2, encoding=1, text=[album_artist]))
    tags.add(make(id3.TDRC, encoding=0, text=[f"{year:04}-12-31"]))
    tags.add(make(id3.TPOS, encoding=0, text=[f"{disc}/99"]))
    tags.add(make(id3.TCON, encoding=0, text=[genre]))
    if version == 3:
        tags.update_to_v23()
    out = io.BytesIO()
    tags.save(out, v2_version=version)
    content = out.getvalue() + FRAME
    ours = read_tags(io.BytesIO(content), len(content)).tags
    assert (ours.album, ours.album_artist) == (clean(album), clean(album_artist))
    assert (ours.year, ours.disc) == (year, disc)
    read: Any = make(id3.ID3, fileobj=io.BytesIO(content))
    assert ours.genre == ", ".join(read["TCON"].genres if genre else ())


def compressed(text: bytes, version: int) -> bytes:
    data = len(text).to_bytes(4) if version == 3 else synchsafe(len(text))
    data += zlib.compress(text)
    sizes = len(data).to_bytes(4) if version == 3 else synchsafe(len(data))
    flags = b"\0\x80" if version == 3 else b"\0\x09"
    return raw_id3v2(b"TIT2" + sizes + flags + data, version=version) + FRAME


@settings(max_examples=40, deadline=None)
@given(TEXT, st.sampled_from([3, 4]))
def test_compressed_frames(title: str, version: int) -> None:
    content = compressed(b"\1" + title.encode("utf-16"), version)
    read: Any = make(id3.ID3, fileobj=io.BytesIO(content))
    assert read_tags(io.BytesIO(content), len(content)).tags.title == clean(read["TIT2"].text[0])


def test_of_a_frame_that_expands_to_a_hundred_mebibytes_the_beginning_is_read() -> None:
    content = compressed(b"\0" + b"x" * (100 << 20), 3)
    assert len(content) < 200_000
    tracemalloc.start()
    try:
        title = read_tags(io.BytesIO(content), len(content)).tags.title
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert title == "x" * 4095
    assert most < 2 << 20


@pytest.mark.parametrize("damage", [b"", b"\0\0\0\x05junk"])
def test_a_compressed_frame_that_is_damaged_is_no_name(damage: bytes) -> None:
    frame = b"TIT2" + len(damage).to_bytes(4) + b"\0\x80" + damage
    content = raw_id3v2(frame) + FRAME
    assert read_tags(io.BytesIO(content), len(content)).tags.title == ""


@settings(max_examples=40, deadline=None)
@given(NAMES, st.integers(1, 9999), GENRES)
def test_what_more_there_is_in_apev2(album: str, year: int, genre: str) -> None:
    tags: Any = make(APEv2)
    tags["Album"], tags["Year"], tags["Genre"] = album, f"{year:04}", genre
    tags["Album Artist"], tags["Disc"] = album, "2/3"
    out = io.BytesIO()
    tags.save(out)
    content = FRAME + out.getvalue()
    ours = read_tags(io.BytesIO(content), len(content)).tags
    assert (ours.album, ours.album_artist) == (clean(album), clean(album))
    assert (ours.year, ours.disc, ours.genre) == (year, 2, genre_name(genre))


def test_genres_are_those_that_mutagen_knows() -> None:
    assert [genre_numbered(n) for n in range(len(GENRES_OF_MUTAGEN))] == GENRES_OF_MUTAGEN
    assert genre_numbered(len(GENRES_OF_MUTAGEN)) == ""


@given(LATIN, LATIN)
def test_latin_1(artist: str, title: str) -> None:
    tags: Any = make(id3.ID3)
    tags.add(make(id3.TPE1, encoding=0, text=[artist]))
    tags.add(make(id3.TIT2, encoding=0, text=[title]))
    out = io.BytesIO()
    tags.save(out)
    ours = read_tags(out, len(out.getvalue())).tags
    assert (ours.artist, ours.title) == (clean(artist), clean(title))


@given(st.lists(TEXT, min_size=1, max_size=3), TEXT, st.integers(1, 999), st.booleans())
def test_apev2(artists: list[str], title: str, track: int, behind: bool) -> None:
    tags: Any = make(APEv2)
    tags["Artist"], tags["Title"], tags["Track"] = artists, title, f"{track}/999"
    tags["Cover Art (Front)"] = b"\0" * 9000
    out = io.BytesIO()
    tags.save(out)
    content = FRAME + out.getvalue() + (b"TAG" + bytes(125) if behind else b"")
    ours = read_tags(io.BytesIO(content), len(content)).tags
    assert ours[:3] == (clean(", ".join(artists)), clean(title), track)
