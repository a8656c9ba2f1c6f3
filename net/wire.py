"""The grammar: encodes both sides' messages, decodes requests (RFC 2.1 to 2.3, protocol.md 2).

It does no I/O and knows nothing of connections or machines. Responses, which servers word in more
than one way, are decoded in `net.responses`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from fsm.client.effects import SendRequest
from fsm.events import (
    Event,
    ListRequested,
    PlayFromRequested,
    PlayRequested,
    RequestNotUnderstood,
    RequestTooLong,
    SetupRequested,
    StopRequested,
    TeardownRequested,
)
from fsm.words import MAX_PAYLOAD_BYTES, OFFERED, Request
from net.entries import CONTROL, FIELD_MARK, SEPARATOR
from net.framing import EOM, skip_gap

MAX_REQUEST_BYTES = 4096

NOT_FOUND = b"ERRO 404" + EOM
_LIST_HEADER, _SETUP_HEADER = b"RESP 100 END ", b"RESP 101 END "
LIST_CLOSING = _LIST_HEADER + EOM
EMPTY_LIST = b"RESP 100" + EOM
"""To a peer without `ends`: an empty payload ends the receiving thread of deployed clients."""
MAX_ID_DIGITS = 10
_SONG_ID = re.compile(rb"[1-9][0-9]{0,%d}" % (MAX_ID_DIGITS - 1))
MAX_OFFSET_DIGITS = 10
_OFFSET = re.compile(rb"[0-9]{1,%d}" % MAX_OFFSET_DIGITS)
_SPACES = re.compile(rb"  +")
_EMPTY_REQUEST = EOM.lstrip()
"""An EOM with no word before it: the space before it has been skipped."""
_HANDSHAKE = b"\x16\x03"
"""How a handshake of TLS begins. Who sends that waits for an answer, and sends no EOM: it is told
at once that this is another protocol."""
_END_WORD = re.compile(r" (?=END(?:[ \x1f]|$))")

Fields = Sequence[tuple[str, str]]
"""The fields of a song: each a key of two letters and a value (protocol.md 10)."""


# Requests


def encode_request(request: SendRequest) -> bytes:
    """Encode one request (RFC 2.2, protocol.md 7, 10)."""
    words = [request.request.value]
    if request.request is Request.PLAY:
        words.append(str(request.song_id))
        if request.offset:
            words.append(str(request.offset))
    elif request.request is Request.SETUP:
        words.extend(OFFERED)
    return " ".join(words).encode() + EOM


class RequestDecoder:
    """Decodes what a server receives into requests (RFC 2.4, protocol.md 3).

    max_bytes: of one request, with its EOM. After RequestTooLong everything is ignored: the
    connection is to be closed.
    """

    __slots__ = ("_buffer", "_max_bytes", "_searched", "_too_long")

    def __init__(self, max_bytes: int = MAX_REQUEST_BYTES) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        """A request without its end. It never begins with what may stand before a request."""
        self._searched = 0
        """No EOM begins before this offset, so that no byte of a slow request is searched twice."""
        self._too_long = False

    def __repr__(self) -> str:
        state = "closed by a request that is too long" if self._too_long else "open"
        return f"<RequestDecoder {state}, {len(self._buffer)} bytes pending>"

    @property
    def pending_bytes(self) -> int:
        """How many bytes are received of a request without its end.

        0 after any number of spaces, tabs, NULs and line ends: they begin no request.
        """
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Event]:
        """Append received bytes and return the requests they complete, in order.

        data: any split of the stream. Cost: linear in len(data), amortised.
        """
        if self._too_long:
            return []
        self._append(data)
        events: list[Event] = []
        while (message := self._next()) is not None:
            events.append(parse_request(message))
        if len(self._buffer) > self._max_bytes:
            self._too_long = True
            self._buffer.clear()
            events.append(RequestTooLong())
        return events

    def _append(self, data: bytes) -> None:
        """Append received bytes; several spaces are one, so that any number of them fits."""
        data = _SPACES.sub(b" ", data)
        self._buffer += data.lstrip(b" ") if self._buffer.endswith(b" ") else data

    def _next(self) -> bytes | None:
        """Return the next request without its EOM; None if its end is not received yet."""
        buffer = self._buffer
        if not self._searched:
            del buffer[: skip_gap(buffer)]
        if buffer.startswith(_EMPTY_REQUEST):
            del buffer[: len(_EMPTY_REQUEST)]
            return b""
        if buffer.startswith(_HANDSHAKE):
            del buffer[: len(_HANDSHAKE)]
            return _HANDSHAKE
        end = buffer.find(EOM, self._searched, self._max_bytes)
        if end < 0:
            self._searched = max(0, len(buffer) - len(EOM) + 1)
            return None
        message = bytes(buffer[:end])
        del buffer[: end + len(EOM)]
        self._searched = 0
        return message


def parse_request(message: bytes) -> Event:
    """Decode one request, given without its EOM. Never raises (protocol.md 3)."""
    match [word for word in message.split(b" ") if word]:
        case [b"LIST", *_]:
            return ListRequested()
        case [b"STOP", *_]:
            return StopRequested()
        case [b"PLAY", song_id] if _SONG_ID.fullmatch(song_id):
            return PlayRequested(int(song_id))
        case [b"PLAY", song_id, offset] if _SONG_ID.fullmatch(song_id) and _OFFSET.fullmatch(
            offset
        ):
            return PlayFromRequested(int(song_id), int(offset))
        case [b"SETUP", *tokens] if message.isascii():
            return SetupRequested(tuple(token.decode() for token in tokens))
        case [b"TEARDOWN"]:
            return TeardownRequested()
    if message == _HANDSHAKE:
        return RequestNotUnderstood("a handshake of TLS, which this port does not speak")
    return RequestNotUnderstood(ascii(message[:40])[2:-1])


# Responses


def setup_message(tokens: Iterable[str]) -> bytes:
    """Encode RESP 101. tokens: the product token, those accepted, and facts (protocol.md 7)."""
    return _SETUP_HEADER + " ".join(tokens).encode() + EOM


def list_messages(
    songs: Iterable[tuple[int, str] | tuple[int, str, Fields]],
) -> Iterator[bytes]:
    """Encode RESP 100, with as many whole entries in a message as fit in 4096 bytes (RFC 2.4.1).

    songs: IDs, titles, and fields where the client has asked for them. For no songs there is one
    message with an empty payload.
    """
    payload = b""
    for song in songs:
        entry = list_entry(*song)
        if payload and len(payload) + len(SEPARATOR) + len(entry) > MAX_PAYLOAD_BYTES:
            yield _LIST_HEADER + payload + EOM
            payload = b""
        payload += (SEPARATOR.encode() if payload else b"") + entry
    yield _LIST_HEADER + payload + EOM


def list_entry(song_id: int, title: str, fields: Fields = ()) -> bytes:
    """Encode `ID. TITLE` and fields in at most 4096 bytes of UTF-8, free of separators.

    In an entry that is too long, fields are left out from the last, then the title is cut.
    protocol.md 4, 10.
    """
    parts = [f"{song_id}. {CONTROL.sub('', title)}"]
    parts += (f"{FIELD_MARK}{key}={CONTROL.sub('', value)}" for key, value in fields)
    entry = _entry(parts)
    while len(entry) > MAX_PAYLOAD_BYTES and len(parts) > 1:
        parts.pop()
        entry = _entry(parts)
    if len(entry) > MAX_PAYLOAD_BYTES:
        ellipsis = "…".encode()
        kept = entry[: MAX_PAYLOAD_BYTES - len(ellipsis)].decode(errors="ignore")
        entry = kept.encode() + ellipsis
    return entry


def _entry(parts: Iterable[str]) -> bytes:
    return _END_WORD.sub("\u00a0", "".join(parts)).encode(errors="replace")
