"""`alfine check`: tries whether a server, or a client, does what RFC 9999 says, case by case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from check.case import Case, Outcome, Verdict, select
from check.client import cases as client_cases
from check.client import options as client_options
from check.present import present
from check.server.cases import CASES
from check.server.check import ServerCheck
from check.server.facts import MIB, Options
from cli.address import host_of, with_port
from cli.command_line import PATH, argument, between, command, flag, option
from cli.options import tls as tls_options
from cli.protocol import check_client
from cli.usage import FAILED, NO_CONNECTION
from cli.words.safe_text import shown

if TYPE_CHECKING:
    from cli.protocol.check_own import Own

T = TypeVar("T")
EPILOG = (
    "Example: alfine check 127.0.0.1 12345 --music ~/Music --junit check.xml; "
    "alfine check --client -- python client.py {host} {port}"
)
DEFAULT = Options()
DEFAULT_CLIENT = client_options.Options(())
TYPED = client_options.Typed()


@command(EPILOG)
@argument(
    "peer",
    nargs=-1,
    metavar="HOST PORT | --own | --client -- COMMAND…",
    help="The server; or the client's command, with {host} and {port} where these go.",
)
@flag(
    "--own",
    help="Check the server that runs here with the settings of alfine server (variables and the "
    "file): its port, its certificate, and as what it takes for a proxy. For a health check.",
)
@flag("--client", help="Run a client's command, and play a server to it.")
@flag("--plain", help="Try nothing that the RFC does not have: send no SETUP, accept none.")
@option(
    "--only",
    multiple=True,
    metavar="NUMBER",
    help="Only this case, or the cases of this section. Repeatable.",
)
@option(
    "--music",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The server's music directory: songs are compared with its files.",
)
@flag("--json", "as_json", help="One JSON object a line.")
@option("--junit", type=PATH, metavar="FILE", help="Write the verdicts to this file, as JUnit XML.")
@option(
    "--timeout",
    type=between(0.1, 600),
    metavar="SECONDS",
    help=f"How long a server may take for an answer ({DEFAULT.timeout_s:g}), a client for "
    f"what is typed ({DEFAULT_CLIENT.timeout_s:g}).",
)
@option(
    "--connections",
    type=between(1, 64),
    default=DEFAULT.connections,
    metavar="N",
    help="Cases at once; one, if the server serves one client at a time.",
)
@option(
    "--request-time",
    type=between(0.1, 600),
    metavar="SECONDS",
    help="How long the server lets a request be unfinished. Without it that is not tried.",
)
@option(
    "--long-song",
    type=between(0.1, 48),
    default=DEFAULT.long_bytes / MIB,
    metavar="MIB",
    help="A song of this size is longer than what may lie on the way, so that it can be "
    "told whether STOP ends it.",
)
@option(
    "--songs",
    type=between(1, 1000),
    default=DEFAULT.songs,
    metavar="N",
    help="Songs that are tried to find a long one, or to be compared with files.",
)
@flag(
    "--learn",
    help="Try no cases: learn which machine the server is, and say where it is not the "
    "table's. Takes a minute, and AALpy.",
)
@option(
    "--draw",
    type=PATH,
    metavar="FILE.svg",
    help="With --learn: draw what was learned, differences in red.",
)
@option(
    "--tty/--pipe",
    default=None,
    help="What a client types and prints on; without it a terminal, if it lists songs only there.",
)
@option(
    "--type-list", default=TYPED.list, metavar="TEXT", help="What is typed into a client for LIST."
)
@option("--type-play", default=TYPED.play, metavar="TEXT", help="The same for PLAY.")
@option("--type-stop", default=TYPED.stop, metavar="TEXT", help="The same for STOP.")
@option("--type-quit", default=TYPED.quit, metavar="TEXT", help="The same to leave.")
@tls_options.of_check
def check(
    peer: tuple[str, ...],
    own: bool,
    client: bool,
    plain: bool,
    only: tuple[str, ...],
    music: Path | None,
    as_json: bool,
    junit: Path | None,
    timeout: float | None,
    connections: int,
    request_time: float | None,
    long_song: float,
    songs: int,
    learn: bool,
    draw: Path | None,
    tty: bool | None,
    type_list: str,
    type_play: str,
    type_stop: str,
    type_quit: str,
    tls: tls_options.ClientTls,
) -> None:
    """Check whether a server does what RFC 9999 says, whoever wrote it.

    It finds the server's songs by LIST and changes nothing. Each case says
    what was sent, what came, and the sentence of the RFC. A MUST that is not
    kept fails; a SHOULD is warned of. With --learn: 0 it is the table's
    machine, 1 it is not.

    With --client: check a client. Its command is run, many times and without
    a shell; a server is played to it, and words are typed into it.

    Exit codes: 0 every MUST that could be tried is kept; 1 some are not;
    2 usage; 3 no connection.
    """
    if client:
        if own:
            raise click.BadParameter("--own is about servers: not with --client")
        if not peer:
            raise click.UsageError("Missing argument: the client's command, behind --client --")
        if music is not None or learn:
            raise click.BadParameter("--music and --learn are about servers: not with --client")
        words = {"list": type_list, "play": type_play, "stop": type_stop, "quit": type_quit}
        chosen = client_options.Options(
            command=tuple(peer),
            timeout_s=timeout or DEFAULT_CLIENT.timeout_s,
            at_once=connections,
            plain=plain,
            tty=tty,
            typed=check_client.typed(words),
            tls=_or_refuse(tls.serving),
        )
        cases = _selected(client_cases.CASES, only)
        _end(check_client.checked(chosen, cases, as_json, junit))
        return
    host, port, header, tls = _own(peer, tls) if own else (*_address(peer), b"", tls)
    options = Options(
        timeout_s=timeout or DEFAULT.timeout_s,
        case_s=10 * (timeout or DEFAULT.timeout_s),
        connections=connections,
        plain=plain,
        music=music,
        request_s=request_time,
        long_bytes=int(long_song * MIB),
        songs=songs,
        tls=_or_refuse(partial(tls.expected, host, port)),
        header=header,
    )
    if draw is not None and not learn:
        raise click.BadParameter("--draw draws what --learn has learned")
    if learn:
        if only or as_json or junit:
            raise click.BadParameter("--learn tries no cases: no --only, --json or --junit with it")
        _learn(host, port, options, draw)
        return
    _end(_server_verdicts(host, port, options, _selected(CASES, only), as_json, junit))


def _server_verdicts(
    host: str, port: int, options: Options, cases: list[Case], as_json: bool, junit: Path | None
) -> Iterable[Verdict]:
    """Try the cases on a server. Ends the program where that is not possible."""
    try:
        return asyncio.run(_check_server(host, port, options, cases, as_json, junit))
    except ConnectionFailed as error:
        click.echo(f"alfine check: no connection to {with_port(host, port)}: {error}", err=True)
        raise click.exceptions.Exit(NO_CONNECTION) from None
    except OSError as error:
        if junit is None or error.filename != str(junit):
            raise
        raise click.BadParameter(f"{shown(str(junit))}: {error.strerror}") from None


def _or_refuse(made: Callable[[], T]) -> T:
    try:
        return made()
    except tls_options.BadTls as error:
        raise click.BadParameter(str(error)) from None


def _end(verdicts: Iterable[Verdict]) -> None:
    if any(verdict.outcome is Outcome.FAILED for verdict in verdicts):
        raise click.exceptions.Exit(FAILED)


def _learn(host: str, port: int, options: Options, draw: Path | None) -> None:
    from cli.protocol import learning  # it imports what draws

    learning.require()
    try:
        server = asyncio.run(ServerCheck.begin(host, port, options))
    except OSError as error:
        why = error.strerror or str(error)
        click.echo(f"alfine check: no connection to {with_port(host, port)}: {why}", err=True)
        raise click.exceptions.Exit(NO_CONNECTION) from None
    learning.learn_and_tell(server, with_port(host, port), draw)


class ConnectionFailed(Exception):
    """There is no server at the address."""


async def _check_server(
    host: str, port: int, options: Options, cases: list[Case], as_json: bool, junit: Path | None
) -> list[Verdict]:
    try:
        server = await ServerCheck.begin(host, port, options)
    except OSError as error:
        raise ConnectionFailed(error.strerror or str(error)) from None
    return await present(
        server.verdicts(cases),
        "server",
        with_port(host, port),
        server.described(),
        click.echo,
        as_json=as_json,
        junit_file=junit,
    )


def _own(peer: Sequence[str], tls: tls_options.ClientTls) -> Own:
    if peer:
        raise click.BadParameter("--own takes HOST and PORT from the settings of the server")
    from cli.protocol.check_own import own_server

    return _or_refuse(partial(own_server, tls))


def _address(peer: Sequence[str]) -> tuple[str, int]:
    """Return host and port. Raises click.BadParameter."""
    if len(peer) != 2:
        raise click.BadParameter("a server is two words, HOST PORT, as in: 127.0.0.1 12345")
    host, port = host_of(peer[0]), peer[1]
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535):
        raise click.BadParameter(f"PORT is a number from 1 to 65535, not {shown(port)}")
    return host, int(port)


def _selected(cases: Iterable[Case], only: Sequence[str]) -> list[Case]:
    try:
        return select(cases, only)
    except ValueError as error:
        raise click.BadParameter(f"{error}; docs/checking.md lists them") from None
