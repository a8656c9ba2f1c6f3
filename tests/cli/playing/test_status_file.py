"""One client reads the status of another of the same person."""

import asyncio
import dataclasses
import json
import os
import signal
import subprocess
import sys
import termios
import time

import pytest

from cli.app import main
from cli.playing.changes import Changes
from cli.playing.status_file import keep_status_file, read_other_status
from cli.words.moment import Activity, Status
from tests.cli.prompt import client, run
from tests.cli.pty_terminal import Terminal

SERVER = "host:1234"
PLAYING = Status(Activity.PLAYING, 3, "grapes", position_s=10.0, duration_s=11.0, queue=(4, 5))


def write_as_another(folder, status, age_s=0.0, pid=1):
    """Write the file of another process; return it open, and so locked."""
    import fcntl

    path = folder / f"host_1234.{pid}.json"
    now = dataclasses.asdict(status) | {"activity": status.activity.value}
    path.write_text(json.dumps({"at": time.time() - age_s, "now": now}))
    file = path.open()
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def test_no_other_client(tmp_path):
    assert read_other_status(SERVER, tmp_path) is None


def test_the_position_of_another_client_is_advanced_by_the_age_of_its_file(tmp_path):
    with write_as_another(tmp_path, PLAYING, age_s=0.5):
        status = read_other_status(SERVER, tmp_path)
        assert 10.4 < status.position_s <= 11.0
        assert dataclasses.replace(status, position_s=10.0) == PLAYING
        assert read_other_status("other:1", tmp_path) is None


def test_a_client_that_plays_goes_before_one_that_does_not(tmp_path):
    with write_as_another(tmp_path, Status(), pid=1), write_as_another(tmp_path, PLAYING, pid=2):
        assert read_other_status(SERVER, tmp_path).activity is Activity.PLAYING


def test_a_file_without_a_writer_is_deleted(tmp_path):
    write_as_another(tmp_path, PLAYING).close()
    assert read_other_status(SERVER, tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_parsed_is_ignored(tmp_path):
    with write_as_another(tmp_path, PLAYING) as file:
        (tmp_path / "host_1234.1.json").write_text('{"at": 1}')
        assert read_other_status(SERVER, tmp_path) is None
        assert file


def test_the_file_is_deleted_when_the_client_ends(tmp_path):
    async def run():
        task = asyncio.create_task(
            keep_status_file(lambda: PLAYING, Changes().watch(), SERVER, tmp_path)
        )
        await asyncio.sleep(0)
        path = tmp_path / f"host_1234.{os.getpid()}.json"
        assert json.loads(path.read_text())["now"]["title"] == "grapes"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert not path.exists()

    asyncio.run(run())


def test_a_script_prints_the_status_of_the_client_at_the_prompt(steady_server):
    argv = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(steady_server.port)]
    options = ["--output", "null", "--prebuffer", "1"]
    with Terminal([*argv, *options]) as terminal:
        terminal.wait_for(">>")
        terminal.type("repeat one\rplay 1\r")
        terminal.wait_for("▶ 1. 1 first")
        deadline = time.monotonic() + 20
        printed = ""
        while "playing" not in printed and time.monotonic() < deadline:
            run = [*argv, *options, "-c", "status"]
            printed = subprocess.run(run, capture_output=True, text=True, check=True).stdout
        assert printed.startswith("playing 1. 1 first")


@pytest.fixture(params=["xterm-256color", "dumb"])
def playing(steady_server, tmp_path, request):
    """A client at a prompt that plays, and whose status file is there."""
    with client(steady_server.port, env={"XDG_STATE_HOME": str(tmp_path)}, term=request.param) as t:
        run(t, "repeat one")
        run(t, "play 1")
        t.wait_until(lambda t: list(tmp_path.glob("alfine/running/*")))
        yield t


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_leaves_no_file_behind(playing, number, tmp_path):
    playing.process.send_signal(number)
    assert playing.wait_for_exit() == 128 + number
    assert not list(tmp_path.glob("alfine/running/*"))
    assert playing.settings()[3] & termios.ICANON, "the terminal takes lines again"


def test_a_terminal_that_is_closed_leaves_no_file_behind(playing, tmp_path):
    playing.hang_up()
    assert playing.process.wait(20) in (1, 128 + signal.SIGHUP), "1: the output failed before"
    assert not list(tmp_path.glob("alfine/running/*"))


def test_nohup_is_respected(steady_server, tmp_path):
    argv = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(steady_server.port)]
    script = ["-c", "play 1", "-c", "wait", "--output", "null", "--prebuffer", "1"]
    ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731
    with subprocess.Popen(
        [*argv, *script], stdout=subprocess.PIPE, text=True, preexec_fn=ignore
    ) as process:
        while "playing" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGHUP)
        assert process.stdout.read() == "played 1. 1 first\n"
        assert process.wait(20) == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_during_the_start_ends_it_with_its_code(monkeypatch, tmp_path, number):
    def open_slowly(*arguments, **options):
        os.kill(os.getpid(), number)
        pytest.fail("it goes on", pytrace=False)

    before = {each: signal.getsignal(each) for each in (signal.SIGHUP, signal.SIGTERM)}
    monkeypatch.setattr("cli.client.open_output", open_slowly)
    monkeypatch.setattr("sys.argv", ["alfine", "client", "127.0.0.1", "1", "-c", "list"])
    try:
        with pytest.raises(SystemExit) as end:
            main()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert end.value.code == 128 + number
    assert not list(tmp_path.glob("state/alfine/running/*"))
