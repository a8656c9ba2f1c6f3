"""One connection of a client's: reads its requests and answers as the stage says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import replace

from check.client.answers import LIST_CLOSING, Answer, list_answer
from check.client.requests import Kind, Request, RequestReader
from check.client.stage import Stage
from fsm.words import MAX_PAYLOAD_BYTES
from net.framing import AUDIO_CLOSING, AUDIO_HEADER, EOM, audio_message

QUIET_S = 0.5
"""Silence behind bytes that are no whole request: the client takes them for one."""
SHORT_GAP_S = 0.05
"""Behind a message that is not full: deployed clients read it apart (protocol.md 8)."""
BYTE_S = 0.001
SLOW_SETUP_S = 0.6
_FULL_BYTES = len(AUDIO_HEADER) + MAX_PAYLOAD_BYTES + len(EOM)
_READ_BYTES = 65536


class Connection:
    """ends: the client has been told that answers are closed. open: nobody has closed it.

    answering: an answer to LIST is being sent. song_messages: how many of the song have been sent.
    """

    def __init__(
        self, stage: Stage, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._stage, self._reader, self._writer = stage, reader, writer
        self._requests = RequestReader()
        self._sending = asyncio.Lock()
        self._song: asyncio.Task[None] | None = None
        self._halted = asyncio.Event()
        self._late_setup = False
        self._slow: asyncio.Task[None] | None = None
        self.ends = False
        self.open = True
        self.answering = False
        self.song_messages = 0
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def arriving(self) -> bool:
        """A song is being sent."""
        return self._song is not None and not self._song.done()

    @property
    def unfinished(self) -> bool:
        """Bytes have come that may yet become a request."""
        return self.open and self._requests.unfinished

    async def serve(self) -> None:
        """Read and answer until either side closes."""
        try:
            while self.open:
                for request in await self._receive():
                    self._stage.journal.request(request)
                    self._stage.news.tell()
                    await self._answer(request)
        except (ConnectionError, EOFError):
            pass
        finally:
            if self.open:
                self._stage.journal.came("the client closed the connection")
            self.close()

    async def _receive(self) -> list[Request]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(QUIET_S if self._requests.unfinished else None):
                data = await self._reader.read(_READ_BYTES)
        except TimeoutError:
            return self._requests.give_up(loop.time())
        if not data and self._requests.unfinished:
            return self._requests.give_up(loop.time())
        if not data:
            raise EOFError
        return self._requests.feed(data, loop.time())

    # What is answered

    async def _answer(self, request: Request) -> None:
        if self._late_setup and request.kind is not Kind.SETUP:
            self._late_setup = False
            await self._accept(b"alfine-check/1 ends")
        if self._slow is not None and not self._slow.done():
            self._stage.journal.early.append(request)
        match request.kind:
            case Kind.SETUP:
                await self._answer_setup(request)
            case Kind.LIST:
                await self._answer_list()
            case Kind.PLAY:
                await self._play(request.song_id)
            case Kind.STOP:
                await self.halt()
                if (word := self._stage.answers["STOP"]) != "nothing":
                    await self.send(list_answer(word, ""))
            case Kind.TEARDOWN:
                await self.halt()
                self.close()
            case Kind.UNKNOWN if request.words:
                await self.send(list_answer("404", ""))

    async def _answer_setup(self, request: Request) -> None:
        self._stage.offers = request.words[1:]
        match "404" if self._stage.plain else self._stage.answers["SETUP"]:
            case "101":
                await self._accept(b"alfine-check/1 ends")
            case "slow":
                self._slow = asyncio.create_task(self._accept_slowly())
            case "facts":
                await self._accept(b"alfine-check/1 x-new mood=blue library=a-1 ends size=3 odd")
            case "none":
                await self._accept(b"other/2")
            case "late":
                self._late_setup = True
            case "404" | "unknown" as word:
                await self.send(list_answer(word, ""))
            case "close":
                self._stage.answers["SETUP"] = "404"
                self._stage.journal.did("closed the connection")
                self.close()
            case _:
                assert self._stage.answers["SETUP"] == "nothing"

    async def _accept_slowly(self) -> None:
        await asyncio.sleep(SLOW_SETUP_S)
        with contextlib.suppress(ConnectionError):
            await self._accept(b"alfine-check/1 ends")

    async def _accept(self, words: bytes) -> None:
        self.ends = b" ends" in words
        await self._write(b"RESP 101 END " + words + EOM)

    async def _answer_list(self) -> None:
        answer = self._stage.list()
        self.answering = True
        try:
            await self.send(answer)
            if self.ends and answer.closes and self.open:
                await self._write(LIST_CLOSING)
        finally:
            self.answering = False
            self._stage.news.tell()

    # Songs

    async def _play(self, song_id: int | None) -> None:
        await self.halt()
        answer = self._stage.play(song_id)
        self._halted = asyncio.Event()
        self.song_messages = 0
        self._song = asyncio.create_task(self._send_song(answer, self._halted))

    async def halt(self) -> None:
        """Stop the song; return when its last message has been sent, and closed."""
        self._halted.set()
        if self._song is not None:
            await asyncio.gather(self._song, return_exceptions=True)

    async def _send_song(self, answer: Answer, halted: asyncio.Event) -> None:
        with contextlib.suppress(ConnectionError):
            await self.send(answer, halted)
            refused = answer.messages and answer.messages[0].startswith(b"ERRO ")
            if self.ends and answer.closes and not refused and self.open:
                await self._write(AUDIO_CLOSING)
        self._stage.news.tell()

    # How it is sent

    async def send(self, answer: Answer, halted: asyncio.Event | None = None) -> None:
        """Send an answer in its manner, up to the message at which it is halted."""
        if answer.manner == "after":
            await asyncio.sleep(SHORT_GAP_S)
            self._stage.note_place()
        if answer.manner == "close":
            self._end("close")
        elif answer.manner.startswith("half-"):
            messages = answer.messages
            whole, cut = messages[: len(messages) // 2], messages[len(messages) // 2]
            await self._write_all(replace(answer, messages=whole, manner=""), halted)
            await self._write(cut[: len(messages[-1]) // 2])
            self._end(answer.manner.removeprefix("half-"))
        else:
            await self._write_all(answer, halted)

    async def _write_all(self, answer: Answer, halted: asyncio.Event | None) -> None:
        late = answer.late
        for message in answer.messages:
            if halted is not None and halted.is_set():
                if late == 0:
                    return
                late -= 1
            await self._write(message, answer.manner)
            if halted is not None:
                self.song_messages += 1
                self._stage.news.tell()
            if len(message) != _FULL_BYTES and not self.ends:
                await asyncio.sleep(SHORT_GAP_S)
            elif answer.pace_s:
                await asyncio.sleep(answer.pace_s)

    async def _write(self, message: bytes, manner: str = "") -> None:
        async with self._sending:
            if not self.open:
                raise ConnectionResetError
            self._stage.journal.sent(message)
            match manner:
                case "bytes":
                    await self._write_bytes(message)
                case "joined":
                    audio = audio_message(b"joined")
                    self._writer.write(audio + message + audio)
                case _:
                    self._writer.write(message)
            await self._writer.drain()

    async def _write_bytes(self, message: bytes) -> None:
        for byte in message:
            self._writer.write(bytes((byte,)))
            await asyncio.sleep(BYTE_S)

    async def send_unasked(self, word: str) -> None:
        """Send something that no request has asked for."""
        if word == "audio":
            await self._write(audio_message(b"unasked"))
        else:
            await self.send(list_answer(word, self._stage.nonce))

    # How it ends

    def _end(self, how: str) -> None:
        if how == "reset":
            self.reset()
        else:
            self._stage.journal.did("closed the connection")
            self.close()

    def reset(self) -> None:
        """End the connection by RST."""
        self._stage.journal.did("reset the connection")
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.open = False
        self._halted.set()
        self._writer.transport.abort()

    def close(self) -> None:
        """End the connection in order."""
        self.open = False
        self._halted.set()
        self._writer.close()
        self._stage.news.tell()

    def abandon(self) -> None:
        """End the connection whatever is under way."""
        self.open = False
        for task in (self._song, self._slow):
            if task is not None:
                task.cancel()
        self._writer.transport.abort()
