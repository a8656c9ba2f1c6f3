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
            "▶ 3. grapes - I dunno  ━━━━╺────────  1:23 / 4:05  320 kbit/s  vol 80 %  ⇣ 100 %",
        ),
        (
            120,
            "▶ 3. grapes - I dunno  ━━━━━━━━━━━━━╺──────────────────────────  1:23 / 4:05  "
            "320 kbit/s  vol 80 %  ⇣ 100 %",
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
        (40, "▶ 3. grapes - I dun…  lost; retry in 7 s"),
        (80, "▶ 3. grapes - I dunno  1:23  connection lost; attempt 2 in 7 s"),
    ],
)
def test_a_lost_connection_counts_down(columns, line):
    status = dataclasses.replace(PLAYING, online=False, retry_in_s=6.2, attempt=2)
    assert drawn(status, columns) == line


def test_a_song_that_has_arrived_whole_needs_no_connection():
    status = dataclasses.replace(PLAYING, online=False)
    assert drawn(status, 40) == "▶ 3. grapes - I dunno  1:23 / 4:05"
    assert drawn(status, 80).endswith("1:23 / 4:05  vol 80 %  ⇣ 100 %  no connection")


def test_stopped():
    assert drawn(Status(), 40) == "■ stopped  vol 100 %"
    assert "list · play ID or title · Tab completes" in drawn(Status(), 80)


def test_the_bar_shows_how_much_has_arrived():
    bar = drawn(dataclasses.replace(PLAYING, received=0.5), 80).split("  ")[1]
    assert bar == "━━━━╺──┄┄┄┄┄┄┄"


@pytest.mark.parametrize("columns", [80, 120])
def test_queue_and_repeat_go_before_less_useful_parts(columns):
    status = dataclasses.replace(PLAYING, queue=(1, 2), repeat="all")
    assert "2 queued, repeat all" in drawn(status, columns)


@pytest.mark.parametrize(
    ("sleep", "shown"),
    [
        ({"sleep_in_s": 1799.0}, "sleep in 30 min"),
        ({"sleep_in_s": 0.5}, "sleep in 1 min"),
        ({"sleeps_after_song": True}, "sleep after this"),
    ],
)
def test_when_it_falls_asleep(sleep, shown):
    assert shown in drawn(dataclasses.replace(PLAYING, **sleep), 100)
    assert shown in drawn(Status(**sleep), 100)
