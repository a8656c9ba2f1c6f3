"""Runs a server that the kernel or the disk fails: as a prefix of its command.

python -m tests.net.server.hindered forks|monitors|reads FOLDER python -m cli.server ...
"""

from __future__ import annotations

import errno
import os
import runpy
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monitor.server.parent import ParentMonitor
from songs.folder.folder import FolderSearch
from songs.scan import full as full_scan


def prefix(how: str, folder: Path) -> tuple[str, ...]:
    """Return the prefix."""
    return (sys.executable, "-m", "tests.net.server.hindered", how, str(folder))


def forks(folder: Path) -> None:
    """Fork no more while there is a file `held`."""
    fork = os.fork

    def refused() -> int:
        if (folder / "held").exists():
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return fork()

    os.fork = refused


def monitors(folder: Path) -> None:
    """Have no new worker monitored while there is a file `held`; write a dot for each that is."""
    in_parent = ParentMonitor.in_parent

    def refused(monitor: ParentMonitor, slot: int) -> None:
        if (folder / "held").exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        in_parent(monitor, slot)
        with (folder / "monitored").open("a") as dots:
            dots.write(".")

    ParentMonitor.in_parent = refused  # type: ignore[method-assign]


def reads(folder: Path) -> None:
    """Read no song while there is a file `held`; write a dot for each that is read from then on."""
    search, read = FolderSearch.folder, folder / "read"

    def slow(reader: FolderSearch, *arguments: Any) -> Iterator[Any]:
        for found in search(reader, *arguments):
            if read.exists() or (folder / "held").exists():
                with read.open("a") as dots:
                    dots.write(".")
            while (folder / "held").exists():
                time.sleep(0.01)
            yield found

    FolderSearch.folder = slow  # type: ignore[method-assign]
    full_scan.CHECK_FILES = 1  # type: ignore[misc]


if __name__ == "__main__":
    how, folder, _, _, module, *arguments = sys.argv[1:]
    {"forks": forks, "monitors": monitors, "reads": reads}[how](Path(folder))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")
