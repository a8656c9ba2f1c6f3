"""Multicast DNS on this machine's addresses, by the package `zeroconf`, or why there is none."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

NEEDED = ("zeroconf", "ifaddr")


class NoNetwork(Exception):
    """Nothing can be announced or sought here. The text says why, in one line."""


def is_installed() -> bool:
    """Return whether the packages are there that it takes."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDED)


@asynccontextmanager
async def multicast(addresses: Sequence[str]) -> AsyncIterator[AsyncZeroconf]:
    """Send and receive at these addresses while the block runs. Raises NoNetwork.

    Whatever is announced then is withdrawn at the end.
    """
    if not addresses:
        raise NoNetwork("this machine is in no network")
    from zeroconf import Error

    # What it has to say of odd packets is for nobody here.
    logging.getLogger("zeroconf").setLevel(logging.CRITICAL + 1)
    try:
        open_sockets = _opened(addresses)
        try:
            await open_sockets.zeroconf.async_wait_for_start()
            yield open_sockets
        finally:
            await open_sockets.async_close()
    except (OSError, Error, RuntimeError) as error:
        raise NoNetwork(
            f"the network takes no multicast here: {error or type(error).__name__}"
        ) from error


def _opened(addresses: Sequence[str]) -> AsyncZeroconf:
    """Return what sends and receives: by IPv4 alone where IPv6 cannot be had."""
    from zeroconf.asyncio import AsyncZeroconf

    of_ipv4 = [each for each in addresses if ":" not in each]
    try:
        return AsyncZeroconf(interfaces=list(addresses))
    except (OSError, RuntimeError):
        if not of_ipv4 or len(of_ipv4) == len(addresses):
            raise
        return AsyncZeroconf(interfaces=list(of_ipv4))
