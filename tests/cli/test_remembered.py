"""Playlists, history, sleep and covers, as a person at a prompt uses them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import mutagen.id3
import pytest

from tests.cli.conftest import encode_tone, serving
from tests.cli.outside.test_cover_view import png
from tests.cli.prompt import client, run, status_line
from tests.needs import needs_program

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/client-1.json").read_text())


@pytest.fixture(scope="module")
def tagged_music(tmp_path_factory):
    """A folder of four songs: three short ones of an album with a picture, and the last without
    anything, which is not over before a command acts on it."""
    folder = tmp_path_factory.mktemp("tagged")
    for name in ("River", "Zebra"):
        (folder / name).mkdir()
    for number, title in enumerate(["Lanterns", "Rivers", "Mountains"], 1):
        path = folder / "River" / f"{number}.mp3"
        path.write_bytes(encode_tone(110 * number, 3))
        tags = mutagen.id3.ID3()
        tags.add(mutagen.id3.TPE1(encoding=3, text=["The Ensemble"]))
        tags.add(mutagen.id3.TIT2(encoding=3, text=[title]))
        tags.add(mutagen.id3.APIC(encoding=3, mime="image/png", type=3, data=png(8, 8)))
        tags.save(path)
    (folder / "Zebra" / "plain.mp3").write_bytes(encode_tone(440, 60))
    return folder


@pytest.fixture(scope="module")
def tagged_server(tagged_music):
    with serving(tagged_music) as running:
        yield running


@pytest.fixture
def playlists():
    return Path(os.environ["XDG_DATA_HOME"]) / "alfine" / "playlists"


def script(port, *commands, options=("--json",)):
    """Run a script; return its lines of JSON, each held to the schema."""
    argv = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(port), *options]
    words = [word for command in commands for word in ("-c", command)]
    ended = subprocess.run(
        [*argv, "--output", "null", "--prebuffer", "1", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    for line in lines:
        jsonschema.validate(line, SCHEMA)
    return [line for line in lines if line["kind"] != "event"]


def test_a_playlist_is_saved_shown_loaded_and_completed(tagged_server, playlists):
    with client(tagged_server.port) as terminal:
        for command in ("repeat one", "play 2", "pause", "queue 1 3"):
            run(terminal, command)
        run(terminal, "save sunday")
        terminal.wait_for("saved 3 songs as sunday")
        run(terminal, "clear")
        run(terminal, "save sunday")
        terminal.wait_for("saved 1 song as sunday, in the place of 3 songs (kept as sunday.m3u8~)")
        run(terminal, "playlists")
        terminal.wait_for("sunday: 1 song, 0:03")
        terminal.type("load su\t")
        terminal.wait_for(">> load sunday")
        terminal.type("\r")
        terminal.wait_for("loaded 1 song of sunday")
        run(terminal, "load nonsense")
        terminal.wait_for("there is no playlist nonsense; the only one is sunday")
        run(terminal, "save ../sunday")
        terminal.wait_for("a playlist's name has no / or")
    assert sorted(os.listdir(playlists)) == ["sunday.m3u8", "sunday.m3u8~"]
    lines = (playlists / "sunday.m3u8~").read_text().splitlines()
    assert lines[:3] == ["#EXTM3U", "#PLAYLIST:sunday", "#EXTINF:3,The Ensemble - Rivers"]
    assert re.fullmatch(r"#ALFINE:id=2 library=[0-9a-f]{32}", lines[3])
    assert lines[4] == "River/The Ensemble - Rivers.mp3"


def test_a_playlist_of_another_program_is_loaded_as_far_as_it_is_there(tagged_server, playlists):
    playlists.mkdir(parents=True)
    (playlists / "vlc.m3u").write_text(
        "#EXTM3U\n#EXTINF:3,The Ensemble - Mountains\nfile:///elsewhere/03%20Mountains.mp3\n"
        "/music/plain.mp3\n#EXTINF:200,Somebody - \x1b[31mElse\nx.mp3\n"
    )
    (playlists / "gone.m3u8").write_text("#EXTINF:1,Nobody - Nothing\nx.mp3\n")
    loaded, queued, refused = script(tagged_server.port, "load vlc", "queue", "load gone")
    assert loaded["kind"] == "loaded" and loaded["songs"] == 2
    assert loaded["missing"] == ["Somebody - [31mElse"]
    assert [song["id"] for song in queued["songs"]] == [4]  # the first plays
    assert refused["text"] == "none of the 1 songs of gone is on this server"


def test_what_was_heard_is_the_history_and_is_heard_again(tagged_server):
    with client(tagged_server.port) as terminal:
        run(terminal, "history")
        terminal.wait_for("nothing was heard before")
        run(terminal, "again")
        terminal.wait_for("nothing of this server was heard before")
        run(terminal, "queue 1 2")
        terminal.wait_for("playing 2. ")
        terminal.wait_until(lambda t: "stopped" in status_line(t))
        run(terminal, "play 4")
        run(terminal, "stop")
        run(terminal, "history")
        expected = ["The Ensemble - Lanterns", "The Ensemble - Rivers"]
        terminal.wait_until(lambda t: heard_on(t) == expected)
        run(terminal, "history lantern")
        run(terminal, "again")
        terminal.wait_for("playing 2. The Ensemble - Rivers")
    (answer,) = script(tagged_server.port, "history 1")
    assert [heard["song"]["id"] for heard in answer["heard"]] == [2]


def heard_on(terminal):
    """The songs of the history that is on the screen."""
    return [line[7:] for line in terminal.lines if re.match(r"[0-9]{2}:[0-9]{2}  ", line)]


def test_sleep(tagged_server):
    with client(tagged_server.port, columns=150) as terminal:
        run(terminal, "sleep")
        terminal.wait_for("it stays awake; sleep 30m")
        run(terminal, "sleep end")
        terminal.wait_for("nothing is playing")
        run(terminal, "sleep 1:30:00")
        run(terminal, "sleep")
        terminal.wait_for("sleeps in 1:")
        run(terminal, "sleep off")
        run(terminal, "play 4")
        run(terminal, "queue 2")
        run(terminal, "sleep end")
        run(terminal, "status")
        terminal.wait_for("sleeps after this song")
        run(terminal, "seek 0:59")
        terminal.wait_for("it is time to sleep: next plays what is queued")
        terminal.wait_until(lambda t: "stopped" in status_line(t) and "1 queued" in status_line(t))
        run(terminal, "play 4")
        run(terminal, "sleep 1s")
        terminal.wait_for("it is time to sleep: paused, resume goes on")
        assert "playing 2." not in terminal.text
        run(terminal, "sleep nonsense")
        terminal.wait_for("sleep takes a time of up to 24 h")
        run(terminal, "why")
        terminal.wait_for("it was time to sleep")


def test_a_script_that_sleeps_ends(tagged_server):
    *_, status = script(tagged_server.port, "play 4", "queue 2 3", "sleep 1s", "wait")
    assert 0 < status["sleep_in_s"] <= 1.0
    assert not status["sleeps_after_song"]


def test_a_cover_is_drawn_in_the_terminal_and_is_a_file_for_a_script(tagged_server, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "chafa").write_text("#!/bin/sh\necho drawn by chafa\n")
    (folder / "chafa").chmod(0o755)
    with client(tagged_server.port, env={"PATH": f"{folder}:{os.environ['PATH']}"}) as terminal:
        run(terminal, "cover")
        terminal.wait_for("nothing is playing that could have a cover")
        run(terminal, "repeat one")
        run(terminal, "play 1")
        run(terminal, "pause")
        run(terminal, "cover")
        terminal.wait_for("drawn by chafa")
        run(terminal, "play 4")
        run(terminal, "pause")
        run(terminal, "cover")
        terminal.wait_for("there is no picture in what is here of the song")
        run(terminal, "play 1")
        run(terminal, "cover")
        terminal.type("quit\r")
        terminal.wait_for_exit()
    (cover,) = script(tagged_server.port, "play 2", "cover")
    assert cover["song"]["id"] == 2 and cover["path"].endswith(".png")
    assert not os.path.exists(cover["path"])
    assert not list(Path(os.environ["XDG_RUNTIME_DIR"]).glob("alfine/cover-*"))


@needs_program("chafa")
@pytest.mark.parametrize(("term", "begins"), [("xterm-kitty", b"\x1b_G"), ("foot", b"\x1bP0;1;0q")])
def test_a_terminal_that_shows_pictures_is_sent_one(tagged_server, term, begins):
    with client(tagged_server.port, term=term) as terminal:
        run(terminal, "repeat one")
        run(terminal, "play 1")
        terminal.type("cover\r")
        terminal.wait_until(lambda t: begins in t.raw)


def test_every_answer_matches_the_schema(tagged_server, playlists):
    lines = script(
        tagged_server.port,
        *("play 1", "pause", "save a", "save a", "playlists", "load a", "history", "history x"),
        *("sleep", "sleep 30m", "sleep end", "sleep off", "play 2", "cover", "again", "load b"),
    )
    kinds = {line["kind"] for line in lines}
    assert {"saved", "playlists", "loaded", "history", "status", "cover", "error"} <= kinds
