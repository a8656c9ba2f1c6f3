"""Shows text that is longer than the screen in the person's pager: $PAGER, else less."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess

from prompt_toolkit.application import in_terminal

LESS_OPTIONS = "FRX"
"""F: quit at once if the text fits. R: pass colours on. X: leave the text on the screen, so that
the IDs in it can still be read at the prompt."""


async def page(text: str) -> None:
    """Show the text and return when the person leaves the pager; the event loop runs meanwhile."""
    command = _pager()
    async with in_terminal():
        if command is None:
            print(text, flush=True)
        else:
            await asyncio.get_running_loop().run_in_executor(None, _show, command, text)


def _pager() -> list[str] | None:
    try:
        command = shlex.split(os.environ.get("PAGER", "")) or ["less"]
    except ValueError:  # a quote that is not closed
        return None
    return command if shutil.which(command[0]) else None


def _show(command: list[str], text: str) -> None:
    environment = {"LESS": LESS_OPTIONS, "LESSCHARSET": "utf-8"}
    try:
        subprocess.run(
            command, input=text + "\n", encoding="utf-8", env=environment | os.environ, check=False
        )
    except OSError:
        print(text, flush=True)
