"""One client of the server: a task that hears its requests and a task that sends to it.

It carries out what the server's machine decides and decides nothing itself (RFC 2.4).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections import deque

from fsm.effects import (
    CloseAtBoundary,
    CloseWhenSent,
    Effect,
    SendClosing,
    SendNotFound,
    SendSetupReply,
    SendSongList,
    StartSong,
    StopSong,
)
from fsm.events import (
    ConnectionLost,
    Event,
    ListRequested,
    ListSent,
    PlayRequested,
    RequestNotUnderstood,
    RequestsEnded,
    RequestTooLong,
    SetupRequested,
    SongEnded,
    SongFailed,
    StopRequested,
    TeardownRequested,
)
from fsm.server import ServerSession
from net.framing import AUDIO_CLOSING
from net.sending import Sending
from net.wire import LIST_CLOSING, NOT_FOUND, RequestDecoder, list_messages, setup_message
from songs import Library, SongUnavailable

log = logging.getLogger("alfine.server")

RECEIVE_BYTES = 4096
LIST_BATCH_MESSAGES = 16
LINGER_S = 1.0
LINGER_BYTES = 256 * 1024
CLOSE_TIMEOUT_S = 5.0


class Connection:
    """One client: its machine, its two tasks, and the answers that wait (RFC 2.6.2)."""

    def __init__(
        self,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        library: Library,
    ) -> None:
        self.session = ServerSession(library)
        self._reader = reader
        self._writer = writer
        self._library = library
        self._answers: deque[Effect] = deque()
        self._sending: Sending | None = None
        self._closing = False
        self._work = asyncio.Event()
        peer = writer.get_extra_info("peername") or ("?", 0)
        self._name = f"#{number} {peer[0]}:{peer[1]}"

    async def run(self) -> None:
        """Serve this client until it or the server has had enough. Never raises."""
        self._log("connected")
        hearing = asyncio.create_task(self._hear())
        sending = asyncio.create_task(self._send())
        why = "closed"
        try:
            # The sender ends the connection: when the client has only shut down its side, what it
            # asked for is still sent.
            await sending
        except OSError as error:
            why = error.strerror or type(error).__name__
        except asyncio.CancelledError:
            why = "the server stops"
        except Exception:
            log.exception("%s: a fault in the server ends this connection", self._name)
        finally:
            await self._close_socket(hearing)
            self._fire(ConnectionLost(why))
            self._log(f"disconnected: {why}")

    async def _hear(self) -> None:
        decoder = RequestDecoder()
        unheard_bytes = 0
        try:
            while data := await self._reader.read(RECEIVE_BYTES):
                for request in decoder.feed(data):
                    self._fire(request)
                unheard_bytes += len(data) if self._closing else 0
                if unheard_bytes > LINGER_BYTES:
                    return
            self._fire(RequestsEnded())
        except OSError:
            self._break_off()
        except Exception:
            log.exception("%s: a fault in the server ends this connection", self._name)
            self._break_off()

    def _break_off(self) -> None:
        self._writer.transport.abort()
        self._closing = True
        self._work.set()

    async def _send(self) -> None:
        while True:
            if self._answers:
                await self._answer(self._answers.popleft())
            elif self._closing:
                return
            elif self._sending is not None:
                await self._stream(self._sending)
            else:
                self._work.clear()
                await self._work.wait()

    async def _answer(self, answer: Effect) -> None:
        match answer:
            case SendSongList(closes):
                await self._send_list(closes)
            case SendNotFound():
                self._writer.write(NOT_FOUND)
            case SendClosing():
                self._writer.write(AUDIO_CLOSING)
            case SendSetupReply(tokens):
                self._writer.write(setup_message(tokens))
            case CloseWhenSent():
                self._closing = True
        await self._writer.drain()

    async def _send_list(self, closes: bool) -> None:
        songs = ((song.song_id, song.title) for song in self._library.songs)
        messages = list_messages(songs)
        while batch := b"".join(itertools.islice(messages, LIST_BATCH_MESSAGES)):
            if self._closing:
                return
            self._writer.write(batch)
            await self._writer.drain()
        if closes:
            self._writer.write(LIST_CLOSING)
        self._fire(ListSent())

    async def _stream(self, sending: Sending) -> None:
        """Send the messages that are ready, or get some ready; in between an answer may go."""
        if not sending.messages and not sending.whole:
            await self._read(sending)
            return
        messages, sending.messages = sending.messages, b""
        self._writer.write(messages)
        await self._writer.drain()
        if sending.whole and sending is self._sending:
            self._drop_song()
            self._log(f"song {sending.song.song_id} sent whole")
            self._fire(SongEnded())

    async def _read(self, sending: Sending) -> None:
        try:
            await asyncio.to_thread(sending.read)
        except (OSError, SongUnavailable) as error:
            if sending is self._sending:
                self._drop_song()
                self._log(f"song {sending.song.song_id} cannot be sent: {error}", logging.ERROR)
                self._fire(SongFailed(str(error)))

    def _fire(self, event: Event) -> None:
        """Let the machine take the event, and set going what it asks for."""
        effects = self.session.handle(event)
        if (shown := self._shown(event)) is not None:
            self._log(shown)
        for effect in effects:
            match effect:
                case StartSong(song_id):
                    song = self._library.get(song_id)
                    assert song is not None, "the machine starts only songs that are known"
                    self._sending = Sending(song, self._library)
                case StopSong():
                    self._drop_song()
                case CloseAtBoundary():
                    self._answers.clear()
                    self._closing = True
                case Effect():
                    self._answers.append(effect)
        self._work.set()

    def _drop_song(self) -> None:
        if self._sending is not None:
            self._sending.release()
            self._sending = None

    def _shown(self, event: Event) -> str | None:
        """How the log names a request; None for what is no request."""
        match event:
            case ListRequested():
                return "LIST"
            case PlayRequested(song_id):
                song = self._library.get(song_id)
                return f"PLAY {song_id}: {song.title if song else 'no such song'}"
            case StopRequested():
                return "STOP"
            case SetupRequested(tokens):
                return f"SETUP {ascii(' '.join(tokens))[1:-1]}"
            case TeardownRequested():
                return "TEARDOWN"
            case RequestNotUnderstood(shown):
                return f"not understood: {shown}"
            case RequestTooLong():
                return "a request without an end"
        return None

    def _log(self, what: str, level: int = logging.INFO) -> None:
        log.log(level, "%s %s %s", self._name, self.session.state.name, what)

    async def _close_socket(self, hearing: asyncio.Task[None]) -> None:
        """Let what was handed over be sent, but never wait for long.

        A socket that is closed with unread requests in it resets, and the last answer is lost with
        it; so the client is told first that no more comes, and is heard out for a moment.
        """
        try:
            if not self._writer.transport.is_closing():
                self._writer.write_eof()
                await asyncio.wait((hearing,), timeout=LINGER_S)
            self._writer.close()
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._writer.wait_closed()
        except (OSError, TimeoutError, asyncio.CancelledError):
            self._writer.transport.abort()
        finally:
            hearing.cancel()
            # The server may stop just here: the connection is closed all the same.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait((hearing,))
