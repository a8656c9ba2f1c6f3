"""One worker, as the monitor in the parent sees it: what it has answered last."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from typing import Any

from monitor.sample import Sample
from monitor.server.channel import encoded, receive
from monitor.server.totals import Totals
from monitor.server.worker import BEGIN, CHANGES, END, HISTORY, LAST_TOTALS, TOTALS

ANSWER_S = 2.0
"""A worker that takes longer is left out of what is shown, until it answers again."""


class Remote:
    """Asks one worker. totals: as it last said. lost: it has ended."""

    def __init__(self, channel: socket.socket, no_totals: Totals) -> None:
        self._channel = channel
        self._numbers = itertools.count(LAST_TOTALS + 1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self.totals = no_totals
        self.sample: Sample | None = None
        """The last one; None after a question that was not answered in time."""
        self.lost = False

    def __repr__(self) -> str:
        return f"<Remote {'lost' if self.lost else 'asked ' + str(len(self._asked))}>"

    async def open(self) -> None:
        """Receive, in the running loop."""
        reader, self._writer = await asyncio.open_unix_connection(sock=self._channel)
        self._task = asyncio.create_task(self._receive(reader))

    def close(self) -> None:
        """Ask no more."""
        if self._writer is not None:
            self._writer.close()
        if self._task is not None:
            self._task.cancel()

    async def begin(self) -> None:
        """Have `sample` be a full one."""
        self._take(await self._ask(BEGIN))

    async def changes(self) -> None:
        """Have `sample` be what has changed; None if it is not known."""
        self._take(await self._ask(CHANGES))

    def end(self) -> None:
        """Nobody watches any more."""
        self._send(END, "", next(self._numbers))

    async def history(self, name: str) -> Any:
        """Return the history of this dot, if it is one of this worker's."""
        return await self._ask(HISTORY, name)

    async def count(self) -> None:
        """Renew `totals`."""
        if (totals := await self._ask(TOTALS)) is not None:
            self.totals = totals

    def _take(self, sample: Sample | None) -> None:
        self.sample = sample
        if sample is not None:
            self.totals["sent_bytes"] = max(self.totals["sent_bytes"], sample["sent_bytes"])
            for number, fired in sample["rows"]:
                self.totals["rows"][number] = fired

    async def _ask(self, kind: str, name: str = "") -> Any:
        number = next(self._numbers)
        future = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self._send(kind, name, number)
            async with asyncio.timeout(ANSWER_S):
                return await future
        except TimeoutError:
            return None
        finally:
            del self._asked[number]

    def _send(self, kind: str, name: str, number: int) -> None:
        if self._writer is None or self.lost:
            self._answer(number, None)
        else:
            self._writer.write(encoded([number, kind, name]))

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                number, answer = await receive(reader)
                if number == LAST_TOTALS:
                    self.totals = answer
                self._answer(number, answer)
        self.lost = True
        for number in list(self._asked):
            self._answer(number, None)

    def _answer(self, number: int, answer: Any) -> None:
        future = self._asked.get(number)
        if future is not None and not future.done():
            future.set_result(answer)
