"""A spool is byte for byte what goes over the wire, and knows where each message ends."""

import itertools
import os
import socket
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from net.framing import audio_message, chunks
from net.server.songs import spool as spools
from net.server.songs.framer import CHANGED, Source
from net.server.songs.spool import LEAST_AHEAD_BYTES, MOST_AHEAD_BYTES, Passing, Position, Spool
from songs.folder.folder import FolderSong

PIECES = [b" END END", b" END", b"END", b"END END", b"x", b" ", bytes(4096), b"\xff" * 5000]


def framed(song: bytes) -> bytes:
    return b"".join(audio_message(chunk) for chunk in chunks(song))


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("spool")


def opened(directory, song: bytes) -> Source:
    path = directory / "song"
    path.write_bytes(song)
    return Source(FolderSong(os.open(path, os.O_RDONLY)))


def empty(directory, song: bytes) -> Spool:
    return Spool(1, opened(directory, song), tempfile.TemporaryFile(dir=directory, buffering=0))


def fill(spool: Spool) -> list[int]:
    """Frame the song to its end, as if a client took all of it; return the lengths meanwhile."""
    lengths = []
    while not spool.complete and spool.kept:
        spool.apply(spool.work())
        lengths.append(spool.length_bytes)
    return lengths


def filled(directory, song: bytes, tamper=lambda path: None) -> Spool:
    """Return a spool of this song. tamper: called with the song's path when some of it is read."""
    spool = empty(directory, song)
    spool.apply(spool.work())
    assert not spool.complete
    tamper(directory / "song")
    fill(spool)
    return spool


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map(b"".join))
def test_a_spool_is_what_goes_over_the_wire(directory, song):
    spool = empty(directory, song)
    lengths = fill(spool)
    wire = framed(song)
    assert spool.whole
    assert os.pread(spool.fd, len(wire) + 1, 0) == wire
    ends = [0]
    for chunk in chunks(song):
        ends.append(ends[-1] + len(audio_message(chunk)))
    assert set(lengths) <= set(ends), "a part of a message was published"
    for start, end in itertools.pairwise(ends):
        assert spool.ends.boundary(start) == start
        middle = (start + end) // 2
        assert {spool.ends.boundary(offset) for offset in (start + 1, middle, end)} == {end}
        assert spool.ends.is_short_end(end) == (end - start != 4117)
        assert end <= spool.ends.short_end(start)
    spool.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map(b"".join))
def test_what_passes_is_what_goes_over_the_wire(directory, song):
    passing = Passing(1, opened(directory, song), lambda spool: None, Position(), 0)
    passing.users = 1
    wire = framed(song)
    ours, its = socket.socketpair()
    with ours, its:
        received, offset = b"", 0
        while not passing.whole:
            assert passing.wants_work
            passing.apply(passing.work())
            while offset < passing.length_bytes:
                middle = min(offset + 1000, passing.length_bytes)
                assert passing.ends.boundary(middle) >= middle
                sent = passing.send(ours, offset, 5000)
                assert not passing.wants_work, "what is framed is not sent yet"
                offset += sent
                passing.sent(offset)
                received += its.recv(sent)
    assert received == wire
    passing.release()


def test_a_large_song_of_full_messages_needs_no_index(directory):
    spool = filled(directory, bytes(10_000_000))
    assert spool.cost_bytes < spool.length_bytes + 100
    spool.close()


def test_a_song_is_framed_as_far_again_as_a_client_has_come(directory):
    """Who takes nothing has little framed; who takes all of it never waits for a bound."""
    spool = empty(directory, bytes(30_000_000))
    spool.users = 1
    ahead = []
    for taken in (0, 1000, 600_000, 3_000_000, 12_000_000):
        spool.sent(taken)
        while spool.wants_work:
            spool.apply(spool.work())
        ahead.append(spool.length_bytes - taken)
    bounds = [LEAST_AHEAD_BYTES, LEAST_AHEAD_BYTES, 600_000, 3_000_000, MOST_AHEAD_BYTES]
    for got, bound in zip(ahead, bounds, strict=True):
        assert bound <= got < bound + 2 * spools.SLICE_BYTES
    spool.close()


@pytest.mark.parametrize("size", [999_999, 1_000_001, 0])
def test_a_file_that_changed_is_never_whole(directory, size):
    spool = filled(directory, bytes(1_000_000), lambda path: os.truncate(path, size))
    assert (spool.whole, spool.failure) == (False, CHANGED)
    spool.close()


def written_over(path, at: int = 990_000) -> None:
    """Other bytes in place, and the time set back: size and time say that nothing happened."""
    status = os.stat(path)
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(b"other")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("at", [10, 990_000])
def test_a_file_that_was_written_over_in_place_is_never_whole(directory, at):
    spool = filled(directory, bytes(1_000_000), lambda path: written_over(path, at))
    # Where only what was not read yet has changed, all that is sent is the file as it is.
    assert spool.whole == (at == 990_000)
    assert spool.failure == (None if at == 990_000 else CHANGED)
    spool.close()


def test_what_passes_is_never_whole_if_the_file_was_touched(directory):
    source = opened(directory, bytes(100_000))
    passing = Passing(1, source, lambda spool: None, Position(), 0)
    passing.users = 1
    passing.apply(passing.work())
    written_over(directory / "song", 10)
    while not passing.complete:
        passing.apply(passing.work())
    assert (passing.whole, passing.failure) == (False, CHANGED)


@pytest.mark.parametrize(
    "change",
    [os.unlink, lambda path: os.rename(path, f"{path}.old"), lambda path: os.chmod(path, 0o600)],
)
def test_a_file_that_lost_its_name_or_rights_is_whole(directory, change):
    spool = filled(directory, bytes(1_000_000), change)
    assert spool.whole
    spool.close()


def test_a_read_error_is_the_failure(directory, monkeypatch):
    def fail(fd, count, offset):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("songs.folder.folder.os.pread", fail)
    spool = empty(directory, bytes(100))
    fill(spool)
    assert (spool.whole, spool.failure) == (False, "Input/output error")
    spool.close()


def test_a_full_disk_ends_what_is_kept_and_the_rest_passes(directory, monkeypatch):
    song = os.urandom(1_000_000)
    spool = empty(directory, song)
    spool.users = 1
    spool.apply(spool.work())
    monkeypatch.setattr(spools.os, "pwrite", lambda *_: fail(28, "No space left on device"))

    def fail(number, words):
        raise OSError(number, words)

    assert spool.continuation() is None
    work = spool.work()
    assert work.unkept == "No space left on device"
    spool.apply(work)
    assert (spool.kept, spool.complete) == (False, False)
    kept = os.pread(spool.fd, spool.length_bytes, 0)
    rest = spool.continuation()
    passed = b""
    while not rest.whole:
        rest.apply(rest.work())
        passed += rest._messages
        rest.sent(rest.length_bytes)
    assert kept + passed == framed(song)
    rest.release()
    spool.close()
