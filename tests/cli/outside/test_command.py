"""`alfine pause`, `status` and the like, beside a client that plays at its prompt."""

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

import jsonschema
import pytest

from audio.outputs.null import NullOutput
from cli.app import main
from cli.outside import command
from tests.cli.conftest import encode_tone, serving
from tests.cli.prompt import client, has_typed, reset, run, status_line

ALFINE = (sys.executable, "-m", "cli.app")
SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "client-1.json"


def alfine(*arguments):
    """Run `alfine` with these arguments to its end."""
    return subprocess.run([*ALFINE, *arguments], capture_output=True, text=True, check=False)


def sockets():
    return sorted(Path(os.environ["XDG_RUNTIME_DIR"]).glob("alfine/*"))


def plays(terminal):
    """Have the client play its first song again and again."""
    run(terminal, "repeat one")
    run(terminal, "play 1")
    terminal.wait_until(lambda t: status_line(t).startswith("▶ 1. 1 first"))
    return terminal


@pytest.fixture
def mortal(steady_server):
    """A client at a prompt that plays, of one test, which may kill it."""
    with client(steady_server.port) as terminal:
        yield plays(terminal)


@pytest.fixture(scope="module")
def kept(steady_server):
    """A client at a prompt, and the directory in which it is found."""
    with (
        tempfile.TemporaryDirectory(prefix="run-") as runtime,
        client(steady_server.port, env={"XDG_RUNTIME_DIR": runtime}) as terminal,
    ):
        yield terminal, runtime


@pytest.fixture
def playing(kept, monkeypatch):
    """A client at a prompt that plays, and is to go on living."""
    terminal, runtime = kept
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    return plays(reset(terminal))


def test_every_word_acts_on_the_client_that_plays_and_not_on_its_prompt(playing):
    playing.type("fin")
    playing.wait_until(has_typed("fin"))
    for arguments, shown in [
        (("pause",), "‖ 1. 1 first"),
        (("toggle",), "▶ 1. 1 first"),
        (("pause",), "‖"),
        (("seek", "0:01"), "0:01 / 0:02"),
        (("seek", "-1:00"), "0:00 / 0:02"),
        (("resume",), "▶"),
        (("volume", "30"), "vol 30 %"),
        (("volume", "-5"), "vol 25 %"),
        (("queue", "2", "3"), "2 queued"),
        (("next",), "▶ 2. 2 second"),
        (("prev",), "▶ 1. 1 first"),
        (("queue", "end end"), "3 queued"),
        (("stop",), "■ stopped"),
    ]:
        done = alfine(*arguments)
        assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
        playing.wait_until(lambda t, shown=shown: shown in status_line(t))
    assert has_typed("fin")(playing)
    printed = [line.rpartition("  0:0")[0] for line in alfine("queue").stdout.splitlines()]
    assert printed == ["1  2. 2 second", "2  3. 3 THE END END", "3  3. 3 THE END END", ""]


def test_toggle_and_resume_play_again_what_was_stopped(playing):
    for arguments, shown in [
        (("queue", "2"), "1 queued"),
        (("stop",), "■ stopped"),
        (("toggle",), "▶ 2. 2 second"),
        (("stop",), "■ stopped"),
        (("resume",), "▶ 2. 2 second"),
    ]:
        done = alfine(*arguments)
        assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
        playing.wait_until(lambda t, shown=shown: shown in status_line(t))


def test_what_the_client_refuses_is_told_to_whoever_typed_it(playing):
    for arguments, code, told in [
        (("seek", "99:00"), 1, "the song ends at 0:02: seek 0:00?"),
        (("seek", "x"), 2, "seek takes a place, as in: seek 1:30, seek +10, seek -10, seek 50%"),
        (("seek",), 2, "seek takes a place, as in: seek 1:30, seek +10, seek -10, seek 50%"),
        (("volume",), 2, "volume takes a number from 0 to 100, or a change, as in: volume +5"),
        (("queue", "nosuch"), 1, "nosuch: no song has that; list shows the songs"),
        (("pause", "now"), 2, "pause takes nothing after it"),
    ]:
        done = alfine(*arguments)
        assert (done.stdout, done.returncode) == ("", code)
        assert alfine(*arguments, "--json").returncode == code
        assert done.stderr == f"alfine {arguments[0]}: {told}\n"
    assert alfine("stop").returncode == 0
    done = alfine("pause")
    assert (
        done.stderr
        == "alfine pause: nothing is playing; list shows the songs, play ID or a title starts one\n"
    )
    assert done.returncode == 1
    assert "nothing is playing" not in playing.text, "the prompt is not told"
    answer = json.loads(alfine("next", "--json").stdout)
    assert (answer["kind"], answer["line"]) == ("error", "next")


