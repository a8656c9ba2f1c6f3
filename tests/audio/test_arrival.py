"""A song that arrives in any pieces, whole or damaged: `ready` is true only if nothing waits.

A campaign of random cases over real encodings. The number of cases can be given in the environment
(ALFINE_ARRIVALS), for a long run.
"""

from __future__ import annotations

import os
import random

import pytest

from audio import AudioBuffer, Decoder, FrameIndex, NotMp3
from tests.audio.making import (
    FRAME,
    as_buffer,
    frames_of,
    id3v1,
    id3v2,
    independent_frames,
    layer_1,
    mp3,
    protected,
    with_gapless_tag,
)

CASES = int(os.environ.get("ALFINE_ARRIVALS", "300"))


class NeverWaits(AudioBuffer):
    """A buffer in which a read that would wait fails the test."""

    def read_at(self, offset: int, n: int) -> bytes:
        assert self.readable(offset) or self.finished, "a read waits for more of the song"
        return super().read_at(offset, n)


def refused(frame: bytes) -> bytes:
    """The frame with side information that no decoder accepts: a block type that is reserved."""
    return frame[:4] + b"\xff" * (len(frame) - 4)


SONGS = {
    "128": lambda: mp3(1.0),
    "V0 gapless": lambda: with_gapless_tag(mp3(1.0, vbr_quality=0)),
    "32 kbit/s, long reservoir": lambda: mp3(1.0, channels=1, kbits=32),
    "22 kHz, much delay": lambda: with_gapless_tag(mp3(1.0, 22050, kbits=32), 4000, 3000),
    "between tags": lambda: id3v2(bytes(3000)) + with_gapless_tag(mp3(1.0)) + id3v1(),
    "Layer I": lambda: layer_1(60),
    "wrong CRCs": lambda: b"".join(protected(f, b"no") for f in independent_frames(mp3(1.0))),
    "refused": lambda: b"".join(
        refused(f) if n // 12 % 2 else f for n, f in enumerate(frames_of(mp3(1.0)))
    ),
}


def damaged(song: bytes, rand: random.Random) -> bytes:
    """The song with a few bytes or frames overwritten, inserted, cut out or moved."""
    for _ in range(rand.choice((0, 0, 1, 1, 2, 5))):
        at, size = rand.randrange(len(song) + 1), rand.choice((1, 3, 100, 417, 3000, 9000))
        match rand.randrange(5):
            case 0:
                song = song[:at] + rand.randbytes(min(size, 40)) + song[at + min(size, 40) :]
            case 1:
                song = song[:at] + rand.randbytes(size) + song[at:]
            case 2:
                song = song[:at] + song[at + size :]
            case 3:
                song = song[:at] + b"\xff" * size + song[at + size :]
            case 4:
                song = song[at:] + song[:at]
    return song


def all_of(decoder: Decoder) -> list[tuple[int, bytes]] | str:
    try:
        return list(decoder)
    except NotMp3 as error:
        return str(error)


def arriving(song: bytes, rand: random.Random, buffer: AudioBuffer, decoder: Decoder):
    """Decode while the song arrives in random pieces; return as `all_of` does."""
    blocks, at = [], 0
    try:
        while at < len(song):
            step = rand.choice((1, 20, 417, 1460, 4096, 20_000))
            buffer.append(song[at : at + step])
            at += step
            while decoder.ready() or decoder.searching:
                if decoder.ready():
                    block = decoder.next_block()
                    assert block is not None, "the song has not ended"
                    blocks.append(block)
        buffer.finish()
        return [*blocks, *decoder]
    except NotMp3 as error:
        return str(error)


@pytest.mark.parametrize("kind", SONGS)
def test_ready_is_never_wrong_and_arrival_changes_no_sample(kind):
    original = SONGS[kind]()
    for case in range(CASES // len(SONGS) + 1):
        rand = random.Random(f"{kind} {case}")
        song, buffer = damaged(original, rand), NeverWaits()
        whole = all_of(Decoder(as_buffer(song)))
        assert arriving(song, rand, buffer, Decoder(buffer)) == whole, case


@pytest.mark.parametrize("kind", SONGS)
def test_the_index_counts_the_samples_of_the_decoder_and_a_seek_never_waits(kind):
    original = SONGS[kind]()
    for case in range(CASES // len(SONGS) // 4 + 1):
        rand = random.Random(f"{kind} {case} index")
        song = damaged(original, rand)
        buffer = NeverWaits()
        buffer.append(song)
        buffer.finish()
        index, whole = FrameIndex(buffer), all_of(Decoder(buffer))
        while not index.complete:
            index.extend()
        if isinstance(whole, str) or not whole:
            assert not index.duration_s or whole == []
            continue
        assert index.duration_s is not None
        assert index.header is not None
        if len({rate for rate, _ in whole}) == 1 and len({len(pcm) for _, pcm in whole[3:-9]}) < 2:
            samples = sum(len(pcm) for _, pcm in whole) // FRAME
            assert index.duration_s == pytest.approx(samples / index.header.rate_hz), case
        start = index.start_at(rand.uniform(0, index.duration_s))
        assert start is not None
        assert isinstance(all_of(Decoder(buffer, start)), list)
