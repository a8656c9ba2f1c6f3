"""Where titles are kept: no other user can plant a link there."""

import os
from pathlib import Path

import pytest

from songs import Library, private_directory
from tests.songs.making import NOBODY, open_directory, put, unprivileged

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs two users")


def shared(path: Path) -> Path:
    """Make a directory as /tmp is."""
    path.mkdir()
    os.chmod(path, 0o1777)
    return path


def test_a_directory_of_ones_own_is_used_as_it_is(tmp_path: Path) -> None:
    for mode in (0o700, 0o755, 0o775):
        os.chmod(tmp_path, mode)
        assert private_directory(tmp_path) == tmp_path


def test_in_a_shared_directory_one_of_ones_own_is_made(tmp_path: Path) -> None:
    parent = shared(tmp_path / "tmp")
    own = private_directory(parent)
    assert own == parent / f"alfine-{os.geteuid()}"
    assert os.stat(own).st_mode & 0o777 == 0o700
    assert private_directory(parent) == own


@pytest.mark.parametrize("planted", ["link", "file", "open to others"])
def test_what_somebody_has_planted_there_is_not_used(tmp_path: Path, planted: str) -> None:
    parent = shared(tmp_path / "tmp")
    own = parent / f"alfine-{os.geteuid()}"
    (tmp_path / "target").mkdir()
    if planted == "link":
        own.symlink_to(tmp_path / "target")
    elif planted == "file":
        own.write_bytes(b"")
    else:
        own.mkdir()
        os.chmod(own, 0o777)
    with pytest.raises(OSError, match=r"alfine|exists"):
        private_directory(parent)
    assert list((tmp_path / "target").iterdir()) == []


@as_root
def test_another_users_directory_is_not_used() -> None:
    with open_directory() as parent:
        shared(parent / "tmp")
        os.mkdir(parent / "tmp" / f"alfine-{NOBODY}", 0o700)
        with unprivileged(), pytest.raises(OSError, match="not this user's own"):
            private_directory(parent / "tmp")
        os.mkdir(parent / "theirs")
        os.chown(parent / "theirs", NOBODY, NOBODY)
        with pytest.raises(OSError, match="another user"):
            private_directory(parent / "theirs")


def test_a_shared_directory_without_the_sticky_bit_is_not_used(tmp_path: Path) -> None:
    parent = shared(tmp_path / "tmp")
    os.chmod(parent, 0o777)
    with pytest.raises(OSError, match="another user"):
        private_directory(parent)


def test_a_catalogue_that_is_a_link_is_not_followed(music: Path, tmp_path: Path) -> None:
    put(music / "x.mp3")
    index = tmp_path / "songs.sqlite"
    for target in (tmp_path / "not there", tmp_path / "file"):
        index.symlink_to(target)
        warnings = Library(music, index).scan().warnings
        assert len(warnings) == 1
        assert "not a regular file" in warnings[0]
        assert not (tmp_path / "not there").exists()
        index.unlink()
        (tmp_path / "file").write_bytes(b"")
    assert (tmp_path / "file").read_bytes() == b""
