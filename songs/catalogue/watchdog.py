"""Ends a wait for a peer that is there and does not answer: libpq has no limit for that."""

import os
import socket
import threading
from contextlib import suppress
from types import TracebackType


class Watchdog:
    """Shuts a socket down that is still in use after a time; who waits for it sees an error.

    fd: of a connected socket, whose owner keeps it.
    """

    def __init__(self, fd: int, timeout_s: float) -> None:
        self._socket = socket.socket(fileno=os.dup(fd))
        self._timer = threading.Timer(timeout_s, self._shut_down)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        self._socket.close()

    def _shut_down(self) -> None:
        with suppress(OSError):  # the connection has ended meanwhile
            self._socket.shutdown(socket.SHUT_RDWR)
