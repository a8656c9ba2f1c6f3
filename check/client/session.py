"""One running client with the server that the check plays for it, for one case or several."""

from __future__ import annotations

import asyncio
import re

from check.case import Exchange
from check.client.connection import QUIET_S
from check.client.listener import HOST, Listener
from check.client.news import News
from check.client.options import Options
from check.client.process import ClientProcess
from check.client.requests import Kind
from check.client.stage import Stage

SOME_MESSAGES = 5
"""Of a song, so that it is under way."""
TYPING_S = 0.2
"""Between two lines: two requests that are typed are not to come in one segment (protocol.md 8)."""
LIST_S = 20.0
"""The longest that the sending of a list takes, to a client that reads."""
CRASHES = re.compile(
    rb"Traceback \(most recent call last\)|Exception in thread|^panic: |panicked at|"
    rb"terminate called|Unhandled exception|Unhandled rejection|Segmentation fault|"
    rb"AddressSanitizer|^fatal error: ",
    re.MULTILINE,
)
"""What programs print that end, or whose threads end, by a fault of their own."""


class Session:
    """plain: what server is played. tty: whether the client has a terminal.

    typed_place: how much had been printed when the last line was typed.
    """

    def __init__(self, options: Options, plain: bool, tty: bool) -> None:
        self.options = options
        self.plain = plain
        self.tty = tty
        self.news = News()
        self.stage = Stage(self.news, plain)
        self.listener = Listener(self.stage, options.tls)
        self._typed_at = 0.0
        self.typed_place = 0
        self._process: ClientProcess | None = None
        self._began_at = 0

    async def start(self, answers: dict[str, str]) -> bool:
        """Run the command and wait for its connection; return whether it came. Raises OSError."""
        self.stage.begin(answers)
        await self.listener.open()
        command = self.options.filled(HOST, self.listener.port)
        self._process = await ClientProcess.start(command, self.tty, self.news)
        self.stage.place = lambda: self.place
        await self.news.until(
            lambda: self.listener.accepted > 0 or not self.process.running, self.options.start_s
        )
        return self.listener.accepted > 0

    @property
    def process(self) -> ClientProcess:
        """The running command."""
        assert self._process is not None, "it has been started"
        return self._process

    def begin(self, answers: dict[str, str]) -> None:
        """Begin another case in it."""
        self.stage.begin(answers)
        self._began_at = self.process.output.size

    async def close(self) -> None:
        """End the client and all connections."""
        if self._process is not None:
            await self._process.end()
        await self.listener.close()

    # What is typed

    async def type(self, word: str) -> None:
        """Type a word of a row: list, play:3, stop, quit; no faster than a person."""
        loop = asyncio.get_running_loop()
        await self.news.until(lambda: not self._unfinished or self.over, 2 * QUIET_S)
        came = self.stage.journal.requests
        last = max(self._typed_at, came[-1].at if came else 0.0)
        await self.pause(last + TYPING_S - loop.time())
        self._typed_at = loop.time()
        self.typed_place = self.place
        line = self.options.typed.line(word)
        self.stage.journal.typed(line)
        self.process.type(line)

    async def requested(self, kind: Kind, count: int, song_id: int | None = None) -> bool:
        """Wait until more than `count` such requests have come in this case; return whether so."""

        def come() -> bool:
            new = self.stage.journal.of(kind)[count:]
            return any(song_id in (None, request.song_id) for request in new)

        await self.news.until(lambda: come() or self.over, self.options.timeout_s)
        return come()

    # What it says

    @property
    def place(self) -> int:
        """How much has been printed."""
        return self.process.output.size

    def printed(self, since: int | None = None) -> bytes:
        """Return what has been printed in this case, or since a place."""
        if self._process is None:
            return b""
        return self.process.output.since(self._began_at if since is None else since)

    async def shows(self, marks: frozenset[bytes], since: int) -> bool:
        """Wait until all marks have been printed since a place; return whether so.

        The client's time begins when the whole list has been sent.
        """
        if not marks:
            return True
        mark = re.compile(re.escape(next(iter(marks)).partition(b"-")[0]) + rb"-\d+z")

        def shown() -> bool:
            return marks <= set(mark.findall(self.printed(since)))

        await self.news.until(lambda: self.over or not self._answering, LIST_S)
        await self.news.until(lambda: shown() or self.over, self.options.timeout_s)
        return shown()

    @property
    def _answering(self) -> bool:
        connection = self.listener.now
        return connection is not None and connection.answering

    @property
    def _unfinished(self) -> bool:
        connection = self.listener.now
        return connection is not None and connection.unfinished

    # How it is

    @property
    def over(self) -> bool:
        """The client has ended."""
        return not self.process.running

    def crash(self) -> str:
        """Return how it has crashed in this case; "" if it has not."""
        code = self.process.code
        if code is not None and code < 0:
            return f"it was ended by signal {-code}"
        if (found := CRASHES.search(self.printed())) is not None:
            return f'it printed "{found[0].decode()}"'
        return ""

    def ending(self) -> str:
        """Return how it has ended; "" if it runs, or has not been started."""
        if self._process is None or self._process.code is None:
            return ""
        return f"it ended with exit code {self._process.code}"

    def exchange(self) -> Exchange:
        """Return what was sent and what came in this case."""
        if end := self.ending():
            self.stage.journal.came(end)
        return self.stage.journal.exchange(self.printed())

    async def under_way(self) -> None:
        """Wait until some of a song has been sent, or all of it."""

        def so() -> bool:
            connection = self.listener.now
            return (
                self.over
                or connection is None
                or not connection.arriving
                or connection.song_messages >= SOME_MESSAGES
            )

        await self.news.until(so, self.options.timeout_s)

    async def settle(self, seconds: float) -> None:
        """Wait until no song is being sent any more."""
        await self.news.until(
            lambda: self.over or self.listener.now is None or not self.listener.now.arriving,
            seconds,
        )

    async def pause(self, seconds: float) -> None:
        """Let so much time pass, or less if the client ends."""
        if seconds <= 0:
            return
        await self.news.until(lambda: self.over, seconds)
