"""The file of a trace: bounded in whole connections, never in the way, never over another file."""

import errno
import json
import os
import stat
import threading

import pytest

from traces import file as trace_file
from traces.file import CannotRecord, TraceFile, check_writable, encode

HEADER = {"program": "alfine server", "side": "server", "audio": False}


def lines(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def lost():
    """What was told of a trace that was given up."""
    return []


def begun(path, lost, size_bytes=1 << 20):
    return TraceFile(path, HEADER, size_bytes, lost.append)


def test_the_first_line_says_whose_trace_it_is(tmp_path, lost):
    trace = begun(tmp_path / "t.jsonl", lost)
    trace.write(1, {"connection": 1, "at": 0.5, "kind": "closed"})
    trace.close()
    first, second = lines(tmp_path / "t.jsonl")
    assert (first["kind"], first["trace"], first["side"]) == ("trace", 1, "server")
    assert first["program"] == "alfine server"
    assert first["version"]
    assert first["started"].endswith("+00:00")
    assert second == {"connection": 1, "at": 0.5, "kind": "closed"}
    assert stat.S_IMODE((tmp_path / "t.jsonl").stat().st_mode) == 0o600
    assert not lost


def test_no_byte_in_it_can_steer_a_terminal():
    line = encode({"text": "\x1b[2J\x00\x07\x7f\x9b\u202e\u0430\n\r"})
    assert line.endswith(b"\n")
    assert all(0x20 <= byte < 0x7F for byte in line[:-1])
    assert json.loads(line) == {"text": "\x1b[2J\x00\x07\x7f\x9b\u202e\u0430\n\r"}


def test_the_oldest_connections_are_dropped_whole(tmp_path, lost):
    path = tmp_path / "t.jsonl"
    trace = begun(path, lost, 20_000)
    for number in range(400):
        connection = 1 + number // 4  # four lines each; two connections at a time
        for each in (connection, connection + 1):
            trace.write(each, {"connection": each, "n": number, "text": "x" * 100})
    trace.close()
    assert path.stat().st_size <= 20_000
    first, dropped, *rest = lines(path)
    assert first["kind"] == "trace"
    kept = {line["connection"] for line in rest}
    assert kept == set(range(min(kept), 102))
    assert dropped == {
        "kind": "dropped",
        "connections": min(kept) - 1,
        "lines": dropped["lines"],
    }
    for connection in kept - {101}:
        numbers = [line["n"] for line in rest if line["connection"] == connection]
        every = [n for n in range(400) if connection in (1 + n // 4, 2 + n // 4)]
        assert numbers == every
    assert not lost


def test_a_connection_that_alone_is_too_long_is_dropped_with_its_later_lines(tmp_path, lost):
    path = tmp_path / "t.jsonl"
    trace = begun(path, lost, 5_000)
    for number in range(100):
        trace.write(1, {"connection": 1, "n": number, "text": "x" * 200})
    trace.write(2, {"connection": 2, "n": 0})
    trace.close()
    assert path.stat().st_size <= 5_000
    assert [line.get("connection") for line in lines(path)] == [None, None, 2]


def test_what_has_been_dropped_and_what_is_kept_take_no_memory(tmp_path, lost, monkeypatch):
    monkeypatch.setattr(trace_file, "LINES_AT_ONCE", 10)
    trace = begun(tmp_path / "t.jsonl", lost, 1_000_000)
    written = []
    real = trace._append
    monkeypatch.setattr(trace, "_append", lambda data: (written.append(len(data)), real(data)))
    for number in range(1, 20_001):
        trace.write(number, {"connection": number, "text": "x" * 100})
    trace.close()
    assert max(written) < 10 * 200
    assert len(trace._bytes) < 10_000
    assert trace._dropped > 10_000
    assert [line["connection"] for line in lines(tmp_path / "t.jsonl")[2:]] == list(
        range(trace._dropped + 1, 20_001)
    )


def test_a_disk_that_fills_ends_the_trace_and_is_told_once(tmp_path, lost):
    path = tmp_path / "t.jsonl"
    trace = begun(path, lost)
    real, full = trace._file, threading.Event()

    class Full:
        def write(self, data):
            if full.is_set():
                real.write(data[:10])  # a part of the line still has room
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real.write(data)

        def __getattr__(self, name):
            return getattr(real, name)

    trace._file = Full()
    trace.write(1, {"connection": 1, "n": 1})
    while b'"n":1' not in path.read_bytes():
        pass
    full.set()
    for number in range(2, 10):
        trace.write(1, {"connection": 1, "n": number})
    trace.close()
    [told] = lost
    assert "No space left" in told
    assert "\n" not in told
    assert [line.get("n") for line in lines(path)] == [None, 1]


def test_a_disk_that_is_too_slow_ends_the_trace_and_holds_nobody_up(tmp_path, lost, monkeypatch):
    monkeypatch.setattr(trace_file, "MAX_WAITING_BYTES", 10_000)
    trace = begun(tmp_path / "t.jsonl", lost)
    blocked = threading.Event()
    real = trace._file

    class Slow:
        def write(self, data):
            blocked.wait()
            return real.write(data)

        def __getattr__(self, name):
            return getattr(real, name)

    trace._file = Slow()
    for number in range(1000):
        trace.write(1, {"connection": 1, "n": number})
    blocked.set()
    trace.close()
    [told] = lost
    assert "too slow" in told


def test_an_older_trace_is_replaced_and_no_other_file(tmp_path, lost):
    path = tmp_path / "t.jsonl"
    begun(path, lost).close()
    check_writable(path)
    assert path.read_bytes() == b""
    begun(path, lost).close()
    other = tmp_path / "song.mp3"
    other.write_bytes(b"ID3")
    with pytest.raises(CannotRecord, match="is no trace"):
        check_writable(other)
    with pytest.raises(CannotRecord, match="is no trace"):
        begun(other, lost)
    assert other.read_bytes() == b"ID3"


def test_what_cannot_be_written_is_told_in_one_line(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path, why in (
        (tmp_path, "directory"),
        (tmp_path / "no" / "t", "No such file"),
        (tmp_path / "fifo", "no regular file"),
        (tmp_path / "a\nb\x1b" / "t", "No such file"),
    ):
        with pytest.raises(CannotRecord, match=why) as told:
            check_writable(path)
        assert str(told.value).isprintable()
