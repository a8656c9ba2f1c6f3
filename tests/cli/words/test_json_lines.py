"""The JSON output holds what docs/json.md promises."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from cli.browsing.answer import Answer
from cli.browsing.library import Album, Library, Track
from cli.memory.playlists import Summary
from cli.outside.commands import OutsideFormatter
from cli.words.formatters.json_lines import VERSION, JsonFormatter
from cli.words.moment import Activity, Status
from fsm.client.effects import Report
from fsm.client.events import ListedSong

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((DOCS / "schema" / f"client-{VERSION}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def lines(port, *commands, options=()):
    script = [word for command in commands for word in ("-c", command)]
    argv = ["-m", "cli.app", "client", "127.0.0.1", str(port), "--json", "--output", "null"]
    run = subprocess.run(
        [sys.executable, *argv, *options, *script],
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert run.stderr == ""
    assert run.stdout.isascii()
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_every_answer_and_event_matches_the_schema(large_server, validator):
    printed = lines(
        large_server.port,
        *(
            "list",
            "find joga",
            "find nothing",
            "albums",
            "artists",
            "play 99999",
            "play joga",
            "status",
            "pause",
        ),
        *("volume 0", "resume", "queue 2 3", "queue", "clear", "seek 0:00", "repeat one"),
        *("repeat off", "why", "help", "play qqqqq", "stop", "pause"),
        options=("--prebuffer", "1"),
    )
    for line in printed:
        validator.validate(line)
    kinds = [line["kind"] for line in printed]
    assert set(kinds) == {
        "albums",
        "artists",
        "songs",
        "status",
        "event",
        "queue",
        "why",
        "help",
        "error",
    }
    events = [line["event"] for line in printed if line["kind"] == "event"]
    assert {"song_not_found", "song_arriving", "nothing_plays"} <= set(events)


def test_a_song_that_is_heard_has_its_events(steady_server, validator):
    printed = lines(steady_server.port, "play 1", "wait")
    for line in printed:
        validator.validate(line)
    events = [line["event"] for line in printed if line["kind"] == "event"]
    assert events == ["song_arriving", "song_playing", "song_played"]


def test_titles_arrive_as_they_are(large_server):
    (found,) = lines(large_server.port, "find red")
    assert [song["id"] for song in found["songs"]] == [4]


def test_status_in_a_status_bar_is_one_line(steady_server):
    (status,) = lines(steady_server.port, "status")
    assert status["activity"] == "stopped"
    assert status["song"] is None
    assert status["text"] == "stopped; volume 100 %"


def test_the_state_after_a_command_is_its_answer(steady_server):
    printed = lines(steady_server.port, "play 1", "pause", "volume 30", "stop")
    states = [(s["activity"], s["volume"]) for s in printed if s["kind"] == "status"]
    assert states == [("paused", 100), ("paused", 30), ("stopped", 30)]


def test_devices_and_config_have_their_lines(validator):
    for command in ("devices", "config"):
        run = subprocess.run(
            [sys.executable, "-m", "cli.app", command, "--json"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        validator.validate(json.loads(run.stdout))


def test_the_docs_name_every_event_and_every_kind(validator):
    text = (DOCS / "json.md").read_text()
    for report in Report:
        assert f"`{report.name.lower()}`" in text
    for choice in validator.schema["oneOf"]:
        assert re.search(rf"^\| `{choice['properties']['kind']['const']}`", text, re.MULTILINE)


def test_a_long_queue_is_named_in_few_passes_over_the_list():
    class Songs(tuple):
        passes = 0

        def __iter__(self):
            Songs.passes += 1
            return super().__iter__()

    songs = Songs(ListedSong(n, str(n)) for n in range(1, 101))
    line = JsonFormatter("host:1").queue(Status(queue=(*range(1, 101), 999)), songs)
    named = json.loads(line)["songs"]
    assert named[1] == {"id": 2, "title": "2", "position": 2, "begins_in_s": None}
    assert (named[-1]["id"], named[-1]["title"]) == (999, None)
    assert Songs.passes < 5


def test_a_number_has_three_decimals_wherever_it_stands(validator):
    track = Track(3, "Ti", "Ti", album="Al", duration_s=83.20001234567891)
    status = Status(
        Activity.PLAYING,
        3,
        "Ti",
        position_s=1.2345678901234567,
        duration_s=83.20001234567891,
        received=0.33333333333333,
        gain_db=-7.300000000001,
        starts_in_s=1 / 3,
        retry_in_s=2 / 3,
        sleep_in_s=100 / 3,
        queue=(3,),
        track=track,
    )
    formatter, outside = JsonFormatter("host:1"), OutsideFormatter("host:1", lambda: 1 / 3)
    album = Album("Al", "Ar", (track, track, track))
    songs = Library((ListedSong(3, "Ti"),), ((("du", "83.200012346"),),))
    printed = [
        formatter.status(status),
        formatter.queue(status, songs),
        formatter.listing(Answer("albums", "", album.tracks, albums=(album,)), status),
        formatter.listing(Answer("album", "", album.tracks, albums=(album,)), status),
        formatter.playlists([Summary("x", 2, 100 / 3, "")]),
        outside.status(status),
        outside.change(status),
    ]
    numbers = []
    for line in printed:
        validator.validate(json.loads(line, parse_float=lambda text: numbers.append(text) or 0.5))
    assert max(len(number.partition(".")[2]) for number in numbers) == 3
    assert json.loads(printed[0])["position_s"] == 1.235
    assert json.loads(printed[-1])["since_s"] == 0.333


def test_the_song_of_a_status_has_what_the_server_says_of_it(validator):
    track = Track(3, "Ar - Ti", "Ti", "Ar", album="Al", genre="Rock", track=7, duration_s=2.5)
    status = Status(Activity.PLAYING, 3, "Ar - Ti", track=track, played=True)
    line = json.loads(JsonFormatter("host:1").status(status))
    validator.validate(line)
    assert line["song"] == {
        "id": 3,
        "title": "Ar - Ti",
        "name": "Ti",
        "artist": "Ar",
        "album": "Al",
        "genre": "Rock",
        "track": 7,
        "duration_s": 2.5,
    }
    assert not {"track", "played"} & line.keys()
    untagged = json.loads(JsonFormatter("host:1").status(Status(Activity.PLAYING, 3, "Ar - Ti")))
    assert untagged["song"] == {"id": 3, "title": "Ar - Ti"}
