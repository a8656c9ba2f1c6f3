"""Makes MP3s for the tests: music, frames and tags. Also decodes them with mpg123."""

from __future__ import annotations

import array
import math
import random
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import lameenc

from audio import AudioBuffer
from audio.mp3.structure import parse_header

FRAME = 4
"""Bytes of one s16le stereo sample."""


@lru_cache
def music(seconds: float = 2.0, rate_hz: int = 44100, channels: int = 2) -> bytes:
    """s16le PCM without repetition: a rising tone on the left, a steady one on the right, noise."""
    noise = random.Random(9999)
    samples = array.array("h")
    for i in range(int(seconds * rate_hz)):
        t = i / rate_hz
        left = 9000 * math.sin(2 * math.pi * (200 + 400 * t) * t) + noise.uniform(-300, 300)
        right = 7000 * math.sin(2 * math.pi * 523.25 * t)
        samples.extend([int(left), int(right)][:channels])
    return samples.tobytes()


@lru_cache
def mp3(
    seconds: float = 2.0,
    rate_hz: int = 44100,
    channels: int = 2,
    kbits: int = 128,
    vbr_quality: float | None = None,
    abr: bool = False,
) -> bytes:
    """An MP3 without any tag, as LAME's library returns it."""
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_in_sample_rate(rate_hz)
    encoder.set_out_sample_rate(rate_hz)
    encoder.set_channels(channels)
    encoder.set_quality(7)
    if abr:
        encoder.set_vbr(3)
        encoder.set_vbr_mean_bitrate_kbps(kbits)
    elif vbr_quality is not None:
        encoder.set_vbr(4)
        encoder.set_vbr_quality(vbr_quality)
    else:
        encoder.set_bit_rate(kbits)
    return bytes(encoder.encode(music(seconds, rate_hz, channels)) + encoder.flush())


class Made(Mapping[str, bytes]):
    """Songs by their names; each is made when it is first asked for, and not by who imports it."""

    def __init__(self, makers: Mapping[str, Callable[[], bytes]]) -> None:
        self._makers = makers
        self._made: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def frames_of(data: bytes) -> list[bytes]:
    """The frames of an MP3 without tags."""
    frames = []
    while header := parse_header(data):
        frames.append(data[: header.frame_bytes])
        data = data[header.frame_bytes :]
    return frames


def independent_frames(song: bytes) -> list[bytes]:
    """The frames of an MP3 made over, each as long as a frame can be, with all its own main data.

    So frames can be changed, taken out and put in without any effect on the others but the overlap
    of one frame. There is room for 2 bytes more in each.
    """
    main, parts = b"", []
    for frame in frames_of(song):
        header = parse_header(frame)
        assert header is not None
        at, begin_bits = 4 + header.side_info_bytes, 9 if header.version == 1 else 8
        side = int.from_bytes(frame[4:at], "big")
        side_bits = 8 * header.side_info_bytes - begin_bits
        parts.append((frame[:4], side & (1 << side_bits) - 1, len(main) - (side >> side_bits)))
        main += frame[at:]
    starts = [start for _, _, start in parts]
    return [
        _longest(head, side, main[max(0, start) : end])
        for (head, side, start), end in zip(parts, [*starts[1:], len(main)], strict=True)
    ]


def _longest(head: bytes, side: int, main: bytes) -> bytes:
    """A frame of the highest bit rate, without padding."""
    head = bytes([*head[:2], head[2] & 0x0C | 0xE0, head[3]])
    header = parse_header(head)
    assert header is not None
    frame = head + side.to_bytes(header.side_info_bytes, "big") + main
    assert len(frame) + 2 <= header.frame_bytes
    return frame.ljust(header.frame_bytes, b"\0")


def protected(frame: bytes, crc: bytes) -> bytes:
    """An independent frame with this CRC."""
    return bytes([frame[0], frame[1] & 0xFE]) + frame[2:4] + crc + frame[4:-2]


def layer_1(frames: int, seed: int = 1) -> bytes:
    """A stream of Layer I, 384 kbit/s, 44.1 kHz, stereo: noise in a few subbands."""
    rand, song = random.Random(seed), b""
    for _ in range(frames):
        allocations = [rand.choice((0, 0, 0, 2, 3)) for _ in range(64)]
        bits = "".join(f"{allocation:04b}" for allocation in allocations)
        bits += "".join(f"{rand.randrange(10, 40):06b}" for a in allocations if a)
        for _ in range(12):
            bits += "".join(
                f"{rand.randrange(2 ** (a + 1) - 1):0{a + 1}b}" for a in allocations if a
            )
        data = int(bits.ljust(8 * 412, "0")[: 8 * 412], 2).to_bytes(412, "big")
        song += b"\xff\xff\xc0\x00" + data
    return song