def test_the_answers_match_the_schema(playing, steady_server):
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    lines = [alfine(*words, "--json").stdout for words in (["status"], ["queue"], ["seek", "x"])]
    lines += alfine("status", "--all", "--json").stdout.splitlines()
    for line in lines:
        validator.validate(json.loads(line))
    status = json.loads(lines[0])
    assert (status["client"], status["server"]) == (
        playing.process.pid,
        f"127.0.0.1:{steady_server.port}",
    )
    assert status["since_s"] >= 0
    assert alfine("status", "--all").stdout.startswith(
        f"{playing.process.pid}  127.0.0.1:{steady_server.port}  playing 1. 1 first"
    )


def test_a_script_that_starts_no_song_acts_on_the_client_of_the_same_server(
    playing, steady_server, large_server
):
    def script(port, *commands, options=(), host="127.0.0.1"):
        words = [word for each in commands for word in ("-c", each)]
        return alfine("client", host, str(port), "--output", "null", *options, *words)

    done = script(steady_server.port, "pause", "status")
    playing.wait_until(lambda t: status_line(t).startswith("‖"))
    assert done.returncode == 0
    assert done.stdout.startswith("paused 1. 1 first")
    done = script(steady_server.port, "seek 99:00", "status", options=("--json",))
    kinds = [json.loads(line)["kind"] for line in done.stdout.splitlines()]
    assert (kinds, done.returncode) == (["error", "status"], 1)
    # localhost is the same machine.
    assert script(steady_server.port, "resume", host="localhost").returncode == 0
    playing.wait_until(lambda t: status_line(t).startswith("▶"))
    done = script(steady_server.port, "pause", host="localhost")
    playing.wait_until(lambda t: status_line(t).startswith("‖"))
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    # It starts a song of its own: the volume is its own, too.
    assert script(steady_server.port, "volume 7", "play 1").returncode == 0
    # Another server's client is not meant.
    done = script(large_server.port, "resume")
    assert (done.stdout, done.returncode) == (
        "nothing is playing; list shows the songs, play ID or a title starts one\n",
        1,
    )
    assert status_line(playing).startswith("‖")
    assert "vol 100 %" in status_line(playing)


def test_follow_prints_a_line_at_each_change(mortal):
    process = subprocess.Popen([*ALFINE, "status", "--follow"], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == (
            "playing 1. 1 first; 0:02; 64 kbit/s; volume 100 %; repeat one\n"
        )
        alfine("volume", "40")
        assert "volume 40 %" in process.stdout.readline()
        alfine("pause")
        assert process.stdout.readline().startswith("paused 1. 1 first")
        mortal.type("quit\r")
        mortal.wait_for_exit()
        assert process.stdout.readline() == "no client plays\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert not sockets()


def test_follow_waits_for_a_client_and_takes_the_one_that_plays(steady_server):
    process = subprocess.Popen([*ALFINE, "status", "--follow"], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "no client plays\n"
        with client(steady_server.port) as first, client(steady_server.port) as second:
            run(first, "queue")
            run(second, "repeat one")
            run(second, "play 2")
            for line in process.stdout:
                if line.startswith("playing 2. 2 second"):
                    break
            run(first, "repeat one")
            run(first, "play 1")
            for line in process.stdout:
                if line.startswith("playing 1. 1 first"):
                    break
            other = ("--client", str(second.process.pid))
            assert alfine("volume", "60", *other).returncode == 0
            assert "volume 60 %" in alfine("status", *other).stdout
            assert len(alfine("status", "--all").stdout.splitlines()) == 2
            alfine("stop")
            for line in process.stdout:
                if line.startswith("playing 2. 2 second"):
                    break
        process.stdout.close()
        # Nobody reads what it prints: it ends by itself.
        assert process.wait(20) == 1


def test_follow_ends_with_the_one_client_that_it_follows(mortal):
    pid = mortal.process.pid
    process = subprocess.Popen(
        [*ALFINE, "status", "--follow", "--json", f"--client={pid}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert json.loads(process.stdout.readline())["client"] == pid
        mortal.type("quit\r")
        mortal.wait_for_exit()
        assert process.wait(20) == 3
        told = f"alfine status: there is no client {pid}; alfine status --all shows"
        assert process.stderr.read().startswith(told)


def test_a_title_that_the_locale_lacks(large_server):
    with client(large_server.port) as terminal:
        run(terminal, "repeat one")
        run(terminal, "play 1")
        done = subprocess.run(
            [*ALFINE, "status"],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )
    assert b"Somebody - J?ga" in done.stdout


def test_a_client_that_was_killed_confuses_nobody(mortal):
    assert len(sockets()) == 1
    mortal.process.kill()
    mortal.process.wait()
    assert len(sockets()) == 1
    done = alfine("pause")
    assert done.stderr == "alfine pause: no client plays; alfine client HOST PORT starts one\n"
    assert (done.stdout, done.returncode) == ("", 3)
    assert not sockets()


def test_a_client_that_is_suspended_is_named(playing, monkeypatch, capsys):
    monkeypatch.setattr("cli.outside.peers.PATIENCE_S", 0.1)
    playing.process.send_signal(signal.SIGSTOP)
    try:
        assert command.main("status", []) == 3
    finally:
        playing.process.send_signal(signal.SIGCONT)
    pid = playing.process.pid
    told = f"alfine status: client {pid} does not answer: is it suspended?\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_leaves_no_socket_behind(mortal, number):
    assert sockets()
    mortal.process.send_signal(number)
    assert mortal.wait_for_exit() == 128 + number
    assert not sockets()
    assert mortal.settings()[3] & termios.ICANON, "the terminal takes lines again"


def test_a_terminal_that_is_closed_leaves_no_socket_behind(mortal):
    assert sockets()
    mortal.hang_up()
    assert mortal.process.wait(20) in (1, 128 + signal.SIGHUP), "1: the output failed before"
    assert not sockets()


def test_the_socket_is_for_this_user_alone(playing):
    [path] = sockets()
    assert path.name == f"{playing.process.pid}.sock"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("pause", "--now"), "no such option: --now"),
        (("pause", "--follow"), "no such option: --follow"),
        (("status", "--client", "first"), "--client takes a process ID, as alfine status --all"),
        (("status", "--client"), "--client takes a process ID"),
        (("status", "--all", "--follow"), "--follow tells of one client, --all of each"),
        (("next", "--\x1b[2J"), "no such option: --?[2J"),
    ],
)
def test_a_mistake_on_the_command_line_is_told_in_one_line(capsys, arguments, told):
    assert command.main(arguments[0], list(arguments[1:])) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"alfine {arguments[0]}: {told}")
    assert printed.err.endswith(f"; see alfine {arguments[0]} --help\n")


