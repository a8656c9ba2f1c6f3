"""The real PyAudio and PortAudio, in processes of their own, with virtual sound cards."""

from __future__ import annotations

import subprocess
import sys

import pytest

from audio import Decoder
from audio.outputs.portaudio import Device, _choose
from tests.audio.making import FRAME, as_buffer, mp3, with_gapless_tag
from tests.audio.sound_card import sound, sound_card, sound_server
from tests.needs import needs_program

BEGIN = """
import queue, sys, threading
from pathlib import Path
from audio import *
from tests.audio.making import FRAME, as_buffer, mp3, music, with_gapless_tag
recording = Path(sys.argv[1])
reports = queue.Queue()
output, warning = open_output("auto")
assert isinstance(output, PyAudioOutput), warning
player = Player(output, reports.put)
def next_report():
    return reports.get(timeout=30)
def wait_for_sound(tag):
    while not player.position_s(tag):
        threading.Event().wait(0.001)
"""


def run(
    code: str, directory, *, paced: bool = True, speed: int = 4, server: bool = False
) -> tuple[str, bytes]:
    """Run a program that plays; return what it printed and what it played."""
    card = sound_server(directory) if server else sound_card(directory, paced=paced, speed=speed)
    with card as (env, recording):
        command = [sys.executable, "-c", BEGIN + code, str(recording)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert done.stderr == "", "ALSA and JACK must print nothing"
        return done.stdout, recording.read_bytes()


def decode(data: bytes) -> bytes:
    return b"".join(pcm for _, pcm in Decoder(as_buffer(data)))


def decoded(data: bytes) -> bytes:
    return sound(decode(data))


WHOLE = """
for tag, song in enumerate((mp3(0.5), mp3(0.5, 22050, 1, 64))):
    player.play(as_buffer(song), tag)
    print(next_report())
player.close()
"""


@pytest.mark.parametrize("paced", [False, True])
def test_every_sample_of_a_song_is_played(tmp_path, paced):
    code = "player.play(as_buffer(with_gapless_tag(mp3())), 3)\nprint(next_report())"
    printed, played = run(code + "\nplayer.close()", tmp_path, paced=paced)
    assert printed.startswith("PlayedOut(tag=3,")
    assert sound(played) == decoded(with_gapless_tag(mp3()))


def test_songs_of_two_rates_are_played_one_after_the_other(tmp_path):
    # Without pacing ALSA would begin the recording anew with each stream.
    printed, played = run(WHOLE, tmp_path, paced=True)
    assert printed.count("PlayedOut") == 2
    first, second = decoded(mp3(0.5)), decoded(mp3(0.5, 22050, 1, 64))
    assert sound(played).startswith(first)
    assert sound(played).endswith(second)
    assert sound(played)[len(first) : -len(second)].strip(b"\0") == b""


PAUSE = """
class Pausing(PyAudioOutput):
    writes = 0
    def write(self, pcm):
        super().write(pcm)
        self.writes += 1
        if self.writes == 20:
            player.pause()
        if self.writes == 35:
            player.resume()
output.__class__ = Pausing
player.play(as_buffer(mp3()), 1)
print(next_report())
player.close()
"""


def test_a_pause_loses_no_sample(tmp_path):
    printed, played = run(PAUSE, tmp_path)
    assert "PlayedOut" in printed
    played, expected = sound(played), decoded(mp3())
    assert len(played) - len(expected) == 15 * 4410 * FRAME
    same = next(i for i, (a, b) in enumerate(zip(played, expected, strict=False)) if a != b)
    assert played[-(len(expected) - same) :] == expected[same:]


DRY = """
buffer, song = AudioBuffer(), mp3()
buffer.append(song[:9000])
player.play(buffer, 1)
print(next_report())
buffer.append(song[9000:])
buffer.finish()
print(next_report())
player.close()
"""


def test_a_song_that_runs_dry_loses_no_sample(tmp_path):
    printed, played = run(DRY, tmp_path, paced=True)
    assert printed.index("RanDry") < printed.index("PlayedOut")
    played, expected = sound(played), decoded(mp3())
    same = next(i for i, (a, b) in enumerate(zip(played, expected, strict=False)) if a != b)
    assert played[-(len(expected) - same) :] == expected[same:]


STOP = """
writing, stopped = threading.Event(), threading.Event()
class Watched(PyAudioOutput):
    written = 0
    def write(self, pcm):
        if self.written > 0.3 * 44100 and not stopped.is_set():
            writing.set()
            stopped.wait(30)
        super().write(pcm)
        self.written += len(pcm) // FRAME
output.__class__ = Watched
player.play(as_buffer(mp3(4.0)), 1)
writing.wait(30)
before = output.written
player.stop()
stopped.set()
player.close()
print(output.written - before, output.written)
"""


def test_after_stop_at_most_the_current_write_ends(tmp_path):
    # Counted in samples, and stopped within a write, so that the speed of the machine does not
    # matter: the 100 ms being written. In this card, a pipe, a write waits; in a device, none does.
    printed, played = run(STOP, tmp_path, speed=1)
    after, written = map(int, printed.split())
    assert 0 < after <= 4410
    assert len(played.rstrip(b"\0")) // FRAME <= written
    assert decoded(mp3(4.0)).startswith(sound(played)[:-FRAME])


STOP_HEARD = """
from time import sleep
quick = 0
for tag in range(40):
    player.play(as_buffer(mp3(4.0)), tag)
    wait_for_sound(tag)
    began = recording.stat().st_size
    while recording.stat().st_size < began + 44100 * 4 * 0.3 + tag % 6 * 700 * 4:
        sleep(0.001)
    at_stop = recording.stat().st_size // FRAME
    player.stop()
    while recording.stat().st_size // FRAME < at_stop + 44100 // 4:
        sleep(0.001)
    played = recording.read_bytes()
    played = played[: len(played) // FRAME * FRAME]
    late = len(played.rstrip(bytes(1))) // FRAME - at_stop
    print(late)
    quick += late / 44100 < 0.050
    if quick == 3:
        break
player.close()
"""


@needs_program("pulseaudio", "pactl", "parec")
def test_50_ms_after_stop_nothing_is_heard(tmp_path):
    printed, _ = run(STOP_HEARD, tmp_path, server=True)
    frames = [*map(int, printed.split())]
    # On a busy machine the player waits for a CPU while the server plays on, but not each time.
    assert sum(late / 44100 < 0.050 for late in frames) == 3, frames


STOPS = """
player.play(as_buffer(mp3()), 0)
for tag in range(1, 40):
    player.play(as_buffer(mp3()), tag)
    wait_for_sound(tag)
    player.stop()
player.close()
print("alive")
"""


def test_forty_stops_while_the_thread_writes_do_not_crash(tmp_path):
    assert run(STOPS, tmp_path, speed=8)[0].strip() == "alive"


DEVICE_FAILS = """
class Broken:
    writes = 0
    def __init__(self, stream): self.stream = stream
    def __getattr__(self, name): return getattr(self.stream, name)
    def write(self, pcm):
        self.writes += 1
        if self.writes > 20: raise OSError(-9988, "Stream closed")
        self.stream.write(pcm)
real = output._portaudio.open
output._portaudio.open = lambda **how: Broken(real(**how))
player.play(as_buffer(mp3()), 1)
print(next_report())
player.resume()
print(next_report())
player.close()
"""


def test_a_device_that_fails_pauses_and_loses_only_what_it_held(tmp_path):
    """PortAudio finds the default device again: here the same one."""
    printed, played = run(DEVICE_FAILS, tmp_path, paced=True)
    reason = "the sound device has failed: Stream closed"
    assert f"DeviceLost(tag=1, reason='{reason}')" in printed
    assert f"PlayedOut(tag=1, samples={len(decode(mp3())) // FRAME})" in printed
    assert sound(played).endswith(sound(decode(mp3()))[-FRAME * 44100 :])


@pytest.mark.parametrize(
    ("wanted", "index"),
    [("1", 1), ("card 1", 4), ("CARD 11", 0), ("1:", 2), ("usb", 2), ("4", 4)],
)
def test_a_device_is_chosen_by_its_index_then_its_name_then_a_part_of_it(wanted, index):
    names = ("card 11", "other", "USB 1: speakers", "card 1 as well", "Card 1")
    devices = [Device(number, name, False) for number, name in enumerate(names)]
    assert _choose(devices, wanted).index == index
