"""A server in a thread of this process: for tests that look into it, or change a part of it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path

from net.server.accepting.server import StreamingServer
from net.server.accepting.sockets import listen, loop_factory
from net.server.limits import Limits
from net.server.securing import Securing
from net.server.songs.spool_cache import SpoolCache
from songs import Library
from tests.net.server.conftest import TIMEOUT_S, eventually


class Served:
    """A running server. port: where it listens. server, spools: only to be looked at."""

    def __init__(
        self,
        music: Path,
        cache: Path,
        loop_name: str = "asyncio",
        limits: Limits | None = None,
        host: str = "127.0.0.1",
        securing: Securing | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.library = Library(music)
        self.library.scan()
        self._cache, self._loop_name, self._securing = cache, loop_name, securing
        [[self._listener]] = listen([host], 0, self.limits)
        self.port = self._listener.getsockname()[1]
        self._started, self._thread = threading.Event(), threading.Thread(target=self._run)

    def __enter__(self) -> Served:
        self._thread.start()
        assert self._started.wait(TIMEOUT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()

    def idle(self) -> bool:
        """Wait until no client is connected; return whether that came."""
        return eventually(lambda: not self.server._connections)

    def do(self, act):
        """Call `act` in the event loop, and return what it returns."""

        async def call():
            return act()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(TIMEOUT_S)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=loop_factory(self._loop_name)[1]) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self.loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self.spools = SpoolCache(self.library, self._cache, self.limits.cache_bytes, 100)
        self.server = StreamingServer(
            self.library, self.limits, self.spools, securing=self._securing
        )
        self.server.start([self._listener])
        self._started.set()
        with contextlib.suppress(asyncio.CancelledError):
            await self._ended.wait()
        self.server.stop()
