"""What others wrote is made safe, and songs are found by what one remembers of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.words.safe_text import columns_of, cut, safe
from cli.words.title_search import NoSuchSong, find, fold, nearest, resolve, suggest
from fsm.client.events import ListedSong

SONGS = tuple(
    ListedSong(number, title)
    for number, title in enumerate(
        ["Björk - Jóga", "grapes - I dunno", "Grapes of Wrath", "Ænima", "Sigur Rós - Góðan"], 1
    )
)


@given(st.text())
def test_what_is_safe_has_no_controls_and_stays_so(text):
    clean = safe(text)
    assert all(c.isprintable() or c in "\u200c\u200d" for c in clean)
    assert safe(clean) == clean


@pytest.mark.parametrize(
    ("text", "clean"),
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
def test_safe(text, clean):
    assert safe(text) == clean


@given(st.text().map(safe), st.integers(0, 50))
def test_what_is_cut_fits(text, columns):
    assert columns_of(cut(text, columns)) <= columns


def test_wide_characters_are_cut_whole():
    assert cut("となりのトトロ", 6) == "とな…"


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("joga", [1]),
        ("BJÖRK", [1]),
        ("grapes", [2, 3]),
        ("wrath grapes", [3]),
        ("aenima", [4]),
        ("godan ros", [5]),
        ("", [1, 2, 3, 4, 5]),
        ("nothing", []),
    ],
)
def test_find_ignores_case_and_accents(words, ids):
    assert [s.song_id for s in find(SONGS, words)] == ids


@pytest.mark.parametrize(
    ("text", "song_id"), [("joga", 1), ("grapes -", 2), ("of wrath", 3), ("grapes of wrath", 3)]
)
def test_a_part_of_a_title_is_enough(text, song_id):
    assert resolve(SONGS, text).song_id == song_id


def test_a_title_that_begins_another_is_meant_when_it_is_whole():
    songs = (ListedSong(1, "Help"), ListedSong(2, "Help me"))
    assert resolve(songs, "help").song_id == 1


def test_slips_of_the_fingers_are_forgiven_with_a_question():
    with pytest.raises(NoSuchSong, match=r"nearest: 2\. grapes - I dunno"):
        resolve(SONGS, "grpaes i dunno")
    assert nearest(SONGS, "sigur ros") == [SONGS[4]]


def test_suggestions_come_best_first():
    songs = (ListedSong(1, "So much gravel"), ListedSong(2, "A grape"), ListedSong(3, "Grapes"))
    assert [s.song_id for s in suggest(songs, "gra")] == [3, 1, 2]
    assert [s.song_id for s in suggest(songs, "agp")] == [2]


@given(st.text(), st.text())
def test_no_text_is_too_strange_to_look_for(title, wanted):
    songs = (ListedSong(1, title), ListedSong(None, wanted))
    find(songs, wanted)
    suggest(songs, wanted)
    assert fold(fold(title)) == fold(title) or title
