"""Songs are found by words of their titles, without regard to case and accents."""

import contextlib
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.browsing.choosing import choose
from cli.browsing.folding import fold
from cli.browsing.query import BadQuery, find
from cli.browsing.song_ids import NotChosen
from cli.browsing.title_search import nearest, suggest
from fsm.client.events import ListedSong

SONGS = tuple(
    ListedSong(number, title)
    for number, title in enumerate(
        ["Björk - Jóga", "grapes - I dunno", "Grapes of Wrath", "Ænima", "Sigur Rós - Góðan"], 1
    )
)


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
    assert choose(SONGS, text) == (song_id,)


def test_a_whole_title_goes_before_one_that_it_begins():
    songs = (ListedSong(1, "Help"), ListedSong(2, "Help me"))
    assert choose(songs, "help") == (1,)


def test_a_mistyped_title_is_answered_with_the_nearest():
    with pytest.raises(NotChosen, match=r"nearest: 2\. grapes - I dunno"):
        choose(SONGS, "grpaes i dunno")
    assert nearest(SONGS, "sigur ros") == [SONGS[4]]


def test_without_rapidfuzz_no_title_is_near(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    assert nearest(SONGS, "sigur ros") == []
    assert suggest(SONGS, "grpaes") == []
    with pytest.raises(NotChosen) as refused:
        choose(SONGS, "grpaes")
    assert "nearest" not in str(refused.value)


def test_suggestions_come_best_first():
    songs = (ListedSong(1, "So much gravel"), ListedSong(2, "A grape"), ListedSong(3, "Grapes"))
    assert [s.song_id for s in suggest(songs, "gra")] == [3, 1, 2]
    assert suggest(songs, "smg") == [], "play smg is refused"


@settings(deadline=None)  # the first example may load a module
@given(st.text(), st.text())
def test_any_text_may_be_searched_for(title, typed):
    songs = (ListedSong(1, title), ListedSong(None, typed))
    with contextlib.suppress(BadQuery):
        find(songs, typed)
    suggest(songs, typed)
    assert fold(fold(title)) == fold(title) or title
