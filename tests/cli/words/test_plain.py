"""The sentences of the reports say what is true."""

import pytest

from cli.words.moment import SongName
from cli.words.plain import Formatter
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
