"""A song that was kept is found again: on the same list, on a later one, on another server's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.memory.kept import Finder, Kept, file_name, from_members, to_members
from fsm.client.events import ListedSong
from tests.cli.memory.strategies import kept_songs

SONGS = (
    ListedSong(1, "grapes - I dunno"),
    ListedSong(2, "Lanterns"),
    ListedSong(3, "Björk - Jóga"),
    ListedSong(4, "grapes - I dunno"),
    ListedSong(5, "Sigur - Intro"),
    ListedSong(6, "Björk - Intro"),
    ListedSong(None, "no number"),
    ListedSong(0, "Zero"),
)
FINDER = Finder(SONGS, "ab")


@pytest.mark.parametrize(
    ("kept", "song_id"),
    [
        # in the same version its ID is enough, whatever it was called
        (Kept("another title", 4, "ab"), 4),
        (Kept("", 2, "ab"), 2),
        (Kept("Lanterns", 9, "ab"), 2),
        # in another one the title counts; the ID chooses among several of that title
        (Kept("grapes - I dunno", 4, "cd"), 4),
        (Kept("grapes - I dunno", 9, "cd"), 1),
        (Kept("lanterns", 1, "cd"), 2),
        (Kept("another title", 4, "cd"), None),
        (Kept("", 4, "cd"), None),
        (Kept("another title", 4), None),
        # as other programs name it
        (Kept("bjork - joga"), 3),
        (Kept("Jóga"), 3),
        (Kept("Intro"), None),
        (Kept("", path="/music/b/03 - Joga.mp3"), 3),
        (Kept("", path="C:\\m\\Björk - Jóga.MP3"), 3),
        (Kept("", path="12. lanterns.mp3"), 2),
        (Kept("", path="zero.mp3"), 0),
        (Kept("unknown", path="lanterns.flac"), 2),
        (Kept("no number"), None),
        (Kept(""), None),
    ],
)
def test_it_is_found(kept, song_id):
    assert FINDER.find_one(kept) == song_id


def test_those_that_are_missing_are_named():
    gone = Kept("gone", 77, "cd")
    assert FINDER.find([Kept("Lanterns"), gone, Kept("Zero"), Kept("Lanterns")]) == (
        (2, 0, 2),
        (gone,),
    )


def test_before_the_list_has_come_the_same_version_is_enough():
    finder = Finder((), "ab")
    assert finder.find_one(Kept("Lanterns", 2, "ab")) == 2
    assert finder.find_one(Kept("Lanterns", 2, "cd")) is None
    assert Finder((), "").find_one(Kept("Lanterns", 2)) is None


@given(st.lists(st.text(max_size=6), max_size=12))
def test_every_song_of_a_list_is_found_on_it(titles):
    songs = [ListedSong(number, title) for number, title in enumerate(titles, 1)]
    finder = Finder(songs, "ab")
    for song in songs:
        assert finder.find_one(Kept(song.title, song.song_id, "ab")) == song.song_id
        found = Finder(songs, "cd").find_one(Kept(song.title, song.song_id, "ab"))
        assert found == song.song_id or (found is None and not song.title.strip())


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/b.mp3", "b"),
        ("C:\\a\\b.MP3", "b"),
        ("b", "b"),
        ("Mr. Nobody", "Mr. Nobody"),
        (".mp3", ""),
        ("", ""),
    ],
)
def test_the_name_of_a_file(path, name):
    assert file_name(path) == name


@given(kept_songs())
def test_it_is_the_same_after_json(song):
    assert from_members(to_members(song)) == song


@pytest.mark.parametrize(
    "members",
    [{"title": 1}, {"song_id": "1"}, {"song_id": True}, {"song_id": -1}, {"song_id": 1.5},
     {"duration_s": "x"}, {"duration_s": float("nan")}, {"duration_s": 1e300}, {"path": None}],
)  # fmt: skip
def test_members_of_no_song_are_refused(members):
    with pytest.raises(ValueError, match="no song"):
        from_members(members)
