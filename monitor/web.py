"""The page over HTTP, on loopback: no other machine reaches it, and no other page can read it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from monitor.catalogue import Catalogue
from monitor.feed import Feed, TooManyWatchers, watching
from monitor.page import ASSETS, HEADERS, TYPES, asset, page
from monitor.sample import Source

log = logging.getLogger("alfine.server.monitor")

OWN_NAMES = ("127.0.0.1", "localhost", "[::1]")
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
HEARTBEAT_S = 10.0
"""After so long without a message, a comment shows whether the watcher is still there."""
END = b"event: end\ndata: {}\n\n"
MAX_NAME = 200
MAX_CONNECTIONS = 40
"""They take none of the descriptors that are meant for the server's clients and songs."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _is_of_this_program(record: logging.LogRecord) -> bool:
    """Return whether it is no complaint about what somebody has sent that is no request."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


http_log = log.getChild("http")
http_log.addFilter(_is_of_this_program)


class _OneTooMany(asyncio.Protocol):
    """Closes its connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class Site:
    """The page of one source. role: server or client. title: what is watched."""

    def __init__(self, source: Source, catalogue: Catalogue, role: str, title: str) -> None:
        self._source = source
        self._catalogue = catalogue
        self._role, self._title = role, title
        self._feed = Feed(source)
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None

    def __repr__(self) -> str:
        return f"<Site {self._role} {self._feed}>"

    async def start(self, listener: socket.socket) -> None:
        """Serve in the running loop. listener: it listens already, and is the site's from here."""
        app = web.Application(middlewares=[_guarded], client_max_size=1024)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/machines.json", self._machines),
                web.get("/events", self._events),
                web.get("/history", self._history),
                web.get("/metrics", self._metrics),
                *(web.get(f"/{name}", _asset) for name in ASSETS),
            ]
        )
        app.on_response_prepare.append(_add_headers)
        self._runner = web.AppRunner(
            app, access_log=None, logger=http_log, shutdown_timeout=1.0, handler_cancellation=True
        )
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, sock=listener)

    def _protocol(self) -> asyncio.BaseProtocol:
        """Return what serves one more connection."""
        assert self._runner is not None and self._runner.server is not None, "it has started"
        http = self._runner.server
        return http() if len(http.connections) < MAX_CONNECTIONS else _OneTooMany()

    async def stop(self) -> None:
        """Tell all who watch that this is the end, and close their connections."""
        self._feed.stop()
        if self._server is not None and self._runner is not None:
            self._server.close()
            await self._runner.cleanup()

    async def _page(self, request: web.Request) -> web.StreamResponse:
        text = page(self._role, self._title, self._catalogue)
        return web.Response(text=text, content_type="text/html")

    async def _machines(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._catalogue.describe())

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        try:
            async with watching(self._feed) as messages:
                first = await anext(messages)  # before the answer begins: it may be a refusal
                await response.prepare(request)
                await response.write(b"data: " + first + b"\n\n")
                await _send(response, messages)
        except TooManyWatchers:
            return web.Response(status=503, text="There are watchers enough; close a page.\n")
        return response

    async def _history(self, request: web.Request) -> web.StreamResponse:
        name = request.query.get("name", "")
        found = await self._source.history(name) if len(name) <= MAX_NAME else None
        if found is None:
            return web.json_response(None, status=404)
        return web.json_response(found)

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        body = await self._source.metrics()
        return web.Response(body=body, headers={"Content-Type": METRICS_TYPE})


async def _send(response: web.StreamResponse, messages: Any) -> None:
    """Send messages until there are no more; of a watcher that has gone, aiohttp cancels this."""
    waiting = asyncio.ensure_future(anext(messages, None))
    try:
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.wait((waiting,), timeout=HEARTBEAT_S)
                if not waiting.done():
                    await response.write(b": still here\n\n")
                    continue
                if (message := waiting.result()) is None:
                    await response.write(END)
                    return
                waiting = asyncio.ensure_future(anext(messages, None))
                await response.write(b"data: " + message + b"\n\n")
    finally:
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what does not come from this page itself, and add the headers to what is answered.

    A page elsewhere could have its own name lead to 127.0.0.1 (DNS rebinding): the browser would
    then let it read the answer, but it still tells the name. And it says where a request is from.
    """
    host = request.headers.get("Host", "").lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name not in OWN_NAMES:
        return web.Response(status=403, text="This page is at http://127.0.0.1 alone.\n")
    if _is_of_another_page(request, host):
        return web.Response(status=403, text="Another page has asked for this.\n")
    return await _answer(request, handler)


def _is_of_another_page(request: web.Request, host: str) -> bool:
    """Return whether a browser says so; a link to the page itself may stand anywhere."""
    if request.headers.get("Origin", "").lower() not in ("", f"http://{host}"):
        return True  # browsers that do not say the site yet
    elsewhere = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    is_link = request.path == "/" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    return elsewhere and not is_link


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=f"{error.status}: {error.reason}\n")


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    response.headers.pop("Server", None)


async def _asset(request: web.Request) -> web.StreamResponse:
    name = request.path.removeprefix("/")
    kind = TYPES[name[name.rindex(".") :]]
    return web.Response(text=asset(name), content_type=kind)
