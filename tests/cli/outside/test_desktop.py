"""The client on a session bus: media keys by playerctl, covers, notifications."""

import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import mutagen.id3
import pytest

from cli.outside.desktop import desktop
from tests.cli.conftest import encode_tone, serving
from tests.cli.outside.session_bus import TIMEOUT_S, Bus, EndingBus, Spy
from tests.cli.prompt import client, run, status_line
from tests.needs import needs_program

pytestmark = needs_program("dbus-daemon", "playerctl")
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@pytest.fixture(scope="module")
def song_server(tmp_path_factory):
    """A server of two songs that are not over before a command acts on them, the first of them with
    a picture and a hostile artist."""
    folder = tmp_path_factory.mktemp("covers")
    for number in (1, 2):
        (folder / f"{number} song.mp3").write_bytes(encode_tone(110 * number, 60))
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TPE1(encoding=3, text=["<b>grapes</b> & co"]))
    tags.add(mutagen.id3.TIT2(encoding=3, text=["I dunno"]))
    tags.add(mutagen.id3.APIC(encoding=3, mime="image/png", type=3, data=PICTURE))
    tags.save(folder / "1 song.mp3")
    with serving(folder) as running:
        yield running


@pytest.fixture
def bus(tmp_path, monkeypatch):
    """A session bus of this test."""
    running = Bus(Path(os.environ["XDG_RUNTIME_DIR"]))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", running.address)
    yield running
    running.end()


def play(terminal, title="<b>"):
    run(terminal, "repeat one")
    run(terminal, "play 1")
    terminal.wait_until(lambda t: status_line(t).startswith(f"▶ 1. {title}"))


