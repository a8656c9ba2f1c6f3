"""What libmad would refuse a frame for, and other decoders ignore, costs no music."""

from __future__ import annotations

import random
import subprocess

import pytest

from audio import Decoder
from audio.mp3.repair import crc_16, repaired
from tests.audio.making import (
    FRAME,
    as_buffer,
    frames_of,
    independent_frames,
    layer_1,
    mp3,
    mpg123,
    music,
    protected,
    worst_difference,
)
from tests.needs import needs_program


def decode(data: bytes) -> bytes:
    """Decode a song of which libmad must refuse nothing."""
    decoder = Decoder(as_buffer(data))
    pcm = b"".join(block for _, block in decoder)
    assert decoder.refused_frames == 0
    return pcm


KINDS = {
    "stereo": mp3,
    "mono": lambda: mp3(channels=1, kbits=64),
    "MPEG-2": lambda: mp3(rate_hz=22050, kbits=48),
    "MPEG-2 mono": lambda: mp3(rate_hz=24000, channels=1, kbits=32),
    "MPEG-2.5": lambda: mp3(rate_hz=8000, kbits=16),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("every", [1, 10])
def test_a_frame_with_a_wrong_crc_is_played(kind, every):
    frames = independent_frames(KINDS[kind]())
    right = [protected(f, _right_crc(f)) for f in frames]
    wrong = [
        protected(f, b"\xa5\x5a") if n % every == 0 else right[n] for n, f in enumerate(frames)
    ]
    assert decode(b"".join(right)) == decode(b"".join(frames))
    assert decode(b"".join(wrong)) == decode(b"".join(frames))


def _right_crc(frame: bytes) -> bytes:
    """The CRC of an independent frame, computed bit by bit as ISO 11172-3 describes it."""
    mono, mpeg_1 = frame[3] >> 6 == 3, frame[1] >> 3 & 3 == 3
    side = (17 if mono else 32) if mpeg_1 else (9 if mono else 17)
    crc = 0xFFFF
    for byte in frame[2 : 4 + side]:
        for bit in range(7, -1, -1):
            carry = crc >> 15 ^ byte >> bit & 1
            crc = crc << 1 & 0xFFFF ^ (0x8005 if carry else 0)
    return crc.to_bytes(2, "big")


@needs_program("lame", "ffmpeg")
def test_the_crc_is_the_one_that_lame_writes(tmp_path):
    raw = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", "44100", "-ac", "2", "-i", "-", "in.wav"]
    subprocess.run(raw, input=music(), check=True, cwd=tmp_path, timeout=60)
    command = ["lame", "--quiet", "-t", "-p", "-b128", "in.wav", "out.mp3"]
    subprocess.run(command, check=True, cwd=tmp_path, timeout=60)
    frames = frames_of((tmp_path / "out.mp3").read_bytes())
    assert len(frames) > 50
    for frame in frames:
        assert frame[4:6] == crc_16(frame[2:4] + frame[6:38]).to_bytes(2, "big")
        assert repaired(frame) == frame


@needs_program("mpg123")
def test_layer_1_is_played_as_by_mpg123_and_with_a_wrong_crc_as_without_one(tmp_path):
    song = layer_1(60)
    path = tmp_path / "song.mp3"
    path.write_bytes(song)
    assert worst_difference(decode(song), mpg123(path)) <= 1
    frames = [song[at : at + 416] for at in range(0, len(song), 416)]
    wrong = b"".join(protected(frame, b"\xa5\x5a") for frame in frames)
    assert decode(wrong) == decode(song)


@needs_program("mpg123", "ffmpeg")
@pytest.mark.parametrize("kbits", [64, 192, 384])
def test_layer_2_is_played_as_by_mpg123(tmp_path, kbits):
    path = tmp_path / "song.mp3"
    raw = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", "44100", "-ac", "2", "-i", "-"]
    encode = ["-c:a", "mp2", "-b:a", f"{kbits}k", "-f", "mp2", str(path)]
    subprocess.run([*raw, *encode], input=music(), check=True, timeout=60)
    pcm = decode(path.read_bytes())
    assert len(pcm) > len(music()) // 2
    assert worst_difference(pcm, mpg123(path)) <= 1


@pytest.mark.parametrize("emphasis", [1, 2, 3])
def test_an_emphasis_is_no_reason_to_refuse_a_song(emphasis):
    frames = frames_of(mp3())
    marked = [f[:3] + bytes([f[3] & 0xFC | emphasis]) + f[4:] for f in frames]
    assert decode(b"".join(marked)) == decode(mp3())
    crc = [protected(f[:3] + bytes([f[3] & 0xFC | emphasis]) + f[4:], b"??")
           for f in independent_frames(mp3())]  # fmt: skip
    assert decode(b"".join(crc)) == decode(b"".join(independent_frames(mp3())))


def silent(frame: bytes, part: str) -> bytes:
    """A frame of MPEG-1 stereo without main data. part: 59 bits for each granule and channel."""
    side = int("0" * 20 + part * 4, 2).to_bytes(32, "big")
    return frame[:4] + side + bytes(len(frame) - 36)


def part(big_values: int = 0, tables: int = 0, switching: bool = False) -> str:
    """part2_3_length 0, then these fields. With `switching`: short blocks."""
    rest = (
        f"10{'0'}{tables:05b}{tables:05b}{'0' * 9}" if switching else f"{tables:05b}" * 3 + "0" * 7
    )
    return f"{0:012b}{big_values:09b}{0:08b}{0:04b}{int(switching)}{rest}000"


SILENCES = {
    "nothing": part(),
    "big values": part(10, 1),
    "more big values than there are": part(400),
    "no such table": part(tables=4),
    "no such table, big values": part(5, 14),
    "short blocks": part(switching=True),
    "short blocks, no such table": part(9, 14, switching=True),
}


@needs_program("mpg123")
@pytest.mark.parametrize("kind", SILENCES)
def test_silence_with_odd_tables_is_what_mpg123_makes_of_it(kind, tmp_path):
    frames = independent_frames(mp3())
    song = [silent(f, SILENCES[kind]) if 20 <= n < 50 else f for n, f in enumerate(frames)]
    path = tmp_path / "song.mp3"
    path.write_bytes(b"".join(song))
    pcm = decode(path.read_bytes())
    assert len(pcm) == len(frames) * 1152 * FRAME
    assert worst_difference(pcm, mpg123(path)) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_ordinary_frame_is_left_alone(kind):
    assert all(repaired(frame) is frame for frame in frames_of(KINDS[kind]())[2:-2])


def test_no_frame_changes_its_length_or_its_main_data():
    rand = random.Random(9999)
    for _ in range(3000):
        head = bytes(
            [0xFF, rand.choice(b"\xfa\xfb\xf2\xf3\xe2\xe3"), rand.randrange(9, 15) << 4, 0]
        )
        head = head[:3] + bytes([rand.randrange(256)])
        body = rand.choice((bytes(1441), b"\xff" * 1441, rand.randbytes(1441)))
        frame = frames_of(head + body + bytes(40))[0]
        assert len(repaired(frame)) == len(frame)
        assert repaired(frame)[38:] == frame[38:]
