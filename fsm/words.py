"""The protocol's words and sizes, which both sides share (RFC 2.2 to 2.5, protocol.md 2 to 10)."""

from __future__ import annotations

from enum import Enum

PRODUCT = "alfine/1"
"""The product token: the first word of RESP 101 (protocol.md 7)."""

ENDS = "ends"
"""The extension token by which a client asks for closing messages (protocol.md 7)."""

TAGS = "tags"
"""The extension token by which a client asks for the songs' fields in lists (protocol.md 10)."""

FROM = "from"
"""The extension token by which a client asks for songs from an offset on (protocol.md 10)."""

OFFERED = (ENDS, TAGS, FROM)
"""What the client asks for; a server accepts all, some or none of it (protocol.md 7, 10)."""

LIBRARY = "library="
"""Begins the fact in RESP 101 that names the version of the list (protocol.md 7)."""

PREBUFFER_MSGS = 500
"""Audio messages that are to be here before playing begins (RFC 2.5.2)."""

MAX_PAYLOAD_BYTES = 4096
"""The most audio that one message carries (protocol.md 4)."""

MAX_MESSAGE_BYTES = len("RESP 200 END ") + MAX_PAYLOAD_BYTES + len(" END END")
"""The longest message that a server sends (protocol.md 4)."""


class Request(Enum):
    """The words of a request (protocol.md 2)."""

    LIST = "LIST"
    PLAY = "PLAY"
    STOP = "STOP"
    SETUP = "SETUP"
    TEARDOWN = "TEARDOWN"
