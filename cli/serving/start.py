"""The start of a server: from its settings, in plain steps, to a process that serves."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.discovering import announced
from cli.options import monitoring, tracing
from cli.options.tls import STRANGERS, BadTls, ServerTls, is_open_to_strangers
from cli.serving import places
from cli.serving.advice import reachable_at
from cli.serving.log import Stop, log, logging_to_stdout
from cli.serving.manager import Systemd, passed_sockets
from cli.serving.options.listening import Listening
from cli.serving.options.running import Running
from cli.serving.refused import Refused
from cli.serving.reloading import Reloading
from cli.serving.settings import Settings
from cli.serving.song_log import ProgressLog, log_library
from fsm.frozen import dataclass
from net.server.accepting.sockets import CannotListen, LoopFactory, listen, share
from net.server.limits import Limits
from net.server.processes.first_scan import FirstScan
from net.server.processes.manager import NoManager
from net.server.processes.process import Serving, handled_signals, stop_signals
from net.server.processes.workers import Workers
from net.server.songs.news import CatalogueNews
from net.server.songs.rescan import Rescan
from songs import Library, ScanReport

if TYPE_CHECKING:
    from net.server.tls.security import Security


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is had before anything is said.

    groups: listening sockets, of each process. passed: they are systemd's.
    """

    limits: Limits
    cache_dir: Path
    loop_name: str
    make_loop: LoopFactory
    library: Library
    warning: str
    groups: list[list[socket.socket]]
    page: socket.socket | None
    securing: Security | None
    passed: bool

    @property
    def listener(self) -> socket.socket:
        """The first listening socket: for what a person is told."""
        return self.groups[0][0]


def serve(settings: Settings, given: Callable[[], Mapping[str, Any]]) -> None:
    """Serve until a signal comes. given: reads the settings again. Raises Refused."""
    opened = _open(settings)
    rescan = Rescan(opened.library)
    with (
        logging_to_stdout(settings.running.log) as start_thread,
        _first_scan(opened.library, rescan) as first,
    ):
        serving, warning = _serving(settings, opened, first)
        for each in filter(None, (opened.warning, warning)):
            log.warning("%s", each)
        # Who reads that the server listens may stop it: until that is heard, the kernel keeps it.
        signal.pthread_sigmask(signal.SIG_BLOCK, handled_signals())
        _log_start(opened, serving.limits, settings.running.workers)
        look = rescan.look if settings.running.workers == 1 else _nothing
        with _announced(settings, opened) as announcement:
            renew = partial(_renew, opened.securing, announcement)
            reload = Reloading(settings, given, opened.library, look, renew)
            watch = _watch(opened.securing, announcement)
            serving = replace(
                serving, reload=reload, watch=watch, no_more_clients=announcement.withdraw
            )
            _run(settings.running, opened, serving, rescan, start_thread)


def _nothing() -> None:
    """Workers have their parent look at the music."""


def _renew(securing: Security | None, announcement: announced.Announced) -> None:
    """Have the files of TLS read, and a certificate that was renewed announced."""
    if securing is not None:
        securing.look_again()
    announcement.update()


def _watch(
    securing: Security | None, announcement: announced.Announced
) -> Callable[[], None] | None:
    """Return what looks whether a certificate was renewed, and announces it; None: it has none."""
    if securing is None:
        return None

    def watch() -> None:
        securing.look()
        announcement.update()

    return watch


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
    passed = passed_sockets(os.environ)
    if passed:
        groups = share(passed, limits, settings.running.workers)
    else:
        groups = _listen(settings.listening, limits, settings.running.workers)
    page = monitoring.listen("alfine server", settings.listening.monitor)
    return _Opened(
        *(limits, cache_dir, loop_name, make_loop, library, warning),
        *(groups, page, securing, bool(passed)),
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
        opened.library,
        limits,
        opened.cache_dir,
        opened.make_loop,
        securing=opened.securing,
        manager=Systemd.of(os.environ) or NoManager(),
        passed=opened.passed,
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
    if opened.securing is not None:
        opened.securing.look()
    for words in limits.lines():
        log.info("limits: %s", words)
    if opened.passed:
        log.info("systemd has opened the sockets: --host and the port are not looked at")
    log.info("%s, %d worker%s", opened.loop_name, workers, "" if workers == 1 else "s")
    *others, last = (listener.getsockname()[:2] for listener in opened.groups[0])
    for host, port in others:
        log.info("listening on %s port %d", host, port)
    log.info("listening on %s port %d; a client connects with:", *last)
    log.info("    alfine client %s %d%s", *reachable_at(opened.groups[0]), _needed(opened.securing))


def _needed(securing: Security | None) -> str:
    """Return the options without which no client gets in."""
    if securing is None:
        return ""
    return " --tls --tls-cert FILE --tls-key FILE" if securing.asks else " --tls"


def _announced(
    settings: Settings, opened: _Opened
) -> contextlib.AbstractContextManager[announced.Announced]:
    """Return what announces the server while it runs."""
    where, songs = settings.listening, settings.songs
    named = announced.name_of(where.name, songs.music_dir) if where.announce else None
    securing = opened.securing
    mark = (lambda: securing.fingerprint) if securing is not None else None
    return announced.to_others(named, opened.groups[0], opened.library, mark)


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
            opened.groups[0], stop_signals(), lambda controls: rescan.request
        )
    else:
        parent = monitoring.of_workers(opened.page, opened.listener, running.workers, tls)
        monitored = replace(serving, monitor=parent.worker if parent is not None else None)
        Workers(monitored, opened.groups, rescan, start_thread, parent).run()
