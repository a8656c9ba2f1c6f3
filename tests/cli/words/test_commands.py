"""What may be typed, and the advice about what may not."""

import contextlib
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.words.commands.parser import Context, parse
from cli.words.commands.table import SPECS, CommandError, full_word
from cli.words.moment import Activity, Status
from fsm.client.events import ListedSong, ListRequested, PlayRequested, StopRequested, WaitRequested
from fsm.client.queue.edits import Append, Clear, Insert, Move, Remove, Shuffle
from fsm.client.requests import (
    EditRequested,
    Gain,
    GainRequested,
    Measure,
    NextRequested,
    PauseRequested,
    PrevRequested,
    Repeat,
    RepeatRequested,
    ResumeRequested,
    SeekRequested,
    ToggleRequested,
    UndoRequested,
    VolumeRequested,
)

SONGS = (
    ListedSong(1, "Björk - Jóga"),
    ListedSong(2, "grapes - I dunno"),
    ListedSong(3, "The Smashing Pumpkins - 1979"),
    ListedSong(12, "Grapes of Wrath"),
)


def request_of(text, songs=SONGS, **status):
    return parse(text).request(Context(songs, Status(**status)))


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("list", ListRequested()),
        ("l", ListRequested()),
        ("  LIST ", ListRequested()),
        ("list moon", ListRequested()),
        ("find moon river", ListRequested()),
        ("play 3", PlayRequested(3)),
        ("p 3", PlayRequested(3)),
        ("play joga", PlayRequested(1)),
        ("play BJÖRK", PlayRequested(1)),
        ("play grapes i", PlayRequested(2)),
        ("play 1979", PlayRequested(3)),
        ("play 7", PlayRequested(7)),
        ("pause", PauseRequested()),
        ("resume", ResumeRequested()),
        ("stop", StopRequested()),
        ("s", StopRequested()),
        ("seek 1:30", SeekRequested(90)),
        ("seek 1:00:01.5", SeekRequested(3601.5)),
        ("seek +10", SeekRequested(10, Measure.FROM_HERE)),
        ("seek -1:00", SeekRequested(-60, Measure.FROM_HERE)),
        ("seek 50%", SeekRequested(0.5, Measure.FRACTION)),
        ("volume 30", VolumeRequested(30)),
        ("vol 30 %", VolumeRequested(30)),
        ("gain track", GainRequested(Gain.TRACK)),
        ("ga ALBUM", GainRequested(Gain.ALBUM)),
        ("gain off", GainRequested(Gain.OFF)),
        ("v +5", VolumeRequested(65)),
        ("v -99", VolumeRequested(0)),
        ("next", NextRequested()),
        ("n", NextRequested()),
        ("prev", PrevRequested()),
        ("previous", PrevRequested()),
        ("queue 3 1 2", EditRequested(Append((3, 1, 2)))),
        ("queue 3,1", EditRequested(Append((3, 1)))),
        ("queue joga", EditRequested(Append((1,)))),
        ("queue", None),
        ("insert 3 1", EditRequested(Insert((3, 1)))),
        ("insert joga", EditRequested(Insert((1,)))),
        ("remove 2", EditRequested(Remove((2,)))),
        ("remove 2-4", EditRequested(Remove((2, 3, 4)))),
        ("remove 4-2,1 5", EditRequested(Remove((2, 3, 4, 1, 5)))),
        ("move 3 1", EditRequested(Move(3, 1))),
        ("move 3 to 1", EditRequested(Move(3, 1))),
        ("undo", UndoRequested()),
        ("clear", EditRequested(Clear())),
        ("repeat ALL", RepeatRequested(Repeat.ALL)),
        ("toggle", ToggleRequested()),
        ("wait", WaitRequested()),
        ("status", None),
        ("why", None),
    ],
)
def test_commands_make_requests(text, request_):
    assert request_of(text, volume=60, queue=(1, 2, 3, 12, 7)) == request_


