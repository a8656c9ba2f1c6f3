"""The options of TLS, on both sides, and what is made of them. A mistake in them is one line.

What speaks TLS is imported only where it is asked for.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cli.command_line import PATH, Declaration, Declared, flag, option
from cli.settings import variable

if TYPE_CHECKING:
    from ssl import SSLContext

    from net.server.limits import Limits
    from net.server.tls.security import Security
    from net.tls.trust import Expected, Trust

KNOWN = "known-servers"
HEADING = "TLS"
STRANGERS = (
    "whoever reaches this port can hear every song and see every title, and so can whoever is on "
    "the way: give --tls-cert and --tls-key (alfine certs makes them), and --tls-clients to let in "
    "only whom you know"
)


class BadTls(ValueError):
    """The options do not go together, or a file cannot be used. The text says why, in one line."""


# fmt: off
_SERVER = {
    "cert":    ("FILE",    "Speak TLS (1.3 and 1.2), and show this certificate, in PEM."),
    "key":     ("FILE",    "The certificate's key; without it, it stands in the same file."),
    "clients": ("CA|FILE", "Let in only clients with a certificate that is signed by one in this file, or is one of those in it. Its name stands in the log, and is what --per-address counts by."),
    "allow":   ("FILE",    "Of those let in only these: a name or a SHA-256 fingerprint a line; read again when it changes."),
}
_CLIENT = {
    "ca":   ("FILE",        "Speak TLS with a server for which an authority in this file vouches, in PEM."),
    "pin":  ("FINGERPRINT", "Speak TLS with a server whose certificate has this SHA-256 fingerprint."),
    "cert": ("FILE",        "The certificate to show a server that asks for one, in PEM."),
    "key":  ("FILE",        "Its key; without it, it stands in the same file."),
}
_TLS = "Speak TLS: the system's authorities vouch for the server, or, at a terminal, its certificate is remembered when it is met for the first time."
# fmt: on


def _gathered(function: Declared, kind: type[Any], options: Sequence[Declaration]) -> Declared:
    """Declare these options, and give the function one value of this kind for all of them, `tls`."""
    names = ["tls", *(f"tls_{field.name}" for field in fields(kind) if field.name != "tls")]

    @wraps(function)
    def called(*args: Any, **given: Any) -> Any:
        found = {name.removeprefix("tls_"): given.pop(name) for name in names if name in given}
        return function(*args, tls=kind(**found), **given)

    for declare in reversed(options):
        called = declare(called)
    return cast(Declared, called)


OF_SERVER: tuple[Declaration, ...] = tuple(
    option(f"--tls-{name}", type=PATH, metavar=metavar, help=about, heading=HEADING)
    for name, (metavar, about) in _SERVER.items()
)
"""What a server shows, and whom it lets in: what they give is `tls_…`."""


def of_client(function: Declared, variables: bool = True) -> Declared:
    """Declare whom a client believes, and what it shows: the command takes a ClientTls."""
    options = [
        flag("--tls", envvar=variable("tls") if variables else None, help=_TLS, heading=HEADING)
    ]
    options += [
        option(
            f"--tls-{name}",
            type=None if name == "pin" else PATH,
            metavar=metavar,
            envvar=variable(f"tls_{name}") if variables else None,
            help=about,
            heading=HEADING,
        )
        for name, (metavar, about) in _CLIENT.items()
    ]
    return _gathered(function, ClientTls, options)


def of_check(function: Declared) -> Declared:
    """Declare the same. The variables are the client's: it may be another server that is checked."""
    return of_client(function, variables=False)


@dataclass(frozen=True, slots=True)
class ServerTls:
    """What the server's options say."""

    cert: Path | None = None
    key: Path | None = None
    clients: Path | None = None
    allow: Path | None = None

    def security(self, limits: Limits) -> Security | None:
        """Return what begins handshakes; None: the clients are in clear. Raises BadTls."""
        if self.cert is None:
            for option, value in (
                ("key", self.key),
                ("clients", self.clients),
                ("allow", self.allow),
            ):
                if value is not None:
                    raise BadTls(f"--tls-{option} needs --tls-cert, the server's certificate")
            return None
        if self.allow is not None and self.clients is None:
            raise BadTls("--tls-allow needs --tls-clients, which asks clients who they are")
        from net.server.tls.security import Security, TlsFiles
        from net.tls.contexts import KeyPair, TlsFileError

        try:
            files = TlsFiles(KeyPair(self.cert, self.key), self.clients, self.allow)
            return Security(files, limits)
        except TlsFileError as error:
            raise BadTls(str(error)) from None


def is_open_to_strangers(listening: socket.socket) -> bool:
    """Return whether other machines may reach a server that listens here."""
    import ipaddress

    return not ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


@dataclass(frozen=True, slots=True)
class ClientTls:
    """What the client's options say."""

    tls: bool = False
    ca: Path | None = None
    pin: str | None = None
    cert: Path | None = None
    key: Path | None = None

    def check(self) -> None:
        """Raise BadTls where `trust` would."""
        self.trust(learns=False, tell=lambda text: None)

    def warning(self) -> str | None:
        """Return what is to be said of whom --tls-ca has believed; None: nothing."""
        if self.ca is None:
            return None
        from net.tls.believed import warning_of

        warning = warning_of(self.ca)
        return warning and f"--tls-ca: {warning}"

    def trust(self, learns: bool, tell: Callable[[str], None]) -> Trust | None:
        """Return what makes connections; None: they are in clear. Raises BadTls.

        learns: a person sees what is told, and an unknown server may be remembered.
        """
        if self.cert is None and self.key is not None:
            raise BadTls("--tls-key needs --tls-cert, the certificate that it belongs to")
        if not (self.tls or self.ca or self.pin):
            if self.cert is not None:
                raise BadTls("--tls-cert needs --tls, --tls-ca or --tls-pin")
            return None
        from cli.state import state_directory
        from net.tls.contexts import KeyPair, TlsFileError
        from net.tls.identity import parse_fingerprint
        from net.tls.known import KnownServers
        from net.tls.trust import Trust

        pin = parse_fingerprint(self.pin) if self.pin else None
        if self.pin and pin is None:
            raise BadTls("--tls-pin takes SHA256: and 64 hexadecimal digits (alfine certs show)")
        pair = KeyPair(self.cert, self.key) if self.cert is not None else None
        known = None if self.ca or pin else KnownServers(state_directory() / KNOWN)
        trust = Trust(self.ca, pin, pair, known, learns, tell)
        try:
            trust.check()
        except TlsFileError as error:
            raise BadTls(str(error)) from None
        return trust

    def expected(self, host: str, port: int) -> Expected | None:
        """Return what one server has to show; None: it is asked in clear. Raises BadTls."""
        from net.tls.words import TlsFailed

        trust = self.trust(learns=False, tell=lambda text: None)
        try:
            return trust.expect(host, port) if trust is not None else None
        except TlsFailed as error:
            raise BadTls(str(error)) from None

    def serving(self) -> SSLContext | None:
        """Return what a server shows with this certificate; None: it serves in clear.

        Raises BadTls.
        """
        if self.tls or self.ca or self.pin:
            raise BadTls("a server that is played shows a certificate: --tls-cert and --tls-key")
        if self.cert is None:
            return None
        from net.tls.contexts import KeyPair, TlsFileError, server_context

        try:
            return server_context(KeyPair(self.cert, self.key), kernel=False)
        except TlsFileError as error:
            raise BadTls(str(error)) from None
