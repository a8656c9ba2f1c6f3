"""Facts that both sides' machines are told, and those that only the server's is.

An event says what happened, in the past tense, and never what to do about it: that is the tables'
business. What only the client's machines are told is in `fsm.client.events`.
"""

from __future__ import annotations

from fsm.frozen import dataclass


class Event:
    """Anything that a machine can be told."""

    __slots__ = ()


# Requests: parsed from the wire on the server, typed by a person on the client.


@dataclass(frozen=True, slots=True)
class ListRequested(Event):
    """LIST (RFC 2.2)."""


@dataclass(frozen=True, slots=True)
class PlayRequested(Event):
    """PLAY with a well-formed song ID, which may still be unknown (RFC 2.2).

    start_s: the second of the song to begin at. It is the client's alone, and not on the wire.
    """

    song_id: int
    start_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PlayFromRequested(Event):
    """PLAY with a song ID and an offset in its file, in bytes, from 0 (protocol.md 10)."""

    song_id: int
    offset: int


@dataclass(frozen=True, slots=True)
class StopRequested(Event):
    """STOP (RFC 2.2)."""


@dataclass(frozen=True, slots=True)
class SetupRequested(Event):
    """SETUP and the tokens behind it (protocol.md 7)."""

    tokens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TeardownRequested(Event):
    """TEARDOWN (protocol.md 7)."""


@dataclass(frozen=True, slots=True)
class RequestNotUnderstood(Event):
    """A whole message that is no request (protocol.md 3). shown: its beginning, for the log."""

    shown: str = ""


@dataclass(frozen=True, slots=True)
class RequestTooLong(Event):
    """More than 4096 bytes came without an EOM (protocol.md 3)."""


@dataclass(frozen=True, slots=True)
class RequestTimedOut(Event):
    """Bytes came that did not become a request in the time allowed (protocol.md 3)."""


@dataclass(frozen=True, slots=True)
class RequestsEnded(Event):
    """The client has shut down its sending side: no further request can come."""


REQUESTS = (
    ListRequested,
    PlayRequested,
    PlayFromRequested,
    StopRequested,
    SetupRequested,
    TeardownRequested,
    RequestNotUnderstood,
    RequestTooLong,
    RequestsEnded,
)
"""What the client's bytes, or their end, can become."""


# What the server's connection has done.


@dataclass(frozen=True, slots=True)
class ListSent(Event):
    """The last message of one list has been handed to the connection."""


@dataclass(frozen=True, slots=True)
class SongSent(Event):
    """The last message of the song has been handed to the connection."""


@dataclass(frozen=True, slots=True)
class SongFailed(Event):
    """The song's file could not be opened, or not be read to its end."""

    reason: str = ""


# What comes of a handshake, before a connection over TLS begins.


@dataclass(frozen=True, slots=True)
class HandshakeCompleted(Event):
    """Both sides have agreed on keys.

    client: as its certificate names it. fingerprint: of its certificate. Both "" without one.
    """

    client: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class HandshakeFailed(Event):
    """The client has been told so by an alert, as far as TLS has one for it."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class HandshakeTimedOut(Event):
    """The handshake was not over in the time allowed."""


# What befalls the server as a whole.


@dataclass(frozen=True, slots=True)
class ShutdownRequested(Event):
    """The server is to end: songs may end first, nothing new begins."""


@dataclass(frozen=True, slots=True)
class DrainExpired(Event):
    """The time that songs had to end, after ShutdownRequested, is over."""


# The connection, on both sides.


@dataclass(frozen=True, slots=True)
class ConnectionLost(Event):
    """The connection is gone, whoever closed it."""

    reason: str = ""
