"""A small authority of one's own: makes its certificate, and those of servers and clients.

It needs `cryptography`, as `certificate_files` does and no other module. It decides nothing about
who is believed.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from net.tls.certificate_files import (
    CannotMake,
    Made,
    end_of,
    load_certificate,
    load_key,
    unusable,
    write,
)
from net.tls.identity import MAX_NAME, safe_name

AUTHORITY = "ca"
AUTHORITY_DAYS = 3650
DAYS = 1825
"""Five years: nobody at home renews a certificate every few months."""
_HOST = re.compile(r"(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
BACKDATED = datetime.timedelta(hours=1)
"""The other machine's clock may be behind."""


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

    @property
    def is_open_to_others(self) -> bool:
        """Other users of this machine may look into the directory, or even change what is in it."""
        return bool(self.directory.stat().st_mode & 0o077)

    def begin(self, days: int = AUTHORITY_DAYS) -> Made:
        """Make the authority itself. Raises CannotMake.

        A directory that it has to make is this user's alone; one that is there stays as it is.
        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise unusable(self.directory, error) from None
        key = _new_key()
        name = _name("alfine")
        builder = (
            _builder(name, key, _in_days(days))
            .issuer_name(name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
        )
        return write(self.certificate, builder.sign(key, hashes.SHA256()), key)

    def server(self, name: str, others: Sequence[str] = (), days: int = DAYS) -> Made:
        """Make a server's certificate. Raises CannotMake.

        name, others: host names and addresses by which clients reach it. days: cut short where the
        authority ends before.
        """
        names = [_alternative(each) for each in (name, *others)]
        return self._sign(name, ExtendedKeyUsageOID.SERVER_AUTH, names, days)

    def client(self, name: str, days: int = DAYS) -> Made:
        """Make a client's certificate. Raises CannotMake. name: stands in the server's log."""
        return self._sign(name, ExtendedKeyUsageOID.CLIENT_AUTH, [], days)

    def files(self) -> list[Path]:
        """Return the files with certificates, its own first. Raises CannotMake."""
        try:
            found = sorted(self.directory.glob("*.pem"))
        except OSError as error:
            raise unusable(self.directory, error) from None
        return sorted(found, key=lambda each: each != self.certificate)

    def _sign(
        self, name: str, use: x509.ObjectIdentifier, names: list[x509.GeneralName], days: int
    ) -> Made:
        issuer, issuer_key = self._own()
        key = _new_key()
        builder = (
            _builder(_name(name), key, min(_in_days(days), end_of(issuer)))
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
        return write(self.directory / f"{kind}-{_file_name(name)}.pem", signed, key)

    def _own(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """Return its certificate and key. Raises CannotMake: nothing can be signed by them."""
        key_file = self.certificate.with_suffix(".key")
        if not self._is_begun():
            raise CannotMake(
                f"there is no authority in {str(self.directory)!a} yet: alfine certs init"
            )
        certificate, key = load_certificate(self.certificate), load_key(key_file)
        if certificate.public_key() != key.public_key():
            raise CannotMake(
                f"the key in {str(key_file)!a} is not that of the certificate in "
                f"{str(self.certificate)!a}"
            )
        if end_of(certificate) < datetime.datetime.now(datetime.UTC):
            raise CannotMake(
                f"the authority of {str(self.certificate)!a} has expired: make another one, "
                "in another directory (--dir)"
            )
        return certificate, key

    def _is_begun(self) -> bool:
        try:
            return self.certificate.exists() or self.certificate.with_suffix(".key").exists()
        except OSError as error:
            raise unusable(self.directory, error) from None


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    if not text or safe_name(text) != text:
        raise CannotMake(f"a name is printable, and has at most {MAX_NAME} characters")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _in_days(days: int) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)


def _builder(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, ends: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime.now(datetime.UTC) - BACKDATED)
        .not_valid_after(ends)
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
