"""What a person and a script find and play in a library with tags, with a real server."""

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from cli.words.formatters.json_lines import VERSION
from tests.cli.prompt import at_prompt, client, has_typed, run, status_line
from tests.end_to_end import programs

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()


def script(port, *commands, json_lines=True):
    argv = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(port), "--output", "null"]
    argv += ["--json"] * json_lines + [word for command in commands for word in ("-c", command)]
    return subprocess.run(
        argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


def said(run, kind):
    """The lines of this kind."""
    return [line for line in map(json.loads, run.stdout.splitlines()) if line["kind"] == kind]


def titles(line):
    return [song["title"].rpartition(" - ")[2] for song in line["songs"]]


@pytest.mark.parametrize(
    ("commands", "played", "queued"),
    [
        (["find byrjun", "play *"], "Svefn-g-englar", ["Starálfur"]),
        (["album byrjun", "play *"], "Svefn-g-englar", ["Starálfur"]),
        (["play byrjun"], "Svefn-g-englar", ["Starálfur"]),
        (["play sigur ros"], "Svefn-g-englar", ["Starálfur", "Heysátan"]),
        (["play nin/ghosts"], "Ghosts", ["34"]),
        (["play year:2000-2008 artist:nin"], "Ghosts", ["34"]),
        (["play lost"], "lost tape", []),
        (["play album ghosts", "queue title ghosts"], "Ghosts", ["34", "Ghosts"]),
        (
            ["play artist sigur", "insert album heima"],
            "Svefn-g-englar",
            ["Heysátan", "Starálfur", "Heysátan"],
        ),
        (["albums year:2007", "play *"], "Heysátan", []),
        (
            ["play heima", "queue album:ghosts", "queue lost"],
            "Heysátan",
            ["Ghosts", "34", "lost tape"],
        ),
        (
            ["play lost", "queue ghosts - 34", "play byrjun"],
            "Svefn-g-englar",
            ["Starálfur", "34"],
        ),
    ],
)
def test_what_is_found_is_played_and_queued(tagged_server, commands, played, queued):
    run = script(tagged_server.port, *commands, "status", "queue", "stop")
    assert run.returncode == 0, run.stdout + run.stderr
    status = said(run, "status")[-2]
    assert status["song"]["title"].endswith(played)
    assert titles(said(run, "queue")[-1]) == queued


def test_ranges_and_several_ids_are_taken_in_their_order(tagged_server):
    run = script(tagged_server.port, "list", "play 3-4 1", "queue 2", "queue", "stop")
    listed = [song["id"] for song in said(run, "songs")[0]["songs"]]
    assert listed == list(range(1, len(listed) + 1))
    assert [song["id"] for song in said(run, "queue")[-1]["songs"]] == [4, 1, 2]
    everything = script(tagged_server.port, "play all", "queue", "stop")
    assert [song["id"] for song in said(everything, "queue")[-1]["songs"]] == listed[1:]


def test_a_script_edits_the_queue_and_takes_it_back(tagged_server):
    edits = ["list", "play 1", "queue 2 3 4", "insert 5", "remove 2-3", "move 2 1", "undo", "undo"]
    run = script(tagged_server.port, *edits, "queue", "clear", "undo", "queue", "stop")
    assert run.returncode == 0, run.stdout + run.stderr
    assert [s["queue"] for s in said(run, "status")[1:5]] == [[5, 2, 3, 4], [5, 4], [4, 5], [5, 4]]
    first, second = said(run, "queue")
    assert [song["id"] for song in first["songs"]] == [5, 2, 3, 4]
    assert [song["position"] for song in second["songs"]] == [1, 2, 3, 4]
    assert second["songs"][1]["begins_in_s"] > second["songs"][0]["begins_in_s"] > 0
    told = [line["detail"] for line in said(run, "event") if line["event"] == "taken_back"]
    assert told == ["number 2 moved to 1", "2 songs removed", "the queue cleared"]


def test_a_script_that_edits_what_is_not_there_fails_and_says_so(tagged_server):
    for line, told in (
        ("remove 4", "the queue stays as it is: it has 1 song, and no number 4"),
        ("move 1 2", "the queue stays as it is: it has 1 song, and no number 2"),
    ):
        run = script(tagged_server.port, "play 1", "queue 2", line, "stop", json_lines=False)
        assert run.returncode == 1
        assert told in run.stdout + run.stderr
    run = script(tagged_server.port, "undo", json_lines=False)
    assert run.returncode == 1
    assert "nothing is left to undo" in run.stdout + run.stderr


def test_with_nothing_queued_a_shuffle_plays_all_songs(tagged_server):
    run = script(tagged_server.port, "list", "shuffle", "queue", "status", "stop")
    assert run.returncode == 0, run.stdout + run.stderr
    listed = [song["id"] for song in said(run, "songs")[0]["songs"]]
    playing = said(run, "status")[-2]["song"]["id"]
    order = [playing, *(song["id"] for song in said(run, "queue")[0]["songs"])]
    assert sorted(order) == listed


def test_in_a_script_an_ambiguous_name_is_one_clear_question_and_a_failure(tagged_server):
    run = script(tagged_server.port, "play ghosts", json_lines=False)
    assert run.returncode == 1
    assert run.stdout == ""
    assert re.fullmatch(
        r"ghosts: it could be the album Ghosts by NIN \(2 songs\), \d\. NIN - Ghosts; "
        r'say album:"Ghosts" artist:"NIN", or a song\'s ID\n',
        run.stderr,
    )
    answered = script(tagged_server.port, 'play album:"Ghosts" artist:"NIN"', "queue", "stop")
    assert answered.returncode == 0
    assert titles(said(answered, "queue")[-1]) == ["34"]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("play *", "no songs were listed last"),
        ("album nowhere", "albums shows them"),
        ("play 90-99", "no song from 90 to 99"),
        ("queue artist:nobody", "no song fits"),
    ],
)
def test_what_names_nothing_fails(tagged_server, command, why):
    run = script(tagged_server.port, command, json_lines=False)
    assert run.returncode == 1
    assert why in run.stderr
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize("empty", ["find nosuch", "albums nosuch", "artists nosuch"])
def test_behind_an_empty_answer_a_star_means_no_song_and_not_those_of_the_one_before(
    tagged_server, empty
):
    run = script(tagged_server.port, "find byrjun", empty, "play *", "status", json_lines=False)
    assert run.stderr == "*: no songs were listed last, so * means none; find WORDS lists some\n"
    assert run.stdout.splitlines()[-1] == "stopped; volume 100 %"


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("album nosuch", "*: the songs that were listed last are not on the list now"),
        (
            "queue",
            "1. 1 first was cut off before its end: the song is no longer on the server; "
            "left out as well: 2 second, 3 THE END END",
        ),
    ],
    ids=["with the other list", "with that of before"],
)
def test_a_star_plays_nothing_of_another_library_that_is_served_there_now(
    music_dir, tagged_music_dir, before, told
):
    with contextlib.ExitStack() as first:
        port = first.enter_context(programs.serving(music_dir)).port
        with client(port, 160) as terminal:
            run(terminal, "list")
            first.close()
            with programs.serving(tagged_music_dir, port):
                run(terminal, before)
                run(terminal, "play *")
                terminal.wait_for(told)
                assert status_line(terminal).startswith("■ stopped")
                assert "playing" not in terminal.text
                assert terminal.text.count("no longer on the server") <= 1


