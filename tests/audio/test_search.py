"""The first frame, and the next one behind damage, are found; and little is searched at a time."""

from __future__ import annotations

import random
import wave

import pytest

from audio import AudioBuffer, Decoder, FrameIndex, NotMp3
from audio.mp3.frames import SEARCH_BYTES, FrameReader
from audio.mp3.sniff import CHAIN_BYTES
from tests.audio.making import (
    FRAME,
    as_buffer,
    false_frames,
    frames_of,
    id3v2,
    layer_1,
    mp3,
    with_gapless_tag,
)

MIB = 1 << 20


def decoded(data: bytes) -> bytes:
    return b"".join(pcm for _, pcm in Decoder(as_buffer(data)))


def search(decoder: Decoder) -> None:
    """Let the decoder search for a frame until it has found one or needs more bytes."""
    while not decoder.ready() and decoder.searching:
        pass


def tag_of_size(content: bytes, claimed: int) -> bytes:
    """An ID3v2 tag whose size is wrong."""
    return id3v2(bytes(claimed))[:10] + content


JUNK = random.Random(4).randbytes(MIB)
JPEG = b"\xff\xd8\xff\xe0" + JUNK[:300_000]

FRONTS = {
    "zeros": bytes(MIB - 1000),
    "noise": JUNK[: MIB - 1000],
    "all ones": b"\xff" * (MIB - 1000),
    "a picture": JPEG,
    "a tag that claims too little": tag_of_size(JUNK[:500_000], 3000),
    "a tag that claims nothing": tag_of_size(JUNK[:500_000], 0),
    "a tag behind junk": bytes(5000) + id3v2(false_frames(50_000)),
    "a tag that claims more than there is": tag_of_size(bytes(9000), 50_000_000),
    "an MP3 in a WAV": b"RIFF\xff\xff\xff\0WAVEfmt \x1e\0\0\0\x55\0" + bytes(60),
}


@pytest.mark.parametrize("kind", FRONTS)
@pytest.mark.parametrize("step", [4096, None])
def test_the_song_behind_it_is_whole(kind, step):
    song = with_gapless_tag(mp3(1.0))
    data = FRONTS[kind] + song
    if step is None:
        assert decoded(data) == decoded(song)
        return
    buffer, blocks = AudioBuffer(), []
    decoder = Decoder(buffer)
    for at in range(0, len(data), step):
        buffer.append(data[at : at + step])
        while decoder.ready() or decoder.searching:
            if decoder.ready():
                blocks.append(decoder.next_block())
    buffer.finish()
    assert b"".join(pcm for _, pcm in [*blocks, *decoder]) == decoded(song)


def pcm_file(path) -> bytes:
    """A WAV whose samples look like a stream of Layer III: 96 samples of it are one frame long."""
    period = (b"\xff\xfb\x94\x64" + bytes(380)) * 500
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48000, 0, "NONE", ""))
        file.writeframes(period)
    return path.read_bytes()


def test_a_wav_under_another_name_is_no_song(tmp_path):
    data = pcm_file(tmp_path / "tone.wav")
    for front in (b"", id3v2(b"tagged")):
        with pytest.raises(NotMp3, match="WAV"):
            decoded(front + data)


@pytest.mark.parametrize("magic", [b"OggS", b"fLaC", b"\0\0\0\x20ftypM4A "])
def test_a_file_of_another_kind_is_named_before_it_has_all_arrived(magic):
    buffer = AudioBuffer()
    buffer.append(magic + JUNK[:200_000])
    decoder = Decoder(buffer)
    with pytest.raises(NotMp3, match=r"it is an? (Ogg|FLAC|MP4)"):
        search(decoder)


def test_behind_more_than_1_mib_of_junk_nothing_is_searched():
    buffer = AudioBuffer()
    buffer.append(bytes(MIB + 200_000) + mp3(1.0))
    decoder = Decoder(buffer)
    with pytest.raises(NotMp3, match="no MP3 sound"):
        search(decoder)


def test_a_few_headers_in_noise_are_no_song_of_layer_1_or_2():
    frame = layer_1(1)
    for frames in (1, 2, 3, 4):
        with pytest.raises(NotMp3):
            decoded(JUNK[:3000] + frame * frames + JUNK[:3000])
    assert len(decoded(JUNK[:3000] + frame * 5 + JUNK[:3000])) == 5 * 384 * FRAME


def test_frames_of_another_layer_in_a_song_are_junk():
    frames = frames_of(mp3(1.0))
    song = b"".join(frames[:20]) + layer_1(10) + b"".join(frames[20:])
    assert len(decoded(song)) == len(frames) * 1152 * FRAME


@pytest.mark.parametrize("junk_bytes", [100, 17_000, 20_000, 25_000, 40_000])
def test_a_last_frame_alone_is_found_behind_any_junk(junk_bytes):
    frames = frames_of(mp3(1.0))
    data = b"".join(frames[:20]) + bytes(junk_bytes) + frames[20]
    assert len(decoded(data)) == 21 * 1152 * FRAME


class CountingBuffer(AudioBuffer):
    """Counts the bytes that are read."""

    read_bytes = 0

    def read_at(self, offset: int, n: int) -> bytes:
        data = super().read_at(offset, n)
        self.read_bytes += len(data)
        return data


ENDLESS = {
    "ones": b"\xff",
    "headers": b"\xff\xfb\x90\x64",
    "headers with room": b"\xff\xfb\x90\x64" + bytes(30),
    "tags": b"TAG" + bytes(125),
    "refused frames": b"\xff\xfb\x90\x64" + b"\xff" * 413,
}


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("front", ["a song", "nothing"])
def test_whatever_a_song_holds_little_is_read_at_a_time(kind, front):
    start = mp3(0.2) if front == "a song" else b""
    unit = ENDLESS[kind]
    buffer = CountingBuffer()
    buffer.append(start + unit * (3 * MIB // len(unit)))
    buffer.finish()
    # Twice what is searched, and once the first junk, to say what it is; or 1000 small tags.
    limit = 2 * (SEARCH_BYTES + CHAIN_BYTES) + 128 * 1024
    decoder, index = Decoder(buffer), FrameIndex(buffer)
    reader, calls = FrameReader(buffer), 0
    for step, most in ((reader.poll, limit), (decoder.ready, limit), (index.extend, 2 * MIB)):
        over = False
        while not over:
            buffer.read_bytes, calls = 0, calls + 1
            try:
                done = step()
            except NotMp3:
                break
            assert buffer.read_bytes <= most
            if step == reader.poll:
                over = done is None and not reader.searching
            elif step == decoder.ready:
                over = bool(done) and decoder.next_block() is None
            else:
                over = index.complete
    assert calls > 3
