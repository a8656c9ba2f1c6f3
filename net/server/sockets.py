"""Listening sockets, and the event loop that serves them."""

from __future__ import annotations

import asyncio
import errno
import importlib
import importlib.util
import socket
from collections.abc import Callable
from typing import Any

from net.server.limits import Limits, tune

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def listen(host: str, port: int, limits: Limits, groups: int = 1) -> list[list[socket.socket]]:
    """Listen on every address of `host`, once for each of `groups` processes (SO_REUSEPORT).

    port: 0 picks a free one, the same for all. Returns the sockets of each group. Raises OSError,
    which `explain` puts into words.
    """
    addresses = _addresses(host, port)
    opened: list[list[socket.socket]] = []
    try:
        for _ in range(groups):
            opened.append([])
            for family, address in addresses:
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


def _addresses(host: str, port: int) -> list[tuple[int, tuple[Any, ...]]]:
    """Those of the host that this machine has, or else all of them.

    A name such as localhost may have an IPv6 address on a machine that has no IPv6.
    """
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except UnicodeError as error:  # a name that cannot even be asked for
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
    every: list[tuple[int, tuple[Any, ...]]] = [(each[0], each[4]) for each in found]
    every = list(dict.fromkeys(every))
    return [each for each in every if _is_here(*each)] or every


def _is_here(family: int, address: tuple[Any, ...]) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.bind((address[0], 0, *address[2:]))
    except OSError as error:
        return error.errno not in _NOT_HERE
    return True


def explain(error: OSError, host: str, port: int) -> str:
    """Say why `listen` failed, and what to do."""
    hint = "127.0.0.1 (for this machine only), 0.0.0.0 (for all), or another that this machine has"
    if isinstance(error, socket.gaierror):
        return f"no host is called {host!a}; check the name, or give an address: {hint}"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use: end what listens there, or choose another (0 finds one)"
    if error.errno == errno.EACCES:
        return f"port {port} is for root only: choose one from 1024 to 65535"
    if error.errno in _NOT_HERE:
        return f"{host} is not an address of this machine; choose {hint}"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "there are too few descriptors: raise them (ulimit -n), or ask for fewer workers"
    return f"cannot listen on {host} port {port}: {error.strerror or error}"


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
