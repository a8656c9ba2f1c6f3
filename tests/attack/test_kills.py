"""Servers and clients that are killed at any moment of a song: kill -9, no handler runs."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

import pytest

from proxy.faults import Faults
from tests.attack.servers import attacked
from tests.end_to_end.programs import PATIENCE_S, Client, Run, serving
from tests.end_to_end.songs import music, named, recorded, samples
from tests.faulty_proxy import FaultyProxy, Line
from tests.net.server.conftest import eventually
from tests.peers.plain_client import PlainClient

SECONDS = 10.0
FRONT_BYTES = 400
"""What comes before the song: a server that is killed there is only connected to anew."""
RETRIES = 50
"""Where the server is killed earlier each time, no new bytes come between."""


def noise(number: int) -> bytes:
    return named("Noise", f"song {number}") + music(SECONDS, seed=number % 5, kbits=320)


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "music"
    path.mkdir()
    (path / "1.mp3").write_bytes(noise(1))
    return path


@pytest.mark.parametrize("options", [(), ("--plain",)])
def test_a_server_that_is_killed_again_and_again_is_not_heard(campaign, folder, tmp_path, options):
    """The client's WAV is what the song decodes to, sample for sample."""
    songs, kills = campaign.size(1, 40), campaign.size(2, 4)
    told: Counter[str] = Counter()
    for number in range(songs):
        rng = campaign.random("kill", number, options)
        holds = [rng.randrange(FRONT_BYTES, len(noise(1))) for _ in range(kills)]
        wav = tmp_path / f"{number}.wav"
        run, killed = played(folder, wav, holds, options)
        assert run.code == 0, (holds, run)
        assert killed > 0
        assert recorded(wav) == samples(noise(1)), holds
        told["killed"] += killed
        told["lost"] += run.err.count("the connection was lost")
        wav.unlink()
    kind = "plain" if options else "closing"
    campaign.did(f"songs through servers that were killed, {kind}", songs)
    campaign.did("... kills", told["killed"])
    campaign.did("... losses told to the person", told["lost"])


def played(folder: Path, wav: Path, holds: list[int], options: tuple[str, ...]) -> tuple[Run, int]:
    """Play a song whose server is killed, and another one is there, when so many bytes have come.

    Returns how it went, and how often one was killed. All servers run before: with a plain one the
    client takes a line that is silent for as long as a server starts for the end of the song.
    """
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(serving(folder)) for _ in range(len(holds) + 1)]
        plans = [Faults(hold_after=hold) for hold in holds]
        proxy = stack.enter_context(FaultyProxy(servers[0].port, *plans))
        script = ("play 1", "wait")
        options = (*options, "--retries", RETRIES)
        client = Client(proxy.port, *script, output=f"wav:{wav}", options=options)
        stack.callback(client.close)
        killed: set[int] = set()
        while len(killed) < len(holds) and (line := next_held(proxy, killed, client)):
            proxy.lead_to(servers[len(killed)].port)
            servers[len(killed) - 1].kill()
            line.go_on.set()
        return client.run(), len(killed)


def next_held(proxy: FaultyProxy, killed: set[int], client: Client) -> Line | None:
    """Wait for the next connection at its hold; None if the client ends before there is one."""
    found: list[int] = []

    def held() -> bool:
        lines = list(enumerate(proxy.lines))
        found[:] = [n for n, line in lines if n not in killed and line.reached.is_set()]
        return bool(found) or client.process.poll() is not None

    assert eventually(held, PATIENCE_S), client.err
    if not found:
        return None
    killed.add(found[0])
    return proxy.lines[found[0]]


def test_a_client_that_is_killed_leaves_nothing_with_the_server(campaign, folder, tmp_path):
    kills = campaign.size(2, 100)
    with attacked(folder, tmp_path) as server:
        before = server.descriptors_at_rest()
        for number in range(kills):
            rng = campaign.random("client", number)
            hold = rng.randrange(FRONT_BYTES, len(noise(1)))
            with (
                FaultyProxy(server.port, Faults(hold_after=hold)) as proxy,
                contextlib.ExitStack() as end,
            ):
                client = Client(proxy.port, "play 1", "wait", options=("--prebuffer", 1))
                end.callback(client.close)
                assert proxy.line(0).reached.wait(PATIENCE_S), client.err
                client.kill()
            if number % 10 == 0:
                with PlainClient(server.port, seconds=PATIENCE_S) as other:
                    other.play(1)
                    assert other.audio(len(noise(1))) == noise(1)
        assert server.is_as(before)
    campaign.did("clients killed in a song", kills)
