"""Shares each turn of the event loop among the addresses that clients have.

Thousands of connections, each within its own limits, could keep the loop so busy that everybody
else waits for seconds. An address that has had its share of a turn goes on in the next one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

TURN_S = 0.003
"""What all addresses together may use of one turn: about how long a client of another one waits."""

Act = Callable[[], None]


class Turns:
    """The turns of one event loop. To be made in it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.number = 0
        self.share_s = TURN_S
        """What each address may use of this turn: it depends on how many were there in the last."""
        self._addresses = 0
        """How many have had something to do in this turn."""
        self._waiting: dict[Share, None] = {}
        """Those with acts that were put off."""
        self._scheduled = False

    def __repr__(self) -> str:
        return f"<Turns {self.number}, {self._addresses} addresses, {len(self._waiting)} waiting>"

    def joined(self) -> None:
        """An address has something to do for the first time in this turn."""
        self._addresses += 1
        self._schedule()

    def put_off(self, share: Share) -> None:
        """An address has acts for the next turn."""
        self._waiting[share] = None
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            # It runs before all that the next look for events finds.
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        self._scheduled = False
        self.number += 1
        self.share_s = TURN_S / max(1, self._addresses)
        self._addresses = 0
        waiting, self._waiting = self._waiting, {}
        for share in waiting:
            share.go_on()


class Share:
    """What one address has of each turn. connections: how many it has."""

    __slots__ = ("_put_off", "_turn", "_turns", "_used_s", "connections")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._turn = -1
        self._used_s = 0.0
        self._put_off: dict[Act, None] = {}
        """In the order in which they are to be done."""
        self.connections = 0

    def __repr__(self) -> str:
        return f"<Share of {self.connections} connections, {len(self._put_off)} acts put off>"

    def run(self, act: Act) -> bool:
        """Do this now, or in a later turn if the address has had its share of this one.

        act: may be asked for again before it is done, and is then done once. Returns whether it is
        done.
        """
        if self._has_time() and not self._put_off:
            self._do(act)
            return True
        self._put_off[act] = None
        self._turns.put_off(self)
        return False

    def go_on(self) -> None:
        """Do what was put off, as far as the share goes."""
        while self._put_off and self._has_time():
            act = next(iter(self._put_off))
            del self._put_off[act]
            self._do(act)
        if self._put_off:
            self._turns.put_off(self)

    def _has_time(self) -> bool:
        if self._turn != self._turns.number:
            self._turn, self._used_s = self._turns.number, 0.0
            self._turns.joined()
        return self._used_s < self._turns.share_s

    def _do(self, act: Act) -> None:
        began = time.perf_counter()
        act()
        self._used_s += time.perf_counter() - began