def test_what_programs_are_told_matches_the_schema(tagged_server):
    schema = json.loads((ROOT / "docs" / "schema" / f"client-{VERSION}.json").read_text())
    run = script(tagged_server.port, "list", "albums", "album byrjun", "artists", "help play")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    for line in lines:
        jsonschema.validate(line, schema)
    assert [line["kind"] for line in lines] == ["songs", "albums", "album", "artists", "help"]
    album = lines[2]
    assert (album["album"], album["artist"], album["year"]) == ("Ágætis byrjun", "Sigur Rós", 1999)
    song = album["songs"][0]
    assert song == {
        "id": song["id"],
        "title": "Sigur Rós - Svefn-g-englar",
        "name": "Svefn-g-englar",
        "artist": "Sigur Rós",
        "album": "Ágætis byrjun",
        "track": 2,
        "year": 1999,
        "folder": "Sigur Ros/byrjun",
        "duration_s": song["duration_s"],
    }
    assert [command["word"] for command in lines[-1]["commands"]] == ["play"]


def test_albums_and_artists_are_shown_as_people_read_them(tagged_server):
    with client(tagged_server.port) as terminal:
        run(terminal, "albums")
        assert re.search(r"Sigur Rós +Ágætis byrjun +1999 +2 songs +0:39", terminal.text)
        run(terminal, "album byrjun")
        assert re.search(
            r"Sigur Rós - Ágætis byrjun \(1999\), 2 songs, 0:39\n"
            r"  \d\. 2  Svefn-g-englar  0:19\n"
            r"  \d\. 3  Starálfur       0:19\n",
            terminal.text,
        )
        run(terminal, "artists sigur")
        assert "Sigur Rós  2 albums  3 songs" in terminal.lines
        run(terminal, "find byrjun")
        assert re.search(r"Sigur Rós  Starálfur       0:19  Ágætis byrjun", terminal.text)


def test_the_readmes_example_completes(tagged_server):
    (typed,) = re.findall(r"titles \(`(.+)`, Tab\)", README)
    with client(tagged_server.port) as terminal:
        terminal.wait_until(at_prompt)
        terminal.type(f"{typed}\t")
        terminal.wait_until(has_typed("play The Alfine Ensemble - Lanterns on the River"))
        terminal.type("\r")
        terminal.wait_until(lambda t: "on the River" in status_line(t))


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("album heim", "album Heima"),
        ("artists sig", "artists Sigur Rós"),
        ("play sig", "play Sigur Rós"),
        ("queue ág", "queue Ágætis byrjun"),
        ("help pla", "help play"),
        # An album that has the name of one of its songs is not named by that name alone.
        ("queue gho", "queue NIN - Ghosts"),
        ("queue gho\t", 'queue album:"Ghosts" artist:"NIN"'),
    ],
)
def test_tab_completes_what_has_a_name(tagged_server, typed, completed):
    with client(tagged_server.port) as terminal:
        run(terminal, "list")
        terminal.type(f"{typed}\t")
        terminal.wait_until(has_typed(completed))
