"""What a server tells whoever manages it, and when: a service manager, or the parent of workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fsm.frozen import dataclass
from net.server.limits import Limits

Reload = Callable[[], Limits | None]
"""Reads the settings again; returns the limits that hold from now on, None: those of before."""


class Manager(Protocol):
    """Is told by a server how it is. interval_s: at most so long passes between two signs of life.

    patience_s: a worker without a sign of life for so long is ended; None: it may take any time.
    """

    interval_s: float
    patience_s: float | None

    def ready(self) -> None:
        """It has begun to accept, or has read its settings again."""

    def alive(self, songs: int, clients: int) -> None:
        """It is alive, and has so many songs and clients."""

    def reloading(self) -> None:
        """It reads its settings again."""

    def stopping(self) -> None:
        """It accepts no more."""


class NoManager:
    """Where nobody wants to know."""

    interval_s = 10.0
    patience_s: float | None = None

    def ready(self) -> None:
        """Do nothing; so do the others."""

    def alive(self, songs: int, clients: int) -> None:
        """Do nothing."""

    def reloading(self) -> None:
        """Do nothing."""

    def stopping(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Controls:
    """What may be done to a process that serves, in its event loop. adopt: other limits."""

    stop: Callable[[], None]
    adopt: Callable[[Limits], None]
