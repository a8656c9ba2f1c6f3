"""What the event loop is to call a connection for: its socket can be read, it can be written."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from net.server.limits import set_ack_timeout


class Interest:
    """The two interests in one socket. ack_s: TCP_USER_TIMEOUT while something is to be sent.

    The callbacks are arguments, since two bound methods of its own would take 128 bytes of every
    connection.
    """

    __slots__ = ("_ack_s", "_sock", "reading", "writing")

    def __init__(self, sock: socket.socket, ack_s: float) -> None:
        self._sock, self._ack_s = sock, ack_s
        self.reading = self.writing = False

    def __repr__(self) -> str:
        return f"<Interest reading={self.reading} writing={self.writing}>"

    def read(self, wanted: bool, on_readable: Callable[[], None]) -> None:
        """Call `on_readable` whenever the socket can be read, from now on; or no more."""
        if wanted is self.reading:
            return
        self.reading = wanted
        loop, fd = asyncio.get_running_loop(), self._sock.fileno()
        if wanted:
            loop.add_reader(fd, on_readable)
        else:
            loop.remove_reader(fd)

    def write(self, wanted: bool, on_writable: Callable[[], None]) -> None:
        """Call `on_writable` whenever the socket can be written, from now on; or no more."""
        if wanted is self.writing:
            return
        self.writing = wanted
        set_ack_timeout(self._sock, self._ack_s if wanted else 0)
        loop, fd = asyncio.get_running_loop(), self._sock.fileno()
        if wanted:
            loop.add_writer(fd, on_writable)
        else:
            loop.remove_writer(fd)

    def stop(self) -> None:
        """Call for nothing any more. To be said before the socket is closed, or has another one:
        an event loop that still looks at it may end the process.
        """
        Interest.read(self, False, _nobody)
        Interest.write(self, False, _nobody)


def _nobody() -> None:
    """Where nobody is called."""
