"""Clients that misbehave, and that the other clients do not notice it."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import subprocess
import time

import pytest

from net.server.limits import possible_clients
from tests.end_to_end.programs import Program
from tests.needs import needs_program
from tests.net.server.conftest import connected, eventually, is_reset, song_bytes
from tests.peers.plain_client import PlainClient

LIST = b"RESP 100 END 1. 1 END 2. 2 END END"
NOT_FOUND = b"ERRO 404 END END"
SETUP, ACCEPTED = b"SETUP ends END END", b"RESP 101 END alfine/1 ends END END"
SONG_CLOSED = b"RESP 200 END  END END"


def test_a_song_is_the_same_for_all_and_answers_go_between_its_messages(serve, music, loop_name):
    server = serve(music, "--loop", loop_name)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(PlainClient(server.port, seconds=30)) for _ in range(20)]
        for client in clients:
            client.send(SETUP + b"PLAY 1 END ENDLIST END END")
        for client in clients:
            messages = client.until(lambda message: message.raw == SONG_CLOSED)
            audio = b"".join(message.data for message in messages if message.is_audio)
            assert audio == song_bytes(1)
            assert LIST in [message.raw for message in messages[:-1]]
    assert loop_name in server.out


def test_a_request_byte_by_byte(serve, music, loop_name):
    server = serve(music, "--loop", loop_name)
    with PlainClient(server.port) as client:
        for byte in b"LIST END END":
            client.send(bytes([byte]))
        assert client.next().raw == LIST


@pytest.mark.parametrize("begun", [b"LIST EN", b"PLAY 1 END ENDST"])
def test_a_request_that_takes_too_long_is_answered_and_the_connection_closed(serve, music, begun):
    server = serve(music, "--request-time", 0.5)
    with connected(server.port) as slow, PlainClient(server.port) as client:
        slow.sendall(b"SETUP ends END END" + begun)
        received = b""
        while data := slow.recv(1 << 20):  # a reset would be an error
            received += data
        assert received.endswith(b"END ENDERRO 404 END END")
        server.wait_for("a request without an end in time")
        client.list_songs()
        assert client.next().raw == LIST


def test_half_a_request_and_no_more_ends_no_song(serve, music):
    """The client has shut down its side: it owes no end of a request any more."""
    (music / "1.mp3").write_bytes(song_bytes(1, 30_000_000))
    server = serve(music, "--request-time", 0.5)
    with connected(server.port) as client:
        client.sendall(b"SETUP ends END ENDPLAY 1 END ENDST")
        client.shutdown(socket.SHUT_WR)
        received = bytearray(client.recv(1 << 16))
        time.sleep(1.0)  # the limit passes, with the song not yet read
        while data := client.recv(1 << 20):
            received += data
    assert received.endswith(b"RESP 200 END  END END")
    assert len(received) > 30_000_000


def test_an_idle_client_is_reset(serve, music):
    server = serve(music, "--idle-time", 0.5)
    with connected(server.port) as idle:
        assert is_reset(idle)
        server.wait_for("disconnected: idle for 0.5 s")


def test_clients_that_never_read_are_reset_and_delay_nobody(serve, music):
    # The least rate promises 64 s to who takes in the long steps of loopback.
    server = serve(music, "--stall-time", 1, "--least-rate", 100_000)
    with contextlib.ExitStack() as stack:
        unread = [stack.enter_context(connected(server.port)) for _ in range(30)]
        for sock in unread:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.sendall(b"PLAY 1 END END" + b"LIST END END" * 10)
        with PlainClient(server.port, seconds=30) as client:
            client.play(2)
            assert client.audio(len(song_bytes(2))) == song_bytes(2)
        server.wait_for("disconnected: it took nothing for 1 s|Connection timed out", times=30)


@needs_program("ss")
def test_clients_that_never_read_hold_little_of_the_kernel(serve, music, loop_name):
    """Under 256 KiB each on the server's side, however large their own receive buffers are."""
    (music / "1.mp3").write_bytes(song_bytes(1, 30_000_000))
    server = serve(music, "--loop", loop_name)

    def held_bytes() -> list[int]:
        """Return the kernel memory of each connection: allocated, queued, reserved."""
        command = ["ss", "-tmnH", "state", "established", f"sport = :{server.port}"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        memory = re.findall(r"skmem:\(r(\d+),rb\d+,t(\d+),tb\d+,f(\d+),w(\d+)", shown)
        return [sum(map(int, parts)) for parts in memory]

    with contextlib.ExitStack() as stack:
        for _ in range(20):
            unread = stack.enter_context(connected(server.port))
            unread.sendall(b"PLAY 1 END END")
            assert unread.recv(1)
        last: list[int] = []

        def at_rest() -> bool:
            before, last[:] = list(last), held_bytes()
            return len(last) == 20 and before == last

        assert eventually(at_rest)
        assert 0 < max(last) < 256 * 1024


def test_a_client_that_takes_too_little_is_reset(serve, music, loop_name):
    """It takes something all the time, so that it does not stall."""
    options = ("--stall-time", 60, "--least-rate", 50_000, "--rate-time", 1)
    server = serve(music, "--loop", loop_name, *options)
    with connected(server.port) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(b"PLAY 1 END END")

        def read_slowly() -> None:
            while sock.recv(100):
                if "disconnected" not in server.out:
                    time.sleep(0.02)  # the client takes at most 5 KB/s

        with pytest.raises(ConnectionResetError):
            read_slowly()
    server.wait_for("disconnected: it took less than 50000 bytes/s")


DEFAULTS = """\
limits: {clients} clients, 100 from one address, backlog 128
limits: clients on this machine are not counted by address: behind a proxy on it that is \
everybody, unless --proxy-from 127.0.0.1 has it name them
limits: a request of 4096 bytes, within 10 s, 50 a second
limits: idle 600 s, stalled 30 s, at least 1024 bytes/s over 60 s
limits: acknowledged within 30 s, keepalive 30/10/3, 16 KiB unsent
limits: 1024 MiB of songs kept ready, drain 30 s
"""
OTHERS = """\
limits: 77 clients, 7 from one address, backlog 12
limits: connections from 10.0.0.0/8 begin with a PROXY header, and count as it says
limits: a request of 99 bytes, within 1.5 s, 9 a second
limits: idle 60 s, stalled 3 s, at least 555 bytes/s over 6 s
limits: acknowledged within 4 s, keepalive 20/5/2, 64 KiB unsent
limits: 8 MiB of songs kept ready, drain 3 s
"""
OPTIONS = (
    "--clients 77 --per-address 7 --backlog 12 --proxy-from 10.0.0.0/8 "
    "--request-size 99 --request-time 1.5 "
    "--request-rate 9 --idle-time 60 --stall-time 3 --least-rate 555 --rate-time 6 --ack-time 4 "
    "--keepalive 20/5/2 --unsent 64 --cache-size 8 --drain 3"
)


def test_every_limit_is_an_option_and_logged_at_the_start(serve, music):
    for options, lines in (((), DEFAULTS), (OPTIONS.split(), OTHERS)):
        server = serve(music, *options)
        limits = "".join(f"{line}\n" for line in re.findall("limits: .*", server.out))
        assert limits == lines.format(clients=possible_clients(10_000, 2))


@pytest.mark.parametrize(
    "options",
    [
        "--idle-time nan",
        "--drain inf",
        "--drain -1",
        "--request-size 3",
        "--backlog 70000",
        "--keepalive 30/10",
        "--keepalive 30/10/0",
        "--keepalive 99999/1/1",
        "--least-rate 1.5",
    ],
)
def test_a_limit_that_cannot_be_is_refused_in_one_line(music, options):
    program = Program("-m", "cli.server", music, 0, *options.split())
    assert program.end() == 2
    assert options.split()[0] in program.err
    assert program.err.count("\n") == 1
    program.close()


def test_a_request_may_be_as_long_as_the_option_says(serve, music):
    server = serve(music, "--request-size", 64)
    with PlainClient(server.port) as client:
        client.send(b"LIST " + b"x" * 51 + b" END END" + b"LIST " + b"x" * 52 + b" END END")
        assert client.rest() == LIST + NOT_FOUND


def test_more_clients_than_descriptors_are_refused_at_the_start(music):
    program = Program("-m", "cli.server", music, 0, "--clients", 10**9)
    assert program.end() == 2
    assert "needs more descriptors" in program.err
    program.close()


@pytest.mark.parametrize("song", [b"", b"PLAY 1 END END"])
def test_a_request_without_an_end_is_refused_and_the_connection_closed(serve, music, song):
    # If the song does not fit into the kernel's buffers, the stall ends the connection.
    server = serve(music, "--stall-time", 1, "--least-rate", 100_000)
    with connected(server.port) as sock:
        sent = 0
        with contextlib.suppress(OSError):
            sock.sendall(song)
            for _ in range(1000):
                sent += sock.send(b"x" * 65536)
        assert sent < 60_000_000
    server.wait_for("a request without an end")
    with PlainClient(server.port) as client:
        client.list_songs()
        assert client.next().raw == LIST


def test_a_flood_of_plays_and_stops_is_answered_in_order(serve, music, loop_name):
    server = serve(music, "--request-rate", 1000, "--loop", loop_name)
    with PlainClient(server.port, seconds=30) as client, PlainClient(server.port) as other:
        client.send(SETUP + b"PLAY 1 END ENDSTOP END ENDPLAY 2 END END" * 300 + b"LIST END END")
        closings, raw = 0, b""
        while raw != LIST:
            message = client.next()
            raw = message.raw
            closings += raw == SONG_CLOSED
        assert closings in (599, 600)  # the last song may still be going on
        other.list_songs()
        assert other.next().raw == LIST


def test_a_client_that_sends_requests_too_fast_is_answered_later(serve, music):
    server = serve(music, "--request-rate", 100)
    with PlainClient(server.port, seconds=30) as client:
        client.send(b"LIST END END" * 200)
        client.half_close()
        assert client.rest() == LIST * 200


def test_one_client_too_many_is_refused(serve, music):
    server = serve(music, "--clients", 3)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(PlainClient(server.port)) for _ in range(3)]
        for client in clients:
            client.list_songs()
            assert client.next().raw == LIST
        for _ in range(20):
            with PlainClient(server.port) as late:
                late.list_songs()
                assert late.rest() == NOT_FOUND
        clients.pop().sock.close()
        server.wait_for("refused \\d+: there are clients enough")
        assert server.out.count("refused") <= 3

        def served() -> bool:
            with PlainClient(server.port) as client:
                client.list_songs()
                return client.next().raw == LIST

        assert eventually(served)


