"""Listeners who each hear one song after another through a fleet, and compare every byte.

They are clients of the protocol with closing messages, and know nothing of what stands between.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from fsm.client.events import AudioReceived, NotFoundReceived
from net.responses import ResponseDecoder

READ_BYTES = 16 * 1024
SILENCE_S = 60.0
"""Longer than any wait that a test brings about."""


@dataclass(slots=True)
class Heard:
    """songs: heard to their ends, every byte right. wrong: with other bytes. failed: the server
    said that it could not go on. interrupted: not to their ends, and why. refused: connections that
    were not to be had. longest_s: without a byte.
    """

    songs: int = 0
    wrong: int = 0
    failed: int = 0
    interrupted: list[str] = field(default_factory=list)
    refused: int = 0
    longest_s: float = 0.0


class Listeners:
    """So many listeners. songs: the content by ID. rate: bytes per second of each.

    To be used in a running event loop: `start`, then `stop`, which lets the songs end.
    """

    def __init__(self, port: int, songs: Mapping[int, bytes], count: int, rate: float) -> None:
        self._port, self._count, self._rate = port, count, rate
        self._songs = {song_id: {song} for song_id, song in songs.items()}
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self.heard = Heard()

    def start(self) -> None:
        """Begin to listen."""
        self._tasks = [asyncio.create_task(self._listen(n)) for n in range(self._count)]

    async def stop(self) -> Heard:
        """Return what was heard, when the songs that are on their way have ended."""
        self._stopping = True
        await asyncio.gather(*self._tasks)
        return self.heard

    def accept(self, song_id: int, song: bytes) -> None:
        """Another content is right, too, from now on: the song is about to be replaced."""
        self._songs[song_id].add(song)

    async def _listen(self, number: int) -> None:
        chance, song_ids = random.Random(number), list(self._songs)
        while not self._stopping:
            song_id = chance.choice(song_ids)
            try:
                await self._hear(song_id)
            except ConnectionRefusedError:
                self.heard.refused += 1
                await asyncio.sleep(0.1)
            except (OSError, EOFError, TimeoutError) as error:
                self.heard.interrupted.append(f"song {song_id}: {type(error).__name__} {error}")

    async def _hear(self, song_id: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=READ_BYTES)
        try:
            writer.write(b"SETUP ends END END" + f"PLAY {song_id} END END".encode())
            content = await self._audio(reader)
            if content is None:
                self.heard.failed += 1
            elif content in self._songs[song_id]:
                self.heard.songs += 1
            else:
                self.heard.wrong += 1
            writer.write(b"TEARDOWN END END")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _audio(self, reader: asyncio.StreamReader) -> bytes | None:
        """Return the song; None where the server says that it failed."""
        decoder, pieces = ResponseDecoder(), list[bytes]()
        began, got = time.monotonic(), 0
        while True:
            asked = time.monotonic()
            async with asyncio.timeout(SILENCE_S):
                data = await reader.read(READ_BYTES)
            self.heard.longest_s = max(self.heard.longest_s, time.monotonic() - asked)
            if not data:
                raise EOFError("the connection ended")
            for event in decoder.feed(data):
                if isinstance(event, NotFoundReceived):
                    return None
                if isinstance(event, AudioReceived):
                    if not event.data:
                        return b"".join(pieces)
                    pieces.append(event.data)
            got += len(data)
            await asyncio.sleep(max(0.0, began + got / self._rate - time.monotonic()))
