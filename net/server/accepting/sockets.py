"""Listening sockets: opened, and explained where that fails; and the choice of the event loop."""

from __future__ import annotations

import asyncio
import errno
import importlib
import importlib.util
import socket
from collections.abc import Callable, Sequence
from typing import Any

from net.server.limits import Limits, tune

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
_Address = tuple[str, int, tuple[Any, ...]]
"""A host as it was given, and the family and the address of a socket."""
_TAKES = {
    "::": (socket.AF_INET, socket.AF_INET6),
    "0.0.0.0": (socket.AF_INET,),
}
"""The families of which an address takes all connections."""
_NOT_OF_THIS_MACHINE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def listen(
    hosts: Sequence[str], port: int, limits: Limits, groups: int = 1
) -> list[list[socket.socket]]:
    """Listen on every address of the hosts, once for each of `groups` processes (SO_REUSEPORT).

    port: 0 picks a free one, the same for all. Where `::` is among the hosts, IPv4 is taken too.
    Returns the sockets of each group. Raises CannotListen.
    """
    addresses = _distinct([each for host in hosts for each in _addresses(host, port)])
    opened: list[list[socket.socket]] = []
    try:
        for _ in range(groups):
            opened.append([])
            for host, family, address in addresses:
                place = (address[0], port, *address[2:])
                try:
                    opened[-1].append(_listening(family, place, limits, shared=groups > 1))
                except OSError as error:
                    raise CannotListen(error, host, port) from None
                port = opened[-1][-1].getsockname()[1]
    except CannotListen:
        for sock in (sock for group in opened for sock in group):
            sock.close()
        raise
    return opened


def share(
    passed: Sequence[socket.socket], limits: Limits, groups: int
) -> list[list[socket.socket]]:
    """Return sockets that listen already, for each of `groups` processes.

    SO_REUSEPORT cannot be had for them any more: whoever is free takes the next connection, so that
    one process may have more of them than another.
    """
    for sock in passed:
        tune(sock, limits)
        sock.listen(limits.backlog)
    shared = [list(passed)]
    for _ in range(groups - 1):
        shared.append([sock.dup() for sock in passed])
        for sock in shared[-1]:
            sock.setblocking(False)
    return shared


class CannotListen(OSError):
    """It cannot be listened there. The text says why, and what to do."""

    def __init__(self, error: OSError, host: str, port: int) -> None:
        super().__init__(explain(error, host, port))


def _addresses(host: str, port: int) -> list[_Address]:
    """Return the addresses of the host that this machine has; if it has none of them, all.

    A name such as localhost may have an IPv6 address on a machine without IPv6.
    """
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except UnicodeError as error:  # no name that DNS could have
        raise CannotListen(socket.gaierror(socket.EAI_NONAME, str(error)), host, port) from None
    except socket.gaierror as error:
        raise CannotListen(error, host, port) from None
    addresses = [(host, int(each[0]), each[4]) for each in found]
    return [each for each in addresses if _is_of_this_machine(*each[1:])] or addresses


def _distinct(addresses: list[_Address]) -> list[_Address]:
    """Return each address once, without those that another one takes already."""
    for wildcard, families in _TAKES.items():
        if all_of_it := [each for each in addresses if each[2][0] == wildcard]:
            others = [each for each in addresses if each[1] not in families]
            addresses = [all_of_it[0], *others]
    return list({each[1:]: each for each in addresses}.values())


def _is_of_this_machine(family: int, address: tuple[Any, ...]) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.bind((address[0], 0, *address[2:]))
    except OSError as error:
        return error.errno not in _NOT_OF_THIS_MACHINE
    return True


def explain(error: OSError, host: str, port: int) -> str:
    """Return why it cannot be listened there, and what to do."""
    hint = "127.0.0.1 (for this machine only), 0.0.0.0 (for all), or another that this machine has"
    if isinstance(error, socket.gaierror):
        return f"no host is called {host!a}; check the name, or give an address: {hint}"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use: end what listens there, or choose another (0 finds one)"
    if error.errno == errno.EACCES:
        return f"port {port} is for root only: choose one from 1024 to 65535"
    if error.errno in _NOT_OF_THIS_MACHINE:
        return f"{host} is not an address of this machine; choose {hint}"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "there are too few descriptors: raise them (ulimit -n), or ask for fewer workers"
    return f"cannot listen on {host} port {port}: {error.strerror or error}"


def _listening(
    family: int, address: tuple[Any, ...], limits: Limits, *, shared: bool
) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address[0] != "::")
        sock.bind(address)
        tune(sock, limits)
        sock.listen(limits.backlog)
    except OSError:
        sock.close()
        raise
    return sock


def loop_factory(name: str) -> tuple[str, LoopFactory]:
    """Return the name of the event loop to use, and what makes one. name: auto, asyncio or uvloop.

    Raises ModuleNotFoundError: uvloop is not installed, or the name is another.
    """
    if name == "asyncio" or (name == "auto" and importlib.util.find_spec("uvloop") is None):
        return "asyncio", asyncio.new_event_loop
    if name not in ("auto", "uvloop"):
        raise ModuleNotFoundError(name)
    factory: LoopFactory = importlib.import_module("uvloop").new_event_loop
    return "uvloop", factory
