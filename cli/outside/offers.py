"""All that a running client offers to other programs, opened and closed together."""

from __future__ import annotations

import asyncio
import contextlib

from cli.outside.commands import OutsideCommands
from cli.outside.desktop.desktop import Desktop
from cli.outside.served import CommandSocket
from cli.outside.watching import StatusWatch
from cli.playing.changes import Watch
from cli.playing.program import ClientProgram


class Offers:
    """What one client offers while the block runs. What cannot be offered is left out silently.

    notify: a notification is shown for each song.
    """

    def __init__(self, program: ClientProgram, changes: Watch, server: str, notify: bool) -> None:
        self._watch = StatusWatch(program.status, changes)
        commands = OutsideCommands(program, server, self._watch)
        self._socket = CommandSocket(commands, self._watch)
        self._desktop = Desktop(program, commands, self._watch, notify)
        self._tasks: list[asyncio.Task[None]] = []

    def __repr__(self) -> str:
        return f"<Offers {self._socket} {self._desktop}>"

    async def __aenter__(self) -> Offers:
        self._tasks = [
            asyncio.create_task(self._watch.run()),
            asyncio.create_task(self._desktop.run()),
        ]
        with contextlib.suppress(OSError):
            await self._socket.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._socket.close()
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, Exception):  # a fault in the program, and not in what it meets
                raise ended
