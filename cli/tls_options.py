"""The options of TLS, on both sides, and what is made of them. A mistake in them is one line.

What speaks TLS is imported only where it is asked for.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.settings import variable
from cli.state import state_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from ssl import SSLContext

    from net.server.limits import Limits
    from net.server.tls.security import Security
    from net.tls.trust import Expected, Trust

KNOWN = "known-servers"
PANEL = "TLS"
STRANGERS = (
    "whoever reaches this port can hear every song and see every title, and so can whoever is on "
    "the way: give --tls-cert and --tls-key (alfine certs makes them), and --tls-clients to let in "
    "only whom you know"
)


class BadTls(ValueError):
    """The options do not go together, or a file cannot be used. The text says why, in one line."""


ServerCert = Annotated[
    Path | None,
    typer.Option(
        "--tls-cert",
        metavar="FILE",
        help="Speak TLS (1.3 and 1.2), and show this certificate, in PEM.",
        rich_help_panel=PANEL,
    ),
]
ServerKey = Annotated[
    Path | None,
    typer.Option(
        "--tls-key",
        metavar="FILE",
        help="The certificate's key; without it, it stands in the same file.",
        rich_help_panel=PANEL,
    ),
]
ServerClients = Annotated[
    Path | None,
    typer.Option(
        "--tls-clients",
        metavar="CA|FILE",
        help="Let in only clients with a certificate that is signed by one in this file, or is one "
        "of those in it. Its name stands in the log, and is what --per-address counts by.",
        rich_help_panel=PANEL,
    ),
]
ServerAllow = Annotated[
    Path | None,
    typer.Option(
        "--tls-allow",
        metavar="FILE",
        help="Of those let in only these: a name or a SHA-256 fingerprint a line; read again when "
        "it changes.",
        rich_help_panel=PANEL,
    ),
]


# fmt: off
_CLIENT = {
    "tls":      ("",            "Speak TLS: the system's authorities vouch for the server, or, at a terminal, its certificate is remembered when it is met for the first time."),
    "tls-ca":   ("FILE",        "Speak TLS with a server for which an authority in this file vouches, in PEM."),
    "tls-pin":  ("FINGERPRINT", "Speak TLS with a server whose certificate has this SHA-256 fingerprint."),
    "tls-cert": ("FILE",        "The certificate to show a server that asks for one, in PEM."),
    "tls-key":  ("FILE",        "Its key; without it, it stands in the same file."),
}
# fmt: on


def _option(name: str, *, variables: bool) -> Any:
    metavar, about = _CLIENT[name]
    return typer.Option(
        f"--{name}",
        metavar=metavar or None,
        envvar=variable(name.replace("-", "_")) if variables else None,
        help=about,
        rich_help_panel=PANEL,
    )


Tls = Annotated[bool, _option("tls", variables=True)]
TlsCa = Annotated[Path | None, _option("tls-ca", variables=True)]
TlsPin = Annotated[str | None, _option("tls-pin", variables=True)]
ClientCert = Annotated[Path | None, _option("tls-cert", variables=True)]
ClientKey = Annotated[Path | None, _option("tls-key", variables=True)]
# The variables are the client's: another server may be the one that is checked.
CheckTls = Annotated[bool, _option("tls", variables=False)]
CheckCa = Annotated[Path | None, _option("tls-ca", variables=False)]
CheckPin = Annotated[str | None, _option("tls-pin", variables=False)]
CheckCert = Annotated[Path | None, _option("tls-cert", variables=False)]
CheckKey = Annotated[Path | None, _option("tls-key", variables=False)]


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
    return not ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


@dataclass(frozen=True, slots=True)
class ClientTls:
    """What the client's options say."""

    tls: bool = False
    ca: Path | None = None
    pin: str | None = None
    cert: Path | None = None
    key: Path | None = None

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
