"""The decoder returns the samples of mpg123, for whole songs and for arriving ones."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from audio import AudioBuffer, Decoder, MadMissing, NotMp3
from tests.audio.making import (
    FRAME,
    ape,
    as_buffer,
    false_frames,
    frames_of,
    id3v1,
    id3v2,
    lame_extension,
    mp3,
    mpg123,
    music,
    tag_frame,
    vbri,
    with_gapless_tag,
    worst_difference,
    xing,
)
from tests.needs import needs_program


def decode(data: bytes) -> bytes:
    return b"".join(pcm for _, pcm in Decoder(as_buffer(data)))


SONGS = {
    "cbr 128": lambda: mp3(),
    "cbr 320": lambda: mp3(kbits=320),
    "V0": lambda: mp3(vbr_quality=0),
    "V2": lambda: mp3(vbr_quality=2),
    "abr": lambda: mp3(kbits=150, abr=True),
    "mono": lambda: mp3(channels=1, kbits=64),
    "48 kHz": lambda: mp3(rate_hz=48000),
    "32 kHz": lambda: mp3(rate_hz=32000),
    "22.05 kHz": lambda: mp3(rate_hz=22050, kbits=64),
    "24 kHz mono": lambda: mp3(rate_hz=24000, channels=1, kbits=32),
    "8 kHz": lambda: mp3(rate_hz=8000, kbits=16),
    "gapless": lambda: with_gapless_tag(mp3()),
    "gapless V0": lambda: with_gapless_tag(mp3(vbr_quality=0), 576, 1500),
    "gapless mono 24 kHz": lambda: with_gapless_tag(mp3(rate_hz=24000, channels=1, kbits=32)),
    "little padding": lambda: with_gapless_tag(mp3(), 1105, 300),
    "tag without extension": lambda: tag_frame(mp3(), xing(78, 32000)) + mp3(),
    "extension of another encoder": lambda: (
        tag_frame(mp3(), xing(78, 32000) + lame_extension(500, 1600, b"Mystery")) + mp3()
    ),
    "extension without frames": lambda: (
        tag_frame(mp3(), b"Info" + bytes(4) + lame_extension(576, 1105)) + mp3()
    ),
    "VBRI": lambda: tag_frame(mp3(), vbri(78, 32000, [16000, 16000]), at=36) + mp3(),
    "all the tags": lambda: (
        id3v2(false_frames(50_000)) + with_gapless_tag(mp3()) + ape(false_frames(5000)) + id3v1()
    ),
    "junk in front": lambda: bytes(range(200)) * 4 + mp3(),
    "cut short": lambda: with_gapless_tag(mp3())[:20_000],
    "two joined": lambda: with_gapless_tag(mp3()) + with_gapless_tag(mp3(1.0)),
}


@needs_program("mpg123")
@pytest.mark.parametrize("name", SONGS)
def test_samples_equal_those_of_mpg123(name, tmp_path):
    path = tmp_path / "song.mp3"
    path.write_bytes(SONGS[name]())
    expected = mpg123(path)
    assert len(expected) > FRAME * 8000
    assert worst_difference(decode(path.read_bytes()), expected) <= 1


ENCODERS = {
    "lame V0": ["lame", "--quiet", "-V0", "in.wav", "out.mp3"],
    "lame V2 crc": ["lame", "--quiet", "-V2", "-p", "in.wav", "out.mp3"],
    "lame 320": ["lame", "--quiet", "-b320", "in.wav", "out.mp3"],
    "lame abr": ["lame", "--quiet", "--abr", "140", "in.wav", "out.mp3"],
    "lame mono": ["lame", "--quiet", "-mm", "in.wav", "out.mp3"],
    "lame 22.05 kHz": ["lame", "--quiet", "--resample", "22.05", "in.wav", "out.mp3"],
    "lame 24 kHz": ["lame", "--quiet", "--resample", "24", "in.wav", "out.mp3"],
    "lame no tag": ["lame", "--quiet", "-t", "in.wav", "out.mp3"],
    "ffmpeg": ["ffmpeg", "-v", "error", "-i", "in.wav", "-b:a", "128k", "out.mp3"],
    "ffmpeg V2": ["ffmpeg", "-v", "error", "-i", "in.wav", "-q:a", "2", "out.mp3"],
}


@needs_program("mpg123", "lame", "ffmpeg")
@pytest.mark.parametrize("name", ENCODERS)
def test_samples_of_real_encoders_equal_those_of_mpg123(name, tmp_path):
    raw = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", "44100", "-ac", "2", "-i", "-", "in.wav"]
    subprocess.run(raw, input=music(), check=True, cwd=tmp_path, timeout=60)
    subprocess.run(ENCODERS[name], check=True, cwd=tmp_path, timeout=60)
    pcm = decode((tmp_path / "out.mp3").read_bytes())
    assert worst_difference(pcm, mpg123(tmp_path / "out.mp3")) <= 1
    if name not in ("lame no tag", "lame 22.05 kHz", "lame 24 kHz"):
        assert len(pcm) == len(music()), "as long as what was encoded"


def test_the_frame_of_the_tag_delay_and_padding_are_removed():
    assert len(decode(mp3())) == len(frames_of(mp3())) * 1152 * FRAME
    whole, cut = decode(mp3()), decode(with_gapless_tag(mp3(), 576, 1105))
    assert cut == whole[(576 + 529) * FRAME : -(1105 - 529) * FRAME]


def test_a_song_of_one_frame_is_decoded():
    assert len(decode(frames_of(mp3(0.3))[0])) == 1152 * FRAME


def test_mono_is_doubled_and_the_rate_comes_with_every_block():
    blocks = list(Decoder(as_buffer(mp3(rate_hz=24000, channels=1, kbits=32))))
    assert {rate for rate, _ in blocks} == {24000}
    assert all(pcm[0::4] == pcm[2::4] and pcm[1::4] == pcm[3::4] for _, pcm in blocks)
    assert {type(pcm) for _, pcm in blocks} == {bytes}
    assert max(len(pcm) for _, pcm in blocks) <= 1152 * FRAME


def test_a_change_of_rate_within_a_song_comes_with_the_right_frame():
    song = mp3(0.5) + mp3(0.5, rate_hz=48000)
    rates = [rate for rate, _ in Decoder(as_buffer(song))]
    assert rates == [44100] * len(frames_of(mp3(0.5))) + [48000] * (len(rates) - 21)


@pytest.mark.parametrize("step", [1, 37, 1000, 4096])
def test_a_song_that_is_still_arriving_has_the_same_samples(step):
    song = id3v2(false_frames(2000)) + with_gapless_tag(mp3(0.5)) + id3v1()
    buffer, blocks = AudioBuffer(), []
    decoder = Decoder(buffer)
    for at in range(0, len(song), step):
        buffer.append(song[at : at + step])
        while decoder.ready():
            blocks.append(decoder.next_block())
    buffer.finish()
    assert b"".join(pcm for _, pcm in [*blocks, *decoder]) == decode(song)
    assert len(blocks) > 8, "most blocks were ready before the end"
    assert decoder.next_block() is None


def test_a_decoder_waits_for_a_song_that_is_still_arriving():
    song, buffer, done = mp3(0.5), AudioBuffer(), []
    thread = threading.Thread(target=lambda: done.append(list(Decoder(buffer))), daemon=True)
    thread.start()
    for at in range(0, len(song), 500):
        buffer.append(song[at : at + 500])
    buffer.finish()
    thread.join(20)
    assert b"".join(pcm for _, pcm in done[0]) == decode(song)


def test_a_discarded_song_ends():
    buffer = AudioBuffer()
    buffer.append(mp3())
    decoder = Decoder(buffer)
    assert decoder.next_block()
    buffer.discard()
    assert decoder.ready()
    assert decoder.next_block() is None


@pytest.mark.parametrize("damage", ["inserted", "cut out", "overwritten"])
def test_damage_loses_three_frames_at_most(damage):
    song, junk = mp3(), b"\xff\xfa\x80" * 900
    at = len(song) // 2
    broken = {
        "inserted": song[:at] + junk + song[at:],
        "cut out": song[:at] + song[at + 300 :],
        "overwritten": song[:at] + junk[:300] + song[at + 300 :],
    }[damage]
    assert len(decode(song)) - len(decode(broken)) <= 3 * 1152 * FRAME


def test_frames_that_cannot_be_decoded_neither_end_nor_block_the_song():
    frames = frames_of(mp3())
    # Their side information refers to 511 bytes of earlier frames, which do not exist.
    undecodable = [frame[:4] + b"\xff" * (len(frame) - 4) for frame in frames[20:60]]
    buffer = AudioBuffer()
    decoder = Decoder(buffer)
    for frame in [*frames[:20], *undecodable, *frames[60:]]:
        buffer.append(frame)
    blocks = []
    while decoder.ready():
        blocks.append(decoder.next_block())
        assert len(blocks) < 100
    buffer.finish()
    samples = b"".join(pcm for _, pcm in [*blocks, *decoder])
    assert decode(mp3()).endswith(samples[-10 * 1152 * FRAME :])


def test_a_file_that_is_no_mp3_raises():
    with pytest.raises(NotMp3, match="WAV"):
        Decoder(as_buffer(b"RIFF\0\0\0\0WAVEfmt " + bytes(9000))).next_block()


def test_without_pymad_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mad", None)
    with pytest.raises(MadMissing, match="libmad"):
        Decoder(as_buffer(mp3()))
