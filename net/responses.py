"""Decodes what a client receives into responses (RFC 2.5, protocol.md 4).

It knows where a message ends. What a message means is in `net.dialects`.
"""

from __future__ import annotations

import re

from fsm.client.events import AudioReceived, ListReceived, NotFoundReceived, SetupReceived
from fsm.events import Event
from fsm.words import MAX_MESSAGE_BYTES, TAGS
from net import dialects
from net.dialects import FIRST_WORDS, SHOWN_BYTES, Header, Kind, WireError
from net.entries import EntryDecoder
from net.framing import EOM, GAP, skip_gap

MAX_RESPONSE_BYTES = 64 * 1024
"""Far beyond 4117 bytes: the audio of a plain server, not cut cleanly, can look like one longer
message (protocol.md 4)."""
MAX_UNKNOWN_CODES = 10
"""A server that makes codes up is told of so often."""

_WORD_BYTES = len("RESP ")
_SEARCHED_BYTES = MAX_RESPONSE_BYTES + 2 * len(EOM)
"""A message without an end so far is too long. A cut here only divides its data once more."""
_BOUNDARY = re.compile(
    EOM + rb"(?=" + GAP + rb"(?:RESP |ERRO |(?:R(?:E(?:SP?)?)?|E(?:R(?:RO?)?)?)?\Z))"
)
"""An EOM, and behind it the first word of a message, or as much of one as has arrived."""


