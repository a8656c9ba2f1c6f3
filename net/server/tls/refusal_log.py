"""How much the log says of handshakes that are refused: a stranger can have thousands of them."""

from __future__ import annotations

import asyncio
import logging

log = logging.getLogger("alfine.server")

LOG_S = 1.0


class RefusalLog:
    """Of each address one refusal a second has a line; of the others it is said how many."""

    def __init__(self) -> None:
        self._more: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<RefusalLog {len(self._more)} addresses>"

    def allows(self, address: str) -> bool:
        """Return whether to write a line about one; else it is counted. To be called in a running
        event loop.
        """
        if address in self._more:
            self._more[address] += 1
            return False
        self._more[address] = 0
        asyncio.get_running_loop().call_later(LOG_S, self._sum_up, address)
        return True

    def _sum_up(self, address: str) -> None:
        if more := self._more.pop(address):
            log.warning("refused %d more handshakes from %s", more, address)
