"""Runs the commands that other programs send to this client, and answers in JSON.

They go the way of a typed line: parsed by `cli.words.commands`, decided by the machines.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from cli.outside.watching import StatusWatch
from cli.playing.program import ClientProgram
from cli.words.commands import parser
from cli.words.commands.table import CommandError
from cli.words.formatters.json_lines import JsonFormatter, dump, status_members
from cli.words.moment import Status
from cli.words.safe_text import shown


class OutsideFormatter(JsonFormatter):
    """Formats as `--json` does; a status also says whose it is: `client`, `server`, `since_s`."""

    def __init__(self, server: str, since_s: Callable[[], float | None]) -> None:
        super().__init__(server)
        self._since_s = since_s

    def status(self, status: Status) -> str:
        return dump("status", **status_members(status), **self._whose())

    def change(self, status: Status) -> str:
        """Format a status for a program that is told of each change alone."""
        return dump("status", **status_members(status, moving=False), **self._whose())

    def _whose(self) -> dict[str, Any]:
        return {"client": os.getpid(), "server": self.server, "since_s": self._since_s()}


class OutsideCommands:
    """Runs the lines of other programs in one client."""

    def __init__(self, program: ClientProgram, server: str, watch: StatusWatch) -> None:
        self._program = program
        self.formatter = OutsideFormatter(server, watch.since_s)

    def __repr__(self) -> str:
        return f"<OutsideCommands of {self._program!r}>"

    async def run(self, text: str) -> str:
        """Run a line; return the answer, one line of JSON (docs/outside.md)."""
        try:
            line = parser.parse(text)
            if line is None or not line.from_outside:
                raise CommandError(f"{shown(text) or 'nothing'} is for the prompt alone")
            context = await self._program.ready_for(line)
            if line.shows:
                return self._program.answer(line, self.formatter)
            requests = filter(None, (line.request(context), line.also(context)))
        except CommandError as error:
            return self.formatter.error(str(error), text)
        for request in requests:
            if refused := self._program.take_request(request):
                return self.formatter.error("; ".join(refused), text)
        return self._program.answer(line, self.formatter)

    def change(self) -> str:
        """Return the present status for a program that is told of each change alone."""
        return self.formatter.change(self._program.status())