def test_a_client_that_is_not_there(capsys):
    assert command.main("pause", ["--client", "4711"]) == 3
    told = "there is no client 4711; alfine status --all shows those that there are"
    assert capsys.readouterr().err == f"alfine pause: {told}\n"


@pytest.mark.parametrize("word", command.WORDS)
def test_the_help(capsys, word):
    assert command.main(word, ["--help"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"usage: alfine {word} ")
    assert command.WORDS[word][1] in printed
    assert max(map(len, printed.splitlines())) < 80


def test_alfine_help_shows_every_word(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["alfine", "--help"])
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr().out
    assert command.HEADING in printed
    for word in command.WORDS:
        assert f" {word} " in printed


@pytest.fixture(scope="module")
def long_server(tmp_path_factory):
    """A server of a song that is not over before a command acts on it."""
    folder = tmp_path_factory.mktemp("long")
    (folder / "1 first.mp3").write_bytes(encode_tone(110, 60))
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(
    ("word", "told"), [("resume", ["played 1. 1 first"]), ("stop", [])], ids=["resume", "stop"]
)
def test_a_script_that_waits_goes_on_waiting_through_a_pause(long_server, word, told):
    script = ["-c", "play 1", "-c", "wait", "--output", "null", "--prebuffer", "1"]
    with subprocess.Popen(
        [*ALFINE, "client", "127.0.0.1", str(long_server.port), *script],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        while "playing" not in process.stdout.readline():
            pass
        assert alfine("pause").returncode == 0
        assert alfine("seek", "0:59").returncode == 0
        # The one pause is answered after the other.
        assert alfine("pause").returncode == 0
        assert alfine("status").stdout.startswith("paused 1. 1 first")
        assert alfine(word).returncode == 0
        assert process.stdout.read().splitlines() == told
        assert process.wait(20) == 0


def test_nohup_is_respected(steady_server):
    argv = [*ALFINE, "client", "127.0.0.1", str(steady_server.port)]
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
def test_a_signal_during_the_start_ends_it_with_its_code(monkeypatch, number):
    def open_slowly(*arguments, **options):
        os.kill(os.getpid(), number)
        return NullOutput(), ""

    before = {each: signal.getsignal(each) for each in (signal.SIGHUP, signal.SIGTERM)}
    monkeypatch.setattr("audio.open_output", open_slowly)
    # Whoever goes on finds no server there, and ends with code 3.
    monkeypatch.setattr("sys.argv", ["alfine", "client", "127.0.0.1", "1", "-c", "play 1"])
    try:
        with pytest.raises(SystemExit) as end:
            main()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert end.value.code == 128 + number
    assert not sockets()


def test_a_line_that_no_client_takes_is_a_mistake_of_whoever_typed_it(playing, capsys):
    assert command.main("queue", [str(number) for number in range(1, 1201)]) == 2
    told = "alfine queue: a client takes no line of more than 4096 bytes; see alfine queue --help\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("options", [(), ("--all",), ("--follow",), ("--help",)])
def test_a_full_disk_is_told_and_is_no_missing_client(playing, options):
    with open("/dev/full", "wb") as full:
        streams = {"stdout": full, "stderr": subprocess.PIPE}
        done = subprocess.run([*ALFINE, "status", *options], timeout=60, check=False, **streams)
    told = b"alfine status: nobody takes what is printed: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_follow_ends_where_its_output_was_closed_before(playing):
    command_line = f"exec {shlex.join(ALFINE)} status --follow >&-"
    done = subprocess.run(
        ["sh", "-c", command_line], stderr=subprocess.PIPE, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (1, b"")
