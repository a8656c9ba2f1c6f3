"""Shows what is longer than the screen, a page at a time, by the pager that the person has."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess

from prompt_toolkit.application import in_terminal

QUIT_AT_ONCE_LEAVE_COLOURS_AND_TEXT = "FRX"
"""less: stay on the screen when left, so that the IDs can still be read at the prompt."""


async def page(text: str) -> None:
    """Show it and return when the person has seen enough; the sound and the socket go on."""
    command = _pager()
    async with in_terminal():
        if command is None:
            print(text, flush=True)
        else:
            await asyncio.get_running_loop().run_in_executor(None, _show, command, text)


def _pager() -> list[str] | None:
    command = shlex.split(os.environ.get("PAGER", "")) or ["less"]
    return command if shutil.which(command[0]) else None


def _show(command: list[str], text: str) -> None:
    environment = {"LESS": QUIT_AT_ONCE_LEAVE_COLOURS_AND_TEXT, "LESSCHARSET": "utf-8"}
    try:
        subprocess.run(
            command, input=text + "\n", encoding="utf-8", env=environment | os.environ, check=False
        )
    except OSError:
        print(text, flush=True)
