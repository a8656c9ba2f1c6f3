"""A song whose connection is lost: it is whole in the end, or the client says that it is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fsm.client.song.session import TAIL_BYTES
from proxy.faults import RANDOM, Faults
from tests.end_to_end.conftest import LONG, SHORT
from tests.end_to_end.crowd import crowd
from tests.end_to_end.programs import Client, Run, Server, play, serving
from tests.end_to_end.songs import music, named, recorded, samples
from tests.faulty_proxy import FaultyProxy

HALF = 150_000
"""Where the line holds: what the kernel and the proxy take beyond it is far from the whole."""


@pytest.fixture
def wav(tmp_path):
    return tmp_path / "song.wav"


def library(path: Path, *songs: tuple[str, bytes]) -> Path:
    path.mkdir()
    for number, (title, song) in enumerate(songs, 1):
        (path / f"{number:02}.mp3").write_bytes(library_song(song, title))
    return path


def library_song(song: bytes, title: str = "wanted") -> bytes:
    return named("Noise", title) + song


def interrupted(
    before: Path, after: Path | None, script: tuple[str, ...], wav: Path, *options: object
) -> Run:
    """Play through a line that holds in mid-song while the server is killed and started anew.

    after: what the new server serves; None for no new server.
    """
    first = Server(before)
    with FaultyProxy(first.port, Faults(hold_after=HALF)) as proxy:
        client = Client(proxy.port, *script, "wait", output=f"wav:{wav}", options=options)
        try:
            line = proxy.line(0)
            assert line.reached.wait(30), client.err
            first.kill()
            # On the same port, as an init system would; the client finds nobody until then.
            second = Server(after, first.port) if after is not None else None
            try:
                if second is None:
                    proxy.refuse()
                line.go_on.set()
                return client.run()
            finally:
                if second is not None:
                    second.close()
        finally:
            client.close()
            first.close()


# kill -9 and a new server: every one of them waits for a pause of random length, so all do at once

NOISE, OTHER_NOISE = (music(10.0, seed=seed, kbits=320) for seed in (3, 4))
BEFORE = (("wanted", NOISE),)
AFTER = {
    # what the new server has, and how the client is told to play
    "the same": (BEFORE, ("--retries", 20)),
    "moved": ((("new", b"x"), ("other", OTHER_NOISE), ("wanted", NOISE)), ("--retries", 20)),
    "changed": ((("wanted", OTHER_NOISE),), ("--retries", 20)),
    "changed while playing": ((("wanted", OTHER_NOISE),), ("--retries", 20, "--prebuffer", 4)),
    "shrunk": ((("wanted", NOISE[:100_000]),), ("--retries", 20)),
    "replaced": ((("another", OTHER_NOISE),), ("--retries", 20)),
    "gone": ((), ("--retries", 20)),
    "no server": (None, ("--retries", 1)),
}


def restarted(place: Path, name: str) -> tuple[Run, bytes]:
    songs, options = AFTER[name]
    place.mkdir()
    before = library(place / "before", *BEFORE)
    after = library(place / "after", *songs) if songs is not None else None
    wav = place / "song.wav"
    run = interrupted(before, after, ("play 1",), wav, *options)
    return run, recorded(wav)


SHORT_NOISE = music(1.0, seed=9)
QUEUED = (("wanted", NOISE), ("second", SHORT_NOISE), ("third", b"x"))
RENUMBERED = (("new", b"x"), ("wanted", NOISE), ("second", SHORT_NOISE))


def restarted_with_a_queue(place: Path) -> tuple[Run, bytes]:
    place.mkdir()
    before, after = library(place / "before", *QUEUED), library(place / "after", *RENUMBERED)
    wav = place / "song.wav"
    # The list says which songs are meant; the one that arrives says so itself.
    run = interrupted(before, after, ("list", "queue 1 2 3"), wav, "--retries", 20)
    return run, recorded(wav)


@pytest.fixture(scope="module")
def restarts(tmp_path_factory):
    place = tmp_path_factory.mktemp("restarts")
    with crowd() as together:
        for name in AFTER:
            together.send(name, restarted, place / name, name)
        together.send("queued", restarted_with_a_queue, place / "queued")
        yield together


@pytest.mark.parametrize("name", ["the same", "moved"])
def test_a_server_killed_and_started_again_is_not_heard(restarts, name):
    """Also where the song has another number and another file name: its title finds it."""
    run, heard = restarts[name]
    assert run.code == 0, run
    song = {"the same": "1. Noise - wanted", "moved": "3. Noise - wanted"}[name]
    assert run.out.splitlines()[-3:] == [
        f"{song} goes on where it was interrupted",
        f"playing {song}",
        f"played {song}",
    ]
    assert heard == samples(library_song(NOISE))


def test_behind_a_server_that_renumbers_the_queue_holds_the_same_songs(restarts):
    run, heard = restarts["queued"]
    assert run.code == 0, run
    assert "no longer on the server, and left out: Noise - third\n" in run.out
    assert "played 2. Noise - wanted\n" in run.out
    assert run.out.endswith("played 3. Noise - second\n")
    both = (library_song(NOISE), library_song(SHORT_NOISE, "second"))
    assert heard == b"".join(map(samples, both))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("changed", "has changed"),
        ("changed while playing", "has changed"),
        ("shrunk", "has changed"),
        ("replaced", "has changed"),
        ("gone", "no longer on the server"),
    ],
)
def test_a_song_that_is_not_the_same_is_not_gone_on_with(restarts, name, said):
    run, heard = restarts[name]
    assert run.code == 1, run
    assert said in run.err
    assert "played" not in run.out
    whole = samples(library_song(NOISE))
    assert whole.startswith(heard)
    assert len(heard) < len(whole)


def test_a_server_that_stays_away_is_3(restarts):
    run, heard = restarts["no server"]
    assert run.code == 3, run
    assert "cut off" in run.err
    assert "cannot connect" in run.err
    whole = samples(library_song(NOISE))
    assert whole.startswith(heard)
    assert len(heard) < len(whole)


def test_stop_gives_up_a_song_that_is_interrupted(folder, wav):
    server = Server(folder.path)
    with FaultyProxy(server.port, Faults(hold_after=HALF)) as proxy:
        client = Client(proxy.port, output=f"wav:{wav}")
        client.type(f"play {LONG}")
        line = proxy.line(0)
        assert line.reached.wait(30)
        server.kill()
        proxy.refuse()
        line.go_on.set()
        client.wait_for("stop gives up")
        client.type("stop", "wait", "quit")
        run = client.run()
    server.close()
    assert run.code == 3, run
    assert "played" not in run.out
    assert recorded(wav) == b""


# The line carries nothing twice but what is compared


def test_a_song_goes_on_at_the_byte_at_which_its_server_was_killed(tmp_path):
    """Both servers have the same library, which their answers to SETUP say."""
    song, wav = library_song(NOISE), tmp_path / "song.wav"
    songs = library(tmp_path / "songs", *BEFORE)
    first = Server(songs)
    with FaultyProxy(first.port, Faults(hold_after=HALF)) as proxy:
        options = ("--retries", 20)
        client = Client(proxy.port, "play 1", "wait", output=f"wav:{wav}", options=options)
        line = proxy.line(0)
        assert line.reached.wait(30), client.err
        first.kill()
        with serving(songs, first.port):
            line.go_on.set()
            run = client.run()
        before, after = proxy.audio()
        sent = bytes(proxy.sent)
    first.close()
    assert run.code == 0, run
    assert recorded(wav) == samples(song)
    assert before + after[TAIL_BYTES:] == song, "each byte once"
    assert before.endswith(after[:TAIL_BYTES])
    assert f"PLAY 1 {len(before) - TAIL_BYTES} END END".encode() in sent
    assert sent.count(b"LIST END END") == 1, "the list that came first is still the server's"


# A line that breaks at any byte


def broken(port: int, script: tuple[str, ...], wav: Path, *plans: Faults) -> tuple[Run, bytes]:
    with FaultyProxy(port, *plans) as proxy:
        run = play(proxy.port, *script, output=f"wav:{wav}", options=("--retries", 20))
    return run, recorded(wav)


SONG = (f"play {SHORT}", "wait")
LONG_SONG = (f"play {LONG}", "wait")
KINDS = ("cut_after", "reset_after")
STALLS = (0, 250, 20_000)
SETUP_ANSWER = b"RESP 101 END alfine/1 ends tags from library=" + b"0" * 32 + b" END END"
FIRST = (0, 20, len(SETUP_ANSWER), 100, 330)
"""Where the very first connection breaks: in the answer to SETUP, behind it, in the list, in the
song's header."""
EARLY = range(0, 560, 23)
LATE = range(600, 31_000, 1250)
CLIENTS = 4


