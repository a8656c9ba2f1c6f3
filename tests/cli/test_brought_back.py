"""What was left comes back at the next start, in a real terminal."""

import array
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cli.memory.kept import Kept
from cli.memory.saved import Saved, SavedFile
from proxy.faults import Faults
from tests.audio.making import worst_difference
from tests.cli.conftest import encode_tone, serving
from tests.cli.prompt import at_prompt, client, run, status_line
from tests.end_to_end.songs import PCM_FRAME_BYTES, RATE_HZ, music, named, recorded, samples
from tests.faulty_proxy import FaultyProxy

LONG_S = 40


@pytest.fixture(scope="module")
def long_music(tmp_path_factory):
    """A folder of three songs that are long enough to be left in the middle."""
    folder = tmp_path_factory.mktemp("long")
    song = encode_tone(220, LONG_S)
    for number, name in enumerate(["Lanterns", "Rivers", "Mountains"], 1):
        (folder / f"{number} {name}.mp3").write_bytes(song)
    return folder


@pytest.fixture(scope="module")
def long_server(long_music):
    with serving(long_music) as running:
        yield running


def state_files():
    """The files of the servers at which a client was left."""
    return list((Path(os.environ["XDG_STATE_HOME"]) / "alfine" / "clients").glob("*.jsonl"))


def leave(terminal):
    terminal.wait_until(at_prompt)
    terminal.type("quit\r")
    assert terminal.wait_for_exit() == 0


def play(terminal):
    """Play a song that is paused: its place is the same however busy the machine is."""
    commands = ("play 1", "pause", "queue 2 3", "volume 60", "gain album", "repeat all")
    for command in (*commands, "seek 0:23"):
        run(terminal, command)
    terminal.wait_until(lambda t: "0:23 / 0:" in status_line(t))


BACK = "resume: 1 Lanterns at 0:23, 2 more queued"


def test_quit_and_a_new_start_bring_back_queue_place_volume_gain_and_repeat(long_server):
    with client(long_server.port) as terminal:
        play(terminal)
        leave(terminal)
    with client(long_server.port) as terminal:
        terminal.wait_for(BACK)
        terminal.wait_until(at_prompt)
        for part in ("stopped", "vol 60 %", "2 queued", "repeat all"):
            assert part in status_line(terminal)
        run(terminal, "status")
        terminal.wait_for("gain album")
        run(terminal, "queue")
        terminal.wait_for("3 Mountains")
        run(terminal, "resume")
        terminal.wait_for("playing 1. 1 Lanterns")
        terminal.wait_until(lambda t: re.search("▶.* 0:[0-9]{2} / 0:", status_line(t)))
        terminal.wait_until(lambda t: not re.search("▶.* 0:00 / 0:", status_line(t)))
        assert re.search("▶.* 0:(2[3-9]|3[0-9]) / 0:", status_line(terminal))


def test_a_key_of_the_keyboard_goes_on_there_as_well(long_server):
    with client(long_server.port) as terminal:
        play(terminal)
        leave(terminal)
    with client(long_server.port) as terminal:
        terminal.wait_for(BACK)
        subprocess.run([sys.executable, "-m", "cli.app", "toggle"], check=True)
        terminal.wait_until(lambda t: re.search("▶ .* 0:(2[3-9]|3[0-9]) / 0:", status_line(t)))


@pytest.mark.parametrize("end", ["eof", "hang up", signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends(long_server, end):
    with client(long_server.port) as terminal:
        play(terminal)
        match end:
            case "eof":
                terminal.type("\x04")
                terminal.wait_for_exit()
            case "hang up":
                terminal.hang_up()
                terminal.process.wait()
            case signal.SIGKILL:
                # What is written at a change is there without any goodbye.
                terminal.wait_until(lambda t: state_files() and places(state_files()[0])[-1] >= 23)
                terminal.process.kill()
                terminal.process.wait()
            case _:
                terminal.process.send_signal(end)
                terminal.wait_for_exit()
    with client(long_server.port) as terminal:
        terminal.wait_for(BACK)
        leave(terminal)
    with client(long_server.port) as terminal:
        terminal.wait_for(BACK)  # who does nothing loses nothing


def test_while_it_sounds_the_place_is_kept_every_few_seconds(long_server):
    with client(long_server.port) as terminal:
        run(terminal, "play 2")
        terminal.wait_until(lambda t: state_files() and places(state_files()[0])[-1:] > [4.0])
        terminal.process.kill()
        terminal.process.wait()
    with client(long_server.port) as terminal:
        terminal.wait_for("resume: 2 Rivers at 0:0")


def script(port, *commands):
    """Run a script to its end."""
    argv = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(port), "--output", "null"]
    words = [word for command in commands for word in ("-c", command)]
    return subprocess.run([*argv, *words], capture_output=True, text=True, check=True)


def places(path):
    """The places in the song that a file holds, without those that are not written whole."""
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line)["position_s"])
        except ValueError:
            continue
    return found


def test_each_server_has_its_own(long_server, steady_server):
    with client(long_server.port) as terminal:
        play(terminal)
        leave(terminal)
    with client(steady_server.port) as terminal:
        run(terminal, "queue 1")
        assert "resume:" not in terminal.text
        leave(terminal)
    assert len(state_files()) == 2
    with client(long_server.port) as terminal:
        terminal.wait_for(BACK)


