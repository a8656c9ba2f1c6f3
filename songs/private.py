"""A directory that only this user can change, made where others may write."""

import errno
import os
import stat
from pathlib import Path


def private_directory(parent: Path) -> Path:
    """Return parent, if only this user may change it, else a directory in it that is his own.

    Without that another user could plant a link under the name of a file that is written there.
    Raises OSError: there is none, and its name is taken, or whoever owns parent may replace it.
    """
    uid = os.geteuid()
    status = os.stat(parent)
    if status.st_uid == uid and not status.st_mode & stat.S_IWOTH:
        return parent
    if status.st_uid not in (0, uid) or _may_be_replaced(status):
        raise OSError(errno.EACCES, "another user may change it")
    own = parent / f"alfine-{uid}"
    own.mkdir(mode=0o700, exist_ok=True)
    status = os.lstat(own)  # a link is no directory
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != uid or status.st_mode & 0o077:
        raise OSError(errno.EACCES, f"{own.name} in it is not this user's own")
    return own


def _may_be_replaced(status: os.stat_result) -> bool:
    """Whether others may rename what is in a directory of this status."""
    return (
        bool(status.st_mode & (stat.S_IWOTH | stat.S_IWGRP)) and not status.st_mode & stat.S_ISVTX
    )
