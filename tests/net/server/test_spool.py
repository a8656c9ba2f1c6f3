"""A spool is byte for byte what goes over the wire, and knows where each message ends."""

import itertools
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from net.framing import audio_message, chunks
from net.server import spool as spools
from net.server.spool import Spool, stamp_of

PIECES = [b" END END", b" END", b"END", b"END END", b"x", b" ", bytes(4096), b"\xff" * 5000]


def framed(song: bytes) -> bytes:
    return b"".join(audio_message(chunk) for chunk in chunks(song))


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("spool")


def filled(directory, song: bytes, tamper=lambda path: None) -> tuple[Spool, list[int]]:
    """Return a spool of this song, and the lengths at which it called `publish`.

    tamper: called with the song's path once it is open.
    """
    path = directory / "song"
    path.write_bytes(song)
    fd = os.open(path, os.O_RDONLY)
    lengths = []
    try:
        spool = Spool(1, stamp_of(os.fstat(fd)), directory, lambda spool: None)
        tamper(path)
        spool.fill(fd, lambda: lengths.append(spool.length_bytes))
    finally:
        os.close(fd)
    return spool, lengths


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map(b"".join))
def test_a_spool_is_what_goes_over_the_wire(directory, song):
    spool, lengths = filled(directory, song)
    wire = framed(song)
    assert spool.whole
    assert os.pread(spool.fd, len(wire) + 1, 0) == wire
    ends = [0]
    for chunk in chunks(song):
        ends.append(ends[-1] + len(audio_message(chunk)))
    assert set(lengths) <= set(ends), "a part of a message was published"
    for start, end in itertools.pairwise(ends):
        assert spool.boundary(start) == start
        assert {spool.boundary(offset) for offset in (start + 1, (start + end) // 2, end)} == {end}
    spool.close()


def test_the_first_messages_are_published_before_the_song_is_whole(directory):
    spool, lengths = filled(directory, bytes(10 * spools.READ_BYTES))
    assert len(lengths) > 10
    assert 0 < lengths[0] < spool.length_bytes / 5
    spool.close()


def test_a_large_song_of_full_messages_needs_no_index(directory):
    spool, _ = filled(directory, os.urandom(4096 * 500))
    assert spool.cost_bytes - spool.length_bytes < 100
    spool.close()


@pytest.mark.parametrize("size", [1, 999_999, 1_000_001])
def test_a_file_that_changed_is_never_whole(directory, size):
    spool, _ = filled(directory, bytes(1_000_000), lambda path: os.truncate(path, size))
    assert not spool.whole
    assert spool.failure == "the file was changed while it was read"
    spool.close()


def test_a_file_that_was_written_over_is_never_whole(directory):
    def write_over(path):
        path.write_bytes(bytes(1_000_000))
        os.utime(path, ns=(0, 0))

    spool, _ = filled(directory, bytes(1_000_000), write_over)
    assert (spool.whole, spool.failure is None) == (False, False)
    spool.close()


@pytest.mark.parametrize("change", [os.unlink, lambda path: os.rename(path, f"{path}.old")])
def test_a_file_that_lost_its_name_is_whole(directory, change):
    spool, _ = filled(directory, bytes(1_000_000), change)
    assert spool.whole
    spool.close()


def test_an_abandoned_song_is_not_framed_to_its_end(directory):
    path = directory / "song"
    path.write_bytes(bytes(10_000_000))
    fd = os.open(path, os.O_RDONLY)
    spool = Spool(1, stamp_of(os.fstat(fd)), directory, lambda spool: None)

    def abandon():
        spool.abandoned = True

    worker = threading.Thread(target=spool.fill, args=(fd, abandon))
    worker.start()
    worker.join()
    os.close(fd)
    assert spool.length_bytes < 1_000_000
    assert not spool.whole
    spool.close()


def test_a_read_error_is_the_failure(directory, monkeypatch):
    def fail(fd, count, offset):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(spools.os, "pread", fail)
    spool, _ = filled(directory, bytes(100))
    assert (spool.whole, spool.failure) == (False, "Input/output error")
    spool.close()


def test_a_full_disk_is_a_failure_of_the_cache(directory, monkeypatch):
    def fail(fd, data, offset):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spools.os, "pwrite", fail)
    spool, _ = filled(directory, bytes(100))
    assert spool.failure == "the cache directory: No space left on device"
    spool.close()
