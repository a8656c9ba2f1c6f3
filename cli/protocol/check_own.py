"""The server that the settings of this machine describe, as `alfine check --own` reaches it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import click

from cli.options.tls import BadTls, ClientTls
from cli.serving.settings import Settings, settings_of
from cli.settings import variable
from net.server.accepting.addresses import parsed
from net.server.accepting.proxy_header import OWN
from net.server.limits import Limits

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Own(NamedTuple):
    """Where it is. header: what each connection begins with, if it takes this machine for a proxy.
    tls: what it shows, and what it is shown.
    """

    host: str
    port: int
    header: bytes
    tls: ClientTls


def own_server(shown: ClientTls) -> Own:
    """Return it, as variables and the file say. shown: the options, of which a certificate for a
    server that asks for one. Raises click.BadParameter, or what `alfine server` would.
    """
    from cli.server import server

    settings = settings_of(server.make_context("alfine server", []).params)
    host, port = _host(settings), settings.listening.port
    if port == 0:
        raise click.BadParameter("the settings say port 0, which is any: give HOST PORT")
    return Own(host, port, _header(host, settings.limits.limits()), _tls(settings, shown))


def _host(settings: Settings) -> str:
    """Return an address that it listens on: over loopback, if that is possible."""
    hosts = [LOOPBACK.get(each, each) for each in settings.listening.host]
    return next((each for each in hosts if each in LOOPBACK.values()), hosts[0])


def _header(host: str, limits: Limits) -> bytes:
    """Return the header of a proxy's own connection: who connects to an own address has it, too."""
    try:
        address = parsed(host)
    except ValueError:  # a name
        return b""
    return OWN if any(address in network for network in limits.proxies) else b""


def _tls(settings: Settings, shown: ClientTls) -> ClientTls:
    """Believe the very certificate that the settings name: no authority, no name and no date."""
    if settings.tls.cert is None:
        return ClientTls()
    from net.tls.identity import fingerprint_in

    try:
        pin = fingerprint_in(settings.tls.cert.read_text())
    except (OSError, ValueError) as error:
        raise BadTls(f"{str(settings.tls.cert)!a} cannot be read: {error}") from None
    if shown.cert is not None:
        return ClientTls(pin=pin, cert=shown.cert, key=shown.key)
    cert, key = (os.environ.get(variable(name)) for name in ("tls_cert", "tls_key"))
    return ClientTls(pin=pin, cert=Path(cert) if cert else None, key=Path(key) if key else None)
