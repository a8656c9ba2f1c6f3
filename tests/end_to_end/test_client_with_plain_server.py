"""The client with a server that knows only the RFC, whatever that server's habits are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.end_to_end.conftest import HOSTILE, LONG, SHORT
from tests.end_to_end.crowd import crowd
from tests.end_to_end.programs import Client, Run, play
from tests.end_to_end.songs import recorded, samples
from tests.peers.plain_server import Habits, PlainServer
from tests.peers.wording import WORDINGS

DEPLOYED = Habits(
    one_request_per_recv=True,
    first_four_bytes=True,
    list_twice=True,
    small_send_buffer=True,
    uncut=True,
)
EVERY_HABIT = {
    "rfc": Habits(),
    "one request per recv": Habits(one_request_per_recv=True),
    "first four bytes": Habits(first_four_bytes=True),
    "list twice": Habits(list_twice=True),
    "small send buffer": Habits(small_send_buffer=True),
    "uncut": Habits(uncut=True),
    "parentheses": Habits(wording=WORDINGS["brackets"]),
    "deployed": DEPLOYED,
}
BOTH = {"rfc": Habits(), "deployed": DEPLOYED}
both = pytest.mark.parametrize("habits", BOTH)
FOUND_OUT, TOLD = (), ("--plain",)
SWITCH = (f"play {LONG}", "list", f"play {SHORT}", "wait")
SCRIPTS = {
    # seconds after each message; so slow that a song that is left can never have been whole
    "another song": (0.05, FOUND_OUT, SWITCH),
    "another song, told": (0.05, TOLD, SWITCH),
    "stop": (0.05, FOUND_OUT, (f"play {LONG}", "stop", "list", "wait")),
    "list during": (0.005, FOUND_OUT, (f"play {LONG}", "list", "wait")),
}
EVERYTHING = ("list", f"play {HOSTILE}", "wait", "play 99", "wait", "list")
AS_TYPED = (f"play {SHORT}", "wait", "stop", "list")


def visit(
    folder: Path, habits: Habits, script: tuple[str, ...], options: tuple[str, ...], wav: Path
) -> tuple[Run, bytes, list[bytes]]:
    """How the client's run went, the samples that it recorded, and what the server received."""
    with PlainServer(folder, habits) as server:
        run = play(server.port, *script, output=f"wav:{wav}", options=options)
        return run, recorded(wav), list(server.received)


@pytest.fixture(scope="module")
def runs(folder, tmp_path_factory):
    """All of them begin with the first test that asks for one."""
    place = tmp_path_factory.mktemp("wav")
    full = tmp_path_factory.mktemp("full")
    (full / "full.mp3").write_bytes(whole_messages(folder))
    with crowd() as together:
        plans = [
            *((f"everything, {name}", folder.path, h, EVERYTHING, FOUND_OUT)
              for name, h in EVERY_HABIT.items()),
            *((f"{what}, {name}", folder.path, replace(h, pause=pause), script, options)
              for what, (pause, options, script) in SCRIPTS.items() for name, h in BOTH.items()),
            ("as typed", folder.path, DEPLOYED, AS_TYPED, TOLD),
            ("full", full, Habits(uncut=True), ("play 1", "wait"), FOUND_OUT),
        ]  # fmt: skip
        for number, (name, songs, habits, script, options) in enumerate(plans):
            wav = place / f"{number}.wav"
            together.send(name, visit, songs, habits, script, options, wav)
        yield together


