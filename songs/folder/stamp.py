"""By which a file is known to be unchanged."""

import os
from typing import NamedTuple


class Stamp(NamedTuple):
    """Where a file lies, its size, and the times of its last changes.

    Anyone may set the time of the content's last change (mtime) back; that of the inode's (ctime)
    is the kernel's own. Both have the resolution of the kernel's clock: some milliseconds.
    """

    device: int
    inode: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """Take a stamp."""
        return cls(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        )


def stamp_text(status: os.stat_result) -> str:
    """Return a stamp as text that stays the same over restarts, where a device's number may not.

    Text, because an inode's number may exceed SQLite's integers.
    """
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"


def inode_in(stamp: str) -> str | None:
    """Return the inode's number in a stamp as text; None if the stamp is empty."""
    parts = stamp.split(":")
    return parts[3] if len(parts) > 3 else None
