"""The client ends, whatever ends it: a signal, a closed pipe, a server that never answers."""

import asyncio
import contextlib
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from errno import ECONNREFUSED, ENETUNREACH

import pytest

from fsm.client.events import ConnectFailed
from net.client import ServerConnection
from tests.cli.conftest import encode_tone, serving
from tests.cli.pty_terminal import Terminal

CLIENT = [sys.executable, "-m", "cli.app", "client", "127.0.0.1"]


def client(port, *arguments, **more):
    return subprocess.Popen(
        [*CLIENT, str(port), "--output", "null", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **more},
    )


@pytest.fixture
def silent_server():
    """A listener that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_person_is_told_what_the_client_waits_for(silent_server):
    argv = [*CLIENT, str(silent_server.getsockname()[1]), "--output", "null"]
    with Terminal(argv) as terminal, Terminal([*argv, "-c", "list"]) as script:
        terminal.wait_for("waiting for an answer from 127.0.0.1")
        script.wait_for("waiting for an answer from 127.0.0.1")


def test_a_server_that_closes_without_an_answer_is_named_as_perhaps_another_program(silent_server):
    with client(silent_server.getsockname()[1], "-c", "list") as process:
        # SETUP, and over a connection that is made anew, LIST.
        for _ in range(2):
            connection, _ = silent_server.accept()
            with connection:
                # Unread bytes would make the close a reset, which is reported with other words.
                assert connection.recv(100)
        assert "is it an alfine server?" in process.stderr.read()
        assert process.wait(10) == 3


def test_a_missing_sound_device_is_reported_only_when_a_song_plays(steady_server, tmp_path):
    config = tmp_path / "asound.conf"
    config.write_text("pcm.!default { type hw card 99 }\n")
    without_sound = {
        "ALSA_CONFIG_PATH": str(config),
        "PULSE_SERVER": "unix:/nonexistent",
    }
    printed = {}
    for command in ("list", "play 1"):
        more = ("--output", "auto", "--prebuffer", "1", "-c", command, "-c", "stop")
        with client(steady_server.port, *more, env=os.environ | without_sound) as process:
            printed[command] = process.stderr.read()
    assert printed["list"] == ""
    assert printed["play 1"].startswith("The music plays silently: ")
    argv = [*CLIENT, str(steady_server.port), "--prebuffer", "1"]
    with Terminal(argv, 40, env=without_sound) as terminal:
        terminal.wait_until(lambda t: t.cursor_line == ">>")
        assert "silently" not in terminal.text
        terminal.type("play 1\r")
        terminal.wait_for("The music plays silently: there is no\nsound device;")


def test_a_script_whose_output_cannot_be_opened_ends(steady_server):
    no_device = ("--output", "pyaudio", "--device", "no such device")
    with client(steady_server.port, *no_device, "-c", "play 1", "-c", "wait") as process:
        assert process.wait(20) == 2
        assert re.match("alfine client: (no sound device|PyAudio cannot)", process.stderr.read())


def connect_failure(host, port):
    """Return the reason that a failed attempt to connect is reported with."""

    async def attempt():
        events = asyncio.Queue()
        connection = ServerConnection(host, port, events.put_nowait)
        connection.connect()
        try:
            return await events.get()
        finally:
            await connection.close()

    failed = asyncio.run(attempt())
    assert isinstance(failed, ConnectFailed)
    return failed.reason


def test_an_attempt_to_connect_that_has_no_answer_times_out(monkeypatch):
    monkeypatch.setattr("net.client.CONNECT_TIMEOUT_S", 0.2)
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            pending = stack.enter_context(socket.socket())
            pending.setblocking(False)
            pending.connect_ex(full.getsockname())
        assert connect_failure(*full.getsockname()).endswith("check the address")


@pytest.mark.parametrize("numbers", [(ECONNREFUSED, ECONNREFUSED), (ENETUNREACH, ECONNREFUSED)])
def test_several_addresses_of_which_one_refuses_are_reported_as_refused(monkeypatch, numbers):
    failures = ", ".join(f"[Errno {number}] Connect call failed" for number in numbers)

    async def refuse(host, port):
        raise OSError(f"Multiple exceptions: {failures}")

    monkeypatch.setattr("asyncio.open_connection", refuse)
    assert connect_failure("localhost", 1).startswith("nobody listens there")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_while_the_server_does_not_answer(silent_server, number):
    with client(silent_server.getsockname()[1], "-c", "list") as process:
        connection, _ = silent_server.accept()
        assert connection.recv(100), "it has greeted, so its signal handlers are installed"
        process.send_signal(number)
        assert process.wait(10) == 128 + number


def test_a_signal_during_a_song_gives_its_exit_code(steady_server):
    with client(steady_server.port, "-c", "play 1", "-c", "wait", "--prebuffer", "1") as process:
        while "playing" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def test_a_closed_pipe_ends_it_with_one_line(steady_server):
    read, write = os.pipe()
    os.close(read)
    with client(steady_server.port, "-c", "list", "-c", "list", stdout=write) as process:
        os.close(write)
        printed = process.stderr.read()
        assert process.wait(10) == 1
    assert "nobody takes what is printed" in printed
    assert len(printed.splitlines()) == 1


def test_a_full_disk_ends_it_with_one_line(steady_server):
    with (
        open("/dev/full", "w") as full,
        client(steady_server.port, "-c", "list", stdout=full) as process,
    ):
        printed = process.stderr.read()
        assert process.wait(10) == 1
    assert printed == "alfine client: nobody takes what is printed: No space left on device\n"


def test_characters_that_the_locale_lacks_are_replaced(large_server):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    with client(large_server.port, "-c", "list", env=environment) as process:
        listed = process.stdout.read()
        assert process.wait(10) == 0
    assert "J?ga" in listed


def test_without_standard_input_there_are_no_commands(steady_server):
    with client(steady_server.port, stdin=None, preexec_fn=lambda: os.close(0)) as process:
        assert process.stderr.read() == ""
        assert process.wait(10) == 0


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_script_may_begin_with_a_byte_order_mark(steady_server, end):
    script = f"\ufeffvolume 30{end}status{end}"
    with client(steady_server.port, stdin=subprocess.PIPE) as process:
        printed, errors = process.communicate(script, 20)
    assert (printed, errors, process.returncode) == ("stopped; volume 30 %\n", "", 0)


MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""Runs a program and prints its peak of memory in KiB. A program inherits the peak of whoever
starts it, so that must be small: the process that runs the tests is not."""


