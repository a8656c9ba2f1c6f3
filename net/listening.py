"""Listening sockets, and the event loop that serves them."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import socket
from collections.abc import Callable

from net.limits import Limits, tune

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def listen(host: str, port: int, limits: Limits, groups: int = 1) -> list[list[socket.socket]]:
    """Listen on every address of `host`, once for each of `groups` processes (SO_REUSEPORT).

    port: 0 picks a free one, the same for all. Returns the sockets of each group. Raises OSError.
    """
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    opened: list[list[socket.socket]] = []
    try:
        for _ in range(groups):
            opened.append([])
            for family, _type, _proto, _name, address in dict.fromkeys(found):
                sock = _bound(family, (address[0], port, *address[2:]), shared=groups > 1)
                opened[-1].append(sock)
                tune(sock, limits)
                sock.listen(limits.backlog)
                port = sock.getsockname()[1]
    except OSError:
        for sock in (sock for group in opened for sock in group):
            sock.close()
        raise
    return opened


def _bound(family: int, address: tuple[object, ...], *, shared: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock


def loop_factory(name: str) -> tuple[str, LoopFactory]:
    """Return the event loop to use and its name. name: auto, asyncio or uvloop.

    Raises ModuleNotFoundError for uvloop where it is not installed, and for any other name.
    """
    if name == "asyncio" or (name == "auto" and importlib.util.find_spec("uvloop") is None):
        return "asyncio", asyncio.new_event_loop
    if name not in ("auto", "uvloop"):
        raise ModuleNotFoundError(name)
    factory: LoopFactory = importlib.import_module("uvloop").new_event_loop
    return "uvloop", factory
