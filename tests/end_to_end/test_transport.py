"""Pause, seek, volume, next and gapless, by the real programs, in the samples that come out."""

from __future__ import annotations

import array
import subprocess
import sys

import lameenc
import pytest

from audio import FrameIndex
from tests.audio.making import FRAME, as_buffer, music, with_gapless_tag, worst_difference
from tests.audio.sound_card import sound, sound_card
from tests.end_to_end import songs
from tests.end_to_end.programs import PATIENCE_S, ROOT, environment, serving

WHOLE, FIRST, SECOND = 1, 2, 3
CUT = 60_013
"""The sample at which the recording is cut in two: in the middle of a frame."""


def encoded(pcm: bytes) -> bytes:
    """An MP3 with a tag by which exactly these samples come out again."""
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_in_sample_rate(44100)
    encoder.set_channels(2)
    encoder.set_bit_rate(192)
    song = bytes(encoder.encode(pcm) + encoder.flush())
    index = FrameIndex(as_buffer(song))
    index.extend()
    assert index.duration_s is not None
    delay = 576
    return with_gapless_tag(
        song, delay, round(index.duration_s * 44100) - delay - len(pcm) // FRAME
    )


@pytest.fixture(scope="module")
def recording():
    return music(2.5)


@pytest.fixture(scope="module")
def parts(recording):
    """The recording whole, and cut in two."""
    cut = CUT * FRAME
    return [encoded(recording), encoded(recording[:cut]), encoded(recording[cut:])]


@pytest.fixture(scope="module")
def port(parts, tmp_path_factory):
    path = tmp_path_factory.mktemp("parts")
    for number, song in enumerate(parts, 1):
        (path / f"{number}.mp3").write_bytes(song)
    with serving(path) as server:
        yield server.port


def heard(port, directory, *commands, options=()):
    """What a script's commands make heard, through `wav:`."""
    wav = directory / "out.wav"
    run(port, [*commands, "wait"], "--output", f"wav:{wav}", *options)
    return wav.read_bytes()[44:]


def run(port, commands, *options, env=None):
    script = [word for command in commands for word in ("-c", command)]
    client = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(port), *options, *script]
    done = subprocess.run(
        client,
        cwd=ROOT,
        env={**environment(), **(env or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def test_two_songs_cut_from_one_recording_are_that_recording(port, parts, recording, tmp_path):
    pcm = heard(port, tmp_path, f"queue {FIRST} {SECOND}")
    assert len(pcm) == len(recording), "no sample is missing and none is added"
    assert pcm == songs.samples(parts[1]) + songs.samples(parts[2])
    seam = slice((CUT - 500) * FRAME, (CUT + 500) * FRAME)
    assert worst_difference(pcm[seam], recording[seam]) < 3000


@pytest.mark.parametrize(
    ("seek", "seconds"), [("seek 1.5", 1.5), ("seek 0:02", 2.0), ("seek 50%", 1.25)]
)
def test_a_seek_goes_on_from_that_sample(port, parts, tmp_path, seek, seconds):
    pcm = heard(port, tmp_path, f"play {WHOLE}", seek)
    whole = songs.samples(parts[0])
    rest = whole[round(seconds * 44100) * FRAME :]
    assert pcm.endswith(rest)
    # The song may have begun before the command was read.
    assert whole.startswith(pcm[: -len(rest)])


def test_volume_from_the_start(port, parts, tmp_path):
    pcm = heard(port, tmp_path, "volume 50", f"play {WHOLE}")
    full = array.array("h", songs.samples(parts[0]))
    settled = 2 * 1764
    assert array.array("h", pcm)[settled:] == array.array("h", [s >> 2 for s in full[settled:]])


def test_a_queue_plays_on_through_what_is_not_there(port, parts, tmp_path):
    wav = tmp_path / "out.wav"
    script = ["-c", f"queue {FIRST} 99 {SECOND}", "-c", "wait", "--output", f"wav:{wav}"]
    client = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", str(port), *script]
    done = subprocess.run(client, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == 1
    assert "404" in done.stderr
    assert wav.read_bytes()[44:] == songs.samples(parts[1]) + songs.samples(parts[2])


def on_the_card(port, directory, *commands, speed=1):
    """What comes out of the sound device, which is so many times as fast as a real one."""
    with sound_card(directory, paced=True, speed=speed) as (env, recording):
        card = {name: env[name] for name in ("ALSA_CONFIG_PATH", "JACK_NO_START_SERVER")}
        said = run(port, commands, "--output", "pyaudio", env=card)
        return said, sound(recording.read_bytes())


def test_gapless_on_a_sound_device(port, recording, parts, tmp_path):
    _, pcm = on_the_card(port, tmp_path, f"queue {FIRST} {SECOND}", "wait", speed=4)
    assert pcm == sound(songs.samples(parts[1]) + songs.samples(parts[2]))


def test_next_and_pause_on_a_sound_device(port, parts, tmp_path):
    commands = (f"queue {WHOLE} {SECOND}", "next", "pause", "resume", "wait")
    _, pcm = on_the_card(port, tmp_path, *commands)
    first, second = songs.samples(parts[0]), sound(songs.samples(parts[2]))
    assert pcm.endswith(second[-FRAME * 44100 :])
    assert first[-FRAME * 44100 :][: FRAME * 500] not in pcm, "the first song was left"


def test_seek_on_a_sound_device(port, parts, tmp_path):
    _, pcm = on_the_card(port, tmp_path, f"play {WHOLE}", "seek 1.5", "wait", speed=4)
    rest = sound(songs.samples(parts[0])[3 * 22050 * FRAME :])
    assert pcm.endswith(rest[FRAME * 2000 :])


@pytest.mark.parametrize(
    ("options", "commands", "db"),
    [
        (("--gain", "track"), (), -9.5),
        ((), ("gain album",), -3.25),
        (("--gain", "track"), ("gain off",), 0.0),
    ],
)
def test_the_gain_of_the_tags_is_in_the_samples(tmp_path, options, commands, db):
    texts = ("REPLAYGAIN_TRACK_GAIN", "-9.50 dB"), ("replaygain_album_gain", "-3.25 dB")
    tags = songs.named("Noise", "made quieter", texts=texts)
    folder = tmp_path / "songs"
    folder.mkdir()
    (folder / "1.mp3").write_bytes(tags + encoded(music(1.0)))
    with serving(folder) as server:
        pcm = heard(server.port, tmp_path, *commands, "play 1", options=options)
    plain = array.array("h", songs.samples(encoded(music(1.0))))
    expected = array.array("h", (round(sample * 10 ** (db / 20)) for sample in plain))
    assert worst_difference(pcm, expected.tobytes()) <= 1
