"""The start of a server: from its settings, in plain steps, to a process that serves."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli import monitoring, tracing
from cli.serving import places
from cli.serving.advice import reachable_at
from cli.serving.log import Stop, log, logging_to_stdout
from cli.serving.options.listening import Listening
from cli.serving.options.running import Running
from cli.serving.refused import Refused
from cli.serving.settings import Settings
from cli.serving.song_log import ProgressLog, log_library
from cli.tls_options import STRANGERS, BadTls, ServerTls, is_open_to_strangers
from fsm.frozen import dataclass
from net.server.first_scan import FirstScan
from net.server.limits import Limits
from net.server.news import CatalogueNews
from net.server.process import Serving, stop_signals
from net.server.rescan import Rescan
from net.server.sockets import CannotListen, LoopFactory, listen
from net.server.workers import Workers
from songs import Library, ScanReport

if TYPE_CHECKING:
    from net.server.tls.security import Security


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is had before anything is said. groups: listening sockets, of each process."""

    limits: Limits
    cache_dir: Path
    loop_name: str
    make_loop: LoopFactory
    library: Library
    warning: str
    groups: list[list[socket.socket]]
    page: socket.socket | None
    securing: Security | None

    @property
    def listener(self) -> socket.socket:
        """The first listening socket: for what a person is told."""
        return self.groups[0][0]


def serve(settings: Settings) -> None:
    """Serve until a signal comes. Raises Refused."""
    opened = _open(settings)
    rescan = Rescan(opened.library)
    with logging_to_stdout() as start_thread, _first_scan(opened.library, rescan) as first:
        serving, warning = _serving(settings, opened, first)
        for each in filter(None, (opened.warning, warning)):
            log.warning("%s", each)
        # Who reads that the server listens may stop it: until that is heard, the kernel keeps it.
        signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals())
        _log_start(opened, serving.limits, settings.running.workers)
        _run(settings.running, opened, serving, rescan, start_thread)


def _open(settings: Settings) -> _Opened:
    """Have all that the server needs of its machine, the port last. Raises Refused."""
    if not 0 <= (port := settings.listening.port) <= 65535:
        raise Refused(
            f"there is no port {port}; choose one from 1 to 65535, or 0 for any that is free"
        )
    if settings.running.workers > 1 and settings.songs.in_bucket:
        raise Refused(
            "--workers needs a folder: with a bucket start more servers, on ports of their own, "
            "behind a balancer (docs/fleet.md)"
        )
    places.reserve_descriptors(settings.limits.clients)
    limits = settings.limits.limits()
    cache_dir = places.cache_directory(settings.running.cache_dir)
    loop_name, make_loop = places.event_loop(settings.running.loop)
    library, warning = places.library(settings.songs)
    securing = _securing(settings.tls, limits)
    groups = _listen(settings.listening, limits, settings.running.workers)
    page = monitoring.listen("alfine server", settings.listening.monitor)
    return _Opened(
        limits, cache_dir, loop_name, make_loop, library, warning, groups, page, securing
    )


def _listen(where: Listening, limits: Limits, workers: int) -> list[list[socket.socket]]:
    try:
        return listen(where.host, where.port, limits, workers)
    except CannotListen as error:
        raise Refused(str(error)) from None


def _securing(tls: ServerTls, limits: Limits) -> Security | None:
    try:
        return tls.security(limits)
    except BadTls as error:
        raise Refused(str(error)) from None


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


def _serving(settings: Settings, opened: _Opened, first: FirstScan) -> tuple[Serving, str]:
    """Return what a process serves, and a warning or "". Raises Refused: no trace can be kept."""
    read = None if first.running else opened.library
    limits, warning = places.with_descriptors(opened.limits, read)
    serving = Serving(
        opened.library, limits, opened.cache_dir, opened.make_loop, securing=opened.securing
    )
    try:
        return tracing.traced(serving, settings.trace, settings.running.workers), warning
    except tracing.CannotTrace as error:
        raise Refused(str(error)) from None


def _log_start(opened: _Opened, limits: Limits, workers: int) -> None:
    if opened.page is not None:
        log.info("the monitor is at %s", monitoring.address(opened.page))
    if opened.securing is None and any(map(is_open_to_strangers, opened.groups[0])):
        log.warning("in clear: %s", STRANGERS)
    for words in limits.lines():
        log.info("limits: %s", words)
    log.info("%s, %d worker%s", opened.loop_name, workers, "" if workers == 1 else "s")
    *others, last = (listener.getsockname()[:2] for listener in opened.groups[0])
    for host, port in others:
        log.info("listening on %s port %d", host, port)
    log.info("listening on %s port %d; a client connects with:", *last)
    tls = "" if opened.securing is None else " --tls"
    log.info("    alfine client %s %d%s", *reachable_at(opened.groups[0]), tls)


def _run(
    running: Running,
    opened: _Opened,
    serving: Serving,
    rescan: Rescan,
    start_thread: Callable[[], Stop],
) -> None:
    """Serve, in this process or in workers, until a signal comes."""
    tls = opened.securing is not None
    if running.workers == 1:
        monitor = monitoring.of_process(opened.page, opened.listener, tls)
        start_thread()
        replace(serving, monitor=monitor).run(
            opened.groups[0], stop_signals(), lambda stop: rescan.request
        )
    else:
        parent = monitoring.of_workers(opened.page, opened.listener, running.workers, tls)
        monitored = replace(serving, monitor=parent.worker if parent is not None else None)
        Workers(monitored, opened.groups, rescan, start_thread, parent).run()