def test_every_shuffle_has_another_seed():
    one, other = request_of("shuffle", queue=(1, 2)), request_of("z", queue=(1, 2))
    assert isinstance(one, EditRequested) and isinstance(one.edit, Shuffle)
    assert one != other


def test_a_shuffle_takes_the_list_only_where_nothing_is_queued():
    line = parse("shuffle")
    assert line.waits_for_list(Status())
    assert not line.waits_for_list(Status(queue=(1,)))
    assert request_of("shuffle", queue=(1,)).edit.songs == ()
    assert request_of("shuffle").edit.songs == (1, 2, 3, 12)
    assert request_of("shuffle", song_id=2).edit.songs == (1, 3, 12)
    unnumbered = (*SONGS, ListedSong(None, "without an ID"))
    assert request_of("shuffle", unnumbered).edit.songs == (1, 2, 3, 12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("remove 7-9999999999", (7,)),
        ("remove 3-9999999999", (3, 4)),
        ("remove 9999999999", (9999999999,)),
        ("remove 0-1", (0, 1)),
    ],
)
def test_a_range_behind_the_end_of_the_queue_names_the_first_that_is_missing(text, expected):
    assert request_of(text, queue=(1, 2, 3)) == EditRequested(Remove(expected))


def test_every_command_is_known_by_its_name_and_by_its_letter():
    letters = [spec.letter for spec in SPECS if spec.letter]
    assert len(letters) == len(set(letters))
    for spec in SPECS:
        assert full_word(spec.word) == spec.word
        assert not spec.letter or full_word(spec.letter) == spec.word


@pytest.mark.parametrize("text", ["quit", "q", "exit", "QUIT", "qui"])
def test_words_for_quit(text):
    assert parse(text).word == "quit"


@pytest.mark.parametrize("text", ["help", "?", "h"])
def test_words_for_help(text):
    assert parse(text).word == "help"


@pytest.mark.parametrize("text", ["", "   ", "\t"])
def test_an_empty_line_is_no_command(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("pley 3", "type help"),
        ("st", "stop or status"),
        ("play", "play 3"),
        ("play 99999999999", "1, 2, 3"),
        ("stop now", "takes nothing"),
        ("find", "find moon"),
        ("seek", "seek 1:30"),
        ("seek 101%", "50%"),
        ("seek x", "seek 1:30"),
        ("volume 101", "0 to 100"),
        ("volume", "volume +5"),
        ("volume x", "0 to 100"),
        ("repeat never", "off, one, all"),
        ("insert", "insert moon"),
        ("insert 99999999999", "1, 2, 3"),
        ("remove", "remove 2-4"),
        ("remove joga", "queue shows them"),
        ("remove -1", "remove 3"),
        ("move 3", "move 3 1"),
        ("move", "move 3 1"),
        ("move a b", "move 3 1"),
        ("undo 2", "takes nothing"),
        ("save", "save takes a name, as in: save sunday"),
        ("gain", "off, track, album"),
        ("gain loud", "off, track, album"),
        ("\x1b[2J", "no command ?[2J"),
    ],
)
def test_a_line_that_is_no_command_raises_advice(text, advice):
    with pytest.raises(CommandError) as error:
        parse(text)
    assert advice in str(error.value)
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    ("text", "request_"),
    [("play 0", PlayRequested(0)), ("queue 1 0", EditRequested(Append((1, 0))))],
)
def test_0_is_an_id_where_the_list_shows_it(text, request_):
    assert parse(text).needs_list
    assert request_of(text, (ListedSong(0, "first"), *SONGS)) == request_


@pytest.mark.parametrize(
    ("text", "songs", "advice"),
    [
        ("play grapes", SONGS, "2 titles have that: 2. grapes - I dunno, 12. Grapes of Wrath"),
        ("play gropes i dunno", SONGS, "the nearest: 2. grapes - I dunno"),
        ("play qqqqqq", SONGS, "list shows the songs"),
        ("play 0", SONGS, "1, 2, 3"),
        ("queue 1 0", SONGS, "1, 2, 3"),
        ("play grapes", (), "list fetches them"),
    ],
)
def test_a_title_that_names_no_single_song_raises_the_nearest(text, songs, advice):
    with pytest.raises(CommandError) as error:
        request_of(text, songs)
    assert advice in str(error.value)


