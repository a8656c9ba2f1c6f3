"""Listeners who each hear one song after another through a fleet, and compare every byte.

They are clients of the protocol with closing messages and PLAY from an offset. When a connection
ends they do as the client does: they connect again, and go on with the byte that is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from fleet.arrival import Arrival, Changed
from fsm.client.events import AudioReceived, NotFoundReceived
from fsm.client.timeouts import FIRST_RETRY_S, LONGEST_RETRY_S
from net.responses import ResponseDecoder

READ_BYTES = 16 * 1024
SILENCE_S = 60.0
"""Longer than any wait that a test brings about."""


@dataclass(slots=True)
class Heard:
    """What became of songs, and of the connections that they came over.

    songs: heard to their ends, every byte right. wrong: with other bytes. failed: the server said
    that it could not go on, or went on with another content. interrupted: not to their ends, and
    why. stopped: songs whose sound stopped for want of bytes. asked_again: connections that ended
    before the first byte of the song. gone_on: connections that ended in a song, which went on over
    the next one. refused: connections that were not to be had. longest_s: without sound, from PLAY
    on.
    """

    songs: int = 0
    wrong: int = 0
    failed: int = 0
    interrupted: list[str] = field(default_factory=list)
    stopped: int = 0
    asked_again: int = 0
    gone_on: int = 0
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
            song = Arrival(chance.choice(song_ids), self._rate, time.monotonic())
            try:
                self._judge(song, await self._hear(song, chance))
            except Changed:
                self.heard.failed += 1
            except (OSError, EOFError) as error:
                why = f"song {song.song_id}: {type(error).__name__} {error}"
                self.heard.interrupted.append(why)
            self.heard.stopped += song.stopped
            self.heard.longest_s = max(self.heard.longest_s, song.longest_s)

    def _judge(self, song: Arrival, whole: bool) -> None:
        if not whole:
            self.heard.failed += 1
        elif bytes(song.content) in self._songs[song.song_id]:
            self.heard.songs += 1
        else:
            self.heard.wrong += 1

    async def _hear(self, song: Arrival, chance: random.Random) -> bool:
        """Have a song come, over as many connections as it takes.

        Returns whether it is whole; else the server says that it failed. Raises what ended the last
        connection where nothing has come for a minute.
        """
        longest_s = FIRST_RETRY_S
        while True:
            held_bytes = len(song.content)
            try:
                return await self._receive(song)
            except (OSError, EOFError) as error:
                if song.missing_s(time.monotonic()) > SILENCE_S:
                    raise
                self._count_end(error, song)
            if len(song.content) > held_bytes:
                longest_s = FIRST_RETRY_S
            await asyncio.sleep(chance.uniform(0.0, longest_s))
            longest_s = min(LONGEST_RETRY_S, 2 * longest_s)

    def _count_end(self, error: Exception, song: Arrival) -> None:
        if isinstance(error, ConnectionRefusedError):
            self.heard.refused += 1
        elif song.content:
            self.heard.gone_on += 1
        else:
            self.heard.asked_again += 1

    async def _receive(self, song: Arrival) -> bool:
        """Have it come, or the rest of it, over one connection."""
        async with self._connected() as (reader, writer):
            writer.write(b"SETUP ends tags from END END" + song.request())
            whole = await self._audio(reader, song)
            writer.write(b"TEARDOWN END END")
            return whole

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=READ_BYTES)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _audio(self, reader: asyncio.StreamReader, song: Arrival) -> bool:
        decoder = ResponseDecoder()
        while True:
            async with asyncio.timeout(SILENCE_S):
                data = await reader.read(READ_BYTES)
            if not data:
                raise EOFError("the connection ended")
            for event in decoder.feed(data):
                if isinstance(event, NotFoundReceived):
                    return False
                if isinstance(event, AudioReceived):
                    song.take(event.data, time.monotonic())
                    if not event.data:
                        return True
            await asyncio.sleep(song.too_early_s(time.monotonic()))
