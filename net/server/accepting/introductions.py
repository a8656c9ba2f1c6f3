"""Connections that a proxy passes on: each begins with whose it is, by the PROXY protocol.

Only from the networks that the operator names: whoever else sends such a header is not believed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import time
from collections.abc import Callable, Sequence

from net.server.accepting.addresses import parsed
from net.server.accepting.proxy_header import ProxyHeaderError, Unnamed, missing_bytes, source
from net.server.limits import reset

log = logging.getLogger("alfine.server")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


Admit = Callable[[socket.socket, tuple[str, int], Unnamed | None], None]
"""Called with a connection, of which the header is read, and the address of its client; where the
header names none it is the proxy's, and whose the connection is instead."""
LOG_S = 1.0
"""Between two lines about headers that are none."""


class Introductions:
    """Connections of which the header is not whole yet.

    proxies: the networks that they come from. most: so many at a time, and timeout_s: for so long;
    what exceeds it is reset.
    """

    def __init__(
        self, proxies: Sequence[Network], most: int, timeout_s: float, admit: Admit
    ) -> None:
        self._proxies, self._most, self._timeout_s, self._admit = proxies, most, timeout_s, admit
        self._waiting: dict[_Introduction, None] = {}
        self._logged_at = -LOG_S

    def __repr__(self) -> str:
        return f"<Introductions {len(self._waiting)} waiting>"

    def __len__(self) -> int:
        return len(self._waiting)

    def adopt(self, proxies: Sequence[Network], most: int, timeout_s: float) -> None:
        """Have other proxies and limits from now on."""
        self._proxies, self._most, self._timeout_s = proxies, most, timeout_s

    def take(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        """Admit a connection, when it is known whose it is. sock: non-blocking."""
        if not self._proxies or not self._is_proxy(peer[0]):
            self._admit(sock, peer, None)
        elif len(self._waiting) >= self._most:
            reset(sock)
        else:
            introduction = _Introduction(sock, peer, self._introduced, self._failed)
            self._waiting[introduction] = None
            introduction.read()

    def sweep(self, now: float) -> None:
        """Reset those that take too long. now: `time.monotonic()`."""
        for introduction in list(self._waiting):
            if now - introduction.began_at > self._timeout_s:
                introduction.fail("it did not say in time whose it is")

    def close(self) -> None:
        """Reset all."""
        for introduction in list(self._waiting):
            introduction.fail("")

    def _is_proxy(self, address: str) -> bool:
        ip = parsed(address)
        return any(ip in network for network in self._proxies)

    def _introduced(self, introduction: _Introduction, client: tuple[str, int] | Unnamed) -> None:
        del self._waiting[introduction]
        if isinstance(client, Unnamed):
            self._admit(introduction.sock, introduction.peer, client)
        else:
            self._admit(introduction.sock, client, None)

    def _failed(self, introduction: _Introduction, why: str) -> None:
        del self._waiting[introduction]
        reset(introduction.sock)
        if why and (now := time.monotonic()) - self._logged_at >= LOG_S:
            self._logged_at = now
            host, port = introduction.peer[:2]
            log.warning("a connection of the proxy %s:%s was refused: %s", host, port, why)


class _Introduction:
    """One connection whose header is being read, and nothing behind it."""

    __slots__ = ("_data", "_on_failed", "_on_introduced", "_reading", "began_at", "peer", "sock")

    def __init__(
        self,
        sock: socket.socket,
        peer: tuple[str, int],
        on_introduced: Callable[[_Introduction, tuple[str, int] | Unnamed], None],
        on_failed: Callable[[_Introduction, str], None],
    ) -> None:
        self.sock, self.peer = sock, peer
        self._on_introduced, self._on_failed = on_introduced, on_failed
        self.began_at = time.monotonic()
        self._data = b""
        self._reading = False

    def read(self) -> None:
        """Read as much of the header as is here."""
        try:
            while missing := missing_bytes(self._data):
                data = self.sock.recv(missing)
                if not data:
                    self.fail("it ended before it said whose it is")
                    return
                self._data += data
            client = source(self._data)
        except (BlockingIOError, InterruptedError):
            self._wait()
        except (ProxyHeaderError, OSError) as error:
            self.fail(str(error) if isinstance(error, ProxyHeaderError) else "it was reset")
        else:
            self._stop()
            self._on_introduced(self, client)

    def fail(self, why: str) -> None:
        """Give the connection up."""
        self._stop()
        self._on_failed(self, why)

    def _wait(self) -> None:
        if not self._reading:
            self._reading = True
            asyncio.get_running_loop().add_reader(self.sock.fileno(), self.read)

    def _stop(self) -> None:
        if self._reading:
            self._reading = False
            asyncio.get_running_loop().remove_reader(self.sock.fileno())
