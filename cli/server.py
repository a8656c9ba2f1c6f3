"""`alfine server`: serve a folder of MP3s (RFC 2.3)."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import click
import platformdirs

from cli import monitoring, tracing
from cli import server_options as options
from cli.address import host_of
from cli.command_line import PATH, argument, between, command, option
from cli.discovering import announced
from cli.server_log import log, logging_to_stdout
from cli.server_options import KIB, MIB, RUNNING
from cli.server_songs import ProgressLog, log_library
from cli.state import catalogue_path, state_directory
from cli.usage import USAGE, run
from net.server.first_scan import FirstScan
from net.server.limits import (
    MAX_CLIENTS,
    OWN_DESCRIPTORS,
    Keepalive,
    Limits,
    descriptors,
    possible_clients,
    raise_descriptors,
)
from net.server.news import CatalogueNews
from net.server.process import Serving, stop_signals
from net.server.rescan import Rescan
from net.server.sockets import LoopFactory, explain, listen, loop_factory
from net.server.workers import Workers
from songs import BUCKET, CatalogueError, Library, MusicDirError, Options, ScanReport

FULL_OR_READ_ONLY = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
EPILOG = "Example: alfine server ~/Music 12345 --host 0.0.0.0 --workers 4"


@command(EPILOG)
@options.music_dir
@argument("port", type=int, help="The port to listen on; 0 picks a free one.")
@option(
    "--host",
    type=host_of,
    metavar="ADDRESS",
    default="127.0.0.1",
    help="The address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for all.",
)
@option(
    "--workers",
    type=between(1, 1024),
    metavar="N",
    default=1,
    help="Processes that serve, on one port.",
    heading=RUNNING,
)
@option(
    "--loop",
    metavar="NAME",
    default="auto",
    help="The event loop: auto (uvloop where it is installed), asyncio or uvloop.",
    heading=RUNNING,
)
@option(
    "--cache-dir",
    type=PATH,
    metavar="DIR",
    help="Where songs are kept ready for the wire.",
    shown="the user's cache directory",
    heading=RUNNING,
)
@monitoring.monitor_port
@announced.announce
@announced.name
@options.state_dir
@options.catalogue_url
@options.cache_size
@options.song_size
@options.follow_links
@options.s3_endpoint
@options.tag_encoding
@options.drain
@options.clients
@options.per_address
@options.backlog
@options.request_size
@options.request_time
@options.request_rate
@options.idle_time
@options.stall_time
@options.least_rate
@options.rate_time
@options.ack_time
@options.keepalive
@options.unsent
@tracing.options
def server(
    music_dir: str,
    port: int,
    host: str,
    workers: int,
    loop: str,
    cache_dir: Path | None,
    monitor: int | None,
    announce: bool,
    name: str | None,
    state_dir: Path | None,
    catalogue: str | None,
    cache_size: int,
    song_size: int,
    follow_links: bool,
    s3_endpoint: str | None,
    tag_encoding: str,
    drain: float,
    clients: int | None,
    per_address: int,
    backlog: int,
    request_size: int,
    request_time: float,
    request_rate: int,
    idle_time: float,
    stall_time: float,
    least_rate: int,
    rate_time: float,
    ack_time: float,
    keepalive: Keepalive,
    unsent: int,
    trace: Path | None,
    trace_size: int,
    trace_audio: bool,
) -> None:
    """Serve the MP3s of a folder, and log what each client asks for.

    SIGTERM, SIGHUP or Ctrl-C lets songs end, a second one does not; both end with exit code 0.

    A folder that cannot be read, or a port that cannot be had, ends with exit code 2.
    """
    if not 0 <= port <= 65535:
        _refuse(f"there is no port {port}; choose one from 1 to 65535, or 0 for any that is free")
    if workers > 1 and music_dir.startswith(BUCKET):
        _refuse(
            "--workers needs a folder: with a bucket start more servers, on ports of their own, "
            "behind a balancer (docs/fleet.md)"
        )
    limits = Limits(
        clients=_wanted_clients(clients),
        per_address=per_address,
        request_bytes=request_size,
        request_s=request_time,
        idle_s=idle_time,
        stall_s=stall_time,
        rate_bytes_s=least_rate,
        rate_window_s=rate_time,
        ack_s=ack_time,
        keepalive=keepalive,
        requests_s=request_rate,
        backlog=backlog,
        unsent_bytes=unsent * KIB,
        cache_bytes=cache_size * MIB,
        drain_s=drain,
    )
    song_options = _song_options(song_size, follow_links, tag_encoding, s3_endpoint)
    directory = _cache_directory(cache_dir)
    loop_name, make_loop = _event_loop(loop)
    place, no_catalogue = _catalogue(music_dir, state_dir, catalogue)
    library = _library(music_dir, place, song_options)
    groups = _listen(host, port, limits, workers)
    page = monitoring.listen("alfine server", monitor)
    rescan = Rescan(library)
    with logging_to_stdout() as start_thread, _first_scan(library, rescan) as first:
        limits, few_clients = _with_descriptors(limits, None if first.running else library)
        serving = Serving(library, limits, directory, make_loop)
        if trace is not None:
            serving = _traced(serving, trace, trace_size, trace_audio, workers)
        for warning in filter(None, (no_catalogue, few_clients)):
            log.warning("%s", warning)
        # Who reads that the server listens may stop it: until that is heard, the kernel keeps it.
        signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals())
        if page is not None:
            log.info("the monitor is at %s", monitoring.address(page))
        _log_start(groups[0][0], limits, loop_name, workers)
        named = announced.name_of(name, music_dir) if announce else None
        with announced.to_others(named, groups[0], library) as withdraw:
            serving = replace(serving, no_more_clients=withdraw)
            if workers == 1:
                serving = replace(serving, monitor=monitoring.of_process(page, groups[0][0]))
                start_thread()
                serving.run(groups[0], stop_signals(), lambda stop: rescan.request)
            else:
                parent = monitoring.of_workers(page, groups[0][0], workers)
                serving = replace(serving, monitor=parent.worker if parent is not None else None)
                Workers(serving, groups, rescan, start_thread, parent).run()


def _wanted_clients(clients: int | None) -> int:
    """Return the limit of clients; refuse one that needs more descriptors than there may be."""
    if clients is None:
        return MAX_CLIENTS
    raise_descriptors(clients + OWN_DESCRIPTORS)
    if clients + OWN_DESCRIPTORS > descriptors():
        _refuse(
            f"--clients {clients} needs more descriptors than the {descriptors()} that this "
            "process may have; raise them (ulimit -n), or ask for fewer"
        )
    return clients


def _with_descriptors(limits: Limits, library: Library | None) -> tuple[Limits, str]:
    """Return the limits with as many clients as there are descriptors for, and what to say.

    library: None if it is not known how many songs it has.
    """
    songs = limits.clients if library is None else len(library.songs)
    clients = possible_clients(limits.clients, songs)
    if clients == limits.clients:
        return limits, ""
    return replace(limits, clients=clients), (
        f"{clients} clients, not {limits.clients}: each may need two descriptors for a song of its "
        f"own, and this process may have {descriptors()} (ulimit -Hn)"
    )


def _cache_directory(asked_for: Path | None) -> Path:
    """Return the directory asked for, else the user's own, else that for temporary files."""
    directory = asked_for or Path(platformdirs.user_cache_dir("alfine"))
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError as error:
        if error.errno in FULL_OR_READ_ONLY and directory.is_dir():
            return directory  # it costs time: songs are framed as they are sent
        if asked_for is not None:
            _refuse(f"the cache directory {str(directory)!a} cannot be used: {error.strerror}")
    with contextlib.suppress(FileNotFoundError):  # nor is there a place for temporary files
        return Path(tempfile.gettempdir())
    return directory


