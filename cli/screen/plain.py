"""The screens without a status line: a terminal that only takes lines, and a script."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import io
import sys
import threading
from collections.abc import AsyncGenerator, Sequence
from typing import TextIO

from cli.playing.screen_face import ScreenGone

PROMPT = ">> "


class DumbScreen:
    """A person at a terminal that takes only line after line (TERM=dumb), or whose stdout is none.

    The terminal itself edits the line, and keeps what was typed when output comes in between.
    """

    has_person = True

    def __init__(self) -> None:
        self._prompt_shown = False

    async def lines(self) -> AsyncGenerator[str, None]:
        """Yield each line that is typed, until Ctrl-D."""
        typed = _read_stdin()
        while True:
            self._show_prompt()
            line = await anext(typed, None)
            self._prompt_shown = False
            if line is None:
                _print()
                return
            yield line

    def print(self, text: str, error: bool) -> None:
        """Print while no prompt is shown. Raises ScreenGone."""
        _print(text)

    def print_above_prompt(self, text: str, error: bool) -> None:
        """Print below the prompt, if it is shown by now, and show a new one."""
        if not self._prompt_shown:
            _print(text)
            return
        _print(f"\n{text}")
        self._show_prompt()

    def clear_line(self) -> None:
        """Show a new prompt: the terminal itself has discarded what was typed."""
        if self._prompt_shown:
            _print()
            self._show_prompt()

    def close_pager(self) -> None:
        """Do nothing: a long text is printed."""

    def _show_prompt(self) -> None:
        self._prompt_shown = True
        _print(PROMPT, end="")


class ScriptScreen:
    """Commands from the command line or from a pipe; answers to stdout, errors to stderr.

    commands: in their order, or None to read standard input, a command a line. errors_too: print
    errors to stdout too, for a program that reads both.
    """

    has_person = False

    def __init__(self, commands: Sequence[str] | None = None, errors_too: bool = False) -> None:
        self._commands = commands
        self._errors = sys.stdout if errors_too else sys.stderr

    async def lines(self) -> AsyncGenerator[str, None]:
        """Yield each command."""
        if self._commands is None:
            async for line in _read_stdin():
                yield line
        else:
            for line in self._commands:
                yield line

    def print(self, text: str, error: bool) -> None:
        """Print to stdout or stderr. Raises ScreenGone."""
        _print(text, file=self._errors if error else sys.stdout)

    print_above_prompt = print

    def clear_line(self) -> None:
        """Do nothing: a script has no line that is being typed."""

    def close_pager(self) -> None:
        """Do nothing: a long text is printed."""


def _print(text: str = "", end: str = "\n", file: TextIO | None = None) -> None:
    try:
        print(text, end=end, file=file, flush=True)
    except OSError as failure:
        raise ScreenGone(failure.errno, failure.strerror) from failure


async def _read_stdin() -> AsyncGenerator[str, None]:
    """Yield each line of standard input, read in a thread of its own.

    The thread is a daemon: a read that waits for ever must not delay the end of the program.
    """
    if sys.stdin is None:  # the parent process has closed it
        return
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        # Unbuffered: Python aborts if it exits while a thread holds the lock of a buffered stdin.
        mark = codecs.BOM_UTF8  # editors of Windows begin a file with it
        with contextlib.suppress(OSError):  # a terminal that is closed ends the input
            for raw in io.FileIO(sys.stdin.fileno(), closefd=False):
                line, mark = raw.removeprefix(mark), b""
                loop.call_soon_threadsafe(lines.put_nowait, line.decode(errors="replace"))
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line
