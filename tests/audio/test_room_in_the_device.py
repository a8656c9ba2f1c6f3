"""How a sound device is given music: into the room that it says it has. It is one of numbers."""

import threading
from types import SimpleNamespace

import pytest

from audio import OutputError
from audio.output import PCM_FRAME_BYTES
from audio.portaudio import PyAudioOutput

RATE_HZ = 44100
SLICE = 1764
CAPACITY = 9216


class Stream:
    """Says how much room it has, as it is told to; plays nothing."""

    def __init__(self):
        self.rooms = [CAPACITY]
        self.asked = threading.Semaphore(0)
        self.written = 0

    def get_write_available(self):
        self.asked.release()
        return self.rooms.pop(0) if len(self.rooms) > 1 else self.rooms[0]

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
        get_default_output_device_info=lambda: {"index": 0, "name": "numbers"},
        open=lambda **how: stream,
        terminate=lambda: None,
    )
    pyaudio = SimpleNamespace(PyAudio=lambda: device, paInt16=8)
    monkeypatch.setattr("audio.portaudio._load_pyaudio", lambda: pyaudio)
    output = PyAudioOutput()
    yield output
    output.close()


def opened(output, stream, *rooms):
    output.open(RATE_HZ)
    stream.rooms = list(rooms)
    return output


def slice_of(frames=SLICE):
    return bytes(frames * PCM_FRAME_BYTES)


def test_where_there_is_room_nobody_waits(output, stream):
    opened(output, stream, CAPACITY).write(slice_of())
    assert stream.written == SLICE
    assert output.latency_s == SLICE / RATE_HZ


def test_a_full_device_is_waited_for_until_it_is_half_empty(output, stream):
    opened(output, stream, 100, SLICE + 1, CAPACITY // 2).write(slice_of())
    assert stream.rooms == [CAPACITY // 2], "room for the slice alone is not enough to wake for"
    assert stream.written == SLICE
    assert output.latency_s == pytest.approx((CAPACITY // 2 + SLICE) / RATE_HZ)


def test_a_wait_for_a_device_that_is_stuck_can_be_interrupted(output, stream):
    opened(output, stream, 0)
    writing = threading.Thread(target=output.write, args=(slice_of(),))
    writing.start()
    for _ in range(3):  # one is from opening it
        assert stream.asked.acquire(timeout=20)
    output.interrupt()
    writing.join(20)
    assert not writing.is_alive()
    assert stream.written == 0
    output.drop()
    opened(output, stream, CAPACITY).write(slice_of())
    assert stream.written == SLICE, "the drop has ended the interruption"


def test_a_device_that_holds_less_than_a_slice_is_written_to_when_it_is_empty(output, stream):
    stream.rooms = [1000]
    opened(output, stream, 10, 1000).write(slice_of())
    assert stream.written == SLICE


@pytest.mark.parametrize("room", [-9988, OSError(-9988, "Stream closed")])
def test_a_device_that_cannot_say_has_failed(output, stream, room, monkeypatch):
    output.open(RATE_HZ)

    def answer():
        if isinstance(room, OSError):
            raise room
        return room

    monkeypatch.setattr(stream, "get_write_available", answer)
    with pytest.raises(OutputError, match="the sound device has failed"):
        output.write(slice_of())
