"""What the server's machine asks its caller to do, in the imperative; the client's are in
`fsm.client.effects`.

A machine only records effects; whoever fired the event performs them, in order.
"""

from __future__ import annotations

from fsm.frozen import dataclass


class Effect:
    """Anything that a machine can ask for."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SendSongList(Effect):
    """Send the whole list (RFC 2.4.1). closes: end it with the empty message (protocol.md 7).

    tags: send what the songs' tags say, too (protocol.md 10).
    """

    closes: bool
    tags: bool = False


@dataclass(frozen=True, slots=True)
class SendNotFound(Effect):
    """Send ERRO 404 (RFC 2.3.1)."""


@dataclass(frozen=True, slots=True)
class SendClosing(Effect):
    """Send the empty audio message that closes a PLAY (protocol.md 7)."""


@dataclass(frozen=True, slots=True)
class SendSetupReply(Effect):
    """Send RESP 101 with the accepted tokens and the version of the list (protocol.md 7).

    tags: of the list with what the songs' tags say.
    """

    tokens: tuple[str, ...]
    tags: bool = False


@dataclass(frozen=True, slots=True)
class StartSong(Effect):
    """Send this song's audio whenever no answer waits (RFC 2.4.2).

    offset: of the first byte of its file that is sent (protocol.md 10).
    """

    song_id: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class StopSong(Effect):
    """Send no further audio of the song (RFC 2.4.3)."""


@dataclass(frozen=True, slots=True)
class CloseWhenSent(Effect):
    """Close the connection once every answer that waits has been sent."""


@dataclass(frozen=True, slots=True)
class CloseAtBoundary(Effect):
    """Finish the message that was begun, send nothing more, close (protocol.md 7)."""


@dataclass(frozen=True, slots=True)
class Admit(Effect):
    """Let the client in: what comes now is for the connection's machine.

    client: as its certificate names it, "" without one.
    """

    client: str


@dataclass(frozen=True, slots=True)
class CloseAtOnce(Effect):
    """Close the connection with a reset: nothing that was sent matters."""


HandshakeEffect = Admit | SendNotFound | CloseWhenSent | CloseAtOnce
"""Every effect of the handshake's machine."""

ServerEffect = (
    SendSongList
    | SendNotFound
    | SendClosing
    | SendSetupReply
    | StartSong
    | StopSong
    | CloseWhenSent
    | CloseAtBoundary
)
"""Every effect of the server's machine: a `match` over them ends in `assert_never`."""
