"""The grammar: events to bytes and back, without any I/O (RFC 2.1 to 2.3, protocol.md 2).

A decoder is fed whatever arrives and knows nothing of who sent it or what it is good for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fsm.client.effects import SendRequest
from fsm.client.events import (
    AudioReceived,
    ListedSong,
    ListReceived,
    NotFoundReceived,
    SetupReceived,
)
from fsm.events import (
    Event,
    ListRequested,
    PlayRequested,
    RequestNotUnderstood,
    RequestTooLong,
    SetupRequested,
    StopRequested,
    TeardownRequested,
)
from fsm.words import ENDS, MAX_PAYLOAD_BYTES, Request
from net.framing import EOM

MAX_REQUEST_BYTES = 4096
MAX_RESPONSE_BYTES = 64 * 1024
"""Far beyond 4117: only a plain server's uncut audio may make a message seem longer than that."""

NOT_FOUND = b"ERRO 404" + EOM
LIST_CLOSING = b"RESP 100 END " + EOM
_LIST_HEADER, _AUDIO_HEADER, _SETUP_HEADER = b"RESP 100 END ", b"RESP 200 END ", b"RESP 101 END "
_BEGINNINGS = (b"RESP ", b"ERRO ")
_SEPARATOR = " END "
_SONG_ID = re.compile(rb"[1-9][0-9]{0,9}")
_ENTRY = re.compile(r"\s*([1-9][0-9]{0,9})\.\s*(.*)", re.DOTALL)
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_END_WORD = re.compile(r" (?=END(?: |$))")


class WireError(Exception):
    """Bytes that are no message of this protocol. The message says what was wrong with them."""


# Requests


def encode_request(request: SendRequest) -> bytes:
    """Encode what a client asks for (RFC 2.2, protocol.md 7)."""
    words = [request.request.value]
    if request.request is Request.PLAY:
        words.append(str(request.song_id))
    elif request.request is Request.SETUP:
        words.append(ENDS)
    return " ".join(words).encode() + EOM


