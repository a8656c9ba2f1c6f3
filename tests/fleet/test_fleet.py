"""A real fleet: HAProxy, PostgreSQL, radosgw and two servers, of which parts are taken away."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Iterator

import pytest

from benchmarks.fleet.carrying import asked, played
from fleet.fleet import BUCKET, Server
from fleet.listeners import Heard, Listeners
from fleet.processes import listens
from proxy.faults import Faults
from tests.end_to_end.programs import Client, play
from tests.end_to_end.songs import music, recorded, samples
from tests.faulty_proxy import FaultyProxy
from tests.fleet.conftest import Running
from tests.needs import needs_module, needs_program
from tests.net.server.conftest import eventually
from tests.postgres import needs_postgres

pytestmark = [
    needs_program("haproxy", "radosgw", "ceph-mon", "ceph-osd", "ceph", "radosgw-admin"),
    needs_module("obstore", "boto3"),
    *needs_postgres(),
    pytest.mark.timeout(400),
]
PATIENCE_S = 120.0


def titles(running: Running) -> list[str]:
    run = play(running.fleet.port, "list")
    assert run.code == 0, run.err
    return [line for line in run.out.splitlines() if re.match("[0-9]+[.]", line)]


def is_up(running: Running) -> bool:
    return all(running.fleet.balancer.is_up(server.name) for server in running.fleet.servers)


@pytest.fixture(autouse=True)
def whole(running: Running) -> Iterator[None]:
    """Each test leaves the fleet whole."""
    yield
    assert eventually(lambda: is_up(running), PATIENCE_S)


def busy(running: Running) -> Server:
    """Return the server that has the one listener."""
    counts = {
        each.name: running.fleet.balancer.sessions(each.name) for each in running.fleet.servers
    }
    [server] = (each for each in running.fleet.servers if counts[each.name])
    return server


def restarted(running: Running) -> None:
    """Have every server forget what it keeps."""
    for server in running.fleet.servers:
        server.end(signal.SIGKILL)
        assert eventually(lambda: not is_up(running), PATIENCE_S)
        server.start()
        assert eventually(lambda: is_up(running), PATIENCE_S)


def test_all_servers_list_the_same_songs(running):
    lists = {tuple(titles(running)) for _ in range(2 * len(running.fleet.servers))}
    [listed] = lists
    assert [line.partition(".")[0] for line in listed] == ["1", "2", "3", "4", "5"]


def test_a_song_is_the_song(running, tmp_path):
    wav = tmp_path / "song.wav"
    run = play(running.fleet.port, "play 3", "wait", output=f"wav:{wav}")
    assert run.code == 0, run.err
    assert recorded(wav) == samples(running.songs[2])


def test_a_health_check_does_not_search_the_bucket(running):
    store = running.fleet.store

    def checked() -> int:
        """Have each server answer a check; return how often the bucket was listed until then."""
        for server in running.fleet.servers:
            running.fleet.balancer.take_for_dead(server.name)
            assert eventually(lambda: is_up(running), PATIENCE_S)
        return store.lists(BUCKET)

    lists = checked()  # what a test before this one began is over
    assert [checked() for _ in range(3)] == [lists] * 3


def test_a_song_that_is_kept_is_not_read_again(running):
    """By what the benchmark counts: a look whether it is the same still is no song read."""
    fleet = running.fleet
    restarted(running)
    before = asked(fleet)
    for _ in range(5):
        asyncio.run(played(fleet.port, [2] * len(fleet.servers)))
    assert (asked(fleet) - before).read == len(fleet.servers)


def test_nobody_hears_that_the_store_refuses(running):
    """Each song begins anew on a server that has kept none, when the store answers again."""
    restarted(running)

    def refusing() -> None:
        with running.fleet.gate.refusing():
            assert eventually(lambda: running.fleet.gate.refused >= 10, PATIENCE_S)

    heard = listened(running, 5, refusing)
    assert (heard.wrong, heard.failed, heard.interrupted) == (0, 0, [])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_server_that_is_taken_away_in_a_song_is_not_heard(running, tmp_path, number):
    wav, song_id, song = tmp_path / "song.wav", 4, running.songs[3]
    with FaultyProxy(running.fleet.port, Faults(hold_after=len(song) // 2)) as line:
        client = Client(line.port, f"play {song_id}", "wait", output=f"wav:{wav}")
        try:
            held = line.line(0)
            assert held.reached.wait(PATIENCE_S), client.err
            server = busy(running)
            server.send(number)
            assert eventually(lambda: not running.fleet.balancer.is_up(server.name), PATIENCE_S)
            held.go_on.set()
            run = client.run()
        finally:
            client.close()
            server.end(signal.SIGKILL)
            server.start()
    assert run.code == 0, run.err
    assert recorded(wav) == samples(song)


def listened(running: Running, count: int, during) -> Heard:
    """Have so many listen while something is done, in another thread."""

    async def listen() -> Heard:
        rate = len(running.songs[0]) / 2.0
        listeners = Listeners(running.fleet.port, dict(enumerate(running.songs, 1)), count, rate)
        listeners.start()
        await asyncio.sleep(0.2)
        await asyncio.to_thread(during)
        return await listeners.stop()

    return asyncio.run(listen())


def test_a_rolling_restart_interrupts_nobody(running):
    heard = listened(running, 20, running.fleet.roll)
    assert (heard.wrong, heard.interrupted, heard.refused) == (0, [], 0)
    assert heard.gone_on == 0, "a server ends when its songs have ended"
    assert heard.songs >= 20


def test_a_song_that_is_chosen_while_its_server_ends_is_heard(running, tmp_path):
    """Its server sends one song to its end; the next one comes from another server."""
    wav, fleet = tmp_path / "song.wav", running.fleet
    fleet.write("9.mp3", music(20.0, seed=90, kbits=320) * 5)  # more than lies on the way
    try:
        assert eventually(lambda: len(titles(running)) == 6, PATIENCE_S)
        [long] = {line.partition(".")[0] for line in titles(running)} - set("12345")
        with FaultyProxy(fleet.port, Faults(hold_after=50_000)) as line:
            client = Client(line.port, output=f"wav:{wav}")
            client.type(f"play {long}")
            held = line.line(0)
            assert held.reached.wait(PATIENCE_S), client.err
            server = busy(running)
            fleet.balancer.drain(server.name)
            server.send(signal.SIGTERM)
            assert eventually(lambda: not listens(server.port), PATIENCE_S)
            client.type("play 2", "wait", "quit")
            assert eventually(lambda: b"PLAY 2 " in line.sent, PATIENCE_S)
            held.go_on.set()
            run = client.run()
        server.end()
        server.start()
        fleet.balancer.ready(server.name)
    finally:
        fleet.remove("9.mp3")
        assert eventually(lambda: len(titles(running)) == 5, PATIENCE_S)
    assert run.code == 0, run.err
    assert "no such song" not in run.out + run.err
    second, heard = samples(running.songs[1]), recorded(wav)
    assert heard[-len(second) :] == second


def test_what_is_known_is_served_while_the_database_is_away(running):
    def told(word: str) -> bool:
        logs = [server.log.read_text() for server in running.fleet.servers]
        return all(f"The catalogue is {word}" in log for log in logs)

    def away() -> None:
        running.fleet.database.stop()
        try:
            assert len(titles(running)) == 5
            assert eventually(lambda: told("away"), PATIENCE_S)
        finally:
            running.fleet.database.start()

    heard = listened(running, 5, away)
    assert (heard.wrong, heard.interrupted) == (0, [])
    assert eventually(lambda: told("back"), PATIENCE_S)


def test_what_is_kept_is_sent_while_the_store_does_not_answer(running, tmp_path):
    for song_id in range(1, 6):
        for server in running.fleet.servers:  # without listeners, each has its turn
            wav = tmp_path / f"{song_id}{server.name}.wav"
            assert (
                play(running.fleet.port, f"play {song_id}", "wait", output=f"wav:{wav}").code == 0
            )
    with running.fleet.store.frozen():
        heard = listened(running, 5, lambda: None)
    assert (heard.wrong, heard.interrupted) == (0, [])


def test_an_object_that_is_replaced_under_a_song_is_a_song_that_failed(running, tmp_path):
    """Its listener is told; he never hears two songs mixed, and the next one hears the new one."""
    # Longer than what lies in the kernels on the way, and what is made ready ahead.
    old, new = (music(20.0, seed=n, kbits=320) * 5 for n in (80, 81))
    running.fleet.write("8.mp3", old)
    try:
        assert eventually(lambda: len(titles(running)) == 6, PATIENCE_S)
        [song_id] = {line.partition(".")[0] for line in titles(running)} - set("12345")
        wav = tmp_path / "song.wav"
        with FaultyProxy(running.fleet.port, Faults(hold_after=50_000)) as line:
            client = Client(line.port, f"play {song_id}", "wait", output=f"wav:{wav}")
            held = line.line(0)
            assert held.reached.wait(PATIENCE_S), client.err
            running.fleet.write("8.mp3", new)
            held.go_on.set()
            run = client.run()
        heard = recorded(wav)
        assert run.code != 0, run.out
        assert heard == samples(new)[: len(heard)] or heard == samples(old)[: len(heard)]
        again = tmp_path / "again.wav"
        assert play(running.fleet.port, f"play {song_id}", "wait", output=f"wav:{again}").code == 0
        assert recorded(again) == samples(new)
    finally:
        running.fleet.remove("8.mp3")
        assert eventually(lambda: len(titles(running)) == 5, PATIENCE_S)


def test_songs_are_added_moved_and_removed_while_others_listen(running):
    new = running.music / "6 new.mp3"

    def ids() -> set[str]:
        return {line.partition(".")[0] for line in titles(running)} - set("12345")

    def listed(title: str) -> set[str]:
        return {line.partition(".")[0] for line in titles(running) if line.endswith(f". {title}")}

    def change() -> None:
        new.write_bytes(music(8.0, seed=6, kbits=320))  # without tags, so its name is its title
        running.fleet.copy(running.music)
        assert eventually(lambda: len(listed("6 new")) == 1, PATIENCE_S)
        added = listed("6 new")
        running.fleet.move("6 new.mp3", "7 moved.mp3")
        assert eventually(lambda: listed("7 moved"), PATIENCE_S)
        assert listed("7 moved") == added, "a song that was moved is the same song"
        running.fleet.remove("7 moved.mp3")
        assert eventually(lambda: not ids(), PATIENCE_S)

    try:
        heard = listened(running, 5, change)
    finally:
        new.unlink(missing_ok=True)
    assert (heard.wrong, heard.interrupted) == (0, [])
