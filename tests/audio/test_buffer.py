"""The MAD buffer: appended bytes can be read from any offset, in any thread, at any time."""

from __future__ import annotations

import errno
import os
import random
import tempfile
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio import AudioBuffer


def start_thread(target) -> threading.Thread:
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread


def ends(thread: threading.Thread) -> bool:
    thread.join(10)
    return not thread.is_alive()


@given(st.lists(st.binary(max_size=50)), st.integers(0, 100), st.integers(0, 200))
def test_every_byte_can_be_read_from_memory_and_from_the_file(pieces, memory, offset):
    buffer = AudioBuffer(memory_limit_bytes=memory)
    for piece in pieces:
        buffer.append(piece)
    buffer.finish()
    whole, read = b"".join(pieces), b""
    while data := buffer.read_at(offset + len(read), 7):
        assert len(data) <= 7
        read += data
    assert read == whole[offset:]
    assert buffer.received_bytes == len(whole)
    assert buffer.readable(offset) == max(0, len(whole) - offset)
    buffer.discard()


def test_a_reader_waits_for_the_first_byte_and_returns_what_has_arrived():
    buffer, got = AudioBuffer(), []
    reader = start_thread(lambda: got.append(buffer.read_at(0, 100)))
    buffer.append(b"abc")
    assert ends(reader)
    assert got == [b"abc"]


@pytest.mark.parametrize("end", [AudioBuffer.finish, AudioBuffer.discard])
def test_the_end_wakes_a_waiting_reader(end):
    buffer, got = AudioBuffer(), []
    buffer.append(b"abc")
    reader = start_thread(lambda: got.append(buffer.read_at(3, 100)))
    end(buffer)
    assert ends(reader)
    assert got == [b""]


def test_watchers_are_called_at_the_end_and_only_then():
    buffer, calls = AudioBuffer(), []
    buffer.watch(lambda: calls.append((buffer.finished, buffer.discarded)))
    buffer.append(b"abc")
    assert calls == []
    buffer.finish()
    buffer.discard()
    assert calls == [(True, False), (True, True)]


def test_a_byte_that_is_awaited_calls_once_now_or_when_it_comes():
    buffer, calls = AudioBuffer(), []
    buffer.append(b"abc")
    buffer.when_readable(2, lambda: calls.append("here"))
    buffer.when_readable(4, lambda: calls.append(buffer.readable(4)))
    buffer.append(b"d")
    assert calls == ["here"]
    buffer.append(b"ef")
    buffer.append(b"gh")
    assert calls == ["here", 2]


def test_a_byte_that_never_comes_calls_nobody():
    buffer, calls = AudioBuffer(), []
    buffer.when_readable(4, lambda: calls.append(1))
    buffer.finish()
    buffer.discard()
    assert calls == []


def test_a_discarded_song_is_freed_and_late_data_is_ignored():
    buffer = AudioBuffer(memory_limit_bytes=4)
    buffer.append(b"abcdefgh")
    assert buffer._file is not None
    descriptor = buffer._file.fileno()
    buffer.discard()
    buffer.append(b"late")
    assert buffer.readable(0) == 0
    assert buffer.read_at(0, 10) == b""
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_finished_song_cannot_grow():
    buffer = AudioBuffer()
    buffer.finish()
    with pytest.raises(ValueError, match="finished"):
        buffer.append(b"more")


def test_the_file_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    buffer = AudioBuffer(memory_limit_bytes=0)
    buffer.append(b"abc")
    assert list(tmp_path.iterdir()) == []
    assert buffer.read_at(1, 10) == b"bc"


def test_a_full_disk_raises_and_loses_nothing(monkeypatch):
    buffer = AudioBuffer(memory_limit_bytes=4)
    buffer.append(b"abcdef")
    pwrite = os.pwrite

    def full(fd, data, at):
        if len(data) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return pwrite(fd, data[:-1], at)

    monkeypatch.setattr(os, "pwrite", full)
    folder = tempfile.gettempdir()
    with pytest.raises(OSError, match=f"{folder} is full after 6 bytes .*: free some .* TMPDIR"):
        buffer.append(b"ghijk")
    monkeypatch.undo()
    assert buffer.received_bytes == 6
    buffer.append(b"GH")
    assert buffer.read_at(4, 10) == b"efGH"


def test_a_missing_directory_for_the_file_raises(monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
    buffer = AudioBuffer(memory_limit_bytes=2)
    with pytest.raises(OSError, match="no room for the song"):
        buffer.append(b"abc")
    assert buffer.received_bytes == 0
    buffer.append(b"ab")
    assert buffer.read_at(0, 9) == b"ab"


def test_a_writer_and_four_readers_at_once():
    song = random.Random(3).randbytes(400_000)
    buffer, results = AudioBuffer(memory_limit_bytes=150_000), []

    def read_all(step):
        read = b""
        while data := buffer.read_at(len(read), step):
            read += data
        results.append(read)

    readers = [start_thread(lambda step=step: read_all(step)) for step in (700, 4096, 9999, 65536)]
    for at in range(0, len(song), 4096):
        buffer.append(song[at : at + 4096])
    buffer.finish()
    assert all(ends(reader) for reader in readers)
    assert results == [song] * 4


def test_a_song_may_have_so_many_bytes_and_no_more():
    buffer = AudioBuffer(memory_limit_bytes=2, max_bytes=5)
    buffer.append(b"abcde")
    with pytest.raises(OSError, match="larger than 0 MiB; --song-size allows more"):
        buffer.append(b"f")
    assert buffer.received_bytes == 5
    assert buffer.read_at(0, 2) + buffer.read_at(2, 3) == b"abcde"
