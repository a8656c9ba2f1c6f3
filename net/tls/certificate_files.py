"""Files with a certificate, and with its key: what they say, and how they are written.

It needs `cryptography`. It signs nothing.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from net.tls.identity import fingerprint, safe_name

PEM = serialization.Encoding.PEM


class CannotMake(ValueError):
    """A certificate cannot be made or read. The text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Made:
    """A certificate. key: None where its file is not there. kind: authority, server or client."""

    kind: str
    name: str
    certificate: Path
    key: Path | None
    ends: datetime.datetime
    fingerprint: str

    @property
    def until(self) -> datetime.date:
        """The last day on which it is valid."""
        return self.ends.date()

    @property
    def expired(self) -> bool:
        """It is valid no more."""
        return self.ends < datetime.datetime.now(datetime.UTC)


def read(path: Path) -> Made:
    """Return what a file with a certificate says. Raises CannotMake."""
    certificate = load_certificate(path)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    key = path.with_suffix(".key")
    try:
        kind = _kind(certificate)
    except (ValueError, x509.DuplicateExtension) as error:
        raise unusable(path, error) from None
    return Made(
        kind,
        safe_name(names[0].value if names else ""),
        path,
        key if key.exists() else None,
        end_of(certificate),
        fingerprint(certificate.public_bytes(serialization.Encoding.DER)),
    )


def load_certificate(path: Path) -> x509.Certificate:
    """Return the first certificate in a file. Raises CannotMake."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise unusable(path, error) from None


def load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key in a file that `write` has made. Raises CannotMake."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise unusable(path, error) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CannotMake(f"{str(path)!a} is no key that alfine certs has made")
    return key


def write(path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Made:
    """Write a certificate, and its key beside it: both, or neither. Raises CannotMake.

    The authority's certificate is not added: whoever is told to believe this file would believe
    all that the authority signs.
    """
    key_path = path.with_suffix(".key")
    secret = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for each in (path, key_path):
        if os.path.lexists(each):
            raise _taken(each)
    _create(key_path, secret, 0o600)
    try:
        _create(path, certificate.public_bytes(PEM), 0o644)
    except CannotMake:
        _remove(key_path)
        raise
    return read(path)


def unusable(path: Path, error: Exception) -> CannotMake:
    """Return why a file cannot be used."""
    reason = getattr(error, "strerror", None) or "it is no certificate or key in PEM"
    return CannotMake(f"{str(path)!a} cannot be used: {reason}")


def _kind(certificate: x509.Certificate) -> str:
    extensions = certificate.extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return "authority"
        uses = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return "server"
    return "client" if ExtendedKeyUsageOID.CLIENT_AUTH in uses else "server"


def _create(path: Path, content: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        raise unusable(path, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        _remove(path)
        raise unusable(path, error) from None


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _taken(path: Path) -> CannotMake:
    return CannotMake(f"{str(path)!a} is there already: to make it anew, move it away first")


def end_of(certificate: x509.Certificate) -> datetime.datetime:
    """Return until when it is valid. cryptography before 42, which Debian 12 has, has it naive."""
    if hasattr(certificate, "not_valid_after_utc"):
        return certificate.not_valid_after_utc
    return certificate.not_valid_after.replace(tzinfo=datetime.UTC)
