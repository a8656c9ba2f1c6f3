"""Splits what a server sends into messages, by the letter of RFC 2.3 and of protocol.md 2.

It is no decoder for playing music: it takes nothing for a message that is none, joins nothing
again, and keeps every byte, so that a judge can look at it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from check.printed import printed
from net.framing import EOM, skip_gap

MAX_MESSAGE_BYTES = 1 << 20
"""A message without its end is given up beyond this; no message may have more than 4117 bytes."""


MAX_BETWEEN_BYTES = 64
"""So much is kept of what stands between two messages."""


class Kind(Enum):
    """What a message is, in the words that the report uses."""

    LIST = "a list"
    LIST_CLOSING = "a list's closing message"
    EMPTY_LIST = "an empty list"
    AUDIO = "audio"
    CLOSING = "a song's closing message"
    ERROR = "an error"
    SETUP = "RESP 101"
    UNKNOWN = "a response that the RFC does not have"
    GARBAGE = "bytes that are no message"
    END = "the end of the connection"
    QUIET = "silence"


_WITH_END = re.compile(rb"RESP ([0-9]{3}) END (.*) END END", re.DOTALL)
_WITHOUT_END = re.compile(rb"RESP 200 (.*) END END", re.DOTALL)
_KINDS = {
    b"100": (Kind.LIST, Kind.LIST_CLOSING),
    b"300": (Kind.LIST, Kind.LIST_CLOSING),  # RFC 2.3.1's example; a case of its own looks at it
    b"200": (Kind.AUDIO, Kind.CLOSING),
    b"101": (Kind.SETUP, Kind.SETUP),
}
"""By status code: what a message with a payload is, and one without."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, or what takes the place of one (END, QUIET).

    raw: its bytes, with its EOM. header_bytes: how many come before the payload. between: what
    stood between the message before it and this one.
    """

    kind: Kind
    raw: bytes = b""
    header_bytes: int = 0
    between: bytes = b""

    @property
    def payload(self) -> bytes:
        """What the message carries."""
        return self.raw[self.header_bytes : -len(EOM)]

    def __str__(self) -> str:
        return f"{self.kind.value}: {printed(self.raw)}" if self.raw else self.kind.value


class StrictReader:
    """Splits a server's bytes into messages. Cost: linear in the number of bytes."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._between = b""
        self.lost = False
        """A message has grown beyond all bounds: what follows is not looked at."""

    @property
    def pending(self) -> bytes:
        """What has come of a message without its end."""
        return bytes(self._buffer)

    def feed(self, data: bytes) -> list[Message]:
        """Append received bytes and return the messages they complete, in order."""
        if self.lost:
            return []
        self._buffer += data
        messages: list[Message] = []
        while (message := self._next()) is not None:
            messages.append(message)
        if len(self._buffer) > MAX_MESSAGE_BYTES:
            self.lost = True
            messages.append(Message(Kind.GARBAGE, bytes(self._buffer), 0, self._between))
        return messages

    def _next(self) -> Message | None:
        buffer = self._buffer
        if not self._searched and (gap := skip_gap(buffer)):
            self._between = (self._between + buffer[:gap])[:MAX_BETWEEN_BYTES]
            del buffer[:gap]
        end = buffer.find(EOM, self._searched)
        if end < 0:
            self._searched = max(0, len(buffer) - len(EOM) + 1)
            return None
        raw = bytes(buffer[: end + len(EOM)])
        del buffer[: len(raw)]
        between, self._between, self._searched = self._between, b"", 0
        return message(raw, between)


def message(raw: bytes, between: bytes = b"") -> Message:
    """Tell what a message is. raw: bytes up to the first EOM, which they end in."""
    if raw.startswith(b"ERRO "):
        return Message(Kind.ERROR, raw, len(b"ERRO "), between)
    if raw == b"RESP 100" + EOM:
        return Message(Kind.EMPTY_LIST, raw, len(b"RESP 100"), between)
    if match := _WITH_END.fullmatch(raw):
        full, empty = _KINDS.get(match[1], (Kind.UNKNOWN, Kind.UNKNOWN))
        return Message(full if match[2] else empty, raw, match.start(2), between)
    if match := _WITHOUT_END.fullmatch(raw):  # RFC 2.3.1's example; a case of its own looks at it
        return Message(Kind.AUDIO, raw, match.start(1), between)
    kind = Kind.UNKNOWN if raw.startswith(b"RESP ") else Kind.GARBAGE
    return Message(kind, raw, 0, between)
