"""What a file with certificates to believe means: one that signs others has them believed, too."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

_PEM = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_VERSION = 0xA0
"""The tag of the version, which the oldest certificates have not got."""
_LONG = 0x80
"""Such a length, less this, says how many bytes the length itself takes."""


def warning_of(file: Path) -> str | None:
    """Return what is to be said of a file that is to be believed, in a line; None: nothing.

    A certificate is often kept together with the authority that signed it: whoever believes that
    file for the sake of the one certificate believes all others of the authority.
    """
    try:
        certificates = {
            ssl.PEM_cert_to_DER_cert(each) for each in _PEM.findall(file.read_text("utf-8"))
        }
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(file)
    except (OSError, ValueError):
        return None  # whoever uses it says so
    authorities = set(context.get_ca_certs(binary_form=True))
    signers = {_issuer_and_subject(each)[1] for each in authorities}
    if not any(_issuer_and_subject(each)[0] in signers for each in certificates - authorities):
        return None
    return (
        f"{str(file)!a} has a certificate and the authority that signed it: whoever has any other "
        "certificate of that authority is believed as well. If the one alone is meant, keep it "
        "alone in the file"
    )


def _issuer_and_subject(certificate: bytes) -> tuple[bytes, bytes]:
    """Return the two names in a certificate, in DER, that OpenSSL has read (RFC 5280 4.1)."""
    (whole,) = _elements(certificate)
    signed, *_ = _elements(_content(whole))
    fields = _elements(_content(signed))
    if fields[0][0] == _VERSION:
        del fields[0]
    _, _, issuer, _, subject, *_ = fields
    return issuer, subject


def _elements(der: bytes) -> list[bytes]:
    """Return the elements that stand one after the other, each with its tag and length."""
    found = []
    while der:
        begin, size = _measure(der)
        found.append(der[: begin + size])
        der = der[begin + size :]
    return found


def _content(element: bytes) -> bytes:
    begin, size = _measure(element)
    return element[begin : begin + size]


def _measure(der: bytes) -> tuple[int, int]:
    """Return where the first element's content begins, and how many bytes it has."""
    size = der[1]
    if size < _LONG:
        return 2, size
    begin = 2 + size - _LONG
    return begin, int.from_bytes(der[2:begin])
