"""The queue as it is shown: positions, how long each song is, and when it begins."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from cli.browsing.columns import queue_rows
from cli.browsing.library import Library
from cli.words.formatters.json_lines import VERSION, JsonFormatter
from cli.words.formatters.plain import Formatter
from cli.words.formatters.rich_text import RichFormatter
from cli.words.formatters.upcoming import upcoming
from cli.words.glyphs import UNICODE
from cli.words.moment import Activity, Outcome, Status
from cli.words.safe_text import columns_of
from fsm.client.events import ListedSong

SONGS = Library(
    (ListedSong(1, "A - one"), ListedSong(2, "B - two\x1b[2J"), ListedSong(3, "three")),
    (
        (("ar", "A"), ("ti", "one"), ("du", "60.5")),
        (("ar", "B"), ("al", "Second"), ("ti", "two\x1b[2J"), ("du", "120")),
        (),
    ),
)
SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / f"client-{VERSION}.json"
PLAYING = Status(Activity.PLAYING, 1, "A - one", position_s=20.5, duration_s=60.5)


def begins(status):
    return [song.begins_in_s for song in upcoming(status, SONGS).songs]


def queued(*song_ids, **values):
    return replace(PLAYING, queue=song_ids, **values)


def test_each_song_begins_when_those_before_it_are_over():
    queue = upcoming(queued(2, 1, 2), SONGS)
    assert [song.position for song in queue.songs] == [1, 2, 3]
    assert [song.begins_in_s for song in queue.songs] == [40, 160, 220.5]
    assert (queue.duration_s, queue.ends_in_s) == (300.5, 340.5)
    assert queue.total == "3 songs, 5:00, ends in 5:40"


def test_behind_a_song_of_which_nothing_is_known_nobody_knows():
    queue = upcoming(queued(2, 3, 1), SONGS)
    assert [song.begins_in_s for song in queue.songs] == [40, 160, None]
    assert (queue.duration_s, queue.ends_in_s) == (None, None)
    assert queue.total == "3 songs"


def test_where_nothing_plays_or_one_song_is_repeated_nothing_begins_by_itself():
    for status in (queued(2, activity=Activity.STOPPED), queued(2, repeat="one")):
        queue = upcoming(status, SONGS)
        assert queue.songs[0].begins == ""
        assert queue.total == "1 song, 2:00"
    assert begins(queued(2, repeat="all")) == [40]
    assert begins(queued(2, activity=Activity.PAUSED)) == [40]


def test_how_long_the_present_song_is_may_be_known_from_the_list_alone():
    assert begins(queued(2, duration_s=None)) == [40]
    assert begins(queued(2, song_id=3, duration_s=None)) == [None]
    assert begins(queued(2, position_s=99.0)) == [0], "it has played for longer than it said"


def test_an_empty_queue_has_no_end():
    assert upcoming(queued(), SONGS) == ((), None, None)
    assert Formatter("h:1").queue(queued(), SONGS) == "nothing is queued; queue 3 5 adds songs"


def test_plain_lines_have_positions_ids_and_what_is_known():
    text = Formatter("h:1").queue(queued(2, 3, 9), SONGS)
    assert text.splitlines() == [
        "1  2. B - two[2J  2:00, in 0:40",
        "2  3. three  in 2:40",
        "3  9. (not on the list)",
        "3 songs",
    ]


def test_before_any_list_has_come_a_song_is_known_by_its_id():
    assert Formatter("h:1").queue(queued(22), ()).startswith("1  22. song 22")
    said, one = RichFormatter("h:1", UNICODE), Outcome(queued=1)
    assert said.done("queue", queued(22, 23), (), one) == "song 23 is queued, at position 2"
    assert said.done("queue", queued(2, 3), SONGS, one) == "3. three is queued, at position 2"
    line = json.loads(JsonFormatter("h:1").queue(queued(22), ()))
    assert line["songs"][0]["title"] is None


@pytest.mark.parametrize(
    ("ids", "count", "words"),
    [
        ((9, 20, 21, 22, 23), 4, "4 songs are queued, at positions 2 to 5"),
        ((20, 21), 2, "2 songs are queued, at positions 1 to 2"),
        ((21, 22, 23), 4, "3 songs are queued, at positions 1 to 3"),  # the first one plays
        ((23,), 2, "song 23 is queued, at position 1"),
    ],
)
def test_several_songs_that_are_queued_are_told_by_their_positions(ids, count, words):
    said = RichFormatter("h:1", UNICODE)
    assert said.done("queue", queued(*ids), (), Outcome(queued=count)) == words


def test_positions_line_up():
    lines = Formatter("h:1").queue(queued(*(3,) * 10), SONGS).splitlines()
    assert lines[0].startswith(" 1  3. three")
    assert lines[9].startswith("10  3. three")


def test_json_says_the_same():
    line = json.loads(JsonFormatter("h:1").queue(queued(2, 9), SONGS))
    jsonschema.validate(line, json.loads(SCHEMA.read_text()))
    first, second = line["songs"]
    assert (first["id"], first["position"], first["duration_s"], first["begins_in_s"]) == (
        *(2, 1, 120),
        40,
    )
    assert (second["id"], second["title"], second["position"], second["begins_in_s"]) == (
        *(9, None, 2),
        160,
    )
    assert "duration_s" not in second
    assert (line["duration_s"], line["ends_in_s"]) == (None, None)
    line = json.loads(JsonFormatter("h:1").queue(queued(2), SONGS))
    assert (line["duration_s"], line["ends_in_s"]) == (120, 160)


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_rows_are_no_wider_than_the_terminal_and_keep_the_title(columns):
    tracks = [song.track for song in upcoming(queued(2, 3), SONGS).songs]
    rows = list(queue_rows(tracks, ["in 0:40", ""], columns, "…"))
    assert all(columns_of(row) <= columns for row in rows)
    assert "two" in rows[0]
    assert ("Second" in rows[0]) == (columns >= 40)
    assert "in 0:40" in rows[0] or columns < 40
