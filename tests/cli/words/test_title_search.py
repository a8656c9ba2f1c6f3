"""Songs are found by words of their titles, without regard to case and accents."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.words.title_search import NoSuchSong, find, fold, nearest, resolve, suggest
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
    assert resolve(SONGS, text).song_id == song_id


def test_a_whole_title_goes_before_one_that_it_begins():
    songs = (ListedSong(1, "Help"), ListedSong(2, "Help me"))
    assert resolve(songs, "help").song_id == 1


def test_without_rapidfuzz_no_title_is_near(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    assert nearest(SONGS, "sigur ros") == []
    with pytest.raises(NoSuchSong, match="no title has that; list shows the songs"):
        resolve(SONGS, "grapse")
    assert suggest(SONGS, "grpaes") == []


def test_a_mistyped_title_is_answered_with_the_nearest():
    with pytest.raises(NoSuchSong, match=r"nearest: 2\. grapes - I dunno"):
        resolve(SONGS, "grpaes i dunno")
    assert nearest(SONGS, "sigur ros") == [SONGS[4]]


def test_suggestions_come_best_first():
    songs = (ListedSong(1, "So much gravel"), ListedSong(2, "A grape"), ListedSong(3, "Grapes"))
    assert [s.song_id for s in suggest(songs, "gra")] == [3, 1, 2]
    assert [s.song_id for s in suggest(songs, "agp")] == [2]


@given(st.text(), st.text())
def test_any_text_may_be_searched_for(title, typed):
    songs = (ListedSong(1, title), ListedSong(None, typed))
    find(songs, typed)
    suggest(songs, typed)
    assert fold(fold(title)) == fold(title) or title
