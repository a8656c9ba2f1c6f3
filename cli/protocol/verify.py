"""`alfine verify`: explore client, server and the messages between them, and prove the protocol.

Or show one ordinary exchange of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from cli.command_line import PATH, between, command, flag, option
from cli.usage import FAILED
from cli.words.commands import parser
from cli.words.commands.table import CommandError
from cli.words.moment import Status
from cli.words.safe_text import shown
from diagrams.ladder import svg
from verify import ladder, report
from verify.bounds import Bounds, ServerKind, Trouble
from verify.exchange import music
from verify.model.person import LEAVE, TYPED
from verify.show import BOUNDS, WORDS, CannotShow, ordinary
from verify.suites import bases
from verify.suites import default as suite
from verify.suites import plain as plain_suite

EPILOG = "Example: alfine verify --requests 3 --losses 2 --chunks 3 --trouble file-changes"

SERVERS = {kind.name.lower(): kind for kind in ServerKind}
TROUBLES = {kind.name.lower().replace("_", "-"): kind for kind in Trouble}


def _server(name: str) -> ServerKind:
    if name not in SERVERS:
        raise click.BadParameter(f"one of {', '.join(SERVERS)}")
    return SERVERS[name]


def _trouble(name: str) -> Trouble:
    if name not in TROUBLES:
        raise click.BadParameter(f"one of {', '.join(TROUBLES)}")
    return TROUBLES[name]


@command(EPILOG)
@option("--requests", type=between(1), metavar="N", help="Unanswered requests at once, at most.")
@option("--losses", type=between(0), metavar="N", help="Connection losses, at most.", shown="any")
@option("--chunks", type=between(0, 3), metavar="N", help="Audio messages of song 1.")
@option("--channel", type=between(2), metavar="N", help="Messages in flight each way, at most.")
@option("--prebuffer", type=between(1), metavar="N", help="Messages before playing begins.")
@option("--server", type=_server, metavar="KIND", help=f"The kind of server: {', '.join(SERVERS)}.")
@flag("--plain", help="The client is told that the server is plain.")
@option(
    "--trouble",
    type=_trouble,
    multiple=True,
    metavar="KIND",
    help=f"What may go wrong once, beside losses. Repeatable: {', '.join(TROUBLES)}.",
)
@flag("--mutants", help="Put faults into each row of each table, and count those that show.")
@flag("--any-time", help="Timers may run out while messages are in flight.")
@option(
    "--show",
    metavar="WORDS",
    help="Prove nothing; show the exchange in which a person types these commands, with ; "
    "between them. There are two songs, A (1) and B (2).",
)
@option(
    "--ladder", "to", type=PATH, metavar="FILE.svg", help="With --show: draw it into this file."
)
def verify(
    requests: int | None,
    losses: int | None,
    chunks: int | None,
    channel: int | None,
    prebuffer: int | None,
    server: ServerKind | None,
    plain: bool,
    trouble: tuple[Trouble, ...],
    mutants: bool,
    any_time: bool,
    show: str | None,
    to: Path | None,
) -> None:
    """Prove the protocol: explore client, server and all that can be between.

    Without options: a suite of explorations, then what no client can prove of
    a plain server. With options: one exploration, within those bounds.

    The shortest exchange that breaks a rule is shown as a ladder. With --show:
    one exchange in which nothing goes wrong.

    Exit codes: 0 proven; 1 broken; 2 usage.
    """
    chosen: dict[str, Any] = {
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
    given = {name: value for name, value in chosen.items() if value is not None}
    if to is not None and show is None:
        raise click.BadParameter("--ladder draws what --show shows")
    if show is not None:
        _show(replace(BOUNDS, **given), show, to)
        return
    if mutants:
        report.count_mutants(print)
        return
    if given:
        proven = report.prove([_bounds(given)], print)
    else:
        proven = report.prove(suite.PROVEN, print, suite.UNSAID)
        proven = proven and report.show_unprovable(plain_suite.UNPROVABLE, print)
    if not proven:
        raise click.exceptions.Exit(FAILED)


def _show(bounds: Bounds, text: str, to: Path | None) -> None:
    """Print or draw the exchange in which these commands are typed."""
    try:
        model, moves = ordinary(bounds, _typed(text))
    except CannotShow as error:
        raise click.BadParameter(str(error)) from None
    drawn, broken = ladder.rungs(model, moves)
    if to is None:
        for line in ladder.ladder(model, moves):
            print(line)
    else:
        notes = [] if broken is None else [f"broken: {broken.rule.value}", broken.detail]
        try:
            to.write_text(svg(drawn, f"alfine verify --show {text!a}", notes), encoding="utf-8")
        except OSError as error:
            raise click.BadParameter(f"{str(to)!a} cannot be written: {error.strerror}") from None
    if broken is not None:
        raise click.exceptions.Exit(FAILED)


def _typed(text: str) -> list[str]:
    """Return the words of the model for what a person types."""
    return [_word(line.strip()) for line in text.split(";") if line.strip()]


def _word(line: str) -> str:
    if line in WORDS:
        return line
    try:
        parsed = parser.parse(line)
        context = parser.Context(music.entries(music.FIRST), Status())
        request = parsed.request(context) if parsed is not None else None
    except CommandError as error:
        raise CannotShow(str(error)) from None
    if parsed is not None and parsed.word == "quit":
        return LEAVE
    if parsed is not None and parsed.also(context) is not None:
        raise CannotShow(
            f"{shown(line)!r} names several songs: play the first, and queue the others"
        )
    for word, (_, asked) in TYPED.items():
        if asked == request and (request is not None or word == (parsed and parsed.word)):
            return word
    raise CannotShow(f"{shown(line)!r} is not part of the model; these are: {', '.join(WORDS)}")


def _bounds(given: Mapping[str, object]) -> Bounds:
    """Build the bounds of one exploration; by default a person does everything that they can do."""
    bounds = Bounds("as asked for", losses=None, person=(*bases.EVERYTHING, "wait"))
    bounds = replace(bounds, **given)  # type: ignore[arg-type]  # the options are of these types
    plain = bounds.server is not ServerKind.CLOSING
    return replace(bounds, full=plain, troubles=int(bool(bounds.trouble)))
