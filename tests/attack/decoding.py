"""Decodes damaged songs, or reads damaged tags, in a process of its own: libmad could crash it.

    python -m tests.attack.decoding songs|tags SEED FIRST COUNT

It prints what it did as JSON; a case that fails is named on standard error.
"""

from __future__ import annotations

import faulthandler
import io
import json
import re
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from audio import AudioBuffer, Decoder, FrameIndex, NotMp3
from net.entries import CONTROL
from songs.tags import read_tags
from songs.tags.source import MAX_READ_BYTES
from songs.tags.text import MAX_TEXT_BYTES
from tests.attack import damage
from tests.audio.making import FRAME
from tests.songs.making import apev2, id3v1, id3v2, raw_id3v2, text_frame

MOST_SAMPLES_A_BYTE = 24
"""Of the smallest frame there is: 24 bytes of Layer III, 576 samples."""
MOST_READ = 8
"""Times the song's length, and once the limit of junk; the search goes over some bytes twice."""
JUNK_BYTES = 4 << 20
WARM_UP = 100


class CountingBuffer(AudioBuffer):
    """Counts the bytes that are read."""

    read_bytes = 0

    def read_at(self, offset: int, n: int) -> bytes:
        data = super().read_at(offset, n)
        self.read_bytes += len(data)
        return data


class CountingFile(io.BytesIO):
    """Counts the bytes that are read."""

    read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.read_bytes += len(data)
        return data


def decode(song: bytes, step: int | None, did: Counter[str]) -> bytes:
    """Decode a song that is here, or arrives in steps; count what it took."""
    buffer = CountingBuffer()
    decoder, pcm, calls = Decoder(buffer), [], 0
    most_calls = 3 * len(song) + 1000
    try:
        for at in range(0, len(song), step or len(song)):
            buffer.append(song[at : at + (step or len(song))])
            while decoder.ready() or decoder.searching:
                calls += 1
                assert calls < most_calls, "it searches for ever"
                if decoder.searching:
                    continue
                block = decoder.next_block()
                if block is None:
                    break
                pcm.append(block[1])
        buffer.finish()
        for rate, block in decoder:
            assert rate > 0 and len(block) % FRAME == 0
            pcm.append(block)
            assert len(pcm) < most_calls, "it decodes for ever"
    except NotMp3:
        did["no song"] += 1
    did["bytes"] += len(song)
    did["samples"] += sum(map(len, pcm)) // FRAME
    did["refused frames"] += decoder.refused_frames
    assert sum(map(len, pcm)) // FRAME <= MOST_SAMPLES_A_BYTE * len(song) + 2304
    assert buffer.read_bytes <= MOST_READ * len(song) + JUNK_BYTES, buffer.read_bytes
    index = FrameIndex(buffer)
    for _ in range(len(song) + 10):
        if index.complete:
            break
        try:
            index.extend()
        except NotMp3:
            break
    else:
        raise AssertionError("the index does not end")
    return b"".join(pcm)


def damaged_song(rng: Random, did: Counter[str]) -> None:
    song = rng.choice(damage.songs())
    if rng.random() < 0.1:
        plain = damage.songs()[0]
        wrong = damage.with_wrong_sound(plain, rng)
        assert len(decode(wrong, None, did)) == len(decode(plain, None, did))
        did["as long as before, with wrong bits in the sound"] += 1
        return
    song = damage.damaged(song, rng)
    whole = decode(song, None, did)
    if rng.random() < 0.2:
        arriving = decode(song, rng.choice((1, 97, 1000, 4096)), did)
        assert arriving == whole, "other samples when it arrives in steps"
        did["the same when it arrives in steps"] += 1


TAGS = (
    lambda: id3v2("NIN", "34 Ghosts IV"),
    lambda: id3v2("N\0M", "34", version=3, picture_bytes=3000),
    lambda: raw_id3v2(text_frame(b"TPE1", "\xff\xe0") + text_frame(b"TIT2", "t"), flags=0x80),
    lambda: raw_id3v2(b"TT2\0\0\x05\0Echo" + b"TP1\0\0\x04\0ABC", version=2),
    lambda: raw_id3v2(b"\0\0\0\x06\0\0\0\0\0\0" + text_frame(b"TIT2", "x" * 9000), flags=0x40),
)
TAILS = (
    lambda: b"",
    lambda: id3v1("A", "B"),
    lambda: apev2("A", "B", Track="3/4") + id3v1("A", "B"),
    lambda: b"LYRICSBEGININD0000200EAR00001AETT00001B000043LYRICS200" + id3v1("A", "B"),
    lambda: b"LYRICSBEGINla la laLYRICSEND" + id3v1("A", "B"),
)


def damaged_tag(rng: Random, did: Counter[str]) -> None:
    front, tail = rng.choice(TAGS)(), rng.choice(TAILS)()
    content = damage.damaged(front, rng) + b"\xff\xfb\x90\x00" + bytes(413)
    content += damage.damaged(tail, rng) if tail and rng.random() < 0.7 else tail
    file = CountingFile(content)
    began = time.process_time()
    encoding = rng.choice(("latin-1", "cp1251", "shift_jis", "gbk", "utf-16"))
    reading = read_tags(file, len(content) + rng.choice((0, 0, 0, 1, -1, 100)), encoding)
    did["longest_us"] = max(did["longest_us"], round(1e6 * (time.process_time() - began)))
    assert file.read_bytes <= MAX_READ_BYTES
    for name in reading.tags[:2]:
        assert len(name) < 3 * MAX_TEXT_BYTES
        assert not CONTROL.search(name), name
    did["names found"] += bool(reading.tags.title)
    did["with a problem"] += bool(reading.problem)


CASES = {"songs": damaged_song, "tags": damaged_tag}


def peak_kib() -> int:
    """Return the most memory that this program has had. That of getrusage is its parent's, too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])


def main() -> None:
    kind, seed, first, count = sys.argv[1], *map(int, sys.argv[2:5])
    faulthandler.enable()
    did: Counter[str] = Counter()
    warm_kib = 0
    for number in range(first, first + count):
        try:
            CASES[kind](Random(f"{seed} {kind} {number}"), did)
        except BaseException:
            print(f"{kind} {number} with seed {seed}:", file=sys.stderr)
            raise
        if number == first + min(WARM_UP, count - 1):
            warm_kib = peak_kib()
    print(json.dumps(did | {"cases": count, "grown_kib": peak_kib() - warm_kib}))


if __name__ == "__main__":
    main()