def _song_options(
    song_size: int, follow_links: bool, tag_encoding: str, s3_endpoint: str | None
) -> Options:
    try:
        return options.song_options(song_size, follow_links, tag_encoding, s3_endpoint)
    except ValueError as error:
        _refuse(str(error))


def _catalogue(
    music_dir: str, asked_for: Path | None, url: str | None
) -> tuple[Path | str | None, str]:
    """Return where IDs and tags are kept; None and why, where other users might plant a link."""
    if url is not None:
        return url, ""
    try:
        return catalogue_path(music_dir, asked_for), ""
    except OSError as error:
        if asked_for is not None:
            _refuse(f"the state directory {str(asked_for)!a} cannot be used: {error.strerror}")
        return None, (
            "Songs may have other IDs at the next start, which reads every tag again: "
            f"{str(state_directory())!a} is no place to keep them ({error.strerror}); give another "
            "by --state-dir."
        )


def _event_loop(name: str) -> tuple[str, LoopFactory]:
    """Return the chosen loop's name and what makes it; refuse one that is not installed."""
    try:
        return loop_factory(name)
    except ModuleNotFoundError:
        _refuse(f"there is no event loop {name!r} here: auto and asyncio always work")


def _library(music_dir: str, catalogue: Path | str | None, song_options: Options) -> Library:
    try:
        return Library(music_dir, catalogue, song_options)
    except (MusicDirError, CatalogueError) as error:
        _refuse(str(error))


@contextlib.contextmanager
def _first_scan(library: Library, rescan: Rescan) -> Iterator[FirstScan]:
    """Begin to read the folder; the time that it takes paces later scans."""
    progress = ProgressLog()

    def over(report: ScanReport | None, seconds: float) -> None:
        progress.over()
        if report is not None:
            log_library(library, report)
        rescan.first_is_over(seconds)

    first = FirstScan(library, progress, over)
    news = CatalogueNews(library)
    first.start()
    first.wait()
    if library.shared:
        news.start()
    try:
        yield first
    finally:
        news.end()
        first.end()
        progress.over()


def _listen(host: str, port: int, limits: Limits, workers: int) -> list[list[socket.socket]]:
    try:
        return listen(host, port, limits, workers)
    except OSError as error:
        _refuse(explain(error, host, port))


def _traced(serving: Serving, path: Path, size_mib: int, audio: bool, workers: int) -> Serving:
    """Return what serves and records; refuse a file that cannot be written."""
    try:
        return tracing.traced(serving, path, size_mib, audio, workers)
    except tracing.CannotTrace as error:
        _refuse(str(error))


def _log_start(listening: socket.socket, limits: Limits, loop_name: str, workers: int) -> None:
    host, port = listening.getsockname()[:2]
    for words in limits.lines():
        log.info("limits: %s", words)
    log.info("%s, %d worker%s", loop_name, workers, "" if workers == 1 else "s")
    log.info("listening on %s port %d; a client connects with:", host, port)
    log.info("    alfine client %s %d", host, port)


def _refuse(why: str) -> NoReturn:
    print(f"alfine server: {why}", file=sys.stderr)
    raise click.exceptions.Exit(USAGE)


if __name__ == "__main__":
    run(server, "cli.server")
