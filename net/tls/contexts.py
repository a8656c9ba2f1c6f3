"""The contexts of both sides: which versions, which certificate, and who is believed.

A file that cannot be used is told in one line. Nothing here ever asks for a password.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

_ENABLE_KTLS = 8
"""Python 3.12 has `ssl.OP_ENABLE_KTLS`; before OpenSSL 3.0 the bit means nothing."""


class TlsFileError(ValueError):
    """A certificate, a key or a list cannot be used. The text says why, in one line."""


class PasswordAsked(Exception):
    """The key is encrypted."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate, with those that link it to its authority, and its key, in PEM.

    key: None if it stands in the same file.
    """

    certificate: Path
    key: Path | None = None

    def load(self, context: ssl.SSLContext) -> None:
        """Have the context show it. Raises TlsFileError."""
        try:
            context.load_cert_chain(self.certificate, self.key, password=_no_password)
        except PasswordAsked:
            raise TlsFileError(
                f"{_shown(self.key or self.certificate)} is encrypted, and nobody will be there to "
                "unlock it: openssl pkey -in FILE -out NEW"
            ) from None
        except ssl.SSLError as error:
            raise TlsFileError(self._explain(error)) from None
        except OSError as error:
            raise TlsFileError(self._unreadable(error)) from None

    def _explain(self, error: ssl.SSLError) -> str:
        if error.reason == "KEY_VALUES_MISMATCH":
            key = _shown(self.key or self.certificate)
            return f"the key in {key} is not that of the certificate in {_shown(self.certificate)}"
        if self.key is None:
            return f"{_shown(self.certificate)} has no certificate and key in PEM; give the key too"
        return (
            f"{_shown(self.certificate)} has no certificate, or {_shown(self.key)} no key, in PEM"
        )

    def _unreadable(self, error: OSError) -> str:
        for path in filter(None, (self.certificate, self.key)):
            _check_readable(path)
        return f"{_shown(self.certificate)} cannot be read: {error.strerror}"


def server_context(
    pair: KeyPair, clients: Path | None = None, *, kernel: bool = True
) -> ssl.SSLContext:
    """Return the context of a server: TLS 1.3 and 1.2. Raises TlsFileError.

    clients: what signs the certificates that clients have to show, or these themselves; None: none
    is asked for. kernel: let the kernel encrypt where it can.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _limit_versions(context)
    pair.load(context)
    # A client connects once for hours: tickets cost it a message, and the server their keys.
    context.num_tickets = 0
    if kernel and ssl.OPENSSL_VERSION_INFO >= (3, 0):
        context.options |= _ENABLE_KTLS
    if clients is not None:
        _believe(context, clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(authority: Path | None = None, pair: KeyPair | None = None) -> ssl.SSLContext:
    """Return the context of a client that verifies the server and its name. Raises TlsFileError.

    authority: who is believed; None: those that the system believes. pair: what it shows if asked.
    """
    context = _client_context(pair)
    if authority is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        _believe(context, authority)
    return context


def context_for_one(certificate: bytes, pair: KeyPair | None = None) -> ssl.SSLContext:
    """Return the context of a client that believes this certificate, in DER, and no other.

    The name in it, its dates and its use are verified as any other's. Raises TlsFileError.
    """
    context = _client_context(pair)
    context.load_verify_locations(cadata=certificate)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    return context


def unverified(context: ssl.SSLContext) -> ssl.SSLContext:
    """Let the context take any certificate: the caller compares its fingerprint."""
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _client_context(pair: KeyPair | None) -> ssl.SSLContext:
    """Return one that believes nobody yet. Raises TlsFileError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _limit_versions(context)
    if pair is not None:
        pair.load(context)
    return context


def _limit_versions(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION


def _believe(context: ssl.SSLContext, file: Path) -> None:
    """Believe the certificates in this file: authorities, or single ones that stand for themselves.

    Raises TlsFileError.
    """
    try:
        context.load_verify_locations(file)
    except ssl.SSLError:
        raise TlsFileError(f"{_shown(file)} has no certificate in PEM") from None
    except OSError as error:
        raise TlsFileError(f"{_shown(file)} cannot be read: {error.strerror}") from None
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN


def _check_readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise TlsFileError(f"{_shown(path)} cannot be read: {error.strerror}") from None


def _no_password() -> str:
    raise PasswordAsked


def _shown(path: Path) -> str:
    return ascii(str(path))
