"""PyAudioOutput writes only what fits into the device; here the device is a fake."""

import threading
from types import SimpleNamespace

import pytest

from audio import OutputError
from audio.output import PCM_FRAME_BYTES
from audio.outputs.portaudio import PyAudioOutput

RATE_HZ = 44100
SLICE = 1764
CAPACITY = 9216


class Stream:
    """Returns prepared numbers of free frames, the last one for ever; plays nothing."""

    def __init__(self):
        self.free_frames = [CAPACITY]
        self.polled = threading.Semaphore(0)
        self.written = 0

    def get_write_available(self):
        self.polled.release()
        return self.free_frames.pop(0) if len(self.free_frames) > 1 else self.free_frames[0]

    def write(self, pcm):
        self.written += len(pcm) // PCM_FRAME_BYTES

    def close(self):
        return


@pytest.fixture
def stream():
    return Stream()


@pytest.fixture
def output(stream, monkeypatch):
    device = SimpleNamespace(
        get_default_output_device_info=lambda: {"index": 0, "name": "fake"},
        open=lambda **how: stream,
        terminate=lambda: None,
    )
    pyaudio = SimpleNamespace(PyAudio=lambda: device, paInt16=8)
    monkeypatch.setattr("audio.outputs.portaudio._load_pyaudio", lambda: pyaudio)
    output = PyAudioOutput()
    yield output
    output.close()


def opened(output, stream, *free_frames):
    output.open(RATE_HZ)
    stream.free_frames = list(free_frames)
    return output


def slice_of(frames=SLICE):
    return bytes(frames * PCM_FRAME_BYTES)


def test_a_slice_that_fits_is_written_at_once(output, stream):
    opened(output, stream, CAPACITY, CAPACITY - SLICE).write(slice_of())
    assert stream.written == SLICE
    assert output.latency_s == SLICE / RATE_HZ


def test_what_a_device_holds_that_never_says_so_is_reckoned_by_the_clock(
    output, stream, monkeypatch
):
    clock = SimpleNamespace(monotonic=lambda: clock.now_s, now_s=50.0)
    monkeypatch.setattr("audio.outputs.portaudio.time", clock)
    opened(output, stream, CAPACITY).write(slice_of())
    output.write(slice_of())
    assert output.latency_s == pytest.approx(2 * SLICE / RATE_HZ)
    clock.now_s += SLICE / RATE_HZ
    assert output.latency_s == pytest.approx(SLICE / RATE_HZ)
    clock.now_s += 1.0
    assert output.latency_s == 0
    for _ in range(20):
        output.write(slice_of())
    assert output.latency_s == pytest.approx(CAPACITY / RATE_HZ), "more than it can hold"


def test_a_write_to_a_full_device_waits_until_it_is_half_empty(output, stream):
    opened(output, stream, 100, SLICE + 1, CAPACITY // 2).write(slice_of())
    assert stream.free_frames == [CAPACITY // 2], "space for the slice alone does not end the wait"
    assert stream.written == SLICE
    assert output.latency_s == pytest.approx((CAPACITY // 2 + SLICE) / RATE_HZ)


def test_a_wait_for_a_device_that_is_stuck_can_be_interrupted(output, stream):
    opened(output, stream, 0)
    writing = threading.Thread(target=output.write, args=(slice_of(),))
    writing.start()
    for _ in range(3):  # open() polls once
        assert stream.polled.acquire(timeout=20)
    output.interrupt()
    writing.join(20)
    assert not writing.is_alive()
    assert stream.written == 0
    output.drop()
    opened(output, stream, CAPACITY).write(slice_of())
    assert stream.written == SLICE, "drop() has ended the interruption"


def test_a_device_that_holds_less_than_a_slice_is_written_to_when_it_is_empty(output, stream):
    stream.free_frames = [1000]
    opened(output, stream, 10, 1000).write(slice_of())
    assert stream.written == SLICE


@pytest.mark.parametrize("result", [-9988, OSError(-9988, "Stream closed")])
def test_a_device_that_returns_no_number_of_frames_has_failed(output, stream, result, monkeypatch):
    output.open(RATE_HZ)

    def get_write_available():
        if isinstance(result, OSError):
            raise result
        return result

    monkeypatch.setattr(stream, "get_write_available", get_write_available)
    with pytest.raises(OutputError, match="the sound device has failed"):
        output.write(slice_of())
