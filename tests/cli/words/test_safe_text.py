"""Text that somebody else wrote cannot steer the terminal, and is cut by columns."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wcwidth import clip

from cli.words import any_wcwidth
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


@pytest.fixture(params=["new", "old"])
def of_wcwidth(request, monkeypatch):
    """What safe_text takes from wcwidth: of the one installed, and as with one before 0.3."""
    if request.param == "old":
        monkeypatch.setattr(any_wcwidth, "width", any_wcwidth.old_width)
        monkeypatch.setattr(any_wcwidth, "clip", any_wcwidth.old_clip)


@given(st.text().map(safe), st.integers(0, 50))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cut_text_fits(of_wcwidth, text, columns):
    assert columns_of(cut(text, columns)) <= columns


def test_wide_characters_are_cut_whole(of_wcwidth):
    assert cut("となりのトトロ", 6) == "とな…"
    assert cut("cafe\u0301 con leche", 5) == "cafe\u0301…"
    assert columns_of("cafe\u0301") == 4


@given(
    st.text("abと\u0301", max_size=12).filter(lambda text: not text.startswith("\u0301")),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_an_old_wcwidth_clips_as_a_new_one_does(text, start, columns):
    new = clip(text, start, start + columns, fillchar="")
    assert any_wcwidth.old_clip(text, start, start + columns) == new


def test_text_that_an_old_wcwidth_does_not_know_has_a_width():
    assert any_wcwidth.old_width("a\x1bb") == 2
