"""The sentences of the reports say what is true."""

import pytest

from cli.browsing.answer import answer_of
from cli.words.formatters.plain import Formatter, missing_ids
from cli.words.moment import SongName, Status
from fsm.client.effects import Report, Tell
from fsm.client.events import ListedSong

SONGS = (ListedSong(1, "one"), ListedSong(2, "two"), ListedSong(5, "five"))


@pytest.mark.parametrize(
    ("song_id", "songs", "text"),
    [
        (4, SONGS, "404: the server has no song 4; the nearest: 5. five, 2. two; list shows all"),
        (4, (), "404: the server has no song 4; list shows the songs that it has"),
        (2, SONGS, "404: the server lists 2. two, and cannot send it: its file may have gone"),
    ],
)
def test_a_song_that_is_not_there_is_never_its_own_neighbour(song_id, songs, text):
    tell = Tell(Report.SONG_NOT_FOUND, song_id)
    assert (
        Formatter("host:1").report(tell, SongName(song_id, dict(songs).get(song_id)), songs) == text
    )


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ((1, 2, 5), "not on the list: songs 3, 4; play 3 asks for one all the same"),
        ((0, 1, 3), "not on the list: song 2; play 2 asks for it all the same"),
        (
            (*range(1, 9), *range(16, 40)),
            "not on the list: songs 9, 10, 11, 12, 13 and 2 more; play 9 asks for one all the same",
        ),
        ((1, 2, 3), ""),
        ((3, 4), ""),  # the first ID is not known
        ((2, 1, None), ""),
        ((17, 4711, 100_000), ""),
        ((), ""),
    ],
)
def test_the_ids_that_a_list_leaves_out_are_named(ids, text):
    assert missing_ids([ListedSong(song_id, "x") for song_id in ids]) == text


FROM_ZERO = (ListedSong(0, "zero"), ListedSong(10, "ten"), ListedSong(None, "without an ID"))


def test_a_song_0_is_listed_by_its_number():
    listed = Formatter("host:1").listing(answer_of("list", "", FROM_ZERO), Status())
    assert listed.splitlines() == [" 0. zero", "10. ten", "    without an ID"]
