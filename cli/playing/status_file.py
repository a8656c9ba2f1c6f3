"""Tells other programs of the same person what a running client does, in a small file.

So `alfine client HOST PORT -c status`, in a status bar, says what plays in another window. A file
is valid while its writer holds its lock; the lock ends with the writer, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

from platformdirs import user_state_path

from cli.playing.changes import Watch
from cli.words.moment import Activity, Status

MIN_INTERVAL_S = 0.5
POSITION_TOLERANCE_S = 1.0
"""The position is written again only where it differs by more than this from the one that follows
from the last position written and the time since."""


async def keep_status_file(
    take_status: Callable[[], Status], changes: Watch, server: str, folder: Path | None = None
) -> None:
    """Write the status, and write it again when it changes, until cancelled; then remove the file.

    folder: by default in the user's state directory. An OSError ends the writing silently.
    """
    with contextlib.suppress(OSError):
        path = _folder(folder) / f"{_name(server)}.{os.getpid()}.json"
        with path.open("w+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                await _keep_writing(file, take_status, changes)
            finally:
                path.unlink(missing_ok=True)


async def _keep_writing(file: IO[str], take_status: Callable[[], Status], changes: Watch) -> None:
    written: tuple[Status, float] | None = None
    while True:
        status, at = take_status(), time.time()
        if written is None or not _is_as_expected(status, _advanced(*written, at)):
            written = (status, at)
            _write(file, {"at": at, "now": asdict(status) | {"activity": status.activity.value}})
        await changes.wait()
        await asyncio.sleep(MIN_INTERVAL_S)  # the player does what it is told a moment later


def _is_as_expected(status: Status, expected: Status) -> bool:
    if abs(status.position_s - expected.position_s) > POSITION_TOLERANCE_S:
        return False
    return replace(status, position_s=0.0) == replace(expected, position_s=0.0)


def _write(file: IO[str], content: dict[str, Any]) -> None:
    file.seek(0)
    file.write(json.dumps(content))
    file.truncate()
    file.flush()


def read_other_status(server: str, folder: Path | None = None) -> Status | None:
    """Return the status of another client of this server, if possible of one that plays."""
    with contextlib.suppress(OSError):
        statuses = list(_read_statuses(server, _folder(folder)))
        return max(statuses, key=_rank, default=None)
    return None


def _rank(status: Status) -> int:
    order = (Activity.STOPPED, Activity.PAUSED)
    return order.index(status.activity) if status.activity in order else len(order)


def _read_statuses(server: str, folder: Path) -> Iterator[Status]:
    for path in sorted(folder.glob(f"{_name(server)}.*.json")):
        if path.suffixes[-2:-1] == [f".{os.getpid()}"]:
            continue
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError), path.open() as file:
            if _is_abandoned(file):
                path.unlink(missing_ok=True)
                continue
            content = json.load(file)
            members = content["now"]
            members |= {
                "activity": Activity(members["activity"]),
                "queue": tuple(members["queue"]),
            }
            yield _advanced(Status(**members), content["at"], time.time())


def _is_abandoned(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _advanced(status: Status, at: float, now: float) -> Status:
    """Return the status taken at `at` as it is at `now` if nothing has happened since."""
    if status.activity is not Activity.PLAYING:
        return status
    position_s = status.position_s + max(0.0, now - at)
    if status.duration_s is not None:
        position_s = min(position_s, status.duration_s)
    return replace(status, position_s=position_s)


def _folder(folder: Path | None) -> Path:
    # Not the runtime directory: not every system has one, and its substitute is shared by users.
    folder = folder or user_state_path("alfine") / "running"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _name(server: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in server)
