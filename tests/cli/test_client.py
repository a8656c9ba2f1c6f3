"""However the client is ended, it ends: by a signal, a closed pipe, a server that says nothing."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from errno import ECONNREFUSED, ENETUNREACH

import pytest

from fsm.client.events import ConnectFailed
from net.client import ServerConnection
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
def mute():
    """A listener that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_person_who_waits_is_told_for_what(mute):
    argv = [*CLIENT, str(mute.getsockname()[1]), "--output", "null"]
    with Terminal(argv) as terminal, Terminal([*argv, "-c", "list"]) as script:
        terminal.wait_for("waiting for an answer from 127.0.0.1")
        script.wait_for("waiting for an answer from 127.0.0.1")


def test_a_door_that_is_shut_at_once_is_told_from_a_lost_connection(mute):
    with client(mute.getsockname()[1], "-c", "list") as process:
        mute.accept()[0].close()
        assert "is it an alfine server?" in process.stderr.read()
        assert process.wait(10) == 3


def test_only_who_plays_is_told_that_there_is_no_sound_device(steady_server, tmp_path):
    config = tmp_path / "asound.conf"
    config.write_text("pcm.!default { type hw card 99 }\n")
    deaf = {**os.environ, "ALSA_CONFIG_PATH": str(config), "PULSE_SERVER": "unix:/nonexistent"}
    said = {}
    for command in ("list", "play 1"):
        more = ("--output", "auto", "--prebuffer", "1", "-c", command, "-c", "stop")
        with client(steady_server.port, *more, env=deaf) as process:
            said[command] = process.stderr.read()
    assert said["list"] == ""
    assert said["play 1"].startswith("The music plays silently: ")
    argv = [*CLIENT, str(steady_server.port), "--prebuffer", "1"]
    with Terminal(argv, 40, env=deaf) as terminal:
        terminal.wait_until(lambda t: t.cursor_line == ">>")
        assert "silently" not in terminal.text
        terminal.type("play 1\r")
        terminal.wait_for("The music plays silently: there is no\nsound device;")


def why_not(host, port):
    """What a failed attempt to connect is explained by."""

    async def attempt():
        heard = asyncio.Queue()
        connection = ServerConnection(host, port, heard.put_nowait, lambda: False)
        connection.connect()
        try:
            return await heard.get()
        finally:
            await connection.close()

    failed = asyncio.run(attempt())
    assert isinstance(failed, ConnectFailed)
    return failed.reason


def test_who_does_not_answer_at_all_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("net.client.CONNECT_TIMEOUT_S", 0.2)
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            knocking = stack.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(full.getsockname())
        assert why_not(*full.getsockname()).endswith("check the address")


@pytest.mark.parametrize("numbers", [(ECONNREFUSED, ECONNREFUSED), (ENETUNREACH, ECONNREFUSED)])
def test_one_of_several_addresses_that_refuses_is_told_as_one_that_does(monkeypatch, numbers):
    said = ", ".join(f"[Errno {number}] Connect call failed" for number in numbers)

    async def refuse(host, port):
        raise OSError(f"Multiple exceptions: {said}")

    monkeypatch.setattr("asyncio.open_connection", refuse)
    assert why_not("localhost", 1).startswith("nobody listens there")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_while_the_server_says_nothing(mute, number):
    with client(mute.getsockname()[1], "-c", "list") as process:
        connection, _ = mute.accept()
        assert connection.recv(100), "it has greeted, so it hears signals"
        process.send_signal(number)
        assert process.wait(10) == 128 + number


def test_a_signal_in_a_song_is_told_to_the_shell(steady_server):
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
        said = process.stderr.read()
        assert process.wait(10) == 1
    assert "nobody takes what is printed" in said
    assert len(said.splitlines()) == 1


def test_a_full_disk_ends_it_with_one_line(steady_server):
    with (
        open("/dev/full", "w") as full,
        client(steady_server.port, "-c", "list", stdout=full) as process,
    ):
        said = process.stderr.read()
        assert process.wait(10) == 1
    assert len(said.splitlines()) == 1


def test_titles_that_the_locale_cannot_show_are_shown_otherwise(large_server):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    with client(large_server.port, "-c", "list", env=environment) as process:
        listed = process.stdout.read()
        assert process.wait(10) == 0
    assert "J?ga" in listed


def test_without_standard_input_there_are_no_commands(steady_server):
    with client(steady_server.port, stdin=None, preexec_fn=lambda: os.close(0)) as process:
        assert process.stderr.read() == ""
        assert process.wait(10) == 0


def test_a_list_without_an_end_is_not_waited_for():
    from fsm.client.conversation_table import ConversationState
    from fsm.client.events import Connected, ListedSong, ListReceived, SetupUnanswered
    from fsm.client.machines import ClientSession
    from fsm.client.timeouts import MAX_LIST_MESSAGES

    session = ClientSession()
    session.handle(Connected())
    message = ListReceived((ListedSong(1, "one"),))
    for _ in range(MAX_LIST_MESSAGES):
        session.handle(message)
    assert session.handle(message) == [], "the clock runs on, and nothing more is kept"
    assert len(session.conversation.collected) == MAX_LIST_MESSAGES
    session.handle(SetupUnanswered())
    assert session.conversation.state is ConversationState.PLAIN
