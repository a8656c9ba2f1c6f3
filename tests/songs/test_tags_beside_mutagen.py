"""Our reader beside mutagen: on tags as mutagen writes them, both read the same."""

import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from mutagen import id3
from mutagen.apev2 import APEv2

from songs.tags import read_tags
from songs.titles import clean
from tests.songs.making import FRAME, make

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), min_size=1, max_size=40
).filter(lambda text: text.strip() == text)
LATIN = st.text(st.characters(max_codepoint=0xFF, exclude_categories=("Cc", "Cf")), min_size=1)
OTHERS = st.lists(st.sampled_from(["TALB", "TCON", "COMM", "APIC", "TXXX"]), unique=True)


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
