"""Floods: of requests, of cold songs, of log lines, of bytes without an end, of distinct songs.

What is asserted holds on the slowest machine; the times are figures for the table.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from net.dialects import WireError
from net.framing import frame
from net.responses import MAX_RESPONSE_BYTES, ResponseDecoder
from net.server.songs.spool import SLICE_BYTES
from net.wire import MAX_REQUEST_BYTES, RequestDecoder
from tests.attack.flooders import flooded
from tests.attack.servers import Attacked, attacked, percentile
from tests.net.server.conftest import TIMEOUT_S, connected, eventually
from tests.peers.plain_client import PlainClient

MIB = 1 << 20
PATIENCE_S = 600.0
MEASURED_MS = 60_000


def folder(place: Path, songs: int, size: int = 5000) -> Path:
    """Make so many songs, none of which begins like another."""
    music = place / "music"
    music.mkdir()
    body = random.Random(3).randbytes(size)
    for number in range(1, songs + 1):
        (music / f"{number:04}.mp3").write_bytes(b"%08d" % number + body)
    return music


# Requests


def list_times(port: int, samples: int) -> list[float]:
    """Return how long somebody else waits for each of his lists, in ms; for a minute at most."""
    times: list[float] = []
    with PlainClient(port, seconds=PATIENCE_S) as client:
        client.send(b"SETUP ends END END")
        assert client.next().code == b"101"
        while len(times) < samples and sum(times) < MEASURED_MS:
            began = time.monotonic()
            client.list_songs()
            while client.next().data:
                pass
            times.append(1000 * (time.monotonic() - began))
            time.sleep(0.021)
    return times


@pytest.mark.parametrize("addresses", [1, 10, 1000])
def test_others_are_served_while_many_flood(campaign, tmp_path, addresses):
    count = campaign.size(20, 1000)
    samples = campaign.size(10, 400)
    options = ("--clients", count + 100, "--backlog", 1024)
    with attacked(folder(tmp_path, 100), tmp_path, *options) as server:
        alone = list_times(server.port, samples)
        with flooded(server.port, count, addresses, "lists") as flood:
            times = list_times(server.port, samples)
    assert times, "every list was answered"
    assert flood.received_bytes > 0, "and so were the flooders'"
    campaign.did(f"flooders from {addresses} addresses", count)
    campaign.did("... another's LIST without them, p50 ms", f"{percentile(alone, 50):.1f}")
    campaign.did("... with them, p50 ms", f"{percentile(times, 50):.1f}")
    campaign.did("... with them, p99 ms", f"{percentile(times, 99):.1f}")
    campaign.did("... MB that the flooders received", f"{flood.received_bytes / 1e6:.0f}")


# Cold songs


def kept_bytes(server: Attacked) -> int:
    """Return what the unnamed files of the server take."""
    total = 0
    for fd in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if "(deleted)" in os.readlink(fd):
                total += os.stat(fd).st_size
    return total


def drain(sock: socket.socket, stop: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while not stop.is_set() and sock.recv(MIB):
            pass


@pytest.mark.parametrize("greedy_reads", [True, False])
def test_a_cold_song_begins_while_others_take_all_they_can(campaign, tmp_path, greedy_reads):
    greedy, cold = 12, campaign.size(2, 20)
    size, cache = campaign.size(4, 50) * MIB, campaign.size(16, 200)
    music = folder(tmp_path, greedy + cold, size)
    most, first_ms, stop = 0, [], threading.Event()
    with (
        attacked(music, tmp_path, "--cache-size", cache) as server,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(stop.set)
        for number in range(1, greedy + 1):
            sock = stack.enter_context(connected(server.port))
            sock.sendall(b"SETUP ends END ENDPLAY %d END END" % number)
            if greedy_reads:
                threading.Thread(target=drain, args=(sock, stop), daemon=True).start()
        for number in range(greedy + 1, greedy + cold + 1):
            with connected(server.port) as sock:
                began = time.monotonic()
                sock.sendall(b"PLAY %d END END" % number)
                assert sock.recv(100).startswith(b"RESP 200 END ")
                first_ms.append(1000 * (time.monotonic() - began))
            most = max(most, kept_bytes(server))
        # But for the headers of slices that are on their way.
        assert most <= cache * MIB + (greedy + cold) * SLICE_BYTES // 50
    kind = "read all they can" if greedy_reads else "read nothing"
    campaign.did(f"greedy cold PLAYs of {size // MIB} MiB that {kind}", greedy)
    campaign.did("... a 13th's first byte, p50 ms", f"{percentile(first_ms, 50):.1f}")
    campaign.did("... a 13th's first byte, longest ms", f"{max(first_ms):.1f}")
    campaign.did(f"... most kept of {cache} MiB, MiB", f"{most / MIB:.1f}")


# Bytes without an end

FRONTS = (
    b"",
    b"RESP 200 END ",
    b"RESP 100 END 1. a",
    b"RESP 200 END x END END",
    b"RESP 101 END alfine/1 ends END ENDRESP 200 END ",
)
ENDLESS = (b" END", b" END END", b"END", b"RESP 200 END ", b"\xff", b"ERRO 404 ")


def refused_after(front: bytes, piece: bytes, total: int) -> int:
    """Send a client endless pieces; return how much it has taken, and refused."""
    decoder, taken = ResponseDecoder(), 0
    with contextlib.suppress(WireError):
        decoder.feed(front)
        while taken < total:
            taken += len(piece)
            decoder.feed(piece)
            assert decoder.held_bytes <= 2 * MAX_RESPONSE_BYTES + len(piece)
    assert taken < total, "it is taken for ever"
    return taken


@pytest.mark.parametrize("size", [50, 1460, 65536])
def test_a_client_that_is_sent_endless_bytes(campaign, size):
    """It holds little of them, whatever it takes them for, and takes no more than little."""
    total, most, began = campaign.size(1, 100) * MIB, 0, time.process_time()
    for front in FRONTS:
        for unit in ENDLESS:
            most = max(most, refused_after(front, unit * (size // len(unit)), total))
    campaign.did(f"endless bytes in pieces of {size:,}, to a client", len(FRONTS) * len(ENDLESS))
    campaign.did("... all refused within KiB", most // 1024)
    campaign.did("... s of CPU", f"{time.process_time() - began:.2f}")


def test_a_song_of_nothing_but_ends(campaign):
    """It is sent whole, in many small messages, and is what it was."""
    size = campaign.size(1, 100)
    song, began, decoder, got = b" END" * (MIB // 4), time.process_time(), ResponseDecoder(), 0
    for _ in range(size):
        wire, _ = frame(song)
        for at in range(0, len(wire), 65536):
            got += sum(len(event.data) for event in decoder.feed(wire[at : at + 65536]))
    assert got == size * MIB
    campaign.did("MiB of ' END' as songs, framed and decoded", size)
    campaign.did("... s of CPU, both sides", f"{time.process_time() - began:.1f}")


@pytest.mark.parametrize("unit", [b" END", b"\r\n", b"\0", b" ", b"END END", b"x"])
def test_a_server_that_is_sent_endless_bytes(campaign, unit):
    decoder, total = RequestDecoder(), campaign.size(1, 100) * MIB
    piece, taken, began = unit * (65536 // len(unit)), 0, time.process_time()
    while taken < total:
        decoder.feed(piece)
        taken += len(piece)
        assert decoder.pending_bytes <= MAX_REQUEST_BYTES
    campaign.did(f"MiB of {unit!r} into the server's decoder", total // MIB)
    campaign.did("... s of CPU", f"{time.process_time() - began:.2f}")


def test_a_server_that_is_flooded_with_ends(campaign, tmp_path):
    """It reads them no faster than requests."""
    seconds = campaign.size(1, 30)
    with attacked(folder(tmp_path, 5), tmp_path) as server:
        server.descriptors_at_rest()
        before_kib, cpu_s, began = server.rss_kib(), server.cpu_s(), time.monotonic()
        with flooded(server.port, 50, 1, "ends") as flood:
            time.sleep(seconds)
            times = list_times(server.port, 5)
            spent_s, passed_s = server.cpu_s() - cpu_s, time.monotonic() - began
            grown_kib = server.rss_kib() - before_kib
    assert times
    assert grown_kib < 50 * 1024
    campaign.did("KiB of ' END' from 50 connections, taken by the kernel", flood.sent_bytes // 1024)
    campaign.did("... CPU of the server, %", f"{100 * spent_s / passed_s:.1f}")
    campaign.did("... memory grown, KiB", grown_kib)


# The log

LINE_BYTES = 300


def test_what_flooders_have_the_log_say(campaign, tmp_path):
    flooders, seconds = 50, campaign.size(1, 30)
    with attacked(folder(tmp_path, 5), tmp_path, "--request-rate", 100_000) as server:
        start, began = len(server.said), time.monotonic()
        with flooded(server.port, flooders, 1, "controls") as flood:
            time.sleep(seconds)
        assert eventually(lambda: server.said.count("disconnected") >= flooders)
        passed_s = time.monotonic() - began
        said = server.said[start:]
    lines = said.splitlines()
    assert max(map(len, lines)) <= LINE_BYTES
    # Forty at once, then five a second, and with each what was left out; and how it came and went.
    assert len(lines) <= flooders * (2 * (40 + 5 * (passed_s + 1)) + 2)
    more = sum(map(int, re.findall(r"(\d+) more like it", said)))
    campaign.did("log flooders", flooders)
    campaign.did("... MB that they sent", f"{flood.sent_bytes / 1e6:.1f}")
    campaign.did("... KB of log a second", f"{len(said) / 1000 / passed_s:.1f}")
    campaign.did("... lines written", len(lines))
    campaign.did("... lines told by number", more)


# Descriptors


@pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc")
def test_distinct_songs_never_take_the_last_descriptor(campaign, tmp_path):
    allowed = campaign.size(300, 2000)
    songs = allowed
    prefix = ("bash", "-c", f'ulimit -n {allowed}; exec "$@"', "bash")
    with attacked(folder(tmp_path, songs), tmp_path, prefix=prefix) as server:
        before = server.descriptors_at_rest()
        clients = int(re.search(r"(\d+) clients, ", server.said)[1])
        playing = refused = most = 0
        with contextlib.ExitStack() as stack:
            for number in range(1, songs + 1):
                sock = stack.enter_context(connected(server.port))
                with contextlib.suppress(ConnectionError):
                    sock.sendall(b"PLAY %d END END" % number)
                answer = sock.recv(13)
                playing += answer == b"RESP 200 END "
                refused += answer.startswith(b"ERRO 404")
                most = max(most, len(os.listdir(f"/proc/{server.process.pid}/fd")))
            assert playing == min(clients, songs), "each of the clients had its own song"
            assert playing + refused == songs
        assert server.is_as(before)
        assert "cannot accept" not in server.said
        with PlainClient(server.port, seconds=TIMEOUT_S) as client:
            client.play(1)
            wanted = (tmp_path / "music" / "0001.mp3").read_bytes()
            assert client.audio(len(wanted)) == wanted
    assert most <= allowed
    campaign.did(f"clients with a song of their own, of {allowed} descriptors", playing)
    campaign.did("... refused", refused)
    campaign.did("... most descriptors open", most)