def test_a_place_behind_the_end_of_the_song_raises_where_it_ends():
    assert request_of("seek 4:04", duration_s=245.0) == SeekRequested(244)
    assert request_of("seek 99:00") == SeekRequested(5940), "it is not known how long the song is"
    assert request_of("seek +99:00").measure is Measure.FROM_HERE
    assert request_of("seek +10", duration_s=245.0, position_s=234.9).amount == 10
    assert request_of("seek -99:00", duration_s=245.0, position_s=1.0).amount == -5940
    assert request_of("seek 100%", duration_s=245.0) == SeekRequested(1.0, Measure.FRACTION)
    for text, here_s in (("seek 4:05", 0.0), ("seek +10", 235.0), ("seek +99:00", 0.0)):
        with pytest.raises(CommandError, match=r"^the song ends at 4:05: seek 4:03\?$"):
            request_of(text, duration_s=245.0, position_s=here_s)
    with pytest.raises(CommandError, match=r"^the song ends at 0:01: seek 0:00\?$"):
        request_of("seek 0:01", duration_s=1.0)


@pytest.mark.parametrize(
    ("text", "starts", "outside", "running"),
    [
        ("play 3", True, False, False),
        ("queue 3", True, True, False),
        ("queue", False, True, True),
        ("insert 3", True, True, False),
        ("remove 3", False, True, True),
        ("move 3 1", False, True, True),
        ("undo", False, True, True),
        ("shuffle", False, True, True),
        ("pause", False, True, True),
        ("repeat all", False, True, True),
        ("status", False, True, True),
        ("list", False, False, False),
        ("wait", False, False, False),
        ("help", False, False, False),
        ("quit", False, False, False),
    ],
)
def test_which_lines_mean_a_song_that_plays_elsewhere(text, starts, outside, running):
    line = parse(text)
    assert (line.starts_song, line.from_outside, line.for_running_song) == (
        starts,
        outside,
        running,
    )


@given(st.text())
def test_no_text_raises_anything_else(text):
    with contextlib.suppress(CommandError):
        parse(text)
    for begun in (
        "play",
        "queue",
        "insert",
        "remove",
        "move",
        "seek",
        "volume",
        "gain",
        "repeat",
        "find",
    ):
        with contextlib.suppress(CommandError):
            request_of(f"{begun} {text}")


@pytest.mark.parametrize("word", ["resume", "toggle"])
def test_where_nothing_plays_the_last_song_is_played_again(word):
    made = parse(word).request
    request = ResumeRequested() if word == "resume" else ToggleRequested()
    played = Status(played=True)
    assert made(Context(status=played)) == PrevRequested()
    assert made(Context(status=replace(played, queue=(3,)))) == request
    assert made(Context(status=replace(played, activity=Activity.PAUSED))) == request
    assert made(Context()) == request


def test_a_number_that_only_a_title_has_means_song_0_too():
    songs = (ListedSong(0, "99 balloons"), ListedSong(1, "one"))
    assert request_of("play 99", songs).song_id == 0


def test_the_page_names_the_commands_that_are_for_the_prompt_alone():
    page = (Path(__file__).parents[3] / "docs" / "outside.md").read_text()
    [sentence] = re.findall("^(.*) are for the prompt alone\\.$", page, re.MULTILINE)
    takes = {"seek": "1:30", "volume": "5", "gain": "off", "move": "3 1", "repeat": "one"}
    lines = {s.word: f"{s.word} {takes.get(s.word, '1')}" if s.takes else s.word for s in SPECS}
    lines |= {"help": "help", "sleep": "sleep"}
    alone = {word for word, line in lines.items() if not parse(line).from_outside}
    assert set(re.findall("`([a-z]+)`", sentence)) == alone
