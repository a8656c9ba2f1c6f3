"""The gain of a song's tags is in the samples that are played, from its first to its last."""

import array
import io
import queue
import subprocess
from functools import partial

import pytest
from mutagen import id3

from audio import AudioBuffer, FrameIndex, Gain, GainMode, Loudness, PlayedOut, Player, WavOutput
from cli.playing.sound.loudness import loudness_of
from tests.audio.fake_output import WAIT_S, decoded
from tests.audio.making import as_buffer, lame_gain, mp3, music, with_gapless_tag
from tests.needs import needs_program

HALF_PEAK = (1 << 22).to_bytes(4, "big")


def tagged(song, **texts):
    """The song with ReplayGain's texts, as in track_gain="-7 dB", behind a picture."""
    tags = id3.ID3()
    tags.add(id3.APIC(encoding=0, mime="image/png", type=3, desc="", data=bytes(70_000)))
    for name, value in texts.items():
        tags.add(id3.TXXX(encoding=3, desc=f"replaygain_{name}", text=[value]))
    out = io.BytesIO()
    tags.save(out)
    return out.getvalue() + song


def read(song):
    buffer = as_buffer(song)
    index = FrameIndex(buffer)
    index.extend()
    return loudness_of(buffer, index)


def played(tmp_path, songs, mode, percent=100):
    """What a player writes into a file for these songs, one after the other."""
    reports = queue.Queue()
    path = tmp_path / "out.wav"
    player = Player(WavOutput(path), reports.put)
    player.set_gain(mode)
    player.set_volume(percent)
    player.pause()  # so that the first has not ended when the second is queued
    for number, song in enumerate(songs):
        buffer = as_buffer(song)
        index = FrameIndex(buffer)
        index.extend()
        add = player.queue_next if number else player.play
        add(buffer, number, index, partial(loudness_of, buffer, index))
    player.resume()
    for _ in songs:
        assert isinstance(reports.get(timeout=WAIT_S), PlayedOut)
    player.close()
    return path.read_bytes()[44:]


def scaled(pcm, db, percent=100):
    """The samples times the gain and the volume, to the nearest."""
    by = 10 ** (db / 20) * (percent / 100) ** 2
    return array.array("h", (round(sample * by) for sample in array.array("h", pcm)))


def worst(heard, expected):
    samples = array.array("h", heard)
    assert len(samples) == len(expected)
    return max(abs(a - b) for a, b in zip(samples, expected, strict=True))


@pytest.mark.parametrize(
    ("texts", "gains", "expected"),
    [
        ({}, bytes(8), Loudness()),
        ({"track_gain": "-7 dB"}, bytes(8), Loudness(track=Gain(-7.0))),
        ({"album_gain": "3", "album_peak": "0.5"}, bytes(8), Loudness(album=Gain(3.0, 0.5))),
        ({}, HALF_PEAK + lame_gain(-2.5) + bytes(2), Loudness(track=Gain(-2.5, 0.5))),
        ({"track_gain": "-7"}, HALF_PEAK + lame_gain(-2) + bytes(2), Loudness(track=Gain(-7.0))),
        ({"track_gain": "1e9"}, HALF_PEAK + lame_gain(-2) + bytes(2), Loudness(Gain(-2.0, 0.5))),
        ({"track_gain": "999", "track_peak": "0"}, bytes(8), Loudness()),
    ],
)
def test_the_tag_goes_before_the_encoder_and_nonsense_is_nothing(texts, gains, expected):
    assert read(tagged(with_gapless_tag(mp3(0.3), gains=gains), **texts)) == expected


def test_a_song_that_has_not_come_or_has_gone_has_no_gain():
    buffer = AudioBuffer()
    assert loudness_of(buffer, FrameIndex(buffer)) == Loudness()
    buffer.append(tagged(mp3(0.3), track_gain="-7 dB"))
    buffer.discard()
    assert loudness_of(buffer, FrameIndex(buffer)) == Loudness()


def test_a_file_that_cannot_be_read_is_no_gain():
    class Broken(AudioBuffer):
        def read_at(self, offset, n):
            raise OSError("the disk is gone")

    buffer = Broken()
    buffer.append(tagged(mp3(0.3), track_gain="-7 dB"))
    assert loudness_of(buffer, FrameIndex(buffer)) == Loudness()


