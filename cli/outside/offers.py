"""All that a running client offers to other programs, opened and closed together."""

from __future__ import annotations

import asyncio
import contextlib

from cli.outside.commands import OutsideCommands
from cli.outside.served import CommandSocket
from cli.outside.watching import StatusWatch
from cli.playing.changes import Watch
from cli.playing.program import ClientProgram


class Offers:
    """What one client offers while the block runs. What cannot be offered is left out silently."""

    def __init__(self, program: ClientProgram, changes: Watch, server: str) -> None:
        self._watch = StatusWatch(program.status, changes)
        commands = OutsideCommands(program, server, self._watch)
        self._socket = CommandSocket(commands, self._watch)
        self._watching: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Offers {self._socket}>"

    async def __aenter__(self) -> Offers:
        self._watching = asyncio.create_task(self._watch.run())
        with contextlib.suppress(OSError):
            await self._socket.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._socket.close()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