def whole_messages(folder) -> bytes:
    song = folder.song(SHORT)
    return song[: len(song) // 4096 * 4096]


def titles(folder) -> list[str]:
    """This server's titles are the names of the files."""
    return [path.stem for path in sorted(folder.path.glob("*.mp3"))]


@pytest.mark.parametrize("habits", EVERY_HABIT)
def test_list_play_and_404(folder, runs, habits):
    run, heard, _ = runs[f"everything, {habits}"]
    assert run.code == 1, run
    assert "404" in run.err
    assert run.out.count(titles(folder)[0]) == 2
    assert [title for title in titles(folder) if title not in run.out] == []
    # The files have no header that says how long they are, so the server's silence is all there is.
    name = f"{HOSTILE}. {titles(folder)[HOSTILE - 1]}"
    assert f"played {name}, as far as the server says" in run.out.splitlines()
    assert heard == samples(folder.song(HOSTILE))


@both
@pytest.mark.parametrize("told", ["", ", told"], ids=["found out", "told"])
def test_another_song_takes_the_place_of_the_first(folder, runs, habits, told):
    run, heard, received = runs[f"another song{told}, {habits}"]
    assert run.code == 0, run
    assert f"played {SHORT}" in run.out
    assert f"played {LONG}" not in run.out
    assert heard == samples(folder.song(SHORT))
    # A STOP, and the answer to a LIST, stand between the two; with --plain another connection.
    stop = [] if told else [b"STOP"]
    assert [r for r in received if r[:4] in (b"PLAY", b"STOP")] == [
        b"PLAY %d" % LONG,
        *stop,
        b"PLAY %d" % SHORT,
    ]
    if told:
        assert received.count(b"LIST") == 1, "the one that was typed"


@both
def test_stop(folder, runs, habits):
    run, heard, received = runs[f"stop, {habits}"]
    assert run.code == 0, run
    assert "played" not in run.out
    assert heard == b""
    assert b"STOP" in received


@both
def test_a_list_during_a_song_leaves_the_song_whole(folder, runs, habits):
    run, heard, _ = runs[f"list during, {habits}"]
    assert run.code == 0, run
    # A second list, sent from habit, is not printed.
    assert run.out.count(titles(folder)[0]) == 1
    assert heard == samples(folder.song(LONG))


def test_a_client_told_that_the_server_is_plain_offers_nothing(folder, runs):
    run, heard, received = runs["as typed"]
    assert run.code == 0, run
    # Behind a song that seems to have ended nothing is left to STOP.
    assert received == [b"PLAY %d" % SHORT, b"LIST"]
    assert f"played song {SHORT}, as far as the server says" in run.out
    assert run.out.count(titles(folder)[-1]) == 1
    assert heard == samples(folder.song(SHORT))


def test_a_song_whose_last_message_is_full_ends_after_a_silence(folder, runs):
    run, heard, _ = runs["full"]
    assert run.code == 0, run
    assert heard == samples(whole_messages(folder))


def test_a_list_in_several_messages(tmp_path):
    for number in range(1, 401):
        (tmp_path / f"{number:03} {'long ' * 10}.mp3").write_bytes(b"x")
    with PlainServer(tmp_path) as server:
        run = play(server.port, "list")
    assert run.code == 0, run
    lines = run.out.splitlines()
    assert len(lines) == 400
    assert lines[-1].split()[:2] == ["400.", "400"]


def test_an_empty_list(tmp_path):
    with PlainServer(tmp_path) as server:
        run = play(server.port, "list")
    assert (run.code, run.out) == (0, "the server has no songs\n")


@pytest.mark.parametrize("options", [FOUND_OUT, TOLD])
def test_a_song_of_which_nothing_comes_is_not_called_empty(tmp_path, options):
    (tmp_path / "nothing.mp3").touch()
    with PlainServer(tmp_path) as server:
        run = play(server.port, "play 1", "wait", "why", options=options)
    assert run.code == 1
    song = "song 1" if options == TOLD else "1. nothing"
    assert run.err == f"no audio came of {song}; play 1 starts it again\n"
    assert f"no audio came of {song} at " in run.out


def test_requests_reach_a_server_that_reads_one_per_recv(folder):
    """Typed faster than such a server can take them apart, they come one by one."""
    habits = Habits(one_request_per_recv=True, first_four_bytes=True)
    with PlainServer(folder.path, habits) as server:
        client = Client(server.port)
        # The pipe stays open: that the script is over, the client has to learn from "quit".
        client.type("list", f"play {SHORT}", "stop", "stop", "stop", "list", "quit")
        run = client.run()
        received = [request for request in server.received if not request.startswith(b"SETUP")]
    assert run.code == 0, run
    # The first LIST finds out what the server is. The second "stop" finds nothing to STOP.
    assert received == [b"LIST", b"LIST", b"PLAY %d" % SHORT, b"STOP", b"LIST"]
    assert run.out.count(titles(folder)[-1]) == 2
    # Leaving is not a loss.
    assert run.err == ""


def test_a_plain_server_that_closes_behind_each_song_is_asked_twice_and_no_more(folder, tmp_path):
    wav = tmp_path / "song.wav"
    with PlainServer(folder.path, Habits(close_after_song=True)) as server:
        run = play(server.port, f"play {SHORT}", "wait", "list", output=f"wav:{wav}")
        received = list(server.received)
    assert f"played {SHORT}. {titles(folder)[0]}, as far as the server says" in run.out.splitlines()
    assert "cut off" not in run.err
    assert received.count(b"PLAY %d" % SHORT) == 2
    # The list is asked for over a new connection.
    assert run.out.count(titles(folder)[-1]) == 1
    assert recorded(wav) == samples(folder.song(SHORT))


def test_a_plain_server_that_dies_in_a_song_does_not_make_it_whole(folder, tmp_path):
    wav = tmp_path / "song.wav"
    with PlainServer(folder.path, Habits(pause=0.1)) as server:
        client = Client(
            server.port,
            f"play {LONG}",
            "wait",
            output=f"wav:{wav}",
            options=("--retries", 1, "--prebuffer", 4),
        )
        client.wait_for("playing")
        server.close()
        run = client.run()
    assert run.code == 3, run
    assert "cut off" in run.err
    assert "played" not in run.out
    whole = samples(folder.song(LONG))
    assert whole.startswith(recorded(wav))
    assert len(recorded(wav)) < len(whole)
