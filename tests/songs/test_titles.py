"""Titles and natural order."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from natsort import natsort_keygen

from songs.titles import (
    MAX_TITLE_BYTES,
    clean,
    natural_key,
    printable,
    shorten,
    title_from_name,
    title_from_tags,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=400)  # surrogates too
ALIKE = st.lists(st.sampled_from([b"a", b"A", b"0", b"1", b"/", b"\xff"]), max_size=3).map(b"".join)
DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def assert_printable(text: str) -> None:
    assert not [c for c in text if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not set(text) & set(DIRECTIONS)
    assert len(text.splitlines()) <= 1


@given(ANY_TEXT)
def test_clean_text_has_one_line_and_no_control_characters(text: str) -> None:
    assert_printable(clean(text))


@given(ANY_TEXT, ANY_TEXT)
def test_titles_from_tags_are_printable_short_and_encodable(artist: str, title: str) -> None:
    made = title_from_tags(artist, title)
    assert (made is None) == (not clean(title))
    if made is not None:
        assert_printable(made)
        assert 0 < len(made.encode()) <= MAX_TITLE_BYTES


@given(st.binary(max_size=251))
def test_titles_from_names_are_printable_short_and_never_empty(stem: bytes) -> None:
    title = title_from_name(stem + b".mp3")
    assert_printable(title)
    assert 0 < len(title.encode()) <= MAX_TITLE_BYTES


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.integers(3, 600))
def test_shorten_cuts_between_characters_and_keeps_as_many_as_fit(
    text: str, max_bytes: int
) -> None:
    cut = shorten(text, max_bytes)
    assert len(cut.encode()) <= max_bytes
    if len(text.encode()) <= max_bytes:
        assert cut == text
    else:
        kept = cut.removesuffix("…")
        assert cut.endswith("…")
        assert text.startswith(kept)
        assert len((kept + text[len(kept)] + "…").encode()) > max_bytes


@pytest.mark.parametrize(
    ("name", "title"),
    [
        (b"34 Ghosts IV.mp3", "34 Ghosts IV"),
        (b"LOUD.MP3", "LOUD"),
        (b"a.b.mp3", "a.b"),
        (b"caf\xe9.mp3", "caf\N{REPLACEMENT CHARACTER}"),
        ("Ærø \N{PILE OF POO}.mp3".encode(), "Ærø \N{PILE OF POO}"),
        (b"one\ntwo\x1b[31m\x07\x7f.mp3", "one two[31m"),
        ("a\u202eb\u2028c\x85d.mp3".encode(), "ab cd"),
        (b"THE END END.mp3", "THE END END"),  # this package does not know the protocol
        (b".mp3", ".mp3"),
        (b"\n.mp3", ".mp3"),
    ],
)
def test_title_from_name(name: bytes, title: str) -> None:
    assert title_from_name(name) == title


def test_every_control_character_is_removed() -> None:
    controls = "".join(map(chr, (*range(32), *range(0x7F, 0xA0))))
    cleaned = clean(f"a{controls}{DIRECTIONS}\u2028\u2029\ufeff\ufff9b")
    assert cleaned.replace(" ", "") == "ab"


@pytest.mark.parametrize("white", ["\n", "\t", "\r\n", "\n\n\t", "\v", "\f", "\u2028", "\u2029"])
def test_line_breaks_and_tabs_are_one_space(white: str) -> None:
    assert clean(f"{white}one{white}two{white}") == "one two"


def test_joiners_are_kept() -> None:
    assert clean("\u0646\u0645\u06cc\u200c\u062e") == "\u0646\u0645\u06cc\u200c\u062e"


def test_a_title_of_exactly_the_limit_is_not_shortened() -> None:
    assert title_from_tags("a", "t" * (MAX_TITLE_BYTES - 4)) == "a - " + "t" * (MAX_TITLE_BYTES - 4)
    longer = title_from_tags("a", "t" * (MAX_TITLE_BYTES - 3))
    assert longer is not None
    assert longer.endswith("t…")
    assert len(longer.encode()) == MAX_TITLE_BYTES


def test_a_lone_title_is_shown_and_a_lone_artist_is_not() -> None:
    assert title_from_tags("", "Chapter 1") == title_from_tags("\x1b", "Chapter 1") == "Chapter 1"
    assert title_from_tags("Author", "") is title_from_tags("Author", "\n") is None


def test_printable_paths() -> None:
    assert printable(b"a/\x1b]0;owned\x07\nERROR forged\xff") == "a/]0;owned ERROR forged\ufffd"


@pytest.mark.parametrize(
    "ordered",
    [
        ["2.mp3", "10.mp3"],
        ["a1b2.mp3", "a1b10.mp3", "a2b1.mp3"],
        ["a/9.mp3", "a/10.mp3", "a b/1.mp3"],  # compared part by part: "/" sorts before " "
        ["disc 2/1.mp3", "disc 10/1.mp3"],
        ["Abba.mp3", "beatles.mp3", "Cher.mp3"],
        ["1.mp3", "a.mp3"],
        ["9" * 30 + ".mp3", "1" + "0" * 30 + ".mp3"],
    ],
)
def test_natural_order(ordered: list[str]) -> None:
    backwards = ordered[::-1]
    assert sorted(backwards, key=lambda name: natural_key(name.encode())) == ordered


@given(st.lists(st.text("ab019", min_size=1, max_size=8)))
def test_natural_order_is_that_of_natsort(names: list[str]) -> None:
    # Letters and digits only: natsort sorts "a2.mp3" before "a.mp3".
    key = natsort_keygen()
    mine = sorted(names, key=lambda name: natural_key(name.encode()))
    expected = sorted(names, key=key)
    assert [key(name) for name in mine] == [key(name) for name in expected]


@given(ALIKE, ALIKE)
def test_only_equal_paths_have_equal_keys(one: bytes, other: bytes) -> None:
    assert (natural_key(one) == natural_key(other)) == (one == other)


@given(st.integers(0, 10**18), st.integers(0, 10**18), st.text("az -", max_size=3))
def test_numbers_are_compared_by_value(small: int, large: int, prefix: str) -> None:
    keys = [natural_key(f"{prefix}{n}.mp3".encode()) for n in (small, large)]
    assert (keys[0] < keys[1]) == (small < large)