def test_fresh_begins_without_it(long_server):
    with client(long_server.port) as terminal:
        play(terminal)
        leave(terminal)
    with client(long_server.port, options=("--fresh",)) as terminal:
        terminal.wait_until(at_prompt)
        assert "resume:" not in terminal.text and "vol 100 %" in status_line(terminal)
        leave(terminal)
    with client(long_server.port, options=("--volume", "40")) as terminal:
        terminal.wait_for(BACK)
        terminal.wait_until(at_prompt)
        assert "vol 40 %" in status_line(terminal)


def test_a_song_goes_on_as_loud_as_it_was(tmp_path):
    """It is asked for from its middle; how loud it is stands in its beginning, which is kept."""
    gains = (("REPLAYGAIN_TRACK_GAIN", "-9.50 dB"), ("REPLAYGAIN_ALBUM_GAIN", "-3.25 dB"))
    song, folder, wav = music(40.0, seed=3), tmp_path / "songs", tmp_path / "song.wav"
    folder.mkdir()
    (folder / "1.mp3").write_bytes(named("Noise", "Lanterns", texts=gains) + song)
    slow = Faults(rate_bytes_s=125_000)
    with serving(folder) as server, FaultyProxy(server.port, slow) as proxy:
        with client(proxy.port) as terminal:
            for command in ("play 1", "pause", "gain album", "seek 0:35"):
                run(terminal, command)
            leave(terminal)
        with client(proxy.port, options=("--output", f"wav:{wav}")) as terminal:
            terminal.wait_for("resume: Noise - Lanterns at 0:35")
            run(terminal, "resume")
            terminal.wait_for("playing 1. Noise - Lanterns")
            terminal.wait_until(lambda t: status_line(t).startswith("■ stopped"))
            leave(terminal)
        assert proxy.sent.count(b"PLAY 1 END END") == proxy.sent.count(b"PLAY 1 5") == 2
    rest = array.array("h", samples(song)[35 * RATE_HZ * PCM_FRAME_BYTES :])
    quieter = array.array("h", (round(sample * 10 ** (-3.25 / 20)) for sample in rest))
    assert worst_difference(recorded(wav), quieter.tobytes()) <= 1


def test_a_broken_file_is_put_aside_and_a_newer_one_is_let_alone(long_server):
    with client(long_server.port) as terminal:
        play(terminal)
        leave(terminal)
    (path,) = state_files()
    path.write_bytes(b"\0not ours")
    with client(long_server.port, columns=200) as terminal:
        terminal.wait_for("what was left cannot be read (it is not what alfine writes): it is now")
        run(terminal, "volume 50")
        leave(terminal)
    assert path.with_name(f"{path.name}.broken").read_bytes() == b"\0not ours"
    assert json.loads(path.read_text().splitlines()[0])["volume"] == 50
    newer = json.dumps({"alfine_state": 99})
    path.write_text(newer)
    with client(long_server.port, columns=200) as terminal:
        terminal.wait_for("is a newer alfine's: it stays as it is, and this run is not kept")
        run(terminal, "volume 30")
        leave(terminal)
    assert path.read_text() == newer


def test_songs_that_are_gone_are_named(long_music, tmp_path):
    folder = tmp_path / "music"
    shutil.copytree(long_music, folder)
    with serving(folder) as server:
        with client(server.port) as terminal:
            play(terminal)
            leave(terminal)
        (folder / "2 Rivers.mp3").unlink()
        while "Rivers" in script(server.port, "list").stdout:
            pass  # the server looks after it has answered
        with client(server.port) as terminal:
            terminal.wait_for("resume: 1 Lanterns at 0:23, 1 more queued; not on this server any")
            terminal.wait_for("more: 2 Rivers")


def test_a_script_neither_brings_back_nor_leaves_anything(long_server):
    with client(long_server.port) as terminal:
        play(terminal)
        leave(terminal)
    (path,) = state_files()
    before = path.read_bytes()
    ended = script(long_server.port, "volume 10", "queue 3", "status")
    assert "resume" not in ended.stdout + ended.stderr and "volume 10 %" in ended.stdout
    assert path.read_bytes() == before


def test_a_home_that_cannot_be_read_is_said_and_stops_nothing(long_server, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with client(long_server.port, columns=200) as terminal:
        terminal.wait_for("what was left cannot be read")
        run(terminal, "volume 50")
        leave(terminal)


class ListlessServer:
    """Accepts SETUP, and never sends the list that it is asked for; a context manager."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked = threading.Event()

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self._listener.close()

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection:
            while data := connection.recv(4096):
                if data.startswith(b"SETUP"):
                    connection.sendall(b"RESP 101 END listless/1 ends END END")
                elif data.startswith(b"LIST"):
                    self.asked.set()


@pytest.mark.parametrize("end", ["hang up", signal.SIGTERM])
def test_who_leaves_before_it_is_brought_back_loses_nothing(end):
    kept = tuple(Kept(name, song_id) for song_id, name in enumerate(["Rivers", "Mountains"], 2))
    left = Saved(Kept("Lanterns", 1), 23.0, kept, kept[:1], 60, "all", "ab", "album")
    with ListlessServer() as server:
        file = SavedFile(f"127.0.0.1:{server.port}")
        file.write(left)
        with client(server.port) as terminal:
            assert server.asked.wait(30)
            if end == "hang up":
                terminal.hang_up()
                terminal.process.wait()
            else:
                terminal.process.send_signal(end)
                terminal.wait_for_exit()
        assert file.read() == left
