"""Where the client keeps its files, and how they are read and replaced; not what they hold."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MODE = 0o600
_NEW = ".new-"
_ABANDONED_S = 3600.0


def data_directory(*parts: str) -> Path:
    """Return the directory of this name in the user's own data (XDG_DATA_HOME/alfine/PARTS)."""
    from platformdirs import user_data_path

    return user_data_path("alfine").joinpath(*parts)


def state_directory(*parts: str) -> Path:
    """Return the directory of this name in the user's own state (XDG_STATE_HOME/alfine/PARTS)."""
    from platformdirs import user_state_path

    return user_state_path("alfine").joinpath(*parts)


def make_private(directory: Path) -> None:
    """Make this directory, and what is missing above it, for this user alone. Raises OSError."""
    if not directory.is_dir():
        make_private(directory.parent)
        with contextlib.suppress(FileExistsError):
            directory.mkdir(0o700)


def read(path: Path, limit: int) -> bytes:
    """Return what a regular file holds, at most `limit` bytes; no FIFO or device is waited for.

    Raises OSError: it cannot be read, is no file, or is larger.
    """
    with _opened(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit >> 20} MiB")
    return content


def read_last_lines(path: Path, limit: int) -> bytes:
    """Return the last whole lines of a regular file, of `limit` bytes at most, however large it is.

    Raises OSError: it cannot be read, or is no file.
    """
    with _opened(path) as file:
        start = max(0, file.seek(0, os.SEEK_END) - limit)
        file.seek(max(0, start - 1))
        content = file.read(limit + 1)
    # The byte in front of them says whether the first of them is whole.
    return content.partition(b"\n")[2] if start else content[:limit]


def replace(path: Path, content: bytes) -> None:
    """Replace the file: whatever happens meanwhile, it holds the old content or the new.

    Its directories are made where they are missing. A link in its place is replaced, and not
    followed. Raises OSError: the old content stays.
    """
    import tempfile  # which loads slowly, and a script that only shows something writes nothing

    make_private(path.parent)
    descriptor, temporary = tempfile.mkstemp(prefix=_NEW, dir=path.parent)  # of mode 0600
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync(path.parent)


def remove_abandoned(directory: Path) -> None:
    """Remove what programs that were killed while they replaced a file have left here."""
    with contextlib.suppress(OSError):
        for path in directory.iterdir():
            if path.name.startswith(_NEW) and time.time() - path.stat().st_mtime > _ABANDONED_S:
                path.unlink()


def put_aside(path: Path) -> Path:
    """Rename a file that cannot be used, so that it is not lost; return its new path.

    Raises OSError.
    """
    aside = path.with_name(f"{path.name}.broken")
    os.replace(path, aside)
    return aside


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file to read; a FIFO or a device is not waited for. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        yield file


def _sync(directory: Path) -> None:
    """Have the file's new name survive a loss of power, where the file system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
