"""Lists and answers at the prompt: aligned, marked, coloured as far as the terminal allows."""

import re

import pytest

from cli.browsing import query
from cli.browsing.answer import answer_of
from cli.browsing.library import Library
from cli.words.commands.table import BRIEF_COLUMNS, SPECS, WORD_COLUMNS
from cli.words.formatters.rich_text import RichFormatter
from cli.words.glyphs import UNICODE
from cli.words.moment import Activity, Status
from cli.words.safe_text import columns_of
from fsm.client.events import ListedSong
from fsm.client.queue.edits import MAX_CHANGES
from tests.cli.prompt import client, run, status_line

COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


def test_a_change_of_the_queue_is_answered_with_its_state(large_terminal):
    run(large_terminal, "play 5")
    large_terminal.type(" ")
    large_terminal.wait_until(lambda t: status_line(t).startswith("‖"))
    run(large_terminal, "queue joga")
    assert "1. Somebody - Jóga is queued, at position 1" in large_terminal.lines
    run(large_terminal, "queue 20-23")
    assert "4 songs are queued, at positions 2 to 5" in large_terminal.lines
    assert "5 queued" in status_line(large_terminal)
    run(large_terminal, "shuffle")
    large_terminal.wait_until(lambda t: re.search(r"^#  +ID$", t.text, re.MULTILINE))


def test_the_queue_is_shown_with_positions_and_times(large_terminal):
    run(large_terminal, "play 5")
    large_terminal.type(" ")
    large_terminal.wait_until(lambda t: status_line(t).startswith("‖"))
    run(large_terminal, "queue 1 7")
    afresh(large_terminal, "queue")
    rows = [line.split() for line in large_terminal.lines if re.match(r"\d  +\d\. ", line)]
    assert [(row[0], row[1]) for row in rows] == [("1", "1."), ("2", "7.")]
    assert re.search(r"Jóga +0:01  in 0:\d\d", large_terminal.text)
    assert re.search(r"^2 songs, 0:0\d, ends in 0:\d\d$", large_terminal.text, re.MULTILINE)


def afresh(terminal, command):
    """Clear the screen and type a command, which may be one that was typed before."""
    terminal.type("\x0c")
    terminal.wait_until(lambda t: t.lines[0] == ">>")
    run(terminal, command)


def queued_ids(terminal):
    """The IDs in the last table of the queue, by their positions."""
    after = max(n for n, line in enumerate(terminal.lines) if re.match(r" *#  +ID", line))
    rows = (re.match(r" *(\d+)  +(\d+)\. ", line) for line in terminal.lines[after + 1 :])
    found = {int(row[1]): int(row[2]) for row in rows if row}
    assert list(found) == list(range(1, len(found) + 1))
    return list(found.values())


def test_the_queue_is_edited_and_shown_after_each_edit(large_terminal):
    run(large_terminal, "play 5")
    large_terminal.type(" ")
    large_terminal.wait_until(lambda t: status_line(t).startswith("‖"))
    run(large_terminal, "queue 6 7 8 9 10")
    for line, queued, told in (
        ("insert 12 11", [12, 11, 6, 7, 8, 9, 10], ""),
        ("remove 2-3", [12, 7, 8, 9, 10], ""),
        ("move 5 1", [10, 12, 7, 8, 9], ""),
        ("undo", [12, 7, 8, 9, 10], "number 5 moved to 1"),
        ("undo", [12, 11, 6, 7, 8, 9, 10], "2 songs removed"),
    ):
        afresh(large_terminal, line)
        assert queued_ids(large_terminal) == queued
        assert not told or f"taken back: {told}" in large_terminal.lines
    afresh(large_terminal, "remove 2 8")
    assert "the queue stays as it is: it has 7 songs, and no number 8" in large_terminal.lines
    assert queued_ids(large_terminal) == [12, 11, 6, 7, 8, 9, 10]
    run(large_terminal, "queue 13-16")
    run(large_terminal, "move 11 1")
    assert "and 3 more" in large_terminal.lines
    run(large_terminal, "clear")
    afresh(large_terminal, "undo")
    assert "taken back: the queue cleared" in large_terminal.lines
    assert "11 queued" in status_line(large_terminal)


def test_all_songs_are_played_in_another_order_where_nothing_is_queued(large_terminal):
    run(large_terminal, "stop")
    run(large_terminal, "clear")
    run(large_terminal, "shuffle")
    large_terminal.wait_until(lambda t: re.search(r"\d{2,} queued", status_line(t)))
    large_terminal.type(" ")
    first = queued_ids(large_terminal)
    assert len(set(first)) == 8 and first != sorted(first)
    afresh(large_terminal, "undo")
    assert "taken back: another order" in large_terminal.lines
    assert "queued" not in status_line(large_terminal)
    for _ in range(MAX_CHANGES):
        afresh(large_terminal, "undo")
    assert "nothing is left to undo" in large_terminal.text


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_titles_line_up_and_do_not_steer_the_terminal(large_server, columns):
    with client(large_server.port, columns) as terminal:
        run(terminal, "list somebody")
        rows = [line for line in terminal.lines if re.match(r"..[1-4]\. ", line)]
        assert len(rows) == 4
        assert "となりのトトロ" in terminal.text.replace(" ", "")
        # pyte composes the accent and its letter, as a terminal does.
        assert "café noir" in terminal.text
        assert "[2J" in terminal.text
        assert ">> list somebody" in terminal.text, "the screen was not cleared"
        for code in (b"\x1b]0;", b"\x1b[2J", b"\x07", "\x9b".encode(), "\u202e".encode()):
            assert code not in terminal.raw
        run(terminal, "play 4")
        terminal.wait_until(lambda t: "31m5Aevil" in status_line(t))
        assert "\u202e".encode() not in terminal.raw


