"""The options by which server and client record a trace, and what begins one.

What records is imported only where there is something to record.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli.command_line import PATH, Declared, between, flag, option
from fsm.client.machines import ClientSession
from fsm.frozen import dataclass
from fsm.table import each_of
from net.observing import ServerObserver

if TYPE_CHECKING:
    from net.server.processes.process import Serving
    from traces.proxy_recorder import ProxyRecorder
    from traces.recorder import ClientRecorder

log = logging.getLogger("alfine.server")

HEADING = "Trace"
DEFAULT_MIB = 64


def options(function: Declared) -> Declared:
    """Declare the options of a command that can record a trace."""
    for each in (_AUDIO, _SIZE, _TO):
        function = each(function)
    return function


_TO = option(
    "--trace",
    type=PATH,
    metavar="FILE",
    help="Record every byte, event, step and effect as JSON lines (docs/traces.md). A server's "
    "workers have a file each: FILE.1, FILE.2 ...",
    heading=HEADING,
)
_SIZE = option(
    "--trace-size",
    type=between(1, 1 << 20),
    default=DEFAULT_MIB,
    metavar="MIB",
    help="The most that the trace takes of the disk; the oldest connections are dropped.",
    heading=HEADING,
)
_AUDIO = flag(
    "--trace-audio",
    help="Record the audio as well, and not only its length and its hash.",
    heading=HEADING,
)


@dataclass(frozen=True, slots=True)
class Trace:
    """What the options say. trace: the file, None for no trace; trace_size: in MiB."""

    trace: Path | None
    trace_size: int
    trace_audio: bool


def file_of(path: Path, worker: int) -> Path:
    """Return the file of one process. worker: its number, 0 if there is only one process."""
    return path.with_name(f"{path.name}.{worker}") if worker else path


class CannotTrace(Exception):
    """The trace cannot be written. The text says why, in one line."""


def check(path: Path | None) -> None:
    """Raise CannotTrace if a trace is asked for, and cannot be written there."""
    if path is None:
        return
    from traces.file import CannotRecord, check_writable

    try:
        check_writable(path)
    except CannotRecord as error:
        raise CannotTrace(str(error)) from None


def traced(serving: Serving, trace: Trace, workers: int) -> Serving:
    """Return what serves, and records if that is asked for. Raises CannotTrace."""
    if (path := trace.trace) is None:
        return serving
    from traces.file import CannotRecord
    from traces.recorder import record_server

    def observing(worker: int) -> ServerObserver | None:
        try:
            return record_server(
                file_of(path, worker),
                trace.trace_size << 20,
                trace.trace_audio,
                worker,
                serving.library,
                serving.limits.request_bytes,
                lambda why: log.warning("%s", why),
            )
        except CannotRecord as error:
            log.warning("%s", error)
            return None

    for worker in range(1, workers + 1) if workers > 1 else (0,):
        check(file_of(path, worker))
    return replace(serving, observing=observing)


def recorder(
    session: ClientSession,
    path: Path | None,
    size_mib: int,
    audio: bool,
    remark: Callable[[str], None],
) -> ClientRecorder | None:
    """Record all that the session does from now on, if a trace is asked for.

    remark: called in the running event loop, when the trace is given up. Raises CannotTrace.
    """
    if path is None:
        return None
    from traces.file import CannotRecord
    from traces.recorder import record_client

    loop = asyncio.get_running_loop()

    def on_lost(why: str) -> None:
        with contextlib.suppress(RuntimeError):  # the run is over
            loop.call_soon_threadsafe(remark, why)

    try:
        recording = record_client(path, size_mib << 20, audio, session, on_lost)
    except CannotRecord as error:
        raise CannotTrace(str(error)) from None
    session.observe = each_of(session.observe, recording.step)
    return recording


def proxy_recorder(path: Path | None, size_mib: int, audio: bool) -> ProxyRecorder | None:
    """Record all that passes a proxy, if a trace is asked for. Raises CannotTrace."""
    if path is None:
        return None
    from traces.file import CannotRecord
    from traces.proxy_recorder import record_proxy

    try:
        return record_proxy(path, size_mib << 20, audio, lambda why: log.warning("%s", why))
    except CannotRecord as error:
        raise CannotTrace(str(error)) from None
