"""What may look on at the bytes of a connection, on either side; without one nothing is called.

It knows neither what the bytes mean nor what becomes of them.
"""

from __future__ import annotations

from typing import Protocol

from fsm.table import Step


class BytesObserver(Protocol):
    """Looks on at one connection's socket."""

    def received(self, data: bytes) -> None:
        """These bytes have been received; b"": the peer has shut down its side."""

    def sent(self, data: bytes) -> None:
        """These bytes have been handed to the kernel."""


class ServerObserver(Protocol):
    """Looks on at one process that serves: at its connections, their machines and their bytes."""

    def step(self, step: Step) -> None:
        """A connection's machine has taken an event (an `fsm.table.Observer`)."""

    def accepted(self, name: str, address: str) -> BytesObserver:
        """Observe a new connection. name: that of its machine. address: the client's."""

    def refused(self, address: str, sent: bytes) -> None:
        """A client was refused, with these bytes."""

    def close(self) -> None:
        """The process ends."""


class ClientObserver(BytesObserver, Protocol):
    """Looks on at a client's connections, of which there is one at a time."""

    def connecting(self) -> None:
        """An attempt to connect begins."""

    def connected(self, address: str) -> None:
        """The attempt has succeeded. address: the client's own."""