def test_requests_after_a_teardown_cause_no_reset(serve, music):
    server = serve(music)
    with connected(server.port) as sock:
        sock.sendall(b"LIST END ENDTEARDOWN END END" + b"LIST END END" * 50)
        received = b""
        while data := sock.recv(4096):
            received += data
        assert received in (b"", LIST)


def test_a_client_that_resets_behind_its_requests_is_no_fault(serve, music, loop_name):
    """To send for the first request fails; the second one is not heard any more."""
    server = serve(music, "--loop", loop_name)
    with PlainClient(server.port) as client:
        client.play(1)
        assert client.audio(len(song_bytes(1))) == song_bytes(1)  # ready at once from here on
    for _ in range(50):
        with connected(server.port) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(b"PLAY 1 END ENDLIST END END")
    server.wait_for("disconnected", times=51)
    assert "Traceback" not in server.out + server.err


def test_what_one_client_can_have_the_log_say_is_bounded(serve, music):
    """Control bytes are written as four characters each; and there is a rate for each client."""
    server = serve(music, "--request-rate", 100_000)
    hostile = b"SETUP " + b"\x01" * 4000 + b" END END"
    with PlainClient(server.port, seconds=30) as client:
        for _ in range(500):
            client.send(hostile + b"SETUP ends END END")
        client.send(b"TEARDOWN END END")
        client.rest()
    server.wait_for("disconnected")
    lines = server.out.splitlines()
    assert max(map(len, lines)) < 260
    more = sum(map(int, re.findall(r"(\d+) more like it", server.out)))
    logged = sum("SETUP" in line for line in lines)
    assert 30 <= logged < 500
    assert logged + more >= 999


def test_line_ends_in_a_flood_are_paced(serve, music):
    """They are no requests, and are not read faster than requests are."""
    server = serve(music)
    with connected(server.port) as sock:
        sock.setblocking(False)
        sent, deadline = 0, time.monotonic() + 2
        while time.monotonic() < deadline:
            with contextlib.suppress(BlockingIOError):
                sent += sock.send(b"\r\n" * 4096)
            time.sleep(0.001)
    # The rest lies in the kernel's buffers, on both sides.
    assert sent < 8_000_000
    with PlainClient(server.port) as client:
        client.list_songs()
        assert client.next().raw == LIST
