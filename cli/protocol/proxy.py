"""`alfine proxy`: stand between a client and a server, show what both do, and make trouble."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from cli.address import host_of
from cli.command_line import Declaration, argument, between, command, option
from cli.options import tracing
from cli.serving.log import logging_to_stdout
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
            raise click.BadParameter(str(error)) from None

    return parsed


def _bytes_option(name: str, about: str) -> Declaration:
    return option(name, type=between(0), metavar="BYTES", help=about, heading=TROUBLE)


def _ms_option(name: str, about: str) -> Declaration:
    in_range = between(0.0, MOST_MS)
    return option(name, type=in_range, default=0.0, metavar="MS", help=about, heading=TROUBLE)


@command(EPILOG)
@argument(
    "listen_port",
    type=between(0, 65535),
    help="Where clients connect; 0: any.",
)
@argument("host", type=host_of, help="The server's name or address.")
@argument("port", type=between(1, 65535), help="The server's port.")
@option(
    "--listen",
    type=host_of,
    default="127.0.0.1",
    metavar="ADDRESS",
    help="The address to listen on.",
)
@option(
    "--rate",
    type=_parser(parse_rate),
    metavar="RATE",
    help="At most so much in a second, each way: 2mbit, 500kbit, 64kB.",
    heading=TROUBLE,
)
@option(
    "--split",
    metavar="N|random",
    help="Forward in pieces of N bytes, or of random lengths.",
    heading=TROUBLE,
)
@_ms_option("--delay", "Forward each piece so much later.")
@_ms_option("--jitter", "And, at random, up to so much later still.")
@_bytes_option("--cut-after", "Close the connection after so many bytes of the server.")
@_bytes_option("--stall-after", "Forward no more than so many bytes of the server.")
@option(
    "--drop-connection-every",
    type=between(0.01),
    metavar="S",
    help="Close each connection so many seconds after it began.",
    heading=TROUBLE,
)
@option("--seed", type=int, default=0, metavar="N", help="For what is random.", heading=TROUBLE)
@tracing.options
def proxy(
    listen_port: int,
    host: str,
    port: int,
    listen: str,
    rate: float | None,
    split: str | None,
    delay: float,
    jitter: float,
    cut_after: int | None,
    stall_after: int | None,
    drop_connection_every: float | None,
    seed: int,
    trace: Path | None,
    trace_size: int,
    trace_audio: bool,
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
    raise click.exceptions.Exit(USAGE)
