"""The index of a song's frames: seeks are exact to the sample, durations are right."""

from __future__ import annotations

import random

import pytest

from audio import AudioBuffer, Decoder, FrameIndex
from tests.audio.making import (
    FRAME,
    Made,
    as_buffer,
    frames_of,
    id3v1,
    id3v2,
    mp3,
    tag_frame,
    vbri,
    with_gapless_tag,
)

SONGS = Made(
    {
        "128 kbit/s": lambda: mp3(4.0),
        "320 kbit/s": lambda: mp3(4.0, kbits=320),
        "low bit rate, long reservoir": lambda: mp3(4.0, channels=1, kbits=32),
        "VBR": lambda: mp3(4.0, vbr_quality=2),
        "VBR with a tag": lambda: with_gapless_tag(mp3(4.0, vbr_quality=4)),
        "ABR": lambda: mp3(4.0, kbits=112, abr=True),
        "MPEG-2": lambda: mp3(4.0, rate_hz=22050, kbits=48),
        "MPEG-2.5": lambda: mp3(4.0, rate_hz=8000, channels=1, kbits=8),
        "between tags": lambda: id3v2(bytes(5000)) + with_gapless_tag(mp3(4.0)) + id3v1(),
    }
)


def decoded(song, start=None):
    return b"".join(pcm for _, pcm in Decoder(as_buffer(song), start))


@pytest.mark.parametrize("kind", SONGS)
def test_decoding_from_any_sample_equals_decoding_from_the_start(kind):
    song = SONGS[kind]
    whole, index = decoded(song), FrameIndex(as_buffer(song))
    samples = len(whole) // FRAME
    index.extend()
    assert index.header is not None
    samples_to_try = [random.Random(9999).randrange(samples) for _ in range(12)]
    for sample in (0, 1, 1151, 1152, *samples_to_try, samples - 1):
        start = index.start_at(sample / index.header.rate_hz)
        assert decoded(song, start) == whole[sample * FRAME :], sample


@pytest.mark.parametrize("kind", SONGS)
def test_the_duration_of_a_whole_song_is_that_of_its_samples(kind):
    song = SONGS[kind]
    index = FrameIndex(as_buffer(song))
    index.extend()
    assert index.complete
    assert index.exact
    assert index.header is not None
    assert index.duration_s == len(decoded(song)) / FRAME / index.header.rate_hz


def test_a_tag_gives_the_duration_when_little_of_the_song_has_arrived():
    song, buffer = SONGS["VBR with a tag"], AudioBuffer()
    index = FrameIndex(buffer)
    assert index.duration_s is None
    buffer.append(song[:6000])
    index.extend()
    assert index.exact
    assert not index.complete
    assert index.duration_s == len(decoded(song)) / FRAME / 44100
    assert index.song_bytes == pytest.approx(len(song), abs=1500)
    assert index.received_fraction == pytest.approx(6000 / len(song), abs=0.02)


