"""Shows the cover of the present song to the person: drawn in the terminal, else by the desktop.

Nothing of the picture itself reaches the terminal, only what chafa makes of it. It knows programs
and pictures; which song plays is not its business.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from typing import TYPE_CHECKING

from cli.playing.covers import NoCover, ShownCover

if TYPE_CHECKING:
    from cli.outside.cover import Cover

TIME_LIMIT_S = 10.0
MAX_DRAWN_BYTES = 4 << 20
MAX_MEMORY_KIB = 2 << 20
"""Of address space: a picture of a few bytes may claim to have billions of pixels."""
MAX_COLUMNS, MAX_ROWS = 80, 40
DRAWN_KINDS = ("jpg", "png")


class CoverView:
    """Shows one cover after another; the file of the last one stays until it is closed.

    beginning: returns the song's first bytes, if here. draws: the terminal takes escape codes.
    """

    def __init__(self, beginning: Callable[[int], bytes], draws: bool) -> None:
        self._beginning, self._draws = beginning, draws
        self._cover: Cover | None = None
        self._viewers: set[asyncio.Task[int]] = set()

    def __repr__(self) -> str:
        return f"<CoverView {self._cover}>"

    async def show(self) -> ShownCover:
        """Draw the cover, or have the desktop open it, or say where it is. Raises NoCover."""
        if self._cover is None:
            # What reads tags is not loaded at every start.
            from cli.outside.cover import Cover, remove_abandoned

            with contextlib.suppress(OSError):
                remove_abandoned()
            self._cover = Cover(self._beginning, "view")
        picture = self._cover.take()
        if picture is None:
            raise NoCover("there is no picture in what is here of the song")
        if not self._cover.show(picture):
            raise NoCover("the picture cannot be written to a file")
        path = self._cover.path
        checked = picture.kind in DRAWN_KINDS
        if self._draws and checked and (drawn := await _drawn(path)):
            return ShownCover(path, f"the cover is in {path}", drawn)
        if self._draws and checked and await self._open(path):
            return ShownCover(path, f"opened {path}")
        hint = "; chafa, once it is installed, draws it here" if self._draws and checked else ""
        return ShownCover(path, f"the cover is in {path}{hint}")

    def close(self) -> None:
        """Remove the file, and wait for no program that shows it."""
        if self._cover is not None:
            self._cover.remove()
        for viewer in self._viewers:
            viewer.cancel()

    async def _open(self, path: str) -> bool:
        """Have the desktop show the file; whether there is one that can."""
        opener = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
        shown_on = "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
        if opener is None or not (shown_on or sys.platform == "darwin"):
            return False
        try:
            process = await _started(opener, path)
        except OSError:
            return False
        viewer = asyncio.create_task(process.wait())
        self._viewers.add(viewer)
        viewer.add_done_callback(self._viewers.discard)
        return True


async def _drawn(path: str) -> str:
    """Return the picture as chafa draws it for this terminal; "" where it cannot."""
    chafa = shutil.which("chafa")
    if chafa is None:
        return ""
    columns, rows = shutil.get_terminal_size()
    size = f"{min(columns - 1, MAX_COLUMNS)}x{max(1, min(rows - 4, MAX_ROWS))}"
    limited = f'ulimit -v {MAX_MEMORY_KIB} 2>/dev/null; exec "$0" "$@"'
    command = ("/bin/sh", "-c", limited, chafa, "--animate", "off", "--size", size, path)
    try:
        process = await _started(*command, stdout=PIPE)
    except OSError:
        return ""
    return await _output(process)


async def _output(process: Process) -> str:
    """Return what the program prints, if it ends well, in time, and within the bounds."""
    assert process.stdout is not None, "its output is a pipe"
    drawn = b""
    try:
        async with asyncio.timeout(TIME_LIMIT_S):
            while part := await process.stdout.read(MAX_DRAWN_BYTES + 1 - len(drawn)):
                drawn += part
            code = await process.wait() if len(drawn) <= MAX_DRAWN_BYTES else 1
    except TimeoutError:
        code = 1
    if process.returncode is None:
        await _killed(process)
    return drawn.decode(errors="replace").rstrip("\n") if code == 0 else ""


async def _killed(process: Process) -> None:
    """Kill the program and all that it has started; it has a session of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TIME_LIMIT_S):
            await process.communicate()  # what is left in its pipe; `wait` alone would not end


async def _started(*command: str, stdout: int = DEVNULL) -> Process:
    """Start a program that has no terminal, so that it cannot take this one's keys."""
    return await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=stdout, stderr=DEVNULL, start_new_session=True
    )
