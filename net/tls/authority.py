"""A small authority of one's own: makes its certificate, and those of servers and clients.

It is the only module that needs `cryptography`. It writes files and decides nothing about who is
believed.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from net.tls.identity import MAX_NAME, fingerprint, safe_name

AUTHORITY = "ca"
AUTHORITY_DAYS = 3650
DAYS = 1825
"""Five years: nobody at home renews a certificate every few months."""
_HOST = re.compile(r"(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
BACKDATED = datetime.timedelta(hours=1)
"""The other machine's clock may be behind."""


class CannotMake(ValueError):
    """A certificate cannot be made or read. The text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Made:
    """A certificate. key: None where its file is not there. kind: authority, server or client."""

    kind: str
    name: str
    certificate: Path
    key: Path | None
    until: datetime.date
    fingerprint: str


class Authority:
    """An authority, whose certificate and key lie in one directory with all that it signs.

    Keys are readable by this user alone. Nothing that is there is ever overwritten.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __repr__(self) -> str:
        return f"<Authority in {str(self.directory)!a}>"

    @property
    def certificate(self) -> Path:
        """The file with its certificate, which others believe."""
        return self.directory / f"{AUTHORITY}.pem"

    def begin(self) -> Made:
        """Make the authority itself. Raises CannotMake."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.chmod(0o700)
        except OSError as error:
            raise _unusable(self.directory, error) from None
        key = _new_key()
        name = _name("alfine")
        builder = (
            _builder(name, key, AUTHORITY_DAYS)
            .issuer_name(name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
        )
        return self._write(AUTHORITY, builder.sign(key, hashes.SHA256()), key, ())

    def server(self, name: str, others: Sequence[str] = (), days: int = DAYS) -> Made:
        """Make a server's certificate. Raises CannotMake.

        name, others: host names and addresses by which clients reach it.
        """
        names = [_alternative(each) for each in (name, *others)]
        return self._sign(name, ExtendedKeyUsageOID.SERVER_AUTH, names, days)

    def client(self, name: str, days: int = DAYS) -> Made:
        """Make a client's certificate. Raises CannotMake. name: stands in the server's log."""
        return self._sign(name, ExtendedKeyUsageOID.CLIENT_AUTH, [], days)

    def all(self) -> list[Made]:
        """Return what is in the directory, the authority first. Raises CannotMake."""
        try:
            files = sorted(self.directory.glob("*.pem"))
        except OSError as error:
            raise _unusable(self.directory, error) from None
        made = [read(path) for path in files]
        return sorted(made, key=lambda each: each.kind != "authority")

    def _sign(
        self, name: str, use: x509.ObjectIdentifier, names: list[x509.GeneralName], days: int
    ) -> Made:
        issuer, issuer_key = self._own()
        key = _new_key()
        builder = (
            _builder(_name(name), key, days)
            .issuer_name(issuer.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
                critical=False,
            )
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        kind = "server" if use is ExtendedKeyUsageOID.SERVER_AUTH else "client"
        signed = builder.sign(issuer_key, hashes.SHA256())
        return self._write(f"{kind}-{_file_name(name)}", signed, key, (issuer,))

    def _own(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key_file = self.directory / f"{AUTHORITY}.key"
        try:
            certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
            key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        except FileNotFoundError:
            raise CannotMake(
                f"there is no authority in {str(self.directory)!a} yet: alfine certs init"
            ) from None
        except (OSError, ValueError, TypeError) as error:
            raise _unusable(key_file, error) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise CannotMake(f"{str(key_file)!a} is no key that alfine certs has made")
        return certificate, key

    def _write(
        self,
        stem: str,
        certificate: x509.Certificate,
        key: ec.EllipticCurvePrivateKey,
        above: Sequence[x509.Certificate],
    ) -> Made:
        pem = serialization.Encoding.PEM
        secret = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        shown = b"".join(each.public_bytes(pem) for each in (certificate, *above))
        _create(self.directory / f"{stem}.key", secret, 0o600)
        _create(self.directory / f"{stem}.pem", shown, 0o644)
        return read(self.directory / f"{stem}.pem")


def read(path: Path) -> Made:
    """Return what a file with a certificate says. Raises CannotMake."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from None
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    key = path.with_suffix(".key")
    return Made(
        _kind(certificate),
        safe_name(names[0].value if names else ""),
        path,
        key if key.exists() else None,
        certificate.not_valid_after_utc.date(),
        fingerprint(certificate.public_bytes(serialization.Encoding.DER)),
    )


def _kind(certificate: x509.Certificate) -> str:
    extensions = certificate.extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return "authority"
        uses = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return "server"
    return "client" if ExtendedKeyUsageOID.CLIENT_AUTH in uses else "server"


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    if not text or safe_name(text) != text:
        raise CannotMake(f"a name is printable, and has at most {MAX_NAME} characters")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        host = name.encode("idna").decode()
    except UnicodeError:
        host = ""
    if not _HOST.fullmatch(host):
        raise CannotMake(f"{name!a} is neither a host name nor an address")
    return x509.DNSName(host)


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "unnamed"


def _create(path: Path, content: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except FileExistsError:
        raise CannotMake(
            f"{str(path)!a} is there already: to make it anew, move it away first"
        ) from None
    except OSError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: Exception) -> CannotMake:
    reason = getattr(error, "strerror", None) or "it is no certificate or key in PEM"
    return CannotMake(f"{str(path)!a} cannot be used: {reason}")
