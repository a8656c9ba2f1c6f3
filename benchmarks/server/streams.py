"""The simplest server: asyncio streams, a write and a drain for each message.

It is measured beside alfine, and knows only PLAY and LIST.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from net.framing import audio_message
from net.wire import list_messages

EOM = b" END END"


class Client:
    """The connection of one client."""

    def __init__(self, songs: list[Path], writer: asyncio.StreamWriter) -> None:
        self._songs = songs
        self._writer = writer
        self._list_pending = False
        self._playing: asyncio.Task[None] | None = None

    async def serve(self, reader: asyncio.StreamReader) -> None:
        while True:
            request = (await reader.readuntil(EOM)).removesuffix(EOM)
            if request == b"LIST":
                await self._list()
            elif request.startswith(b"PLAY "):
                self.stop()
                song = self._songs[int(request[5:]) - 1]
                self._playing = asyncio.create_task(self._play(song))

    def stop(self) -> None:
        if self._playing is not None:
            self._playing.cancel()

    async def _list(self) -> None:
        self._list_pending = self._playing is not None and not self._playing.done()
        if not self._list_pending:
            await self._send_list()

    async def _send_list(self) -> None:
        for message in list_messages((n, path.stem) for n, path in enumerate(self._songs, 1)):
            self._writer.write(message)
            await self._writer.drain()

    async def _play(self, song: Path) -> None:
        with song.open("rb") as file:
            while chunk := file.read(4096):
                if self._list_pending:
                    self._list_pending = False
                    await self._send_list()
                self._writer.write(audio_message(chunk))
                await self._writer.drain()


async def serve(folder: Path, host: str, port: int) -> None:
    songs = sorted(folder.glob("*.mp3"))

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(songs, writer)
        try:
            await client.serve(reader)
        except (OSError, asyncio.IncompleteReadError):
            client.stop()
        finally:
            writer.close()

    server = await asyncio.start_server(accept, host, port, backlog=1024)
    print(f"listening on {host} port {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(
        serve(
            Path(sys.argv[1]), sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1", int(sys.argv[2])
        )
    )