def test_without_a_tag_the_duration_is_that_of_the_received_part():
    song, buffer = SONGS["128 kbit/s"], AudioBuffer()
    index = FrameIndex(buffer)
    buffer.append(song[: len(song) // 2])
    index.extend()
    assert not index.exact
    assert index.received_fraction is None
    assert index.duration_s == pytest.approx(2.0, abs=0.05)
    assert index.bytes_per_s == pytest.approx(16_000, rel=0.01)
    assert not index.variable
    buffer.append(song[len(song) // 2 :])
    buffer.finish()
    index.extend()
    assert index.duration_s == len(decoded(song)) / FRAME / 44100
    assert index.received_fraction == 1.0


@pytest.mark.parametrize("step", [1, 700, 5000])
def test_an_index_that_grows_with_the_song_equals_one_of_the_whole_song(step):
    song = SONGS["between tags"][:20_000]
    buffer, whole = AudioBuffer(), FrameIndex(as_buffer(song))
    growing = FrameIndex(buffer)
    for at in range(0, len(song), step):
        buffer.append(song[at : at + step])
        growing.extend()
    buffer.finish()
    for seconds in (0.0, 0.3, 0.6):
        assert growing.start_at(seconds) == whole.start_at(seconds)


def test_a_place_that_has_not_arrived_has_no_start_but_an_estimate():
    song = SONGS["VBR with a tag"]
    buffer = AudioBuffer()
    index = FrameIndex(buffer)
    buffer.append(song[: len(song) // 4])
    assert index.start_at(0.5) is not None
    assert index.start_at(3.0) is None
    needed = index.needed_bytes(3.0)
    assert 0.6 < needed / len(song) < 0.9
    buffer.append(song[len(song) // 4 : needed + 2000])
    assert index.start_at(2.5) is not None


def test_without_a_tag_the_estimate_follows_the_bit_rate():
    buffer = AudioBuffer()
    buffer.append(SONGS["128 kbit/s"][:10_000])
    index = FrameIndex(buffer)
    index.extend()
    assert index.needed_bytes(60.0) == pytest.approx(60 * 16_000, rel=0.02)


def test_the_table_of_a_vbri_tag_gives_the_estimate_too():
    song = mp3(4.0)
    frames = len(frames_of(song))
    # The first half of the song has three quarters of its bytes.
    pieces = [len(song) * 3 // 8 // 3] * 2 + [len(song) // 8 // 3] * 2
    buffer = AudioBuffer()
    buffer.append((tag_frame(song, vbri(frames, len(song), pieces), at=36) + song)[:9000])
    index = FrameIndex(buffer)
    index.extend()
    assert index.tag is not None
    assert index.tag.kind == "VBRI"
    assert index.duration_s is not None
    assert index.needed_bytes(index.duration_s / 2) == pytest.approx(len(song) * 0.75, rel=0.02)


def test_a_seek_behind_the_end_goes_to_the_end():
    song = SONGS["128 kbit/s"]
    start = FrameIndex(as_buffer(song)).start_at(99.0)
    assert start is not None
    assert decoded(song, start) == b""


def test_in_a_damaged_song_a_seek_is_exact_to_two_frames():
    song = SONGS["128 kbit/s"]
    broken = song[:20_000] + b"\xff\xfa\x80" * 300 + song[20_000:]
    index = FrameIndex(as_buffer(broken))
    rest = decoded(broken, index.start_at(3.0))
    assert decoded(song).endswith(rest[-FRAME * 40_000 :])
    assert len(rest) / FRAME / 44100 == pytest.approx(
        len(decoded(song)) / FRAME / 44100 - 3, abs=0.05
    )


def test_a_file_that_is_no_mp3_has_no_frames_and_no_duration():
    index = FrameIndex(as_buffer(b"RIFF\0\0\0\0WAVEfmt " + bytes(100_000)))
    assert index.start_at(0.0) is None
    assert index.duration_s is None
    assert index.complete
    assert index.bytes_per_s == 0


@pytest.mark.parametrize("kind", SONGS)
def test_what_can_be_decoded_is_known_for_each_message(kind):
    song, buffer = SONGS[kind], AudioBuffer()
    index, decoder, samples = FrameIndex(buffer), Decoder(buffer), 0
    for at in range(0, len(song), 4096):
        buffer.append(song[at : at + 4096])
        index.extend()
        while decoder.ready():
            block = decoder.next_block()
            assert block is not None
            samples += len(block[1]) // FRAME
        rate_hz = index.header.rate_hz if index.header else 1
        assert index.decodable_s == pytest.approx(samples / rate_hz)
    buffer.finish()
    index.extend()
    assert index.decodable_s == index.duration_s


def test_a_cover_is_no_music_however_much_of_it_has_arrived():
    cover = id3v2(b"\xff\xfb\x90\x64" * 800_000)
    buffer, song = AudioBuffer(), mp3(2.0)
    index = FrameIndex(buffer)
    assert (index.decodable_s, index.music_offset) == (0.0, 0)
    for at in range(0, len(cover) - 4096, 4096):
        buffer.append(cover[at : at + 4096])
        index.extend()
        assert index.decodable_s == 0.0
        assert index.music_offset == len(cover), "the tag says where the music will begin"
        assert not index.behind
    buffer.append(cover[buffer.received_bytes :] + song[:8000])
    index.extend()
    assert index.music_offset == len(cover)
    assert index.decodable_s == pytest.approx(0.5, abs=0.06)


def test_the_music_begins_behind_the_frame_of_the_tag():
    index = FrameIndex(as_buffer(with_gapless_tag(mp3())))
    index.extend()
    assert index.music_offset == len(with_gapless_tag(mp3())) - len(mp3())


def test_a_song_can_play_with_a_second_of_music_or_with_all_there_is():
    buffer, song = AudioBuffer(), id3v2(bytes(50_000)) + mp3(2.0)
    index, needed = FrameIndex(buffer), 0
    for at in range(0, len(song), 1000):
        buffer.append(song[at : at + 1000])
        index.extend()
        needed = needed or (at + 1000 if index.can_play(1.0) else 0)
    assert needed == pytest.approx(50_000 + 16_000, abs=1500)
    assert not index.can_play(3.0)
    buffer.finish()
    index.extend()
    assert index.can_play(3.0)


def test_a_file_that_is_no_mp3_can_play_so_that_its_player_says_why():
    buffer = AudioBuffer()
    index = FrameIndex(buffer)
    buffer.append(b"OggS" + bytes(30_000))
    index.extend()
    assert not index.can_play(1.0), "the music may begin behind this"
    for _ in range(20):
        buffer.append(bytes(4096))
        index.extend()
    assert index.can_play(1.0)
