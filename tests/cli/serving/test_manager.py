"""A server under systemd: the sockets that are passed to it, and what it says of its state."""

import os
import signal
import socket
from pathlib import Path

import pytest

from cli.serving.manager import Systemd, passed_sockets
from tests.end_to_end.managed import NO_TERMINAL, PASSING, Notified
from tests.end_to_end.programs import Program, serving
from tests.peers.plain_client import PlainClient

COUNTS = r"STATUS=\d+ songs?, {} clients?"


@pytest.fixture
def notified(tmp_path):
    return Notified(tmp_path / "notify")


def lists(port):
    with PlainClient(port) as client:
        client.list_songs()
        return client.next().is_list


@pytest.mark.parametrize("workers", [1, 2])
def test_it_says_when_it_serves_how_it_is_and_when_it_stops(notified, music_dir, workers):
    prefix = notified.variables(watchdog_s=2)
    with serving(music_dir, 0, "--workers", workers, prefix=prefix) as server:
        notified.wait_for("READY=1")
        with PlainClient(server.port) as client:
            client.list_songs()
            assert client.next().is_list
            notified.wait_for(COUNTS.format(1))
        notified.wait_for(COUNTS.format(0))
        notified.wait_for("WATCHDOG=1", times=4)
        server.process.terminate()
        notified.wait_for("STOPPING=1")
        assert server.end() == 0
    assert notified.said.index("READY=1") < notified.said.index("STOPPING=1")
    assert notified.count("READY=1") == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_it_says_that_it_stops_where_two_signals_come_at_once(notified, music_dir, workers):
    with serving(music_dir, 0, "--workers", workers, prefix=notified.variables()) as server:
        notified.wait_for("READY=1")
        server.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, server.process.pid, os.WSTOPPED | os.WNOWAIT)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
            server.process.send_signal(number)
        notified.wait_for("STOPPING=1")
        assert server.end() == 0
    assert notified.count("STOPPING=1") == 1


def test_no_watchdog_no_signs(notified, music_dir):
    with serving(music_dir, prefix=notified.variables()) as server:
        notified.wait_for(COUNTS.format(0))
        server.process.terminate()
        assert server.end() == 0
    assert notified.count("WATCHDOG=1") == 0


def test_a_worker_that_hangs_is_replaced_while_the_others_serve(notified, music_dir):
    with serving(music_dir, 0, "--workers", "2", prefix=notified.variables(watchdog_s=2)) as server:
        notified.wait_for("READY=1")
        os.kill(children(server.process.pid)[0], signal.SIGSTOP)
        server.wait_for("worker 1 gives no sign of life, and is ended")
        server.wait_for(r"worker 1 has died")
        notified.wait_for("WATCHDOG=1", times=notified.count("WATCHDOG=1") + 3)
        assert lists(server.port)


def test_nobody_who_listens_is_no_reason_to_serve_nobody(tmp_path, music_dir):
    with serving(music_dir, prefix=("env", f"NOTIFY_SOCKET={tmp_path}/nowhere")) as server:
        assert lists(server.port)


def test_what_systemd_wants_is_in_the_variables():
    assert Systemd.of({}) is None
    assert Systemd.of({"NOTIFY_SOCKET": "/x"}).patience_s is None
    awaited = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "30000000"}
    assert Systemd.of(awaited).patience_s == 30
    assert Systemd.of(awaited).interval_s == 7.5
    assert Systemd.of(awaited | {"WATCHDOG_PID": "1"}).patience_s is None
    assert Systemd.of(awaited | {"WATCHDOG_PID": str(os.getpid())}).patience_s == 30


def test_an_abstract_socket_is_told_too():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0alfine-test-{os.getpid()}")
        Systemd(f"@alfine-test-{os.getpid()}", None).ready()
        assert sock.recv(100) == b"READY=1"


# Sockets that are passed