class ResponseDecoder:
    """Decodes what a client receives into responses.

    Not every server cuts audio cleanly: an EOM followed by bytes that begin no message is data. At
    the end of what has arrived it is taken as the end, and the message is handed on; if such bytes
    follow later, it goes on: what was left of it is handed on as well.
    """

    __slots__ = (
        "_buffer", "_entries", "_eom_at", "_goes_on", "_handed_on_bytes", "_header", "_judged",
        "_long", "_open", "_payload_at", "_searched", "_tags", "_told_codes", "_unknown_codes",
    )  # fmt: skip

    def __init__(self) -> None:
        self._buffer = bytearray()
        """What is not handed on. Between two messages it begins with the EOM of the last one."""
        self._searched = 0
        """No end of the message, or of what stands between two, is before this offset."""
        self._eom_at = -1
        """The first EOM in the open message that has not ended it."""
        self._open = False
        """A message has begun, and its end has not arrived."""
        self._header: Header | None = None
        """Of the message that is open, or else of the last one, if that may still go on."""
        self._payload_at = 0
        self._goes_on = False
        """A part of the open message is handed on already."""
        self._handed_on_bytes = 0
        self._long = False
        """The message is so long that something is wrong with it, and was looked at for that."""
        self._judged = False
        """The server has sent audio, or SETUP's answer: it means what alfine means by them."""
        self._entries = EntryDecoder()
        self._tags = False
        """The server has said that it sends fields: so the client has asked for them."""
        self._unknown_codes: list[str] = []
        self._told_codes: set[str] = set()

    def __repr__(self) -> str:
        return f"<ResponseDecoder {len(self._buffer)} bytes from {bytes(self._buffer[:20])!r}>"

    @property
    def in_message(self) -> bool:
        """A message has begun, and its end has not arrived."""
        return self._open

    @property
    def held_bytes(self) -> int:
        """How many bytes are received and not handed on."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Event]:
        """Append received bytes and return the responses they complete, in order.

        data: any split of the stream. Raises WireError: the bytes are no response, or are 64 KiB
        without an EOM. Cost: linear in len(data), amortised.
        """
        self._buffer += data
        events: list[Event] = []
        try:
            while self._begin() and (payload := self._end()) is not None:
                events += self._read(payload)
        except WireError as error:
            self._buffer.clear()
            error.events = tuple(events)
            raise
        return events

    def take_unknown_codes(self) -> list[str]:
        """Return the codes of messages that were ignored, each once on a connection."""
        codes, self._unknown_codes = self._unknown_codes, []
        return codes

    def unended(self, gave_up: bool = False) -> WireError | None:
        """Return what to say of a message whose end will not come, or None.

        gave_up: the client has waited for it long enough; otherwise only one END proves anything.
        Nothing is said where the server has shown that it means what alfine means.
        """
        begun = bytes(self._buffer[0 if self._open else self._searched :])
        return dialects.unended(begun, gave_up) if begun and not self._judged else None

    def _begin(self) -> bool:
        """Begin the next message, or go on with the last one; return whether one is open."""
        if self._open:
            return True
        start = skip_gap(self._buffer, self._searched)
        word = bytes(self._buffer[start : start + _WORD_BYTES])
        if word in FIRST_WORDS:
            self._begin_at(start)
        elif any(first.startswith(word) for first in FIRST_WORDS):
            self._wait_at(start)
        elif self._header is not None and self._header.carries_data:
            # The EOM was data after all. One that overlaps it may be the end.
            self._open, self._goes_on, self._searched, self._eom_at = True, True, 1, 0
        else:
            raise dialects.not_understood(bytes(self._buffer[start : start + SHOWN_BYTES]))
        return self._open

    def _begin_at(self, start: int) -> None:
        del self._buffer[:start]
        self._open, self._goes_on, self._long = True, False, False
        self._header, self._handed_on_bytes, self._eom_at = None, 0, -1
        self._searched = _WORD_BYTES - 1

    def _wait_at(self, start: int) -> None:
        """Keep what stands between two messages only while it can still be data of the last."""
        self._searched = start
        if self._header is None or self._handed_on_bytes + start > MAX_RESPONSE_BYTES:
            del self._buffer[:start]
            self._searched, self._header = 0, None

    def _end(self) -> bytes | None:
        """Return what the message says, up to its end; None if that is not received yet."""
        if self._header is None:
            self._header = dialects.read_header(bytes(self._buffer[:SHOWN_BYTES]))
            if self._header is None:
                return None
            self._payload_at = self._header.length
        end = self._find_end(self._header)
        self._check(self._header, len(self._buffer) if end < 0 else end)
        if end < 0:
            return None
        payload = bytes(self._buffer[self._payload_at : end])
        del self._buffer[:end]
        self._payload_at = max(0, self._payload_at - end)
        self._handed_on_bytes += end
        self._open, self._searched = False, len(EOM)
        return payload

    def _find_end(self, header: Header) -> int:
        """Return the offset of the EOM that ends the message, or -1."""
        if header.carries_data:
            found = _BOUNDARY.search(self._buffer, self._searched, _SEARCHED_BYTES)
            end = -1 if found is None else found.start()
            self._check_between(len(self._buffer) if end < 0 else end)
        else:
            end = self._buffer.find(EOM, self._searched)
        if end < 0:
            self._searched = max(self._searched, len(self._buffer) - len(EOM) + 1)
        return end

    def _check_between(self, end: int) -> None:
        """Raise WireError if what is between two messages makes them look like one."""
        if self._eom_at < 0:
            self._eom_at = self._buffer.find(EOM, self._searched, end)
        if self._eom_at >= 0:
            dialects.check_between(self._buffer, self._eom_at, self._searched, end)

    def _check(self, header: Header, end: int) -> None:
        """Raise WireError if the message, as far as `end`, is too long, or ends in one END."""
        length = self._handed_on_bytes + end
        was_long, self._long = self._long, length > 2 * MAX_MESSAGE_BYTES
        if header.kind is Kind.ERROR or (self._long and not was_long):
            dialects.check_ends(bytes(self._buffer[:end]))
        if length > MAX_RESPONSE_BYTES:
            raise dialects.too_long(bytes(self._buffer[:SHOWN_BYTES]), length)

    def _read(self, payload: bytes) -> list[Event]:
        """Return what this part of a message says."""
        assert self._header is not None, "only what has a header has an end"
        match self._header.kind:
            case Kind.AUDIO:
                return self._read_audio(payload)
            case Kind.LIST:
                if self._tags:
                    songs, fields = self._entries.decode_tagged(payload)
                else:
                    songs, fields = self._entries.decode(payload), ()
                # An empty list says something; that nothing follows the part before does not.
                return [ListReceived(songs, fields)] if songs or not self._goes_on else []
            case Kind.SETUP:
                self._judged = True
                tokens = tuple(payload.decode("ascii", errors="replace").split())
                self._tags = self._tags or TAGS in tokens
                return [SetupReceived(tokens)]
            case Kind.ERROR:
                return [NotFoundReceived()]
            case Kind.UNKNOWN:
                self._note_code(self._header.code)
                return []

    def _read_audio(self, payload: bytes) -> list[Event]:
        if payload and not self._judged:
            dialects.check_first_audio(payload)
            self._judged = True
        return [AudioReceived(payload)] if payload or not self._goes_on else []

    def _note_code(self, code: str) -> None:
        if code not in self._told_codes and len(self._told_codes) < MAX_UNKNOWN_CODES:
            self._told_codes.add(code)
            self._unknown_codes.append(code)
