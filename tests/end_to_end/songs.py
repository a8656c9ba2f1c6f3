"""Songs made on the spot, and the samples that are in them."""

from __future__ import annotations

import random
import wave
from functools import lru_cache
from pathlib import Path

import lameenc

from audio import AudioBuffer
from audio.decoder import Decoder

RATE_HZ = 44100
PCM_FRAME_BYTES = 4


@lru_cache
def music(seconds: float, seed: int, kbits: int = 128) -> bytes:
    """An MP3 of noise: no two moments of it are alike, so that a jump in it would show."""
    pcm = random.Random(seed).randbytes(int(seconds * RATE_HZ) * PCM_FRAME_BYTES)
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_in_sample_rate(RATE_HZ)
    encoder.set_channels(2)
    encoder.set_quality(7)
    encoder.set_bit_rate(kbits)
    return bytes(encoder.encode(pcm) + encoder.flush())


def named(
    artist: str, title: str, more: bytes = b"", texts: tuple[tuple[str, str], ...] = ()
) -> bytes:
    """An ID3v2.3 tag by hand; anything else in a private frame. texts: named ones."""
    body = b"".join(
        _frame(name, b"\0" + text.encode("latin-1"))
        for name, text in ((b"TPE1", artist), (b"TIT2", title))
    )
    if more:
        body += _frame(b"PRIV", b"alfine\0" + more)
    for name, text in texts:
        body += _frame(b"TXXX", f"\0{name}\0{text}".encode("latin-1"))
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + body


def _frame(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "big") + b"\0\0" + data


@lru_cache
def samples(song: bytes) -> bytes:
    """What the song decodes to when all of it is there from the start."""
    buffer = AudioBuffer()
    buffer.append(song)
    buffer.finish()
    decoder = Decoder(buffer)
    blocks = []
    while block := decoder.next_block():
        blocks.append(block[1])
    assert blocks, "this is no song"
    return b"".join(blocks)


def recorded(path: Path) -> bytes:
    """The samples of a WAV; none if there is no such file."""
    if not path.exists():
        return b""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        assert file.getframerate() == RATE_HZ
        return file.readframes(file.getnframes())
