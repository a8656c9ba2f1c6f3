"""`alfine certs`: a small authority of one's own, and certificates for servers and clients."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from platformdirs import user_config_path

from cli.command_line import PATH, argument, between, command, option
from cli.usage import USAGE

if TYPE_CHECKING:
    from net.tls.authority import Authority, Made

EPILOG = "Example: alfine certs init && alfine certs server music.home --also 192.168.1.5"
MISSING = (
    "alfine certs needs cryptography: pip install -e '.[tls]', or Debian's python3-cryptography"
)


class Action(StrEnum):
    """What is to be done."""

    INIT = "init"
    SERVER = "server"
    CLIENT = "client"
    SHOW = "show"


@command(EPILOG)
@argument(
    "action",
    type=click.Choice([action.value for action in Action]),
    help="init: make the authority. server, client: make a certificate that it signs. "
    "show: what there is, with fingerprints.",
)
@argument(
    "name",
    required=False,
    help="For server: the name or address by which clients reach it. For client: what is to stand "
    "in the server's log. For show: one certificate's file.",
)
@option(
    "--also",
    multiple=True,
    metavar="NAME",
    help="A further name or address of the server. Repeatable.",
)
@option("--days", type=between(1, 36_500), metavar="N", help="Days that it is valid.")
@option(
    "--dir",
    "directory",
    type=PATH,
    metavar="DIR",
    help="Where the authority and all that it signs lies.",
    shown="certs in the user's configuration directory",
)
def certs(
    action: str, name: str | None, also: tuple[str, ...], days: int | None, directory: Path | None
) -> None:
    """Make an authority of your own, and certificates for servers and clients, for TLS.

    Keys are readable by you alone, and nothing is overwritten. Only what is to be copied to another
    machine is said to be: the authority's key stays here.
    """
    try:
        from net.tls.authority import Authority, CannotMake
    except ImportError:
        _refuse(MISSING)
    authority = Authority(directory or user_config_path("alfine") / "certs")
    try:
        match Action(action):
            case Action.INIT:
                _no_name(action, name)
                _init(authority.begin())
            case Action.SERVER:
                made = authority.server(
                    _needed(action, name), also, **({"days": days} if days else {})
                )
                _server(authority, made)
            case Action.CLIENT:
                made = authority.client(_needed(action, name), **({"days": days} if days else {}))
                _client(authority, made)
            case Action.SHOW:
                _show(authority, name)
    except CannotMake as error:
        _refuse(str(error))


def _init(made: Made) -> None:
    print(f"authority   {made.certificate}, valid until {made.until}")
    print("Whoever has its key can pose as any of its servers and clients; it never leaves here.")
    print("Next: alfine certs server NAME, with the name by which clients reach the server")


def _server(authority: Authority, made: Made) -> None:
    _made(made)
    print("On the server:")
    print(f"    alfine server MUSIC_DIR PORT --host 0.0.0.0 {_pair(made)}")
    print(f"On a client, to which {authority.certificate.name} was copied:")
    print(
        f"    alfine client {shlex.quote(made.name)} PORT --tls-ca {_quoted(authority.certificate)}"
    )
    print("or, with nothing copied:")
    print(f"    alfine client {shlex.quote(made.name)} PORT --tls-pin {made.fingerprint}")


def _client(authority: Authority, made: Made) -> None:
    _made(made)
    print("On the server, which lets in only such clients:")
    print(f"    alfine server … --tls-clients {_quoted(authority.certificate)}")
    print("On the client, to which these files were copied:")
    print(f"    alfine client HOST PORT --tls-ca {_quoted(authority.certificate)} {_pair(made)}")


def _made(made: Made) -> None:
    print(f"{made.kind:<11} {made.certificate}, valid until {made.until}")
    print(f"fingerprint {made.fingerprint}")


def _show(authority: Authority, file: str | None) -> None:
    from net.tls.authority import read

    found = [read(Path(file))] if file is not None else authority.all()
    if not found:
        _refuse(f"there is nothing in {str(authority.directory)!a} yet: alfine certs init")
    for made in found:
        print(f"{made.kind:<11} {made.name}, valid until {made.until}")
        print(f"            {made.fingerprint}")
        print(f"            {made.certificate}{'' if made.key else ' (its key is elsewhere)'}")


def _pair(made: Made) -> str:
    assert made.key is not None
    return f"--tls-cert {_quoted(made.certificate)} --tls-key {_quoted(made.key)}"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _needed(action: str, name: str | None) -> str:
    if name is None:
        _refuse(f"alfine certs {action} needs a name")
    return name


def _no_name(action: str, name: str | None) -> None:
    if name is not None:
        _refuse(f"alfine certs {action} takes no name")


def _refuse(why: str) -> NoReturn:
    print(f"alfine certs: {why}", file=sys.stderr)
    raise click.exceptions.Exit(USAGE)
