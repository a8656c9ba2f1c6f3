"""Where the client's lines come from and go to: a terminal, or a script."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal

PROMPT = ">> "


class TerminalScreen:
    """A person at a terminal. interrupt: called for Ctrl-C at the prompt."""

    has_person = True

    def __init__(self, interrupt: Callable[[], None]) -> None:
        self._interrupt = interrupt
        self._prompt: PromptSession[str] = PromptSession(PROMPT)

    async def lines(self) -> AsyncIterator[str]:
        """Each line that is typed; the end is Ctrl-D."""
        while True:
            try:
                yield await self._prompt.prompt_async()
            except KeyboardInterrupt:
                self._interrupt()
            except EOFError:
                return

    def print(self, text: str, error: bool) -> None:
        """Print while no prompt stands."""
        print(text, flush=True)

    def print_above_prompt(self, text: str, error: bool) -> None:
        """Take the prompt off the screen, print, and put it back as it was."""
        run_in_terminal(lambda: print(text, flush=True))


class ScriptScreen:
    """Commands from the command line or from a pipe; answers to stdout, complaints to stderr.

    commands: in their order, or None to read standard input, a command a line.
    """

    has_person = False

    def __init__(self, commands: Sequence[str] | None = None) -> None:
        self._commands = commands

    async def lines(self) -> AsyncIterator[str]:
        """Each command."""
        if self._commands is None:
            async for line in _read_stdin():
                yield line
        else:
            for line in self._commands:
                yield line

    def print(self, text: str, error: bool) -> None:
        """Print; a script has no prompt."""
        print(text, flush=True, file=sys.stderr if error else sys.stdout)

    print_above_prompt = print


async def _read_stdin() -> AsyncIterator[str]:
    """Each line of standard input, read in a thread of its own.

    The thread is a daemon: a read that nobody answers must not hold up the end of the program.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        for raw in sys.stdin.buffer:
            loop.call_soon_threadsafe(lines.put_nowait, raw.decode(errors="replace"))
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line
