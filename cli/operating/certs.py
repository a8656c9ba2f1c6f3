"""`alfine certs`: a small authority of one's own, and certificates for servers and clients."""

from __future__ import annotations

import ipaddress
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from platformdirs import user_config_path

from cli.address import host_of
from cli.command_line import PATH, argument, between, command, option
from cli.usage import USAGE

if TYPE_CHECKING:
    from net.tls.authority import Authority
    from net.tls.certificate_files import Made

EPILOG = "Example: alfine certs init && alfine certs server music.home --also 192.168.1.5"
MISSING = "needs cryptography: alfine's extra [tls], or Debian's python3-cryptography"


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
    type=host_of,
    metavar="NAME",
    help="For server: a further name or address of it. Repeatable. A client that finds the server "
    "in its network connects to the address.",
)
@option(
    "--days",
    type=between(1, 36_500),
    metavar="N",
    help="For all that is made: days that it is valid.",
)
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
        from net.tls.authority import Authority
        from net.tls.certificate_files import CannotMake
    except ImportError:
        _refuse(MISSING)
    authority = Authority(_absolute(directory or user_config_path("alfine") / "certs"))
    valid = {"days": days} if days is not None else {}
    try:
        match Action(action):
            case Action.INIT:
                _takes_no(action, name=name, also=also)
                _init(authority, authority.begin(**valid))
            case Action.SERVER:
                names = host_of(_needed(action, name)), *also
                _server(authority, authority.server(names[0], names[1:], **valid), names)
            case Action.CLIENT:
                _takes_no(action, also=also)
                _client(authority, authority.client(_needed(action, name), **valid))
            case Action.SHOW:
                _takes_no(action, also=also, days=days)
                _show(authority, [Path(name)] if name is not None else authority.files())
    except CannotMake as error:
        _refuse(str(error))


def _absolute(directory: Path) -> Path:
    """Return the path by which it is found from any other directory: what is printed is typed."""
    try:
        return Path(os.path.realpath(directory))  # where .. stands behind a link, the link counts
    except OSError as error:  # the present directory has been removed
        _refuse(f"{str(directory)!a} cannot be found: {error.strerror}")


def _init(authority: Authority, made: Made) -> None:
    print(f"authority   {made.certificate}, valid until {made.until}")
    print("Whoever has its key can pose as any of its servers and clients; it never leaves here.")
    if authority.is_open_to_others:
        directory = _quoted(authority.directory)
        print(f"{directory} was there, and others may look into it: chmod 700 {directory}")
    print("Next: alfine certs server NAME, with the name by which clients reach the server")


def _server(authority: Authority, made: Made, names: Sequence[str]) -> None:
    _made(authority, made)
    serve = "alfine server MUSIC_DIR PORT --host 0.0.0.0"
    print("To serve on this machine:")
    print(f"    {serve} {_pair(made, _quoted)}")
    print("To serve on another one, copy two files to it, and type the second line there:")
    print(f"    {_copying('SERVER', *_files(made))}")
    print(f"    {serve} {_pair(made, _copied)}")
    print("For a client, copy the authority's certificate to it, and type the second line there:")
    host = "HOST" if made.name.startswith("*") else shlex.quote(made.name)
    print(f"    {_copying('CLIENT', authority.certificate)}")
    print(f"    alfine client {host} PORT --tls-ca {_copied(authority.certificate)}")
    print("or, with nothing copied:")
    print(f"    alfine client {host} PORT --tls-pin {made.fingerprint}")
    if not any(map(_is_address, names)):
        print(
            "A client that finds the server in its network connects to the server's address, which"
        )
        print("is not in this certificate: for such clients make one with --also ADDRESS.")


def _client(authority: Authority, made: Made) -> None:
    _made(authority, made)
    print("To let in only such clients, where this machine is the server:")
    print(f"    alfine server … --tls-clients {_quoted(authority.certificate)}")
    print("Where another one is, copy a file to it, and type the second line there:")
    print(f"    {_copying('SERVER', authority.certificate)}")
    print(f"    alfine server … --tls-clients {_copied(authority.certificate)}")
    print("For the client, copy three files to it, and type the second line there:")
    print(f"    {_copying('CLIENT', authority.certificate, *_files(made))}")
    believed = f"--tls-ca {_copied(authority.certificate)}"
    print(f"    alfine client HOST PORT {believed} {_pair(made, _copied)}")


def _made(authority: Authority, made: Made) -> None:
    from net.tls.certificate_files import read

    with_authority = made.ends == read(authority.certificate).ends
    end = ", the end of its authority" if with_authority else ""
    print(f"{made.kind:<11} {made.certificate}, valid until {made.until}{end}")
    print(f"fingerprint {made.fingerprint}")


def _show(authority: Authority, files: Sequence[Path]) -> None:
    """Show each certificate; one that cannot be read keeps no other from being shown."""
    from net.tls.certificate_files import CannotMake, read

    if not files:
        _refuse(f"there is nothing in {str(authority.directory)!a} yet: alfine certs init")
    unreadable = []
    for file in files:
        try:
            _shown(read(file))
        except CannotMake as error:
            unreadable.append(str(error))
    if unreadable:
        _refuse("; ".join(unreadable))


def _shown(made: Made) -> None:
    validity = "expired on" if made.expired else "valid until"
    print(f"{made.kind:<11} {made.name}, {validity} {made.until}")
    print(f"            {made.fingerprint}")
    print(f"            {made.certificate}{'' if made.key else ' (its key is elsewhere)'}")


def _files(made: Made) -> tuple[Path, Path]:
    assert made.key is not None
    return made.certificate, made.key


def _pair(made: Made, written: Callable[[Path], str]) -> str:
    certificate, key = map(written, _files(made))
    return f"--tls-cert {certificate} --tls-key {key}"


def _copying(machine: str, *files: Path) -> str:
    """Return what copies files to the user's home on another machine, with their modes."""
    return f"scp -p {' '.join(map(_quoted, files))} {machine}:"


def _copied(path: Path) -> str:
    """Return the path of the copy there."""
    return f"~/{shlex.quote(path.name)}"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _needed(action: str, name: str | None) -> str:
    if name is None:
        _refuse(f"alfine certs {action} needs a name")
    return name


def _takes_no(action: str, **given: object) -> None:
    for name, value in given.items():
        if value:
            _refuse(f"alfine certs {action} takes no {'name' if name == 'name' else f'--{name}'}")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refuse(why: str) -> NoReturn:
    print(f"alfine certs: {why}", file=sys.stderr)
    raise click.exceptions.Exit(USAGE)
