"""`alfine proxy`: stand between a client and a server, show what both do, and make trouble."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, NoReturn, TypeVar

import typer

from cli import tracing
from cli.address import host_of
from cli.server_log import logging_to_stdout
from cli.tracing import TraceAudio, TraceSize, TraceTo
from cli.usage import USAGE
from cli.words.exchange import Columns
from proxy.faults import Faults, parse_rate, parse_split
from proxy.proxy import Proxy
from proxy.relay import Watcher
from traces.following import Seen

log = logging.getLogger("alfine.server")

EPILOG = "Example: alfine proxy 12346 127.0.0.1 12345 --rate 2mbit --split random --delay 40"
TROUBLE = "Trouble"
MOST_MS = 600_000.0
Parsed = TypeVar("Parsed")


def _parser(parse: Callable[[str], Parsed]) -> Callable[[str], Parsed]:
    def parsed(text: str) -> Parsed:
        try:
            return parse(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return parsed


def _bytes_option(about: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        metavar="BYTES", min=0, help=about, rich_help_panel=TROUBLE
    )
    return option


def _ms_option(about: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        metavar="MS", min=0, max=MOST_MS, help=about, rich_help_panel=TROUBLE
    )
    return option


def proxy(
    listen_port: Annotated[
        int,
        typer.Argument(
            metavar="LISTEN_PORT", min=0, max=65535, help="Where clients connect; 0: any."
        ),
    ],
    host: Annotated[
        str, typer.Argument(metavar="HOST", callback=host_of, help="The server's name or address.")
    ],
    port: Annotated[
        int, typer.Argument(metavar="PORT", min=1, max=65535, help="The server's port.")
    ],
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS", callback=host_of, help="The address to listen on.")
    ] = "127.0.0.1",
    rate: Annotated[
        float | None,
        typer.Option(
            parser=_parser(parse_rate),
            metavar="RATE",
            help="At most so much in a second, each way: 2mbit, 500kbit, 64kB.",
            rich_help_panel=TROUBLE,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="N|random",
            help="Forward in pieces of N bytes, or of random lengths.",
            rich_help_panel=TROUBLE,
        ),
    ] = None,
    delay: Annotated[float, _ms_option("Forward each piece so much later.")] = 0.0,
    jitter: Annotated[float, _ms_option("And, at random, up to so much later still.")] = 0.0,
    cut_after: Annotated[
        int | None, _bytes_option("Close the connection after so many bytes of the server.")
    ] = None,
    stall_after: Annotated[
        int | None, _bytes_option("Forward no more than so many bytes of the server.")
    ] = None,
    drop_connection_every: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            min=0.01,
            help="Close each connection so many seconds after it began.",
            rich_help_panel=TROUBLE,
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", help="For what is random.", rich_help_panel=TROUBLE)
    ] = 0,
    trace: TraceTo = None,
    trace_size: TraceSize = tracing.DEFAULT_MIB,
    trace_audio: TraceAudio = False,
) -> None:
    """Stand between any client and any server; show what both do, and what is not legal.

    Each message that passes is a line: the client's state, the message, the server's state. A
    violation says what would have been legal. No byte is ever changed.

    SIGTERM or Ctrl-C ends it, exit code 0. An address that cannot be listened on ends with 2.
    """
    faults = Faults(
        rate_bytes_s=rate,
        split=_split(split),
        delay_s=delay / 1000,
        jitter_s=jitter / 1000,
        cut_after=cut_after,
        stall_after=stall_after,
        drop_after_s=drop_connection_every,
        seed=seed,
    )
    if cut_after is not None and stall_after is not None:
        _refuse("--cut-after and --stall-after: choose one")
    try:
        recording = tracing.proxy_recorder(trace, trace_size, trace_audio)
    except tracing.CannotTrace as error:
        _refuse(str(error))
    with logging_to_stdout() as start_thread:
        columns = Columns(log.info, colours=_colours())
        watchers: list[Watcher] = [columns] if recording is None else [columns, recording]
        start_thread()
        asyncio.run(
            _run(Proxy(host, port, _Several(watchers), _seeded(faults)), listen, listen_port)
        )
        if recording is not None:
            recording.close()


def _seeded(faults: Faults) -> Callable[[int], Faults]:
    """Return the faults of each connection: the same, with a chance of its own."""
    return lambda number: replace(faults, seed=faults.seed + number)


async def _run(proxy: Proxy, listen: str, listen_port: int) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    try:
        port = await proxy.listen(listen, listen_port)
    except OSError as error:
        _refuse(f"cannot listen on {listen} port {listen_port}: {error.strerror or error}")
    log.info("listening on %s port %d", listen, port)
    await ended.wait()
    await proxy.close()


class _Several:
    """Shows what passes to several watchers (a Watcher)."""

    def __init__(self, watchers: list[Watcher]) -> None:
        self._watchers = watchers

    def opened(self, connection: int, address: str) -> None:
        for watcher in self._watchers:
            watcher.opened(connection, address)

    def passed(self, connection: int, sender: str, data: bytes, seen: list[Seen]) -> None:
        for watcher in self._watchers:
            watcher.passed(connection, sender, data, seen)

    def trouble(self, connection: int, text: str) -> None:
        for watcher in self._watchers:
            watcher.trouble(connection, text)

    def closed(self, connection: int) -> None:
        for watcher in self._watchers:
            watcher.closed(connection)


def _split(text: str | None) -> int | str | None:
    try:
        return None if text is None else parse_split(text)
    except ValueError as error:
        _refuse(f"--split: {error}")


def _colours() -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") in ("dumb", "unknown")
    return not plain and sys.stdout.isatty()


def _refuse(why: str) -> NoReturn:
    print(f"alfine proxy: {why}", file=sys.stderr)
    raise typer.Exit(USAGE)
