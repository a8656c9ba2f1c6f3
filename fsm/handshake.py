"""The handshake's machine: whether a client that speaks TLS comes in, before it asks for anything.

It knows nothing of bytes or keys, only the name and the fingerprint that a certificate has.
What the client asks for afterwards is the server's machine's business.
"""

from __future__ import annotations

from collections.abc import Container
from enum import Enum

from fsm import effects as do
from fsm import events as on
from fsm.effects import HandshakeEffect
from fsm.table import Row, Session, Table, each


class HandshakeState(Enum):
    """How far the server's side of a TLS connection has come."""

    SHAKING = "the handshake is under way, within one limit of time for all of it"
    SECURED = "the client is in: from here on the server's machine has the connection"
    REFUSED = "the client has been told that it may not come in; what it still sends is discarded"
    GONE = "the connection is closed"


# fmt: off
SHAKING, SECURED, REFUSED, GONE = HandshakeState

HANDSHAKE = Table("handshake", SHAKING, [
    # The keys are agreed on
    Row(SHAKING, on.HandshakeCompleted, REFUSED, when="not_allowed", then="send_not_found, close_when_sent", rfc="P11"),
    Row(SHAKING, on.HandshakeCompleted, REFUSED, when="too_many",    then="send_not_found, close_when_sent", rfc="P11"),
    Row(SHAKING, on.HandshakeCompleted, SECURED,                     then="admit",                           rfc="P11"),
    # ... or they are not: the alert that says why is sent already
    Row(SHAKING, on.HandshakeFailed,    REFUSED, then="close_when_sent", rfc="P11"),
    Row(SHAKING, on.HandshakeTimedOut,  GONE,    then="close_at_once",   rfc="P11"),
    # The end
    each((SHAKING, REFUSED), on.ShutdownRequested, GONE, then="close_at_once", rfc="P7"),
    each((SHAKING, REFUSED), on.ConnectionLost,    GONE,                       rfc="1"),
])
# fmt: on


class HandshakeSession(Session[HandshakeEffect]):
    """The handshake of one client.

    allowed: the clients that may come in, each by its name and its certificate's fingerprint.
    crowded: the names that have connections enough. Both are only asked what they contain.
    """

    __slots__ = ("allowed", "crowded")
    table = HANDSHAKE

    def __init__(
        self, allowed: Container[tuple[str, str]] = (), crowded: Container[str] = ()
    ) -> None:
        super().__init__()
        self.allowed, self.crowded = allowed, crowded

    # Guards

    def not_allowed(self, event: on.HandshakeCompleted) -> bool:
        """The client is none of those that may come in."""
        return (event.client, event.fingerprint) not in self.allowed

    def too_many(self, event: on.HandshakeCompleted) -> bool:
        """The name has connections enough."""
        return event.client in self.crowded

    # Effects

    def admit(self, event: on.HandshakeCompleted) -> None:
        """Let the client in."""
        self.record(do.Admit(event.client))

    def send_not_found(self, event: on.Event) -> None:
        """Send ERRO 404: TLS has no alert any more for a client that has proved who it is."""
        self.record(do.SendNotFound())

    def close_when_sent(self, event: on.Event) -> None:
        """Close the connection once the client has been told."""
        self.record(do.CloseWhenSent())

    def close_at_once(self, event: on.Event) -> None:
        """Close the connection without another word."""
        self.record(do.CloseAtOnce())
