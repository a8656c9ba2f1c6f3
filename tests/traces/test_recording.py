"""The real programs record what they do; what they record is run again, looked at, and drawn."""

import contextlib
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import termios

import jsonschema
import pytest

from cli.words.exchange import Columns
from tests.end_to_end.programs import ROOT, Program, Run, environment, play, run, serving
from tests.needs import needs_program
from tests.traces import record
from tests.traces.record import RECORDED
from tests.traces.test_recorded import SCHEMA
from tests.traces.test_recorded import run as run_again
from traces.following import Seen

REPLAY = ("-m", "cli.app", "replay")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The traces of every exchange, recorded now."""
    return record.record(tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return record.songs(tmp_path_factory.mktemp("traced"))


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def sent_by(path, sender):
    """How many bytes a side has sent, over all connections, as a trace has it."""
    return sum(line["length"] for line in lines(path) if line.get("sender") == sender)


@pytest.mark.parametrize("name", record.EXCHANGES)
def test_what_is_recorded_now_runs_again_and_is_as_the_schema_says(recorded, name):
    assert recorded[name]
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for trace in recorded[name]:
        assert run_again(trace) > 10
        for line in lines(trace):
            validator.validate(line)


@pytest.mark.parametrize("name", record.EXCHANGES)
def test_the_committed_traces_are_of_the_same_exchanges(recorded, name):
    names = [f"{name}-{trace.name}" for trace in recorded[name]]
    assert sorted(names) == sorted(path.name for path in RECORDED.glob(f"{name}-*.jsonl"))


def test_both_sides_have_the_same_bytes(recorded):
    """Of a connection that nobody cut: each byte that one side has sent, the other has received."""
    client, server = recorded["list-play-stop"]
    assert sent_by(client, "client") == sent_by(server, "client") > 0
    assert sent_by(client, "server") == sent_by(server, "server") > 20_000


def test_the_server_records_whom_it_refuses_and_what_it_does_not_understand(recorded):
    found = lines(recorded["refusals"][1])
    [refused] = [line for line in found if line.get("refused")]
    about = [line for line in found if line.get("connection") == refused["connection"]]
    assert [line["kind"] for line in about] == ["opened", "bytes", "closed"]
    assert about[1]["parts"] == ["ERRO 404 END END"]
    events = [next(iter(line["event"])) for line in found if line["kind"] == "step"]
    assert {"RequestNotUnderstood", "RequestTooLong"} <= set(events)
    assert "\\u001b[2J" in recorded["refusals"][1].read_text()


def test_the_proxy_records_violations_and_the_cut(recorded):
    [trace] = recorded["proxy"]
    found = lines(trace)
    wrong = {line["message"] for line in found if line["kind"] == "violation"}
    assert wrong == {"PLAY 2", "'HELO', no request"}
    [cut] = [line["text"] for line in found if line["kind"] == "trouble"]
    assert cut.startswith("cut after 30000 bytes of the server, in the middle of a message")


def test_audio_is_recorded_where_it_is_asked_for(folder, tmp_path):
    traces = [tmp_path / f"{side}.jsonl" for side in ("server", "client")]
    options = [("--trace", trace, "--trace-audio") for trace in traces]
    with serving(folder, 0, *options[0]) as server:
        play(server.port, "play 1", "wait", options=options[1])
    for trace in traces:
        assert run_again(trace)
        assert "base64" in trace.read_text()
    assert "base64" not in (RECORDED / "switch-server.jsonl").read_text()


def test_each_worker_has_a_file_and_a_dead_ones_is_kept(folder, tmp_path):
    trace = tmp_path / "t.jsonl"
    files = [tmp_path / f"t.jsonl.{worker}" for worker in (1, 2)]
    with serving(folder, 0, "--workers", 2, "--trace", trace) as server:
        ask_for_lists(server.port)
        dead = children(server.process.pid)
        assert len(dead) == 2
        for child in dead:
            os.kill(child, 9)
        server.wait_for("has died", times=2)
        ask_for_lists(server.port)
    assert [lines(path)[0]["options"]["worker"] for path in files] == [1, 2]
    for ended in (files, [path.with_name(path.name + ".died") for path in files]):
        assert sum("ListRequested" in path.read_text() for path in ended) >= 1
        assert sum(run_again(path) for path in ended) >= 20


def ask_for_lists(port):
    """Over several connections, so that each worker is likely to have some."""
    for _ in range(8):
        with socket.create_connection(("127.0.0.1", port), 20) as sock:
            sock.sendall(b"LIST END END")
            assert sock.recv(1000)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as found:
        return [int(child) for child in found.read().split()]


@pytest.mark.parametrize("program", ["server", "client", "proxy"])
def test_a_trace_that_cannot_be_written_is_one_line_and_2(folder, tmp_path, program):
    taken = tmp_path / "song.mp3"
    taken.write_bytes(b"ID3")
    arguments = {
        "server": ("-m", "cli.server", folder, 0),
        "client": ("-m", "cli.client", "127.0.0.1", 1, "-c", "list"),
        "proxy": ("-m", "cli.app", "proxy", 0, "127.0.0.1", 1),
    }[program]
    for trace, why in ((tmp_path / "no" / "t", "No such file"), (taken, "is no trace")):
        ended = run(*arguments, "--trace", trace)
        assert ended.code == 2
        [line] = ended.err.splitlines()
        assert why in line
    assert taken.read_bytes() == b"ID3"


@pytest.mark.parametrize("refused", [("--output", "wav:/no/such.wav"), ("--tls-key", "/no/key")])
def test_of_a_run_that_is_refused_there_is_no_trace(tmp_path, refused):
    trace = tmp_path / "t"
    ended = run("-m", "cli.client", "127.0.0.1", 1, "-c", "list", "--trace", trace, *refused)
    assert ended.code == 2
    assert trace.read_bytes() == b""


@needs_program("prlimit")
def test_a_disk_that_fills_loses_the_trace_and_not_the_music(folder, tmp_path):
    """The kernel refuses to let the file grow beyond 20,000 bytes, as a full disk does."""
    trace = tmp_path / "c.jsonl"
    with serving(folder) as server:
        command = ("-m", "cli.client", "127.0.0.1", server.port, "--output", "null")
        options = ("--trace", trace, "--prebuffer", 2, "-c", "play 2", "-c", "wait")
        client = Program(*command, *options, prefix=("prlimit", "--fsize=20480"))
        try:
            code = client.end()
        finally:
            client.close()
    assert code == 0, client.err
    assert "played 2" in client.out
    [line] = client.err.splitlines()
    assert "ends here: File too large" in line
    assert trace.stat().st_size <= 20480
    assert run_again(trace) > 5


def replayed(*arguments) -> Run:
    return run(*REPLAY, *arguments)


def test_replay_says_that_the_machines_do_the_same(recorded):
    client, _ = recorded["loss"]
    ended = replayed(client)
    assert ended.code == 0, ended
    assert "client, 3 connections" in ended.out
    assert "the machines do the same" in ended.out


def test_replay_names_the_first_row_that_differs(tmp_path):
    text = (RECORDED / "switch-server.jsonl").read_text()
    path = tmp_path / "t.jsonl"
    path.write_text(text.replace('"after":"STREAMING"', '"after":"CLOSED"', 1))
    ended = replayed(path)
    assert ended.code == 1
    [line] = ended.err.splitlines()
    assert "IDLE --PlayRequested [song_known] / start_song--> STREAMING" in line
    assert "line " in line


@pytest.mark.parametrize("content", [b"", b"no trace\x1b[2J", b'{"kind":"trace","trace":9}\n'])
def test_what_is_no_trace_is_one_line_and_2(tmp_path, content):
    path = tmp_path / "t\x1b.jsonl"
    path.write_bytes(content)
    ended = replayed(path)
    assert ended.code == 2
    [line] = ended.err.splitlines()
    assert line.isprintable()


def test_without_a_terminal_step_prints_all(recorded):
    ended = replayed(recorded["refusals"][1], "--step", "--connection", 2)
    assert ended.code == 0
    told = ended.out.splitlines()
    assert "server: IDLE --RequestNotUnderstood / send_not_found--> IDLE" in ended.out
    assert "SendNotFound()" in ended.out
    assert "HELO \\x1b[2J" in ended.out
    assert all("#2 " in line or line.startswith("    ") for line in told[:-1])
    assert all(line.isprintable() for line in told)


@contextlib.contextmanager
def stepping(trace):
    """`alfine replay --step` in a terminal; what reads until so many steps, and how it was."""
    leader, follower = pty.openpty()
    before = termios.tcgetattr(leader)
    process = subprocess.Popen(
        [sys.executable, *REPLAY, str(trace), "--step"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=ROOT,
        env=environment() | {"TERM": "dumb"},
    )
    os.close(follower)
    shown = b""

    def until(steps):
        nonlocal shown
        while shown.count(b"#1 ") < steps:
            assert select.select([leader], [], [], 40)[0], shown
            shown += os.read(leader, 4096)
        return shown.count(b"#1 ")

    try:
        yield process, leader, until, before
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def test_in_a_terminal_a_key_is_a_step(recorded):
    with stepping(recorded["refusals"][1]) as (process, leader, until, _):
        for number, key in enumerate((b" ", b"\x1b[A", "\xe9".encode(), b"\xe9", b"q"), start=1):
            assert until(number) == number
            os.write(leader, key)
        assert process.wait(40) == 0


def test_a_signal_leaves_the_terminal_as_it_was(recorded):
    with stepping(recorded["refusals"][1]) as (process, leader, until, before):
        until(1)
        os.write(leader, b" ")
        until(2)
        while termios.tcgetattr(leader) == before:
            pass  # it waits for a key
        process.terminate()
        assert process.wait(40) == 128 + signal.SIGTERM
        assert termios.tcgetattr(leader) == before


def test_a_ladder_is_drawn_of_one_trace_and_of_both(recorded, tmp_path):
    client, server = recorded["refusals"]
    for number, traces in enumerate(((client,), (server,), (server, client))):
        drawing = tmp_path / f"{number}.svg"
        ended = replayed(*traces, "--ladder", drawing)
        assert ended.code == 0, ended
        assert "ERRO 404" in drawing.read_text()
    assert "-&gt; CLOSED" in drawing.read_text()
    ended = replayed(client, client, "--ladder", tmp_path / "x.svg")
    assert ended.code == 2
    assert "one is a client's and one a server's" in ended.err


def test_the_proxy_shows_both_columns_and_what_is_wrong(folder):
    with serving(folder) as server:
        proxy = Program("-m", "cli.app", "proxy", 0, "127.0.0.1", server.port)
        try:
            port = int(proxy.wait_for(r"listening on \S+ port \d+").rsplit(maxsplit=1)[-1])
            play(port, "list")
            with socket.create_connection(("127.0.0.1", port), 20) as client:
                client.sendall(b"SETUP ends END ENDPLAY 1 END END\x1b[31mHELO END END")
                proxy.wait_for("no request; legal")
            proxy.wait_for("#2 +closed")
            proxy.process.terminate()
            assert proxy.end() == 0
        finally:
            proxy.close()
    told = [line.split(":", 2)[-1].partition(" ")[2] for line in proxy.out.splitlines()]
    assert any(line.startswith("#1   CLOSING_SERVER   -- LIST ---") for line in told)
    assert any(line.endswith("> LISTING") for line in told)
    assert any(line.startswith("#1   LEAVING          -- TEARDOWN ---") for line in told)
    assert "violation: the client in OFFERING sends PLAY 1; legal: LIST" in proxy.out
    assert "\x1b" not in proxy.out


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--rate", "fast"), "is no rate"),
        (("--split", "0"), "is no number of bytes"),
        (("--cut-after", 1, "--stall-after", 1), "choose one"),
    ],
)
def test_trouble_that_cannot_be_is_one_line_and_2(options, why):
    ended = run("-m", "cli.app", "proxy", 0, "127.0.0.1", 1, *options)
    assert ended.code == 2
    [line] = ended.err.splitlines()
    assert why in line


@pytest.mark.parametrize("no_colour", [False, True])
def test_colours_are_for_terminals_and_can_be_refused(no_colour):
    told = []
    columns = Columns(told.append, colours=not no_colour)
    columns.opened(1, "127.0.0.1:5")
    columns.passed(
        1, "server", b"", [Seen("server", "RESP 200, empty", "PLAIN", "IDLE", ("nothing",))]
    )
    assert ("\x1b[31m" in "".join(told)) != no_colour
    assert "legal: nothing" in told[-1]
