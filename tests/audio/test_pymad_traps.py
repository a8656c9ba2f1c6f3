"""The ways in which pymad crashes, leaks or loses music, and how the decoder prevents each.

pymad does all this if its caller passes the wrong object. So most of these are properties of
FrameFeed, the only object that the decoder passes to it.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading
from collections import deque

import mad
import pytest
from hypothesis import given
from hypothesis import strategies as st

import audio.decoder
from audio import AudioBuffer, Decoder
from audio.decoder import FrameFeed
from tests.audio.making import as_buffer, frames_of, mp3


def feed_of(frames: list[bytes], ended: bool = True) -> FrameFeed:
    feed = FrameFeed(deque(frames))
    feed.ended = ended
    assert feed.read(40960) == b""
    return feed


def test_1_neither_the_first_nor_the_last_frame_is_lost():
    assert len(list(Decoder(as_buffer(mp3())))) == len(frames_of(mp3()))


def test_1_each_frame_is_followed_by_8_bytes_of_the_next_and_the_last_by_guard_bytes():
    one, two = frames_of(mp3(0.3))[:2]
    feed = feed_of([one, two])
    pieces = [feed.read(40960) for _ in range(3)]
    assert pieces == [one + two[:8], two[8:] + two[:4] + bytes(4), b""]
    assert feed.passed == [one, two]


LEAK = """
import resource
from audio import Decoder, AudioBuffer
def grown(n):
    for _ in range(n):
        Decoder(buffer)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
buffer = AudioBuffer()
grown(500)
print(grown(1) , grown(8000))
"""


def test_2_making_a_decoder_leaks_nothing():
    run = subprocess.run(
        [sys.executable, "-c", LEAK], capture_output=True, text=True, check=True, timeout=60
    )
    before_kib, after_kib = map(int, run.stdout.split())
    assert after_kib - before_kib < 4000, "without the empty first read, 8000 of them leak 37 MB"


class Reads:
    """Records what `FrameFeed.read` returns to a MadFile."""

    def __init__(self, monkeypatch):
        self.results: list[bytes] = []
        real = FrameFeed.read

        def read(feed, n=-1):
            result = real(feed, n)
            self.results.append(result)
            return result

        monkeypatch.setattr(FrameFeed, "read", read)


def test_2_a_decoder_is_made_without_reading_the_song(monkeypatch):
    reads = Reads(monkeypatch)
    Decoder(AudioBuffer())
    assert reads.results == [b""]


@pytest.mark.parametrize("step", [1, 500, 4096])
def test_3_in_a_sound_song_read_never_returns_the_end_before_it_comes(monkeypatch, step):
    reads, buffer = Reads(monkeypatch), AudioBuffer()
    decoder = Decoder(buffer)
    for at in range(0, len(mp3(0.5)), step):
        buffer.append(mp3(0.5)[at : at + step])
        while decoder.ready():
            decoder.next_block()
    buffer.finish()
    assert reads.results.count(b"") == 1, "the empty first read"
    list(decoder)
    assert b"" not in reads.results[1:-1]


@pytest.mark.parametrize("queued", [0, 1])
def test_3_a_feed_without_the_frame_behind_passes_nothing(queued):
    feed = feed_of(frames_of(mp3(0.3))[:queued], ended=False)
    assert feed.read(40960) == b""
    assert feed.passed == []


def test_3_an_early_end_harms_nothing_because_pymad_keeps_8_bytes():
    frames, queue = frames_of(mp3(0.5)), deque[bytes]()
    feed = FrameFeed(queue)
    mad_file = mad.MadFile(feed)
    pcm = b""
    for frame in frames:
        assert mad_file.read() is None
        assert mad_file.read() is None
        queue.append(frame)
        pcm += bytes(mad_file.read() or b"")
    feed.ended = True
    pcm += bytes(mad_file.read())
    assert pcm == b"".join(block for _, block in Decoder(as_buffer(mp3(0.5))))


@given(st.lists(st.binary(min_size=1, max_size=1500), max_size=4), st.integers(0, 2000))
def test_4_5_6_bytes_are_returned_and_never_more_than_asked_for(frames, n):
    feed = feed_of(frames)
    for _ in range(9):
        piece = feed.read(n)
        assert type(piece) is bytes
        assert len(piece) <= n


@given(st.lists(st.binary(min_size=24, max_size=300), min_size=1, max_size=4), st.integers(1, 300))
def test_5_parts_of_frames_are_returned_in_order(frames, n):
    feed, read = feed_of(frames), b""
    while piece := feed.read(n):
        read += piece
    assert read[: len(b"".join(frames))] == b"".join(frames)
    assert read[len(b"".join(frames)) :] == frames[-1][:4] + bytes(4)


class BadSource:
    """A song that cannot be read from an offset on."""

    finished = discarded = False

    def __init__(self, data: bytes, error: BaseException):
        self.data, self.error = data, error

    def readable(self, offset):
        return max(1, len(self.data) - offset)

    def read_at(self, offset, n):
        if offset >= len(self.data):
            raise self.error
        return self.data[offset : offset + n]


@pytest.mark.parametrize("error", [OSError("the disk is gone"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", [0, 10, 20_000])
def test_6_7_an_error_of_the_source_is_raised_unchanged(error, at):
    with pytest.raises(type(error)) as raised:
        list(Decoder(BadSource(mp3()[:at], error)))
    assert raised.value is error


def test_8_9_10_pymad_is_passed_the_feed_and_nothing_else(monkeypatch):
    passed = []

    class Mad:
        @staticmethod
        def MadFile(*arguments):
            passed.append(arguments)

    monkeypatch.setattr(audio.decoder, "load_mad", lambda: Mad)
    Decoder(as_buffer(mp3()))
    assert [[type(argument) for argument in arguments] for arguments in passed] == [[FrameFeed]]


def test_9_the_feed_has_no_method_by_which_pymad_could_map_or_seek():
    public = {name for name, _ in inspect.getmembers(feed_of([])) if not name.startswith("_")}
    assert public == {"read", "ended", "passed"}


def test_11_the_decoder_calls_only_read_and_samplerate():
    source = inspect.getsource(audio.decoder)
    used = {word.split("(")[0] for word in source.split("_mad_file.")[1:]}
    assert used == {"read", "samplerate"}


def test_12_decoders_in_several_threads_do_not_disturb_each_other():
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(list(Decoder(as_buffer(mp3())))))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == [list(Decoder(as_buffer(mp3())))] * 3