@pytest.mark.parametrize(
    ("mode", "percent", "db"),
    [(GainMode.TRACK, 100, -7.03), (GainMode.ALBUM, 100, 2.5), (GainMode.TRACK, 70, -7.03)],
)
def test_a_song_is_played_times_its_gain_within_one_step(tmp_path, mode, percent, db):
    song = tagged(
        mp3(1.0), track_gain="-7.03 dB", album_gain="2.50 dB", track_peak="0.9", album_peak="0.4"
    )
    heard = played(tmp_path, [song], mode, percent)
    assert worst(heard, scaled(decoded(song), db, percent)) <= 1


def test_without_a_gain_the_samples_are_untouched(tmp_path):
    song = tagged(mp3(1.0), track_gain="-7.03 dB")
    assert played(tmp_path, [song], GainMode.OFF) == decoded(song)
    (tmp_path / "out.wav").unlink()
    assert played(tmp_path, [mp3(1.0)], GainMode.TRACK) == decoded(mp3(1.0))


def test_between_two_songs_the_gain_changes_at_the_very_sample(tmp_path):
    songs = [
        tagged(mp3(0.7), track_gain="-12 dB"),
        tagged(mp3(0.9), track_gain="+1.5 dB", track_peak="0.3"),
    ]
    heard = played(tmp_path, songs, GainMode.TRACK)
    assert worst(heard, scaled(decoded(songs[0]), -12) + scaled(decoded(songs[1]), 1.5)) <= 1


def test_no_sample_is_turned_around_where_a_peak_lies(tmp_path):
    song = tagged(mp3(0.5), track_gain="+40 dB", track_peak="0.0001")
    heard = array.array("h", played(tmp_path, [song], GainMode.TRACK))
    plain = array.array("h", decoded(song))
    assert all(a * b >= 0 and abs(a) >= abs(b) for a, b in zip(heard, plain, strict=True))


def test_a_peak_that_is_true_is_not_exceeded(tmp_path):
    pcm = array.array("h", decoded(mp3(0.5)))
    peak = max(max(pcm), -min(pcm)) / 32768
    song = tagged(mp3(0.5), track_gain="+40 dB", track_peak=f"{peak:.6f}")
    heard = array.array("h", played(tmp_path, [song], GainMode.TRACK))
    assert max(max(heard), -min(heard)) in range(32_700, 32_769)
    assert sum(abs(sample) >= 32_767 for sample in heard) <= 2, "only the peak itself is there"


@needs_program("mpg123")
@pytest.mark.parametrize("mode", ["mix", "album"])
def test_the_level_is_that_of_mpg123(tmp_path, mode):
    song = tagged(mp3(1.0), track_gain="-7.03 dB", album_gain="-3.5 dB")
    path = tmp_path / "song.mp3"
    path.write_bytes(song)
    command = ["mpg123", "-q", "-s", "--stereo", "-e", "s16", f"--rva-{mode}", str(path)]
    theirs = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    heard = played(tmp_path, [song], GainMode.TRACK if mode == "mix" else GainMode.ALBUM)
    # Its decoder's samples differ from libmad's by one step, and its rounding by another.
    assert worst(heard, array.array("h", theirs)) <= 2


@needs_program("lame", "mpg123")
def test_what_lame_itself_wrote_is_what_mpg123_reads(tmp_path):
    path = tmp_path / "song.mp3"
    encode = ["lame", "--quiet", "-r", "-s", "44.1", "--bitwidth", "16", "-", str(path)]
    subprocess.run(encode, input=music(2.0), check=True, timeout=60)
    gain = read(path.read_bytes()).gain(GainMode.TRACK)
    assert gain is not None
    assert -30 < gain.db < 0
    command = ["mpg123", "-q", "-s", "--stereo", "-e", "s16", "--rva-mix", str(path)]
    theirs = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    heard = played(tmp_path, [path.read_bytes()], GainMode.TRACK)
    assert worst(heard, array.array("h", theirs)) <= 2
