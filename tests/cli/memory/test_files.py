"""Files are replaced whole, are private, and are only read where they are files."""

import os
import stat

import pytest

from cli.memory import files


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_files_and_directories_are_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        files.replace(tmp_path / "a" / "b" / "c", b"x")
    finally:
        os.umask(before)
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o700, 0o700)
    assert mode(tmp_path / "a" / "b" / "c") == 0o600


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "link").symlink_to("target")
    files.replace(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_bytes() == b"precious"
    assert not (tmp_path / "link").is_symlink()


def test_a_failure_leaves_the_old_content_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    files.replace(path, b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_what_a_killed_program_has_left_is_removed_after_a_while(tmp_path):
    for name in (".new-old", ".new-young", "file"):
        (tmp_path / name).touch()
    os.utime(tmp_path / ".new-old", (0, 0))
    os.utime(tmp_path / "file", (0, 0))
    files.remove_abandoned(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".new-young", "file"]
    files.remove_abandoned(tmp_path / "missing")


def test_only_files_are_read_and_only_small_ones(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="no regular file"):
        files.read(tmp_path / "fifo", 10)  # without waiting for a writer
    (tmp_path / "file").write_bytes(b"12345")
    assert files.read(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="larger"):
        files.read(tmp_path / "file", 4)


def test_what_is_put_aside_is_not_lost(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"?")
    assert files.put_aside(path).read_bytes() == b"?"
    assert not path.exists()


def test_directories_are_where_the_desktop_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert files.data_directory("playlists") == tmp_path / "data" / "alfine" / "playlists"
    assert files.state_directory() == tmp_path / "state" / "alfine"


@pytest.mark.parametrize(
    ("limit", "read"),
    [
        (0, b""),
        (3, b""),
        (4, b"two\n"),
        (7, b"two\n"),
        (8, b"one\ntwo\n"),
        (9, b"one\ntwo\n"),
        (100, b"a\none\ntwo\n"),
    ],
)
def test_of_a_large_file_the_last_whole_lines_are_read(tmp_path, limit, read):
    (tmp_path / "file").write_bytes(b"a\none\ntwo\n")
    assert files.read_last_lines(tmp_path / "file", limit) == read


def test_last_lines_are_only_read_of_files(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="no regular file"):
        files.read_last_lines(tmp_path / "fifo", 10)
    with pytest.raises(OSError, match="No such file"):
        files.read_last_lines(tmp_path / "missing", 10)
