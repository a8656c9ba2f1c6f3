"""Finds the private directory where the clients of one user meet. It knows names, not contents."""

from __future__ import annotations

import contextlib
import os
import stat

MAX_BASE_BYTES = 75
"""A longer name would leave no room: the path of a socket has at most 103 bytes (macOS)."""


def runtime_directory() -> str:
    """Return `alfine` in XDG_RUNTIME_DIR, else one's own in the directory for temporary files.

    It is made where it is missing, and belongs to this user alone. Raises OSError: it cannot be.
    """
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if _fits(base) and os.stat(base).st_uid == os.geteuid():
        return _made(os.path.join(base, "alfine"))
    base = os.environ.get("TMPDIR", "")
    return _made(os.path.join(base if _fits(base) else "/tmp", f"alfine-{os.geteuid()}"))


def _fits(base: str) -> bool:
    return os.path.isabs(base) and os.path.isdir(base) and len(os.fsencode(base)) <= MAX_BASE_BYTES


def _made(path: str) -> str:
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    status = os.lstat(path)  # a link that somebody has planted is no directory
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise PermissionError(f"{path} is not this user's own directory: remove it")
    if status.st_mode & 0o077:
        os.chmod(path, 0o700)
    return path
