"""The status line fits every width, shows the most useful first, and is safe to print."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.screen.status_line import status_line
from cli.words.glyphs import ASCII, UNICODE
from cli.words.moment import Activity, Status
from cli.words.safe_text import columns_of

PLAYING = Status(
    Activity.PLAYING,
    3,
    "grapes - I dunno",
    position_s=83,
    duration_s=245,
    bitrate_kbps=320,
    volume=80,
    received_bytes=9_800_000,
    received=1.0,
)


def drawn(status, columns, glyphs=UNICODE):
    return "".join(text for _, text in status_line(status, columns, glyphs))


statuses = st.builds(
    Status,
    activity=st.sampled_from(Activity),
    song_id=st.integers(1, 9_999_999_999),
    title=st.none() | st.text(),
    position_s=st.floats(0, 1e5),
    duration_s=st.none() | st.floats(0, 1e5),
    bitrate_kbps=st.none() | st.integers(8, 320),
    variable_bitrate=st.booleans(),
    volume=st.integers(0, 100),
    sleep_in_s=st.none() | st.floats(0, 1e5),
    sleeps_after_song=st.booleans(),
    received_bytes=st.integers(0, 10**9),
    received=st.none() | st.floats(0, 1),
    buffered_msgs=st.integers(0, 10_000),
    needed_msgs=st.integers(0, 500),
    starts_in_s=st.none() | st.floats(0, 1e4),
    online=st.booleans(),
    retry_in_s=st.none() | st.floats(0, 30),
    attempt=st.integers(0, 100),
    queue=st.lists(st.integers(1, 99)).map(tuple),
    repeat=st.sampled_from(["off", "one", "all"]),
)


@given(statuses, st.integers(0, 250), st.sampled_from([UNICODE, ASCII]))
def test_it_fits_every_width_and_cannot_steer_a_terminal(status, columns, glyphs):
    line = drawn(status, columns, glyphs)
    assert columns_of(line) <= columns
    assert all(c.isprintable() or c in "\u200c\u200d" for c in line)


def test_a_song_that_is_hardly_one_has_a_full_bar():
    shortest = dataclasses.replace(PLAYING, duration_s=5e-324)
    assert "━╺ " in drawn(shortest, 80)


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (40, "▶ 3. grapes - I dunno  1:23 / 4:05"),
        (
            80,
            "▶ 3. grapes - I dunno  ━━━━━━━╺──────────────  1:23 / 4:05  320 kbit/s  vol 80 %",
        ),
        (
            120,
            "▶ 3. grapes - I dunno  ━━━━━━━━━━━━━╺──────────────────────────  1:23 / 4:05  "
            "320 kbit/s  vol 80 %",
        ),
    ],
)
def test_a_song_that_plays(columns, line):
    assert drawn(PLAYING, columns) == line


def test_without_unicode_it_is_ascii():
    line = drawn(dataclasses.replace(PLAYING, received=0.6), 80, ASCII)
    assert line.isascii()
    assert line.startswith("> 3. grapes - I dunno  ===>--.")


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (40, "◌ 3. grapes - I dunno  buffering 43 %"),
        (80, "◌ 3. grapes - I dunno  buffering 215/500 (43 %), about 1.3 s"),
    ],
)
def test_a_song_that_is_buffered(columns, line):
    status = Status(
        Activity.BUFFERING,
        3,
        "grapes - I dunno",
        buffered_msgs=215,
        needed_msgs=500,
        starts_in_s=1.3,
    )
    assert drawn(status, columns) == line


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (40, "▶ 3. grape…- I dunno  lost; retry in 7 s"),
        (80, "▶ 3. grapes - I dunno  1:23  connection lost; attempt 2 in 7 s"),
    ],
)
def test_a_lost_connection_counts_down(columns, line):
    status = dataclasses.replace(PLAYING, online=False, retry_in_s=6.2, attempt=2)
    assert drawn(status, columns) == line


def test_a_song_that_has_arrived_whole_needs_no_connection():
    status = dataclasses.replace(PLAYING, online=False)
    assert drawn(status, 40) == "▶ 3. grapes - I dunno  1:23 / 4:05"
    assert drawn(status, 80).endswith("1:23 / 4:05  vol 80 %  no connection")


@pytest.mark.parametrize(
    ("columns", "hints"),
    [
        (80, "list · play ID or title · Tab completes · ? helps"),
        (60, "list · play ID or title · ? helps"),
        (50, "list · play ID · ? helps"),
        (40, "list · ? helps"),
        (30, "list"),
    ],
)
def test_stopped_it_says_what_to_type_first(columns, hints):
    assert drawn(Status(), columns) == f"■ stopped  vol 100 %  {hints}"
    repeating = drawn(Status(repeat="all", queue=(1,)), columns)
    assert repeating.startswith("■ stopped  repeat all")


def test_the_bar_shows_how_much_has_arrived():
    bar = drawn(dataclasses.replace(PLAYING, received=0.5), 80).split("  ")[1]
    assert bar == "━━━━╺──┄┄┄┄┄┄┄"


def test_how_much_has_arrived_is_said_as_long_as_it_is_not_all():
    assert "⇣ 50 %" in drawn(dataclasses.replace(PLAYING, received=0.5), 80)
    assert "⇣" not in drawn(PLAYING, 200)


LONG_NAME = dataclasses.replace(PLAYING, song_id=10, title="Radiohead - Kid A, part 12")
"""Its name takes 30 columns."""


@pytest.mark.parametrize("columns", [59, 60, 79, 80])
def test_what_a_command_has_set_goes_before_what_is_only_told(columns):
    queued = dataclasses.replace(LONG_NAME, queue=(1,) * 26)
    assert drawn(queued, columns).endswith("26 queued")
    repeated = dataclasses.replace(queued, repeat="all")
    assert drawn(repeated, columns).endswith("  repeat all  26 queued")
    for sleep, shown in (
        ({"sleep_in_s": 1799.0}, "sleep 30m"),
        ({"sleeps_after_song": True}, "sleep end"),
    ):
        asleep = drawn(dataclasses.replace(queued, **sleep), columns)
        assert asleep.endswith(f"  {shown}  26 queued")
        all_set = drawn(dataclasses.replace(repeated, **sleep), columns)
        assert f"  {shown}  repeat all" in all_set
        assert all_set.endswith("  26 queued") == (columns > 60)
        for line in (asleep, all_set):
            assert line.startswith("▶ 10. ") and "part 12  1:23 / 4:05" in line


def test_the_name_is_cut_in_its_middle_so_that_parts_of_a_work_differ():
    title = "Sigur Rós - Ágætis byrjun, live in the old hall: II. Starálfur"
    named = dataclasses.replace(PLAYING, song_id=21, title=title)
    for columns in (40, 60, 80):
        name = drawn(named, columns).split("  ")[0]
        assert name.startswith("▶ 21. S") and name.endswith("II. Starálfur")
    buffering = dataclasses.replace(named, activity=Activity.BUFFERING)
    assert drawn(buffering, 60).endswith("II. Starálfur  buffering")


@pytest.mark.parametrize(
    ("sleep", "shown"),
    [
        ({"sleep_in_s": 1799.0}, "sleep 30m"),
        ({"sleep_in_s": 0.5}, "sleep 1m"),
        ({"sleeps_after_song": True}, "sleep end"),
    ],
)
def test_when_it_falls_asleep(sleep, shown):
    assert shown in drawn(dataclasses.replace(PLAYING, **sleep), 100)
    assert shown in drawn(Status(**sleep), 100)
