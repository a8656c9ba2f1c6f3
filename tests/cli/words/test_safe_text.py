"""Text that somebody else wrote cannot steer the terminal, and is cut by columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.words.safe_text import columns_of, cut, safe


@given(st.text())
def test_safe_text_has_no_controls_and_is_not_changed_again(text):
    printable = safe(text)
    assert all(c.isprintable() or c in "\u200c\u200d" for c in printable)
    assert safe(printable) == printable


@pytest.mark.parametrize(
    ("text", "printable"),
    [
        ("plain", "plain"),
        ("\x1b[2Jcleared", "[2Jcleared"),
        ("\x9b31mC1", "31mC1"),
        ("turned \u202ednuora", "turned dnuora"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("cafe\u0301", "cafe\u0301"),
        ("\ud800 lone", "lone"),
    ],
)
def test_safe(text, printable):
    assert safe(text) == printable


@given(st.text().map(safe), st.integers(0, 50))
def test_cut_text_fits(text, columns):
    assert columns_of(cut(text, columns)) <= columns


def test_wide_characters_are_cut_whole():
    assert cut("となりのトトロ", 6) == "とな…"
