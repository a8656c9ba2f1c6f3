"""`--monitor PORT` of server and client: the page that shows the machines, if one is wanted."""

from __future__ import annotations

import importlib.util
import socket
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from cli.command_line import between, option
from cli.usage import USAGE

if TYPE_CHECKING:
    from monitor.client.program import ClientMonitor
    from monitor.server.parent import ParentMonitor
    from monitor.server.process import ProcessMonitor

HOST = "127.0.0.1"
NEEDED = ("aiohttp", "prometheus_client")

monitor_port = option(
    "--monitor",
    type=between(0, 65535),
    metavar="PORT",
    help="Show the machines at work on a page at this port of 127.0.0.1, and metrics at its "
    "/metrics; 0 picks a free one. Needs alfine's extra [monitor].",
)


def listen(command: str, port: int | None) -> socket.socket | None:
    """Listen for the page; None if none is asked for. Ends with USAGE where it cannot be."""
    if port is None:
        return None
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        _refuse(command, "--monitor needs aiohttp and prometheus-client: alfine's extra [monitor]")
    from net.server.accepting import sockets
    from net.server.limits import Limits

    try:
        [[listener]] = sockets.listen([HOST], port, Limits())
    except sockets.CannotListen as error:
        _refuse(command, f"--monitor: {error}")
    return listener


def address(listener: socket.socket) -> str:
    """Return where a browser finds the page."""
    return f"http://{HOST}:{listener.getsockname()[1]}/"


# Nobody who asks for no page is to wait for these imports.


def of_process(
    listener: socket.socket | None, serves_at: socket.socket, tls: bool = False
) -> ProcessMonitor | None:
    """Return the monitor of a server of one process. serves_at: for the page's heading."""
    if listener is None:
        return None
    from monitor.server.process import ProcessMonitor

    return ProcessMonitor(listener, _name(serves_at), tls)


def of_workers(
    listener: socket.socket | None, serves_at: socket.socket, workers: int, tls: bool = False
) -> ParentMonitor | None:
    """Return the monitor of a server of several processes."""
    if listener is None:
        return None
    from monitor.server.parent import ParentMonitor

    return ParentMonitor(listener, _name(serves_at), workers, tls)


def of_client(listener: socket.socket | None, server: str) -> ClientMonitor | None:
    """Return the monitor of a client. server: its name and port."""
    if listener is None:
        return None
    from monitor.client.program import ClientMonitor

    return ClientMonitor(listener, server)


def _name(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{host} port {port}"


def _refuse(command: str, why: str) -> NoReturn:
    print(f"{command}: {why}", file=sys.stderr)
    raise click.exceptions.Exit(USAGE)