class EndlessServer:
    """Answers the first request of a connection with an endless list; a context manager."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self._listener.close()

    def _serve(self):
        # The most entries for their bytes, each of them another one.
        numbers = itertools.count(1)
        # What comes for SETUP makes it plain; over the second connection LIST is answered.
        for _ in range(2):
            with contextlib.suppress(OSError), self._listener.accept()[0] as connection:
                connection.recv(100)
                while True:
                    entries = " END ".join(f"{n}. " for n in itertools.islice(numbers, 250))
                    connection.sendall(b"RESP 100 END " + entries.encode() + b" END END")


def test_a_list_without_end_is_told_in_one_line_and_takes_little_memory():
    with EndlessServer() as server:
        argv = [*CLIENT, str(server.port), "--output", "null", "-c", "list"]
        run = subprocess.run(
            [sys.executable, "-c", MEASURE, *argv],
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    assert run.stderr == (
        "the connection was lost: its list is longer than 64 MiB: --plain plays without a list\n"
    )
    assert run.returncode == 3
    assert int(run.stdout) < 400 * 1024, "KiB"


@pytest.fixture(scope="module")
def long_song(tmp_path_factory):
    """A server of one song of 1.1 MB."""
    folder = tmp_path_factory.mktemp("long")
    (folder / "long.mp3").write_bytes(encode_tone(220, 4) * 35)
    with serving(folder) as running:
        yield running


def test_a_song_that_is_larger_than_allowed_is_played_as_far_and_told_as_that(long_song, tmp_path):
    wav = tmp_path / "song.wav"
    play = ("--prebuffer", "1", "--output", f"wav:{wav}", "-c", "play 1", "-c", "wait")
    with client(long_song.port, "--song-size", "1", *play) as process:
        _, errors = process.communicate(timeout=40)
    reason = "the song is larger than 1 MiB; --song-size allows more"
    assert (
        f"was cut off before its end: there is no room for the rest of the song: {reason}" in errors
    )
    assert wav.stat().st_size > 1024 * 1024, "what is here of it is played"
    assert process.returncode == 1
