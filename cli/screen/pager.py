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


class Pager:
    """Shows one text after another."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._over = False

    def __repr__(self) -> str:
        return f"<Pager {self._process}>"

    async def show(self, text: str) -> None:
        """Return when the person leaves the pager; the event loop runs meanwhile."""
        command = _command()
        async with in_terminal():
            if command is None:
                print(text, flush=True)
            else:
                await asyncio.get_running_loop().run_in_executor(None, self._show, command, text)

    def end(self) -> None:
        """End the pager that is open, and each that is opened from now on."""
        self._over = True
        if self._process is not None:
            self._process.terminate()

    def _show(self, command: list[str], text: str) -> None:
        environment = {"LESS": LESS_OPTIONS, "LESSCHARSET": "utf-8"} | os.environ
        try:
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, encoding="utf-8", env=environment
            ) as self._process:
                if self._over:
                    self._process.terminate()
                self._process.communicate(f"{text}\n")
        except OSError:
            print(text, flush=True)


def _command() -> list[str] | None:
    """Return what starts the person's pager; None where there is none."""
    try:
        command = shlex.split(os.environ.get("PAGER", "")) or ["less"]
    except ValueError:  # a quote that is not closed
        return None
    return command if shutil.which(command[0]) else None
