"""Clients that ask for songs and lists and never read."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from pathlib import Path

import pytest

from tests.attack.servers import allow_descriptors, attacked, percentile
from tests.net.server.conftest import song_bytes
from tests.peers.plain_client import PlainClient

SONGS = 5
MOST_KIB = 64
"""Of the server's own memory for each: it holds the connection, and nothing of a song."""
SPARE_KIB = 64 * 1024


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(1, SONGS + 1):
        (folder / f"{number}.mp3").write_bytes(song_bytes(number))
    return folder


def never_reads(port: int, number: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(60)
    sock.connect(("127.0.0.1", port))
    setup = b"SETUP ends END END" if number % 2 else b""
    sock.sendall(setup + b"PLAY %d END END" % (number % SONGS + 1) + b"LIST END END" * 5)
    return sock


def kernel_kib() -> int:
    """Return what the kernel holds for TCP, for all programs and both ends."""
    found = re.search(r"TCP: .* mem (\d+)", Path("/proc/net/sockstat").read_text())
    return int(found[1]) * os.sysconf("SC_PAGESIZE") // 1024 if found else 0


@pytest.mark.parametrize("loop_name", ["asyncio", "uvloop"])
def test_who_never_reads_delays_nobody_and_costs_little(campaign, music, tmp_path, loop_name):
    pytest.importorskip(loop_name)
    count = min(campaign.size(100, 5000), allow_descriptors(6000) - 200)
    options = ("--loop", loop_name, "--clients", count + 100, "--backlog", 1024)
    with attacked(music, tmp_path, *options) as server:
        before = server.descriptors_at_rest()
        rss_kib, tcp_kib = server.rss_kib(), kernel_kib()
        with contextlib.ExitStack() as stack:
            for number in range(count):
                stack.enter_context(never_reads(server.port, number))
            lists, first_s = served(server.port)
            grown_kib = server.rss_kib() - rss_kib
            held_kib = kernel_kib() - tcp_kib
        assert server.is_as(before)
        assert grown_kib <= MOST_KIB * count + SPARE_KIB
    campaign.did(f"never-readers, {loop_name}", count)
    campaign.did("... memory of the server for each, KiB", f"{grown_kib / count:.1f}")
    campaign.did("... memory of the kernel for each, both ends, KiB", f"{held_kib / count:.1f}")
    campaign.did("... another's LIST, p50 ms", f"{1000 * percentile(lists, 50):.1f}")
    campaign.did("... another's LIST, p99 ms", f"{1000 * percentile(lists, 99):.1f}")
    campaign.did("... another's song of 3 MB, ms", f"{1000 * first_s:.0f}")


def served(port: int) -> tuple[list[float], float]:
    """Return how long another client waits for each of its lists, and for a whole song."""
    times = []
    with PlainClient(port, seconds=60) as client:
        client.send(b"SETUP ends END END")
        assert client.next().code == b"101"
        for _ in range(100):
            began = time.monotonic()
            client.list_songs()
            assert client.next().songs == [f"{n}. {n}" for n in range(1, SONGS + 1)]
            assert client.next().data == b""
            times.append(time.monotonic() - began)
            time.sleep(0.021)  # fifty a second are allowed
        began = time.monotonic()
        client.play(2)
        assert client.audio(len(song_bytes(2))) == song_bytes(2)
        return times, time.monotonic() - began