def breaks(client: int) -> list[Faults]:
    """Every CLIENTS-th place, after a late break an early one: only audio makes pauses short."""
    pairs = list(zip(LATE, EARLY, strict=True))[client::CLIENTS]
    places = [at for pair in pairs for at in pair]
    return [Faults(**{KINDS[number // 2 % 2]: at}) for number, at in enumerate(places)]


@pytest.fixture(scope="module", autouse=True)
def stalls(folder, server, tmp_path_factory):
    """They wait for 10 s and do nothing: they begin with the first test."""
    place = tmp_path_factory.mktemp("stalls")
    with crowd() as together:
        for stalled in STALLS:
            wav = place / f"{stalled}.wav"
            plan = Faults(stall_after=stalled)
            together.send(f"{stalled}", broken, server.port, SONG, wav, plan)
        yield together


@pytest.fixture(scope="module")
def broken_runs(folder, server, tmp_path_factory):
    place = tmp_path_factory.mktemp("broken")
    with crowd() as together:
        for client in range(CLIENTS):
            wav = place / f"{client}.wav"
            together.send(f"{client}", broken, server.port, LONG_SONG, wav, *breaks(client))
        for at in FIRST:
            wav = place / f"first {at}.wav"
            together.send(f"first {at}", broken, server.port, SONG, wav, Faults(cut_after=at))
        yield together


def judge(folder, run: Run, heard: bytes, song: int = SHORT) -> None:
    """Whole and exact, or reported; never whole and wrong."""
    wanted = samples(folder.song(song))
    if run.code == 0:
        assert heard == wanted, run
        assert re.search(rf"played (song )?{song}\b", run.out), run
    else:
        assert run.code in (1, 3), run
        assert run.err
        assert "played" not in run.out
        assert wanted.startswith(heard)


@pytest.mark.parametrize("at", FIRST)
def test_a_first_connection_that_breaks(folder, broken_runs, at):
    run, heard = broken_runs[f"first {at}"]
    judge(folder, run, heard)
    assert run.code == 0, run
    # Without the whole answer to SETUP it is taken for a plain server, and nobody is told of it.
    known = at >= len(SETUP_ANSWER)
    # Behind the answer nothing is owed yet: whether PLAY had left by then is chance.
    losses = {0, 1} if at == len(SETUP_ANSWER) else {int(known)}
    assert run.err.count("the connection was lost") in losses, run
    assert ("as far as the server says" in run.out) == (not known), run


@pytest.mark.parametrize("client", range(CLIENTS))
def test_a_line_that_breaks_again_and_again(folder, broken_runs, client):
    run, heard = broken_runs[f"{client}"]
    judge(folder, run, heard, LONG)
    assert run.code == 0, run
    told = [plan for plan in breaks(client) if plan.place >= len(SETUP_ANSWER)]
    assert run.err.count("the connection was lost") == len(told)


@pytest.mark.parametrize("at", STALLS)
def test_a_line_that_stalls(folder, stalls, at):
    run, heard = stalls[f"{at}"]
    judge(folder, run, heard)
    assert run.code == (3 if at == 0 else 0), run


# A line on which SETUP is accepted late: the server is taken for plain until then


def test_a_frozen_line_costs_no_closing_messages(server, folder):
    with FaultyProxy(server.port, Faults(hold_after=0)) as proxy:
        client = Client(proxy.port, f"play {SHORT}", "wait", options=("--prebuffer", 4))
        line = proxy.line(0)
        assert proxy.wait_for(lambda: b"LIST END END" in proxy.sent)
        line.go_on.set()
        run = client.run()
    assert (run.code, run.err) == (0, ""), run
    assert f"played {SHORT}. {folder.titles[SHORT - 1]}\n" in run.out
    assert "as far as the server says" not in run.out


def test_a_line_of_600_ms_each_way_costs_no_closing_messages(server, folder, tmp_path):
    wav = tmp_path / "song.wav"
    with FaultyProxy(server.port, Faults(delay_s=0.6)) as proxy:
        run = play(proxy.port, *SONG, output=f"wav:{wav}")
        sent = bytes(proxy.sent)
    assert run.code == 0, run
    assert f"played {SHORT}. {folder.titles[SHORT - 1]}\n" in run.out
    late = b"SETUP ends tags from END ENDLIST END END"
    assert sent.startswith(late), "the answer came after a second"
    assert recorded(wav) == samples(folder.song(SHORT))


# A line that is only bad


def test_bytes_late_and_in_pieces_do_not_stop_the_music(server, folder, tmp_path):
    wav = tmp_path / "song.wav"
    for seed, output in ((1, "null"), (2, f"wav:{wav}")):
        plan = Faults(split=RANDOM, jitter_s=0.0005, seed=seed)
        with FaultyProxy(server.port, plan) as proxy:
            run = play(
                proxy.port, f"play {SHORT}", "wait", output=output, options=("--prebuffer", 4)
            )
        assert run.code == 0, run
        if output == "null":
            assert "ran dry" not in run.out + run.err
        assert re.search(rf"played (song )?{SHORT}\b", run.out), run
    assert recorded(wav) == samples(folder.song(SHORT))


def test_a_line_too_slow_for_the_music_runs_dry_and_plays_on(tmp_path):
    # So long that it runs dry although 1.5 s are here when the music begins.
    songs = library(tmp_path / "songs", ("slow", music(4.0, seed=5)))
    # 128 kbit/s are 16,000 bytes a second.
    with (
        serving(songs) as server,
        FaultyProxy(server.port, Faults(rate_bytes_s=8_000, split=1000)) as proxy,
    ):
        run = play(proxy.port, "play 1", "wait", output="null", options=("--prebuffer", 2))
    assert run.code == 0, run
    assert "ran dry" in run.out + run.err
    assert "again" in run.out
    assert "played 1. Noise - slow\n" in run.out


def test_the_client_reads_on_while_it_plays(server, folder):
    """A server is not held up by a listener: the song is long sent when it is still heard."""
    with serving(folder.path) as own:
        client = Client(own.port, f"play {LONG}", "wait", options=("--prebuffer", 4))
        own.wait_for(f"song {LONG} sent whole", 10)
        assert client.process.poll() is None
        assert "played" not in client.out
        client.close()