class RequestDecoder:
    """The server's ear: bytes in, requests out (RFC 2.4, protocol.md 3).

    max_bytes: of one request, its EOM included. After RequestTooLong it hears nothing more: the
    connection is to be closed.
    """

    __slots__ = ("_buffer", "_deaf", "_max_bytes", "_searched")

    def __init__(self, max_bytes: int = MAX_REQUEST_BYTES) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._searched = 0
        """No EOM begins before this offset: a request that trickles in is not searched twice."""
        self._deaf = False

    @property
    def pending_bytes(self) -> int:
        """How much of a request is here whose end is not."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Event]:
        """Append received bytes and return the requests they complete, in order.

        data: any split of the stream. Cost: linear in len(data), amortised.
        """
        if self._deaf:
            return []
        self._buffer += data
        events: list[Event] = []
        while (message := self._next()) is not None:
            events.append(parse_request(message))
        if len(self._buffer) > self._max_bytes:
            self._deaf = True
            self._buffer.clear()
            events.append(RequestTooLong())
        return events

    def _next(self) -> bytes | None:
        """The next request without its EOM, or None."""
        buffer = self._buffer
        blank = len(buffer) - len(buffer.lstrip(b"\r\n"))
        if blank:
            # A person who types into a raw TCP tool ends each request with Enter.
            del buffer[:blank]
            self._searched = 0
        end = buffer.find(EOM, self._searched, self._max_bytes)
        if end < 0:
            self._searched = max(0, len(buffer) - len(EOM) + 1)
            return None
        message = bytes(buffer[:end])
        del buffer[: end + len(EOM)]
        self._searched = 0
        return message


def parse_request(message: bytes) -> Event:
    """Parse one request, given without its EOM. Never raises (protocol.md 3)."""
    word, _, rest = message.partition(b" ")
    match word:
        case b"LIST":
            return ListRequested()
        case b"STOP":
            return StopRequested()
        case b"PLAY" if _SONG_ID.fullmatch(rest):
            return PlayRequested(int(rest))
        case b"SETUP" if message.isascii():
            return SetupRequested(tuple(rest.decode().split()))
        case b"TEARDOWN" if not rest:
            return TeardownRequested()
    return RequestNotUnderstood(ascii(message[:40])[2:-1])


# Responses


def setup_message(tokens: Iterable[str]) -> bytes:
    """RESP 101: the product token and the accepted tokens (protocol.md 7)."""
    return _SETUP_HEADER + " ".join(tokens).encode() + EOM


def list_messages(songs: Iterable[tuple[int, str]]) -> Iterator[bytes]:
    """RESP 100, as many whole entries to a message as fit in 4096 bytes (RFC 2.4.1).

    songs: IDs and titles. An empty library makes one message with an empty payload.
    """
    payload = b""
    for song_id, title in songs:
        entry = list_entry(song_id, title)
        if payload and len(payload) + len(_SEPARATOR) + len(entry) > MAX_PAYLOAD_BYTES:
            yield _LIST_HEADER + payload + EOM
            payload = b""
        payload += (_SEPARATOR.encode() if payload else b"") + entry
    yield _LIST_HEADER + payload + EOM


def list_entry(song_id: int, title: str) -> bytes:
    """`ID. TITLE` in UTF-8, at most 4096 bytes, that no receiver can take apart (protocol.md 4)."""
    clean = _CONTROL.sub("", title)
    entry = _END_WORD.sub("\u00a0", f"{song_id}. {clean}").encode(errors="replace")
    if len(entry) > MAX_PAYLOAD_BYTES:
        ellipsis = "…".encode()
        kept = entry[: MAX_PAYLOAD_BYTES - len(ellipsis)].decode(errors="ignore")
        entry = kept.encode() + ellipsis
    return entry


class ResponseDecoder:
    """The client's ear: bytes in, responses out (RFC 2.5, protocol.md 4).

    A server that does not cut cleanly is understood as far as can be: an EOM with bytes behind it
    that begin no message was part of the data.
    """

    __slots__ = ("_buffer", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> list[Event]:
        """Append received bytes and return the responses they complete, in order.

        data: any split of the stream. Raises WireError for bytes that begin no response, and for
        64 KiB without an EOM. Cost: linear in len(data), amortised.
        """
        self._buffer += data
        events = []
        consumed = 0
        while (end := self._find_end(consumed)) >= 0:
            events.append(parse_response(bytes(self._buffer[consumed:end])))
            consumed = end + len(EOM)
            self._searched = consumed
        del self._buffer[:consumed]
        self._searched -= consumed
        self._check_beginning()
        return events

    def _find_end(self, start: int) -> int:
        """Where the EOM of the message that begins at `start` stands, or -1."""
        buffer = self._buffer
        while (end := buffer.find(EOM, self._searched)) >= 0:
            behind = bytes(buffer[end + len(EOM) : end + len(EOM) + len(_BEGINNINGS[0])])
            if any(beginning.startswith(behind) for beginning in _BEGINNINGS):
                return end
            self._searched = end + 1
        self._searched = max(self._searched, start, len(buffer) - len(EOM) + 1)
        return -1

    def _check_beginning(self) -> None:
        beginning = bytes(self._buffer[: len(_BEGINNINGS[0])])
        if not any(allowed.startswith(beginning) for allowed in _BEGINNINGS):
            raise WireError(f"a message began with {ascii(beginning)[1:]}")
        if len(self._buffer) > MAX_RESPONSE_BYTES:
            raise WireError(f"no END END in {len(self._buffer)} bytes")


def parse_response(message: bytes) -> Event:
    """Parse one response, given without its EOM. Raises WireError if it is none."""
    if message.startswith(_AUDIO_HEADER):
        return AudioReceived(message[len(_AUDIO_HEADER) :])
    if message.startswith(_LIST_HEADER):
        return ListReceived(parse_entries(message[len(_LIST_HEADER) :]))
    if message == b"ERRO 404":
        return NotFoundReceived()
    if message.startswith(_SETUP_HEADER):
        tokens = message[len(_SETUP_HEADER) :].decode("ascii", errors="replace")
        return SetupReceived(tuple(tokens.split()))
    raise WireError(f"a message with an unknown header: {ascii(message[:20])[1:]}")


def parse_entries(payload: bytes) -> tuple[ListedSong, ...]:
    """Take a list apart (RFC 2.5.1). Titles come out without control characters."""
    text = payload.decode(errors="replace").removesuffix(" END")
    songs = []
    for entry in text.split(_SEPARATOR) if text else ():
        shown = _CONTROL.sub("", entry.replace("\u00a0", " "))
        if match := _ENTRY.fullmatch(shown):
            songs.append(ListedSong(int(match[1]), match[2]))
        elif shown.strip():
            songs.append(ListedSong(None, shown.strip()))
    return tuple(songs)
