"""Samples for all who watch: taken ten times a second, and only while somebody does.

It knows no HTTP: each watcher takes its messages, as bytes of JSON, one after the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import AsyncIterator

from monitor.sample import Change, Dot, Sample, Source, is_news

log = logging.getLogger("alfine.server.monitor")

PERIOD_S = 0.1
MAX_WATCHERS = 16
MAX_WAITING = 30
"""Messages that one watcher may leave: behind that, it gets one full sample instead of them."""
KEPT_CHANGES = 20


class TooManyWatchers(RuntimeError):
    """MAX_WATCHERS watch already."""


class _Watcher:
    def __init__(self) -> None:
        self.waiting: deque[bytes] = deque()
        self.news = asyncio.Event()
        self.behind = False

    def put(self, message: bytes) -> None:
        if len(self.waiting) >= MAX_WAITING:
            self.waiting.clear()
            self.behind = True
        elif not self.behind:
            self.waiting.append(message)
        self.news.set()


class Feed:
    """The watchers of one source. It is used in one event loop."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._watchers: set[_Watcher] = set()
        self._mirror: Sample | None = None
        """A full sample, as it is now; None while nobody watches."""
        self._dots: dict[str, Dot] = {}
        self._rows: dict[int, int] = {}
        self._changes: deque[Change] = deque(maxlen=KEPT_CHANGES)
        self._beginning = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._over = False

    def __repr__(self) -> str:
        return f"<Feed {len(self._watchers)} watchers, {len(self._dots)} dots>"

    async def watch(self) -> AsyncIterator[bytes]:
        """Yield a full sample, then what changes, until the feed is stopped.

        Raises TooManyWatchers. To be closed by the caller: the last one who leaves ends sampling.
        """
        if len(self._watchers) >= MAX_WATCHERS:
            raise TooManyWatchers
        watcher = _Watcher()
        self._watchers.add(watcher)
        try:
            await self._begin()
            watcher.waiting.clear()  # it is all in the full sample
            yield self._full()
            while not self._over:
                await watcher.news.wait()
                watcher.news.clear()
                if watcher.behind:
                    watcher.behind = False
                    yield self._full()
                while watcher.waiting:
                    yield watcher.waiting.popleft()
        finally:
            self._watchers.remove(watcher)
            if not self._watchers:
                self._end()

    def stop(self) -> None:
        """End the feed, and with it every `watch`."""
        self._over = True
        for watcher in self._watchers:
            watcher.news.set()

    async def _begin(self) -> None:
        async with self._beginning:
            if self._mirror is None:
                self._apply(await self._source.begin())
                self._task = asyncio.create_task(self._sample_for_ever())

    def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._mirror = None
        self._source.end()

    async def _sample_for_ever(self) -> None:
        while True:
            await asyncio.sleep(PERIOD_S)
            try:
                sample = await self._source.changes()
            except Exception:
                log.exception("a fault in the monitor: no sample is taken")
                continue
            if self._mirror is not None and is_news(sample, self._mirror):
                self._apply(sample)
                message = _encode(sample)
                for watcher in self._watchers:
                    watcher.put(message)

    def _apply(self, sample: Sample) -> None:
        if sample["full"]:
            self._dots.clear()
            self._rows.clear()
        for dot in sample["dots"]:
            self._dots[dot[0]] = dot
        for name in sample["gone"]:
            self._dots.pop(name, None)
        self._rows.update(sample["rows"])
        self._changes.extend(sample["changes"])
        self._mirror = sample

    def _full(self) -> bytes:
        assert self._mirror is not None, "it has begun"
        return _encode(
            {
                **self._mirror,
                "full": True,
                "dots": list(self._dots.values()),
                "gone": [],
                "rows": list(self._rows.items()),
                "changes": list(self._changes),
            }
        )


def _encode(sample: Sample) -> bytes:
    return json.dumps(sample, separators=(",", ":")).encode()


@contextlib.asynccontextmanager
async def watching(feed: Feed) -> AsyncIterator[AsyncIterator[bytes]]:
    """Watch for the time of the block."""
    messages = feed.watch()
    try:
        yield messages
    finally:
        await messages.aclose()  # type: ignore[attr-defined]  # a generator has it
