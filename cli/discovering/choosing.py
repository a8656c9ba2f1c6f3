"""Which server a client connects to that was given none: the only one, or one that is chosen."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

import click

from cli.discovering import listing
from cli.options.tls import ClientTls
from cli.usage import USAGE
from discovery import network
from discovery.finding import LOOK_S, find
from discovery.record import Found

HOW = "give its host and port, as in: alfine client {}"
EXAMPLE = HOW.format("192.168.1.5 12345")


def completed(
    host: str | None, port: int | None, tls: ClientTls, may_ask: bool
) -> tuple[str, int, ClientTls]:
    """Return the host and port of a server that is found, and whether to speak TLS with it.

    What it says of its certificate is not believed: who vouches for it, or the first meeting, is
    what counts, as with a server that was given. may_ask: as in `found_server`. Raises UsageError:
    one of the two is given.
    """
    if host is not None or port is not None:
        missing = "HOST" if host is None else "PORT"
        raise click.UsageError(f"Missing argument '{missing}'", click.get_current_context())
    server = found_server(may_ask)
    return server.addresses[0], server.port, replace(tls, tls=tls.tls or server.tls)


def found_server(may_ask: bool) -> Found:
    """Look for servers and return the one to connect to. Ends with USAGE where there is none.

    may_ask: a person at a terminal can choose.
    """
    if not network.is_installed():
        _refuse(
            f"which server? {EXAMPLE} (to look for servers, it needs zeroconf: "
            "alfine's extra [discovery])"
        )
    try:
        findings = asyncio.run(find(LOOK_S))
    except network.NoNetwork as error:
        _refuse(f"{error}; {EXAMPLE}")
    servers = findings.servers
    if not servers:
        _refuse(f"no server announces itself in this network; {EXAMPLE}")
    if len(servers) == 1 and not findings.more:
        print(f"alfine client: found {listing.lines(servers)[0]}", file=sys.stderr)
        return servers[0]
    return _chosen(servers, listing.more(findings), may_ask)


def _chosen(servers: Sequence[Found], more: str, may_ask: bool) -> Found:
    """Show what was found, and have it chosen."""
    digits = len(str(len(servers)))
    for number, line in enumerate(listing.lines(servers), 1):
        print(f"{number:>{digits}}  {line}" if may_ask else line, file=sys.stderr)
    if more:
        print(more, file=sys.stderr)
    if not may_ask:
        _refuse(f"which of these servers? {HOW.format(listing.place(servers[0]))}")
    number = click.prompt("Which one", type=click.IntRange(1, len(servers)), err=True)
    return servers[number - 1]


def _refuse(why: str) -> NoReturn:
    print(f"alfine client: {why}", file=sys.stderr)
    raise click.exceptions.Exit(USAGE)
