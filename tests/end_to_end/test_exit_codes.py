"""What the programs say and return when something is wrong: one sentence, no traceback."""

from __future__ import annotations

import contextlib
import http.server
import os
import random
import socket
import threading

import pytest

from tests.end_to_end.conftest import SHORT
from tests.end_to_end.crowd import crowd
from tests.end_to_end.programs import Client, Run, play, run, serving
from tests.end_to_end.songs import music, recorded, samples
from tests.needs import needs_program
from tests.peers.plain_client import PlainClient
from tests.peers.plain_server import PlainServer

EVIL = "a\x1b[2Jb\x07c\x9b31md\re\u202ef"
EVIL_ANSWERS = (
    f"RESP 100 END 1. {EVIL} END {EVIL} END 2. x END END",
    f"RESP {EVIL} END END",
    f"RESP 100 END 1. x END ENDRESP 101 END {EVIL} END END",
)
OTHERS = {
    "http": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "lower case": b"resp 100 end 1. x end end",
    "greeting": b"Welcome!\r\n",
    "endless": b"RESP " + b"x" * 70_000,
    "random": random.Random(1).randbytes(3000),
}
NO_COMMANDS = ("play", "sing")
NO_OPTIONS = (("--output", "loud"), ("--prebuffer", "0"))


def answering(answer: bytes) -> socket.socket:
    """A server that answers whatever it is asked with these bytes and never closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        # One connection after the other; the client is the one that has to close each of them.
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            with conn, contextlib.suppress(OSError):
                while conn.recv(100):
                    conn.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return listener


def ask(answer: bytes) -> Run:
    with answering(answer) as listener:
        return play(listener.getsockname()[1], "list")


def ask_the_web() -> Run:
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    try:
        return play(web.server_address[1], "list")
    finally:
        web.shutdown()
        web.server_close()


@pytest.fixture(scope="module", autouse=True)
def patience(server):
    """What only has to be waited for: it begins with the first test."""
    with crowd() as together:
        together.send("web", ask_the_web)
        for kind, answer in OTHERS.items():
            together.send(kind, ask, answer)
        for answer in EVIL_ANSWERS:
            together.send(answer, ask, answer.encode())
        for command in NO_COMMANDS:
            together.send(command, play, server.port, "list", command)
        for option in NO_OPTIONS:
            client = ("-m", "cli.client", "127.0.0.1", server.port, "-c", "list")
            together.send(" ".join(option), run, *client, *option)
        yield together


def refused(result: Run, code: int, *words: str) -> None:
    """It ended with this code and one line on standard error, which has these words."""
    assert result.code == code, result
    lines = result.err.strip().splitlines()
    assert len(lines) == 1, result
    for word in words:
        assert word in lines[0], result


# The server


@pytest.mark.parametrize("command", [("-m", "cli.server"), ("-m", "cli.app", "server")])
def test_a_folder_that_does_not_exist(tmp_path, command):
    refused(run(*command, tmp_path / "nowhere", 0), 2, "nowhere")


def test_a_folder_that_is_a_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("x")
    refused(run("-m", "cli.server", path, 0), 2, "file")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_cannot_be_read(tmp_path):
    """Root may read everything, so the server has to become somebody else first."""
    path = tmp_path / "secret"
    path.mkdir(mode=0)
    # Who that is need not be able to read this Python: what it needs is imported before.
    code = (
        "import os, sys, cli.server\n"
        "os.setgid(65534), os.setuid(65534)\n"
        "sys.exit(cli.server.server.main([sys.argv[1], '0'], standalone_mode=False))"
    )
    for parent in list(tmp_path.parents)[:2]:
        parent.chmod(0o755)
    tmp_path.chmod(0o755)
    refused(run("-c", code, path), 2, "secret")


def test_a_port_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(run("-m", "cli.server", tmp_path, port), 2, str(port), "in use")


def test_a_port_out_of_range(tmp_path):
    refused(run("-m", "cli.server", tmp_path, 65536), 2, "65536", "65535")


@pytest.mark.parametrize("port", ["-1", "http"])
def test_a_port_that_is_none(tmp_path, port):
    result = run("-m", "cli.server", tmp_path, port)
    assert result.code == 2, result
    assert "Traceback" not in result.err


def test_an_empty_folder_is_served_with_a_warning(tmp_path):
    with serving(tmp_path) as server:
        assert "warning" in server.out
        result = play(server.port, "list")
    assert (result.code, result.out) == (0, "the server has no songs\n")


def test_a_server_that_is_asked_to_end_does(tmp_path):
    with serving(tmp_path) as server, PlainClient(server.port) as client:
        client.list_songs()
        client.next()
        server.process.terminate()
        assert server.end() == 0
        assert client.rest() == b""


def test_the_server_says_what_it_does(folder):
    with serving(folder.path) as server:
        assert f"{len(folder.songs)} songs" in server.out
        server.wait_for(f"alfine client 127.0.0.1 {server.port}")
        play(server.port, "list", f"play {SHORT}", "wait")
        server.wait_for("disconnected")
        for what in ("connected", "LIST", f"PLAY {SHORT}", "sent whole"):
            assert what in server.out


# The client


def test_all_went_well_is_0(server):
    result = play(server.port, "list", f"play {SHORT}", "stop", "help")
    assert (result.code, result.err) == (0, ""), result


def test_a_song_that_is_not_there_is_1(server):
    result = play(server.port, "play 9999999999", "list")
    refused(result, 1, "404", "9999999999")
    assert "1. 1 noise" in result.out


@pytest.mark.parametrize("command", ["play no-such-title", "queue no-such-title"])
def test_a_title_that_is_not_there_is_1(server, command):
    refused(play(server.port, command, "list"), 1, "no song has that")


@pytest.mark.parametrize("command", NO_COMMANDS)
def test_what_is_no_command_is_2(patience, command):
    refused(patience[command], 2)


@pytest.mark.parametrize("option", NO_OPTIONS, ids=" ".join)
def test_an_option_that_is_none_is_2(patience, option):
    result = patience[" ".join(option)]
    assert result.code == 2, result
    assert result.out == ""


def test_nobody_listening_is_3():
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    refused(play(port, "list"), 3, "cannot connect", str(port))


def test_no_such_host_is_3():
    result = run("-m", "cli.client", "no-such-host.invalid", 1, "-c", "list", "--output", "null")
    refused(result, 3, "cannot connect")


def left_alone(folder) -> Client:
    """A client that has seen the list, and whose server has been killed since."""
    with serving(folder.path) as server:
        client = Client(server.port)
        client.type("list")
        client.wait_for("6 noise")
        server.kill()
    return client


def test_a_server_that_is_killed_when_nothing_is_asked_of_it_is_not_missed(folder):
    client = left_alone(folder)
    client.process.stdin.close()
    result = client.run()
    assert (result.code, result.err) == (0, ""), result


def test_a_server_that_is_killed_is_3_when_something_is_asked_of_it(folder):
    client = left_alone(folder)
    client.type(f"play {SHORT}", "wait")
    client.wait_for("cannot connect")
    client.process.stdin.close()
    result = client.run()
    assert result.code == 3, result
    assert "played" not in result.out


def test_lines_from_a_pipe_are_commands(folder, server, tmp_path):
    wav = tmp_path / "song.wav"
    client = Client(server.port, output=f"wav:{wav}")
    client.type("l", "", f"  p {SHORT}  ", "wait", "?", "s")
    client.process.stdin.close()
    result = client.run()
    assert (result.code, result.err) == (0, ""), result
    assert recorded(wav) == samples(folder.song(SHORT))


def test_a_wav_that_cannot_be_written_is_2(server, tmp_path):
    result = play(
        server.port, f"play {SHORT}", "wait", output=f"wav:{tmp_path / 'nowhere' / 'song.wav'}"
    )
    refused(result, 2, "nowhere")


def test_what_is_no_wav_is_not_written_over(server, tmp_path):
    path = tmp_path / "precious.wav"
    path.write_text("no WAV")
    refused(play(server.port, f"play {SHORT}", "wait", output=f"wav:{path}"), 2, "precious")
    assert path.read_text() == "no WAV"


@needs_program("mpg123")
def test_the_wav_is_what_mpg123_decodes(folder, server, tmp_path):
    ours, theirs = tmp_path / "ours.wav", tmp_path / "theirs.wav"
    assert play(server.port, f"play {SHORT}", "wait", output=f"wav:{ours}").code == 0
    song = tmp_path / "song.mp3"
    song.write_bytes(folder.song(SHORT))
    # Not a Python program, but waited for in the same way.
    code = f"import subprocess; subprocess.run(['mpg123', '-q', '-w', {str(theirs)!r}, "
    assert run("-c", code + f"{str(song)!r}], check=True)").code == 0
    left, right = (memoryview(recorded(path)).cast("h") for path in (ours, theirs))
    assert len(left) == len(right)
    assert max(abs(a - b) for a, b in zip(left, right, strict=True)) <= 1


# What is no alfine server


@pytest.mark.parametrize("kind", OTHERS)
def test_a_server_of_another_kind_is_3(patience, kind):
    result = patience[kind]
    assert result.code == 3, result
    assert " came" in result.err
    assert "port" not in result.err
    assert all(len(line) <= 160 for line in result.err.splitlines())
    assert len(result.err.splitlines()) <= 2
    assert result.err.replace("\n", "").isprintable()


def test_a_web_server_that_waits_for_a_line_is_3(patience):
    """It never answers, as LIST has no end of line; the client does not wait for ever."""
    refused(patience["web"], 3, "no answer to LIST", "it is no alfine server")


# Nothing that a peer sends steers the terminal


def harmless(text: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in text)


def test_titles_cannot_steer_the_terminal(tmp_path):
    (tmp_path / f"{EVIL}.mp3").write_bytes(music(0.5, seed=7))
    with PlainServer(tmp_path) as server:
        result = play(server.port, "list", "play 1", "wait", "play 2", "wait")
    assert result.code == 1, result
    assert "played 1. a" in result.out
    assert harmless(result.out)
    assert harmless(result.err)


def test_our_own_list_and_log_cannot_either(tmp_path):
    (tmp_path / f"{EVIL}.mp3").write_bytes(music(0.5, seed=7))
    (tmp_path / f"empty{EVIL}.mp3").write_bytes(b"")
    with serving(tmp_path) as server:
        with PlainClient(server.port) as client:
            for request in ("LIST", "PLAY 1", EVIL, f"SETUP {EVIL}", f"PLAY {EVIL}"):
                client.send(f"{request} END END".encode())
            client.half_close()
            client.rest()
        server.wait_for("disconnected")
        result = play(server.port, "list", "play 1", "wait")
    assert result.code == 0, result
    assert harmless(result.out)
    assert harmless(server.out + server.err)


@pytest.mark.parametrize("answer", EVIL_ANSWERS)
def test_answers_cannot_either(patience, answer):
    result = patience[answer]
    assert harmless(result.out), result
    assert harmless(result.err), result


# Songs that are none


def wave_file() -> bytes:
    data = random.Random(1).randbytes(40_000)
    size = len(data).to_bytes(4, "little")
    return (
        b"RIFF"
        + size
        + b"WAVEfmt \x10\0\0\0\1\0\2\0D\xac\0\0\x10\xb1\2\0\4\0\x10\0data"
        + size
        + data
    )


NO_SONGS = {
    "text": b"Dear diary, today nothing happened at all.\n" * 300,
    "short text": b"hello",
    "wave": wave_file(),
    "random": random.Random(5).randbytes(60_000),
    "zeros": bytes(50_000),
    "tag only": b"ID3\x03\0\0\0\0\x10\0" + bytes(2048),
}


def test_what_cannot_be_decoded_is_said_and_the_next_command_works(tmp_path):
    songs = tmp_path / "songs"
    songs.mkdir()
    for number, content in enumerate(NO_SONGS.values(), 1):
        (songs / f"{number}.mp3").write_bytes(content)
    (songs / "99.mp3").write_bytes(music(1.0, seed=8))
    last = len(NO_SONGS) + 1
    wav = tmp_path / "song.wav"
    script = [line for number in range(1, last + 1) for line in (f"play {number}", "wait")]
    with serving(songs) as server:
        result = play(server.port, "list", *script, output=f"wav:{wav}")
    assert result.code == 1, result
    complaints = result.err.splitlines()
    assert len(complaints) == len(NO_SONGS), result
    for number, (kind, complaint) in enumerate(zip(NO_SONGS, complaints, strict=True), 1):
        assert f"{number}. {number}" in complaint, kind
        assert "cannot be decoded" in complaint, kind
    assert f"played {last}. 99" in result.out
    assert result.out.count("played") == 1
    assert recorded(wav) == samples(music(1.0, seed=8))


def test_the_one_command_does_the_same(server):
    result = run("-m", "cli.app", "client", "127.0.0.1", server.port, "-c", "list")
    assert result.code == 0, result
    assert "1. 1 noise" in result.out
