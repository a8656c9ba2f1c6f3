"""Runs a client's command: types into it, keeps what it prints, and ends it and its children.

It uses no shell. The command has a process group of its own, and only that group is ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import signal
import termios
from asyncio.subprocess import PIPE, Process

from check.client.news import News

MAX_OUTPUT_BYTES = 4 << 20
"""Of what a client prints, what is kept: the newest."""
_READ_BYTES = 65536
_END_S = 1.0


class Output:
    """What a client has printed, on both its outputs, in the order in which it was read."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._forgotten = 0

    @property
    def size(self) -> int:
        """How many have been printed."""
        return self._forgotten + len(self._kept)

    def add(self, data: bytes) -> None:
        """Append, and forget the oldest."""
        self._kept += data
        if (beyond := len(self._kept) - MAX_OUTPUT_BYTES) > 0:
            del self._kept[:beyond]
            self._forgotten += beyond

    def since(self, place: int) -> bytes:
        """Return what is kept of what came after so many bytes."""
        return bytes(self._kept[max(0, place - self._forgotten) :])


class ClientProcess:
    """A running command. code: its exit code; negative is the signal that ended it."""

    def __init__(self, process: Process, news: News, terminal: int | None) -> None:
        self._process = process
        self._news = news
        self._terminal = terminal
        self.output = Output()
        self.code: int | None = None
        self._tasks = [asyncio.create_task(self._wait())]
        if terminal is None:
            assert process.stdout is not None and process.stderr is not None
            self._readers = [
                asyncio.create_task(self._read(pipe)) for pipe in (process.stdout, process.stderr)
            ]
            self._tasks += self._readers
        else:
            self._readers = []
            asyncio.get_running_loop().add_reader(terminal, self._read_terminal)

    @classmethod
    async def start(cls, command: list[str], tty: bool, news: News) -> ClientProcess:
        """Start a command. Raises OSError: there is no such program, or it cannot be run."""
        environment = os.environ | {"TERM": "dumb", "PYTHONUNBUFFERED": "1"}
        terminal, inside = _terminal() if tty else (None, PIPE)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=inside,
                stdout=inside,
                stderr=inside,
                env=environment,
                start_new_session=True,
            )
        except BaseException:
            if terminal is not None:
                os.close(terminal)
            raise
        finally:
            if terminal is not None:
                os.close(inside)
        return cls(process, news, terminal)

    @property
    def running(self) -> bool:
        """It has not ended."""
        return self.code is None

    def type(self, line: str) -> None:
        """Type a line; one that nobody reads any more goes nowhere."""
        data = line.encode() + b"\n"
        with contextlib.suppress(OSError):
            if self._terminal is not None:
                os.write(self._terminal, data)
            elif self._process.stdin is not None:
                self._process.stdin.write(data)

    def end_input(self) -> None:
        """Say that nothing more will be typed: close the pipe, or type Ctrl-D."""
        with contextlib.suppress(OSError):
            if self._terminal is not None:
                os.write(self._terminal, b"\x04")
            elif self._process.stdin is not None:
                self._process.stdin.close()

    async def end(self) -> None:
        """End it and all that it has started; return when that is done."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.running:
                self._signal(number)
                await self._news.until(lambda: not self.running, _END_S)
        self._close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _close(self) -> None:
        if self._terminal is not None:
            asyncio.get_running_loop().remove_reader(self._terminal)
            os.close(self._terminal)
            self._terminal = None
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _signal(self, number: signal.Signals) -> None:
        # start_new_session has made the group's number that of the process.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def _wait(self) -> None:
        code = await self._process.wait()
        self._signal(signal.SIGKILL)  # whom it has left behind
        if self._readers:  # what it printed last is still in the pipes
            await asyncio.wait(self._readers, timeout=_END_S)
        self.code = code
        self._news.tell()

    async def _read(self, pipe: asyncio.StreamReader) -> None:
        while data := await pipe.read(_READ_BYTES):
            self.output.add(data)
            self._news.tell()

    def _read_terminal(self) -> None:
        assert self._terminal is not None
        try:
            data = os.read(self._terminal, _READ_BYTES)
        except OSError:  # EIO: nobody has the other end any more
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._terminal)
        self.output.add(data)
        self._news.tell()


def _terminal() -> tuple[int, int]:
    """Open a terminal of 80 x 24 that does not echo; return our end and the client's."""
    ours, inside = pty.openpty()
    mode = termios.tcgetattr(inside)
    mode[3] &= ~termios.ECHO
    termios.tcsetattr(inside, termios.TCSANOW, mode)
    termios.tcsetwinsize(inside, (24, 80))
    os.set_blocking(ours, False)
    return ours, inside
