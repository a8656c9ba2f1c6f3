"""`alfine server`: serve a folder of MP3s (RFC 2.3)."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli.usage import USAGE, run_alone
from net.server import StreamingServer
from songs import Library, MusicDirError, ScanReport

SHOWN_UNUSABLE = 20

log = logging.getLogger("alfine.server")


def server(
    music_dir: Annotated[Path, typer.Argument(help="The folder with the MP3s.")],
    port: Annotated[int, typer.Argument(help="The port to listen on; 0 picks a free one.")],
    host: Annotated[
        str,
        typer.Option(
            help="The address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for all."
        ),
    ] = "127.0.0.1",
) -> None:
    """Serve the MP3s of a folder, and log what each client asks for.

    A folder that cannot be read, or a port that cannot be had, ends with exit code 2.
    """
    if not 0 <= port <= 65535:
        _refuse(f"there is no port {port}; choose one from 1 to 65535, or 0 for any that is free")
    try:
        library = Library(music_dir)
        report = library.scan()
    except MusicDirError as error:
        _refuse(str(error))
    _log_to_stdout()
    _introduce(library, report)
    try:
        asyncio.run(_serve(library, host, port))
    except OSError as error:
        _refuse(f"cannot listen on {host} port {port}: {error.strerror or error}; try another port")


async def _serve(library: Library, host: str, port: int) -> None:
    streaming = StreamingServer(library)
    address, chosen_port = await streaming.start(host, port)
    log.info("listening on %s port %d; a client connects with:", address, chosen_port)
    log.info("    alfine client %s %d", address, chosen_port)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
    log.info("stopping")
    await streaming.stop()


def _introduce(library: Library, report: ScanReport) -> None:
    count = len(library.songs)
    if count:
        log.info("%d song%s", count, "" if count == 1 else "s")
    else:
        log.warning("warning: there is no MP3 in this folder; clients will see an empty list")
    for path, reason in report.unusable[:SHOWN_UNUSABLE]:
        log.warning("cannot use %s: %s", path, reason)
    if len(report.unusable) > SHOWN_UNUSABLE:
        log.warning("and %d files more that cannot be used", len(report.unusable) - SHOWN_UNUSABLE)
    for warning in report.warnings:
        log.warning("%s", warning)


def _log_to_stdout() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    # Serving never depends on a log that somebody can still read.
    logging.raiseExceptions = False
    log.addHandler(handler)
    log.setLevel(logging.INFO)


def _refuse(why: str) -> NoReturn:
    print(f"alfine server: {why}", file=sys.stderr)
    raise typer.Exit(USAGE)


if __name__ == "__main__":
    run_alone(server, "cli.server")
