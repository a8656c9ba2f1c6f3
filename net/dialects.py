"""What the messages of other servers mean, and what to say of those that mean nothing.

The RFC shows some of its messages in more than one form, and each is understood that can be told
from the others (protocol.md 8). It knows single messages; where they end is in `net.responses`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from fsm.events import Event
from net.entries import EntryDecoder
from net.framing import EOM, GAP, skip_gap

FIRST_WORDS = (b"RESP ", b"ERRO ")
SHOWN_BYTES = 40
SHOWN_CHARS = 32
"""How much of what came stands in a WireError, so that the whole fits a line of 160 characters."""

_ANOTHER = "alfine does not speak that dialect"
_HEADER = re.compile(rb"RESP ([0-9]{3}) (?:(END )|(?!E?\Z|EN\Z|END\Z))|ERRO ")
_BEGUN_HEADER = re.compile(rb"RESP (?:[0-9]{0,3}|[0-9]{3} (?:E|EN|END)?)\Z")
_ONE_END = re.compile(rb" END" + GAP + rb"(?:RESP [0-9]{3} |ERRO )")
_LINE_END = re.compile(rb"[\r\n]")
_MESSAGE = re.compile(rb"RESP [0-9]{3} END |ERRO [0-9]{3} END END")
_MESSAGE_BYTES = len("ERRO 404 END END")
_BEGIN_OF_AUDIO = re.compile(rb"\((?:ID3|\xff[\xe0-\xff])")


class WireError(Exception):
    """The bytes are no message that alfine understands.

    The text says what came and what to try, for a person, in one line. events: what was whole in
    the same bytes, before the fault. plain_helps: the server may be understood with `--plain`.
    """

    def __init__(self, text: str, events: Sequence[Event] = (), plain_helps: bool = False) -> None:
        super().__init__(text)
        self.events = tuple(events)
        self.plain_helps = plain_helps

    def advice(self, told_plain: bool) -> str:
        """Return the text. told_plain: `--plain` has been given, and is not advised again."""
        if not self.plain_helps:
            return str(self)
        return f"{self}: {_ANOTHER if told_plain else 'try --plain, or it is another dialect'}"


class Kind(Enum):
    """What a message is."""

    LIST = "RESP 100, or 300 as in RFC 2.3.1"
    AUDIO = "RESP 200"
    SETUP = "RESP 101"
    ERROR = "ERRO"
    UNKNOWN = "RESP with another code"


KINDS = {
    b"100": Kind.LIST,
    b"300": Kind.LIST,  # RFC 2.3.1
    b"200": Kind.AUDIO,
    b"101": Kind.SETUP,
}


class Header(NamedTuple):
    """How a message begins. length: up to its payload, if it has one."""

    kind: Kind
    code: str
    length: int

    @property
    def carries_data(self) -> bool:
        """Return whether the payload is not ours to judge, and may hold an EOM."""
        return self.kind in (Kind.LIST, Kind.AUDIO, Kind.UNKNOWN)


def read_header(beginning: bytes) -> Header | None:
    """Decode the header that these bytes begin with; None if it is not all there.

    beginning: at least 13 bytes of the message, or all that is received of it. Raises WireError.
    """
    header = _HEADER.match(beginning)
    if header is None:
        if _BEGUN_HEADER.match(beginning):
            return None
        raise not_understood(beginning)
    if header[1] is None:
        return Header(Kind.ERROR, "", header.end())
    kind = KINDS.get(header[1], Kind.UNKNOWN)
    # RFC 2.3.1 shows audio, and only audio, without END behind the code.
    if header[2] is None and kind is not Kind.AUDIO:
        raise not_understood(beginning)
    return Header(kind, header[1].decode(), header.end())


# What is not understood


def not_understood(received: bytes) -> WireError:
    """Say what came in the place of a message."""
    shown = _shown(received)
    if received.startswith(b"HTTP/"):
        return WireError(f"{shown} came, which is HTTP and not RFC 9999: no option helps with that")
    if received.startswith(b"\x15\x03"):  # an alert: the type of the record, the major version
        return WireError("it speaks TLS: connect with --tls")
    if received[:4].upper() in (b"RESP", b"ERRO") and not received.startswith(FIRST_WORDS):
        return WireError(f"{shown} came, in the place of RESP or ERRO: {_ANOTHER}")
    return WireError(f"{shown} came, which is no message of RFC 9999", plain_helps=True)


def too_long(message: bytes, length: int) -> WireError:
    """Say that a message has no end."""
    return WireError(f"{length} bytes from {_shown(message)} on came without END END: {_ANOTHER}")


def check_ends(message: bytes) -> None:
    """Raise WireError if a message ends in one END, and another one begins behind that."""
    if _ONE_END.search(message):
        raise _one_end(message)


def check_between(received: bytearray, eom: int, start: int, end: int) -> None:
    """Raise WireError if a message lies behind an EOM that did not end the one before.

    A server that says something of its own between two messages makes them look like one.
    eom: where the first EOM is. start, end: what of `received` is to be looked at now.
    """
    if message := _MESSAGE.search(received, max(eom, start - _MESSAGE_BYTES), end + len(EOM)):
        between = bytes(received[eom + len(EOM) : message.start()])
        raise not_understood(between[skip_gap(between) :][:SHOWN_BYTES])


def unended(message: bytes, gave_up: bool) -> WireError | None:
    """Say that a message ends in one END if it does; or that it has no end, if that is certain."""
    if message.rstrip(b"\r\n \t\0").endswith(b" END"):
        return _one_end(message)
    if gave_up:
        return WireError(f"{_shown(message)} came, and no END END behind it: {_ANOTHER}")
    return None


def _one_end(message: bytes) -> WireError:
    return WireError(f"{_shown(message)} came and ended in one END, not END END: {_ANOTHER}")


def check_first_audio(payload: bytes) -> None:
    """Raise WireError if the first audio of a connection is audio in brackets, or a list."""
    if _BEGIN_OF_AUDIO.match(payload) and payload.endswith(b")"):
        raise WireError(f"{_shown(payload)} came, which is audio in brackets: {_ANOTHER}")
    if _is_list(payload):
        raise WireError(
            f"{_shown(payload)} came as RESP 200, which is audio and no list: {_ANOTHER}"
        )


def _is_list(payload: bytes) -> bool:
    """Return whether it is text whose first line has an ID."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return False
    songs = EntryDecoder().decode(payload)
    printable = text.replace("\r", "").replace("\n", "").isprintable()
    return printable and bool(songs) and songs[0].song_id is not None


def _shown(received: bytes) -> str:
    """Return the first line of what came: printable, and at most SHOWN_CHARS + 3 characters."""
    line = _LINE_END.split(received, maxsplit=1)[0] or received
    text = ascii(line[:SHOWN_BYTES])[2:-1]
    return f"'{text}'" if len(text) <= SHOWN_CHARS else f"'{text[:SHOWN_CHARS]}…'"
