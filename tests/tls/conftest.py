"""An authority, what it signs, and what it would rather not have signed; made once."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.songs import music
from tests.needs import module_or_skip

MARK = b"THIS IS MUSIC AND NOBODY ELSE'S BUSINESS "
"""Stands in the songs again and again, so that a piece of them in clear is found."""


@dataclass(frozen=True)
class Certificates:
    """The files of one authority, and of another one."""

    ca: Path
    server: Path
    client: Path
    other_client: Path
    wrong_name: Path
    expired: Path
    stranger_ca: Path
    stranger: Path

    def pair(self, certificate: Path, side: str = "") -> tuple[object, ...]:
        """The options that show this certificate."""
        return ("--tls-cert", certificate, "--tls-key", certificate.with_suffix(".key"))

    @property
    def serving(self) -> tuple[object, ...]:
        """The options of a server that asks for no certificate."""
        return self.pair(self.server)

    @property
    def asking(self) -> tuple[object, ...]:
        """The options of a server that asks for one."""
        return (*self.serving, "--tls-clients", self.ca)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Certificates:
    module_or_skip("cryptography")
    from net.tls import authority

    own = authority.Authority(tmp_path_factory.mktemp("authority"))
    ca = own.begin().certificate
    strange = authority.Authority(tmp_path_factory.mktemp("stranger"))
    stranger_ca = strange.begin().certificate
    server = own.server("localhost", ["127.0.0.1"]).certificate
    kept = authority.BACKDATED
    authority.BACKDATED = datetime.timedelta(days=10)
    try:
        expired = own.server("expired", ["127.0.0.1"], days=-1).certificate
    finally:
        authority.BACKDATED = kept
    return Certificates(
        ca,
        server,
        own.client("kitchen").certificate,
        own.client("bedroom").certificate,
        own.server("music.example").certificate,
        expired,
        stranger_ca,
        strange.client("stranger").certificate,
    )


@pytest.fixture(scope="session")
def marked(tmp_path_factory) -> Path:
    """A folder with two songs, full of MARK, and of both lengths of messages."""
    folder = tmp_path_factory.mktemp("marked")
    for number in (1, 2):
        song = music(1.0, seed=number) + MARK * (20_000 * number) + b" END END" * 50
        (folder / f"{number} marked.mp3").write_bytes(song)
    return folder


@pytest.fixture
def context(certificates) -> Iterator[ssl.SSLContext]:
    """A client's context that believes the authority."""
    return context_of(certificates)


def context_of(
    certificates: Certificates,
    shown: Path | None = None,
    version: ssl.TLSVersion | None = None,
) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificates.ca)
    if shown is not None:
        context.load_cert_chain(shown, shown.with_suffix(".key"))
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context
