"""One direction of a connection: reads, and writes the same bytes on, as late as the faults say."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable

from proxy.faults import BLOCK_BYTES, Faults, pieces

MOST_DELAYED_BYTES = 1 << 20
"""What is read ahead of a delay: with more, the sender is not read from."""


class Pump:
    """Forwards one direction.

    passed: called with each piece when it goes on; b"" when the sender has ended.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        faults: Faults,
        passed: Callable[[bytes], None],
    ) -> None:
        self._reader, self._writer, self._faults, self._passed = reader, writer, faults, passed
        self._chance = random.Random(faults.seed)
        self.passed_bytes = 0
        self._delayed_bytes = 0
        """Read, and not forwarded before their time."""
        self._room = asyncio.Event()
        """There may be room for more of them."""

    async def run(self, most_bytes: int | None = None) -> bool:
        """Forward until the sender ends, or so many bytes more have passed; tell whether it ended.

        Raises OSError: one of the two connections is gone.
        """
        if self._faults.slows:
            source = self._delayed(most_bytes)
        else:
            source = self._read(most_bytes)
        async for piece in source:
            if not piece:
                self._passed(b"")
                return True
            await self._forward(piece)
        return False

    async def _forward(self, piece: bytes) -> None:
        self.passed_bytes += len(piece)
        self._passed(piece)  # first: who has received it finds that it was seen
        self._writer.write(piece)
        await self._writer.drain()
        if self._faults.rate_bytes_s:
            await asyncio.sleep(len(piece) / self._faults.rate_bytes_s)

    async def _read(self, most_bytes: int | None) -> AsyncIterator[bytes]:
        """Yield what comes, in pieces; b"" at the end."""
        while most_bytes is None or most_bytes > 0:
            room = BLOCK_BYTES if most_bytes is None else min(BLOCK_BYTES, most_bytes)
            if not (data := await self._reader.read(room)):
                yield b""
                return
            most_bytes = None if most_bytes is None else most_bytes - len(data)
            for piece in pieces(data, self._faults.split, self._chance):
                yield piece

    async def _delayed(self, most_bytes: int | None) -> AsyncIterator[bytes]:
        """Yield what comes when its time has come; meanwhile more is read."""
        waiting: asyncio.Queue[tuple[float, bytes] | Exception | None] = asyncio.Queue()
        reading = asyncio.create_task(self._read_ahead(most_bytes, waiting))
        loop = asyncio.get_running_loop()
        try:
            while (item := await waiting.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                due, piece = item
                await asyncio.sleep(due - loop.time())
                self._delayed_bytes -= len(piece)
                self._room.set()
                yield piece
        finally:
            reading.cancel()

    async def _read_ahead(
        self,
        most_bytes: int | None,
        waiting: asyncio.Queue[tuple[float, bytes] | Exception | None],
    ) -> None:
        loop, due = asyncio.get_running_loop(), 0.0
        try:
            async for piece in self._read(most_bytes):
                while self._delayed_bytes and self._delayed_bytes + len(piece) > MOST_DELAYED_BYTES:
                    self._room.clear()
                    await self._room.wait()
                self._delayed_bytes += len(piece)
                late = self._faults.delay_s + self._chance.uniform(0, self._faults.jitter_s)
                due = max(due, loop.time() + late)
                waiting.put_nowait((due, piece))
        except OSError as error:
            waiting.put_nowait(error)
        waiting.put_nowait(None)
