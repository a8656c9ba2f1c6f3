"""Where the client's lines come from and go to without a screen: a plain terminal, or a script."""

from __future__ import annotations

import asyncio
import io
import sys
import threading
from collections.abc import AsyncGenerator, Sequence

from cli.playing.screen_face import ScreenGone

PROMPT = ">> "


class DumbScreen:
    """A person whose terminal can only take line after line (TERM=dumb), or is none at all.

    The terminal itself edits the line. It keeps what was typed when output comes in between.
    """

    has_person = True

    def __init__(self) -> None:
        self._open = False

    async def lines(self) -> AsyncGenerator[str, None]:
        """Each line that is typed; the end is Ctrl-D."""
        typed = _read_stdin()
        while True:
            self._show_prompt()
            line = await anext(typed, None)
            self._open = False
            if line is None:
                print(flush=True)
                return
            yield line

    def print(self, text: str, error: bool) -> None:
        """Print while no prompt stands."""
        print(text, flush=True)

    def print_above_prompt(self, text: str, error: bool) -> None:
        """Leave the prompt behind, if it is shown by now, print, and show a new one."""
        if not self._open:
            print(text, flush=True)
            return
        print(f"\n{text}", flush=True)
        self._show_prompt()

    def clear_line(self) -> None:
        """The terminal has thrown away what was typed; show where the next line goes."""
        if self._open:
            print(flush=True)
            self._show_prompt()

    def _show_prompt(self) -> None:
        self._open = True
        print(PROMPT, end="", flush=True)


class ScriptScreen:
    """Commands from the command line or from a pipe; answers to stdout, complaints to stderr.

    commands: in their order, or None to read standard input, a command a line. errors_too: print
    complaints where the answers go, for a program that reads both.
    """

    has_person = False

    def __init__(self, commands: Sequence[str] | None = None, errors_too: bool = False) -> None:
        self._commands = commands
        self._errors = sys.stdout if errors_too else sys.stderr

    async def lines(self) -> AsyncGenerator[str, None]:
        """Each command."""
        if self._commands is None:
            async for line in _read_stdin():
                yield line
        else:
            for line in self._commands:
                yield line

    def print(self, text: str, error: bool) -> None:
        """Print; a script has no prompt. Raises ScreenGone."""
        try:
            print(text, flush=True, file=self._errors if error else sys.stdout)
        except OSError as failure:
            raise ScreenGone(failure.errno, failure.strerror) from failure

    print_above_prompt = print

    def clear_line(self) -> None:
        """Nothing is typed that could be thrown away."""


async def _read_stdin() -> AsyncGenerator[str, None]:
    """Each line of standard input, read in a thread of its own.

    The thread is a daemon: a read that nobody answers must not hold up the end of the program.
    """
    if sys.stdin is None:  # closed by whoever started this
        return
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        # Unbuffered: Python aborts if it ends while a thread holds the lock of a buffered stdin.
        for raw in io.FileIO(sys.stdin.fileno(), closefd=False):
            loop.call_soon_threadsafe(lines.put_nowait, raw.decode(errors="replace"))
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line
