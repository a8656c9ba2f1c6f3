"""What is said on one connection while a case is tried: it sends, receives, and keeps a record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from itertools import groupby

from check.case import Exchange
from check.printed import printed
from check.server.matching import Matcher
from check.server.messages import Kind, Message, StrictReader
from check.server.wire import Wire

MAX_BYTES, MAX_MESSAGES = 64 << 20, 100_000
"""More than this is not received for one case, whatever the server sends."""
MAX_LINES = 40
"""Of what came, in a record."""
BETWEEN_BYTES_S = 0.005


class Conversation:
    """One connection of one case.

    matchers: the sequences of messages that are right. timeout_s: how long silence may last.
    deadline: the event loop's time at which all waiting ends. closes: closing messages matter.
    """

    def __init__(
        self,
        wire: Wire,
        matchers: Iterable[Matcher],
        timeout_s: float,
        deadline: float,
        closes: bool = False,
    ) -> None:
        self._closes = closes
        self._wire, self._timeout_s, self._deadline = wire, timeout_s, deadline
        self.matchers = list(matchers)
        self._reader = StrictReader()
        self.messages: list[Message] = []
        self.received_bytes = 0
        self.audio_bytes = 0
        self.sent: list[str] = []
        self.wrong: Message | None = None
        """The message that no sequence expected."""
        self.awaited: list[str] = []
        """What was expected in its place, or is expected still."""
        self.ended = False
        self.silent = False

    # What a case does

    async def send(self, data: bytes, *, bytewise: bool = False) -> None:
        """Send; a server that has closed the connection, or does not read, is found by reading."""
        self.sent.append(printed(data) + (" (byte by byte)" if bytewise else ""))
        pieces = [data[at : at + 1] for at in range(len(data))] if bytewise else [data]
        try:
            for number, piece in enumerate(pieces):
                if number:
                    await asyncio.sleep(BETWEEN_BYTES_S)
                await self._wire.send(piece, self._left_s())
        except OSError:
            self.sent.append("(the server does not take it)")

    def note(self, words: str) -> None:
        """Record what is done beside sending."""
        self.sent.append(f"({words})")

    def shut_down_sending(self) -> None:
        """Tell the server that nothing more comes."""
        self._wire.shut_down_sending()

    def reset(self) -> None:
        """Close with RST."""
        self._wire.reset()
        self.ended = True

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    # Waiting

    async def until(self, condition: Callable[[], bool], timeout_s: float | None = None) -> bool:
        """Receive until the condition holds; return whether it does.

        It may not come to hold: after silence, at the connection's end, or when too much has come.
        A server is silent while it does not come to the end of a message.
        """
        self.silent = False
        clock = asyncio.get_running_loop().time
        timeout_s = self._timeout_s if timeout_s is None else timeout_s
        count, since = len(self.messages), clock()
        while not condition():
            if self.ended or self.flooded:
                return False
            if len(self.messages) > count:
                count, since = len(self.messages), clock()
            wait_s = min(since + timeout_s - clock(), self._left_s())
            data = await self._wire.receive(wait_s) if wait_s > 0 else None
            if data is None:
                self.silent = True
                return False
            self._receive(data)
        return True

    @property
    def flooded(self) -> bool:
        """More has come than is looked at."""
        too_much = self.received_bytes > MAX_BYTES or len(self.messages) > MAX_MESSAGES
        return too_much or self._reader.lost

    async def message(self, timeout_s: float) -> bool:
        """Wait for a message; return whether one came."""
        before = len(self.messages)
        return await self.until(lambda: len(self.messages) > before, timeout_s)

    async def for_a_while(self, seconds: float) -> None:
        """Receive whatever comes in that time."""
        clock = asyncio.get_running_loop().time
        end = min(clock() + seconds, self._deadline)
        while (left_s := end - clock()) > 0 and not self.ended:
            if (data := await self._wire.receive(left_s)) is not None:
                self._receive(data)

    async def silence(self, quiet_s: float) -> None:
        """Receive until nothing has come for a while, which counts as a message (QUIET).

        What is expected before the silence is waited for as long as anything else.
        """
        await self.until(lambda: self.over or not self.matchers or self._silence_next())
        await self.until(lambda: self.over, quiet_s)
        if self.silent and self._left_s() > 0:
            self._take(Message(Kind.QUIET))

    @property
    def accepted(self) -> bool:
        """One of the sequences has come, whole."""
        return any(matcher.accepted for matcher in self.matchers)

    @property
    def over(self) -> bool:
        """What has come can no longer change the verdict."""
        return self.accepted or self.wrong is not None

    def _left_s(self) -> float:
        return self._deadline - asyncio.get_running_loop().time()

    # Receiving

    def _receive(self, data: bytes) -> None:
        self.received_bytes += len(data)
        for message in self._reader.feed(data):
            self._take(message)
        if not data:
            self.ended = True
            if pending := self._reader.pending:
                self._take(Message(Kind.GARBAGE, pending))
            self._take(Message(Kind.END))

    def _take(self, message: Message) -> None:
        self.messages.append(message)
        if message.kind is Kind.AUDIO:
            self.audio_bytes += len(message.payload)
        if self.over or not self.matchers:
            return
        if message.kind is Kind.CLOSING and not self._closes:
            return  # a case of its own looks for audio messages without audio
        self.awaited = self._awaited()
        for matcher in self.matchers:
            matcher.feed(message)
        if all(matcher.dead for matcher in self.matchers):
            self.wrong = message

    def _silence_next(self) -> bool:
        return any(matcher.awaits_silence for matcher in self.matchers)

    def _awaited(self) -> list[str]:
        return list(dict.fromkeys(word for matcher in self.matchers for word in matcher.awaited))

    # What was said

    def fault(self) -> str:
        """Return why what came is not what was expected, in a clause; "" if it is."""
        if self.accepted:
            return ""
        if self.wrong is not None:
            words = " or ".join(self.awaited) or "nothing"
            return f"{self.wrong.kind.value} came where {words} was expected"
        words = " or ".join(self._awaited())
        if self.flooded:
            return f"there is no end to what came, where {words} was expected"
        if self._left_s() <= 0:
            return f"it took too long; {words} had not come"
        return f"nothing came for {self._timeout_s:g} s, where {words} was expected"

    def exchange(self, name: str = "") -> Exchange:
        """Return what was sent and what came. name: of the connection, where there are two."""
        came = _summed(self.messages)
        if not self.ended and (pending := self._reader.pending):
            came.append(f"without its end: {printed(pending)}")
        if len(came) > MAX_LINES:
            came = [*came[: MAX_LINES - 1], f"({len(came) - MAX_LINES + 1} messages more)"]
        return Exchange(
            tuple(name + line for line in self.sent), tuple(name + line for line in came)
        )


def _summed(messages: Iterable[Message]) -> list[str]:
    """Return a line for each message; audio messages that follow each other share one."""
    lines: list[str] = []
    for is_audio, group in groupby(messages, key=lambda message: message.kind is Kind.AUDIO):
        if is_audio:
            sizes = [len(message.payload) for message in group]
            plural = "s" if len(sizes) > 1 else ""
            lines.append(f"{len(sizes)} message{plural} of audio, {sum(sizes)} bytes of it")
        else:
            lines += [printed(m.raw) if m.raw else f"({m.kind.value})" for m in group]
    return lines
