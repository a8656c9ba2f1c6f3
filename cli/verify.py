"""`alfine verify`: explore client, server and the messages between them, and prove the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import typer

from cli.usage import FAILED
from verify import bases, plain_suite, report, suite
from verify.bounds import Bounds, ServerKind, Trouble

EPILOG = "Example: alfine verify --requests 3 --losses 2 --chunks 3 --trouble file-changes"

SERVERS = {kind.name.lower(): kind for kind in ServerKind}
TROUBLES = {kind.name.lower().replace("_", "-"): kind for kind in Trouble}


def _server(name: str) -> ServerKind:
    if name not in SERVERS:
        raise typer.BadParameter(f"one of {', '.join(SERVERS)}")
    return SERVERS[name]


def _trouble(name: str) -> Trouble:
    if name not in TROUBLES:
        raise typer.BadParameter(f"one of {', '.join(TROUBLES)}")
    return TROUBLES[name]


def verify(
    requests: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Unanswered requests at once, at most.")
    ] = None,
    losses: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Connection losses, at most.", show_default="any"),
    ] = None,
    chunks: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=3, help="Audio messages of song 1.")
    ] = None,
    channel: Annotated[
        int | None, typer.Option(metavar="N", min=2, help="Messages in flight each way, at most.")
    ] = None,
    prebuffer: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Messages before playing begins.")
    ] = None,
    server: Annotated[
        ServerKind | None,
        typer.Option(parser=_server, metavar="|".join(SERVERS), help="The kind of server."),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="The client is told that the server is plain.")
    ] = False,
    trouble: Annotated[
        list[Trouble] | None,
        typer.Option(
            parser=_trouble,
            metavar="KIND",
            help=f"What may go wrong once, beside losses. Repeatable: {', '.join(TROUBLES)}.",
        ),
    ] = None,
    mutants: Annotated[
        bool,
        typer.Option(
            "--mutants", help="Put faults into each row of each table, and count those that show."
        ),
    ] = False,
    any_time: Annotated[
        bool,
        typer.Option("--any-time", help="Timers may run out while messages are in flight."),
    ] = False,
) -> None:
    """Prove the protocol: explore client, server and all that can be between.

    Without options: a suite of explorations, then what no client can prove of
    a plain server. With options: one exploration, within those bounds.

    The shortest exchange that breaks a rule is shown as a ladder.

    Exit codes: 0 proven; 1 broken; 2 usage.
    """
    chosen = {
        "requests": requests,
        "losses": losses,
        "messages": channel,
        "prebuffer": prebuffer,
        "server": server,
        "plain": plain or None,
        "timely": False if any_time else None,
        "chunks": None if chunks is None else (chunks, 1),
        "trouble": tuple(trouble) if trouble else None,
    }
    if mutants:
        report.count_mutants(print)
        return
    given = {name: value for name, value in chosen.items() if value is not None}
    if given:
        proven = report.prove([_bounds(given)], print)
    else:
        proven = report.prove(suite.PROVEN, print, suite.UNSAID)
        proven = proven and report.show_unprovable(plain_suite.UNPROVABLE, print)
    if not proven:
        raise typer.Exit(FAILED)


def _bounds(given: Mapping[str, object]) -> Bounds:
    """Build the bounds of one exploration; by default a person does everything that they can do."""
    bounds = Bounds("as asked for", losses=None, person=(*bases.EVERYTHING, "wait"))
    bounds = replace(bounds, **given)  # type: ignore[arg-type]  # the options are of these types
    plain = bounds.server is not ServerKind.CLOSING
    return replace(bounds, full=plain, troubles=int(bool(bounds.trouble)))