def test_list_and_find_take_words(large_terminal):
    run(large_terminal, "find JOGA")
    assert "  1. Somebody  Jóga  0:01" in large_terminal.lines
    run(large_terminal, "list piece 17")
    assert "  17. 17 piece" in large_terminal.lines
    run(large_terminal, "find jogga")
    assert "nearest: 1. Somebody - Jóga" in large_terminal.text


def test_the_song_that_plays_is_marked(terminal):
    run(terminal, "repeat one")
    run(terminal, "play 2")
    run(terminal, "list")
    assert "▶ 2. 2 second" in terminal.lines
    assert "  1. 1 first" in terminal.lines


def test_the_help_of_all_commands_fits_on_a_screen_of_80_columns(terminal):
    run(terminal, "help")
    assert all(re.search(rf"(^| ){spec.word} ", terminal.text, re.MULTILINE) for spec in SPECS)
    assert ">> help" in terminal.text, "it stands on the screen, not in a pager"


def test_there_is_room_in_the_help_for_each_command():
    for spec in SPECS:
        assert len(spec.word) <= WORD_COLUMNS
        assert columns_of(spec.brief) <= BRIEF_COLUMNS


@pytest.mark.parametrize(("columns", "variable"), [(40, "200"), (200, "40")])
def test_the_width_is_the_terminals_and_not_that_of_COLUMNS(steady_server, columns, variable):
    with client(steady_server.port, columns, env={"COLUMNS": variable}) as terminal:
        run(terminal, "?")
        assert ("those with WORDS" in terminal.text) == (columns == 200)
        run(terminal, "? repeat")
        assert "repeat off|one|all, or r\n  what comes when the queue is empty" in terminal.text


def test_no_color_is_respected(steady_server):
    with client(steady_server.port, env={"NO_COLOR": "1"}) as terminal:
        run(terminal, "list")
        run(terminal, "play 1")
        run(terminal, "?")
        run(terminal, "play 99")
        assert not COLOUR.search(terminal.raw)
    with client(steady_server.port) as terminal:
        run(terminal, "list")
        assert COLOUR.search(terminal.raw)


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"LC_ALL": "", "LC_CTYPE": "", "LANG": "C"}]
)
def test_without_unicode_only_ascii_is_written(steady_server, locale):
    with client(steady_server.port, env=locale) as terminal:
        run(terminal, "list")
        run(terminal, "play 1")
        terminal.wait_until(lambda t: status_line(t).startswith("> 1. 1 first"))
        run(terminal, "?")
        assert terminal.raw.isascii()


@pytest.mark.parametrize("columns", [60, 80])
def test_what_is_not_found_is_not_broken_within_a_word(steady_server, columns):
    with client(steady_server.port, columns) as terminal:
        run(terminal, "list nothing artist:")
        assert all(f"{key}:" in terminal.text for key in query.KEYS)


def answered(word, **values):
    return RichFormatter("h:1", UNICODE).done(word, Status(**values), ())


def test_what_is_set_is_acknowledged_in_one_line():
    assert answered("repeat", repeat="all").startswith("repeat all: ")
    assert answered("repeat").startswith("repeat off: ")
    assert answered("gain", gain="album") == "gain album"
    assert answered("sleep", sleep_in_s=1799.5) == "sleeps in 30:00"
    assert answered("sleep", sleeps_after_song=True) == "sleeps after this song"
    assert answered("sleep") == "it stays awake"


def test_what_is_refused_is_told_and_not_acknowledged(terminal):
    afresh(terminal, "sleep end")
    refused = "nothing is playing; list shows the songs, play ID or a title starts one"
    assert terminal.lines[:3] == [">> sleep end", refused, ">>"]
    afresh(terminal, "sleep off")
    assert terminal.lines[:3] == [">> sleep off", "it stays awake", ">>"]


@pytest.mark.parametrize("columns", [60, 80])
def test_what_is_set_is_said_and_stays_in_the_status_line(steady_server, columns):
    with client(steady_server.port, columns) as terminal:
        run(terminal, "repeat all")
        assert "repeat all: a new round begins when the queue is empty" in terminal.lines
        run(terminal, "play 2")
        run(terminal, "pause")
        run(terminal, "queue 1 3")
        run(terminal, "sleep 30m")
        assert "sleeps in 30:00" in terminal.lines
        terminal.wait_until(lambda t: status_line(t).endswith("sleep 30m  repeat all  2 queued"))


@pytest.mark.parametrize("count", [2, 600])
@pytest.mark.parametrize("album", ["", "al"])
def test_a_song_0_is_listed_by_its_number_and_marked(count, album):
    songs = tuple(ListedSong(song_id, f"song {song_id}") for song_id in range(count))
    library = Library(songs, [(("al", album),)] * count if album else ())
    plays = Status(Activity.PLAYING, 0, "song 0")
    listed = RichFormatter("host:1", UNICODE).listing(answer_of("list", "", library), plays)
    first, second, *_ = (re.sub("\x1b[^m]*m", "", line) for line in listed.splitlines())
    assert re.match("▶ +0\\. song 0", first)
    assert re.match("  +1\\. song 1", second)
