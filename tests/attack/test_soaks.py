"""Hours of coming and going, playing, stopping and seeking: nothing is left behind by them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import threading
import time
from collections.abc import AsyncGenerator
from random import Random

import pytest

from audio.outputs.null import NullOutput
from cli.playing.changes import Changes
from cli.playing.journal import Journal
from cli.playing.program import ClientProgram
from cli.words.formatters.plain import Formatter
from fsm.client.machines import ClientSession
from net.framing import EOM
from net.server.limits import Limits
from songs.folder import Folder
from tests.attack.servers import attacked
from tests.end_to_end.songs import music, named
from tests.net.server.conftest import TIMEOUT_S, connected, eventually, song_bytes
from tests.net.server.in_process import Served

SONGS = 4
UNPACED = Limits(requests_s=1_000_000)


@pytest.fixture
def folder(tmp_path):
    """Songs that can be played, of 3 s each."""
    (tmp_path / "music").mkdir()
    for number in range(1, SONGS + 1):
        song = named("Noise", f"song {number}") + music(3.0, seed=number)
        (tmp_path / "music" / f"{number}.mp3").write_bytes(song)
    return tmp_path / "music"


@pytest.mark.parametrize("loop_name", ["asyncio", "uvloop"])
def test_connections_come_and_go_and_leave_nothing(campaign, tmp_path, loop_name):
    """Some leave at once, some in the middle of the song."""
    pytest.importorskip(loop_name)
    (tmp_path / "music").mkdir()
    for number in (1, 2):
        (tmp_path / "music" / f"{number}.mp3").write_bytes(song_bytes(number))
    rounds = campaign.size(10, 1000)
    with attacked(tmp_path / "music", tmp_path, "--loop", loop_name) as server:
        before = server.descriptors_at_rest()
        first_kib = 0
        for number in range(rounds):
            with contextlib.ExitStack() as stack:
                socks = [stack.enter_context(connected(server.port)) for _ in range(50)]
                for sock in socks:
                    sock.sendall(b"PLAY %d END END" % (number % 2 + 1))
                for sock in socks[:30]:
                    assert sock.recv(100)
            first_kib = first_kib or server.rss_kib()
        assert server.is_as(before)
        grown_kib = server.rss_kib() - first_kib
    campaign.did(f"connections that came and went, {loop_name}", 50 * rounds)
    campaign.did("... memory grown since the first fifty, KiB", grown_kib)


def storm(port: int, rng: Random, requests: int) -> int:
    """Play, stop and list over one connection, reading all; return how many bytes came."""
    words = (b"PLAY 1", b"PLAY 2", b"PLAY 3", b"PLAY 9", b"STOP", b"LIST", b"NONSENSE")
    received = 0
    with connected(port) as sock:
        sock.sendall(b"SETUP ends" + EOM)
        for _ in range(requests):
            sock.sendall(rng.choice(words) + EOM)
            sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                for _ in range(rng.randint(0, 3)):
                    received += len(sock.recv(1 << 17))
            sock.settimeout(TIMEOUT_S)
        sock.sendall(b"STOP END ENDTEARDOWN" + EOM)
        while data := sock.recv(1 << 17):
            received += len(data)
    return received


@pytest.mark.parametrize("loop_name", ["asyncio", "uvloop"])
def test_storms_leave_the_server_as_it_was(campaign, folder, tmp_path, loop_name):
    pytest.importorskip(loop_name)
    connections, requests = campaign.size(5, 200), campaign.size(60, 500)
    received = 0
    with Served(folder, tmp_path, loop_name, UNPACED) as served:
        storm(served.port, campaign.random("first"), 5)
        assert served.idle()
        tasks = served.do(lambda: len(asyncio.all_tasks()))
        for number in range(connections):
            received += storm(served.port, campaign.random(loop_name, number), requests)
        assert served.idle()
        assert eventually(lambda: served.do(lambda: len(asyncio.all_tasks())) == tasks)
        spools = served.spools
        assert eventually(lambda: all(s.users == 0 for s in spools._spools.values()))
        assert eventually(lambda: spools._descriptors == len(spools._spools) <= SONGS)
        assert served.server._shares == {}
        threads = [t for t in threading.enumerate() if t.name.startswith("spool")]
        assert len(threads) <= Folder.threads
    campaign.did(f"requests in storms, {loop_name}", connections * requests)
    campaign.did("... bytes received", received)


class Storm:
    """A screen at which somebody types very fast, and looks at what the process has open.

    opened: tasks, threads and descriptors, at the start and at the end, with the sound stopped.
    """

    has_person = False

    def __init__(self, rng: Random, commands: int) -> None:
        self._rng, self._commands = rng, commands
        self.opened: list[tuple[int, int, int]] = []
        self.printed = 0

    async def lines(self) -> AsyncGenerator[str, None]:
        # What is needed for a song is made once.
        for line in ("list", "play 1", "seek 1", "stop", "clear"):
            yield line
        await self._look()
        for number in range(self._commands):
            yield self._line()
            if number % 10 == 0:
                await asyncio.sleep(self._rng.random() / 50)
        for line in ("stop", "clear", "repeat off"):
            yield line
        await self._look()

    def _line(self) -> str:
        song = self._rng.randint(1, SONGS)
        return self._rng.choice(
            (
                f"play {song}", f"play {song}", f"queue {song} {song % SONGS + 1}", "next", "prev",
                "stop", "pause", "resume", "seek 2", "seek +1", "seek -1", "seek 50%", "volume 30",
                "list", "status", "why", "queue", "clear", "shuffle", "repeat all", "repeat off",
                "play 9", "nonsense", "seek 90",
            )
        )  # fmt: skip

    async def _look(self) -> None:
        """Note what is open once the last song is gone: no more than at the start, in the end."""
        before = None
        for _ in range(500):
            await asyncio.sleep(0.02)
            gc.collect()
            now = (
                len(asyncio.all_tasks()),
                threading.active_count(),
                len(os.listdir("/proc/self/fd")),
            )
            if now == before and self._left_nothing(now):
                break
            before = now
        self.opened.append(now)

    def _left_nothing(self, now: tuple[int, int, int]) -> bool:
        return all(
            more <= before for start in self.opened for more, before in zip(now, start, strict=True)
        )

    def print(self, text: str, error: bool) -> None:
        self.printed += 1

    def print_above_prompt(self, text: str, error: bool) -> None:
        self.printed += 1

    def clear_line(self) -> None:
        pass

    def close_pager(self) -> None:
        pass


@pytest.mark.parametrize("plain", [False, True])
def test_storms_leave_the_client_as_it_was(campaign, folder, tmp_path, plain, monkeypatch):
    if plain:  # two requests are 100 ms apart there
        monkeypatch.setattr("net.client.PLAIN_GAP_S", 0.001)
    # Between two songs of a plain server lies a fence of more than 0.1 s.
    screen = Storm(campaign.random("client", plain), campaign.size(40, 3000 if plain else 10_000))
    began = time.monotonic()

    async def run(port: int) -> None:
        journal = Journal()
        session = ClientSession(1, plain, 6, journal.observe)
        program = ClientProgram(
            "127.0.0.1",
            port,
            session,
            NullOutput(),
            screen,
            Formatter(f"127.0.0.1:{port}"),
            journal,
            Changes(),
        )
        await program.run()

    with attacked(folder, tmp_path, "--request-rate", 1_000_000) as server:
        before = server.descriptors_at_rest()
        asyncio.run(run(server.port))
        assert server.is_as(before)
    assert screen._left_nothing(screen.opened[-1]), f"tasks, threads, descriptors: {screen.opened}"
    kind = "plain" if plain else "closing"
    campaign.did(f"commands in a storm, {kind} server", screen._commands)
    campaign.did("... s", f"{time.monotonic() - began:.0f}")
