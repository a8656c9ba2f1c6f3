"""The history survives crashes, other clients, and time."""

import multiprocessing
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.memory import heard as module
from cli.memory.heard import Heard, HeardFile, decode, encode
from cli.memory.kept import Kept
from tests.cli.memory.strategies import kept_songs


def song(number):
    return Heard(1_790_000_000.0 + number, "server:1", Kept(f"song {number}", number, "ab"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "heard.jsonl"


def test_what_was_heard_is_read_in_order(path):
    for number in range(3):
        HeardFile(path).add(song(number))
    assert HeardFile(path).read() == [song(0), song(1), song(2)]
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_file_nothing_was_heard(path):
    assert HeardFile(path).read() == []


def test_a_line_that_a_crash_has_cut_off_costs_that_line_alone(path):
    HeardFile(path).add(song(0))
    HeardFile(path).add(song(1))
    os.truncate(path, path.stat().st_size - 5)
    HeardFile(path).add(song(2))
    assert HeardFile(path).read() == [song(0), song(2)]


def test_the_older_half_is_forgotten(path, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 4096)
    file = HeardFile(path)
    for number in range(200):
        file.add(song(number))
        assert path.stat().st_size <= 4096 + 200
    kept = file.read()
    assert kept[-1] == song(199)
    assert kept == [song(number) for number in range(200 - len(kept), 200)]
    assert 10 < len(kept) < 100
    assert os.listdir(path.parent) == ["heard.jsonl"]


@pytest.mark.parametrize("rest", [b"", b"cut off", b"x" * 20_000])
def test_a_file_that_is_far_too_large_shows_its_newest_songs_and_is_shortened(
    path, monkeypatch, rest
):
    monkeypatch.setattr(module, "MAX_BYTES", 32_768)
    path.parent.mkdir()
    path.write_bytes(b"".join(encode(song(number)) for number in range(3000)) + rest)
    assert path.stat().st_size > 6 * 32_768
    before = HeardFile(path).read()
    assert before == [song(number) for number in range(3000 - len(before), 3000)]
    assert len(before) > 100
    HeardFile(path).add(song(3000))
    after = HeardFile(path).read()
    assert path.stat().st_size <= 32_768 // 2
    assert after == [song(number) for number in range(3001 - len(after), 3001)]
    assert len(rest) > 16_384 or len(after) > 100
    assert os.listdir(path.parent) == ["heard.jsonl"]


def test_a_shortening_that_fails_leaves_all_that_was_heard(path, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 4096)
    path.parent.mkdir()
    path.write_bytes(b"".join(encode(song(number)) for number in range(100)))

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module.files.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            HeardFile(path).add(song(100))
    assert path.read_bytes().splitlines()[-1] == encode(song(100)).strip()
    assert len(path.read_bytes().splitlines()) == 101
    HeardFile(path).add(song(101))
    assert HeardFile(path).read()[-2:] == [song(100), song(101)]
    assert path.stat().st_size <= 4096


def _add_many(path, first, count):
    module.MAX_BYTES = 20_000
    for number in range(first, first + count):
        HeardFile(path).add(song(number))


def test_clients_may_write_at_the_same_time_while_it_is_shortened(path, monkeypatch):
    """No line is torn, and of each client the latest are there, in their order."""
    monkeypatch.setattr(module, "MAX_BYTES", 20_000)
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_add_many, args=(path, n * 1000, 300)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    lines = path.read_bytes().splitlines()
    read = HeardFile(path).read()
    assert len(read) == len(lines) > 50
    numbers = [heard.song.song_id for heard in read]
    for n in range(3):
        of_one = [number for number in numbers if number // 1000 == n]
        assert of_one == sorted(of_one)
        if of_one:
            assert of_one == list(range(of_one[0], n * 1000 + 300))


@given(st.floats(0, 4e9).map(lambda at: round(at, 3)), st.text(max_size=20), kept_songs())
def test_a_line_holds_it_all(at, server, kept):
    line = encode(Heard(at, server, kept))
    assert line.endswith(b"\n") and line.count(b"\n") == 1 and line.isascii()
    assert decode(line) == Heard(at, server, kept)


@given(
    st.binary(max_size=60)
    | st.sampled_from(
        [
            b"{}",
            b"[]",
            b"1",
            b'{"at": "x", "server": ""}',
            b'{"at": 1e400, "server": "", "title": ""}',
            b'{"at": 1e18, "server": "s"}',
            b'{"at": NaN, "server": "s"}',
            b'{"at": 1, "server": 5}',
            b"[" * 60_000,
            b'{"at": 1, "server": "s", "song_id": -5}',
        ]
    )
)
def test_no_line_makes_it_raise(line):
    assert decode(line) is None