def tag_frame(song: bytes, body: bytes, at: int | None = None) -> bytes:
    """A frame with the format of the first of `song`, with a tag instead of music.

    body: the tag. at: its offset in the frame; None is behind the side information.
    """
    for kbits_index in range(9, 15):
        head = bytes([*song[:2], song[2] & 0x0F | kbits_index << 4, song[3]])
        header = parse_header(head)
        assert header is not None
        start = 4 + header.side_info_bytes if at is None else at
        if header.frame_bytes >= start + len(body):
            frame = head + bytes(start - 4) + body
            return frame + bytes(header.frame_bytes - len(frame))
    raise AssertionError("no frame is long enough")


def xing(frames: int, audio_bytes: int, kind: bytes = b"Info") -> bytes:
    toc = bytes(min(255, i * 256 // 100) for i in range(100))
    flags = (0b1111).to_bytes(4, "big")
    return b"".join(
        [kind, flags, frames.to_bytes(4, "big"), audio_bytes.to_bytes(4, "big"), toc, bytes(4)]
    )


def lame_extension(
    delay: int, padding: int, encoder: bytes = b"LAME3.100", gains: bytes = bytes(8)
) -> bytes:
    """The extension of an Info tag. gains: peak, gain of the track, gain of the album."""
    start = encoder[:11].ljust(11, b"\0") + gains
    return start.ljust(21, b"\0") + (delay << 12 | padding).to_bytes(3, "big") + bytes(12)


def with_gapless_tag(
    song: bytes, delay: int = 576, padding: int = 1105, gains: bytes = bytes(8)
) -> bytes:
    extension = lame_extension(delay, padding, gains=gains)
    return tag_frame(song, xing(len(frames_of(song)), len(song)) + extension) + song


def lame_gain(db: float, which: int = 1, by_whom: int = 3) -> bytes:
    """A gain as LAME writes it. which: 1 the track, 2 the album. by_whom: 3 is the program."""
    return (which << 13 | by_whom << 10 | (db < 0) << 9 | round(abs(db) * 10)).to_bytes(2, "big")


def vbri(frames: int, audio_bytes: int, pieces: list[int]) -> bytes:
    """A VBRI tag. pieces: the table of contents, in units of 3 bytes."""
    numbers = [(1, 2), (1056, 2), (75, 2), (audio_bytes, 4), (frames, 4), (len(pieces), 2)]
    numbers += [(3, 2), (2, 2), (10, 2), *((piece, 2) for piece in pieces)]
    return b"VBRI" + b"".join(number.to_bytes(size, "big") for number, size in numbers)


def id3v2(content: bytes, footer: bool = False) -> bytes:
    size = len(content)
    sizes = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    tail = b"3DI\x04\0\x10" + sizes if footer else b""
    return b"ID3\x04\0" + (b"\x10" if footer else b"\0") + sizes + content + tail


def ape(content: bytes) -> bytes:
    size = (len(content) + 32).to_bytes(4, "little")
    start = b"APETAGEX" + (2000).to_bytes(4, "little") + size + (1).to_bytes(4, "little")
    header, footer = (0xA0000000).to_bytes(4, "little"), (0x80000000).to_bytes(4, "little")
    return start + header + bytes(8) + content + start + footer + bytes(8)


def id3v1() -> bytes:
    return b"TAG" + b"THE END END".ljust(125, b"\0")


def false_frames(n: int) -> bytes:
    """Bytes that look like many frame headers, as a picture in a tag may contain them."""
    return (b"\xff\xfb\x90\x64" + random.Random(1).randbytes(36)) * (n // 40)


def as_buffer(data: bytes) -> AudioBuffer:
    buffer = AudioBuffer()
    buffer.append(data)
    buffer.finish()
    return buffer


def mpg123(path: Path) -> bytes:
    """The song decoded by mpg123: s16le, two channels, gapless, which is its default."""
    command = ["mpg123", "-q", "-s", "--stereo", "-e", "s16", str(path)]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


def worst_difference(one: bytes, other: bytes) -> int:
    """The largest difference of two samples; both PCM must have the same length."""
    assert len(one) // FRAME == len(other) // FRAME
    pairs = zip(array.array("h", one), array.array("h", other), strict=True)
    return max((abs(a - b) for a, b in pairs), default=0)