@pytest.fixture
def passing():
    """Sockets that listen on a port, of one or more families."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


class Passed(Program):
    """A server with sockets that listen already."""

    def __init__(self, folder, *options, socks):
        fds = tuple(sock.fileno() for sock in socks)
        prefix = (*PASSING, ",".join(map(str, fds)))
        super().__init__("-m", "cli.server", folder, 1, *options, prefix=prefix, pass_fds=fds)


@pytest.mark.parametrize("workers", [1, 2])
def test_passed_sockets_are_served_and_who_waits_is_left_to_the_next_one(
    passing, music_dir, workers
):
    port = passing.getsockname()[1]
    for _ in range(2):
        with PlainClient(port) as early:  # before there is a server
            early.list_songs()
            server = Passed(music_dir, "--workers", workers, socks=[passing])
            try:
                server.wait_for("systemd has opened the sockets")
                server.wait_for(f"listening on 127.0.0.1 port {port};")
                assert early.next(40).is_list
                assert lists(port)
                server.process.terminate()
                assert server.end() == 0
            finally:
                server.close()


def test_several_sockets_may_be_passed(music_dir):
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        server = Passed(music_dir, socks=[one, other])
        try:
            server.wait_for("a client connects with")
            assert lists(one.getsockname()[1])
            assert lists(other.getsockname()[1])
        finally:
            server.close()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_what_is_no_listening_socket_is_refused_in_words(music_dir, kind):
    with socket.socket(socket.AF_INET, kind) as sock:
        server = Passed(music_dir, socks=[sock])
        assert server.end() == 2
        server.close()
    assert server.err.startswith(
        "alfine server: descriptor 3, which was passed, accepts no TCP connections: "
    )


def test_what_is_passed_to_another_process_is_not_taken():
    environ = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "a"}
    assert passed_sockets(environ) == []
    assert environ == {}
    assert passed_sockets({}) == []


# Reading the settings again


@pytest.mark.parametrize("workers", [1, 2])
def test_sighup_reads_limits_and_looks_at_the_music(notified, music_dir, tmp_path, workers):
    path = tmp_path / "config.toml"
    path.write_text(f"[server]\nworkers = {workers}\nclients = 50\n")
    prefix = (*notified.variables(), f"ALFINE_CONFIG={path}", *NO_TERMINAL)
    with serving(music_dir, 0, prefix=prefix) as server:
        notified.wait_for("READY=1")
        with PlainClient(server.port) as old:
            path.write_text(
                f"[server]\nworkers = {workers + 1}\nclients = 1\nlog = 'json'\ndrain = 7\n"
            )
            song = next(music_dir.glob("*.mp3"))
            added = music_dir / "new song.mp3"
            added.write_bytes(song.read_bytes())
            hup(server)
            notified.wait_for("READY=1", times=2)
            assert notified.count("RELOADING=1") == 1
            server.wait_for("the settings were read again")
            server.wait_for("limits: 1 clients,")
            server.wait_for("restart the server for what has changed in: workers, log")
            server.wait_for("1 new song")
            assert refused_in_all(server.port, workers)
            old.list_songs()
            assert old.next().is_list
        added.unlink()
        stop(server)
        server.wait_for("songs may end within 7 s")


def refused_in_all(port, workers):
    """One client more than each worker may have is told that there are enough."""
    socks = [socket.create_connection(("127.0.0.1", port), 40) for _ in range(20 * workers)]
    try:
        for sock in socks:
            sock.sendall(b"LIST END END")
        answers = [sock.recv(100)[:4] for sock in socks]
    finally:
        for sock in socks:
            sock.close()
    return answers.count(b"ERRO") >= len(socks) - workers


def hup(server):
    os.kill(main_process(server), signal.SIGHUP)


def stop(server):
    os.kill(main_process(server), signal.SIGTERM)


def main_process(server):
    """The server's: `setsid --wait` forks where it has to."""
    pid = server.process.pid
    name = Path(f"/proc/{pid}/comm").read_text().strip()
    return children(pid)[0] if name == "setsid" else pid


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_file_that_cannot_be_read_changes_nothing(music_dir, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("[server]\nclients = 50\n")
    with serving(music_dir, 0, prefix=("env", f"ALFINE_CONFIG={path}", *NO_TERMINAL)) as server:
        for content, words in [
            ("[server]\nclients = 0\n", "clients: 0 is not in the range"),
            ("[server]\nclients = 100000000000\n", "needs more descriptors"),
            ("[server\n", "everything stays as it is"),
        ]:
            path.write_text(content)
            hup(server)
            server.wait_for(words)
        assert "the settings were read again" not in server.out
        assert lists(server.port)
        stop(server)
