"""The proxy, in a thread of the tests, with the faults that are planned for each connection."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from fsm.client.events import AudioReceived
from net.responses import ResponseDecoder
from proxy.faults import Faults
from proxy.proxy import Proxy
from proxy.relay import Relay
from traces.following import Seen
from traces.recorder import CLIENT

KERNEL_BYTES = 16 * 1024
"""Small, so that a server soon notices that its client does not read."""
PATIENCE_S = 30.0


class _GoOn:
    def __init__(self, loop: asyncio.AbstractEventLoop, relay: Relay):
        self._loop, self._relay = loop, relay

    def set(self) -> None:
        self._loop.call_soon_threadsafe(self._relay.go_on.set)


class Line:
    """One connection through the proxy. reached: its fault's place has been reached."""

    def __init__(self, loop: asyncio.AbstractEventLoop, relay: Relay):
        self.reached = threading.Event()
        self.go_on = _GoOn(loop, relay)
        self.relay = relay


class FaultyProxy:
    """Listens on a port of its own; each connection takes the next plan, or forwards all.

    sent: what all clients have sent. received: what each has been sent, by connection. seen: the
    messages that have passed, of all connections.
    """

    def __init__(
        self,
        target_port: int,
        *plans: Faults,
        kernel_bytes: int | None = KERNEL_BYTES,
        target: str = "127.0.0.1",
    ):
        self.plans = list(plans)
        self.sent = bytearray()
        self.received: defaultdict[int, bytearray] = defaultdict(bytearray)
        self.seen: list[Seen] = []
        self.troubles: list[str] = []
        self.lines: list[Line] = []
        self.news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._proxy = Proxy(target, target_port, self, self._planned, kernel_bytes)
        self._proxy.on_relay = self._add
        self.port = self._run(lambda: self._proxy.listen("127.0.0.1", 0))

    def __enter__(self) -> FaultyProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def lead_to(self, port: int) -> None:
        """Have new connections go to the server on this port; those that exist stay."""
        self._proxy._port = port

    def refuse(self) -> None:
        """Listen no more, so that new connections are refused; those that exist stay."""

        async def refuse():
            self._proxy.refuse()

        self._run(refuse)

    def close(self) -> None:
        if self._thread.is_alive():
            self._run(self._proxy.close)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE_S)
            self._loop.close()

    def line(self, number: int) -> Line:
        """Return the connection with this number, from 0; wait until there is one."""
        assert self.wait_for(lambda: len(self.lines) > number), "no connection"
        return self.lines[number]

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        """Wait until something that has passed makes the condition true."""
        with self.news:
            return self.news.wait_for(condition, PATIENCE_S)

    def audio(self) -> list[bytes]:
        """The audio that has passed over each connection over which any has."""
        with self.news:
            streams = [bytes(self.received[number]) for number in sorted(self.received)]
        each = (
            b"".join(e.data for e in ResponseDecoder().feed(data) if isinstance(e, AudioReceived))
            for data in streams
        )
        return [audio for audio in each if audio]

    # A Watcher, called in the loop

    def opened(self, connection: int, address: str) -> None:
        pass

    def passed(self, connection: int, sender: str, data: bytes, seen: list[Seen]) -> None:
        with self.news:
            (self.sent if sender == CLIENT else self.received[connection]).extend(data)
            self.seen += seen
            self.news.notify_all()

    def trouble(self, connection: int, text: str) -> None:
        with self.news:
            self.troubles.append(text)
            self.news.notify_all()

    def closed(self, connection: int) -> None:
        pass

    def _planned(self, number: int) -> Faults:
        return self.plans.pop(0) if self.plans else Faults()

    def _add(self, relay: Relay) -> None:
        line = Line(self._loop, relay)
        self._loop.create_task(self._note(relay, line))
        with self.news:
            self.lines.append(line)
            self.news.notify_all()

    async def _note(self, relay: Relay, line: Line) -> None:
        over = asyncio.ensure_future(relay.over.wait())
        reached = asyncio.ensure_future(relay.reached.wait())
        await asyncio.wait((over, reached), return_when=asyncio.FIRST_COMPLETED)
        if relay.reached.is_set():
            line.reached.set()
        over.cancel()
        reached.cancel()

    def _run(self, call: Callable[[], Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(PATIENCE_S)