def playerctl(*arguments):
    done = subprocess.run(
        ["playerctl", "-p", "alfine", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def covers():
    return list(Path(os.environ["XDG_RUNTIME_DIR"]).glob("alfine/cover-*"))


def test_playerctl_drives_the_client(song_server, bus):
    spy = Spy(bus.address)
    changed = lambda **values: spy.wait_for(  # noqa: E731
        "PropertiesChanged", lambda seen: values.items() <= seen.items()
    )
    with client(song_server.port) as terminal:
        play(terminal)
        name, is_there = spy.names.get(timeout=TIMEOUT_S)
        pid = terminal.process.pid
        assert (name, is_there) == (f"org.mpris.MediaPlayer2.alfine.instance{pid}", True)
        spy.wait_for("PropertiesChanged", lambda seen: "Metadata" in seen)
        assert playerctl("status") == "Playing"
        assert playerctl("metadata", "xesam:artist") == "<b>grapes</b> & co"
        assert playerctl("metadata", "xesam:title") == "I dunno"
        assert playerctl("metadata", "mpris:trackid") == "'/org/alfine/song/1'"
        length_s = int(playerctl("metadata", "mpris:length")) / 1e6
        assert 59.8 < length_s < 60.2
        assert 0 <= float(playerctl("position")) < length_s
        cover = Path(unquote(urlparse(playerctl("metadata", "mpris:artUrl")).path))
        assert cover.read_bytes() == PICTURE
        assert cover.stat().st_mode & 0o777 == 0o600
        assert covers() == [cover]

        playerctl("pause")
        changed(PlaybackStatus="Paused")
        playerctl("position", "3")
        spy.wait_for("Seeked", lambda position: position == 3_000_000)
        playerctl("position", "2+")
        spy.wait_for("Seeked", lambda position: position == 5_000_000)
        playerctl("position", "1-")
        spy.wait_for("Seeked", lambda position: position == 4_000_000)
        assert float(playerctl("position")) == 4.0
        playerctl("play-pause")
        changed(PlaybackStatus="Playing")
        playerctl("volume", "0.3")
        changed(Volume=0.3)
        assert float(playerctl("volume")) == 0.3
        terminal.wait_until(lambda t: "vol 30 %" in status_line(t))
        with pytest.raises(AssertionError, match="nothing is queued"):
            playerctl("shuffle", "On")
        assert playerctl("shuffle") == "Off"
        playerctl("loop", "Playlist")
        changed(LoopStatus="Playlist")
        assert playerctl("loop") == "Playlist"
        run(terminal, "queue 2 1 2 1 2 1")
        playerctl("shuffle", "On")
        changed(Shuffle=True)
        assert playerctl("shuffle") == "On"
        playerctl("shuffle", "Off")
        changed(Shuffle=False)
        run(terminal, "clear")
        run(terminal, "queue 2")
        playerctl("next")
        terminal.wait_until(lambda t: status_line(t).startswith("▶ 2. 2 song"))
        seen = spy.wait_for("PropertiesChanged", lambda seen: "Metadata" in seen)
        assert seen["Metadata"]["xesam:title"].value == "2 song"
        assert "mpris:artUrl" not in seen["Metadata"]
        assert not covers()
        playerctl("previous")
        terminal.wait_until(lambda t: status_line(t).startswith("▶ 1. <b>"))
        playerctl("stop")
        changed(PlaybackStatus="Stopped", CanPause=False)
        assert playerctl("status") == "Stopped"
        playerctl("play")
        terminal.wait_until(lambda t: status_line(t).startswith("▶ 2. 2 song"))
        run(terminal, "play 1")
        spy.wait_for(
            "PropertiesChanged",
            lambda seen: "mpris:artUrl" in seen.get("Metadata", {}),
        )
        assert len(covers()) == 1
        assert terminal.process.poll() is None
        terminal.process.send_signal(signal.SIGTERM)
        terminal.wait_for_exit()
    assert spy.names.get(timeout=TIMEOUT_S) == (name, False)
    assert not covers()


def test_a_change_is_signalled_once_and_nothing_else_is(song_server, bus):
    spy = Spy(bus.address)
    with client(song_server.port) as terminal:
        play(terminal)
        spy.wait_for("PropertiesChanged", lambda seen: "Metadata" in seen)
        run(terminal, "pause")
        assert spy.wait_for("PropertiesChanged", lambda seen: True) == {"PlaybackStatus": "Paused"}
        run(terminal, "volume 50")
        assert spy.wait_for("PropertiesChanged", lambda seen: True) == {"Volume": 0.5}
        run(terminal, "volume 50")
        run(terminal, "resume")
        seen = spy.wait_for("PropertiesChanged", lambda seen: True)
        assert seen == {"PlaybackStatus": "Playing"}
        assert spy.signals.empty()


def test_a_notification_for_each_song_if_asked_for(song_server, bus, monkeypatch):
    monkeypatch.setenv("ALFINE_NOTIFY", "1")
    spy = Spy(bus.address, notifies=True)
    with client(song_server.port) as terminal:
        play(terminal)
        app, replaces, summary, body, image = spy.notified.get(timeout=TIMEOUT_S)
        # The body is markup for some desktops, and the summary is not.
        assert (app, replaces, summary) == ("alfine", 0, "I dunno")
        assert body == "&lt;b&gt;grapes&lt;/b&gt; &amp; co"
        assert Path(unquote(urlparse(image).path)).read_bytes() == PICTURE
        run(terminal, "play 2")
        assert spy.notified.get(timeout=TIMEOUT_S) == ("alfine", 7, "2 song", "", "")
        run(terminal, "pause")
        run(terminal, "resume")
        assert spy.notified.empty()


def test_without_a_notification_service_that_is_told_once(song_server, bus, monkeypatch):
    monkeypatch.setenv("ALFINE_NOTIFY", "1")
    with client(song_server.port) as terminal:
        play(terminal)
        terminal.wait_for("no notifications: ")
        run(terminal, "play 2")
        terminal.wait_until(lambda t: status_line(t).startswith("▶ 2."))
        assert terminal.text.count("no notifications: ") == 1


def test_a_bus_that_ends_costs_the_desktop_alone(song_server, bus):
    spy = Spy(bus.address)
    with client(song_server.port) as terminal:
        play(terminal)
        assert spy.names.get(timeout=TIMEOUT_S)[1]
        bus.end()
        run(terminal, "pause")
        terminal.wait_until(lambda t: status_line(t).startswith("‖"))
        assert "Traceback" not in terminal.text
        assert "bus" not in terminal.text


@pytest.mark.parametrize("method", ["RequestName", "Notify"])
def test_a_bus_that_ends_instead_of_an_answer_costs_the_desktop_alone(
    song_server, bus, monkeypatch, tmp_path, method
):
    Spy(bus.address, notifies=True)
    ending = EndingBus(tmp_path, bus, method)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", ending.address)
    monkeypatch.setenv("ALFINE_NOTIFY", "1")
    with client(song_server.port) as terminal:
        play(terminal)
        assert ending.ended.wait(TIMEOUT_S)
        terminal.wait_for("no notifications: the session bus has gone")
        run(terminal, "pause")
        terminal.wait_until(lambda t: status_line(t).startswith("‖"))
        terminal.type("quit\r")
        assert terminal.wait_for_exit() == 0
        assert "Traceback" not in terminal.text
        assert "never retrieved" not in terminal.text


def script(port, *options):
    """Play a song with these options, and say which modules were loaded."""
    program = (
        "import sys; from cli.app import main\n"
        "try: main()\n"
        "except SystemExit as end: print('code', end.code, 'dbus_fast' in sys.modules)"
    )
    commands = ("-c", "play 2", "-c", "seek 0:59", "-c", "wait")
    return subprocess.run(
        [
            *(sys.executable, "-c", program, "client", "127.0.0.1", str(port)),
            *("--output", "null", "--prebuffer", "1", *options, *commands),
        ],
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize("address", [None, "unix:path=/no/such/bus", "nonsense", "unix:"])
def test_where_there_is_no_bus_nobody_is_told(song_server, monkeypatch, address):
    if address is not None:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    done = script(song_server.port)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-2:] == [
        "played 2. 2 song",
        f"code 0 {address is not None}",
    ]


def test_where_there_is_no_bus_who_asked_for_notifications_is_told(song_server):
    done = script(song_server.port, "--notify")
    assert done.stderr == "--notify needs a session bus\n"
    assert "played 2. 2 song" in done.stdout


def test_without_dbus_fast_who_asked_for_notifications_is_told(
    song_server, bus, tmp_path, monkeypatch
):
    # A package that cannot be found: what the tests run in has it.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util\n"
        "find = importlib.util.find_spec\n"
        "hide = lambda name, *more: None if name == 'dbus_fast' else find(name, *more)\n"
        "importlib.util.find_spec = hide\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    done = script(song_server.port, "--notify")
    assert done.stderr == "--notify needs dbus-fast 4: alfine's extra [desktop]\n"
    assert "played 2. 2 song" in done.stdout


def test_an_older_dbus_fast_is_as_none(tmp_path, monkeypatch):
    assert desktop.dbus_fast_is_here()
    monkeypatch.delitem(sys.modules, "dbus_fast", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    importlib.invalidate_caches()
    assert not desktop.dbus_fast_is_here()
    (tmp_path / "dbus_fast").mkdir()
    (tmp_path / "dbus_fast" / "__init__.py").touch()
    importlib.invalidate_caches()
    assert not desktop.dbus_fast_is_here()
    (tmp_path / "dbus_fast" / "annotations.py").touch()
    importlib.invalidate_caches()
    assert desktop.dbus_fast_is_here()


def test_the_picture_of_a_client_that_was_killed_is_removed(song_server, bus):
    spy = Spy(bus.address)
    with client(song_server.port) as terminal:
        play(terminal)
        spy.wait_for("PropertiesChanged", lambda seen: "Metadata" in seen)
        [left] = covers()
        terminal.process.kill()
        terminal.process.wait()
    subprocess.run([sys.executable, "-m", "cli.app", "status"], capture_output=True, check=False)
    with client(song_server.port) as terminal:
        play(terminal)
        spy.wait_for("PropertiesChanged", lambda seen: "Metadata" in seen)
        assert left not in covers()
        assert len(covers()) == 1
